//! The number of an occurrence: how often requests came for which a rule's other conditions hold.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::time::Duration;

use compact_str::CompactString;
use smallvec::SmallVec;
use strum::{IntoStaticStr, VariantArray};

use crate::model::time::Timestamp;
use crate::scenario::daytime::UtcOffset;

/// The most counts of a space: a rule that counts by party has one for each. Beyond it, the count
/// that began first is forgotten.
pub const COUNTS_MAX: usize = 100_000;

/// The conditions on the number of an occurrence; all that are given must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// The first so many.
    pub first: Option<u32>,
    /// This one alone.
    pub nth: Option<u32>,
    /// Each one whose number is a multiple of this.
    pub every: Option<u32>,
    /// Those after so many.
    pub after_first: Option<u32>,
    /// The time with which counting starts again.
    pub per: Option<CountingPeriod>,
    pub by: CountBy,
}

/// The time with which counting starts again, on the emulator's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum CountingPeriod {
    Minute,
    Hour,
    /// From midnight, at the scenario's offset from UTC.
    Day,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum CountBy {
    /// Those of an API user.
    #[default]
    ApiUser,
    /// Those of an API user about the same party.
    Party,
    /// Those of all API users under the same rules.
    All,
}

impl Occurrences {
    /// Whether a number decides at all.
    pub fn is_counting(&self) -> bool {
        let numbers = [self.first, self.nth, self.every, self.after_first];
        numbers.iter().any(Option::is_some)
    }

    /// Whether the rule is for the occurrence of this number, from 1.
    pub fn hold(&self, number: u32) -> bool {
        self.missing(number).is_none()
    }

    /// The condition that this number does not meet.
    pub fn missing(&self, number: u32) -> Option<OccurrenceCondition> {
        if self.nth.is_some_and(|nth| number != nth) {
            Some(OccurrenceCondition::Nth)
        } else if self.every.is_some_and(|every| !number.is_multiple_of(every)) {
            Some(OccurrenceCondition::Every)
        } else if self.after_first.is_some_and(|passed| number <= passed) {
            Some(OccurrenceCondition::AfterFirst)
        } else if self.first.is_some_and(|first| number > first) {
            Some(OccurrenceCondition::First)
        } else {
            None
        }
    }

    /// Whether no number meets all conditions.
    pub fn are_impossible(&self) -> bool {
        let least = self.after_first.map_or(1, |passed| passed.saturating_add(1));
        let step = self.every.unwrap_or(1);
        let first_multiple = least.div_ceil(step).checked_mul(step);
        match (self.nth, first_multiple) {
            (Some(nth), _) => !self.hold(nth),
            (None, None) => true,
            (None, Some(number)) => !self.hold(number),
        }
    }

    /// How many numbers before this one met the conditions.
    pub fn met_before(&self, number: u32) -> u32 {
        let up_to = number.saturating_sub(1).min(self.first.unwrap_or(u32::MAX));
        if let Some(nth) = self.nth {
            return u32::from(self.hold(nth) && nth <= up_to);
        }
        let step = self.every.unwrap_or(1);
        (up_to / step).saturating_sub(self.after_first.unwrap_or(0) / step)
    }

    /// The number of the period in which counting goes on; without one, there is only one.
    pub fn period(&self, now: Timestamp, offset: UtcOffset) -> i64 {
        self.per.map_or(0, |per| offset.local_millis(now).div_euclid(per.millis()))
    }
}

/// A condition on the number of an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OccurrenceCondition {
    Nth,
    Every,
    AfterFirst,
    First,
}

impl CountingPeriod {
    fn millis(self) -> i64 {
        let minute = Duration::from_secs(60);
        let length = match self {
            Self::Minute => minute,
            Self::Hour => 60 * minute,
            Self::Day => 24 * 60 * minute,
        };
        i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
    }
}

/// What is counted: a rule by its number in the rule book, and a party where each has a count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountKey {
    pub rule: u32,
    pub party: Option<CompactString>,
}

/// A count to go on with, once the request is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedOccurrence {
    pub key: CountKey,
    pub period: i64,
    /// Whether all API users share the count.
    pub is_shared: bool,
}

/// The counts that one request goes on with: of most there is none.
pub type CountedOccurrences = SmallVec<[CountedOccurrence; 1]>;

/// Counts of occurrences, each in its present period.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    counts: BTreeMap<CountKey, (i64, u32)>,
    /// The keys in the order in which they were first counted.
    order: VecDeque<CountKey>,
}

impl Counts {
    /// The number of the occurrence that would be counted next.
    pub fn next(&self, key: &CountKey, period: i64) -> NonZeroU32 {
        let counted = self.counts.get(key).filter(|(own, _)| *own == period);
        let number = counted.map_or(0, |(_, number)| *number);
        NonZeroU32::MIN.saturating_add(number)
    }

