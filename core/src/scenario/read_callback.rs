//! The reading of the callbacks of a rule, and of what in them contradicts itself.

use std::sync::Arc;

use crate::scenario::callback_field::ReadBody;
use crate::scenario::description::{callback, rule};
use crate::scenario::plan::REPEATED_MAX;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::rule::{CallbackContent, CallbackDelay, CallbackFate, CallbackRule};

impl Reader {
    /// The callbacks of a rule, in their order.
    pub(super) fn callbacks(&mut self, fields: &Fields<'_>) -> Vec<CallbackRule> {
        let entries = self.get(fields, &rule::CALLBACK).unwrap_or_default();
        let callbacks: Vec<_> = entries.iter().map(|fields| self.callback(fields)).collect();
        let sent = callbacks.iter().filter(|callback| callback.fate == CallbackFate::Sent);
        let times: u64 = sent.map(|callback| u64::from(callback.times)).sum();
        if times > u64::from(REPEATED_MAX) {
            let message = format!("the list `callback` is about {times} callbacks");
            let help = format!("have their `times` sum up to at most {REPEATED_MAX}");
            self.note(fields.place_in(&rule::CALLBACK), &message, &help);
        }
        callbacks
    }

    fn callback(&mut self, fields: &Fields<'_>) -> CallbackRule {
        let usual = CallbackRule::default();
        let fate = self.get(fields, &callback::FATE);
        if fate == Some(CallbackFate::Lost) {
            let others =
                callback::TABLE.fields.iter().filter(|field| field.name() != callback::FATE.name);
            for other in others.filter(|other| fields.has(**other)) {
                let name = other.name();
                let message = format!("a lost callback has no `{name}`");
                let help = format!("leave `{name}` out, or set `fate = \"sent\"`");
                self.note(fields.place_of(*other), &message, &help);
            }
        }
        if fields.has(&callback::EVERY) && !fields.has(&callback::TIMES) {
            self.note(
                fields.place_of(&callback::EVERY),
                "`every` is about a callback that is sent more than once",
                "add for instance `times = 2`",
            );
        }
        let body = self.get(fields, &callback::BODY);
        let is_written = matches!(body, Some(ReadBody::Text(_) | ReadBody::File(_)));
        if is_written && fields.has(&callback::STATUS) {
            self.note(
                fields.place_of(&callback::STATUS),
                "a callback whose `body` is a text has no `status` beside it",
                "write the status into the text, or leave one of the two out",
            );
        }
        let status = self.get(fields, &callback::STATUS);
        CallbackRule {
            fate: fate.unwrap_or(usual.fate),
            delay: self.get(fields, &callback::DELAY).unwrap_or(CallbackDelay::Fixed(0)),
            method: self.get(fields, &callback::METHOD),
            times: self.get(fields, &callback::TIMES).unwrap_or(usual.times),
            every: self.get(fields, &callback::EVERY).unwrap_or(usual.every),
            body: match body {
                Some(ReadBody::Named(named)) => named,
                Some(ReadBody::Text(_) | ReadBody::File(_)) | None => usual.body,
            },
            status: self.status(fields, status, &callback::STATUS, &callback::REASON),
            content: self.content(fields, body),
        }
    }

    /// What the rule writes out of the callback, if it writes out anything.
    fn content(
        &mut self,
        fields: &Fields<'_>,
        body: Option<ReadBody<'_>>,
    ) -> Option<Arc<CallbackContent>> {
        let content_type = self.get(fields, &callback::CONTENT_TYPE);
        let content_type = content_type.map(|content_type| ("Content-Type", content_type));
        let headers = self.get(fields, &callback::HEADERS).unwrap_or_default();
        let headers = content_type.into_iter().chain(headers);
        let content = CallbackContent {
            body: match body {
                Some(ReadBody::Text(text)) => Some(text.into()),
                Some(ReadBody::File(name)) => {
                    self.text_of_file(name, fields.place_in(&callback::BODY))
                }
                Some(ReadBody::Named(_)) | None => None,
            },
            headers: headers.map(|(name, value)| (name.into(), value.into())).collect(),
        };
        (content != CallbackContent::default()).then(|| Arc::new(content))
    }
}
