//! What the checks of the audit see. Each is data first, a code with its values, so that the
//! console can say it in another language and a test can look for it; its `Display` is the sentence
//! in English.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};

use crate::platform::callback::AttemptResult;
use crate::platform::callback_verdict::{CallbackVerdict, detail_of};
use crate::platform::request::Refusal;

/// A breach of a rule, as it was seen: a code, and the values that its sentence needs. Times are in
/// seconds, amounts as they were sent.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    EnumDiscriminants,
)]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum_discriminants(
    name(SeenCode),
    doc = "The code of a [`Seen`], without its values.",
    derive(IntoStaticStr, VariantArray),
    strum(serialize_all = "snake_case", const_into_str)
)]
pub enum Seen {
    /// The listener does not take callbacks by this method.
    MethodNotTaken { method: String, status: u16 },
    /// A callback was not answered with success.
    CallbackNotAnswered { verdict: CallbackVerdict, detail: String },
    /// The callback with an unusual body was not answered with success.
    UnusualBodyNotTaken { verdict: CallbackVerdict, detail: String },
    /// A callback was taken, and nobody asked for the status afterwards.
    CallbackNotConfirmed { verdicts: Vec<CallbackVerdict> },
    /// A payer paid, and the merchant never found out.
    CollectionNotLearnt { amount: String, currency: String },
    /// A payout arrived, and the merchant never found out.
    PayoutNotLearnt { amount: String, currency: String },
    /// A refund brought a payout back, and the merchant never found out.
    ReturnNotLearnt { amount: String, currency: String },
    /// No callback arrived, and nobody asked for the status.
    StatusNeverAsked { status: String, verdicts: Vec<CallbackVerdict> },
    /// No callback arrived, and the status was asked for too early only.
    StatusAskedTooEarly { status: String, verdicts: Vec<CallbackVerdict>, count: usize },
    /// No callback arrived, and the status was asked for late.
    StatusAskedLate { took: u64, within: u64 },
    /// More status queries within a second than MTN allows.
    TooManyQueries { count: usize },
    /// Somebody asked again after a final status.
    AskedAfterFinal { status: String, count: usize },
    /// The same order was sent again under a new reference id.
    OrderRepeated { first: String },
    /// The same order was sent again under a new reference id, and the payer paid twice.
    PayerChargedTwice { first: String, amount: String, currency: String },
    /// A reference id was used already, and nobody asked for its status.
    DuplicateNotAsked,
    /// A request was refused, in the words of the refusal.
    Refused { refusal: String, why: String },
    /// A token had ended, and nobody asked for a new one.
    TokenNotRenewed { path: String },
    /// Tokens were fetched while others were still good.
    TokensWasted { product: String, count: usize, calls: usize },
    /// The client did not wait for its token.
    TokenNotAwaited { waited: String, due_after: String },
    /// The HTTPS front was called by its IP address.
    CalledByAddress,
    /// The same wrong credentials came again and again.
    WrongCredentialsRepeated { count: usize, within: u64 },
    /// A payment that was pending at the cutover was lost sight of.
    LegacyPaymentNotLearnt { status: String },
}

impl Seen {
    /// A callback that was not answered with success.
    pub fn callback_not_answered(result: &AttemptResult) -> Self {
        Self::CallbackNotAnswered {
            verdict: CallbackVerdict::of_result(result),
            detail: detail_of(result),
        }
    }

    /// A callback with an unusual body that was not answered with success.
    pub fn unusual_body_not_taken(result: &AttemptResult) -> Self {
        Self::UnusualBodyNotTaken {
            verdict: CallbackVerdict::of_result(result),
            detail: detail_of(result),
        }
    }

    /// A request that was refused.
    pub fn refused(refusal: &Refusal) -> Self {
        Self::Refused {
            refusal: refusal.cause.name().to_owned(),
            why: refusal.why.clone().into_string(),
        }
    }
}

