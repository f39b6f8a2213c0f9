//! `GET transactions`: the transactions of a space or of all, filtered.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::control::names::{Filter, KindWord, ReasonCode, Text, Vocabulary, Word, vocabulary};
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::control::transaction::unknown;
use crate::control::{Control, Scope};
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::party::PartyRole;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult};
use momo_sandbox_core::platform::callback_verdict::CallbackVerdict;
use momo_sandbox_core::platform::transaction::{CallbackState, Transaction};

/// The most transactions of a list.
const LIMIT_MAX: usize = 100_000;

/// The transactions to list. Each must pass all filters that are given.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransactionsQuery {
    /// Only transactions with this status.
    pub status: Option<Filter<Word<StatusKind>>>,
    /// Only transactions of this kind, or of the operation that submits it.
    pub operation: Option<Filter<Word<KindWord>>>,
    /// Only transactions of this product.
    pub product: Option<Filter<Word<Product>>>,
    /// Only transactions with this party, by its id.
    pub party: Option<Filter<Text>>,
    /// Only transactions with this external id.
    pub external_id: Option<Filter<Text>>,
    /// Only transactions that failed for this reason.
    pub reason: Option<Filter<ReasonCode>>,
    /// Only transactions whose callback is in this state.
    pub callback: Option<Filter<Word<CallbackState>>>,
    /// Only transactions with this verdict on their callbacks: the gravest of all that hold.
    pub callback_verdict: Option<Filter<Word<CallbackVerdict>>>,
    /// Only transactions with this reference id.
    pub reference_id: Option<Filter<ReferenceId>>,
    /// Only transactions whose reference id begins with this text, or whose external id, party or
    /// reason has it, in upper or lower case.
    #[schemars(length(min = 1))]
    pub find: Option<Search>,
    /// Only transactions that wait for this one.
    pub awaiting: Option<Word<Awaiting>>,
    /// Whether the oldest or the newest come first.
    pub order: Option<Word<Order>>,
    /// The most transactions to list.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub limit: Option<u64>,
    /// Only transactions after this one in the order of the list.
    pub after: Option<ReferenceId>,
    /// The API user of the transaction of `after`, where several have this reference id.
    pub after_api_user: Option<ApiUserId>,
}

part!(query TransactionsQuery);

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Oldest,
    Newest,
}

vocabulary! {
    Order, vec![Order::Oldest, Order::Newest], |one| match one {
        Order::Oldest => "oldest",
        Order::Newest => "newest",
    };
}

/// Whom a pending transaction waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaiting {
    Payer,
}

vocabulary! {
    Awaiting, vec![Awaiting::Payer], |one| match one {
        Awaiting::Payer => "payer",
    };
}

/// A pending transaction that is settled within this time asks nobody.
const SETTLES_BY_ITSELF: Duration = Duration::from_secs(2);

impl Awaiting {
    /// Whom a transaction waits for: a payer who can approve it, unless it is settled at once.
    fn of(transaction: &Transaction) -> Option<Self> {
        let asks = transaction.submission.kind.party_role() == PartyRole::Payer;
        let last = transaction.plan.last();
        let is_quick = last.status.is_final() && last.after <= SETTLES_BY_ITSELF;
        (asks && !is_quick && !transaction.status().is_final()).then_some(Self::Payer)
    }
}

/// A text to look for in several fields.
#[derive(Debug, JsonSchema)]
#[schemars(inline)]
pub struct Search(String);

impl<'de> Deserialize<'de> for Search {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = String::deserialize(deserializer)?;
        if sent.is_empty() {
            return Err(D::Error::custom(
                "is empty, and finds all: write a value, or leave it out",
            ));
        }
        Ok(Self(sent.to_ascii_lowercase()))
    }
}

impl Search {
    fn finds(&self, transaction: &Transaction) -> bool {
        let submission = &transaction.submission;
        let is_in = |text: &str| text.to_ascii_lowercase().contains(&self.0);
        let details = &submission.details;
        details.party.as_ref().is_some_and(|party| is_in(&party.id))
            || details.external_id.as_deref().is_some_and(is_in)
            || transaction.status().reason().is_some_and(|reason| is_in(reason.code()))
            || submission.reference_id.to_string().starts_with(&self.0)
    }
}

/// Some transactions.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TransactionList {
    pub transactions: Vec<Summary>,
    /// How many transactions pass the filters.
    pub total: usize,
}

/// The summary of a transaction.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "summary")]
pub struct Summary {
    pub reference_id: ReferenceId,
    pub api_user: ApiUserId,
    pub product: Word<Product>,
    pub operation: Word<TransactionKind>,
    pub amount: Option<String>,
    pub currency: String,
    pub party: Option<String>,
    pub external_id: Option<String>,
    pub accepted_at: Timestamp,
    pub status: Word<StatusKind>,
    pub reason: Option<&'static str>,
    pub callback: Word<CallbackState>,
    /// The HTTP status with which its callback was answered; of several, the first that is no
    /// success.
    pub callback_answer: Option<u16>,
    /// Whom it waits for: null if it is final, is settled within two seconds, or asks no payer.
    pub awaiting: Option<Word<Awaiting>>,
    /// The verdict on its callbacks: the gravest of all that hold; nothing as long as none ended.
    pub callback_verdict: Option<Word<CallbackVerdict>>,
    /// How often the merchant asked for the status.
    pub status_reads: u64,
    /// Whether it was submitted by hand through the control plane. The audit leaves it out.
    pub manual: bool,
}

