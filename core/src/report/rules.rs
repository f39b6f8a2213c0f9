//! The rules of the audit: their names, what each wants, and the check of each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::report::check::{RuleCheck, Terms};
use crate::report::observed::Observed;
use crate::report::{access, callbacks, migration, money, polling, submitting};

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
    SentTargetEnvironmentWithTokens,
    SentRawCredentials,
    OwnUserAgent,
    WaitedForToken,
    AskedTheRightPlatform,
    CalledByHostName,
    SurvivedInvalidClient,
    FinishedLegacyPayments,
}

impl RuleId {
    /// The name in reports and on the command line.
    pub const fn name(self) -> &'static str {
        self.into_str()
    }

    /// Whether it is about MTN's migration: such a rule is in an audit only where the new platform
    /// is played.
    pub fn is_of_migration(self) -> bool {
        self >= Self::SentTargetEnvironmentWithTokens
    }

    /// The rules that an audit has, in their order.
    pub fn of_audit(terms: &Terms) -> impl Iterator<Item = Self> {
        let has_migration = terms.migration.is_some();
        Self::VARIANTS.iter().copied().filter(move |rule| has_migration || !rule.is_of_migration())
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
            Self::SentTargetEnvironmentWithTokens => migration::sent_target_environment_with_tokens,
            Self::SentRawCredentials => migration::sent_raw_credentials,
            Self::OwnUserAgent => migration::own_user_agent,
            Self::WaitedForToken => migration::waited_for_token,
            Self::AskedTheRightPlatform => migration::asked_the_right_platform,
            Self::CalledByHostName => migration::called_by_host_name,
            Self::SurvivedInvalidClient => migration::survived_invalid_client,
            Self::FinishedLegacyPayments => migration::finished_legacy_payments,
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
            Self::SentTargetEnvironmentWithTokens => migration::TOKEN_ENVIRONMENT.wants,
            Self::SentRawCredentials => migration::RAW_CREDENTIALS.wants,
            Self::OwnUserAgent => migration::OWN_USER_AGENT.wants,
            Self::WaitedForToken => migration::WAITED_FOR_TOKEN.wants,
            Self::AskedTheRightPlatform => migration::RIGHT_PLATFORM.wants,
            Self::CalledByHostName => migration::HOST_NAME.wants,
            Self::SurvivedInvalidClient => migration::INVALID_CLIENT.wants,
            Self::FinishedLegacyPayments => migration::LEGACY_PAYMENTS.wants,
        }
    }

    /// What puts a program to the test that was not; told of the rules about the migration, whose
    /// run is a rehearsal.
    pub const fn trial(self) -> Option<&'static str> {
        Some(match self {
            Self::SentTargetEnvironmentWithTokens => migration::TOKEN_ENVIRONMENT.trial,
            Self::SentRawCredentials => migration::RAW_CREDENTIALS.trial,
            Self::OwnUserAgent => migration::OWN_USER_AGENT.trial,
            Self::WaitedForToken => migration::WAITED_FOR_TOKEN.trial,
            Self::AskedTheRightPlatform => migration::RIGHT_PLATFORM.trial,
            Self::CalledByHostName => migration::HOST_NAME.trial,
            Self::SurvivedInvalidClient => migration::INVALID_CLIENT.trial,
            Self::FinishedLegacyPayments => migration::LEGACY_PAYMENTS.trial,
            _ => return None,
        })
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
            Self::SentTargetEnvironmentWithTokens => migration::TOKEN_ENVIRONMENT.remedy,
            Self::SentRawCredentials => migration::RAW_CREDENTIALS.remedy,
            Self::OwnUserAgent => migration::OWN_USER_AGENT.remedy,
            Self::WaitedForToken => migration::WAITED_FOR_TOKEN.remedy,
            Self::AskedTheRightPlatform => migration::RIGHT_PLATFORM.remedy,
            Self::CalledByHostName => migration::HOST_NAME.remedy,
            Self::SurvivedInvalidClient => migration::INVALID_CLIENT.remedy,
            Self::FinishedLegacyPayments => migration::LEGACY_PAYMENTS.remedy,
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