impl SeenCode {
    /// The name in the report.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// The sentence in English. `{name}` stands for a value; before `|` is the sentence for a
    /// `count` of one, if it is another. The words of the console are of the same form.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::MethodNotTaken => "{method} was answered with {status}",
            Self::CallbackNotAnswered => "{verdict}: {detail}",
            Self::UnusualBodyNotTaken => "the callback was {verdict}: {detail}",
            Self::CallbackNotConfirmed => {
                "its callback ({verdicts}) was taken, and its status was not asked for afterwards"
            }
            Self::CollectionNotLearnt => {
                "{amount} {currency} taken from the payer; the merchant never found out"
            }
            Self::PayoutNotLearnt => "{amount} {currency} paid out; the merchant never found out",
            Self::ReturnNotLearnt => {
                "{amount} {currency} brought back by a refund; the merchant never found out"
            }
            Self::StatusNeverAsked => {
                "{status}, no callback arrived ({verdicts}), and its status was never asked for"
            }
            Self::StatusAskedTooEarly => {
                "{status}, no callback arrived ({verdicts}), and its status was asked for once, \
                 too early|{status}, no callback arrived ({verdicts}), and its status was asked \
                 for {count} times, all too early"
            }
            Self::StatusAskedLate => "asked {took} s after it was final; the limit is {within} s",
            Self::TooManyQueries => "{count} status queries within a second",
            Self::AskedAfterFinal => {
                "asked once more after it was told {status}|asked {count} times more after it was \
                 told {status}"
            }
            Self::OrderRepeated => "repeats the order of {first} under a new reference id",
            Self::PayerChargedTwice => {
                "repeats the order of {first} under a new reference id: the payer was charged \
                 {amount} {currency} twice"
            }
            Self::DuplicateNotAsked => "met a 409, and its status was not asked for afterwards",
            Self::Refused => "{why}",
            Self::TokenNotRenewed => "{path} met a 401, and no new token was asked for",
            Self::TokensWasted => {
                "{product}: {count} token was fetched for {calls} requests|{product}: {count} \
                 tokens were fetched for {calls} requests"
            }
            Self::TokenNotAwaited => {
                "gave up a request for a token after {waited} s; the answer was due after \
                 {due_after} s"
            }
            Self::CalledByAddress => {
                "called the HTTPS front by an IP address instead of its host name"
            }
            Self::WrongCredentialsRepeated => {
                "{count} requests for a token within {within} s were refused with invalid_client"
            }
            Self::LegacyPaymentNotLearnt => {
                "was pending at the cutover, became {status}, and the merchant never found out"
            }
        }
    }
}

/// The sentence in English, with its values.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = serde_json::to_value(self).map_err(|_| fmt::Error)?;
        let sentence = SeenCode::from(self).sentence();
        let (one, several) = sentence.split_once('|').unwrap_or((sentence, sentence));
        let chosen = if values["count"] == 1 { one } else { several };
        let mut pieces = chosen.split('{');
        f.write_str(pieces.next().unwrap_or_default())?;
        for piece in pieces {
            let (name, rest) = piece.split_once('}').ok_or(fmt::Error)?;
            write!(f, "{}{rest}", told(name, &values[name]))?;
        }
        Ok(())
    }
}

/// A value in English.
fn told(name: &str, value: &Value) -> String {
    match (name, value) {
        ("verdict", Value::String(verdict)) => words_of(verdict).to_owned(),
        ("verdicts", Value::Array(verdicts)) => {
            let told = verdicts.iter().filter_map(Value::as_str).map(words_of);
            told.collect::<Vec<_>>().join(", ")
        }
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// The words of a verdict, by its name.
fn words_of(verdict: &str) -> &str {
    let found = CallbackVerdict::ALL.iter().find(|one| one.name() == verdict);
    found.map_or(verdict, |verdict| verdict.words())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::callback::DeliveryFailure;

    #[test]
    fn a_sentence_has_its_values_and_counts_one() {
        let asked = |count| {
            let verdicts = vec![CallbackVerdict::Answered5xx, CallbackVerdict::Late];
            let status = "FAILED".to_owned();
            Seen::StatusAskedTooEarly { status, verdicts, count }.to_string()
        };
        let begin = "FAILED, no callback arrived (answered 5xx, late), and its status was asked";
        assert_eq!(asked(1), format!("{begin} for once, too early"));
        assert_eq!(asked(2), format!("{begin} for 2 times, all too early"));
        let seen = Seen::unusual_body_not_taken(&AttemptResult::answered(503));
        assert_eq!(seen.to_string(), "the callback was answered 5xx: 503");
        let failed =
            AttemptResult::Failed { failure: DeliveryFailure::Chain, detail: "so".to_owned() };
        assert_eq!(Seen::callback_not_answered(&failed).to_string(), "refused: chain: so");
    }

    /// `momosandbox report` reads what the emulator writes.
    #[test]
    fn a_finding_is_read_as_it_was_written() {
        for seen in [
            Seen::TooManyQueries { count: 12 },
            Seen::StatusAskedLate { took: 700, within: 600 },
            Seen::callback_not_answered(&AttemptResult::answered(503)),
            Seen::CalledByAddress,
        ] {
            let written = serde_json::to_string(&seen).expect("JSON");
            assert_eq!(serde_json::from_str::<Seen>(&written).expect("a finding"), seen);
        }
    }

    /// The schema of a finding lists the values of each code.
    #[test]
    fn each_sentence_names_values_that_its_finding_has() {
        let schema = schemars::schema_for!(Seen);
        let kinds = schema.get("oneOf").and_then(Value::as_array).expect("one schema a code");
        assert_eq!(kinds.len(), SeenCode::VARIANTS.len());
        for (kind, code) in kinds.iter().zip(SeenCode::VARIANTS) {
            let values = kind["properties"].as_object().expect("values");
            assert_eq!(values["code"]["const"], code.name());
            for piece in code.sentence().split('{').skip(1) {
                let (name, _) = piece.split_once('}').expect("a whole name");
                assert!(values.contains_key(name), "{}: {name}", code.name());
            }
        }
    }
}
