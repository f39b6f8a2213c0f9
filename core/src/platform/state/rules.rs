//! The rules of a space, and those that come back.

use std::sync::Arc;

use super::Platform;
use crate::model::time::Timestamp;
use crate::platform::rules_in_force::RulesOfSpace;
use crate::scenario::rule_book::RuleBook;

impl Platform {
    pub(super) fn replace_rules(&mut self, rules: RulesOfSpace) {
        self.settings.rules = Arc::clone(rules.current());
        self.rules = rules;
        self.counts.own.clear();
        self.in_force_since = self.now;
        self.open_unused_accounts();
    }

    pub fn rules(&self) -> &Arc<RuleBook> {
        &self.settings.rules
    }

    /// Whether the rules in force are of this space alone.
    pub fn has_own_rules(&self) -> bool {
        self.rules.is_own()
    }

    /// Its rules, with those that come back.
    pub fn rules_of_space(&self) -> &RulesOfSpace {
        &self.rules
    }

    /// Whether the rules that are in force at `now` count the requests of all API users together.
    pub fn shares_counts_at(&self, now: Timestamp) -> bool {
        if self.rules.next_end().is_none_or(|end| end > now) {
            return self.rules().shares_counts() && !self.has_own_rules();
        }
        let mut then = self.rules.clone();
        then.end_by(now);
        then.current().shares_counts() && !then.is_own()
    }
}
