//! The flags of MTN's two platforms of production, and of the cutover between them.

use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::credentials::parse_system_credential;
use crate::cli::failure::Failure;
use crate::cli::heading;
use crate::cli::parse::{parse_address, parse_duration_flag};
use crate::emulator::credentials::{GivenCredentials, Played};
use crate::engine::clock::Clock;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::mtn_platform::{Cutover, MtnPlatform, PlayedPlatforms, SIDE_BY_SIDE};
use momo_sandbox_core::model::time::Timestamp;

/// The port of the legacy platform in `serve`, where both platforms are played and no other is
/// given.
const LEGACY_PORT: u16 = 4674;

/// The flags of the platforms.
#[derive(Debug, Args)]
pub struct PlatformArguments {
    /// Which of MTN's platforms of production is played: the legacy one (proxy.momoapi.mtn.com),
    /// the new one (momoapi.momo.africa), or both side by side [default: new, where
    /// --target-environment names a market]
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_PLATFORM",
        value_name = "legacy|new|both",
        hide_possible_values = true
    )]
    pub platform: Option<PlatformName>,

    /// Address of the legacy platform, where both are played: --listen is then the new one's
    /// [default: port 4674 beside --listen, or any free one beside port 0]
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_LISTEN_LEGACY",
        value_name = "ADDR",
        value_parser = parse_address
    )]
    pub listen_legacy: Option<SocketAddr>,

    /// The port beside `--listen` where `--listen-legacy` is not given.
    #[arg(skip = LEGACY_PORT)]
    pub legacy_port: u16,

    /// System Credentials of the new platform, with their callback host and the wallet whose
    /// accounts they share; may be repeated, but a variable has one
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_SYSTEM_CREDENTIAL",
        hide_env_values = true,
        value_name = "USERID:TOKEN:HOST[:WALLET]",
        value_parser = parse_system_credential
    )]
    pub system_credential: Vec<GivenCredentials>,

    /// When the market moves to the new platform, where both are played: a time from the start,
    /// such as 2h, or an RFC 3339 time. From then on the legacy one takes no new payments
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_CUTOVER",
        value_name = "WHEN",
        value_parser = parse_cutover
    )]
    pub cutover: Option<CutoverTime>,

    /// How long the legacy platform still answers after the cutover [default: 30d]
    #[arg(
        long,
        help_heading = heading::API,
        env = "MOMO_SANDBOX_LEGACY_ENDS_AFTER",
        value_name = "DURATION",
        value_parser = parse_duration_flag
    )]
    pub legacy_ends_after: Option<Duration>,
}

/// The value of `--platform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlatformName {
    Legacy,
    New,
    Both,
}

/// The value of `--cutover`, by the emulator's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutoverTime {
    AfterStart(Duration),
    At(Timestamp),
}

fn parse_cutover(text: &str) -> Result<CutoverTime, String> {
    if let Some(at) = Timestamp::parse(text) {
        return Ok(CutoverTime::At(at));
    }
    parse_duration_flag(text).map(CutoverTime::AfterStart).map_err(|_| {
        format!(
            "`{text}` is neither a time from the start, such as 2h or 30d, nor an RFC 3339 time, \
             such as 2026-11-01T00:00:00Z"
        )
    })
}

impl PlatformArguments {
    /// What is played of this target environment.
    ///
    /// # Errors
    ///
    /// `--platform` for the sandbox; a flag that needs `--platform both`, without it.
    pub fn played(&self, environment: &'static Environment) -> Result<Played, Failure> {
        let platforms = match (environment.is_production(), self.platform) {
            (false, None) => None,
            (false, Some(given)) => return Err(in_the_sandbox(given)),
            (true, None | Some(PlatformName::New)) => Some(PlayedPlatforms::Only(MtnPlatform::New)),
            (true, Some(PlatformName::Legacy)) => Some(PlayedPlatforms::Only(MtnPlatform::Legacy)),
            (true, Some(PlatformName::Both)) => Some(PlayedPlatforms::Both),
        };
        let of_both = [
            ("--listen-legacy", self.listen_legacy.is_some()),
            ("--cutover", self.cutover.is_some()),
            ("--legacy-ends-after", self.legacy_ends_after.is_some()),
        ];
        if let Some((flag, _)) = of_both.into_iter().find(|(_, is_given)| *is_given)
            && platforms != Some(PlayedPlatforms::Both)
        {
            return Err(needs_both(flag, platforms));
        }
        if self.legacy_ends_after.is_some() && self.cutover.is_none() {
            return Err(Failure::user(
                "--legacy-ends-after counts from the cutover, and no cutover is given: add \
                 --cutover, for example --cutover 2h",
            ));
        }
        Ok(Played { environment, platforms })
    }

