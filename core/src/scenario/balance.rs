//! What a query of the balance meets, where a rule of `operation = "balance"` says it.

use rand::RngExt;
use rust_decimal::Decimal;
use toml::de::DeValue;

use crate::model::limits::REPEATED_MAX;
use crate::model::product::Product;
use crate::scenario::description;
use crate::scenario::plan::MatchCounts;
use crate::scenario::reader::{Fields, Reader, Value};
use crate::scenario::rule::{Circumstances, Fault, Rule, Subject, When};
use crate::scenario::rule_book::RuleBook;
use crate::scenario::seed::Purpose;

/// What one query of the balance meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BalanceAnswer {
    /// The balance of the account.
    Ledger,
    /// This balance, whatever the account holds.
    Available(Decimal),
    /// No balance.
    Failed(Fault),
}

/// The conditions that a query of the balance can keep.
const CONDITIONS: [&str; 5] = ["product", "operation", "api_user", "first", "until"];

/// The parts of a rule that are about a transaction.
const PARTS: [&str; 4] = ["submit", "then", "query", "callback"];

impl Reader<'_> {
    /// The `answers` of a rule. They go with `operation = "balance"`, and with nothing that is
    /// about a transaction.
    pub(super) fn balance_answers(
        &mut self,
        fields: &Fields<'_, '_>,
        when: &When,
        value: &Value<'_>,
    ) -> Vec<BalanceAnswer> {
        let is_about_balance = when.operation == Some(Subject::Balance);
        match (is_about_balance, fields.get("answers")) {
            (false, None) => return Vec::new(),
            (false, Some(_)) => self.note(
                fields.place("answers"),
                "`answers` are those of a query of the balance",
                "add `when = { operation = \"balance\" }`",
            ),
            (true, None) => self.note(
                value.span(),
                "a rule for the balance needs `answers`",
                "add for instance `answers = [{ available = \"0\" }]`",
            ),
            (true, Some(_)) => {}
        }
        if is_about_balance {
            self.note_parts_of_transactions(fields);
        }
        let Some(value) = fields.get("answers") else { return Vec::new() };
        let items = self.tables("answers", value);
        if items.is_empty() {
            let help = "add one, such as { available = \"0\" }, or leave the rule out";
            self.note(value.span(), "`answers` has no answer", help);
        }
        if items.len() > REPEATED_MAX as usize {
            let message = format!("`answers` has {} answers", items.len());
            self.note(value.span(), &message, &format!("have at most {REPEATED_MAX}"));
            return Vec::new();
        }
        items.iter().filter_map(|item| self.balance_answer(item)).collect()
    }

    fn note_parts_of_transactions(&mut self, fields: &Fields<'_, '_>) {
        for part in PARTS {
            if fields.get(part).is_some() {
                let message = format!("a query of the balance has no `{part}`");
                self.note(fields.place(part), &message, "say in `answers` what it meets");
            }
        }
        let Some(DeValue::Table(conditions)) = fields.get("when").map(|when| when.get_ref()) else {
            return;
        };
        for key in conditions.keys() {
            let name: &str = key.get_ref();
            // One that nobody knows was noted before.
            if description::WHEN.names().contains(&name) && !CONDITIONS.contains(&name) {
                let message = format!("a query of the balance has no `{name}`");
                let help = format!("there are {}", CONDITIONS.join(", "));
                self.note(key.span(), &message, &help);
            }
        }
    }

    fn balance_answer(&mut self, value: &Value<'_>) -> Option<BalanceAnswer> {
        let fields = self.table(&description::BALANCE_ANSWER, value)?;
        let available = self.read(&fields, "available", Self::signed_balance);
        let fault = self.fault(&fields);
        if fields.get("available").is_some() && fault.is_some() {
            self.note(
                fields.place("available"),
                "there is a balance, or an error, not both",
                "leave `available` out, or the other",
            );
        }
        Some(match (fault, available) {
            (Some(fault), _) => BalanceAnswer::Failed(fault),
            (None, Some(available)) => BalanceAnswer::Available(available),
            (None, None) => BalanceAnswer::Ledger,
        })
    }
}

impl RuleBook {
    /// What the first rule says that is for a query of this product's balance, with the rule's
    /// number.
    pub fn balance_answer(
        &self,
        product: Product,
        circumstances: &Circumstances,
        matches: &MatchCounts,
    ) -> Option<(u32, &BalanceAnswer)> {
        let (number, rule, matched) = self.loaded_rules().find_map(|(number, rule)| {
            let matched = matches.get(&number).copied().unwrap_or_default();
            let is_for = rule.when.is_for_balance(product, circumstances, matched);
            is_for.then_some((number, rule, matched))
        })?;
        Some((number, answer_of(rule, number, matched, circumstances)))
    }
}

