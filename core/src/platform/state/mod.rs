//! [`Platform`]: the state of one space, and [`Platform::apply`], the one way to change it.
//!
//! The fields are private to this module, so the files beside it can read through accessors,
//! decide, and apply a [`Change`], but change nothing themselves.

mod callbacks;
mod eviction;
mod money;
mod rules;
mod settlement;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::model::api_user::ApiUser;
use crate::model::environment::Environment;
use crate::model::ids::ReferenceId;
use crate::model::limits::Limits;
use crate::model::product::Product;
use crate::model::submission::TransactionKind;
use crate::model::time::Timestamp;
use crate::platform::account::{Account, Accounts};
use crate::platform::callback::Callback;
use crate::platform::consent::Consents;
use crate::platform::event::{Bookkeeping, Change, Event};
use crate::platform::in_flight::{InFlight, Round};
use crate::platform::journal::{Happened, Journal};
use crate::platform::label::Labels;
use crate::platform::request::AnsweredRequest;
use crate::platform::rules_in_force::{RulesOfAll, RulesOfSpace};
use crate::platform::timers::Timers;
use crate::platform::transaction::{CallbackProgress, Transaction};
use crate::platform::transaction_store::{ReferenceChanges, TransactionStore};
use crate::scenario::occurrence::{Counts, RuleCounts};
use crate::scenario::rule_book::RuleBook;
use crate::scenario::seed::Seed;

/// What a space is given at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    pub rules: Arc<RuleBook>,
    pub seed: Seed,
    pub environment: &'static Environment,
    /// How much is kept, among the other limits.
    pub limits: Limits,
}

/// One space: an API user with its transactions, accounts, rules, timers and journal.
///
/// It does no I/O and reads no clock. Whoever drives it (the engine, or a test) brings the time and
/// carries out what it asks for:
///
/// 1. [`advance`](Self::advance) comes first, with the time of now: everything that is due happens,
///    each thing at its own time. Time never runs backwards. [`now`](Self::now) is then the time of
///    all that follows.
/// 2. Then come any number of inputs, all at that time. *Of the merchant*:
///    [`accept`](Self::accept), [`answer_before_body`](Self::answer_before_body),
///    [`read_status`](Self::read_status), [`read_balance`](Self::read_balance),
///    [`cancel_invoice`](Self::cancel_invoice), [`cancel_preapproval`](Self::cancel_preapproval),
///    [`notify_delivery`](Self::notify_delivery), those for consents, and
///    [`record_request`](Self::record_request) for each request with its answer. *Of the test*:
///    [`put_rules_of_all`](Self::put_rules_of_all), [`put_own_rules`](Self::put_own_rules),
///    [`act_as_payer`](Self::act_as_payer), [`reset`](Self::reset). *Of the network*:
///    [`finish_callback`](Self::finish_callback). *Of another space*:
///    [`reserve_refund`](Self::reserve_refund) and [`release_refund`](Self::release_refund).
/// 3. After them, [`poll_callbacks`](Self::poll_callbacks) returns the callbacks that are to be
///    sent now. Each is sent once, and its result is handed to
///    [`finish_callback`](Self::finish_callback) with the callback's generation.
/// 4. Last, [`next_due`](Self::next_due) says when to call [`advance`](Self::advance) again. Any
///    input may change it.
///
/// The spaces of a wallet are lent its accounts for all of this ([`accounts`](Self::accounts)).
#[derive(Debug)]
pub struct Platform {
    api_user: Arc<ApiUser>,
    settings: Settings,
    labels: Labels,
    api_key: Option<Box<str>>,
    api_keys_created: u32,
    now: Timestamp,
    /// How many resets there were. What came of a callback of an older generation is dropped.
    generation: u64,
    transactions: TransactionStore,
    accounts: Accounts,
    /// What the transactions have moved on the accounts since the last reset, evicted ones too.
    moved: BTreeMap<Product, Decimal>,
    /// The transactions that are done, in the order in which they came to be: the first to go.
    done: VecDeque<ReferenceId>,
    evicted: u64,
    /// How many transactions were ever accepted.
    acceptances: u64,
    /// The preapprovals, by the numbers of their acceptances.
    preapprovals: BTreeMap<u64, ReferenceId>,
    consents: Consents,
    consents_requested: u32,
    timers: Timers,
    journal: Journal,
    /// The bytes of all transactions, and of those that are done.
    bytes: usize,
    bytes_done: usize,
    pending: usize,
    /// The effects of what was applied: [`Platform::poll_callbacks`] takes them.
    outbox: Vec<Callback>,
    /// The callbacks whose attempt has not ended yet.
    in_flight: InFlight,
    /// The round of what is accepted now.
    round: Round,
    /// How many planned callbacks are still to be sent, or sent again.
    callbacks_waiting: usize,
    /// How many occurrences of rules there were.
    counts: RuleCounts,
    /// Its rules. `settings` has those of them that are in force.
    rules: RulesOfSpace,
    in_force_since: Timestamp,
    /// When statuses were asked for last, for the rate limit.
    queries: VecDeque<Timestamp>,
}

