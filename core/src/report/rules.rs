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

/// What the audit knows of a rule.
#[derive(Debug, Clone, Copy)]
pub struct AuditRule {
    check: fn(&Observed<'_>, &Terms) -> RuleCheck,
    /// What the rule wants of a merchant.
    pub wants: &'static str,
    /// What to do where it is broken.
    pub remedy: &'static str,
}

impl AuditRule {
    /// Checks what a merchant did.
    pub fn check(&self, observed: &Observed<'_>, terms: &Terms) -> RuleCheck {
        (self.check)(observed, terms)
    }
}

impl RuleId {
    /// The name in reports and on the command line.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    /// The rule of this name.
    pub const fn rule(self) -> AuditRule {
        match self {
            Self::MoneyAccountedFor => AuditRule {
                check: money::accounted_for,
                wants: "knows of every transaction that succeeded",
                remedy: "ask for the status of everything that is not final in your books, whether or not a \
         callback came",
            },
            Self::PolledAfterLostCallback => AuditRule {
                check: polling::after_lost_callback,
                wants: "asks for the status where no callback came",
                remedy: "a callback is sent once: ask 5 minutes after the submission, then again with growing \
         pauses",
            },
            Self::PolledInTime => AuditRule {
                check: polling::in_time,
                wants: "asks soon where no callback came",
                remedy: "ask 5 minutes after the submission, as MTN advises",
            },
            Self::PolledGently => AuditRule {
                check: polling::gently,
                wants: "asks for statuses at most 10 times a second",
                remedy: "wait between queries; in production the 11th within a second meets a 429",
            },
            Self::StoppedAtFinal => AuditRule {
                check: polling::stopped_at_final,
                wants: "stops asking once it was told SUCCESSFUL or FAILED",
                remedy: "a final status never changes: write it down and stop",
            },
            Self::ReusedReference => AuditRule {
                check: submitting::reused_reference,
                wants: "repeats a failed submission under the same reference id",
                remedy: "keep the reference id before you send; a new one for the same order may charge the payer \
         twice",
            },
            Self::AskedAfter409 => AuditRule {
                check: submitting::asked_after_409,
                wants: "takes 409 for `ask`, not for a failure",
                remedy: "a 409 says that the transaction exists: ask for its status",
            },
            Self::OwnCallbackHost => AuditRule {
                check: submitting::own_callback_host,
                wants: "names callback URLs of the registered host only",
                remedy: "use the host that the API user was provisioned with",
            },
            Self::AcceptedPutAndPost => AuditRule {
                check: callbacks::accepted_put_and_post,
                wants: "takes callbacks by PUT and by POST",
                remedy: "route both methods to the same handler",
            },
            Self::AnsweredCallbacks => AuditRule {
                check: callbacks::answered,
                wants: "answers each callback within 2 s, with 2xx",
                remedy: "answer first, work afterwards; what is not answered is not sent again",
            },
            Self::ConfirmedCallbacks => AuditRule {
                check: callbacks::confirmed,
                wants: "asks for the status after a callback, before it acts",
                remedy: "a callback has no signature: take it as a hint to ask now",
            },
            Self::SurvivedUnknownFields => AuditRule {
                check: callbacks::survived_unknown_fields,
                wants: "answers callbacks that have unknown fields",
                remedy: "ignore fields that you do not know",
            },
            Self::SurvivedMissingReference => AuditRule {
                check: callbacks::survived_missing_reference,
                wants: "answers callbacks that name no reference id",
                remedy: "find the transaction by the path of your callback URL or by the external id",
            },
            Self::RenewedToken => AuditRule {
                check: access::renewed_token,
                wants: "gets a new token when its old one has ended",
                remedy: "after a 401 get a new token and repeat the request",
            },
            Self::KeptToken => AuditRule {
                check: access::kept_token,
                wants: "uses a token for as long as it lives",
                remedy: "keep the token until a little before its expires_in is over",
            },
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
