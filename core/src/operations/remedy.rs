//! What to do where a request was refused: one sentence for each refusal. The explanation of a
//! single request ([`Rejection`](crate::operations::rejection::Rejection)) says more.

use crate::operations::rejection::RejectionKind;

impl RejectionKind {
    /// What the merchant's program should do otherwise; `None` where only the explanation of the
    /// request says it.
    pub const fn remedy(self) -> Option<&'static str> {
        Some(match self {
            Self::PlatformGone => "Call the host of a platform that is played.",
            Self::UserAgentBlocked => "Send a User-Agent of your own.",
            Self::LengthRequired => "Send Content-Length: 0 with a POST that has no body.",
            Self::BodyTooLarge => "Send a shorter body, or raise --body-bytes-max.",
            Self::BodyTooSlow => "Send the body at once, or raise --body-time-max.",
            Self::BodyCutOff => "Send as many bytes as Content-Length says.",
            Self::NoSuchPath => "Compare method and path with those of docs/operations.md.",
            Self::SubscriptionKeyMissing => {
                "Send the header Ocp-Apim-Subscription-Key; any text is good, unless the emulator \
                 was started with keys."
            }
            Self::SubscriptionKeyInvalid => {
                "Send the key of this product; each product has its own."
            }
            Self::TokenEnvironment | Self::TargetEnvironmentForbidden => {
                "Send X-Target-Environment with the environment that the emulator plays, and use \
                 an API user of this product."
            }
            Self::LoginFailed => {
                "Send Authorization: Basic with the id and the API key of an API user of this run, \
                 joined by a colon and in base64."
            }
            Self::InvalidClient => {
                "Send Authorization: Basic with the User ID and the token of the System \
                 Credentials, joined by a colon and in base64."
            }
            Self::EncodedCredentials => "Encode User ID and token by base64 alone, not by URL.",
            Self::InvalidToken => {
                "Get a token from this emulator and send it as Authorization: Bearer; get a new \
                 one once it ends, and after a restart."
            }
            Self::LegacyClosed => "Send new payments to the new platform since the cutover.",
            Self::Malformed => "Mend the field or header that the explanation names.",
            Self::ServerError => {
                "Mend what the explanation names; the real gateway answers it with an empty 500."
            }
            Self::CallbackHost => {
                "Send callbacks to the host that the API user was provisioned with."
            }
            Self::Currency => "Send the currency of the target environment.",
            Self::Duplicate => {
                "Ask for the status of this reference; send a new one for something new."
            }
            Self::NotFound => "Ask with the API user and the product that sent the POST.",
            Self::OtherPlatform => "Ask the platform that has taken the transaction.",
            Self::NotSuccessful => "Send delivery notifications once it is SUCCESSFUL.",
            Self::NotifiedBefore => "Send one delivery notification for each request to pay.",
            Self::NotifiedTooLate => "Send delivery notifications within 24 hours.",
            Self::RateLimited => "Wait as long as the answer says, then ask with growing pauses.",
            Self::ServiceUnavailable => "Try again later, under the same reference id.",
            Self::LimitReached => "Raise the limit that the explanation names, or reset.",
            Self::NotCancellable
            | Self::Consent
            | Self::NotAllowed
            | Self::InternalProcessingError => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn a_remedy_is_one_sentence() {
        for kind in RejectionKind::VARIANTS {
            let Some(remedy) = kind.remedy() else { continue };
            assert!(remedy.ends_with('.') && remedy.len() <= 140, "{}: {remedy}", kind.name());
        }
    }
}
