//! The rules in force: the loaded scenarios in their order, then MTN's test values, then success.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::model::account_holder::AccountHolder;
use crate::model::environment::Environment;
use crate::model::ids::ApiUserId;
use crate::model::party::{PartyIdType, comparable_id};
use crate::model::product::Product;
use crate::model::submission::{Submission, TransactionKind};
use crate::operations::rejection::Rejection;
use crate::operations::table::OperationKind;
use crate::operations::unreadable::beginning;
use crate::scenario::conditions::When;
use crate::scenario::delivery::DeliveryPolicy;
use crate::scenario::matching::{Circumstances, Request, Unread};
use crate::scenario::memory_size;
use crate::scenario::occurrence::{CountBy, CountedOccurrences, RuleCounts};
use crate::scenario::rule::{DeclaredHolder, Fault, RateLimit, Rule, Scenario};
use crate::scenario::rule_index::RuleIndex;
use crate::scenario::test_values::{TestValues, test_values};

#[derive(Debug, Clone)]
pub struct RuleBook {
    /// The loaded scenarios; their rules go before all others, the first that matches wins.
    pub scenarios: Vec<Scenario>,
    /// The time for which an ordinary transaction is PENDING.
    pub settle_after: Duration,
    /// What each account holds at first.
    pub opening_balance: Decimal,
    /// Whether accounts are kept: without, payouts and refunds of any amount succeed, as in MTN's
    /// sandbox, and a balance is always what it was at first.
    pub keeps_ledger: bool,
    /// What holds where no scenario says otherwise.
    defaults: Defaults,
    pub token_lifetime: Duration,
    pub consent_token_lifetime: Duration,
    /// How often statuses may be asked for.
    pub rate_limit: Option<RateLimit>,
    /// How often callbacks are tried, where their rule does not say it.
    pub delivery: DeliveryPolicy,
    /// MTN's own test values, which are in force behind the loaded scenarios.
    test_values: &'static TestValues,
    /// The account holder of every id that no scenario declares.
    ordinary_holder: Arc<AccountHolder>,
    /// The memory of the scenarios in bytes.
    bytes: usize,
    index: RuleIndex,
    asks_for_pending_payers: bool,
    shares_counts: bool,
}

/// What holds beside scenarios.
#[derive(Debug, Clone, Copy)]
pub struct Defaults {
    /// How long an ordinary transaction stays PENDING.
    pub settle_after: Duration,
    /// What each account holds at first; goes before those of scenarios.
    pub opening_balance: Option<Decimal>,
    /// Whether accounts are kept; goes before what scenarios say.
    pub ledger: Option<bool>,
    /// How often statuses may be asked for, where no scenario says it.
    pub rate_limit: Option<RateLimit>,
    /// How often callbacks are tried, where no scenario says it.
    pub delivery: DeliveryPolicy,
}

impl Defaults {
    /// An ordinary transaction stays PENDING so long, and all else is as usual.
    pub fn settling_after(settle_after: Duration) -> Self {
        Self {
            settle_after,
            opening_balance: None,
            ledger: None,
            rate_limit: None,
            delivery: DeliveryPolicy::default(),
        }
    }

    /// The same with the query limit of a target environment.
    pub fn of(environment: &Environment, settle_after: Duration) -> Self {
        let limit = environment.query_limit();
        let rate_limit = limit.map(|(requests, per)| RateLimit { requests, per });
        Self { rate_limit, ..Self::settling_after(settle_after) }
    }
}

impl RuleBook {
    /// What each account holds at first, where nothing else is said.
    pub const OPENING_BALANCE: Decimal = Decimal::ONE_THOUSAND;