impl When {
    /// Whether a rule is for a query of a product's balance; `matched` is how often it has matched.
    fn is_for_balance(&self, product: Product, at: &Circumstances, matched: u32) -> bool {
        self.operation == Some(Subject::Balance)
            && self.product.is_none_or(|own| own == product)
            && self.api_user.is_none_or(|own| own == at.api_user)
            && self.first.is_none_or(|first| matched < first)
            && self.until.is_none_or(|until| at.in_force_for < until)
    }
}

/// The answers come in turn, in an order that is drawn once for the API user: so many successive
/// queries meet each of them once.
fn answer_of<'r>(
    rule: &'r Rule,
    number: u32,
    matched: u32,
    circumstances: &Circumstances,
) -> &'r BalanceAnswer {
    let purpose = Purpose::BalanceAnswers(number);
    let mut rng = circumstances.seed.rng(circumstances.api_user.0, purpose);
    let mut order: Vec<&BalanceAnswer> = rule.answers.iter().collect();
    // The shuffle of Fisher and Yates by hand: `SliceRandom::shuffle` draws other numbers, and so
    // does a range of `usize`. The order that a seed gives must not change with the version.
    for last in (1..order.len()).rev() {
        let drawn = rng.random_range(0..=u64::try_from(last).expect("a file has few answers"));
        order.swap(last, usize::try_from(drawn).expect("at most the last place"));
    }
    order[usize::try_from(matched).unwrap_or_default() % order.len()]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::model::reference::ApiUserId;
    use crate::scenario::read_scenario::read_scenario;
    use crate::scenario::rule_book::Defaults;
    use crate::scenario::seed::Seed;

    fn mistakes(rule: &str) -> Vec<String> {
        let text = format!("[[rules]]\n{rule}\n");
        let Err(problems) = read_scenario("a.toml", &text) else { return Vec::new() };
        problems.located().map(|(_, _, problem)| problem.message.clone()).collect()
    }

    #[test]
    fn answers_and_the_balance_go_together() {
        let balance = r#"when = { operation = "balance" }"#;
        assert_eq!(mistakes(&format!("{balance}\nanswers = [{{}}]")), [""; 0]);
        assert_eq!(mistakes(balance), ["a rule for the balance needs `answers`"]);
        let nothing = format!("{balance}\nanswers = []");
        assert_eq!(mistakes(&nothing), ["`answers` has no answer"]);
        let many = format!("{balance}\nanswers = [{}]", "{},".repeat(1001));
        assert_eq!(mistakes(&many), ["`answers` has 1001 answers"]);
        assert_eq!(mistakes("answers = [{}]"), ["`answers` are those of a query of the balance"]);
        assert_eq!(
            mistakes(
                "when = { operation = \"balance\", party = \"1\", chance = 0.5 }\n\
                 answers = [{}]\ncallback = {}"
            ),
            [
                "a query of the balance has no `party`",
                "a query of the balance has no `chance`",
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

    #[test]
    fn as_many_queries_as_there_are_answers_meet_each_once() {
        let text = r#"
            [[rules]]
            when = { operation = "balance", product = "disbursement", first = 10 }
            answers = [{}, { available = "0" }, { available = "-25" },
                       { answer = { status = 503 } }, { connection = "reset" }]
        "#;
        let scenario = read_scenario("a.toml", text).expect("a good file");
        let answers = scenario.rules[0].answers.clone();
        let rules = RuleBook::new(vec![scenario], Defaults::settling_after(Duration::ZERO));
        let circumstances = |seed| Circumstances {
            api_user: ApiUserId(Uuid::from_u128(1)),
            seed: Seed(seed),
            in_force_for: Duration::ZERO,
            environment: &crate::model::environment::SANDBOX,
        };
        let told = |seed: u64, product, matched: u32| {
            let matches = [(0, matched)].into();
            let found = rules.balance_answer(product, &circumstances(seed), &matches);
            found.map(|(_, answer)| answer.clone())
        };
        let of = |seed, asks: std::ops::Range<u32>| -> Vec<_> {
            asks.map(|ask| told(seed, Product::Disbursement, ask).expect("an answer")).collect()
        };
        for seed in 0..20 {
            let first = of(seed, 0..5);
            assert!(answers.iter().all(|answer| first.contains(answer)), "{first:?}");
            assert_eq!(first, of(seed, 5..10), "and again in the same order");
        }
        let place = |told: &BalanceAnswer| answers.iter().position(|answer| answer == told);
        let drawn: Vec<_> = of(7, 0..5).iter().filter_map(place).collect();
        assert_eq!(drawn, [0, 3, 2, 4, 1], "and a seed always gives the same order");
        assert!((1..20).any(|seed| of(seed, 0..5) != of(0, 0..5)), "the order is drawn");
        assert_eq!(told(0, Product::Disbursement, 10), None, "only the first ten");
        assert_eq!(told(0, Product::Collection, 0), None);
    }
}