impl Platform {
    pub fn new(api_user: impl Into<Arc<ApiUser>>, settings: Settings, now: Timestamp) -> Self {
        let journal = Journal::keeping(settings.limits.journal);
        let api_user = api_user.into();
        let rules = RulesOfSpace::from(RulesOfAll::from(Arc::clone(&settings.rules)));
        let mut platform = Self {
            labels: Labels::default().of_space_of(&api_user),
            api_user,
            settings,
            api_key: None,
            api_keys_created: 0,
            now,
            generation: 0,
            transactions: TransactionStore::default(),
            accounts: Accounts::default(),
            moved: BTreeMap::new(),
            done: VecDeque::new(),
            evicted: 0,
            acceptances: 0,
            preapprovals: BTreeMap::new(),
            consents: Consents::default(),
            consents_requested: 0,
            timers: Timers::default(),
            journal,
            bytes: 0,
            bytes_done: 0,
            pending: 0,
            outbox: Vec::new(),
            in_flight: InFlight::default(),
            round: 0,
            callbacks_waiting: 0,
            counts: RuleCounts::default(),
            rules,
            in_force_since: now,
            queries: VecDeque::new(),
        };
        platform.open_unused_accounts();
        platform
    }

    /// Makes one change. An event stands in the journal before its effects do.
    pub(super) fn apply(&mut self, change: impl Into<Change>) {
        match change.into() {
            Change::Bookkeeping(bookkeeping) => self.apply_bookkeeping(bookkeeping),
            Change::Event(Event::Request(request)) => {
                self.note_reported_status(&request);
                self.journal.append(self.now, Happened::Request(request));
            }
            Change::Event(event) => {
                if matches!(event, Event::Reset) {
                    self.forget();
                }
                self.journal.append(self.now, Happened::of(&event, self.api_user.platform));
                self.apply_event(event);
            }
        }
    }