impl Summary {
    pub fn of(api_user: ApiUserId, transaction: &Transaction) -> Self {
        let (submission, status) = (&transaction.submission, transaction.status());
        let details = &submission.details;
        Self {
            reference_id: submission.reference_id,
            api_user,
            product: Word(submission.product),
            operation: Word(submission.kind),
            amount: details.amount.map(|amount| amount.to_string()),
            currency: details.currency.to_string(),
            party: details.party.as_ref().map(|party| party.id.to_string()),
            external_id: details.external_id.as_deref().map(str::to_owned),
            accepted_at: transaction.accepted_at,
            status: Word(status.kind()),
            reason: status.reason().map(|reason| reason.code()),
            callback: Word(transaction.callback.state()),
            callback_answer: callback_answer(transaction.callback.attempts()),
            awaiting: Awaiting::of(transaction).map(Word),
            callback_verdict: transaction.callback_verdicts().gravest().map(Word),
            status_reads: transaction.status_reads.into(),
            manual: submission.is_manual,
        }
    }
}

fn callback_answer(attempts: &[Attempt]) -> Option<u16> {
    let status_of = |result: &AttemptResult| match result {
        AttemptResult::Answered { status, .. } => Some(*status),
        AttemptResult::Failed { .. } => None,
    };
    let results = attempts.iter().map(|attempt| &attempt.result);
    let bad = results.clone().filter(|result| !result.is_success()).find_map(status_of);
    bad.or_else(|| results.rev().find_map(status_of))
}

impl TransactionsQuery {
    fn passes(&self, transaction: &Transaction) -> bool {
        fn passes<F>(filter: Option<&Filter<F>>, value: Option<&str>) -> bool {
            filter.is_none_or(|filter| filter.passes(value))
        }
        let (submission, status) = (&transaction.submission, transaction.status());
        let details = &submission.details;
        let party = details.party.as_ref().map(|party| party.id.as_str());
        let id = self.reference_id.as_ref().map(|_| submission.reference_id.to_string());
        // Judged only where it is asked for.
        let verdict = self.callback_verdict.as_ref();
        let verdict = verdict.and_then(|_| transaction.callback_verdicts().gravest());
        let verdict = verdict.map(CallbackVerdict::name);
        passes(self.status.as_ref(), Some(status.kind().as_str()))
            && passes(self.operation.as_ref(), Some(submission.kind.name()))
            && passes(self.product.as_ref(), Some(submission.product.name()))
            && passes(self.party.as_ref(), party)
            && passes(self.external_id.as_ref(), details.external_id.as_deref())
            && passes(self.reason.as_ref(), status.reason().map(|reason| reason.code()))
            && passes(self.callback.as_ref(), Some(transaction.callback.state().into()))
            && passes(self.reference_id.as_ref(), id.as_deref())
            && passes(self.callback_verdict.as_ref(), verdict)
            && self.awaiting.is_none_or(|wanted| Awaiting::of(transaction) == Some(wanted.0))
            && self.find.as_ref().is_none_or(|search| search.finds(transaction))
    }
}

/// The place of a transaction in a list.
type Place = (Timestamp, ApiUserId, ReferenceId);

impl Control {
    /// Lists transactions in the order of their acceptance.
    ///
    /// # Errors
    ///
    /// 404 if the transaction of `after` is not in the list.
    pub async fn list_transactions(
        self: Arc<Self>,
        scope: Scope,
        query: TransactionsQuery,
    ) -> Result<TransactionList, Refusal> {
        // Places alone first: of many transactions few are shown.
        let mut places: Vec<Place> = Vec::new();
        for space in self.spaces_of(&scope) {
            self.spaces.enter(&space, |platform, _| {
                let api_user = platform.api_user().id;
                let passing = platform.transactions().filter(|one| query.passes(one));
                places.extend(
                    passing.map(|one| (one.accepted_at, api_user, one.submission.reference_id)),
                );
            });
        }
        places.sort();
        if query.order == Some(Word(Order::Newest)) {
            places.reverse();
        }
        let total = places.len();
        let is_named = |(_, user, id): &Place, after: ReferenceId| {
            *id == after && query.after_api_user.is_none_or(|wanted| wanted == *user)
        };
        let begin = match query.after {
            None => 0,
            Some(after) => places
                .iter()
                .position(|place| is_named(place, after))
                .map(|place| place + 1)
                .ok_or_else(|| unknown(after))?,
        };
        let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
        let end = begin.saturating_add(limit.unwrap_or(LIMIT_MAX)).min(total);
        let transactions = self.summaries(&places[begin..end], &query);
        Ok(TransactionList { transactions, total })
    }

    /// The summaries of the transactions at these places, in their order. One that was forgotten
    /// meanwhile, or passes the filters no longer, is left out.
    fn summaries(&self, places: &[Place], query: &TransactionsQuery) -> Vec<Summary> {
        let mut of_users: Vec<_> = places.iter().copied().enumerate().collect();
        of_users.sort_by_key(|(_, (_, user, _))| *user);
        let mut found = Vec::with_capacity(places.len());
        for wanted in of_users.chunk_by(|(_, one), (_, other)| one.1 == other.1) {
            let Some(space) = wanted.first().and_then(|(_, place)| self.spaces.get(place.1)) else {
                continue;
            };
            self.spaces.enter(&space, |platform, _| {
                for (number, (_, user, id)) in wanted {
                    let transaction = platform.transaction(*id).filter(|one| query.passes(one));
                    found.extend(transaction.map(|one| (*number, Summary::of(*user, one))));
                }
            });
        }
        found.sort_by_key(|(number, _)| *number);
        found.into_iter().map(|(_, summary)| summary).collect()
    }
}
