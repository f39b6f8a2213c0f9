//! The two platforms of MTN's production, between which it moves market by market in 2026
//! (docs/contract.md#new-platform).

use std::time::Duration;

use strum::{IntoStaticStr, VariantArray};

use crate::model::time::Timestamp;

/// How long both platforms run side by side after a market's cutover
/// (docs/contract.md#new-platform).
pub const SIDE_BY_SIDE: Duration = Duration::from_secs(30 * 24 * 3600);

/// A platform of MTN's production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum MtnPlatform {
    /// proxy.momoapi.mtn.com, with API users.
    Legacy,
    /// momoapi.momo.africa, with System Credentials.
    New,
}

impl MtnPlatform {
    /// The name in flags, scenarios and reports.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|platform| platform.name() == name)
    }

    /// The name of its host.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Legacy => "proxy.momoapi.mtn.com",
            Self::New => "momoapi.momo.africa",
        }
    }

    /// The platform that a host name is of.
    pub fn of_host(host: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|platform| platform.host().eq_ignore_ascii_case(host))
    }

    pub fn other(self) -> Self {
        match self {
            Self::Legacy => Self::New,
            Self::New => Self::Legacy,
        }
    }
}

/// The platforms that an emulator plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlayedPlatforms {
    Only(MtnPlatform),
    /// Both, side by side.
    Both,
}

impl PlayedPlatforms {
    pub fn plays(self, platform: MtnPlatform) -> bool {
        match self {
            Self::Only(only) => only == platform,
            Self::Both => true,
        }
    }

    /// Those that are played, the new one first.
    pub fn all(self) -> impl Iterator<Item = MtnPlatform> {
        [MtnPlatform::New, MtnPlatform::Legacy].into_iter().filter(move |one| self.plays(*one))
    }
}

/// When a market moves to the new platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutover {
    /// When the legacy platform stops taking new payments.
    pub at: Timestamp,
    /// When the legacy platform is gone.
    pub gone_at: Timestamp,
}

/// What the legacy platform still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum LegacyPhase {
    Open,
    /// It refuses new payments, and still answers everything else.
    StatusesOnly,
    Gone,
}

impl Cutover {
    pub fn phase(self, now: Timestamp) -> LegacyPhase {
        if now >= self.gone_at {
            LegacyPhase::Gone
        } else if now >= self.at {
            LegacyPhase::StatusesOnly
        } else {
            LegacyPhase::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_known_by_its_name_and_by_its_host() {
        for platform in MtnPlatform::VARIANTS {
            assert_eq!(MtnPlatform::named(platform.name()), Some(*platform));
            assert_eq!(MtnPlatform::of_host(&platform.host().to_uppercase()), Some(*platform));
            assert_eq!(platform.other().other(), *platform);
        }
        assert_eq!(MtnPlatform::of_host("localhost"), None);
        assert!(PlayedPlatforms::Both.plays(MtnPlatform::Legacy));
        assert!(!PlayedPlatforms::Only(MtnPlatform::New).plays(MtnPlatform::Legacy));
        assert!(PlayedPlatforms::Both.all().eq([MtnPlatform::New, MtnPlatform::Legacy]));
    }

    #[test]
    fn a_cutover_closes_the_legacy_platform_in_two_steps() {
        let cutover = Cutover { at: Timestamp(10), gone_at: Timestamp(20) };
        let phase = |now| cutover.phase(Timestamp(now));
        assert_eq!(phase(9), LegacyPhase::Open);
        assert_eq!((phase(10), phase(19)), (LegacyPhase::StatusesOnly, LegacyPhase::StatusesOnly));
        assert_eq!(phase(20), LegacyPhase::Gone);
    }
}
