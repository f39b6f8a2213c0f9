//! The refusals of the emulated API (docs/contract.md#order-of-checks).
//!
//! A [`Rejection`]'s `Display` is our own explanation, in sentences: what was received, what was
//! expected, what to do. The journal keeps it, and the header `X-Momo-Sandbox-Why` carries it; the
//! real gateway tells nobody. [`Rejection::answer`] is what the real gateway sends.

use std::time::Duration;

use strum::{EnumCount, EnumDiscriminants, IntoStaticStr, VariantArray};

use crate::model::limits::{Limit, Limits};
use crate::model::product::Product;
use crate::model::reason::Reason;
use crate::operations::answer::{Answer, Header, NEVER_STORED};
use crate::operations::real_answer::RealAnswer;

/// A refusal. Each variant is one answer; what a variant carries is for the explanation, except
/// where the real gateway puts it in its answer.
///
/// [`RejectionKind`] is the refusal without what it carries. Its names are those of the variants in
/// snake case, and its order is that of the metrics.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, EnumDiscriminants)]
#[strum_discriminants(
    name(RejectionKind),
    doc = "Which refusal a [`Rejection`] is: what the journal, the metrics and the audit compare.",
    derive(EnumCount, IntoStaticStr, VariantArray),
    strum(serialize_all = "snake_case", const_into_str)
)]
pub enum Rejection {
    /// The legacy platform is gone, or an emulator does not play the platform of a host name.
    #[error("{0}")]
    PlatformGone(String),
    /// A User-Agent that the new platform blocks.
    #[error(
        "The User-Agent is `{0}`. The new platform's application gateway blocks every User-Agent \
         that contains python-requests. Send a User-Agent of your own."
    )]
    UserAgentBlocked(String),
    /// A POST without a length.
    #[error("{0}")]
    LengthRequired(&'static str),
    /// A body beyond the limit.
    #[error("{}", body_too_large(*limit))]
    BodyTooLarge { limit: usize },
    /// A body that took too long.
    #[error("{}", body_too_slow(*limit))]
    BodyTooSlow { limit: Duration },
    #[error("{BODY_CUT_OFF}")]
    BodyCutOff,
    /// No operation has this path and method.
    #[error("{0}")]
    NoSuchPath(String),
    #[error(
        "The request has no subscription key. Send it in the header Ocp-Apim-Subscription-Key, or \
         as ?subscription-key= in the query."
    )]
    SubscriptionKeyMissing(Option<Product>),
    /// A subscription key that is none of the product's.
    #[error(
        "The subscription key is not one of those given with --subscription-key for {}. Each \
         product has its own key.",
        .0.map_or("any product", Product::name)
    )]
    SubscriptionKeyInvalid(Option<Product>),
    /// A request for a token of the new platform without the header X-Target-Environment, or with
    /// another value.
    #[error("{0}")]
    TokenEnvironment(String),
    /// A token endpoint without good Basic credentials.
    #[error("{0}")]
    LoginFailed(String),
    /// A token endpoint of the new platform without good System Credentials.
    #[error("{0}")]
    InvalidClient(String),
    /// System Credentials that were URL-encoded before base64.
    #[error("{0}")]
    EncodedCredentials(String),
    /// Anything else without a live token.
    #[error("{0}")]
    InvalidToken(String),
    /// The target environment is not the API user's, or the API user is not this product's.
    #[error("{0}")]
    TargetEnvironmentForbidden(String),
    /// A new payment, which the legacy platform takes no more after the cutover.
    #[error("{0}")]
    LegacyClosed(String),
    /// The request breaks a rule of form.
    #[error("{0}.")]
    Malformed(Malformed),
    /// The callback URL is not at the registered host.
    #[error("{0}")]
    CallbackHost(String),
    /// Another currency than the environment's.
    #[error("The currency is `{received}`; this target environment takes only {expected}.")]
    Currency {
        received: String,
        /// The codes that the environment takes.
        expected: String,
    },
    #[error(
        "The reference id {0} was used before. Ask for the status of what it names, or send a new \
         one for something new."
    )]
    Duplicate(String),
    /// No transaction or API user has this reference.
    #[error("{0}")]
    NotFound(String),
    /// A transaction of the other platform.
    #[error("{0}")]
    OtherPlatform(String),
    /// A delivery notification for what is not SUCCESSFUL.
    #[error(
        "The request to pay is {0}. A delivery notification can be sent only once it is SUCCESSFUL."
    )]
    NotSuccessful(&'static str),
    /// A cancellation of what can not, or no longer, be cancelled.
    #[error("The {kind} is {status}: {rule}.")]
    NotCancellable { kind: &'static str, status: &'static str, rule: &'static str },
    /// No token for a consent.
    #[error("{why}")]
    Consent {
        /// The word in the answer.
        error: ConsentError,
        why: &'static str,
    },
    /// Statuses were asked for too often.
    #[error("Statuses were asked for too often. Ask again in {seconds} s.")]
    RateLimited {
        /// The seconds until the next query is allowed.
        seconds: u64,
    },
    /// The platform does not allow it.
    #[error("{0}")]
    NotAllowed(String),
    #[error("{0}")]
    InternalProcessingError(String),
    #[error("{0}")]
    ServiceUnavailable(String),
    /// A limit of the emulator is reached.
    #[error(
        "There are {most} already, as many as --{} allows. Raise it, or reset the emulator.",
        .limit.row().flag
    )]
    LimitReached { limit: Limit, most: usize },
    /// The platform does not expect what it got, and breaks.
    #[error("{0}. The real gateway answers this with an empty 500.")]
    ServerError(Malformed),
    #[error(
        "A delivery notification was sent for this request to pay before. MTN takes only one of \
         each."
    )]
    NotifiedBefore,
    /// A delivery notification for what succeeded too long ago.
    #[error(
        "The request to pay succeeded more than 24 hours ago. A delivery notification can be sent \
         only before that."
    )]
    NotifiedTooLate,
}

