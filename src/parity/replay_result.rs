//! The result of a replay.

use std::fmt;

use crate::parity::difference::Difference;
use momo_sandbox_core::model::product::Product;

/// The result of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayResult {
    Same,
    Differs(Vec<Difference>),
    NotReplayable(Obstacle),
    NoAnswer(String),
}

impl ReplayResult {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Differs(_) | Self::NoAnswer(_) => "different",
            Self::NotReplayable(_) => "not replayable",
        }
    }

    /// The sentences that explain it.
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Self::Same => Vec::new(),
            Self::Differs(differences) => differences.iter().map(Difference::to_string).collect(),
            Self::NotReplayable(obstacle) => vec![obstacle.to_string()],
            Self::NoAnswer(why) => vec![why.clone()],
        }
    }
}

/// Why an exchange cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It was recorded in another environment than the gateway's.
    OtherEnvironment {
        /// The environment or market of the recording.
        recorded: String,
    },
    /// The gateway takes any subscription key.
    AnyKey,
    /// No subscription key of that product was given.
    NoKey(Product),
    /// There is no callback listener that the gateway can reach.
    NoListener,
    /// The callback host that the API user registered is not known.
    NoCallbackHost,
    /// It would replace the API key of the given API user.
    EndsApiKey,
    /// The given API user is registered for another host.
    OtherHost(String),
    /// The request to send first is unknown, so no callback would come.
    NothingToSend(String),
    /// A circumstance that only the gateway's operator can set up.
    Circumstance(String),
    /// There is no control plane to move the clock with.
    NoClock,
    /// A request that prepares the exchange was answered otherwise.
    Preparation {
        request: String,
        status: u16,
        body: String,
    },
    Placeholder(String),
}

impl Obstacle {
    /// Whether the exchange belongs to another set-up, rather than to none.
    pub fn is_of_the_set_up(&self) -> bool {
        matches!(self, Self::OtherEnvironment { .. } | Self::AnyKey)
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherEnvironment { recorded } => {
                write!(f, "it was recorded in {recorded}, which is not the environment asked for")
            }
            Self::AnyKey => {
                f.write_str("the gateway takes any subscription key, so that none can be wrong")
            }
            Self::NoKey(product) => {
                write!(f, "no subscription key of {product} was given")
            }
            Self::NoListener => {
                f.write_str("it needs a callback listener that the gateway can reach")
            }
            Self::NoCallbackHost => f.write_str(
                "it needs the callback host that the API user is registered with: give \
                 --callback-host",
            ),
            Self::EndsApiKey => f.write_str(
                "a new API key would end the one that was given; leave --api-user out to replay it",
            ),
            Self::OtherHost(host) => {
                write!(f, "it needs an API user that is registered with the host {host}")
            }
            Self::NothingToSend(why) => write!(f, "nothing can be sent to bring it about: {why}"),
            Self::Circumstance(what) => {
                write!(f, "it needs this circumstance, which no request brings about: {what}")
            }
            Self::NoClock => {
                f.write_str("it needs an expired token, and only an emulator's clock can be moved")
            }
            Self::Preparation { request, status, body } => {
                write!(f, "{request} has to come first, and was answered {status}: {body}")
            }
            Self::Placeholder(name) => write!(f, "nothing stands for {{{name}}}"),
        }
    }
}
