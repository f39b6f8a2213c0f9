//! The reading of one rule of a scenario file.

use std::sync::Arc;

use crate::model::fault::ConnectionFault;
use crate::model::limits::REPEATED_MAX;
use crate::model::product::Product;
use crate::model::reason::{Reason, UnseenCode};
use crate::model::reference::ApiUserId;
use crate::model::spelling::nearest;
use crate::model::status::{RuleStatus, StatusKind};
use crate::model::transaction::CallbackMethod;
use crate::operations::answer::Answer;
use crate::operations::body::text_fields;
use crate::scenario::description;
use crate::scenario::glob::Glob;
use crate::scenario::reader::{Fields, Reader, Value};
use crate::scenario::rule::{
    AmountBounds, CallbackBody, CallbackFate, CallbackRule, Fault, Origin, QueryRule, Rule,
    Subject, SubmitRule, Then, When, party_glob,
};

/// How many pairs of rules are looked at for one that hides another: all of a file with a thousand
/// rules, and of a larger one as many as take no time.
pub(super) const PAIRS_MAX: usize = 500_000;

const STATUSES: &[(&str, StatusKind)] = &[
    ("SUCCESSFUL", StatusKind::Successful),
    ("FAILED", StatusKind::Failed),
    ("PENDING", StatusKind::Pending),
    ("CREATED", StatusKind::Created),
];

/// Where CREATED makes no sense.
const ENDINGS: &[(&str, StatusKind)] = STATUSES.split_at(3).0;