/// Why there is no token for a consent, in the words of OAuth 2.0 and of its back-channel extension
/// (CIBA Core, sections 11 and 13; docs/contract.md#consent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum ConsentError {
    /// The account holder has not answered yet.
    AuthorizationPending,
    AccessDenied,
    ExpiredToken,
    /// The request or refresh token is not known, not this caller's, used up or ended.
    InvalidGrant,
    /// A parameter is missing.
    InvalidRequest,
    UnsupportedGrantType,
    /// The account holder does not exist.
    UnknownUserId,
    /// The consent does not cover this.
    InsufficientScope,
}

impl ConsentError {
    /// The word in the answer.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    pub fn answer(self) -> Answer {
        Answer::oauth(self.status(), self.name())
    }

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
///
/// Shown one after the other they are a sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The name of a header, field or path parameter, or `The body`.
    pub field: String,
    /// What the value must be, or the fault in it.
    pub rule: String,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.field, self.rule)
    }
}

impl Rejection {
    pub fn malformed(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Malformed(Malformed { field: field.into(), rule: rule.into() })
    }

    pub fn server_error(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::ServerError(Malformed { field: field.into(), rule: rule.into() })
    }

    pub fn too_many_pending(most: usize) -> Self {
        Self::LimitReached { limit: Limit::Pending, most }
    }

