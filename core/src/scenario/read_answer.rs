//! The reading of what a request meets in the place of its ordinary answer: another answer, a
//! connection that breaks, or an answer that comes slowly. Each part of a rule that has these
//! fields reads them here.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::model::fault::ConnectionFault;
use crate::operations::answer::OwnHead;
use crate::scenario::answer_fields::BodySource;
use crate::scenario::body_files::{BodyFiles, wrong_with_name};
use crate::scenario::description::{answer, fault};
use crate::scenario::field::AnyField;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::rule::Fault;
use crate::scenario::scenario_answer::{AnswerBody, BODILESS, OnTheWay, Pace, ScenarioAnswer};
use crate::scenario::value::Location;

impl Reader {
    /// Reads the fields of a table that say what goes wrong.
    pub(super) fn fault(&mut self, fields: &Fields<'_>) -> Option<Fault> {
        let answer = self.get(fields, &fault::ANSWER).and_then(|fields| self.answer(&fields));
        let connection = self.get(fields, &fault::CONNECTION);
        let after_bytes = self.get(fields, &fault::AFTER_BYTES);
        let bytes_per_second = self.get(fields, &fault::BYTES_PER_SECOND);
        self.note_contradictions(fields, connection);
        let status = answer.as_ref().and_then(|answer| answer.status);
        if let Some(status) = status.filter(|status| BODILESS.contains(status))
            && (fields.has(&fault::AFTER_BYTES) || fields.has(&fault::BYTES_PER_SECOND))
        {
            let message = format!("an answer with the status {status} has no body");
            let help = "leave `after_bytes` and `bytes_per_second` out, or give another status";
            self.note(fields.place_of(&fault::ANSWER), &message, help);
        }
        let bytes_per_second = bytes_per_second.and_then(NonZeroU32::new);
        let pace = Pace { after_bytes, bytes_per_second };
        let answer = answer.map(Arc::new);
        match (answer, connection) {
            (None, None) if pace == Pace::default() => None,
            (Some(answer), None) if pace == Pace::default() => Some(Fault::Answer(answer)),
            (None, Some(fault)) if pace == Pace::default() => Some(Fault::Connection(fault)),
            (answer, connection) => {
                Some(Fault::OnTheWay(Arc::new(OnTheWay { answer, connection, pace })))
            }
        }
    }

    fn note_contradictions(&mut self, fields: &Fields<'_>, connection: Option<ConnectionFault>) {
        let has_after = fields.has(&fault::AFTER_BYTES);
        if has_after && !fields.has(&fault::CONNECTION) {
            self.note(
                fields.place_of(&fault::AFTER_BYTES),
                "`after_bytes` says when the connection breaks, and it does not",
                "add for instance `connection = \"cut-off\"`",
            );
        }
        if fields.has(&fault::ANSWER) && fields.has(&fault::CONNECTION) && !has_after {
            self.note(
                fields.place_of(&fault::CONNECTION),
                "there is an `answer`, or the `connection` breaks, not both",
                "leave one of the two out, or say in `after_bytes` how much of the answer comes \
                 first",
            );
        }
        let is_unanswered = matches!(connection, Some(fault) if fault != ConnectionFault::CutOff);
        if is_unanswered && !has_after && fields.has(&fault::BYTES_PER_SECOND) {
            self.note(
                fields.place_of(&fault::BYTES_PER_SECOND),
                "nothing comes slowly, since the connection breaks before the answer",
                "say in `after_bytes` how much of the answer comes first",
            );
        }
    }

