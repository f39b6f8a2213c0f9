//! The answer that a scenario asks for, and what happens to an answer on its way.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::model::fault::ConnectionFault;
use crate::operations::answer::{Answer, JSON, OwnHead};
use crate::operations::real_answer::RealAnswer;
use crate::scenario::rule::Fault;

/// The most bytes of a body that comes from a file: each transaction that meets it counts it.
pub const ANSWER_FILE_BYTES_MAX: usize = 64 * 1024;

/// The statuses of an answer that never has a body.
pub const BODILESS: [u16; 2] = [204, 304];

/// The type of a page that a scenario writes itself.
const HTML: &str = "text/html; charset=utf-8";

/// The type of any other text of a scenario.
const PLAIN: &str = "text/plain; charset=utf-8";

/// An answer that a scenario asks for: what it says of it; all else is as it would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioAnswer {
    pub status: Option<u16>,
    pub body: AnswerBody,
    pub head: Option<Arc<OwnHead>>,
}

/// The body of an answer that a scenario asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerBody {
    /// The one that it would have been.
    Ordinary,
    /// The first half of it.
    OrdinaryHalf,
    /// An error: the wallet platform's with a code, API management's without.
    Error {
        code: Option<Box<str>>,
        message: Option<Box<str>>,
    },
    /// This text, from the scenario or from a file beside it.
    Text(Arc<str>),
    Real(RealAnswer),
}

impl ScenarioAnswer {
    /// The answer to a request that would have had this one.
    pub fn apply(&self, ordinary: Answer) -> Answer {
        let status = self.status.unwrap_or(ordinary.status);
        let mut answer = match &self.body {
            AnswerBody::Ordinary => Answer { status, ..ordinary },
            AnswerBody::OrdinaryHalf => {
                let half = ordinary.body.floor_char_boundary(ordinary.body.len() / 2);
                let body = ordinary.body[..half].to_owned();
                Answer { status, body, ..ordinary }
            }
            AnswerBody::Error { code, message } => {
                Answer::fault(status, code.as_deref(), message.as_deref())
            }
            AnswerBody::Text(text) => {
                Answer::in_front(status, type_of(text), text.as_ref().to_owned())
            }
            AnswerBody::Real(real) => real.answer(self.status),
        };
        if BODILESS.contains(&answer.status) {
            (answer.body, answer.content_type) = (String::new(), None);
        }
        Answer { own_head: self.head.clone(), ..answer }
    }

    /// Whether it has a part of the ordinary body. The request must be carried out for it.
    pub fn needs_ordinary(&self) -> bool {
        matches!(self.body, AnswerBody::Ordinary | AnswerBody::OrdinaryHalf)
    }

    /// The bytes that it keeps beside its own size.
    pub fn bytes_beside(&self) -> usize {
        let body = match &self.body {
            AnswerBody::Error { code, message } => {
                [code, message].into_iter().flatten().map(|text| text.len()).sum()
            }
            AnswerBody::Text(text) => text.len(),
            AnswerBody::Ordinary | AnswerBody::OrdinaryHalf | AnswerBody::Real(_) => 0,
        };
        let header = size_of::<(Box<str>, Box<str>)>();
        let head = self.head.as_deref().map_or(0, |head| {
            size_of::<OwnHead>() + head.headers.len() * header + head.text_bytes()
        });
        body + head
    }
}

/// The content type of a text, by its beginning: it may be cut off, and no longer be JSON.
fn type_of(text: &str) -> Option<&'static str> {
    match text.trim_start().chars().next() {
        None if text.is_empty() => None,
        Some('{' | '[') => Some(JSON),
        Some('<') => Some(HTML),
        _ => Some(PLAIN),
    }
}

/// An answer that comes slowly, or that breaks after a number of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnTheWay {
    /// The answer; the ordinary one for `None`.
    pub answer: Option<Arc<ScenarioAnswer>>,
    /// What breaks it, if anything does.
    pub connection: Option<ConnectionFault>,
    pub pace: Pace,
}

