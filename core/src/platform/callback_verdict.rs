//! The verdict on a callback: what came of it, and what was wrong with what it said.
//! [`crate::platform::callback_judgement`] decides it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumCount, IntoStaticStr, VariantArray, VariantNames};

use crate::platform::callback::{AttemptResult, DeliveryFailure};

/// One thing that is true of a callback. The order is that of gravity, the gravest last. Its name
/// in the control plane is derived from the variant's.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Display,
    EnumCount,
    IntoStaticStr,
    VariantArray,
    VariantNames,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallbackVerdict {
    Delivered,
    Duplicate,
    Late,
    Early,
    #[strum(serialize = "answered_4xx")]
    #[serde(rename = "answered_4xx")]
    Answered4xx,
    #[strum(serialize = "answered_5xx")]
    #[serde(rename = "answered_5xx")]
    Answered5xx,
    Redirected,
    BrokenOff,
    TimedOut,
    Refused,
    Lost,
    Malformed,
    ContradictsStatus,
    Forged,
}

impl CallbackVerdict {
    /// The names of all verdicts, in the order of gravity.
    pub const NAMES: &[&str] = <Self as VariantNames>::VARIANTS;

    /// All verdicts, in the order of gravity.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name in the control plane, the journal and the metrics.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The verdict in two or three words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::Early => "early",
            Self::Answered4xx => "answered 4xx",
            Self::Answered5xx => "answered 5xx",
            Self::Redirected => "redirected",
            Self::BrokenOff => "broken off",
            Self::TimedOut => "timed out",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::Malformed => "malformed",
            Self::ContradictsStatus => "contradicts the status",
            Self::Forged => "forged",
        }
    }

    /// The verdict in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Delivered => "The listener answered it with success.",
            Self::Duplicate => "A callback with the same body reached the listener before.",
            Self::Late => {
                "It went out five minutes or more after the final status; MTN advises to have \
                 asked for the status by then, and the line is ours."
            }
            Self::Early => "It went out before the transaction had its final status.",
            Self::Answered4xx => "The listener answered with a 4xx.",
            Self::Answered5xx => {
                "The listener answered with a 5xx, or with a status that is no answer."
            }
            Self::Redirected => "The listener answered with a 3xx, which is not followed.",
            Self::BrokenOff => {
                "The connection broke before the answer; the listener may have taken it."
            }
            Self::TimedOut => {
                "No answer came within two seconds; the listener may have taken it all the same."
            }
            Self::Refused => {
                "It was not sent: there was no connection, TLS failed, or a rule of delivery \
                 forbade it."
            }
            Self::Lost => "A scenario lost it: it was never sent.",
            Self::Malformed => "Its body is no JSON object.",
            Self::ContradictsStatus => {
                "Its body claims another status than the transaction has or will have."
            }
            Self::Forged => {
                "MTN could not have sent it: a scenario wrote its body, its ids are not those of \
                 the transaction, or it claims an end that the transaction never has."
            }
        }
    }

    /// What came of an attempt, whatever it said.
    pub fn of_result(result: &AttemptResult) -> Self {
        match result {
            AttemptResult::Answered { status: 200..=299, .. } => Self::Delivered,
            AttemptResult::Answered { status: 300..=399, .. } => Self::Redirected,
            AttemptResult::Answered { status: 400..=499, .. } => Self::Answered4xx,
            AttemptResult::Answered { .. } => Self::Answered5xx,
            AttemptResult::Failed { failure, .. } => match failure {
                DeliveryFailure::NotAllowed
                | DeliveryFailure::NameResolution
                | DeliveryFailure::Connection
                | DeliveryFailure::Handshake
                | DeliveryFailure::Chain
                | DeliveryFailure::Host
                | DeliveryFailure::Approval => Self::Refused,
                DeliveryFailure::ConnectionBroken => Self::BrokenOff,
                DeliveryFailure::TimedOut => Self::TimedOut,
            },
        }
    }
}

/// What there is to say of an attempt beyond its verdict: `503`, `chain: …`.
pub fn detail_of(result: &AttemptResult) -> String {
    match result {
        AttemptResult::Answered { status, .. } => match result.answer_detail() {
            Some(detail) => format!("{status}, {detail}"),
            None => status.to_string(),
        },
        AttemptResult::Failed {
            failure: DeliveryFailure::TimedOut | DeliveryFailure::ConnectionBroken,
            detail,
        } => detail.clone(),
        AttemptResult::Failed { failure, detail } => format!("{}: {detail}", failure.name()),
    }
}

/// All that holds of a callback: a bit for each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdicts(u16);

impl Verdicts {
    /// The set of one.
    pub fn only(verdict: CallbackVerdict) -> Self {
        Self(1 << verdict as u16)
    }

    /// What holds in either of the two sets.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn add(&mut self, verdict: CallbackVerdict) {
        self.0 |= Self::only(verdict).0;
    }

    pub fn has(self, verdict: CallbackVerdict) -> bool {
        self.0 & Self::only(verdict).0 != 0
    }

    /// All that hold, the gravest first.
    pub fn all(self) -> impl Iterator<Item = CallbackVerdict> {
        CallbackVerdict::ALL.iter().rev().copied().filter(move |one| self.has(*one))
    }

    /// The verdict: the gravest of all that hold; `None` as long as nothing is known.
    pub fn gravest(self) -> Option<CallbackVerdict> {
        self.all().next()
    }
}

/// All that holds, in words, the gravest first: `forged, delivered`.
impl fmt::Display for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, verdict) in self.all().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{}", verdict.words())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_words_and_a_sentence_and_fits_into_the_set() {
        for verdict in CallbackVerdict::ALL {
            let words = verdict.words().replace(' ', "_");
            let is_short = *verdict == CallbackVerdict::ContradictsStatus;
            assert!(is_short || words == verdict.name(), "{words}");
            assert!(verdict.sentence().ends_with('.'), "{verdict}");
            assert!(Verdicts::only(*verdict).has(*verdict));
        }
        const { assert!(CallbackVerdict::COUNT <= 16) };
    }

    #[test]
    fn the_names_in_the_audit_s_report_are_those_of_the_journal() {
        for verdict in CallbackVerdict::ALL {
            assert_eq!(serde_json::json!(verdict), verdict.name());
        }
    }
}