    pub fn kind(&self) -> RejectionKind {
        self.into()
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

    /// The answer on the wire: that of its kind, with what the request adds to it.
    pub fn answer(&self) -> Answer {
        match self {
            Self::BodyTooLarge { limit } => Answer::management(413, &body_too_large(*limit)),
            Self::BodyTooSlow { limit } => Answer::management(408, &body_too_slow(*limit)),
            Self::SubscriptionKeyMissing(product) | Self::SubscriptionKeyInvalid(product) => {
                self.kind().answer().with(asks_for_key_of(*product))
            }
            Self::Consent { error, .. } => error.answer(),
            Self::RateLimited { seconds } => rate_limited(*seconds),
            _ => self.kind().answer(),
        }
    }
}

impl RejectionKind {
    /// The name in the journal and in the metrics.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// The answer on the wire. Where a request adds something to it, an example: the default
    /// limits, one second, no product.
    pub fn answer(self) -> Answer {
        match self {
            Self::PlatformGone => RealAnswer::ApplicationGateway502.answer(None),
            Self::UserAgentBlocked => RealAnswer::ApplicationGateway403.answer(None),
            Self::LengthRequired => Answer {
                content_type: Some("text/html; charset=us-ascii"),
                body: LENGTH_REQUIRED_PAGE.to_owned(),
                ..Answer::management(411, "")
            },
            Self::BodyTooLarge => {
                Answer::management(413, &body_too_large(Limits::DEFAULT.body_bytes))
            }
            Self::BodyTooSlow => Answer::management(408, &body_too_slow(Limits::DEFAULT.body_time)),
            Self::BodyCutOff => Answer::management(400, BODY_CUT_OFF),
            Self::NoSuchPath => Answer::management(404, "Resource not found"),
            Self::SubscriptionKeyMissing => Answer::management(
                401,
                "Access denied due to missing subscription key. Make sure to include \
                 subscription key when making requests to an API.",
            )
            .with(asks_for_key_of(None)),
            Self::SubscriptionKeyInvalid => Answer::management(
                401,
                "Access denied due to invalid subscription key. Make sure to provide a valid \
                 key for an active subscription.",
            )
            .with(asks_for_key_of(None)),
            Self::TokenEnvironment => Answer::json_text(400, TOKEN_ENVIRONMENT.to_owned()),
            Self::LoginFailed => Answer::oauth(500, "login_failed").with(NEVER_STORED),
            Self::InvalidClient => Answer::oauth(401, "invalid_client"),
            Self::EncodedCredentials => Answer::management(500, "Internal server error"),
            Self::InvalidToken => Answer::empty(401),
            Self::Consent => ConsentError::InvalidRequest.answer(),
            Self::TargetEnvironmentForbidden => {
                Answer::refused(500, Reason::NotAllowedTargetEnvironment)
            }
            Self::Malformed => Answer::empty(400),
            Self::ServerError => Answer::empty(500),
            Self::CallbackHost => Answer::refused(500, Reason::InvalidCallbackUrlHost),
            Self::Currency => Answer::refused(500, Reason::InvalidCurrency),
            Self::Duplicate => Answer::refused(409, Reason::ResourceAlreadyExist),
            Self::NotFound | Self::OtherPlatform => Answer::refused(404, Reason::ResourceNotFound),
            Self::NotSuccessful => Answer::platform(
                409,
                "The transaction is not successfully completed.",
                "NOT_SUCCESSFULLY_COMPLETED",
            ),
            Self::NotifiedBefore => Answer::empty(429),
            Self::NotifiedTooLate => Answer::empty(410),
            // No answer of the real gateway is known; the code is one that clients know.
            Self::NotCancellable => Answer::platform(
                409,
                "The transaction cannot be cancelled.",
                Reason::NotAllowed.code(),
            ),
            Self::RateLimited => rate_limited(1),
            Self::NotAllowed => Answer::refused(500, Reason::NotAllowed),
            Self::InternalProcessingError => Answer::refused(500, Reason::InternalProcessingError),
            Self::ServiceUnavailable | Self::LimitReached | Self::LegacyClosed => {
                Answer::refused(503, Reason::ServiceUnavailable)
            }
        }
    }
}

fn body_too_large(limit: usize) -> String {
    format!(
        "The body is larger than {limit} bytes, which is the most that --body-bytes-max allows. \
         Send a smaller one."
    )
}

fn body_too_slow(limit: Duration) -> String {
    format!(
        "The body did not arrive within {limit:?}, which is the most that --body-time-max allows. \
         Send all of it at once."
    )
}

const BODY_CUT_OFF: &str = "The body ended before its declared length, or its chunks could not be \
                            read. Check Content-Length and Transfer-Encoding.";

/// What the new platform answers to a request for a token without a good X-Target-Environment
/// (docs/contract.md#new-platform), with its space.
const TOKEN_ENVIRONMENT: &str = r#"{"error": "Invalid or missing X-Target-Environment header"}"#;

fn rate_limited(seconds: u64) -> Answer {
    let message = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
    Answer::management(429, &message)
}

/// The header that names the product whose subscription key is missing (recorded 2020).
fn asks_for_key_of(product: Option<Product>) -> &'static [Header] {
    macro_rules! realm {
        ($product:literal) => {
            &[(
                "www-authenticate",
                concat!(
                    "AzureApiManagementKey realm=\"https://sandbox.momodeveloper.mtn.com/",
                    $product,
                    "\",name=\"Ocp-Apim-Subscription-Key\",type=\"header\""
                ),
            )]
        };
    }
    match product {
        Some(Product::Collection) => realm!("collection"),
        Some(Product::Disbursement) => realm!("disbursement"),
        Some(Product::Remittance) => realm!("remittance"),
        None => realm!(""),
    }
}

/// What a bodyless `curl -X POST` meets on the real gateway (docs/contract.md#order-of-checks,
/// check 1).
const LENGTH_REQUIRED_PAGE: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\"\
\"http://www.w3.org/TR/html4/strict.dtd\">\r\n\
<HTML><HEAD><TITLE>Length Required</TITLE>\r\n\
<META HTTP-EQUIV=\"Content-Type\" Content=\"text/html; charset=us-ascii\"></HEAD>\r\n\
<BODY><h2>Length Required</h2>\r\n\
<hr><p>HTTP Error 411. The request must be chunked or have a content length.</p>\r\n\
</BODY></HTML>\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_request_is_told_nothing_and_explained_by_field_and_rule() {
        let rejection = Rejection::malformed("payerMessage", "must be text");
        assert_eq!(rejection.answer(), Answer::empty(400));
        assert_eq!(rejection.to_string(), "payerMessage must be text.");
        let rejection = Rejection::malformed("The body", "is empty");
        assert_eq!(rejection.to_string(), "The body is empty.");
    }

    #[test]
    fn a_refused_subscription_key_is_told_which_product_wants_one() {
        let answer = Rejection::SubscriptionKeyInvalid(Some(Product::Disbursement)).answer();
        let expected = "AzureApiManagementKey \
                        realm=\"https://sandbox.momodeveloper.mtn.com/disbursement\",\
                        name=\"Ocp-Apim-Subscription-Key\",type=\"header\"";
        assert_eq!(answer.headers, [("www-authenticate", expected)]);
        assert_eq!(answer.phrase(), Some("Access Denied"));
    }
}
