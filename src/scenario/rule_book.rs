//! The rules in force: the loaded scenarios in their order, then MTN's test values, then success.

use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::model::account_holder::AccountHolder;
use crate::model::party::{PartyIdType, comparable_id};
use crate::model::transaction::Submission;
use crate::operations::rejection::Rejection;
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
    /// What each account holds at first.
    pub opening_balance: Decimal,
    /// Who everybody is whom no scenario declares.
    ordinary_holder: Arc<AccountHolder>,
}

impl RuleBook {
    /// What each account holds at first, where nothing else is said.
    pub const OPENING_BALANCE: Decimal = Decimal::ONE_THOUSAND;

    /// The book with these scenarios, MTN's test values behind them. An opening balance that is
    /// given goes before those of the scenarios, of which the first counts.
    pub fn new(
        scenarios: Vec<Scenario>,
        settle_after: Duration,
        opening_balance: Option<Decimal>,
    ) -> Self {
        let of_scenarios = || scenarios.iter().find_map(|scenario| scenario.opening_balance);
        let opening_balance =
            opening_balance.or_else(of_scenarios).unwrap_or(Self::OPENING_BALANCE);
        Self {
            scenarios,
            test_parties: Arc::new(TestParties::load()),
            settle_after,
            opening_balance,
            ordinary_holder: Arc::default(),
        }
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

    /// Who an id belongs to. There is somebody behind every id.
    pub fn account_holder(&self, id_type: PartyIdType, id: &str) -> &AccountHolder {
        self.declared_holder(id_type, id).unwrap_or(&self.ordinary_holder)
    }

    /// Whether the account holder is active.
    ///
    /// # Errors
    ///
    /// The refusal that MTN's table gives that id, where no scenario declares it.
    pub fn account_holder_active(&self, id_type: PartyIdType, id: &str) -> Result<bool, Rejection> {
        match self.declared_holder(id_type, id) {
            Some(holder) => Ok(holder.active),
            None => self.test_parties.account_holder_active(id_type, id),
        }
    }

    /// The account holder with what comes of asking for consent: a declared one says so, then MTN's
    /// table, and all others consent.
    pub fn asked_for_consent(&self, id_type: PartyIdType, id: &str) -> AccountHolder {
        let mut holder = self.account_holder(id_type, id).clone();
        if self.declared_holder(id_type, id).is_none()
            && let Some(outcome) = self.test_parties.consent(id_type, id)
        {
            holder.consent = outcome;
        }
        holder
    }

    fn declared_holder(&self, id_type: PartyIdType, id: &str) -> Option<&AccountHolder> {
        let id = comparable_id(id_type, id);
        self.scenarios
            .iter()
            .flat_map(|scenario| &scenario.account_holders)
            .find(|declared| declared.party.matches(id))
            .map(|declared| &*declared.holder)
    }
}
