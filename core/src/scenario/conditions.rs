//! The conditions of a rule: which requests it is for.

use std::fmt;
use std::time::Duration;

use crate::model::amount::Amount;
use crate::model::ids::ApiUserId;
use crate::model::mtn_platform::MtnPlatform;
use crate::model::party::PartyIdType;
use crate::model::product::Product;
use crate::scenario::daytime::{Hours, UtcOffset, Weekday};
use crate::scenario::glob::Glob;
use crate::scenario::occurrence::Occurrences;
use crate::scenario::operation_set::OperationSet;

/// Conditions; all that are given must hold, and with none given every submission matches.
#[derive(Debug, Clone, Default)]
pub struct When {
    pub product: Option<Product>,
    pub operations: OperationSet,
    pub party: Option<Parties>,
    pub party_id_type: Option<PartyIdType>,
    pub amount: AmountBounds,
    pub currency: Option<String>,
    /// The external id, exact or with `*` and `?`.
    pub external_id: Option<Glob>,
    /// Other texts of the body, by the names of their fields, exact or with `*` and `?`.
    pub body: Vec<(&'static str, Glob)>,
    pub api_user: Option<ApiUserId>,
    /// The platform of production; it holds for nobody where platforms are not told apart.
    pub platform: Option<MtnPlatform>,
    /// Whether another request of the same payer is pending.
    pub same_payer_pending: Option<bool>,
    /// How likely; drawn from the reference, or from the number of a call that has none.
    pub chance: Option<Chance>,
    pub time: TimeConditions,
    pub occurrences: Occurrences,
}

/// The conditions on the time, on the emulator's clock.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimeConditions {
    /// How long after the scenario came into force the rule begins to apply.
    pub from: Option<Duration>,
    /// How long the rule applies after the scenario came into force.
    pub until: Option<Duration>,
    pub between: Option<Hours>,
    /// The days of the week; none for every day.
    pub weekdays: Vec<Weekday>,
    /// The offset of the scenario.
    pub utc_offset: UtcOffset,
}

/// A likelihood from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance(pub f64);

/// The parties that a rule is about: each that one of the patterns matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Parties(pub Vec<PartyPattern>);

#[derive(Debug, Clone, PartialEq)]
pub enum PartyPattern {
    /// An id, exact or with `*` and `?`.
    Glob(Glob),
    /// Ids of as many characters as both ends have, both included.
    Range { from: Box<str>, to: Box<str> },
}

impl Parties {
    pub fn matches(&self, id: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(id))
    }

    /// Whether every id that `other` matches is matched; where that is hard to tell, no.
    pub fn covers(&self, other: &Self) -> bool {
        other.0.iter().all(|theirs| self.0.iter().any(|own| own.covers(theirs)))
    }
}

/// The patterns as a file has them, separated by commas.
impl fmt::Display for Parties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, pattern) in self.0.iter().enumerate() {
            f.write_str(if place > 0 { ", " } else { "" })?;
            match pattern {
                PartyPattern::Glob(glob) => f.write_str(&glob.pattern())?,
                PartyPattern::Range { from, to } => write!(f, "{from} to {to}")?,
            }
        }
        Ok(())
    }
}

impl PartyPattern {
    fn matches(&self, id: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.matches(id),
            Self::Range { from, to } => id.len() == from.len() && (&**from..=&**to).contains(&id),
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Glob(own), Self::Glob(other)) => own.covers(other),
            (own, Self::Glob(Glob::Exact(id))) => own.matches(id),
            (own, Self::Range { from, to }) if matches!(own, Self::Range { .. }) => {
                own.matches(from) && own.matches(to)
            }
            _ => false,
        }
    }

    /// The text with which each id begins that it matches.
    pub fn beginning(&self) -> String {
        match self {
            Self::Glob(glob) => glob.beginning(),
            Self::Range { from, to } => {
                let same = from.chars().zip(to.chars()).take_while(|(one, other)| one == other);
                same.map(|(one, _)| one).collect()
            }
        }
    }
}

/// Bounds of an amount; all that are given must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AmountBounds {
    pub equals: Option<Amount>,
    pub at_least: Option<Amount>,
    pub at_most: Option<Amount>,
    pub more_than: Option<Amount>,
    pub less_than: Option<Amount>,
}

impl AmountBounds {
    /// Whether the amount is within; no amount is within no bounds only.
    pub fn contain(&self, amount: Option<Amount>) -> bool {
        let Some(amount) = amount else { return *self == Self::default() };
        self.equals.is_none_or(|bound| amount == bound)
            && self.at_least.is_none_or(|bound| amount >= bound)
            && self.at_most.is_none_or(|bound| amount <= bound)
            && self.more_than.is_none_or(|bound| amount > bound)
            && self.less_than.is_none_or(|bound| amount < bound)
    }

