//! What a refused request is told (contract, section 3).
//!
//! Two complainers, two shapes of body: the API-management layer `{"statusCode","message"}` and the
//! wallet platform `{"message","code"}`; clients take the first as final and the second as a reason
//! to fetch a new token, so the shapes matter. [`Rejection`]'s `Display` is for the emulator's own
//! log: it says what was received and expected, which the real gateway never does.

use std::time::Duration;

use serde_json::json;

use crate::model::limits::Limit;
use crate::model::reason::Reason;

/// The one JSON content type that every published client accepts (contract, section 7).
pub const JSON: &str = "application/json;charset=utf-8";

/// An answer of the gateway: status, content type and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type; `None` for an empty body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// An error that a scenario asks for: the wallet platform's shape with a code, the
    /// API-management layer's without one. A message that is left out is the one that goes with
    /// the code.
    pub fn fault(status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let usual = code.and_then(Reason::of_code).map(Reason::message);
        let message = message.or(usual).unwrap_or("The request could not be processed.");
        match code {
            Some(code) => platform(status, message, code),
            None => management(status, message),
        }
    }
}

/// A body without fields.
#[derive(Debug, serde::Serialize)]
pub struct Nothing {}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, content_type: None, body: String::new() }
    }

    /// An answer with a JSON body, on one line.
    pub fn json(status: u16, body: &impl serde::Serialize) -> Self {
        let body = serde_json::to_string(body).expect("bodies are plain data with text keys");
        Self { status, content_type: Some(JSON), body }
    }
}

/// A refusal. Each variant is one answer; what a variant carries is for the log, except where the
/// contract puts it in the body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A POST without a length.
    #[error("POST with neither Content-Length nor a chunked body; send `Content-Length: 0`")]
    LengthRequired,
    /// A body beyond the limit.
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// A body that took too long.
    #[error("the body did not arrive within {limit:?}")]
    BodyTooSlow {
        /// The limit.
        limit: Duration,
    },
    /// A body that ended early.
    #[error("the body could not be read: {0}")]
    BodyCutOff(String),
    /// No operation has this path and method.
    #[error("no operation has this method and path")]
    NoSuchPath,
    /// No subscription key.
    #[error("no `Ocp-Apim-Subscription-Key` header and no `subscription-key` in the query")]
    SubscriptionKeyMissing,
    /// A subscription key that is none of the product's.
    #[error("the subscription key is not one of those given with --subscription-key for {0}")]
    SubscriptionKeyInvalid(String),
    /// `/token/` without good Basic credentials.
    #[error("{0}")]
    LoginFailed(&'static str),
    /// Anything else without a live token of the product.
    #[error("{0}")]
    InvalidToken(String),
    /// The target environment is not the API user's, or the API user is not this product's.
    #[error("{0}")]
    TargetEnvironmentForbidden(String),
    /// The request breaks a rule of form.
    #[error("{0}")]
    Malformed(Malformed),
    /// The callback URL is not at the registered host.
    #[error("{0}")]
    CallbackHost(String),
    /// Another currency than the environment's.
    #[error("the currency is `{received}`; this environment has only `{expected}`")]
    Currency {
        /// As sent.
        received: String,
        /// The environment's.
        expected: String,
    },
    /// The reference was used before.
    #[error("the reference id {0} was used before")]
    Duplicate(String),
    /// Nothing has this reference.
    #[error("{0}")]
    NotFound(String),
    /// A delivery notification for what is not SUCCESSFUL.
    #[error("the request to pay is {0}, not SUCCESSFUL")]
    NotSuccessful(&'static str),
    /// A cancellation of what can not, or no longer, be cancelled.
    #[error("the {kind} is {status}: {rule}")]
    NotCancellable {
        /// What it is.
        kind: &'static str,
        /// Where it stands.
        status: &'static str,
        /// What can be cancelled.
        rule: &'static str,
    },
    /// No token for a consent.
    #[error("{why}")]
    Consent {
        /// What the caller is told.
        error: ConsentError,
        /// Why.
        why: &'static str,
    },
    /// Statuses were asked for too often.
    #[error("statuses were asked for too often; again in {seconds} s")]
    RateLimited {
        /// When it may be asked again.
        seconds: u64,
    },
    /// The platform does not allow it.
    #[error("MTN's test value for NotAllowed")]
    NotAllowed,
    /// The platform's own fault.
    #[error("MTN's test value for InternalProcessingError")]
    InternalProcessingError,
    /// The platform is down.
    #[error("MTN's test value for ServiceUnavailable")]
    ServiceUnavailable,
    /// There is as much as a limit allows.
    #[error("there are {most} already, as many as --{} allows", .limit.row().flag)]
    LimitReached {
        /// Which.
        limit: Limit,
        /// Its value.
        most: usize,
    },
}

/// Why there is no token for a consent, in the words of OAuth 2.0 and of its back-channel extension
/// (CIBA Core, sections 11 and 13; contract, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentError {
    /// The account holder has not answered yet.
    AuthorizationPending,
    /// The account holder refused.
    AccessDenied,
    /// The request lapsed.
    ExpiredToken,
    /// The request or refresh token is not known, not this caller's, used up or ended.
    InvalidGrant,
    /// A parameter is missing.
    InvalidRequest,
    /// The grant type is another.
    UnsupportedGrantType,
    /// There is no such account holder.
    UnknownUserId,
    /// The consent does not cover this.
    InsufficientScope,
}

