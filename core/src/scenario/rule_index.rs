//! An index of a rule book: the rules that may be for a request, without looking at all others.
//!
//! A rule is found by one exact condition of it, the one that the fewest rules share: a party, the
//! beginning of a party's id, an external id or its beginning, an amount, an API user. The rest of
//! the rules are compared with every request of their operations.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use smallvec::SmallVec;

use crate::model::amount::Amount;
use crate::model::ids::ApiUserId;
use crate::model::submission::Submission;
use crate::operations::table::OperationKind;
use crate::scenario::conditions::{PartyPattern, When};
use crate::scenario::glob::Glob;
use crate::scenario::operation_set::OperationSet;
use crate::scenario::rule::Rule;

/// The fewest rules that are indexed. Comparing fewer with a submission is as quick as the index.
const INDEXED_MIN: usize = 16;

/// An exact condition of a rule, or what a submission has for one.
#[derive(Debug, Clone, Copy, Hash)]
enum Key<'t> {
    Party(&'t str),
    PartyBeginning(&'t str),
    ExternalId(&'t str),
    ExternalIdBeginning(&'t str),
    Amount(Amount),
    ApiUser(ApiUserId),
}

/// The hash of a key. Two keys may share one: each rule that is found is compared in full.
type KeyHash = u64;

impl Key<'_> {
    fn hash(self) -> KeyHash {
        FixedState::default().hash_one(self)
    }
}

/// A key of a rule: its hash and its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct RuleKey {
    hash: KeyHash,
    kind: KeyKind,
}

/// The kind of a key; of a beginning with its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum KeyKind {
    Party,
    PartyBeginning(usize),
    ExternalId,
    ExternalIdBeginning(usize),
    Amount,
    ApiUser,
}

/// Whether an index has keys of each kind but beginnings.
#[derive(Debug, Clone, Copy, Default)]
struct KeyKinds {
    party: bool,
    external_id: bool,
    amount: bool,
    api_user: bool,
}

impl RuleKey {
    fn of(key: Key<'_>) -> Self {
        let kind = match key {
            Key::Party(_) => KeyKind::Party,
            Key::PartyBeginning(text) => KeyKind::PartyBeginning(text.len()),
            Key::ExternalId(_) => KeyKind::ExternalId,
            Key::ExternalIdBeginning(text) => KeyKind::ExternalIdBeginning(text.len()),
            Key::Amount(_) => KeyKind::Amount,
            Key::ApiUser(_) => KeyKind::ApiUser,
        };
        Self { hash: key.hash(), kind }
    }
}

/// The numbers of rules, in ascending order.
type Numbers = Vec<u32>;

#[derive(Debug, Clone, Default)]
pub(super) struct RuleIndex {
    by_key: BTreeMap<KeyHash, Numbers>,
    /// The kinds of key that are in the index: the others are not looked up.
    kinds: KeyKinds,
    /// The lengths of the beginnings in the index, in bytes.
    party_beginnings: Vec<usize>,
    external_id_beginnings: Vec<usize>,
    /// The rules for submissions that are found by no key, by their operations.
    unkeyed: Vec<(OperationSet, Numbers)>,
    /// The rules for calls, by their operations.
    calls: Vec<(OperationSet, Numbers)>,
}

