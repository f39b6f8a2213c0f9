//! Matching: the requests to which a rule applies.

use std::num::NonZeroU32;
use std::time::Duration;

use rand::RngExt;
use uuid::Uuid;

use crate::model::environment::Environment;
use crate::model::ids::ApiUserId;
use crate::model::mtn_platform::MtnPlatform;
use crate::model::party::{PartyIdType, comparable_id};
use crate::model::product::Product;
use crate::model::submission::{Submission, TransactionKind};
use crate::model::time::Timestamp;
use crate::operations::table::OperationKind;
use crate::scenario::condition_fields::when;
use crate::scenario::conditions::{AmountBounds, TimeConditions, When};
use crate::scenario::daytime::Weekday;
use crate::scenario::glob::Glob;
use crate::scenario::occurrence::{
    CountBy, CountKey, CountedOccurrence, OccurrenceCondition, RuleCounts,
};
use crate::scenario::operation_set::name_of_operation;
use crate::scenario::seed::{Purpose, Seed, SeededRng};

/// Whether a rule is for a request of which only the head is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// The rule applies, whatever the body is.
    Matches,
    /// The rule does not apply, whatever the body is.
    Misses,
    /// The body, chance or a count decides.
    Open,
}

/// Why a rule does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The condition that does not hold, by its name in the file.
    pub condition: &'static str,
}

/// What a match depends on beside the request.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    pub api_user: ApiUserId,
    /// The platform of production that knows the API user; `None` where they are not told apart.
    pub platform: Option<MtnPlatform>,
    pub seed: Seed,
    pub now: Timestamp,
    /// The time for which the scenario has been in force.
    pub in_force_for: Duration,
    pub environment: &'static Environment,
    /// Whether another request of the same payer is pending.
    pub same_payer_pending: bool,
}

/// A request that is no submission.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub operation: OperationKind,
    /// The product; none of provisioning.
    pub product: Option<Product>,
    /// The party that its path names, or the transaction whose status it asks for.
    pub party: Option<(PartyIdType, &'a str)>,
}

/// What a rule is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    Submission(&'a Submission),
    Call(Call<'a>),
}

/// The result of comparing a rule with a request.
#[derive(Debug)]
pub struct Compared {
    /// The condition that does not hold; none if the rule is for the request.
    pub miss: Option<Miss>,
    /// The number of this occurrence, if it is counted and the other conditions hold. Calls are
    /// always counted.
    pub occurrence: Option<(NonZeroU32, CountedOccurrence)>,
}

impl Circumstances {
    /// The generator of a draw for a call, by the number of its occurrence.
    pub fn rng_of_call(&self, occurrence: NonZeroU32, purpose: Purpose) -> SeededRng {
        let number = u128::from(occurrence.get());
        self.seed.rng(Uuid::from_u128(self.api_user.0.as_u128() ^ number), purpose)
    }
}

impl Compared {
    fn missed(condition: &'static str) -> Self {
        Self { miss: Some(Miss { condition }), occurrence: None }
    }
}

impl<'a> Request<'a> {
    fn operation(self) -> OperationKind {
        match self {
            Self::Submission(submission) => OperationKind::Submit(submission.kind),
            Self::Call(call) => call.operation,
        }
    }

    pub fn product(self) -> Option<Product> {
        match self {
            Self::Submission(submission) => Some(submission.product),
            Self::Call(call) => call.product,
        }
    }

    /// The name of its operation in a scenario file.
    pub fn operation_name(self) -> &'static str {
        name_of_operation(self.operation())
    }

    pub fn party(self) -> Option<&'a str> {
        match self {
            Self::Submission(submission) => submission.details.comparable_party(),
            Self::Call(call) => call.party.map(|(id_type, id)| comparable_id(id_type, id)),
        }
    }

    fn party_id_type(self) -> Option<PartyIdType> {
        match self {
            Self::Submission(submission) => {
                submission.details.party.as_ref().map(|party| party.id_type)
            }
            Self::Call(call) => call.party.map(|(id_type, _)| id_type),
        }
    }
}

impl When {
    /// Compares the conditions with a request. `number` is the rule's place in the rule book.
    pub fn compare(
        &self,
        request: Request<'_>,
        circumstances: &Circumstances,
        number: u32,
        counts: &RuleCounts,
    ) -> Compared {
        if let Some(condition) = self.missing(request, circumstances) {
            return Compared::missed(condition);
        }
        if let Some(chance) = self.chance
            && let Request::Submission(submission) = request
        {
            let rng = circumstances.seed.rng(submission.reference_id.0, Purpose::Chance(number));
            if !comes_up(chance.0, rng) {
                return Compared::missed(when::CHANCE.name);
            }
        }
        // A call has no reference: what is drawn for it is drawn by its number.
        let is_call = matches!(request, Request::Call(_));
        if !self.occurrences.is_counting() && !is_call {
            return Compared { miss: None, occurrence: None };
        }
        let counted = self.counted(request, circumstances, number);
        let occurrence = counts.next(&counted);
        let mut condition = self.occurrences.missing(occurrence.get()).map(name_of);
        if let (Some(chance), true, None) = (self.chance, is_call, condition) {
            let rng = circumstances.rng_of_call(occurrence, Purpose::ChanceOfCall(number));
            condition = (!comes_up(chance.0, rng)).then_some(when::CHANCE.name);
        }
        let miss = condition.map(|condition| Miss { condition });
        Compared { miss, occurrence: Some((occurrence, counted)) }
    }

