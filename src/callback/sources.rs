//! The local addresses that callbacks are sent from, one for each of MTN's platforms, as
//! `--callback-source` gives them. A merchant's allow-list can so be tried on one machine.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

use tokio::net::{TcpSocket, TcpStream};

use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};

/// The addresses by platform. A platform without one sends from whatever address the system takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackSources(BTreeMap<MtnPlatform, IpAddr>);

/// One value of `--callback-source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackSource {
    pub platform: MtnPlatform,
    pub address: IpAddr,
}

/// Why callbacks cannot be sent from an address.
#[derive(Debug, thiserror::Error)]
pub enum CallbackSourceError {
    #[error("`{0}` is not PLATFORM=ADDR, such as legacy=127.0.0.2 or new=127.0.0.3")]
    Form(String),
    #[error("`{0}` before the = is not a platform; expected legacy or new")]
    Platform(String),
    #[error("`{0}` after the = is not an IP address of this machine, such as 127.0.0.2")]
    Address(String),
    #[error(
        "--callback-source: the {} platform is given twice; give one address for it",
        .0.name()
    )]
    Twice(MtnPlatform),
    #[error(
        "--callback-source is for MTN's platforms of production, and this emulator plays none of \
         them; name a market with --target-environment, or leave it out"
    )]
    NoPlatforms,
    #[error(
        "--callback-source {name}={address}: this emulator does not play the {name} platform; \
         start it with --platform {name} or --platform both, or leave that address out",
        name = .0.platform.name(),
        address = .0.address
    )]
    NotPlayed(CallbackSource),
    #[error(
        "--callback-source {}={}: callbacks cannot be sent from there: {why}; give an address \
         that this machine has{}",
        given.platform.name(), given.address, remedy()
    )]
    NotOfThisMachine { given: CallbackSource, why: io::Error },
}

/// What gives a machine a second loopback address, where it has none by itself.
fn remedy() -> &'static str {
    if cfg!(target_os = "macos") {
        " (`sudo ifconfig lo0 alias 127.0.0.2` adds one)"
    } else {
        ", such as 127.0.0.2"
    }
}

impl CallbackSource {
    /// Reads `legacy=127.0.0.2`.
    pub fn parse(text: &str) -> Result<Self, CallbackSourceError> {
        let (name, sent) =
            text.split_once('=').ok_or_else(|| CallbackSourceError::Form(text.to_owned()))?;
        let platform = MtnPlatform::named(name.trim())
            .ok_or_else(|| CallbackSourceError::Platform(name.to_owned()))?;
        let address: Option<IpAddr> = sent.trim().parse().ok();
        // With an unspecified address the system chooses one, as without the flag.
        let address = address.filter(|address| !address.is_unspecified());
        let address = address.ok_or_else(|| CallbackSourceError::Address(sent.to_owned()))?;
        Ok(Self { platform, address })
    }
}

impl CallbackSources {
    /// The sources that the flag gives.
    ///
    /// # Errors
    ///
    /// A platform that is given twice.
    pub fn new(given: &[CallbackSource]) -> Result<Self, CallbackSourceError> {
        let mut sources = BTreeMap::new();
        for CallbackSource { platform, address } in given {
            if sources.insert(*platform, *address).is_some() {
                return Err(CallbackSourceError::Twice(*platform));
            }
        }
        Ok(Self(sources))
    }

    /// The address that callbacks of a platform are sent from, if one is set.
    pub fn of(&self, platform: Option<MtnPlatform>) -> Option<IpAddr> {
        self.0.get(&platform?).copied()
    }

    /// Checks that each platform is played, and that this machine has each address.
    ///
    /// # Errors
    ///
    /// The first address that cannot be used, and why.
    pub fn check(&self, played: Option<PlayedPlatforms>) -> Result<(), CallbackSourceError> {
        for (platform, address) in &self.0 {
            let given = CallbackSource { platform: *platform, address: *address };
            let played = played.ok_or(CallbackSourceError::NoPlatforms)?;
            if !played.plays(*platform) {
                return Err(CallbackSourceError::NotPlayed(given));
            }
            bind(*address).map_err(|why| CallbackSourceError::NotOfThisMachine { given, why })?;
        }
        Ok(())
    }
}

/// Whether an address is one of this machine's.
pub(super) fn is_of_this_machine(address: IpAddr) -> bool {
    bind(address).is_ok()
}

fn bind(address: IpAddr) -> io::Result<TcpListener> {
    TcpListener::bind((address, 0))
}

/// Connects to an address, from a local one where that is given.
pub(super) async fn connect_from(
    source: Option<IpAddr>,
    address: SocketAddr,
) -> io::Result<TcpStream> {
    let Some(source) = source else { return TcpStream::connect(address).await };
    let socket = if source.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind(SocketAddr::new(source, 0))?;
    socket.connect(address).await
}

/// The addresses that can be reached from a source: those of its version of IP. An IPv4 address
/// that is written as one of IPv6 counts as what it is.
pub(super) fn reachable_from(source: IpAddr, addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let canonical = addresses.into_iter().map(|address| address.to_canonical());
    canonical.filter(|address| address.is_ipv4() == source.is_ipv4()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(given: &[&str]) -> CallbackSources {
        let given: Vec<_> =
            given.iter().map(|one| CallbackSource::parse(one).expect("a source")).collect();
        CallbackSources::new(&given).expect("one for each platform")
    }

    #[test]
    fn what_is_no_source_is_told_what_would_be() {
        for (text, part) in [
            ("127.0.0.2", "PLATFORM=ADDR"),
            ("old=127.0.0.2", "expected legacy or new"),
            ("legacy=localhost", "`localhost` after the ="),
            ("legacy=0.0.0.0", "`0.0.0.0` after the ="),
            ("new=", "`` after the ="),
        ] {
            let error = CallbackSource::parse(text).expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
        let twice = ["new=127.0.0.2", "new=127.0.0.3"].map(CallbackSource::parse);
        let twice: Vec<_> = twice.into_iter().map(|one| one.expect("a source")).collect();
        let error = CallbackSources::new(&twice).expect_err("two").to_string();
        assert!(error.contains("the new platform is given twice"), "{error}");
    }

    #[test]
    fn a_source_is_of_a_platform_that_is_played_and_an_address_of_this_machine() {
        let both = Some(PlayedPlatforms::Both);
        let only_new = Some(PlayedPlatforms::Only(MtnPlatform::New));
        assert!(CallbackSources::default().check(None).is_ok(), "nothing is given");
        assert!(sources(&["new=127.0.0.1"]).check(only_new).is_ok());
        for (given, played, part) in [
            ("new=127.0.0.1", None, "name a market"),
            ("legacy=127.0.0.1", only_new, "start it with --platform legacy"),
            ("legacy=192.0.2.1", both, "--callback-source legacy=192.0.2.1"),
        ] {
            let error = sources(&[given]).check(played).expect_err(given).to_string();
            assert!(error.contains(part), "{given}: {error}");
        }
    }

    #[test]
    fn a_source_reaches_addresses_of_its_own_version_of_ip() {
        let all = || {
            ["127.0.0.1", "::1", "::ffff:127.0.0.2"].map(|one| one.parse().expect("one")).to_vec()
        };
        let shown = |source: &str| {
            let reached = reachable_from(source.parse().expect("an address"), all());
            reached.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(shown("127.0.0.9"), ["127.0.0.1", "127.0.0.2"]);
        assert_eq!(shown("::1"), ["::1"]);
    }
}