impl RuleIndex {
    pub(super) fn of<'r>(rules: impl Iterator<Item = (u32, &'r Rule)> + Clone) -> Self {
        let mut index = Self::default();
        let (mut unkeyed, mut calls) = (BTreeMap::new(), BTreeMap::new());
        let is_indexed = rules.clone().nth(INDEXED_MIN - 1).is_some();
        let mut shared: BTreeMap<KeyHash, u32> = BTreeMap::new();
        if is_indexed {
            for key in rules.clone().flat_map(|(_, rule)| keys_of(&rule.when)).flatten() {
                *shared.entry(key.hash).or_default() += 1;
            }
        }
        for (number, rule) in rules {
            let operations = rule.when.operations;
            let (submissions, others) = operations.split();
            if !others.is_empty() {
                calls.entry(others).or_insert_with(Numbers::new).push(number);
            }
            if submissions.is_empty() {
                continue;
            }
            let choices = if is_indexed { keys_of(&rule.when) } else { Vec::new() };
            let weight = |keys: &Vec<RuleKey>| {
                keys.iter().map(|key| shared.get(&key.hash).copied().unwrap_or_default()).max()
            };
            match choices.into_iter().min_by_key(weight) {
                Some(keys) => {
                    for key in keys {
                        index.add(key, number);
                    }
                }
                None => unkeyed.entry(submissions).or_insert_with(Numbers::new).push(number),
            }
        }
        index.unkeyed = unkeyed.into_iter().collect();
        index.calls = calls.into_iter().collect();
        index
    }

    fn add(&mut self, key: RuleKey, number: u32) {
        let note_length = |lengths: &mut Vec<usize>, length| {
            if !lengths.contains(&length) {
                lengths.push(length);
            }
        };
        match key.kind {
            KeyKind::Party => self.kinds.party = true,
            KeyKind::PartyBeginning(length) => note_length(&mut self.party_beginnings, length),
            KeyKind::ExternalId => self.kinds.external_id = true,
            KeyKind::ExternalIdBeginning(length) => {
                note_length(&mut self.external_id_beginnings, length);
            }
            KeyKind::Amount => self.kinds.amount = true,
            KeyKind::ApiUser => self.kinds.api_user = true,
        }
        let numbers = self.by_key.entry(key.hash).or_default();
        if numbers.last() != Some(&number) {
            numbers.push(number);
        }
    }

    /// The numbers of the rules that may be for a submission, in ascending order.
    pub(super) fn for_submission(
        &self,
        submission: &Submission,
        api_user: ApiUserId,
    ) -> Candidates<'_> {
        let mut lists = SmallVec::new();
        let operation = OperationKind::Submit(submission.kind);
        for (_, numbers) in self.unkeyed.iter().filter(|(set, _)| set.contains(operation)) {
            lists.push(&numbers[..]);
        }
        let details = &submission.details;
        let mut look_up = |is_there: bool, key: Key<'_>| {
            if is_there {
                lists.extend(self.by_key.get(&key.hash()).map(Vec::as_slice));
            }
        };
        if let Some(party) = details.comparable_party() {
            look_up(self.kinds.party, Key::Party(party));
            for length in &self.party_beginnings {
                if let Some(beginning) = party.get(..*length) {
                    look_up(true, Key::PartyBeginning(beginning));
                }
            }
        }
        if let Some(id) = details.external_id.as_deref() {
            look_up(self.kinds.external_id, Key::ExternalId(id));
            for length in &self.external_id_beginnings {
                if let Some(beginning) = id.get(..*length) {
                    look_up(true, Key::ExternalIdBeginning(beginning));
                }
            }
        }
        if let Some(amount) = details.amount {
            look_up(self.kinds.amount, Key::Amount(amount));
        }
        look_up(self.kinds.api_user, Key::ApiUser(api_user));
        Candidates { lists }
    }

    /// The numbers of the rules that may be for a call, in ascending order.
    pub(super) fn for_call(&self, operation: OperationKind) -> Candidates<'_> {
        let lists = self.calls.iter().filter(|(set, _)| set.contains(operation));
        Candidates { lists: lists.map(|(_, numbers)| &numbers[..]).collect() }
    }

    /// The bytes that the index keeps.
    pub(super) fn bytes(&self) -> usize {
        let groups = self.unkeyed.iter().chain(&self.calls).map(|(_, numbers)| numbers.len());
        let keyed = self
            .by_key
            .values()
            .map(|numbers| size_of::<(KeyHash, Numbers)>() + numbers.len() * size_of::<u32>());
        keyed.sum::<usize>() + groups.sum::<usize>() * size_of::<u32>()
    }
}

/// The choices of keys by which a rule can be found: with each choice, by any of its keys.
fn keys_of(when: &When) -> Vec<Vec<RuleKey>> {
    let mut choices = Vec::new();
    if let Some(parties) = &when.party {
        let keys = parties.0.iter().map(|pattern| match pattern {
            PartyPattern::Glob(Glob::Exact(id)) => Some(RuleKey::of(Key::Party(id))),
            other => {
                let beginning = other.beginning();
                let key = RuleKey::of(Key::PartyBeginning(&beginning));
                (!beginning.is_empty()).then_some(key)
            }
        });
        choices.extend(keys.collect::<Option<Vec<_>>>());
    }
    if let Some(glob) = &when.external_id {
        let beginning = glob.beginning();
        match glob {
            Glob::Exact(id) => choices.push(vec![RuleKey::of(Key::ExternalId(id))]),
            Glob::Pattern(_) if beginning.is_empty() => {}
            Glob::Pattern(_) => {
                choices.push(vec![RuleKey::of(Key::ExternalIdBeginning(&beginning))]);
            }
        }
    }
    choices.extend(when.amount.equals.map(|amount| vec![RuleKey::of(Key::Amount(amount))]));
    choices.extend(when.api_user.map(|api_user| vec![RuleKey::of(Key::ApiUser(api_user))]));
    // A key that two patterns share is there once.
    for keys in &mut choices {
        keys.sort_unstable();
        keys.dedup();
    }
    choices
}