    fn apply_event(&mut self, event: Event) {
        match event {
            Event::ApiKeyCreated { key } => {
                self.api_keys_created += 1;
                self.api_key = Some(key);
            }
            Event::Accepted(transaction) => self.insert(transaction),
            Event::StatusReached { reference_id, status } => self.set_status(reference_id, status),
            Event::CallbackSent { reference_id, number } => {
                self.send_callback(reference_id, number);
            }
            Event::CallbackLost { reference_id } => self.lose_callback(reference_id),
            Event::CallbackFinished { reference_id, attempt, .. } => {
                self.finish_attempt(reference_id, *attempt);
            }
            Event::StatusRead { reference_id } => {
                let now = self.now;
                self.transaction_mut(reference_id).note_status_read(now);
            }
            Event::DeliveryNotified { reference_id, message } => {
                self.resize(reference_id, |found| found.delivery_notification = Some(message));
            }
            Event::PreApprovalCancelled { reference_id } => {
                self.transaction_mut(reference_id).cancelled_at = Some(self.now);
            }
            Event::RefundSetAside { reference_id, amount } => {
                self.transaction_mut(reference_id).refunded += amount.decimal();
            }
            Event::RefundGivenUp { reference_id, amount } => {
                self.transaction_mut(reference_id).refunded -= amount.decimal();
            }
            Event::ConsentRequested { id, consent } => {
                self.consents_requested += 1;
                self.consents.insert(id, *consent);
            }
            Event::ConsentRedeemed { id } => self.consents.redeem(id, self.now),
            Event::RulesPut(rules) => self.replace_rules(*rules),
            // Their consequences are events of their own, or there are none.
            Event::InvoiceCancelled { .. }
            | Event::PayerApproved { .. }
            | Event::PayerDeclined { .. }
            | Event::PayerLetItExpire { .. }
            | Event::ConsentRefreshed
            | Event::UserInfoRead
            | Event::AnswerAwaited(_)
            | Event::AnswerNotAwaited(_)
            | Event::SubmissionFailed { .. }
            | Event::BalanceAnswered { .. }
            | Event::Request(_)
            | Event::Reset => {}
        }
    }

    fn apply_bookkeeping(&mut self, bookkeeping: Bookkeeping) {
        match bookkeeping {
            Bookkeeping::TimeReached(now) => self.now = now,
            Bookkeeping::TimerFired(key) => {
                self.timers.cancel(key);
                // What became due while nobody looked happened at its own time all the same.
                self.now = self.now.max(key.at);
            }
            Bookkeeping::ApiKeySet(key) => self.api_key = Some(key),
            Bookkeeping::RulesToComeBack(rules) => self.rules = *rules,
            Bookkeeping::Labelled(labels) => self.labels = labels.of_space_of(&self.api_user),
            Bookkeeping::RoundBegun(round) => self.round = round,
            Bookkeeping::QueryCounted { window } => self.count_query(window),
            Bookkeeping::OccurrenceCounted(occurrence) => self.counts.count(occurrence),
            Bookkeeping::RoomMade { bytes } => self.evict(bytes),
        }
    }

    fn insert(&mut self, mut transaction: Box<Transaction>) {
        let reference_id = transaction.submission.reference_id;
        self.use_accounts();
        self.acceptances += 1;
        if transaction.submission.kind == TransactionKind::PreApproval {
            self.preapprovals.insert(transaction.acceptance, reference_id);
        }
        self.pending += 1;
        self.callbacks_waiting += transaction.plan.callback.deliveries().count();
        let reserves = transaction.plan.succeeds() && transaction.needs_reservation();
        settlement::schedule_stage(&mut self.timers, &mut transaction, 1);
        let has_callback = transaction.callback == CallbackProgress::Waiting;
        self.bytes += transaction.bytes();
        self.transactions.insert(transaction);
        if reserves {
            self.reserve(reference_id);
        }
        if has_callback {
            self.schedule_early_callbacks(reference_id);
        }
    }

    fn count_query(&mut self, window: Duration) {
        while self.queries.front().is_some_and(|first| self.now.since(*first) >= window) {
            self.queries.pop_front();
        }
        self.queries.push_back(self.now);
    }

    fn note_reported_status(&mut self, request: &AnsweredRequest) {
        if let (Some(id), Some(status)) = (request.reference_id, request.reported_status)
            && let Some(transaction) = self.transactions.get_mut(id)
        {
            transaction.reported[status.kind as usize] = true;
        }
    }

    /// Forgets everything but the API user with its key, its labels and the rules.
    fn forget(&mut self) {
        self.generation += 1;
        self.leave_accounts();
        self.transactions.clear();
        self.done.clear();
        self.evicted = 0;
        self.preapprovals.clear();
        self.consents = Consents::default();
        self.counts.own.clear();
        self.queries.clear();
        self.in_force_since = self.now;
        self.timers = Timers::default();
        self.journal.forget();
        (self.bytes, self.bytes_done) = (0, 0);
        self.pending = 0;
        self.in_flight = InFlight::default();
        self.callbacks_waiting = 0;
        self.outbox.clear();
    }

