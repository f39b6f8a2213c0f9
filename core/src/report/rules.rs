//! The rules of the audit: their names, what each wants, and the check of each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::report::check::{RuleCheck, Terms};
use crate::report::observed::Observed;
use crate::report::{access, callbacks, money, polling, submitting};

/// A rule that a sound merchant keeps. The one about money comes first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    EnumString,
    IntoStaticStr,
    VariantArray,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum RuleId {
    MoneyAccountedFor,
    PolledAfterLostCallback,
    PolledInTime,
    PolledGently,
    StoppedAtFinal,
    ReusedReference,
    #[strum(serialize = "asked-after-409")]
    #[serde(rename = "asked-after-409")]
    AskedAfter409,
    OwnCallbackHost,
    AcceptedPutAndPost,
    AnsweredCallbacks,
    ConfirmedCallbacks,
    SurvivedUnknownFields,
    SurvivedMissingReference,
    RenewedToken,
    KeptToken,
}

impl RuleId {
    /// The name in reports and on the command line.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn check(self, observed: &Observed<'_>, terms: &Terms) -> RuleCheck {
        let check: fn(&Observed<'_>, &Terms) -> RuleCheck = match self {
            Self::MoneyAccountedFor => money::accounted_for,
            Self::PolledAfterLostCallback => polling::after_lost_callback,
            Self::PolledInTime => polling::in_time,
            Self::PolledGently => polling::gently,
            Self::StoppedAtFinal => polling::stopped_at_final,
            Self::ReusedReference => submitting::reused_reference,
            Self::AskedAfter409 => submitting::asked_after_409,
            Self::OwnCallbackHost => submitting::own_callback_host,
            Self::AcceptedPutAndPost => callbacks::accepted_put_and_post,
            Self::AnsweredCallbacks => callbacks::answered,
            Self::ConfirmedCallbacks => callbacks::confirmed,
            Self::SurvivedUnknownFields => callbacks::survived_unknown_fields,
            Self::SurvivedMissingReference => callbacks::survived_missing_reference,
            Self::RenewedToken => access::renewed_token,
            Self::KeptToken => access::kept_token,
        };
        check(observed, terms)
    }

    /// What the rule wants of a merchant.
    pub const fn wants(self) -> &'static str {
        match self {
            Self::MoneyAccountedFor => "knows of every transaction that succeeded",
            Self::PolledAfterLostCallback => "asks for the status where no callback came",
            Self::PolledInTime => "asks soon where no callback came",
            Self::PolledGently => "asks for statuses at most 10 times a second",
            Self::StoppedAtFinal => "stops asking once it was told SUCCESSFUL or FAILED",
            Self::ReusedReference => "repeats a failed submission under the same reference id",
            Self::AskedAfter409 => "asks for the status after a 409",
            Self::OwnCallbackHost => "names callback URLs of the registered host only",
            Self::AcceptedPutAndPost => "takes callbacks by PUT and by POST",
            Self::AnsweredCallbacks => "answers each callback within 2 s, with 2xx",
            Self::ConfirmedCallbacks => "asks for the status after a callback, before it acts",
            Self::SurvivedUnknownFields => "answers callbacks that have unknown fields",
            Self::SurvivedMissingReference => "answers callbacks that name no reference id",
            Self::RenewedToken => "gets a new token when its old one has ended",
            Self::KeptToken => "uses a token for as long as it lives",
        }
    }

    /// What to do where the rule is broken.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::MoneyAccountedFor => {
                "ask for the status of everything that is not final in your books, whether or not \
                 a callback came"
            }
            Self::PolledAfterLostCallback => {
                "a callback is sent once: ask 5 minutes after the submission, then again with \
                 growing pauses"
            }
            Self::PolledInTime => "ask 5 minutes after the submission, as MTN advises",
            Self::PolledGently => {
                "wait between queries; in production the 11th within a second meets a 429"
            }
            Self::StoppedAtFinal => "a final status never changes: write it down and stop",
            Self::ReusedReference => {
                "keep the reference id before you send; a new one for the same order may charge \
                 the payer twice"
            }
            Self::AskedAfter409 => "a 409 says that the transaction exists: ask for its status",
            Self::OwnCallbackHost => "use the host that the API user was provisioned with",
            Self::AcceptedPutAndPost => "route both methods to the same handler",
            Self::AnsweredCallbacks => {
                "answer first, work afterwards; what is not answered is not sent again"
            }
            Self::ConfirmedCallbacks => "a callback has no signature: take it as a hint to ask now",
            Self::SurvivedUnknownFields => "ignore fields that you do not know",
            Self::SurvivedMissingReference => {
                "find the transaction by the path of your callback URL or by the external id"
            }
            Self::RenewedToken => "after a 401 get a new token and repeat the request",
            Self::KeptToken => "keep the token until a little before its expires_in is over",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_has_one_name_in_reports_and_on_the_command_line() {
        for rule in RuleId::VARIANTS {
            assert_eq!(json!(rule), rule.name());
            assert_eq!(rule.name().parse(), Ok(*rule));
        }
    }
}
