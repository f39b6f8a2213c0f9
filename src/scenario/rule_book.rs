//! The rules in force: the loaded scenarios in their order, then MTN's test values, then success.

use std::sync::Arc;
use std::time::Duration;

use crate::model::transaction::Submission;
use crate::scenario::rule::{Rule, Scenario};
use crate::scenario::test_parties::{TestParties, TestRule};

/// The rules in force.
#[derive(Debug, Clone)]
pub struct RuleBook {
    /// The loaded scenarios; their rules go before all others, the first that matches wins.
    pub scenarios: Vec<Scenario>,
    /// MTN's own test values.
    pub test_parties: Arc<TestParties>,
    /// How long an ordinary transaction stays PENDING.
    pub settle_after: Duration,
}

impl RuleBook {
    /// The book with these scenarios, MTN's test values behind them.
    pub fn new(scenarios: Vec<Scenario>, settle_after: Duration) -> Self {
        Self { scenarios, test_parties: Arc::new(TestParties::load()), settle_after }
    }

    /// The first rule of the loaded scenarios that matches.
    pub fn scenario_rule(&self, submission: &Submission) -> Option<&Rule> {
        self.scenarios
            .iter()
            .flat_map(|scenario| &scenario.rules)
            .find(|rule| rule.when.matches(submission))
    }

    /// MTN's test value that matches.
    pub fn test_rule(&self, submission: &Submission) -> Option<&TestRule> {
        self.test_parties.rules.iter().find(|test| test.rule.when.matches(submission))
    }
}
