//! The reading of one rule of a scenario, and of what in it contradicts itself.

use crate::model::status::{RuleStatus, StatusKind};
use crate::operations::table::OperationKind;
use crate::scenario::conditions::{TimeConditions, When};
use crate::scenario::daytime::UtcOffset;
use crate::scenario::description::{fault, query, respond, rule, stage, submit, then};
use crate::scenario::duration::Time;
use crate::scenario::field::{AnyField, Boolean, Code, Field, OneOf};
use crate::scenario::operation_set::OperationSet;
use crate::scenario::plan::REPEATED_MAX;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::rule::{Fault, Origin, QueryExtent, QueryRule, Rule, SubmitRule, Then};

/// Whether a rule is about queries of the balance alone.
pub(super) fn is_about_balance(operations: OperationSet) -> bool {
    operations == OperationSet::of(OperationKind::Balance)
}

/// How many pairs of rules are compared to find one that hides another: all of a file with a
/// thousand rules, and of a larger one as many as take no noticeable time.
pub(super) const PAIRS_MAX: usize = 500_000;

impl Reader {
    pub(super) fn rule(
        &mut self,
        origin: Origin,
        fields: &Fields<'_>,
        utc_offset: UtcOffset,
    ) -> Rule {
        let conditions = self.get(fields, &rule::WHEN);
        let when = conditions.map(|fields| self.when(&fields, utc_offset));
        let when = when.unwrap_or_else(|| When {
            time: TimeConditions { utc_offset, ..TimeConditions::default() },
            ..When::default()
        });
        if let Some(fields) = conditions {
            self.warn_of_foreign_product(&fields, &when);
        }
        self.note_parts(fields, when.operations);
        let submit = self.get(fields, &rule::SUBMIT).map(|fields| self.submit(&fields));
        let respond = self.get(fields, &rule::RESPOND).map(|fields| self.respond(&fields));
        Rule {
            origin,
            name: self.get(fields, &rule::NAME).map(Into::into),
            submit: submit.or(respond),
            then: self
                .get(fields, &rule::THEN)
                .map(|fields| self.then(&fields))
                .unwrap_or_default(),
            query: self.queries(fields),
            callbacks: self.callbacks(fields),
            answers: self.balance_answers(fields, when.operations),
            when,
        }
    }

    /// Notes a rule without a part, and parts that do not go with each other or its operations.
    fn note_parts(&mut self, fields: &Fields<'_>, operations: OperationSet) {
        let is_about_balance = is_about_balance(operations);
        let of_transactions: [&dyn AnyField; 4] =
            [&rule::SUBMIT, &rule::THEN, &rule::QUERY, &rule::CALLBACK];
        let has_part = of_transactions.iter().any(|part| fields.has(*part))
            || fields.has(&rule::RESPOND)
            || fields.has(&rule::ANSWERS);
        if !has_part && operations.is_of_submissions() {
            let help = "give it a `submit`, `then`, `query` or `callback`";
            self.note(fields.place, "this rule does nothing", help);
        } else if !has_part && !is_about_balance {
            self.note(fields.place, "this rule does nothing", "give it a `respond`");
        }
        if fields.has(&rule::SUBMIT) && fields.has(&rule::RESPOND) {
            self.note(
                fields.place_of(&rule::RESPOND),
                "`respond` and `submit` say the same of a submission",
                "leave one of the two out",
            );
        }
        if operations.is_of_submissions() || is_about_balance {
            return;
        }
        for part in of_transactions.into_iter().filter(|part| fields.has(*part)) {
            let other = operations.name_of_other();
            let message = format!("`{other}` is no submission, and has no `{}`", part.name());
            let help = "say in `respond` what it meets, or name submissions alone in `operation`";
            self.note(fields.place_of(part), &message, help);
        }
    }

