//! The calls of `cutover`: when the legacy platform stops taking new payments, and when it is gone.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use serde::{Deserialize as DeriveDeserialize, Serialize};
use tracing::info;

use crate::control::Control;
use crate::control::duration::DurationText;
use crate::control::names::Word;
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use momo_sandbox_core::model::mtn_platform::{Cutover, LegacyPhase, PlayedPlatforms, SIDE_BY_SIDE};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::unreadable::beginning;
use momo_sandbox_core::scenario::duration::read_duration;

/// A cutover to plan, in the place of the one that is planned.
#[derive(Debug, Clone, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CutoverRequest {
    pub at: CutoverTime,
    /// How long the legacy platform goes on answering after the cutover.
    #[schemars(extend("default" = "30d"))]
    pub legacy_ends_after: Option<DurationText>,
}

part!(short_body CutoverRequest);

/// When a cutover is, by the emulator's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutoverTime {
    Now,
    At(Timestamp),
    /// So long from now.
    In(Duration),
}

/// The cutover, by the emulator's clock.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CutoverState {
    pub now: Timestamp,
    /// When the legacy platform stops taking new payments; null where no cutover is planned.
    pub at: Option<Timestamp>,
    /// When the legacy platform is gone.
    pub gone_at: Option<Timestamp>,
    /// What the legacy platform does now.
    pub phase: Word<LegacyPhase>,
}

impl Control {
    pub async fn read_cutover(self: Arc<Self>) -> Result<CutoverState, Refusal> {
        self.check_both_platforms()?;
        Ok(self.cutover_state())
    }

    /// Plans the cutover anew, whether or not one was planned or is over.
    ///
    /// # Errors
    ///
    /// 409 unless both platforms are played.
    pub async fn put_cutover(
        self: Arc<Self>,
        request: CutoverRequest,
    ) -> Result<CutoverState, Refusal> {
        self.check_both_platforms()?;
        let now = self.spaces.clock().now();
        let at = match request.at {
            CutoverTime::Now => now,
            CutoverTime::At(at) => at,
            CutoverTime::In(wait) => now.after(wait),
        };
        let side_by_side = request.legacy_ends_after.map_or(SIDE_BY_SIDE, |given| given.0);
        let cutover = Cutover { at, gone_at: at.after(side_by_side) };
        self.spaces.plan_cutover(Some(cutover));
        info!(at = %cutover.at, gone_at = %cutover.gone_at, "cutover planned");
        Ok(self.cutover_state())
    }

    /// Takes the cutover back: the legacy platform takes payments again.
    ///
    /// # Errors
    ///
    /// 409 unless both platforms are played.
    pub async fn delete_cutover(self: Arc<Self>) -> Result<CutoverState, Refusal> {
        self.check_both_platforms()?;
        self.spaces.plan_cutover(None);
        info!("no cutover is planned any more");
        Ok(self.cutover_state())
    }

    fn check_both_platforms(&self) -> Result<(), Refusal> {
        match self.provisioning.gateway.platforms {
            Some(PlayedPlatforms::Both) => Ok(()),
            Some(PlayedPlatforms::Only(one)) => Err(Refusal::new(
                409,
                format!(
                    "a cutover is between two platforms, and this emulator plays the {} platform \
                     alone: start it with --platform both",
                    one.name()
                ),
            )),
            None => Err(Refusal::new(
                409,
                "a cutover is between MTN's two platforms of production, and this emulator plays \
                 none of them: start it with --target-environment MARKET --platform both",
            )),
        }
    }

    fn cutover_state(&self) -> CutoverState {
        let cutover = self.spaces.cutover();
        let now = self.spaces.clock().now();
        CutoverState {
            now,
            at: cutover.map(|cutover| cutover.at),
            gone_at: cutover.map(|cutover| cutover.gone_at),
            phase: Word(cutover.map_or(LegacyPhase::Open, |cutover| cutover.phase(now))),
        }
    }
}

impl<'de> Deserialize<'de> for CutoverTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.eq_ignore_ascii_case("now") {
            return Ok(Self::Now);
        }
        let at = Timestamp::parse(&text).map(Self::At);
        at.or_else(|| read_duration(&text).ok().map(Self::In)).ok_or_else(|| {
            D::Error::custom(format_args!(
                "`{}` is not a time; write \"now\", a duration from now such as \"2h\" or \"30d\", \
                 or a time such as \"2026-11-01T00:00:00Z\"",
                beginning(&text)
            ))
        })
    }
}

impl JsonSchema for CutoverTime {
    fn schema_name() -> Cow<'static, str> {
        "CutoverTime".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A time, `now`, or a duration from now.",
            "anyOf": [
                {"type": "string", "const": "now"},
                {"type": "string", "format": "date-time"},
                {"type": "string", "pattern": "^[0-9]{1,4}(ms|s|m|h|d)$"},
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn a_cutover_is_now_at_a_time_or_after_a_while() {
        let read = |text: &str| serde_json::from_value::<CutoverTime>(text.into());
        assert_eq!(read("now").expect("a time"), CutoverTime::Now);
        let at = Timestamp::parse("2026-11-01T00:00:00Z").expect("a time");
        assert_eq!(read("2026-11-01T01:00:00+01:00").expect("a time"), CutoverTime::At(at));
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(read("30d").expect("a time"), CutoverTime::In(30 * day));
        let why = read("tomorrow").expect_err("no time").to_string();
        assert!(why.contains("`tomorrow` is not a time; write \"now\""), "{why}");
    }

    #[test]
    fn each_phase_has_its_word() {
        let words = LegacyPhase::VARIANTS.iter().map(|phase| <&str>::from(*phase));
        assert_eq!(words.collect::<Vec<_>>(), ["open", "statuses-only", "gone"]);
    }
}
