//! The reading of a rule's answers to queries of the balance.

use crate::scenario::description::{balance_answer, rule};
use crate::scenario::field::AnyField;
use crate::scenario::operation_set::OperationSet;
use crate::scenario::read_rule::is_about_balance;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::rule::ReportedBalance;

/// The parts of a rule that are about a transaction.
static PARTS: [&dyn AnyField; 4] = [&rule::SUBMIT, &rule::THEN, &rule::QUERY, &rule::CALLBACK];

impl Reader {
    /// Reads the `answers` of a rule. They go with `operation = "balance"`, and with nothing that
    /// is about a transaction.
    pub(super) fn balance_answers(
        &mut self,
        fields: &Fields<'_>,
        operations: OperationSet,
    ) -> Vec<ReportedBalance> {
        let is_about_balance = is_about_balance(operations);
        match (is_about_balance, fields.has(&rule::ANSWERS)) {
            (_, false) if !is_about_balance || fields.has(&rule::RESPOND) => return Vec::new(),
            (true, true) if fields.has(&rule::RESPOND) => self.note(
                fields.place_of(&rule::RESPOND),
                "there are `answers`, or `respond` says what a query meets, not both",
                "leave one of the two out",
            ),
            (false, true) => self.note(
                fields.place_of(&rule::ANSWERS),
                "`answers` are those of a query of the balance",
                "add `when = { operation = \"balance\" }`",
            ),
            (true, false) => self.note(
                fields.place,
                "a rule for the balance needs `answers`",
                "add for instance `answers = [{ available = \"0\" }]`",
            ),
            (true, true) | (false, false) => {}
        }
        if is_about_balance {
            self.note_parts_of_transactions(fields);
        }
        let answers = self.get(fields, &rule::ANSWERS).unwrap_or_default();
        answers.iter().map(|fields| self.balance_answer(fields)).collect()
    }

    fn note_parts_of_transactions(&mut self, fields: &Fields<'_>) {
        for part in PARTS.into_iter().filter(|part| fields.has(*part)) {
            let message = format!("a query of the balance has no `{}`", part.name());
            self.note(fields.place_of(part), &message, "say in `answers` what it meets");
        }
    }

    fn balance_answer(&mut self, fields: &Fields<'_>) -> ReportedBalance {
        let available = self.get(fields, &balance_answer::AVAILABLE);
        let fault = self.fault(fields);
        if fields.has(&balance_answer::AVAILABLE) && fault.is_some() {
            self.note(
                fields.place_of(&balance_answer::AVAILABLE),
                "there is a balance, or an error, not both",
                "leave `available` out, or the other",
            );
        }
        match (fault, available) {
            (Some(fault), _) => ReportedBalance::Failed(fault),
            (None, Some(available)) => ReportedBalance::Available(available),
            (None, None) => ReportedBalance::Ledger,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::read_scenario::read_scenario;

    fn mistakes(rule: &str) -> Vec<String> {
        let text = format!("[[rules]]\n{rule}\n");
        let Err(problems) = read_scenario("a.toml", &text) else { return Vec::new() };
        problems.located().map(|(_, problem)| problem.message.clone()).collect()
    }

    #[test]
    fn answers_and_the_balance_go_together() {
        let balance = r#"when = { operation = "balance" }"#;
        assert_eq!(mistakes(&format!("{balance}\nanswers = [{{}}]")), [""; 0]);
        assert_eq!(mistakes(balance), ["a rule for the balance needs `answers`"]);
        let nothing = format!("{balance}\nanswers = []");
        assert_eq!(mistakes(&nothing), ["`answers` has no answer"]);
        let many = format!("{balance}\nanswers = [{}]", "{},".repeat(1001));
        assert_eq!(mistakes(&many), ["`answers` has 1001 items"]);
        assert_eq!(mistakes("answers = [{}]"), ["`answers` are those of a query of the balance"]);
        assert_eq!(
            mistakes(
                "when = { operation = \"balance\", party = \"1\", first = 5 }\n\
                 answers = [{}]\ncallback = {}"
            ),
            [
                "`balance` names no party, and has no `party`",
                "a query of the balance has no `callback`",
            ]
        );
        assert_eq!(
            mistakes(&format!(
                "{balance}\nanswers = [{{ available = \"much\" }}, {{ available = 5, connection = \
                 \"reset\" }}]"
            )),
            [
                "`available` is not a decimal such as \"1000\" or \"-25\"",
                "there is a balance, or an error, not both"
            ]
        );
    }
}
