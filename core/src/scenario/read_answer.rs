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
                let lower = |name: &str| name.to_ascii_lowercase().into();
                headers.into_iter().map(|(name, value)| (lower(name), value.into())).collect()
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::operations::answer::Answer;
    use crate::operations::real_answer::RealAnswer;
    use crate::scenario::read_scenario::{read_scenario, read_scenario_with};

    /// The fault of a submission that says this.
    fn fault(submit: &str) -> Fault {
        let text = format!("[[rules]]\nsubmit = {{ {submit} }}\n");
        let scenario = read_scenario("a.toml", &text).unwrap_or_else(|problems| {
            panic!("{:?}", problems.located().collect::<Vec<_>>());
        });
        assert!(scenario.warnings.is_none(), "{submit}");
        let submit = scenario.rules[0].submit.clone().expect("a submission");
        submit.fault.expect("a fault")
    }

    fn mistakes(submit: &str) -> Vec<String> {
        let text = format!("[[rules]]\nsubmit = {{ {submit} }}\n");
        let Err(problems) = read_scenario("a.toml", &text) else { return Vec::new() };
        problems.located().map(|(_, problem)| problem.message.clone()).collect()
    }

    #[test]
    fn an_answer_is_read_in_all_its_parts() {
        let fault = fault(
            r#"answer = { status = 201, body = "<p>", content_type = "text/x", phrase = "Fine",
                          headers = { Retry-After = "7", x = "" } }"#,
        );
        let Fault::Answer(answer) = &fault else { panic!("{fault:?}") };
        let applied = answer.apply(Answer::empty(202));
        assert_eq!((applied.status, applied.body.as_str()), (201, "<p>"));
        let head = applied.own_head.expect("a head of its own");
        assert_eq!(head.content_type.as_deref(), Some("text/x"));
        assert_eq!(head.phrase.as_deref(), Some("Fine"));
        let headers: Vec<_> =
            head.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(headers, [("retry-after", "7"), ("x", "")]);
        assert!(fault.replaces_answer() && !fault.leaves_body());
    }

    #[test]
    fn what_is_left_of_the_ordinary_answer_says_whether_a_post_creates() {
        let created = |submit: &str| {
            let text = format!("[[rules]]\nsubmit = {{ {submit} }}\n");
            let scenario = read_scenario("a.toml", &text).expect("a good scenario");
            scenario.rules[0].submit.as_ref().expect("a submission").created
        };
        for kept in [
            r#"answer = { status = 200 }"#,
            r#"answer = { phrase = "Fine" }"#,
            r#"answer = { body = { ordinary = "half" } }"#,
            r#"connection = "reset""#,
            r#"connection = "reset", after_bytes = 0"#,
            r#"answer = { status = 500 }, created = true"#,
        ] {
            assert!(created(kept), "{kept}");
        }
        for refused in [
            r#"answer = { status = 500 }"#,
            r#"answer = { body = "" }"#,
            r#"answer = { body = { real = "gateway-error" } }, bytes_per_second = 5"#,
            r#"answer = { status = 200 }, created = false"#,
        ] {
            assert!(!created(refused), "{refused}");
        }
    }

    #[test]
    fn a_body_has_one_source() {
        let real = fault(r#"answer = { body = { real = "request-rejected" } }"#);
        let answer = real.answer().expect("an answer");
        assert_eq!(answer.body, AnswerBody::Real(RealAnswer::RequestRejected));
        assert_eq!(
            mistakes(r#"answer = { body = { real = "request-rejectd" } }"#),
            ["`real` cannot be `request-rejectd`"]
        );
        for table in ["{}", r#"{ real = "gateway-error", ordinary = "half" }"#] {
            let told = mistakes(&format!("answer = {{ body = {table} }}"));
            assert_eq!(told, ["a table `body` has one field"]);
        }
        assert_eq!(mistakes("answer = { body = 5 }"), ["`body` cannot be a number"]);
    }

    #[test]
    fn a_file_is_taken_from_what_was_read() {
        let text = "[[rules]]\nsubmit = { answer = { body = { file = \"page\" } } }\n";
        let with = |read: Result<Arc<str>, String>| {
            let files = BodyFiles::Read([("page".to_owned(), read)].into());
            read_scenario_with("a.toml", text, files)
        };
        let scenario = with(Ok("<p>".into())).expect("a good scenario");
        let fault = scenario.rules[0].submit.as_ref().and_then(|submit| submit.fault.clone());
        let answer = fault.as_ref().and_then(Fault::answer).expect("an answer");
        assert_eq!(answer.body, AnswerBody::Text("<p>".into()));
        let told = |problems: Box<crate::scenario::problem::Problems>| {
            problems.located().map(|(_, problem)| problem.message.clone()).collect::<Vec<_>>()
        };
        let unreadable = with(Err("it is a folder".to_owned())).expect_err("a mistake");
        assert_eq!(told(unreadable), ["cannot read `page` beside the scenario: it is a folder"]);
        let nowhere = read_scenario("a.toml", text).expect_err("a mistake");
        assert_eq!(told(nowhere), ["`page` cannot be read: this scenario has no folder"]);
        assert_eq!(
            mistakes(r#"answer = { body = { file = "../page" } }"#),
            ["`../page` is no file beside the scenario: `..` leads out of the folder"]
        );
    }

    #[test]
    fn contradictions_of_an_answer_are_mistakes() {
        let is = |answer: &str, expected: &[&str]| {
            assert_eq!(mistakes(&format!("answer = {{ {answer} }}")), expected, "{answer}");
        };
        is("", &["this `answer` says nothing"]);
        is(r#"code = "X""#, &["an answer with a `code` needs a `status`"]);
        is(
            r#"body = "x", code = "X", message = "x""#,
            &["with a `body` there is no `code`", "with a `body` there is no `message`"],
        );
        is(r#"status = 204, body = "x""#, &["an answer with the status 204 has no body"]);
        is(r#"status = 304, code = "X""#, &["an answer with the status 304 has no body"]);
        is(r#"status = 204, body = "", phrase = "Gone""#, &[]);
        is(r#"status = 101"#, &["`status` cannot be 101"]);
        is(r#"status = 600"#, &["`status` cannot be 600"]);
        is(r#"phrase = "a\nb""#, &["`phrase` is not printable ASCII"]);
        is(r#"headers = { "a b" = "" }"#, &["`a b` is no name of a header"]);
        is(r#"headers = { Content-Length = "5" }"#, &["`headers` cannot have `Content-Length`"]);
        is(r#"headers = { content-type = "x" }"#, &["`headers` cannot have `content-type`"]);
        is(r#"headers = { A = "1", a = "2" }"#, &["the header `a` is there twice"]);
        is(r#"headers = { A = "é" }"#, &["`A` is not printable ASCII"]);
        let many: String = (0..101).map(|number| format!("h{number} = \"\", ")).collect();
        is(&format!("headers = {{ {many} }}"), &["`headers` has 101 headers"]);
    }

    #[test]
    fn what_breaks_on_the_way_is_read_and_contradictions_are_mistakes() {
        let fault = fault(
            r#"answer = { status = 500 }, connection = "reset", after_bytes = 3,
               bytes_per_second = 20"#,
        );
        let pace = Pace { after_bytes: Some(3), bytes_per_second: NonZeroU32::new(20) };
        assert_eq!((fault.connection(), fault.pace()), (Some(ConnectionFault::Reset), pace));
        assert!(fault.replaces_answer() && !fault.leaves_body());
        let slow = "the answer of a submission has no body, so that nothing comes slowly";
        let text = "[[rules]]\nsubmit = { bytes_per_second = 5 }\n";
        let scenario = read_scenario("a.toml", text).expect("a good scenario");
        let warnings = scenario.warnings.expect("a warning");
        assert_eq!(warnings.located().next().expect("one").1.message, slow);
        assert_eq!(
            mistakes("after_bytes = 3"),
            ["`after_bytes` says when the connection breaks, and it does not"]
        );
        assert_eq!(
            mistakes(r#"connection = "hang", bytes_per_second = 5"#),
            ["nothing comes slowly, since the connection breaks before the answer"]
        );
        assert_eq!(
            mistakes(r#"answer = { status = 204 }, connection = "hang", after_bytes = 5"#),
            ["an answer with the status 204 has no body"]
        );
        assert_eq!(
            mistakes(r#"answer = { status = 500 }, connection = "hang""#),
            ["there is an `answer`, or the `connection` breaks, not both"]
        );
    }
}