/// How the body of an answer comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// How much of the body comes before the connection breaks.
    pub after_bytes: Option<u32>,
    pub bytes_per_second: Option<NonZeroU32>,
}

impl Fault {
    /// The answer in the place of the ordinary one.
    pub fn answer(&self) -> Option<&Arc<ScenarioAnswer>> {
        match self {
            Self::Answer(answer) => Some(answer),
            Self::OnTheWay(way) => way.answer.as_ref(),
            Self::Connection(_) => None,
        }
    }

    /// What breaks the connection.
    pub fn connection(&self) -> Option<ConnectionFault> {
        match self {
            Self::Answer(_) => None,
            Self::OnTheWay(way) => way.connection,
            Self::Connection(fault) => Some(*fault),
        }
    }

    pub fn pace(&self) -> Pace {
        match self {
            Self::OnTheWay(way) => way.pace,
            Self::Answer(_) | Self::Connection(_) => Pace::default(),
        }
    }

    /// Whether nothing of the ordinary answer is in the one that the caller gets. Then the request
    /// is not carried out, unless the rule says so.
    pub fn replaces_answer(&self) -> bool {
        self.answer().is_some_and(|answer| !answer.needs_ordinary())
    }

    /// Whether the caller gets the ordinary body, whole.
    pub fn leaves_body(&self) -> bool {
        let is_ordinary = |answer: &Arc<ScenarioAnswer>| {
            let is_bodiless = answer.status.is_some_and(|status| BODILESS.contains(&status));
            answer.body == AnswerBody::Ordinary && !is_bodiless
        };
        self.connection().is_none() && self.answer().is_none_or(is_ordinary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::answer::{Layer, MANAGEMENT_JSON};

    fn answer(status: Option<u16>, body: AnswerBody) -> ScenarioAnswer {
        ScenarioAnswer { status, body, head: None }
    }

    fn ordinary() -> Answer {
        Answer::json_text(200, r#"{"name":"é"}"#.to_owned())
    }

    #[test]
    fn what_is_left_out_is_as_it_would_have_been() {
        let same = answer(None, AnswerBody::Ordinary).apply(ordinary());
        assert_eq!(same, ordinary());
        let created = answer(Some(201), AnswerBody::Ordinary).apply(ordinary());
        assert_eq!(created, Answer { status: 201, ..ordinary() });
        let gone = answer(Some(204), AnswerBody::Ordinary).apply(ordinary());
        assert_eq!((gone.body.as_str(), gone.content_type), ("", None));
    }

    #[test]
    fn a_half_ends_before_a_character_and_keeps_the_type() {
        let body = AnswerBody::OrdinaryHalf;
        let half = answer(None, body.clone()).apply(ordinary());
        assert_eq!((half.body.as_str(), half.content_type), (r#"{"name"#, Some(JSON)));
        let within = Answer::json_text(200, "aéa".to_owned());
        assert_eq!(answer(None, body).apply(within).body, "a");
    }

    #[test]
    fn a_text_has_the_type_of_its_beginning_and_no_layer_of_the_api() {
        let typed = |text: &str| {
            let answer = answer(None, AnswerBody::Text(text.into())).apply(ordinary());
            assert_eq!((answer.status, answer.layer), (200, Layer::Front));
            answer.content_type
        };
        let expected = [("", None), ("{\"cut", Some(JSON)), ("<p>", Some(HTML))];
        assert_eq!(expected.map(|(text, _)| typed(text)), expected.map(|(_, one)| one));
        assert_eq!([" ", "ok"].map(typed), [Some(PLAIN); 2]);
    }

    #[test]
    fn an_error_without_a_code_is_api_managements() {
        let body = AnswerBody::Error { code: None, message: None };
        let answer = answer(Some(500), body).apply(ordinary());
        assert_eq!(answer, Answer::fault(500, None, None));
        assert_eq!(answer.content_type, Some(MANAGEMENT_JSON));
    }
}
