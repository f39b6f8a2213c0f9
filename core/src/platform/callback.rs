//! A callback as the platform hands it out, and the attempt to deliver it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use strum::{IntoStaticStr, VariantArray};

use crate::model::callback_url::CallbackUrl;
use crate::model::ids::{ApiUserId, ReferenceId};
use crate::model::mtn_platform::MtnPlatform;
use crate::model::submission::CallbackMethod;
use crate::model::time::Timestamp;
use crate::platform::Platform;
use crate::platform::callback_judgement::AttemptVerdict;
use crate::platform::event::Event;
use crate::platform::transaction::Transaction;
use crate::scenario::delivery::pause_after;
use crate::scenario::planned_callback::CallbackNumber;
use crate::scenario::rule::CallbackContent;

/// A callback to be sent now, in exactly one attempt. One that a scenario sends several times is
/// handed out as often.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a callback that is dropped was neither sent nor recorded as lost"]
pub struct Callback {
    pub api_user: ApiUserId,
    /// The platform of production that sends it; `None` where platforms are not told apart.
    pub platform: Option<MtnPlatform>,
    /// The generation of that space. After a reset, an attempt of an older one is dropped.
    pub generation: u64,
    pub reference_id: ReferenceId,
    pub url: CallbackUrl,
    pub method: CallbackMethod,
    /// The status body at the moment when it became due, or the text of a scenario.
    pub body: Arc<str>,
    /// What a scenario writes out of it.
    pub content: Option<Arc<CallbackContent>>,
    pub number: CallbackNumber,
    /// When it became due, in the time of its space.
    pub due_at: Timestamp,
}

/// One attempt, finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub sent_at: Timestamp,
    pub took: Duration,
    pub url: CallbackUrl,
    pub method: CallbackMethod,
    pub headers: Vec<SentHeader>,
    pub body: Arc<str>,
    pub result: AttemptResult,
    pub number: CallbackNumber,
    /// When it became due, in the time of its space: it may be sent later, and an advance of time
    /// passes over it.
    pub due_at: Timestamp,
}

/// A header of an attempt: its name and its value.
pub type SentHeader = (Cow<'static, str>, Box<str>);

impl Attempt {
    /// How long after it the next one comes, where it is tried until it is answered with success.
    pub fn next_after(&self) -> Option<Duration> {
        if self.result.is_success() { None } else { pause_after(u32::from(self.number.time)) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptResult {
    /// The listener answered, whatever the status; a redirect was not followed.
    Answered {
        status: u16,
        /// The target of a redirect, if it is readable: escaped and without credentials.
        redirect: Option<Box<str>>,
    },
    Failed {
        failure: DeliveryFailure,
        /// The error in the system's words.
        detail: String,
    },
}

impl AttemptResult {
    /// Whether the listener answered with success.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Answered { status: 200..=299, .. })
    }

    /// An answer with that status, which is not a redirect with a target.
    pub fn answered(status: u16) -> Self {
        Self::Answered { status, redirect: None }
    }

    /// Whether an answer with that status points somewhere else.
    pub fn is_redirect(status: u16) -> bool {
        matches!(status, 301..=303 | 307 | 308)
    }

    /// What there is to say about an answer beyond its status: of a redirect, that it was not
    /// followed, and where it pointed.
    pub fn answer_detail(&self) -> Option<String> {
        match self {
            Self::Answered { redirect: Some(target), .. } => {
                Some(format!("a redirect to {target}; redirects are not followed"))
            }
            Self::Answered { status, redirect: None } if Self::is_redirect(*status) => {
                let words = "a redirect without a readable Location; redirects are not followed";
                Some(words.to_owned())
            }
            Self::Answered { .. } | Self::Failed { .. } => None,
        }
    }
}

/// `answered 200`, `answered 302, a redirect to …`, or the point of failure with its words.
impl fmt::Display for AttemptResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { status, .. } => {
                write!(f, "answered {status}")?;
                self.answer_detail().map_or(Ok(()), |detail| write!(f, ", {detail}"))
            }
            Self::Failed { failure, detail } => write!(f, "{}: {detail}", failure.name()),
        }
    }
}

/// Why no answer came. Its name in the journal is derived from the variant's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryFailure {
    /// The rules of delivery forbid it: nothing was sent.
    NotAllowed,
    /// The host's name has no address.
    NameResolution,
    Connection,
    /// The connection was no TLS, or none that both sides speak.
    Handshake,
    /// The certificates do not lead to a trusted root, or one of them is not valid now.
    Chain,
    /// The certificate is another host's.
    Host,
    /// The intermediate that issued the certificate is not an approved one.
    Approval,
    /// The connection broke before the answer.
    ConnectionBroken,
    /// No answer within two seconds.
    TimedOut,
}

impl DeliveryFailure {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name in the journal.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

impl Platform {
    /// Records the attempt to deliver a callback of this generation of the space. Returns what
    /// holds of it; `None` after a reset.
    pub fn finish_callback(
        &mut self,
        generation: u64,
        reference_id: ReferenceId,
        attempt: Attempt,
    ) -> Option<AttemptVerdict> {
        let transaction =
            self.transaction(reference_id).filter(|_| generation == self.generation());
        // One that was evicted meanwhile can only have had a callback by hand on its way.
        let is_awaited = |one: &&Transaction| {
            !attempt.number.is_by_hand() || one.by_hand.as_ref().is_some_and(|it| it.is_on_its_way)
        };
        let verdict = transaction.filter(is_awaited)?.verdict_of_next(&attempt);
        let (attempt, verdicts) = (Box::new(attempt), verdict.verdicts);
        self.apply(Event::CallbackFinished { reference_id, attempt, verdicts });
        Some(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_says_that_it_is_not_followed_and_where_it_pointed() {
        let to = |status, target: Option<&str>| {
            AttemptResult::Answered { status, redirect: target.map(Into::into) }.to_string()
        };
        assert_eq!(to(200, None), "answered 200");
        assert_eq!(to(304, None), "answered 304");
        assert_eq!(
            to(302, Some("https://shop.example/login")),
            "answered 302, a redirect to https://shop.example/login; redirects are not followed"
        );
        assert_eq!(
            to(308, None),
            "answered 308, a redirect without a readable Location; redirects are not followed"
        );
    }

    /// Each callback that went out keeps one.
    #[test]
    fn the_result_of_an_attempt_is_no_larger_for_a_redirect() {
        assert!(size_of::<AttemptResult>() <= 32, "{}", size_of::<AttemptResult>());
    }
}
