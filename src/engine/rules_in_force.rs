//! The rules that spaces share, and the room that rules take.

use std::sync::Arc;

use crate::engine::spaces::{Space, Spaces};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::event::RuleScope;
use momo_sandbox_core::platform::footprint::Kept;
use momo_sandbox_core::scenario::rule_book::RuleBook;

/// The rules that are not a space's own.
#[derive(Debug)]
pub(super) struct RulesInForce {
    /// Those of the scenario files.
    of_the_start: Arc<RuleBook>,
    /// Those of spaces that are still to come.
    to_come: Arc<RuleBook>,
}

impl RulesInForce {
    /// Those of the scenario files are those of all spaces at first.
    pub(super) fn of_the_start(rules: &Arc<RuleBook>) -> Self {
        Self { of_the_start: Arc::clone(rules), to_come: Arc::clone(rules) }
    }

    /// Those of spaces that are still to come.
    pub(super) fn to_come(&self) -> Arc<RuleBook> {
        Arc::clone(&self.to_come)
    }

    /// What they keep.
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

    /// The rules that the scenario files say.
    pub fn rules_of_the_start(&self) -> Arc<RuleBook> {
        Arc::clone(&self.rules.lock().of_the_start)
    }

    /// Makes room for rules that a client sent: for one space, or for all.
    ///
    /// # Errors
    ///
    /// [`Rejection::LimitReached`] if there is none.
    pub fn make_room_for_rules(
        &self,
        asked: Option<&Space>,
        rules: &RuleBook,
    ) -> Result<(), Rejection> {
        self.make_room_for(asked, rules.bytes())
    }

    /// Puts rules in force in all spaces that were given none of their own, and in those that are
    /// still to come.
    pub fn put_rules(&self, rules: &Arc<RuleBook>) {
        self.change_rules(|all| all.to_come = Arc::clone(rules));
        for space in self.all() {
            self.enter(&space, |platform, _| {
                if !platform.has_own_rules() {
                    // Asked here: of two who put rules at one time, the later one's stay in all.
                    platform.put_rules(self.rules_to_come(), RuleScope::AllSpaces);
                }
            });
        }
    }

    /// The same, and they are what is in force again when others are taken back.
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
