//! The lines that `serve` and `exec` print at the start about MTN's platforms.

use std::fmt::Write;
use std::net::SocketAddr;

use crate::emulator::credentials::{CredentialKind, GivenCredentials};
use crate::emulator::ports::connectable;
use momo_sandbox_core::model::escape::printable;
use momo_sandbox_core::model::mtn_platform::{Cutover, MtnPlatform, PlayedPlatforms};

/// The lines that say which platforms are played and where, and when the cutover is. `legacy` is
/// the address of the legacy platform's own port.
pub fn played(
    platforms: PlayedPlatforms,
    plain: SocketAddr,
    legacy: Option<SocketAddr>,
    cutover: Option<Cutover>,
) -> String {
    let (new_host, legacy_host) = (MtnPlatform::New.host(), MtnPlatform::Legacy.host());
    let mut text = match platforms {
        PlayedPlatforms::Only(only) => {
            let other = only.other();
            format!(
                "plays MTN's {} platform, {}; --platform {} plays {}\n",
                only.name(),
                only.host(),
                other.name(),
                other.host()
            )
        }
        PlayedPlatforms::Both => {
            let legacy = legacy.unwrap_or(plain);
            format!(
                "plays both of MTN's platforms:\n  {new_host} on http://{plain} (the new one)\n  \
                 {legacy_host} on http://{legacy} (the legacy one)\n",
                plain = connectable(plain),
                legacy = connectable(legacy)
            )
        }
    };
    if let Some(Cutover { at, gone_at }) = cutover {
        let _ = writeln!(
            text,
            "cutover: from {at} on the legacy platform takes no new payments; it is gone at \
             {gone_at}"
        );
    }
    text
}

/// The lines that show credentials of this run, which are printed nowhere else.
pub fn drawn(credentials: &[GivenCredentials]) -> String {
    let mut text = String::new();
    for one in credentials {
        let (title, id, secret) = match one.kind {
            CredentialKind::ApiUser => ("an API user of the legacy platform", "id", "API key"),
            CredentialKind::SystemCredential => {
                ("System Credentials of the new platform", "User ID", "Credential Token")
            }
        };
        let _ = writeln!(text, "drawn for this run, {title}, as none were given:");
        let lines =
            [(id, &one.user_id), (secret, &one.secret), ("callback host", &one.callback_host)];
        for (name, value) in lines {
            let _ = writeln!(text, "  {:17} {}", format!("{name}:"), printable(value));
        }
    }
    text
}

/// The lines that say how many credentials there are of each platform that is played.
pub fn counts(platforms: PlayedPlatforms, of: impl Fn(MtnPlatform) -> usize) -> String {
    let mut text = String::new();
    for platform in platforms.all() {
        let name = platform.name();
        let _ = match (of(platform), platform) {
            (0, MtnPlatform::New) => writeln!(
                text,
                "the {name} platform has no System Credentials, so nobody gets a token there: add \
                 --system-credential or --api-users"
            ),
            (0, MtnPlatform::Legacy) => writeln!(
                text,
                "the {name} platform has no API user, so nobody gets a token there: add \
                 --api-user or --api-users"
            ),
            (1, MtnPlatform::New) => writeln!(text, "1 pair of System Credentials was given"),
            (1, MtnPlatform::Legacy) => writeln!(text, "1 API user was given"),
            (several, MtnPlatform::New) => {
                writeln!(text, "{several} pairs of System Credentials were given")
            }
            (several, MtnPlatform::Legacy) => writeln!(text, "{several} API users were given"),
        };
    }
    text
}