impl Reader<'_> {
    pub(super) fn rule(&mut self, origin: Origin, value: &Value<'_>) -> Option<Rule> {
        let fields = self.table(&description::RULE, value)?;
        let parts = ["submit", "then", "query", "callback", "answers"];
        let when = fields.get("when").map(|value| self.when(value)).unwrap_or_default();
        let is_about_balance = when.operation == Some(Subject::Balance);
        if parts.iter().all(|part| fields.get(part).is_none()) && !is_about_balance {
            self.note(
                value.span(),
                "this rule does nothing",
                "give it a `submit`, `then`, `query` or `callback`",
            );
        }
        let mut query = Vec::new();
        if let Some(value) = fields.get("query") {
            for item in self.tables("query", value) {
                query.extend(self.query(item));
            }
            let steps = query.iter().map(|step: &QueryRule| u64::from(step.times));
            let times: u64 = steps.sum();
            if times > u64::from(REPEATED_MAX) {
                let message = format!("the steps of `query` are about {times} queries");
                let help = format!("have their `times` sum up to at most {REPEATED_MAX}");
                self.note(value.span(), &message, &help);
            }
        }
        Some(Rule {
            origin,
            name: self.read(&fields, "name", Self::text).map(Into::into),
            submit: fields.get("submit").and_then(|value| self.submit(value)),
            then: fields.get("then").map(|value| self.then(value)).unwrap_or_default(),
            query,
            callback: fields.get("callback").and_then(|value| self.callback(value)),
            answers: self.balance_answers(&fields, &when, value),
            when,
        })
    }

    fn when(&mut self, value: &Value<'_>) -> When {
        let Some(fields) = self.table(&description::WHEN, value) else { return When::default() };
        let products = Product::ALL.map(|product| (product.name(), product));
        let operations = Subject::named();
        When {
            product: self.read(&fields, "product", |reader, name, value| {
                reader.one_of(name, value, &products)
            }),
            operation: self.read(&fields, "operation", |reader, name, value| {
                reader.one_of(name, value, &operations)
            }),
            party: self.read(&fields, "party", Self::text).map(|pattern| party_glob(&pattern)),
            party_id_type: self.read(&fields, "party_id_type", Self::party_id_type),
            amount: fields.get("amount").map(|value| self.bounds(value)).unwrap_or_default(),
            currency: self.read(&fields, "currency", Self::text),
            external_id: self
                .read(&fields, "external_id", Self::text)
                .map(|pattern| Glob::new(&pattern)),
            body: fields.get("body").map(|value| self.body(value)).unwrap_or_default(),
            api_user: self.read(&fields, "api_user", Self::uuid).map(ApiUserId),
            chance: self.read(&fields, "chance", Self::chance),
            first: self.read(&fields, "first", Self::count),
            until: self.read(&fields, "until", Self::duration),
        }
    }

    /// Conditions on the other texts of a body, by the names of their fields on the wire.
    fn body(&mut self, value: &Value<'_>) -> Vec<(&'static str, Glob)> {
        let toml::de::DeValue::Table(table) = value.get_ref() else {
            let expected = "a table, such as { customerReference = \"25677*\" }";
            self.wrong_type("`body`", expected, value.get_ref(), value.span());
            return Vec::new();
        };
        let known = text_fields();
        let fields = self.known(table, "`body`", &known);
        let mut conditions = Vec::new();
        for name in known {
            let pattern = self.read(&fields, name, Self::text);
            conditions.extend(pattern.map(|pattern| (name, Glob::new(&pattern))));
        }
        conditions
    }

    fn bounds(&mut self, value: &Value<'_>) -> AmountBounds {
        let Some(fields) = self.table(&description::AMOUNT, value) else {
            return AmountBounds::default();
        };
        let mut bound = |name| self.read(&fields, name, Self::amount);
        let bounds = AmountBounds {
            equals: bound("equals"),
            at_least: bound("at_least"),
            at_most: bound("at_most"),
        };
        if let (Some(low), Some(high)) = (bounds.at_least, bounds.at_most)
            && low > high
        {
            self.note(
                value.span(),
                &format!("no amount is at least {low} and at most {high}"),
                "swap the two bounds",
            );
        }
        bounds
    }

    fn submit(&mut self, value: &Value<'_>) -> Option<SubmitRule> {
        let fields = self.table(&description::SUBMIT, value)?;
        let created = self.read(&fields, "created", Self::boolean);
        let fault = self.fault(&fields);
        if created.is_some() && fault.is_none() {
            self.note(
                fields.place("created"),
                "`created` is about a fault, and there is none",
                "add an `answer` or a `connection`, or leave `created` out",
            );
        }
        let is_answered = matches!(fault, None | Some(Fault::Answer(_)));
        Some(SubmitRule {
            delay: self.read(&fields, "delay", Self::timing),
            created: created.unwrap_or(fault.is_none() || !is_answered),
            fault,
        })
    }

    /// The `answer` or `connection` of a table.
    pub(super) fn fault(&mut self, fields: &Fields<'_, '_>) -> Option<Fault> {
        let names: Vec<_> = ConnectionFault::ALL.iter().map(|one| (one.name(), *one)).collect();
        let answer = fields.get("answer").and_then(|value| self.answer(value));
        let connection = self
            .read(fields, "connection", |reader, name, value| reader.one_of(name, value, &names));
        if fields.get("answer").is_some() && fields.get("connection").is_some() {
            self.note(
                fields.place("connection"),
                "there is an `answer`, or the `connection` breaks, not both",
                "leave one of the two out",
            );
        }
        answer.map(Arc::new).map(Fault::Answer).or(connection.map(Fault::Connection))
    }

    fn answer(&mut self, value: &Value<'_>) -> Option<Answer> {
        let fields = self.table(&description::ANSWER, value)?;
        let status = self
            .read(&fields, "status", |reader, name, value| reader.number(name, value, 400, 599));
        let code = self.read(&fields, "code", Self::text);
        let message = self.read(&fields, "message", Self::text);
        if fields.get("status").is_none() {
            self.note(value.span(), "`answer` needs a `status`", "add for instance `status = 500`");
        }
        let status = u16::try_from(status?).expect("`number` keeps its bounds");
        Some(Answer::fault(status, code.as_deref(), message.as_deref()))
    }

    fn then(&mut self, value: &Value<'_>) -> Then {
        let Some(fields) = self.table(&description::THEN, value) else { return Then::default() };
        if let Some(path) = fields.get("path") {
            for name in ["status", "reason", "after"] {
                if fields.get(name).is_some() {
                    let message = format!("with a `path` there is no `{name}`");
                    self.note(fields.place(name), &message, "say it in the steps of the path");
                }
            }
            return self.path(path);
        }
        let status =
            self.read(&fields, "status", |reader, name, value| reader.one_of(name, value, ENDINGS));
        let ending = self.ending(&fields, status);
        let after = self.read(&fields, "after", Self::timing);
        if status == Some(StatusKind::Pending) && fields.get("after").is_some() {
            self.note(
                fields.place("after"),
                "a transaction that stays PENDING has no `after`",
                "leave `after` out, or give the status that it ends with",
            );
        }
        Then { path: Vec::new(), ending, after }
    }

    /// A reason: any code will do, but of one that MTN was never seen to send there is a warning.
    fn reason(&mut self, name: &str, value: &Value<'_>) -> Option<Reason> {
        let text = self.text(name, value)?;
        if let Some(known) = Reason::of_code(&text) {
            return Some(known);
        }
        match UnseenCode::new(&text) {
            Ok(code) => {
                self.warn(value.span(), format!("reason `{text}` was never seen from MTN"), || {
                    match nearest(&text, &Reason::ALL.map(Reason::code)) {
                        Some(known) => format!("did you mean `{known}`? It is sent as it stands"),
                        None => "it is sent as it stands".to_owned(),
                    }
                });
                Some(Reason::Unseen(code))
            }
            Err(why) => {
                let help = "write a code such as APPROVAL_REJECTED: docs/scenario.schema.json has \
                            those that MTN was seen to send";
                self.note(value.span(), &format!("`{name}` {why}: `{text}`"), help);
                None
            }
        }
    }

    /// The ending that a `status` and its `reason` say.
    fn ending(
        &mut self,
        fields: &Fields<'_, '_>,
        status: Option<StatusKind>,
    ) -> Option<RuleStatus> {
        let reason = self.read(fields, "reason", Self::reason);
        if fields.get("reason").is_some() && status != Some(StatusKind::Failed) {
            self.note(
                fields.place("reason"),
                "only a FAILED transaction has a reason",
                "set `status = \"FAILED\"`, or leave `reason` out",
            );
        }
        if status == Some(StatusKind::Failed) && fields.get("reason").is_none() {
            self.note(
                fields.place("status"),
                "a FAILED transaction needs a reason",
                "add for instance `reason = \"APPROVAL_REJECTED\"`",
            );
        }
        match status? {
            StatusKind::Successful => Some(RuleStatus::Successful(())),
            StatusKind::Pending => Some(RuleStatus::Pending),
            StatusKind::Created => Some(RuleStatus::Created),
            StatusKind::Failed => reason.map(RuleStatus::Failed),
        }
    }

    /// Several statuses, each with how long it lasts; only the last may be final, and has no end.
    fn path(&mut self, value: &Value<'_>) -> Then {
        let steps = self.tables("path", value);
        let mut then = Then::default();
        if steps.is_empty() {
            self.note(value.span(), "`path` has no steps", "add one, or leave it out");
        }
        for (index, step) in steps.iter().enumerate() {
            let is_last = index + 1 == steps.len();
            let Some(fields) = self.table(&description::STAGE, step) else { continue };
            let status = self.read(&fields, "status", |reader, name, value| {
                reader.one_of(name, value, STATUSES)
            });
            let ending = self.ending(&fields, status);
            let lasts = self.read(&fields, "lasts", Self::timing);
            if fields.get("status").is_none() {
                self.note(step.span(), "a step needs a `status`", "add one, such as \"PENDING\"");
            }
            match (is_last, fields.get("lasts").is_some()) {
                (true, true) => self.note(
                    fields.place("lasts"),
                    "the last step has no end",
                    "leave its `lasts` out",
                ),
                (false, false) => self.note(
                    step.span(),
                    "a step that is not the last needs a `lasts`",
                    "say how long, such as `lasts = \"5s\"`",
                ),
                _ => {}
            }
            let early = ending.filter(|status| !status.is_final());
            if is_last {
                then.ending = ending;
            } else if let (Some(early), Some(lasts)) = (early, lasts) {
                then.path.push((early, lasts));
            } else if ending.is_some() && early.is_none() {
                self.note(
                    fields.place("status"),
                    "only the last step may be SUCCESSFUL or FAILED",
                    "nothing follows a final status: move it to the end",
                );
            }
        }
        then
    }

    fn query(&mut self, value: &Value<'_>) -> Option<QueryRule> {
        let fields = self.table(&description::QUERY, value)?;
        let step = QueryRule {
            times: self.read(&fields, "times", Self::repeats).unwrap_or(1),
            delay: self.read(&fields, "delay", Self::timing),
            fault: self.fault(&fields),
        };
        if ["delay", "answer", "connection"].iter().all(|name| fields.get(name).is_none()) {
            self.note(
                value.span(),
                "this step of `query` does nothing",
                "give it a `delay`, an `answer` or a `connection`",
            );
        }
        Some(step)
    }

    fn callback(&mut self, value: &Value<'_>) -> Option<CallbackRule> {
        const FATES: &[(&str, CallbackFate)] =
            &[("sent", CallbackFate::Sent), ("lost", CallbackFate::Lost)];
        const METHODS: &[(&str, CallbackMethod)] =
            &[("POST", CallbackMethod::Post), ("PUT", CallbackMethod::Put)];
        const BODIES: &[(&str, CallbackBody)] = &[
            ("status", CallbackBody::Status),
            ("malformed", CallbackBody::Malformed),
            ("unknown-reference", CallbackBody::UnknownReference),
            ("unknown-fields", CallbackBody::UnknownFields),
        ];
        let fields = self.table(&description::CALLBACK, value)?;
        let usual = CallbackRule::default();
        let fate =
            self.read(&fields, "fate", |reader, name, value| reader.one_of(name, value, FATES));
        if fate == Some(CallbackFate::Lost) {
            for name in description::CALLBACK.names().into_iter().filter(|name| *name != "fate") {
                if fields.get(name).is_some() {
                    let message = format!("a lost callback has no `{name}`");
                    let help = format!("leave `{name}` out, or set `fate = \"sent\"`");
                    self.note(fields.place(name), &message, &help);
                }
            }
        }
        if fields.get("every").is_some() && fields.get("times").is_none() {
            self.note(
                fields.place("every"),
                "`every` is about a callback that is sent more than once",
                "add for instance `times = 2`",
            );
        }
        let status = self
            .read(&fields, "status", |reader, name, value| reader.one_of(name, value, STATUSES));
        Some(CallbackRule {
            fate: fate.unwrap_or(usual.fate),
            delay_ms: self.read(&fields, "delay", Self::signed_duration).unwrap_or_default(),
            method: self
                .read(&fields, "method", |reader, name, value| reader.one_of(name, value, METHODS)),
            times: self.read(&fields, "times", Self::repeats).unwrap_or(usual.times),
            every: self.read(&fields, "every", Self::duration).unwrap_or(usual.every),
            body: self
                .read(&fields, "body", |reader, name, value| reader.one_of(name, value, BODIES))
                .unwrap_or(usual.body),
            status: self.ending(&fields, status),
        })
    }

    /// Notes rules that can never match, because one before matches whatever they do.
    pub(super) fn note_shadowed(&mut self, rules: &[Rule], places: &[Value<'_>]) {
        let mut pairs = 0;
        for (later, place) in rules.iter().zip(places).skip(1) {
            pairs += later.origin.number;
            if pairs > PAIRS_MAX {
                return;
            }
            let before = &rules[..later.origin.number - 1];
            let Some(shadow) = before.iter().find(|rule| rule.when.covers(&later.when)) else {
                continue;
            };
            self.note(
                place.span(),
                &format!(
                    "this rule can never match: rule {} before it matches all that it does",
                    shadow.origin.number
                ),
                "move it before that rule, or narrow that rule's `when`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::read_scenario::read_scenario;

    #[test]
    fn a_reason_that_was_never_seen_is_taken_with_one_warning() {
        let text = "[[rules]]\n\
                    then = { status = \"FAILED\", reason = \"LOW_BALANCE\" }\n\
                    callback = { status = \"FAILED\", reason = \"LOW_BALANCE\" }\n";
        let scenario = read_scenario("a.toml", text).expect("a good file");
        let Some(RuleStatus::Failed(reason)) = scenario.rules[0].then.ending else {
            panic!("FAILED")
        };
        assert_eq!(reason.code(), "LOW_BALANCE");
        let warnings = scenario.warnings.expect("a warning");
        let told: Vec<_> = warnings.located().collect();
        let [(2, 38, warning)] = told[..] else { panic!("{told:?}") };
        assert_eq!(warning.message, "reason `LOW_BALANCE` was never seen from MTN");
        assert_eq!(
            warning.help.as_deref(),
            Some(
                "did you mean `LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED`? It is sent as \
                 it stands"
            )
        );
        assert!(warning.is_warning);
        let seen = text.replace("LOW_BALANCE", "PAYEE_LIMIT_REACHED");
        assert!(read_scenario("a.toml", &seen).expect("a good file").warnings.is_none());
        let bad = text.replace("LOW_BALANCE", "é");
        let problems = read_scenario("a.toml", &bad).expect_err("a mistake");
        let (_, _, problem) = problems.located().next().expect("one");
        assert_eq!(problem.message, "`reason` is not 1 to 64 printable ASCII characters: `é`");
    }
}
