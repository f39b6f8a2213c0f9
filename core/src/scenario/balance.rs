//! What a query of the balance meets, where a rule of `operation = "balance"` says it.

use rand::RngExt;

use crate::scenario::call::DecidedCall;
use crate::scenario::matching::Circumstances;
use crate::scenario::rule::{ReportedBalance, Rule};
use crate::scenario::seed::Purpose;

impl DecidedCall<'_> {
    /// What a query of the balance meets, where the rule says it in `answers`.
    pub fn balance_answer(&self, circumstances: &Circumstances) -> Option<&ReportedBalance> {
        let matched = self.rule.when.occurrences.met_before(self.occurrence.get());
        let has_answers = !self.rule.answers.is_empty();
        has_answers.then(|| answer_of(self.rule, self.number, matched, circumstances))
    }
}

/// Returns the answer to the query with this number. The answers follow each other in an order that
/// is drawn once for the API user, so that successive queries get each of them once.
fn answer_of<'r>(
    rule: &'r Rule,
    number: u32,
    matched: u32,
    circumstances: &Circumstances,
) -> &'r ReportedBalance {
    let purpose = Purpose::BalanceAnswers(number);
    let mut rng = circumstances.seed.rng(circumstances.api_user.0, purpose);
    let mut order: Vec<&ReportedBalance> = rule.answers.iter().collect();
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

    use super::*;

    use crate::model::product::Product;

    use crate::operations::table::OperationKind;
    use crate::scenario::matching::Call;
    use crate::scenario::occurrence::RuleCounts;
    use crate::scenario::read_scenario::read_scenario;
    use crate::scenario::rule_book::{Defaults, RuleBook};

    use crate::scenario::test_requests::circumstances;

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
        let told = |seed: u64, product, matched: u32| {
            let call =
                Call { operation: OperationKind::Balance, product: Some(product), party: None };
            let circumstances = circumstances(1, seed);
            let mut counts = RuleCounts::default();
            for _ in 0..matched {
                for one in rules.rule_for_call(call, &circumstances, &counts).1 {
                    counts.count(one);
                }
            }
            let (decided, _) = rules.rule_for_call(call, &circumstances, &counts);
            decided.and_then(|one| one.balance_answer(&circumstances).cloned())
        };
        let of = |seed, asks: std::ops::Range<u32>| -> Vec<_> {
            asks.map(|ask| told(seed, Product::Disbursement, ask).expect("an answer")).collect()
        };
        for seed in 0..20 {
            let first = of(seed, 0..5);
            assert!(answers.iter().all(|answer| first.contains(answer)), "{first:?}");
            assert_eq!(first, of(seed, 5..10), "and again in the same order");
        }
        let place = |told: &ReportedBalance| answers.iter().position(|answer| answer == told);
        let drawn: Vec<_> = of(7, 0..5).iter().filter_map(place).collect();
        assert_eq!(drawn, [0, 3, 2, 4, 1], "and a seed always gives the same order");
        assert!((1..20).any(|seed| of(seed, 0..5) != of(0, 0..5)), "the order is drawn");
        assert_eq!(told(0, Product::Disbursement, 10), None, "only the first ten");
        assert_eq!(told(0, Product::Collection, 0), None);
    }
}
