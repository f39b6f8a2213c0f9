//! The rules that were passed over before the one that decides a request, and why.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::scenario::condition_fields::when;
use crate::scenario::matching::{Circumstances, Request};
use crate::scenario::occurrence::RuleCounts;
use crate::scenario::rule::Origin;
use crate::scenario::rule_book::RuleBook;

/// A rule that is not for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedRule {
    pub origin: Origin,
    pub name: Option<Arc<str>>,
    /// The condition that does not hold, by its name in the file.
    pub missed: &'static str,
    /// What the request has where the condition wants something else, if that can be said.
    pub found: Option<String>,
}

impl RuleBook {
    /// The rules of the loaded scenarios before the one that decides; all, if none does.
    pub fn passed_rules(
        &self,
        request: Request<'_>,
        circumstances: &Circumstances,
        counts: &RuleCounts,
        decided_by: Option<&Origin>,
    ) -> Vec<PassedRule> {
        let rules = self.loaded_rules().take_while(|(_, rule)| decided_by != Some(&rule.origin));
        let passed = rules.filter_map(|(number, rule)| {
            let compared = rule.when.compare(request, circumstances, number, counts);
            let missed = compared.miss?.condition;
            let occurrence = compared.occurrence.map(|(number, _)| number);
            Some(PassedRule {
                origin: rule.origin.clone(),
                name: rule.name.clone(),
                missed,
                found: found(request, circumstances, missed, occurrence),
            })
        });
        passed.collect()
    }
}

/// What a request has for a condition.
fn found(
    request: Request<'_>,
    circumstances: &Circumstances,
    condition: &str,
    occurrence: Option<NonZeroU32>,
) -> Option<String> {
    let details = match request {
        Request::Submission(submission) => Some(&submission.details),
        Request::Call(_) => None,
    };
    let none = || "none".to_owned();
    let found = match condition {
        name if name == when::PRODUCT.name => {
            request.product().map_or_else(none, |product| product.name().to_owned())
        }
        name if name == when::OPERATION.name => request.operation_name().to_owned(),
        name if name == when::PARTY.name => request.party().map_or_else(none, str::to_owned),
        name if name == when::AMOUNT.name => {
            details?.amount.map_or_else(none, |amount| amount.to_string())
        }
        name if name == when::CURRENCY.name => details?.currency.code().to_owned(),
        name if name == when::EXTERNAL_ID.name => {
            details?.external_id.as_deref().map_or_else(none, str::to_owned)
        }
        name if name == when::API_USER.name => circumstances.api_user.to_string(),
        name if name == when::PLATFORM.name => {
            circumstances.platform.map_or_else(none, |platform| platform.name().to_owned())
        }
        _ => return occurrence.map(|number| format!("occurrence {number}")),
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    use crate::model::product::Product;
    use crate::model::submission::TransactionKind;

    use crate::operations::table::OperationKind;
    use crate::scenario::matching::Call;
    use crate::scenario::read_scenario::read_scenario;
    use crate::scenario::rule_book::Defaults;

    use crate::scenario::test_requests::{circumstances, submission};

    const TEXT: &str = r#"
        [[rules]]
        name = "refunds"
        when = { operation = "refund" }
        callback = { fate = "lost" }
        [[rules]]
        when = { party = "25677*" }
        callback = { fate = "lost" }
        [[rules]]
        when = { amount = { at_least = "500" } }
        callback = { fate = "lost" }
        [[rules]]
        when = { currency = "UGX" }
        callback = { fate = "lost" }
        [[rules]]
        when = { external_id = "order-?" }
        callback = { fate = "lost" }
        [[rules]]
        when = { nth = 3 }
        callback = { fate = "lost" }
        [[rules]]
        when = { operation = ["token", "requesttopay"], product = "disbursement" }
        respond = { delay = "1s" }
        [[rules]]
        callback = { fate = "lost" }
    "#;

    fn told(request: Request<'_>, decided_by: Option<usize>) -> Vec<String> {
        let scenario = read_scenario("mine.toml", TEXT).expect("a good file");
        let decided_by = decided_by.map(|rule| scenario.rules[rule - 1].origin.clone());
        let rules = RuleBook::new(vec![scenario], Defaults::settling_after(Duration::ZERO));
        let circumstances = circumstances(0, 0);
        let counts = RuleCounts::default();
        let passed = rules.passed_rules(request, &circumstances, &counts, decided_by.as_ref());
        let told = passed.into_iter().map(|rule| {
            let found = rule.found.unwrap_or_default();
            format!("{} {}: {}", rule.origin.number, rule.missed, found)
        });
        told.collect()
    }

    #[test]
    fn each_rule_before_the_deciding_one_is_told_with_its_condition_and_what_there_is() {
        let submission = submission(TransactionKind::RequestToPay, "46733", "o1", "5");
        let request = Request::Submission(&submission);
        let expected = [
            "1 operation: requesttopay",
            "2 party: 46733",
            "3 amount: 5",
            "4 currency: EUR",
            "5 external_id: o1",
            "6 nth: occurrence 1",
            "7 product: collection",
        ];
        assert_eq!(told(request, Some(8)), expected);
        assert_eq!(told(request, Some(3)), expected[..2]);
        let call = Call {
            operation: OperationKind::Token,
            product: Some(Product::Collection),
            party: None,
        };
        let found = told(Request::Call(call), None);
        assert_eq!(found[..2], ["1 operation: token", "2 operation: token"]);
        assert_eq!(found[6..], ["7 product: collection", "8 operation: token"]);
    }
}
