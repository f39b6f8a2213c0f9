//! The rules that spaces share, and the memory that rules take.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use uuid::Uuid;

use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::OperationKind;
use momo_sandbox_core::platform::footprint::Kept;
use momo_sandbox_core::platform::rules_in_force::{Lasting, RulesOfAll};
use momo_sandbox_core::scenario::call::CallFate;
use momo_sandbox_core::scenario::matching::{Call, Circumstances};
use momo_sandbox_core::scenario::occurrence::RuleCounts;
use momo_sandbox_core::scenario::rule_book::RuleBook;

/// The rules of all spaces that have none of their own.
#[derive(Debug)]
pub(super) struct RulesInForce {
    /// The rules of the scenario files.
    of_the_start: Arc<RuleBook>,
    /// Those of all spaces that have none of their own, and of spaces that are still to come.
    of_all: RulesOfAll,
    /// How many occurrences there were in provisioning, which is in no space.
    counts: RuleCounts,
    /// When the rules of spaces to come were put.
    since: Timestamp,
}

impl RulesInForce {
    /// At first all spaces have the rules of the scenario files.
    pub(super) fn of_the_start(rules: &Arc<RuleBook>, now: Timestamp) -> Self {
        Self {
            of_the_start: Arc::clone(rules),
            of_all: Arc::clone(rules).into(),
            counts: RuleCounts::default(),
            since: now,
        }
    }

    pub(super) fn of_all(&self) -> &RulesOfAll {
        &self.of_all
    }

    /// Counts from the beginning.
    fn count_from(&mut self, now: Timestamp) {
        self.counts = RuleCounts::default();
        self.since = now;
    }

    /// The bytes that they keep.
    fn kept(&self) -> Kept {
        let RulesOfAll { lasting, temporary } = &self.of_all;
        let is_one = Arc::ptr_eq(&self.of_the_start, lasting);
        let others = if is_one { 0 } else { self.of_the_start.bytes() };
        let temporary = temporary.as_ref().map_or(0, |temporary| temporary.rules.bytes());
        Kept { bytes: lasting.bytes() + others + temporary, evictable: 0 }
    }
}

impl Spaces {
    /// What a rule does to a call of provisioning, if one is about it. The call counts. The rules
    /// are those of spaces that are still to come.
    pub fn fate_of_provisioning(&self, operation: OperationKind) -> Option<CallFate> {
        self.end_rules_of_all();
        let mut rules = self.rules.lock();
        let now = self.clock().now();
        let circumstances = Circumstances {
            api_user: ApiUserId(Uuid::nil()),
            platform: None,
            seed: self.settings().seed,
            now,
            in_force_for: now.since(rules.since),
            environment: self.settings().environment,
            same_payer_pending: false,
        };
        let call = Call { operation, product: None, party: None };
        let in_force = Arc::clone(rules.of_all.current());
        let (decided, counted) = in_force.rule_for_call(call, &circumstances, &rules.counts);
        for occurrence in counted {
            rules.counts.count(occurrence);
        }
        decided.and_then(|decided| decided.fate(&circumstances))
    }

    /// The rules of spaces that are still to come.
    pub fn rules_to_come(&self) -> Arc<RuleBook> {
        Arc::clone(self.rules_of_all().current())
    }

    /// The rules of all spaces that have none of their own, with those that come back.
    pub fn rules_of_all(&self) -> RulesOfAll {
        self.end_rules_of_all();
        self.rules.lock().of_all.clone()
    }

    /// The rules of the scenario files.
    pub fn rules_of_the_start(&self) -> Arc<RuleBook> {
        Arc::clone(&self.rules.lock().of_the_start)
    }

    /// Makes room for rules that a client sent: for one space, or for all.
    ///
    /// # Errors
    ///
    /// [`Rejection::LimitReached`] if there is no room.
    pub fn make_room_for_rules(
        &self,
        asked: Option<&Space>,
        rules: &RuleBook,
    ) -> Result<(), Rejection> {
        self.make_room_for(asked, rules.bytes())
    }

    /// Puts rules in force in all spaces that have none of their own, and in those that are still
    /// to come.
    pub fn put_rules(&self, rules: &Arc<RuleBook>) {
        self.put_rules_lasting(rules, Lasting::ForGood);
    }

    /// Puts rules in force likewise, for good or for a time.
    pub fn put_rules_lasting(&self, rules: &Arc<RuleBook>, lasting: Lasting) {
        self.change_rules(|all| all.of_all.put(Arc::clone(rules), lasting));
        self.pass_on_rules();
    }

    /// Ends the rules of all spaces that are in force for a time, if there are any.
    pub fn end_rules_for_a_time(&self) {
        if self.rules.lock().of_all.temporary.is_some() {
            self.change_rules(|all| all.of_all.temporary = None);
            self.pass_on_rules();
        }
    }

    /// Ends the rules of all that are over. Each space ends them by itself, at its own time.
    pub(super) fn end_rules_of_all(&self) {
        let end = self.rules_end.load(Ordering::Acquire);
        if end == i64::MAX || self.clock().now() < Timestamp(end) {
            return;
        }
        let now = self.clock().now();
        self.change_rules(|all| {
            all.of_all.end_by(now);
        });
    }

    /// When the rules of all end, if they are for a time.
    pub(super) fn end_of_rules(&self) -> Option<Timestamp> {
        let end = self.rules_end.load(Ordering::Acquire);
        (end != i64::MAX).then_some(Timestamp(end))
    }

    fn pass_on_rules(&self) {
        for space in self.all() {
            self.enter(&space, |platform, _| {
                // Read under the space's lock: of two calls at the same time, the later one's rules
                // stay in force in all spaces.
                let of_all = self.rules.lock().of_all.clone();
                platform.put_rules_of_all(of_all);
            });
        }
    }

    /// Puts rules in force likewise, and keeps them as the rules of the scenario files, to which
    /// spaces return when their own rules are removed.
    pub fn put_rules_of_the_start(&self, rules: &Arc<RuleBook>) {
        self.change_rules(|all| all.of_the_start = Arc::clone(rules));
        self.put_rules(rules);
    }

    /// Forgets how many occurrences there were in provisioning.
    pub(super) fn forget_provisioning_counts(&self) {
        self.rules.lock().count_from(self.clock().now());
    }

    fn change_rules(&self, change: impl FnOnce(&mut RulesInForce)) {
        let mut rules = self.rules.lock();
        let before = rules.kept();
        change(&mut rules);
        rules.count_from(self.clock().now());
        let end = rules.of_all.temporary.as_ref().and_then(|temporary| temporary.until);
        self.rules_end.store(end.map_or(i64::MAX, |end| end.0), Ordering::Release);
        self.memory().note(before, rules.kept());
        drop(rules);
        // Afterwards: whoever holds the counts may wait for the rules.
        self.shared.shared_counts.lock().clear();
    }
}