    pub fn count(&mut self, key: CountKey, period: i64) {
        if let Some((own, number)) = self.counts.get_mut(&key) {
            *number = if *own == period { number.saturating_add(1) } else { 1 };
            *own = period;
            return;
        }
        if self.counts.len() >= COUNTS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.counts.remove(&oldest);
        }
        self.order.push_back(key.clone());
        self.counts.insert(key, (period, 1));
    }

    pub fn clear(&mut self) {
        self.counts.clear();
        self.order.clear();
    }

    /// The bytes that the counts keep.
    pub fn bytes(&self) -> usize {
        self.counts.len() * (2 * size_of::<CountKey>() + size_of::<(i64, u32)>())
    }
}

/// The counts that a space sees: its own, and those that all API users share.
#[derive(Debug, Clone, Default)]
pub struct RuleCounts {
    pub own: Counts,
    pub shared: Counts,
}

impl RuleCounts {
    pub fn next(&self, occurrence: &CountedOccurrence) -> NonZeroU32 {
        let counts = if occurrence.is_shared { &self.shared } else { &self.own };
        counts.next(&occurrence.key, occurrence.period)
    }

    pub fn count(&mut self, occurrence: CountedOccurrence) {
        let counts = if occurrence.is_shared { &mut self.shared } else { &mut self.own };
        counts.count(occurrence.key, occurrence.period);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(of: Occurrences) -> Vec<u32> {
        (1..=12).filter(|number| of.hold(*number)).collect()
    }

    #[test]
    fn each_condition_is_about_the_number_and_all_must_hold() {
        let none = Occurrences::default();
        assert_eq!(numbers(Occurrences { first: Some(2), ..none }), [1, 2]);
        assert_eq!(numbers(Occurrences { nth: Some(3), ..none }), [3]);
        assert_eq!(numbers(Occurrences { every: Some(4), ..none }), [4, 8, 12]);
        assert_eq!(numbers(Occurrences { after_first: Some(10), ..none }), [11, 12]);
        let both = Occurrences { every: Some(4), after_first: Some(4), ..none };
        assert_eq!(numbers(both), [8, 12]);
        assert_eq!(numbers(Occurrences { first: Some(8), ..both }), [8]);
    }

    #[test]
    fn what_was_met_before_is_counted_without_going_through_it() {
        let choices = [None, Some(1), Some(2), Some(3), Some(5)];
        for first in choices {
            for nth in choices {
                for every in choices {
                    for after_first in choices {
                        let all = Occurrences { first, nth, every, after_first, ..<_>::default() };
                        for number in 1..=12 {
                            let expected = (1..number).filter(|one| all.hold(*one)).count();
                            assert_eq!(
                                all.met_before(number) as usize,
                                expected,
                                "{all:?} {number}"
                            );
                        }
                        let is_any = (1..=100).any(|number| all.hold(number));
                        assert_eq!(all.are_impossible(), !is_any, "{all:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_count_starts_again_with_its_period_and_the_oldest_goes_beyond_the_limit() {
        let mut counts = Counts::default();
        let key = |rule, party: &str| CountKey { rule, party: Some(party.into()) };
        let next = |counts: &Counts, key, period| counts.next(&key, period).get();
        counts.count(key(0, "a"), 1);
        counts.count(key(0, "a"), 1);
        assert_eq!(next(&counts, key(0, "a"), 1), 3);
        assert_eq!(next(&counts, key(0, "b"), 1), 1);
        assert_eq!(next(&counts, key(1, "a"), 1), 1);
        assert_eq!(next(&counts, key(0, "a"), 2), 1);
        counts.count(key(0, "a"), 2);
        assert_eq!(next(&counts, key(0, "a"), 2), 2);
        for number in 0..COUNTS_MAX {
            counts.count(key(7, &number.to_string()), 0);
        }
        assert_eq!(next(&counts, key(0, "a"), 2), 1, "forgotten");
        assert_eq!(next(&counts, key(7, "0"), 0), 2);
        assert_eq!(counts.counts.len(), COUNTS_MAX);
        assert_eq!(counts.order.len(), COUNTS_MAX);
    }

    #[test]
    fn a_day_begins_at_midnight_where_the_scenario_is() {
        let per_day = Occurrences { per: Some(CountingPeriod::Day), ..<_>::default() };
        let day = |text: &str, offset: &str| {
            let now = Timestamp::parse(text).expect("a time");
            per_day.period(now, UtcOffset::parse(offset).expect("an offset"))
        };
        let first = day("2026-11-26T20:59:59Z", "+03:00");
        assert_eq!(day("2026-11-26T21:00:00Z", "+03:00"), first + 1);
        assert_eq!(day("2026-11-26T21:00:00Z", "+00:00"), first);
    }
}