    /// The address of the legacy platform's own port, beside `listen` of the new one; `None` where
    /// not both are played.
    ///
    /// # Errors
    ///
    /// One address for both.
    pub fn legacy_listen(
        &self,
        played: Played,
        listen: SocketAddr,
    ) -> Result<Option<SocketAddr>, Failure> {
        if played.platforms != Some(PlayedPlatforms::Both) {
            return Ok(None);
        }
        // Who takes any free port takes two.
        let port = if listen.port() == 0 { 0 } else { self.legacy_port };
        let beside = SocketAddr::new(listen.ip(), port);
        let address = self.listen_legacy.unwrap_or(beside);
        if address == listen && listen.port() != 0 {
            return Err(Failure::user(format!(
                "both platforms have the address {address}: give each a port of its own, the new \
                 one by --listen and the legacy one by --listen-legacy"
            )));
        }
        Ok(Some(address))
    }

    /// The cutover on this clock.
    pub fn cutover(&self, clock: &Clock) -> Option<Cutover> {
        let at = match self.cutover? {
            CutoverTime::AfterStart(after) => clock.now().after(after),
            CutoverTime::At(at) => at,
        };
        Some(Cutover { at, gone_at: at.after(self.legacy_ends_after.unwrap_or(SIDE_BY_SIDE)) })
    }
}

fn in_the_sandbox(given: PlatformName) -> Failure {
    let given = match given {
        PlatformName::Legacy => "legacy",
        PlatformName::New => "new",
        PlatformName::Both => "both",
    };
    Failure::user(format!(
        "--platform is {given}, and the target environment is sandbox: the sandbox is not part of \
         the migration, which is of production alone. Leave it out, or name a market, for example \
         --target-environment mtnuganda"
    ))
}

/// The failure of a flag that is about both platforms.
fn needs_both(flag: &str, platforms: Option<PlayedPlatforms>) -> Failure {
    let played = match platforms {
        None => "the target environment is sandbox, which has no platforms",
        Some(PlayedPlatforms::Only(MtnPlatform::Legacy)) => "only the legacy platform is played",
        Some(PlayedPlatforms::Only(MtnPlatform::New) | PlayedPlatforms::Both) => {
            "only the new platform is played"
        }
    };
    let remedy = match platforms {
        None => "--target-environment with a market and --platform both",
        Some(_) => "--platform both",
    };
    Failure::user(format!(
        "{flag} is about two platforms side by side, and {played}: leave it out, or add {remedy}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cutover_is_a_time_from_the_start_or_a_time_of_the_world() {
        let hours = |hours: u64| CutoverTime::AfterStart(Duration::from_secs(hours * 3600));
        assert_eq!(parse_cutover("2h"), Ok(hours(2)));
        assert_eq!(parse_cutover("30d"), Ok(hours(720)));
        let at = Timestamp::parse("2026-11-01T00:00:00Z").expect("a time");
        assert_eq!(parse_cutover("2026-11-01T00:00:00Z"), Ok(CutoverTime::At(at)));
        assert_eq!(parse_cutover("2026-11-01T01:00:00+01:00"), Ok(CutoverTime::At(at)));
        for text in ["tomorrow", "2026-11-01", "-2h", ""] {
            let why = parse_cutover(text).expect_err(text);
            assert!(why.contains("neither a time from the start"), "{why}");
        }
    }

    #[test]
    fn a_cutover_counts_from_the_start_on_the_emulators_clock() {
        let day = Duration::from_secs(24 * 3600);
        let mut arguments = PlatformArguments {
            platform: None,
            listen_legacy: None,
            legacy_port: LEGACY_PORT,
            system_credential: Vec::new(),
            cutover: Some(CutoverTime::AfterStart(day)),
            legacy_ends_after: None,
        };
        let clock = Clock::manual(Timestamp(5));
        let at = Timestamp(5).after(day);
        let cutover = |gone_at| Some(Cutover { at, gone_at });
        assert_eq!(arguments.cutover(&clock), cutover(at.after(30 * day)));
        arguments.legacy_ends_after = Some(day);
        assert_eq!(arguments.cutover(&clock), cutover(at.after(day)));
    }
}
