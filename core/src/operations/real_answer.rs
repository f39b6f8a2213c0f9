//! Answers that merchants were seen to meet in the place of an ordinary one, by names that a
//! scenario asks for. How each is known stands in `core/data/evidence.csv`.

use strum::{IntoStaticStr, VariantArray};

use crate::operations::answer::{Answer, Header, Layer, MANAGEMENT_JSON};

/// A real answer; its name in a scenario is the text of its variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum RealAnswer {
    GatewayError,
    ForeignAddress,
    RequestRejected,
    #[strum(serialize = "application-gateway-403")]
    ApplicationGateway403,
    #[strum(serialize = "application-gateway-502")]
    ApplicationGateway502,
    #[strum(serialize = "application-gateway-504")]
    ApplicationGateway504,
    TooManyRequests,
}

/// The id of an error of API management. It is always the same, since a scenario must give the same
/// answer in every run.
const ACTIVITY_ID: &str = "4d6f4d6f-5361-4e64-a26f-780000000002";

/// The page of F5's firewall in its newer versions, which write it on one line. The support id is
/// always the same, and has as many digits as a real one.
const REQUEST_REJECTED: &str = "<html><head><title>Request Rejected</title></head><body>The \
                                requested URL was rejected. Please consult with your \
                                administrator.<br><br>Your support ID is: \
                                7800000000000000001<br><br><a \
                                href='javascript:history.back();'>[Go Back]</a></body></html>";

/// What the firewall sends beside its page.
const OF_FIREWALL: &[Header] = &[("cache-control", "no-cache"), ("pragma", "no-cache")];

/// The application gateway names itself in each answer of its own.
const OF_APPLICATION_GATEWAY: &[Header] = &[("server", "Microsoft-Azure-Application-Gateway/v2")];

/// The seconds after which the answer to too many requests allows another.
const RETRY_AFTER: &[Header] = &[("retry-after", "30")];

/// A page of the application gateway, to the byte: its lines end in CRLF.
macro_rules! application_gateway_page {
    ($title:literal) => {
        concat!(
            "<html>\r\n<head><title>",
            $title,
            "</title></head>\r\n<body>\r\n<center><h1>",
            $title,
            "</h1></center>\r\n<hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r\n",
            "</body>\r\n</html>\r\n"
        )
    };
}

impl RealAnswer {
    /// The name in a scenario and among behaviours.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// What it is, in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::GatewayError => {
                "API management's 500 for an error of its own, with an `activityId`."
            }
            Self::ForeignAddress => "The 403 for a caller whose address is not on MTN's list.",
            Self::RequestRejected => {
                "The firewall's page \"Request Rejected\", with 200; also seen with 403."
            }
            Self::ApplicationGateway403 => "The application gateway's page for 403.",
            Self::ApplicationGateway502 => "The application gateway's page for 502.",
            Self::ApplicationGateway504 => "The application gateway's page for 504.",
            Self::TooManyRequests => "API management's 429 with `Retry-After`.",
        }
    }

    /// The status that it has, where a scenario asks for no other.
    pub fn status(self) -> u16 {
        match self {
            Self::GatewayError => 500,
            Self::ForeignAddress | Self::ApplicationGateway403 => 403,
            Self::RequestRejected => 200,
            Self::ApplicationGateway502 => 502,
            Self::ApplicationGateway504 => 504,
            Self::TooManyRequests => 429,
        }
    }

    /// The answer with this status; with its own for `None`. A body that repeats the status follows
    /// it.
    pub fn answer(self, status: Option<u16>) -> Answer {
        let status = status.unwrap_or(self.status());
        match self {
            Self::GatewayError => Answer {
                layer: Layer::Management,
                content_type: Some(MANAGEMENT_JSON),
                body: format!(
                    "{{ \"statusCode\": {status}, \"message\": \"Internal server error\", \
                     \"activityId\": \"{ACTIVITY_ID}\" }}"
                ),
                ..Answer::empty(status)
            },
            Self::ForeignAddress => Answer::platform(
                status,
                "Authorization failed. IP not authorized to utilize Disbursement API.",
                "FORBIDDEN IP",
            ),
            Self::RequestRejected => Answer {
                headers: OF_FIREWALL,
                ..page(status, "text/html; charset=utf-8", REQUEST_REJECTED)
            },
            Self::ApplicationGateway403 => {
                of_application_gateway(status, application_gateway_page!("403 Forbidden"))
            }
            Self::ApplicationGateway502 => {
                of_application_gateway(status, application_gateway_page!("502 Bad Gateway"))
            }
            Self::ApplicationGateway504 => {
                of_application_gateway(status, application_gateway_page!("504 Gateway Time-out"))
            }
            Self::TooManyRequests => {
                Answer::management(status, "Rate limit is exceeded. Try again in 30 seconds.")
                    .with(RETRY_AFTER)
            }
        }
    }
}

/// A page of what stands in front of the API.
fn page(status: u16, content_type: &'static str, body: &str) -> Answer {
    Answer::in_front(status, Some(content_type), body.to_owned())
}

fn of_application_gateway(status: u16, body: &str) -> Answer {
    Answer { headers: OF_APPLICATION_GATEWAY, ..page(status, "text/html", body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lengths_that_were_recorded_are_those_of_the_bodies() {
        let length = |one: RealAnswer| one.answer(None).body.len();
        assert_eq!(length(RealAnswer::GatewayError), 111);
        assert_eq!(length(RealAnswer::ApplicationGateway403), 179);
    }

    #[test]
    fn each_has_its_status_and_its_phrase() {
        for one in RealAnswer::VARIANTS {
            assert_eq!(one.answer(None).status, one.status());
            assert_eq!(one.answer(Some(418)).status, 418);
            assert!(one.words().ends_with('.'));
        }
        let phrase = |one: RealAnswer| one.answer(None).phrase();
        assert_eq!(phrase(RealAnswer::ApplicationGateway504), Some("Gateway Time-out"));
        assert_eq!(phrase(RealAnswer::GatewayError), None, "recorded 2024");
    }

    #[test]
    fn a_status_in_the_body_follows_the_one_that_is_asked_for() {
        let body = RealAnswer::TooManyRequests.answer(Some(503)).body;
        assert!(body.starts_with(r#"{ "statusCode": 503, "#), "{body}");
        let page = RealAnswer::RequestRejected;
        assert_eq!(page.answer(Some(403)).body, page.answer(None).body);
    }
}