impl ConsentError {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::AuthorizationPending,
        Self::AccessDenied,
        Self::ExpiredToken,
        Self::InvalidGrant,
        Self::InvalidRequest,
        Self::UnsupportedGrantType,
        Self::UnknownUserId,
        Self::InsufficientScope,
    ];

    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorizationPending => "authorization_pending",
            Self::AccessDenied => "access_denied",
            Self::ExpiredToken => "expired_token",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRequest => "invalid_request",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnknownUserId => "unknown_user_id",
            Self::InsufficientScope => "insufficient_scope",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::InsufficientScope => 403,
            Self::AuthorizationPending
            | Self::AccessDenied
            | Self::ExpiredToken
            | Self::InvalidGrant
            | Self::InvalidRequest
            | Self::UnsupportedGrantType
            | Self::UnknownUserId => 400,
        }
    }
}

/// The part of a request that breaks a rule of form, and the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The header, field or path parameter.
    pub field: String,
    /// What it must be.
    pub rule: String,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.field, self.rule)
    }
}

impl Rejection {
    /// A [`Rejection::Malformed`].
    pub fn malformed(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Malformed(Malformed { field: field.into(), rule: rule.into() })
    }

    /// A [`Rejection::LimitReached`] of pending transactions.
    pub fn too_many_pending(most: usize) -> Self {
        Self::LimitReached { limit: Limit::Pending, most }
    }

    /// Its name in the journal and in the metrics.
    pub fn name(&self) -> &'static str {
        NAMES[self.number()]
    }

    /// Its place in [`NAMES`].
    pub fn number(&self) -> usize {
        match self {
            Self::LengthRequired => 0,
            Self::BodyTooLarge { .. } => 1,
            Self::BodyTooSlow { .. } => 2,
            Self::BodyCutOff(_) => 3,
            Self::NoSuchPath => 4,
            Self::SubscriptionKeyMissing => 5,
            Self::SubscriptionKeyInvalid(_) => 6,
            Self::LoginFailed(_) => 7,
            Self::InvalidToken(_) => 8,
            Self::TargetEnvironmentForbidden(_) => 9,
            Self::Malformed(_) => 10,
            Self::CallbackHost(_) => 11,
            Self::Currency { .. } => 12,
            Self::Duplicate(_) => 13,
            Self::NotFound(_) => 14,
            Self::NotSuccessful(_) => 15,
            Self::NotCancellable { .. } => 16,
            Self::Consent { .. } => 17,
            Self::RateLimited { .. } => 18,
            Self::NotAllowed => 19,
            Self::InternalProcessingError => 20,
            Self::ServiceUnavailable => 21,
            Self::LimitReached { .. } => 22,
        }
    }

    /// The limit that it is about, if it is about one.
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::BodyTooLarge { .. } => Some(Limit::BodyBytes),
            Self::BodyTooSlow { .. } => Some(Limit::BodyTime),
            Self::LimitReached { limit, .. } => Some(*limit),
            _ => None,
        }
    }

    /// The answer on the wire.
    pub fn answer(&self) -> Answer {
        match self {
            Self::LengthRequired => Answer {
                status: 411,
                content_type: Some("text/html; charset=us-ascii"),
                body: LENGTH_REQUIRED_PAGE.to_owned(),
            },
            Self::BodyTooLarge { .. } => management(413, &sentence(self)),
            Self::BodyTooSlow { .. } => management(408, &sentence(self)),
            Self::BodyCutOff(_) => management(400, &sentence(self)),
            Self::NoSuchPath => management(404, "Resource not found"),
            Self::SubscriptionKeyMissing => management(
                401,
                "Access denied due to missing subscription key. Make sure to include \
                 subscription key when making requests to an API.",
            ),
            Self::SubscriptionKeyInvalid(_) => management(
                401,
                "Access denied due to invalid subscription key. Make sure to provide a valid \
                 key for an active subscription.",
            ),
            Self::LoginFailed(_) => oauth(401, "login_failed"),
            Self::InvalidToken(_) => oauth(401, "invalid_token"),
            Self::Consent { error, .. } => oauth(error.status(), error.name()),
            Self::TargetEnvironmentForbidden(_) => {
                refused(500, Reason::NotAllowedTargetEnvironment)
            }
            Self::Malformed(_) => platform(400, &sentence(self), INVALID_REQUEST),
            Self::CallbackHost(_) => refused(500, Reason::InvalidCallbackUrlHost),
            Self::Currency { .. } => refused(500, Reason::InvalidCurrency),
            Self::Duplicate(_) => refused(409, Reason::ResourceAlreadyExist),
            Self::NotFound(_) => refused(404, Reason::ResourceNotFound),
            Self::NotSuccessful(_) => platform(
                409,
                "The transaction is not successfully completed.",
                "NOT_SUCCESSFULLY_COMPLETED",
            ),
            // No answer of the real gateway is known; the code is one that clients know.
            Self::NotCancellable { .. } => {
                platform(409, "The transaction cannot be cancelled.", Reason::NotAllowed.code())
            }
            Self::RateLimited { seconds } => {
                management(429, &format!("Rate limit is exceeded. Try again in {seconds} seconds."))
            }
            Self::NotAllowed => refused(500, Reason::NotAllowed),
            Self::InternalProcessingError => refused(500, Reason::InternalProcessingError),
            Self::ServiceUnavailable | Self::LimitReached { .. } => {
                refused(503, Reason::ServiceUnavailable)
            }
        }
    }
}

