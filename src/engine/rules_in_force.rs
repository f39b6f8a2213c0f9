//! The rules that spaces share, and the memory that rules take.

use std::sync::Arc;

use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::event::RuleScope;
use momo_sandbox_core::platform::footprint::Kept;
use momo_sandbox_core::scenario::rule_book::RuleBook;

/// The rules of all spaces that have none of their own.
#[derive(Debug)]
pub(super) struct RulesInForce {
    /// The rules of the scenario files.
    of_the_start: Arc<RuleBook>,
    /// Those of spaces that are still to come.
    to_come: Arc<RuleBook>,
}

impl RulesInForce {
    /// At first all spaces have the rules of the scenario files.
    pub(super) fn of_the_start(rules: &Arc<RuleBook>) -> Self {
        Self { of_the_start: Arc::clone(rules), to_come: Arc::clone(rules) }
    }

    /// Those of spaces that are still to come.
    pub(super) fn to_come(&self) -> Arc<RuleBook> {
        Arc::clone(&self.to_come)
    }

    /// The bytes that they keep.
    fn kept(&self) -> Kept {
        let is_one = Arc::ptr_eq(&self.of_the_start, &self.to_come);
        let others = if is_one { 0 } else { self.of_the_start.bytes() };
        Kept { bytes: self.to_come.bytes() + others, evictable: 0 }
    }
}

impl Spaces {
    /// The rules of spaces that are still to come.
    pub fn rules_to_come(&self) -> Arc<RuleBook> {
        self.rules.lock().to_come()
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
        self.change_rules(|all| all.to_come = Arc::clone(rules));
        for space in self.all() {
            self.enter(&space, |platform, _| {
                if !platform.has_own_rules() {
                    // Read under the space's lock: of two calls at the same time, the later one's
                    // rules stay in force in all spaces.
                    platform.put_rules(self.rules_to_come(), RuleScope::AllSpaces);
                }
            });
        }
    }

    /// Puts rules in force likewise, and keeps them as the rules of the scenario files, to which
    /// spaces return when their own rules are removed.
    pub fn put_rules_of_the_start(&self, rules: &Arc<RuleBook>) {
        self.change_rules(|all| all.of_the_start = Arc::clone(rules));
        self.put_rules(rules);
    }

    fn change_rules(&self, change: impl FnOnce(&mut RulesInForce)) {
        let mut rules = self.rules.lock();
        let before = rules.kept();
        change(&mut rules);
        self.memory().note(before, rules.kept());
    }
}