    /// The default lifetime of an access token
    /// (docs/contract.md#token-endpoints).
    pub const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);

    /// The default lifetime of a token for a consent (recorded 2023 and 2024).
    pub const CONSENT_TOKEN_LIFETIME: Duration = Duration::from_secs(300);

    /// The book with these scenarios, MTN's test values behind them. Of what several scenarios
    /// say, the first counts.
    pub fn new(scenarios: Vec<Scenario>, defaults: Defaults) -> Self {
        let of_scenarios = || scenarios.iter().find_map(|scenario| scenario.opening_balance);
        let opening_balance = defaults.opening_balance.or_else(of_scenarios);
        let ledger = scenarios.iter().find_map(|scenario| scenario.ledger);
        let token_lifetime = scenarios.iter().find_map(|scenario| scenario.token_lifetime);
        let rate_limit = scenarios.iter().find_map(|scenario| scenario.rate_limit);
        let delivery = scenarios.iter().find_map(|scenario| scenario.delivery);
        let rules = (0..).zip(scenarios.iter().flat_map(|scenario| &scenario.rules));
        let has = |asks: fn(&When) -> bool| rules.clone().any(|(_, rule)| asks(&rule.when));
        let index = RuleIndex::of(rules.clone());
        Self {
            settle_after: defaults.settle_after,
            asks_for_pending_payers: has(|when| when.same_payer_pending.is_some()),
            shares_counts: has(|when| when.occurrences.by == CountBy::All),
            opening_balance: opening_balance.unwrap_or(Self::OPENING_BALANCE),
            keeps_ledger: defaults.ledger.or(ledger).unwrap_or(true),
            defaults,
            token_lifetime: token_lifetime.unwrap_or(Self::TOKEN_LIFETIME),
            consent_token_lifetime: token_lifetime.unwrap_or(Self::CONSENT_TOKEN_LIFETIME),
            rate_limit: rate_limit.or(defaults.rate_limit),
            delivery: delivery.unwrap_or(defaults.delivery),
            bytes: index.bytes() + scenarios.iter().map(memory_size::bytes_of).sum::<usize>(),
            index,
            scenarios,
            test_values: test_values(),
            ordinary_holder: Arc::default(),
        }
    }

    /// The book with other scenarios, and all else that was given at the start.
    pub fn with(&self, scenarios: Vec<Scenario>) -> Self {
        Self::new(scenarios, self.defaults)
    }

    /// How many bytes its scenarios keep.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The rules of the loaded scenarios, each with its number.
    pub fn loaded_rules(&self) -> impl Iterator<Item = (u32, &Rule)> {
        (0..).zip(self.scenarios.iter().flat_map(|scenario| &scenario.rules))
    }

    /// The rule of this number.
    fn numbered(&self, number: u32) -> Option<(u32, &Rule)> {
        let mut place = usize::try_from(number).ok()?;
        for scenario in &self.scenarios {
            match scenario.rules.get(place) {
                Some(rule) => return Some((number, rule)),
                None => place -= scenario.rules.len(),
            }
        }
        None
    }

    /// The rules that may be for a submission, in their order.
    pub fn rules_for_submission(
        &self,
        submission: &Submission,
        api_user: ApiUserId,
    ) -> impl Iterator<Item = (u32, &Rule)> + use<'_> {
        let numbers = self.index.for_submission(submission, api_user);
        numbers.filter_map(|number| self.numbered(number))
    }

    /// The rules that may be for a call, in their order.
    pub fn rules_for_call(&self, operation: OperationKind) -> impl Iterator<Item = (u32, &Rule)> {
        let numbers = self.index.for_call(operation);
        numbers.filter_map(|number| self.numbered(number))
    }

    /// Whether a rule asks whether another request of the same payer is pending.
    pub fn asks_for_pending_payers(&self) -> bool {
        self.asks_for_pending_payers
    }

    /// Whether a rule counts the requests of all API users together.
    pub fn shares_counts(&self) -> bool {
        self.shares_counts
    }

    /// The first rule of the loaded scenarios that matches, and the counts that go on.
    pub fn loaded_rule(
        &self,
        submission: &Submission,
        circumstances: &Circumstances,
        counts: &RuleCounts,
    ) -> (Option<(&Rule, Option<NonZeroU32>)>, CountedOccurrences) {
        let mut counted = CountedOccurrences::new();
        let request = Request::Submission(submission);
        for (number, rule) in self.rules_for_submission(submission, circumstances.api_user) {
            let compared = rule.when.compare(request, circumstances, number, counts);
            let (occurrence, one) = compared.occurrence.unzip();
            counted.extend(one);
            if compared.miss.is_none() {
                return (Some((rule, occurrence)), counted);
            }
        }
        (None, counted)
    }

    /// The rule of the loaded scenarios that answers a submission before its body is read: the
    /// first that matches, if it needs no body to match, and creates nothing. MTN answers an
    /// account without the right to disburse so (recorded 2026).
    pub fn rule_before_body(
        &self,
        product: Product,
        kind: TransactionKind,
        circumstances: &Circumstances,
    ) -> Option<(&Rule, &Fault)> {
        let decides =
            |rule: &&Rule| rule.when.holds_unread(product, kind, circumstances) != Unread::Misses;
        let (_, rule) = self.loaded_rules().find(|(_, rule)| decides(rule))?;
        let submit = rule.submit.as_ref().filter(|submit| !submit.created)?;
        let fault = submit.fault.as_ref().filter(|fault| fault.replaces_answer())?;
        let unread = rule.when.holds_unread(product, kind, circumstances);
        (unread == Unread::Matches).then_some((rule, fault))
    }

    /// The rule of MTN's test values that matches.
    pub fn test_rule(
        &self,
        submission: &Submission,
        circumstances: &Circumstances,
    ) -> Option<&'static Rule> {
        let (request, counts) = (Request::Submission(submission), RuleCounts::default());
        let matches =
            |rule: &&Rule| rule.when.compare(request, circumstances, 0, &counts).miss.is_none();
        self.test_values.rules_for(submission, circumstances.api_user).find(matches)
    }

    /// Returns the account holder of an id. Every id has one.
    pub fn account_holder(&self, id_type: PartyIdType, id: &str) -> &AccountHolder {
        self.declared_holder(id_type, id)
            .map_or(&self.ordinary_holder, |(_, declared)| &declared.holder)
    }

    /// Whether the account holder is active.
    ///
    /// # Errors
    ///
    /// The refusal that a scenario, or MTN's table, gives that id.
    pub fn account_holder_active(&self, id_type: PartyIdType, id: &str) -> Result<bool, Rejection> {
        let Some((scenario, declared)) = self.declared_holder(id_type, id) else { return Ok(true) };
        let Some(refusal) = declared.active_refusal else { return Ok(declared.holder.active) };
        let id = beginning(id);
        let code = refusal.code();
        Err(refusal.rejection(if std::ptr::eq(scenario, &self.test_values.scenario) {
            format!(
                "{id} is one of MTN's sandbox test values: asking whether it is active is \
                 answered with {code}. Any other number is active."
            )
        } else {
            format!(
                "The scenario `{}` declares {id} as an account holder whose activity is \
                 answered with {code}.",
                scenario.name
            )
        }))
    }

    /// The first that is declared with such an id, by a loaded scenario or MTN's test values.
    pub fn declared_holder(
        &self,
        id_type: PartyIdType,
        id: &str,
    ) -> Option<(&Scenario, &DeclaredHolder)> {
        let id = comparable_id(id_type, id);
        self.scenarios
            .iter()
            .chain(std::iter::once(&self.test_values.scenario))
            .flat_map(|scenario| scenario.account_holders.iter().map(move |one| (scenario, one)))
            .filter(|(_, declared)| declared.id_type.is_none_or(|wanted| wanted == id_type))
            .find(|(_, declared)| declared.party.matches(id))
    }
}