    /// The count that goes on if all other conditions hold.
    pub fn counted(
        &self,
        request: Request<'_>,
        circumstances: &Circumstances,
        number: u32,
    ) -> CountedOccurrence {
        let party = match self.occurrences.by {
            CountBy::Party => Some(request.party().unwrap_or_default().into()),
            CountBy::ApiUser | CountBy::All => None,
        };
        CountedOccurrence {
            key: CountKey { rule: number, party },
            period: self.occurrences.period(circumstances.now, self.time.utc_offset),
            is_shared: self.occurrences.by == CountBy::All,
        }
    }

    /// The condition on the number of the occurrence, if there is one.
    pub fn counting_condition(&self) -> Option<&'static str> {
        self.occurrences.is_counting().then(|| {
            // No occurrence has the number 0: the first of the conditions does not hold.
            self.occurrences.missing(0).map_or(when::FIRST.name, name_of)
        })
    }

    /// The first condition that does not hold, of those that neither count nor draw.
    fn missing(&self, request: Request<'_>, at: &Circumstances) -> Option<&'static str> {
        if self.product.is_some_and(|product| Some(product) != request.product()) {
            return Some(when::PRODUCT.name);
        }
        if !self.operations.contains(request.operation()) {
            return Some(when::OPERATION.name);
        }
        if let Some(parties) = &self.party
            && !request.party().is_some_and(|party| parties.matches(party))
        {
            return Some(when::PARTY.name);
        }
        if self.party_id_type.is_some_and(|wanted| request.party_id_type() != Some(wanted)) {
            return Some(when::PARTY_ID_TYPE.name);
        }
        if let Request::Submission(submission) = request
            && let Some(condition) = self.missing_in(submission)
        {
            return Some(condition);
        }
        if self.api_user.is_some_and(|user| user != at.api_user) {
            return Some(when::API_USER.name);
        }
        if self.platform.is_some_and(|wanted| at.platform != Some(wanted)) {
            return Some(when::PLATFORM.name);
        }
        if self.same_payer_pending.is_some_and(|wanted| wanted != at.same_payer_pending) {
            return Some(when::SAME_PAYER_PENDING.name);
        }
        self.time.missing(at)
    }

    /// The first condition on the body that does not hold.
    fn missing_in(&self, submission: &Submission) -> Option<&'static str> {
        let details = &submission.details;
        let fits = |glob: &Option<Glob>, text: Option<&str>| match (glob, text) {
            (None, _) => true,
            (Some(glob), Some(text)) => glob.matches(text),
            (Some(_), None) => false,
        };
        let holds = |(field, glob): &(&str, Glob)| {
            details.text(field).is_some_and(|text| glob.matches(text))
        };
        if !self.amount.contain(details.amount) {
            Some(when::AMOUNT.name)
        } else if self.currency.as_deref().is_some_and(|code| code != details.currency.code()) {
            Some(when::CURRENCY.name)
        } else if !fits(&self.external_id, details.external_id.as_deref()) {
            Some(when::EXTERNAL_ID.name)
        } else if !self.body.iter().all(holds) {
            Some(when::BODY.name)
        } else {
            None
        }
    }

    /// Whether it holds for a submission of which only the product, the kind and the caller are
    /// known.
    pub fn holds_unread(
        &self,
        product: Product,
        kind: TransactionKind,
        circumstances: &Circumstances,
    ) -> Unread {
        let misses = self.product.is_some_and(|own| own != product)
            || !self.operations.contains(OperationKind::Submit(kind))
            || self.api_user.is_some_and(|user| user != circumstances.api_user)
            || self.platform.is_some_and(|wanted| circumstances.platform != Some(wanted))
            || self.time.missing(circumstances).is_some();
        let is_open = self.party.is_some()
            || self.party_id_type.is_some()
            || self.amount != AmountBounds::default()
            || self.currency.is_some()
            || self.external_id.is_some()
            || !self.body.is_empty()
            || self.same_payer_pending.is_some()
            || self.chance.is_some()
            || self.occurrences.is_counting();
        match (misses, is_open) {
            (true, _) => Unread::Misses,
            (false, true) => Unread::Open,
            (false, false) => Unread::Matches,
        }
    }
}

impl TimeConditions {
    /// The condition that does not hold now.
    fn missing(&self, at: &Circumstances) -> Option<&'static str> {
        let Self { from, until, between, weekdays, utc_offset } = self;
        if until.is_some_and(|until| at.in_force_for >= until) {
            Some(when::UNTIL.name)
        } else if from.is_some_and(|from| at.in_force_for < from) {
            Some(when::FROM.name)
        } else if between.is_some_and(|hours| !hours.contain(at.now, *utc_offset)) {
            Some(when::BETWEEN.name)
        } else if !weekdays.is_empty() && !weekdays.contains(&Weekday::of(at.now, *utc_offset)) {
            Some(when::WEEKDAY.name)
        } else {
            None
        }
    }
}

fn comes_up(chance: f64, mut rng: SeededRng) -> bool {
    rng.random_bool(chance)
}

/// The name of a condition in the file.
fn name_of(condition: OccurrenceCondition) -> &'static str {
    match condition {
        OccurrenceCondition::Nth => when::NTH.name,
        OccurrenceCondition::Every => when::EVERY.name,
        OccurrenceCondition::AfterFirst => when::AFTER_FIRST.name,
        OccurrenceCondition::First => when::FIRST.name,
    }
}

/// A glob for party ids; a leading `+`, as phone numbers may have, is left out of the comparison.
pub fn party_glob(pattern: &str) -> Glob {
    Glob::new(comparable_id(PartyIdType::Msisdn, pattern))
}