    fn answer(&mut self, fields: &Fields<'_>) -> Option<ScenarioAnswer> {
        if fields.entries.is_empty() {
            let help = "give it a `status`, a `body`, a `content_type`, `headers` or a `phrase`";
            self.note(fields.place, "this `answer` says nothing", help);
        }
        let status = self.get(fields, &answer::STATUS);
        let status = status.and_then(|status| u16::try_from(status).ok());
        let code = self.get(fields, &answer::CODE).map(Into::into);
        let message = self.get(fields, &answer::MESSAGE).map(Into::into);
        let source = self.get(fields, &answer::BODY);
        self.note_contradictions_of_answer(fields, status, source);
        let has_error = fields.has(&answer::CODE) || fields.has(&answer::MESSAGE);
        let body = match source {
            Some(BodySource::Text(text)) => AnswerBody::Text(text.into()),
            Some(BodySource::File(name)) => {
                let text = self.text_of_file(name, fields.place_in(&answer::BODY));
                AnswerBody::Text(text.unwrap_or_default())
            }
            Some(BodySource::Real(real)) => AnswerBody::Real(real),
            Some(BodySource::OrdinaryHalf) => AnswerBody::OrdinaryHalf,
            None if has_error || status.is_some_and(|status| status >= 400) => {
                AnswerBody::Error { code, message }
            }
            None => AnswerBody::Ordinary,
        };
        let head = OwnHead {
            content_type: self.get(fields, &answer::CONTENT_TYPE).map(Into::into),
            headers: {
                let headers = self.get(fields, &answer::HEADERS).unwrap_or_default();
                headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
            },
            phrase: self.get(fields, &answer::PHRASE).map(Into::into),
        };
        let has_head = !head.is_empty();
        Some(ScenarioAnswer { status, body, head: has_head.then(|| Arc::new(head)) })
    }

    fn note_contradictions_of_answer(
        &mut self,
        fields: &Fields<'_>,
        status: Option<u16>,
        source: Option<BodySource<'_>>,
    ) {
        let of_error: [&dyn AnyField; 2] = [&answer::CODE, &answer::MESSAGE];
        let has_body = fields.has(&answer::BODY);
        for field in of_error.into_iter().filter(|field| fields.has(*field)) {
            if has_body {
                let message = format!("with a `body` there is no `{}`", field.name());
                self.note(fields.place_of(field), &message, "write it in the body");
            } else if !fields.has(&answer::STATUS) {
                let message = format!("an answer with a `{}` needs a `status`", field.name());
                self.note(fields.place_of(field), &message, "add for instance `status = 500`");
            }
        }
        if !status.is_some_and(|status| BODILESS.contains(&status)) {
            return;
        }
        let is_empty = matches!(source, None | Some(BodySource::Text("")));
        let with_body: [&dyn AnyField; 4] =
            [&answer::BODY, &answer::CODE, &answer::MESSAGE, &answer::CONTENT_TYPE];
        let found = with_body.into_iter().find(|field| fields.has(*field));
        if let Some(field) = found.filter(|field| field.name() != "body" || !is_empty) {
            let message = format!("an answer with the status {} has no body", status.unwrap_or(0));
            let help = format!("leave `{}` out, or give another status", field.name());
            self.note(fields.place_of(field), &message, &help);
        }
    }

    /// The text of a file beside the scenario.
    pub(super) fn text_of_file(&mut self, name: &str, place: &Location) -> Option<Arc<str>> {
        if let Some(wrong) = wrong_with_name(name) {
            let message = format!("`{name}` is no file beside the scenario: {wrong}");
            self.note(place, &message, "name a file in the scenario's folder or below");
            return None;
        }
        let read = match &self.files {
            BodyFiles::NoFolder => Err((
                format!("`{name}` cannot be read: this scenario has no folder"),
                "write the text itself, such as body = \"…\", or have the emulator read the \
                 scenario from a file: --scenario FILE",
            )),
            BodyFiles::Read(files) => match files.get(name) {
                Some(Ok(text)) => Ok(Arc::clone(text)),
                Some(Err(why)) => Err((
                    format!("cannot read `{name}` beside the scenario: {why}"),
                    "name a file of text in UTF-8 in the scenario's folder or below",
                )),
                None => Err((
                    format!("`{name}` was not read with the scenario"),
                    "name it in the field `file` of a `body`",
                )),
            },
        };
        read.map_err(|(message, help)| self.note(place, &message, help)).ok()
    }
}