    /// Whether all amounts within `other` are within these bounds; where that is hard to tell, no.
    pub fn cover(&self, other: &Self) -> bool {
        if let Some(amount) = other.equals {
            return self.contain(Some(amount));
        }
        let lowest = other.at_least.max(other.more_than);
        let highest = match (other.at_most, other.less_than) {
            (Some(most), Some(less)) => Some(most.min(less)),
            (most, less) => most.or(less),
        };
        self.equals.is_none()
            && self.at_least.is_none_or(|bound| lowest.is_some_and(|lowest| lowest >= bound))
            && self.at_most.is_none_or(|bound| highest.is_some_and(|highest| highest <= bound))
            && self.more_than.is_none_or(|bound| {
                other.more_than.is_some_and(|lowest| lowest >= bound)
                    || other.at_least.is_some_and(|lowest| lowest > bound)
            })
            && self.less_than.is_none_or(|bound| {
                other.less_than.is_some_and(|highest| highest <= bound)
                    || other.at_most.is_some_and(|highest| highest < bound)
            })
    }

    /// Whether no amount is within.
    pub fn are_empty(&self) -> bool {
        let lowest = self.at_least.max(self.more_than);
        let is_outside = |amount: Amount| !self.contain(Some(amount));
        let crossed = |low: Option<Amount>, high: Option<Amount>, both: bool| {
            low.zip(high).is_some_and(|(low, high)| low > high || (!both && low == high))
        };
        self.equals.is_some_and(is_outside)
            || crossed(self.at_least, self.at_most, true)
            || crossed(self.more_than, self.at_most, false)
            || crossed(lowest, self.less_than, false)
    }
}

impl When {
    /// Whether all that `other` can match is matched by this; where that is hard to tell, no.
    pub fn covers(&self, other: &Self) -> bool {
        fn all<T: PartialEq>(own: &Option<T>, other: &Option<T>) -> bool {
            own.is_none() || own == other
        }
        fn all_texts(own: Option<&Glob>, other: Option<&Glob>) -> bool {
            match (own, other) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(own), Some(other)) => own.covers(other),
            }
        }
        let all_parties = match (&self.party, &other.party) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => own.covers(other),
        };
        let is_unbounded = self.chance.is_none()
            && self.same_payer_pending.is_none()
            && !self.occurrences.is_counting()
            && self.time.is_always();
        is_unbounded
            && all_parties
            && self.operations.covers(other.operations)
            && all(&self.product, &other.product)
            && all(&self.party_id_type, &other.party_id_type)
            && all(&self.currency, &other.currency)
            && all(&self.api_user, &other.api_user)
            && all(&self.platform, &other.platform)
            && all_texts(self.external_id.as_ref(), other.external_id.as_ref())
            && self.amount.cover(&other.amount)
            && self.body.iter().all(|(field, glob)| {
                let same = other.body.iter().find(|(name, _)| name == field);
                same.is_some_and(|(_, other)| all_texts(Some(glob), Some(other)))
            })
    }
}

impl TimeConditions {
    pub fn is_always(&self) -> bool {
        let Self { from, until, between, weekdays, utc_offset: _ } = self;
        from.is_none() && until.is_none() && between.is_none() && weekdays.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Option<Amount> {
        Some(Amount::parse(text).expect("an amount"))
    }

    #[test]
    fn bounds_are_strict_where_they_say_so_and_cover_what_lies_within() {
        let none = AmountBounds::default();
        let more = AmountBounds { more_than: amount("500"), ..none };
        assert!(!more.contain(amount("500")) && more.contain(amount("500.01")));
        let less = AmountBounds { less_than: amount("500"), ..none };
        assert!(!less.contain(amount("500")) && less.contain(amount("499.99")));
        let least = AmountBounds { at_least: amount("500"), ..none };
        assert!(least.cover(&more) && !more.cover(&least));
        assert!(more.cover(&AmountBounds { at_least: amount("501"), ..none }));
        assert!(more.cover(&AmountBounds { equals: amount("501"), ..none }));
        assert!(!more.cover(&none) && none.cover(&more));
        assert!(AmountBounds { at_most: amount("500"), ..none }.cover(&less));
        assert!(!less.cover(&AmountBounds { at_most: amount("500"), ..none }));
        assert!(
            AmountBounds { more_than: amount("5"), less_than: amount("5"), ..none }.are_empty()
        );
        assert!(AmountBounds { at_least: amount("5"), less_than: amount("5"), ..none }.are_empty());
        assert!(AmountBounds { more_than: amount("5"), at_most: amount("5"), ..none }.are_empty());
        assert!(!AmountBounds { at_least: amount("5"), at_most: amount("5"), ..none }.are_empty());
    }

    #[test]
    fn a_range_has_ids_of_its_length_and_begins_as_both_ends_do() {
        let range = |from: &str, to: &str| PartyPattern::Range { from: from.into(), to: to.into() };
        let range_of_ten = range("256770000000", "256770000009");
        assert!(range_of_ten.matches("256770000000") && range_of_ten.matches("256770000009"));
        assert!(!range_of_ten.matches("25677000000") && !range_of_ten.matches("256770000010"));
        assert_eq!(range_of_ten.beginning(), "25677000000");
        assert!(range("256770000000", "256779999999").covers(&range_of_ten));
        assert!(!range_of_ten.covers(&range("256770000000", "256779999999")));
    }
}