    fn submit(&mut self, fields: &Fields<'_>) -> SubmitRule {
        let is_slow = fields.has(&fault::BYTES_PER_SECOND);
        if is_slow && !fields.has(&fault::ANSWER) {
            let message = "the answer of a submission has no body, so that nothing comes slowly";
            self.warn(fields.place_of(&fault::BYTES_PER_SECOND), message.to_owned(), || {
                "give it an `answer` with a `body`, or a `delay`".to_owned()
            });
        }
        self.met(fields, &submit::DELAY, &submit::CREATED)
    }

    fn respond(&mut self, fields: &Fields<'_>) -> SubmitRule {
        if fields.entries.is_empty() {
            let help = "give it an `answer`, a `connection` or a `delay`";
            self.note(fields.place, "this `respond` does nothing", help);
        }
        self.met(fields, &respond::DELAY, &respond::DONE)
    }

    /// Reads what a request meets, and whether what it asks for is done all the same.
    fn met(
        &mut self,
        fields: &Fields<'_>,
        delay: &Field<Time>,
        done: &Field<Boolean>,
    ) -> SubmitRule {
        let fault = self.fault(fields);
        let is_done = self.get(fields, done);
        if is_done.is_some() && fault.is_none() {
            let name = done.name;
            let message = format!("`{name}` is about a fault, and there is none");
            let help = format!("add an `answer` or a `connection`, or leave `{name}` out");
            self.note(fields.place_of(done), &message, &help);
        }
        SubmitRule {
            delay: self.get(fields, delay),
            created: is_done.unwrap_or(!fault.as_ref().is_some_and(Fault::replaces_answer)),
            fault,
        }
    }

    fn then(&mut self, fields: &Fields<'_>) -> Then {
        if fields.has(&then::PATH) {
            let others: [&dyn AnyField; 3] = [&then::STATUS, &then::REASON, &then::AFTER];
            for other in others.into_iter().filter(|other| fields.has(*other)) {
                let message = format!("with a `path` there is no `{}`", other.name());
                self.note(fields.place_of(other), &message, "say it in the steps of the path");
            }
            let steps = self.get(fields, &then::PATH).unwrap_or_default();
            return self.path(&steps);
        }
        let status = self.get(fields, &then::STATUS);
        let ending = self.status(fields, status, &then::STATUS, &then::REASON);
        let after = self.get(fields, &then::AFTER);
        if status == Some(StatusKind::Pending) && fields.has(&then::AFTER) {
            self.note(
                fields.place_of(&then::AFTER),
                "a transaction that stays PENDING has no `after`",
                "leave `after` out, or give the status that it ends with",
            );
        }
        Then { path: Vec::new(), ending, after }
    }

