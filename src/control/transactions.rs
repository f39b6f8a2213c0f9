//! `GET transactions`: the transactions of a space or of all, filtered.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::names::{Filter, KindWord, ReasonCode, Text, Vocabulary, Word, vocabulary};
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::control::transaction::unknown;
use crate::control::{Control, Scope};
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::model::time::Timestamp;
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
    /// Whether the oldest or the newest come first.
    pub order: Option<Word<Order>>,
    /// The most transactions to list.
    #[schemars(range(max = 9_223_372_036_854_775_807_u64))]
    pub limit: Option<u64>,
    /// Only transactions after this one in the order of the list.
    pub after: Option<ReferenceId>,
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
    /// The verdict on its callbacks: the gravest of all that hold; nothing as long as none ended.
    pub callback_verdict: Option<Word<CallbackVerdict>>,
    /// How often the merchant asked for the status.
    pub status_reads: u64,
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
            callback_verdict: transaction.callback_verdicts().gravest().map(Word),
            status_reads: transaction.status_reads.into(),
        }
    }
}

impl TransactionsQuery {
    fn passes(&self, line: &Summary) -> bool {
        fn passes<F>(filter: Option<&Filter<F>>, value: Option<&str>) -> bool {
            filter.is_none_or(|filter| filter.passes(value))
        }
        passes(self.status.as_ref(), Some(line.status.0.as_str()))
            && passes(self.operation.as_ref(), Some(line.operation.0.name()))
            && passes(self.product.as_ref(), Some(line.product.0.name()))
            && passes(self.party.as_ref(), line.party.as_deref())
            && passes(self.external_id.as_ref(), line.external_id.as_deref())
            && passes(self.reason.as_ref(), line.reason)
            && passes(self.callback.as_ref(), Some(line.callback.0.into()))
            && passes(self.callback_verdict.as_ref(), line.callback_verdict.map(|one| one.0.name()))
            && passes(self.reference_id.as_ref(), Some(&line.reference_id.to_string()))
    }
}

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
        let mut found = Vec::new();
        for space in self.spaces_of(&scope) {
            self.spaces.enter(&space, |platform, _| {
                let api_user = platform.api_user().id;
                let lines = platform.transactions().map(|one| Summary::of(api_user, one));
                found.extend(lines.filter(|line| query.passes(line)));
            });
        }
        found.sort_by_key(|line| (line.accepted_at, line.api_user, line.reference_id));
        if query.order == Some(Word(Order::Newest)) {
            found.reverse();
        }
        let total = found.len();
        let begin = match query.after {
            None => 0,
            Some(after) => found
                .iter()
                .position(|line| line.reference_id == after)
                .map(|place| place + 1)
                .ok_or_else(|| unknown(after))?,
        };
        let limit = query.limit.and_then(|limit| usize::try_from(limit).ok());
        let lines = found.into_iter().skip(begin).take(limit.unwrap_or(LIMIT_MAX));
        Ok(TransactionList { transactions: lines.collect(), total })
    }
}
