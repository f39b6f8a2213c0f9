//! The rules in force: for good, or for a time, after which those before come back.

use std::sync::Arc;

use crate::model::time::Timestamp;
use crate::scenario::rule_book::RuleBook;

/// How long rules stay in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    ForGood,
    /// Until that time, or until somebody ends it if there is none. Then those before come back.
    ForNow(Option<Timestamp>),
}

/// Rules that are in force for a time.
#[derive(Debug, Clone)]
pub struct Temporary {
    pub rules: Arc<RuleBook>,
    /// When they end; `None` if somebody must end them.
    pub until: Option<Timestamp>,
}

impl Temporary {
    fn ends_by(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// The rules of all spaces that have none of their own.
#[derive(Debug, Clone)]
pub struct RulesOfAll {
    /// Those that stay.
    pub lasting: Arc<RuleBook>,
    /// Those that are in force instead, for a time.
    pub temporary: Option<Temporary>,
}

impl From<Arc<RuleBook>> for RulesOfAll {
    fn from(lasting: Arc<RuleBook>) -> Self {
        Self { lasting, temporary: None }
    }
}

impl RulesOfAll {
    pub fn current(&self) -> &Arc<RuleBook> {
        self.temporary.as_ref().map_or(&self.lasting, |temporary| &temporary.rules)
    }

    /// Puts rules in force. Those for good end the ones for a time; those for a time replace
    /// others for a time, so that what comes back is what was in force for good.
    pub fn put(&mut self, rules: Arc<RuleBook>, lasting: Lasting) {
        match lasting {
            Lasting::ForGood => *self = rules.into(),
            Lasting::ForNow(until) => self.temporary = Some(Temporary { rules, until }),
        }
    }

    /// Ends the rules for a time that are over by `now`; returns whether there were any.
    pub fn end_by(&mut self, now: Timestamp) -> bool {
        self.temporary.take_if(|temporary| temporary.ends_by(now)).is_some()
    }
}

/// The rules of a space: those of all, and its own, which go before.
#[derive(Debug, Clone)]
pub struct RulesOfSpace {
    pub of_all: RulesOfAll,
    own: Option<Arc<RuleBook>>,
    own_temporary: Option<Temporary>,
}

impl From<RulesOfAll> for RulesOfSpace {
    fn from(of_all: RulesOfAll) -> Self {
        Self { of_all, own: None, own_temporary: None }
    }
}

impl RulesOfSpace {
    pub fn current(&self) -> &Arc<RuleBook> {
        let own = self.own_temporary.as_ref().map(|temporary| &temporary.rules);
        own.or(self.own.as_ref()).unwrap_or_else(|| self.of_all.current())
    }

    /// Whether those in force are of this space alone.
    pub fn is_own(&self) -> bool {
        self.own.is_some() || self.own_temporary.is_some()
    }

    /// Those in force, if they are for a time.
    pub fn temporary(&self) -> Option<&Temporary> {
        match self.own {
            Some(_) => self.own_temporary.as_ref(),
            None => self.own_temporary.as_ref().or(self.of_all.temporary.as_ref()),
        }
    }

    /// Puts rules in force for this space alone.
    pub fn put_own(&mut self, rules: Arc<RuleBook>, lasting: Lasting) {
        match lasting {
            Lasting::ForGood => (self.own, self.own_temporary) = (Some(rules), None),
            Lasting::ForNow(until) => self.own_temporary = Some(Temporary { rules, until }),
        }
    }

    /// Ends its own rules for a time; returns whether there were any.
    pub fn end_own(&mut self) -> bool {
        self.own_temporary.take().is_some()
    }

    /// When the next rules for a time end.
    pub fn next_end(&self) -> Option<Timestamp> {
        let both = [&self.own_temporary, &self.of_all.temporary];
        both.into_iter().flatten().filter_map(|temporary| temporary.until).min()
    }

    /// Ends the rules for a time that are over by `now`.
    pub fn end_by(&mut self, now: Timestamp) {
        self.own_temporary.take_if(|temporary| temporary.ends_by(now));
        self.of_all.end_by(now);
    }

    /// The bytes of its own rules. Those of all are counted once for all spaces.
    pub(super) fn own_bytes(&self) -> usize {
        let temporary = self.own_temporary.as_ref().map(|temporary| &temporary.rules);
        self.own.iter().chain(temporary).map(|rules| rules.bytes()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::scenario::rule_book::Defaults;

    fn book() -> Arc<RuleBook> {
        Arc::new(RuleBook::new(Vec::new(), Defaults::settling_after(Duration::ZERO)))
    }

    fn until(at: i64) -> Lasting {
        Lasting::ForNow(Some(Timestamp(at)))
    }

    #[test]
    fn what_comes_back_is_what_was_in_force_for_good() {
        let [base, first, second] = [book(), book(), book()];
        let mut rules = RulesOfAll::from(Arc::clone(&base));
        rules.put(first, until(10));
        rules.put(Arc::clone(&second), until(20));
        assert!(!rules.end_by(Timestamp(19)));
        assert!(Arc::ptr_eq(rules.current(), &second));
        assert!(rules.end_by(Timestamp(20)));
        assert!(Arc::ptr_eq(rules.current(), &base));
    }

    #[test]
    fn rules_of_a_space_and_of_all_end_each_at_its_own_time() {
        let [base, all, own, mine] = [book(), book(), book(), book()];
        let mut of_all = RulesOfAll::from(Arc::clone(&base));
        of_all.put(Arc::clone(&all), until(10));
        let mut rules = RulesOfSpace::from(of_all);
        rules.put_own(Arc::clone(&own), until(5));
        assert!(rules.is_own() && Arc::ptr_eq(rules.current(), &own));
        assert_eq!(rules.next_end(), Some(Timestamp(5)));
        rules.end_by(Timestamp(5));
        assert!(!rules.is_own() && Arc::ptr_eq(rules.current(), &all));
        assert_eq!(rules.temporary().and_then(|one| one.until), Some(Timestamp(10)));
        rules.put_own(Arc::clone(&mine), Lasting::ForGood);
        assert!(rules.temporary().is_none(), "its own are for good");
        rules.end_by(Timestamp(10));
        assert!(Arc::ptr_eq(rules.current(), &mine));
        assert!(Arc::ptr_eq(rules.of_all.current(), &base));
        assert_eq!(rules.next_end(), None);
    }

    #[test]
    fn rules_for_good_end_those_for_a_time_and_some_end_only_by_hand() {
        let mut rules = RulesOfSpace::from(RulesOfAll::from(book()));
        rules.put_own(book(), until(5));
        rules.put_own(book(), Lasting::ForGood);
        assert_eq!(rules.next_end(), None);
        rules.put_own(book(), Lasting::ForNow(None));
        rules.end_by(Timestamp(i64::MAX));
        assert!(rules.temporary().is_some());
        assert!(rules.end_own() && !rules.end_own());
        assert!(rules.is_own());
    }
}