    /// Reads the reason that goes with a status, and puts the two together.
    pub(super) fn status(
        &mut self,
        fields: &Fields<'_>,
        status: Option<StatusKind>,
        status_field: &Field<OneOf<StatusKind>>,
        reason_field: &Field<Code>,
    ) -> Option<RuleStatus> {
        let reason = self.get(fields, reason_field);
        if fields.has(reason_field) && status != Some(StatusKind::Failed) {
            self.note(
                fields.place_of(reason_field),
                "only a FAILED transaction has a reason",
                "set `status = \"FAILED\"`, or leave `reason` out",
            );
        }
        if status == Some(StatusKind::Failed) && !fields.has(reason_field) {
            self.note(
                fields.place_of(status_field),
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

    /// Reads several statuses, each with how long it lasts. Only the last may be final; it has no
    /// end.
    fn path(&mut self, steps: &[Fields<'_>]) -> Then {
        let mut then = Then::default();
        for (index, fields) in steps.iter().enumerate() {
            let is_last = index + 1 == steps.len();
            let status = self.get(fields, &stage::STATUS);
            let status = self.status(fields, status, &stage::STATUS, &stage::REASON);
            let lasts = self.get(fields, &stage::LASTS);
            match (is_last, fields.has(&stage::LASTS)) {
                (true, true) => self.note(
                    fields.place_of(&stage::LASTS),
                    "the last step has no end",
                    "leave its `lasts` out",
                ),
                (false, false) => self.note(
                    fields.place,
                    "a step that is not the last needs a `lasts`",
                    "say how long, such as `lasts = \"5s\"`",
                ),
                (true, false) | (false, true) => {}
            }
            match status {
                status if is_last => then.ending = status,
                Some(status) if status.is_final() => self.note(
                    fields.place_of(&stage::STATUS),
                    "only the last step may be SUCCESSFUL or FAILED",
                    "nothing follows a final status: move it to the end",
                ),
                status => then.path.extend(status.zip(lasts)),
            }
        }
        then
    }

    fn queries(&mut self, fields: &Fields<'_>) -> Vec<QueryRule> {
        let steps = self.get(fields, &rule::QUERY).unwrap_or_default();
        let query: Vec<QueryRule> = steps.iter().map(|fields| self.query(fields)).collect();
        let times: u64 = query.iter().map(|step| u64::from(step.extent.planned())).sum();
        if times > u64::from(REPEATED_MAX) {
            let message = format!("the steps of `query` are about {times} queries");
            let help = format!("have their `times` sum up to at most {REPEATED_MAX}");
            self.note(fields.place_in(&rule::QUERY), &message, &help);
        }
        query
    }

    fn query(&mut self, fields: &Fields<'_>) -> QueryRule {
        let parts: [&dyn AnyField; 5] = [
            &query::DELAY,
            &query::STATUS,
            &fault::ANSWER,
            &fault::CONNECTION,
            &fault::BYTES_PER_SECOND,
        ];
        if !parts.iter().any(|part| fields.has(*part)) {
            let help = "give it a `delay`, a `status`, an `answer` or a `connection`";
            self.note(fields.place, "this step of `query` does nothing", help);
        }
        if fields.has(&query::TIMES) && fields.has(&query::LASTS) {
            self.note(
                fields.place_of(&query::LASTS),
                "a step of `query` is for so many GETs (`times`) or for a time (`lasts`), not both",
                "leave one of the two out",
            );
        }
        let times = self.get(fields, &query::TIMES).unwrap_or(1);
        let extent = match self.get(fields, &query::LASTS) {
            Some(lasts) => QueryExtent::Lasts(lasts),
            None => QueryExtent::Times(times),
        };
        let fault = self.fault(fields);
        let hides_status = fault
            .as_ref()
            .is_some_and(|fault| fault.replaces_answer() || matches!(fault, Fault::Connection(_)));
        if hides_status && fields.has(&query::STATUS) {
            self.note(
                fields.place_of(&query::STATUS),
                "a GET that meets this `answer` or `connection` tells no `status`",
                "leave the `status` out, or make it a step of its own",
            );
        }
        let status = self.get(fields, &query::STATUS);
        QueryRule {
            extent,
            delay: self.get(fields, &query::DELAY),
            fault,
            status: self.status(fields, status, &query::STATUS, &query::REASON),
        }
    }

    /// Notes rules that can never match, because one before matches all that they do.
    pub(super) fn note_shadowed(&mut self, rules: &[Rule], places: &[Fields<'_>]) {
        let mut pairs = 0;
        for (later, fields) in rules.iter().zip(places).skip(1) {
            pairs += later.origin.number;
            if pairs > PAIRS_MAX {
                return;
            }
            let before = &rules[..later.origin.number - 1];
            let Some(shadow) = before.iter().find(|rule| rule.when.covers(&later.when)) else {
                continue;
            };
            let message = format!(
                "this rule can never match: rule {} before it matches all that it does",
                shadow.origin.number
            );
            self.note(
                fields.place,
                &message,
                "move it before that rule, or narrow that rule's `when`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::problem::Position;
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
        let [(Position::Line { line: 2, column: 38 }, warning)] = told[..] else {
            panic!("{told:?}")
        };
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
        let (_, problem) = problems.located().next().expect("one");
        assert_eq!(problem.message, "`reason` is not 1 to 64 printable ASCII characters: `é`");
    }
}
