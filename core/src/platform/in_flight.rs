//! Counts of the callbacks in flight, by the round of their transactions.
//!
//! An advance of time begins a round. It waits for callbacks of earlier rounds only, and so it ends
//! however many payments are accepted meanwhile.

use smallvec::SmallVec;

/// A round: the transactions that are accepted between two advances of time.
pub type Round = u32;

/// The number of callbacks in flight in each round, the earliest round first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InFlight(SmallVec<[(Round, usize); 2]>);

impl InFlight {
    pub fn add(&mut self, round: Round, count: usize) {
        match self.0.binary_search_by_key(&round, |(round, _)| *round) {
            Ok(place) => self.0[place].1 += count,
            Err(place) => self.0.insert(place, (round, count)),
        }
    }

    /// # Panics
    ///
    /// If fewer were counted: each callback is counted once, and ends once.
    pub fn remove(&mut self, round: Round, count: usize) {
        let place = self.0.iter().position(|(counted, _)| *counted == round);
        let place = place.expect("a callback that ends was counted when it went out");
        self.0[place].1 -= count;
        if self.0[place].1 == 0 {
            self.0.remove(place);
        }
    }

    /// Applies the change of one space, where these are the counts of all spaces.
    pub fn follow(&mut self, before: &Self, after: &Self) {
        // Added first, so that no count is below zero in between.
        for (round, count) in &after.0 {
            self.add(*round, *count);
        }
        for (round, count) in &before.0 {
            self.remove(*round, *count);
        }
    }

    pub fn total(&self) -> usize {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Whether there is one of this round or an earlier one.
    pub fn has_up_to(&self, round: Round) -> bool {
        self.0.first().is_some_and(|(first, _)| *first <= round)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_round_is_not_waited_for() {
        let mut in_flight = InFlight::default();
        in_flight.add(2, 1);
        in_flight.add(1, 2);
        assert!(in_flight.has_up_to(1));
        in_flight.remove(1, 2);
        assert!(!in_flight.has_up_to(1));
        assert!(in_flight.has_up_to(2));
        assert_eq!(in_flight.total(), 1);
    }

    #[test]
    fn the_counts_of_all_follow_each_space() {
        let (mut all, mut before) = (InFlight::default(), InFlight::default());
        before.add(1, 3);
        let mut after = before.clone();
        after.remove(1, 1);
        after.add(4, 1);
        all.add(1, 5);
        all.follow(&before, &after);
        assert_eq!((all.total(), all.has_up_to(0)), (5, false));
        all.follow(&after, &InFlight::default());
        assert_eq!((all.total(), all.has_up_to(1)), (2, true));
    }
}