/// Rules that may be for a request: the numbers of several lists in ascending order, each once.
#[derive(Debug)]
pub(super) struct Candidates<'i> {
    lists: SmallVec<[&'i [u32]; 6]>,
}

impl Iterator for Candidates<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let next = self.lists.iter().filter_map(|list| list.first()).min().copied()?;
        for list in &mut self.lists {
            if list.first() == Some(&next) {
                *list = &list[1..];
            }
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    use crate::model::submission::TransactionKind;

    use crate::scenario::read_scenario::read_scenario;
    use crate::scenario::rule::Scenario;
    use crate::scenario::test_requests::submission;

    /// Rules that differ in every condition by which a rule can be found, more than are indexed.
    /// Each has a chance or a count, so that none hides another.
    fn scenario() -> Scenario {
        let mut text = String::new();
        for number in 0..60_u32 {
            let last = number % 7;
            let when = match number % 10 {
                0 => format!("party = \"25677{last}\""),
                1 => format!("party = \"2567{last}*\""),
                2 => format!("party = [\"25677{last}\", \"2567{last}*\", \"25*\"]"),
                3 => format!("external_id = \"order-{last}\""),
                4 => format!("external_id = \"order-?{last}*\""),
                5 => format!("amount = {{ equals = \"{}\" }}", last + 1),
                6 => format!("party = [{{ from = \"256770\", to = \"25677{last}\" }}]"),
                7 => "party = \"*77?\"".to_owned(),
                8 => format!("api_user = \"c0ffee00-1111-4222-8333-44445555666{last}\""),
                _ => "currency = \"EUR\"".to_owned(),
            };
            let when = match number % 4 {
                0 => format!("operation = \"requesttopay\", {when}, chance = 0.5"),
                1 => format!("operation = \"payouts\", {when}, chance = 0.5"),
                2 => "operation = \"token\", every = 2".to_owned(),
                _ => format!("{when}, chance = 0.5"),
            };
            let respond = "respond = { answer = { status = 500 } }";
            writeln!(text, "[[rules]]\nwhen = {{ {when} }}\n{respond}").expect("text grows");
        }
        read_scenario("a.toml", &text).unwrap_or_else(|problems| {
            panic!("{:?}", problems.located().map(|(_, one)| &one.message).collect::<Vec<_>>())
        })
    }

    /// Whether all conditions of a rule hold that the index looks at.
    fn may_be_for(when: &When, submission: &Submission, api_user: ApiUserId) -> bool {
        let details = &submission.details;
        let party = details.comparable_party().unwrap_or_default();
        let id = details.external_id.as_deref().unwrap_or_default();
        when.operations.contains(OperationKind::Submit(submission.kind))
            && when.party.as_ref().is_none_or(|parties| parties.matches(party))
            && when.external_id.as_ref().is_none_or(|glob| glob.matches(id))
            && when.amount.contain(details.amount)
            && when.api_user.is_none_or(|user| user == api_user)
    }

    #[test]
    fn the_index_finds_every_rule_that_may_match_in_order_and_once() {
        let scenario = scenario();
        let index = RuleIndex::of((0..).zip(&scenario.rules));
        assert!(!index.by_key.is_empty());
        let mut found_any = 0;
        for kind in [TransactionKind::RequestToPay, TransactionKind::Transfer] {
            for party in ["256770", "256773", "25677", "2567345", "2557", "7"] {
                for (id, amount) in [("order-3", "3"), ("order-x4y", "5"), ("x", "6.5")] {
                    for user in ["3", "5"] {
                        let user = format!("c0ffee00-1111-4222-8333-44445555666{user}");
                        let user = ApiUserId(user.parse().expect("a UUID"));
                        let submission = submission(kind, party, id, amount);
                        let found: Vec<u32> = index.for_submission(&submission, user).collect();
                        assert!(found.is_sorted_by(|one, other| one < other), "{found:?}");
                        let all = (0..).zip(&scenario.rules);
                        let expected = all
                            .filter(|(_, rule)| may_be_for(&rule.when, &submission, user))
                            .map(|(number, _)| number);
                        for number in expected {
                            assert!(found.contains(&number), "{number} of {found:?}");
                            found_any += 1;
                        }
                        assert!(found.len() < 40, "the index leaves most out: {found:?}");
                    }
                }
            }
        }
        assert!(found_any > 300, "{found_any}");
        let tokens: Vec<u32> = index.for_call(OperationKind::Token).collect();
        assert_eq!(tokens.len(), 15);
        assert_eq!(index.for_call(OperationKind::Balance).count(), 0);
    }
}