/// The names of all refusals, in the order of [`Rejection::number`].
pub const NAMES: [&str; 23] = [
    "length_required",
    "body_too_large",
    "body_too_slow",
    "body_cut_off",
    "no_such_path",
    "subscription_key_missing",
    "subscription_key_invalid",
    "login_failed",
    "invalid_token",
    "target_environment_forbidden",
    "malformed",
    "callback_host",
    "currency",
    "duplicate",
    "not_found",
    "not_successful",
    "not_cancellable",
    "consent",
    "rate_limited",
    "not_allowed",
    "internal_processing_error",
    "service_unavailable",
    "limit_reached",
];

/// The code of a malformed request: ours, since the real gateway's is not known.
pub const INVALID_REQUEST: &str = "INVALID_REQUEST";

/// What a bodyless `curl -X POST` meets on the real gateway (contract, section 3, check 1).
const LENGTH_REQUIRED_PAGE: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\
\"http://www.w3.org/TR/html4/strict.dtd\">\r\n\
<HTML><HEAD><TITLE>Length Required</TITLE>\r\n\
<META HTTP-EQUIV=\"Content-Type\" Content=\"text/html; charset=us-ascii\"></HEAD>\r\n\
<BODY><h2>Length Required</h2>\r\n\
<hr><p>HTTP Error 411. The request must be chunked or have a content length.</p>\r\n\
</BODY></HTML>\r\n";

/// The API-management layer's shape.
pub fn management(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"statusCode": status, "message": message}))
}

fn platform(status: u16, message: &str, code: &str) -> Answer {
    Answer::json(status, &json!({"message": message, "code": code}))
}

/// The wallet platform's refusal for a reason that has a code.
fn refused(status: u16, reason: Reason) -> Answer {
    platform(status, reason.message(), reason.code())
}

/// The shape of OAuth 2.0.
fn oauth(status: u16, error: &str) -> Answer {
    Answer::json(status, &json!({"error": error}))
}

/// A log fragment as a sentence.
fn sentence(fragment: &impl ToString) -> String {
    let fragment = fragment.to_string();
    let mut characters = fragment.chars();
    match characters.next() {
        Some('a'..='z') if fragment.starts_with("the ") => {
            format!("T{}.", characters.as_str())
        }
        _ => format!("{fragment}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_request_is_told_the_field_and_the_rule() {
        let answer = Rejection::malformed("payerMessage", "must be text").answer();
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.body,
            r#"{"message":"payerMessage must be text.","code":"INVALID_REQUEST"}"#
        );
    }

    #[test]
    fn every_json_answer_is_on_one_line() {
        for rejection in [
            Rejection::NoSuchPath,
            Rejection::BodyTooLarge { limit: 1 },
            Rejection::malformed("a\nb", "must be \"c\"\n"),
        ] {
            let answer = rejection.answer();
            assert!(!answer.body.contains('\n'), "{}", answer.body);
            serde_json::from_str::<serde_json::Value>(&answer.body).expect("JSON");
        }
    }
}