    fn transaction_mut(&mut self, reference_id: ReferenceId) -> &mut Transaction {
        self.transactions.get_mut(reference_id).expect("events are about known transactions")
    }

    /// Takes the callbacks that are to be sent now, each of them once.
    #[must_use]
    pub fn poll_callbacks(&mut self) -> Vec<Callback> {
        std::mem::take(&mut self.outbox)
    }

    /// The counts that all API users share. Whoever drives several spaces lends them to each.
    pub fn shared_counts(&mut self) -> &mut Counts {
        &mut self.counts.shared
    }

    /// The accounts. Whoever drives the spaces of a wallet lends its accounts to each in turn.
    pub fn accounts(&mut self) -> &mut Accounts {
        &mut self.accounts
    }

    /// Takes the changes of which transactions there are: for an index over all spaces.
    pub fn poll_reference_changes(&mut self) -> ReferenceChanges {
        self.transactions.take_changes()
    }
}

impl Platform {
    /// The API user whose space it is.
    pub fn api_user(&self) -> &ApiUser {
        &self.api_user
    }

    /// Whether this is the API user's key.
    pub fn has_api_key(&self, key: &str) -> bool {
        self.api_key.as_deref() == Some(key)
    }

    /// What the owner says of the space.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The space's label, if it has one.
    pub fn label(&self) -> Option<&str> {
        self.labels.label.as_deref()
    }

    /// The time up to which everything has happened.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When the next timer fires, or rules for a time end.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.timers.next().into_iter().chain(self.rules.next_end()).min()
    }

    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn environment(&self) -> &'static Environment {
        self.settings.environment
    }

    pub fn transaction(&self, reference_id: ReferenceId) -> Option<&Transaction> {
        self.transactions.get(reference_id)
    }

    /// All transactions, by reference.
    pub fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.transactions.in_order()
    }

    pub fn transaction_count(&self) -> usize {
        self.transactions.len()
    }

    /// How many settled transactions had to go to make room for newer ones.
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many transactions have no final status yet.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// How many transactions have no final status, or a callback that is still to be sent or
    /// answered.
    pub fn open(&self) -> usize {
        self.transactions.len() - self.done.len()
    }

    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The callbacks whose attempt has not ended yet.
    pub fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// Whether callbacks are still to be sent.
    pub fn has_callbacks_waiting(&self) -> bool {
        self.callbacks_waiting > 0
    }
}

/// What the files of this floor read.
impl Platform {
    pub(super) fn seed(&self) -> Seed {
        self.settings.seed
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    pub(super) fn api_keys_created(&self) -> u32 {
        self.api_keys_created
    }

    pub(super) fn acceptances(&self) -> u64 {
        self.acceptances
    }

    pub(super) fn round(&self) -> Round {
        self.round
    }

    pub(super) fn timers(&self) -> &Timers {
        &self.timers
    }

    pub(super) fn account(&self, product: Product) -> &Account {
        self.accounts.of(product)
    }

    /// The preapprovals in the order in which they were asked for.
    pub(super) fn preapprovals(&self) -> impl Iterator<Item = &Transaction> {
        self.preapprovals.values().filter_map(|reference_id| self.transaction(*reference_id))
    }

    pub(super) fn consents(&self) -> &Consents {
        &self.consents
    }

    pub(super) fn consents_requested(&self) -> u32 {
        self.consents_requested
    }

    pub(super) fn counts(&self) -> &RuleCounts {
        &self.counts
    }

    pub(super) fn in_force_since(&self) -> Timestamp {
        self.in_force_since
    }

    /// When statuses were asked for last, the earliest first.
    pub(super) fn queries(&self) -> &VecDeque<Timestamp> {
        &self.queries
    }

    pub(super) fn has_callbacks_to_send(&self) -> bool {
        !self.outbox.is_empty()
    }
}
