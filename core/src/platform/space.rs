//! [`Platform`]: the state of one space and the one way to change it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use crate::model::api_user::ApiUser;
use crate::model::environment::Environment;
use crate::model::product::Product;
use crate::model::reference::ReferenceId;
use crate::model::status::Status;
use crate::model::time::Timestamp;
use crate::model::transaction::{MoneyFlow, Submission, TransactionKind};
use crate::operations::answer::Answer;
use crate::operations::rejection::Rejection;
use crate::operations::view::{Place, Standing, body_text, body_value};
use crate::platform::account::Account;
use crate::platform::agenda::{Agenda, Due};
use crate::platform::callback::{Attempt, Callback};
use crate::platform::consents::Consents;
use crate::platform::event::Event;
use crate::platform::held::{HeldTransactions, ReferenceChanges};
use crate::platform::in_flight::{InFlight, Round};
use crate::platform::journal::Journal;
use crate::platform::keeping::{Keeping, bytes_of};
use crate::platform::labelling::Labelling;
use crate::platform::settings::Settings;
use crate::platform::settling::note_stage;
use crate::platform::transaction::{CallbackProgress, Transaction};
use crate::scenario::dice::Purpose;
use crate::scenario::plan::{Matches, Plan, PlannedCallback, PlannedSubmit};
use crate::scenario::rule::{Circumstances, Origin};
use crate::scenario::rule_book::RuleBook;

/// One space.
#[derive(Debug)]
pub struct Platform {
    pub(super) api_user: Arc<ApiUser>,
    pub(super) settings: Settings,
    pub(super) labelling: Labelling,
    api_key: Option<Box<str>>,
    api_keys_created: u32,
    pub(super) now: Timestamp,
    pub(super) life: u64,
    pub(super) transactions: HeldTransactions,
    pub(super) accounts: BTreeMap<Product, Account>,
    /// What is settled and has its callback behind it, in that order: the first to go.
    pub(super) settled: VecDeque<ReferenceId>,
    pub(super) evicted: u64,
    /// How many transactions were ever accepted.
    acceptances: u64,
    /// The preapprovals that are held, by their acceptances.
    pub(super) preapprovals: BTreeMap<u64, ReferenceId>,
    pub(super) consents: Consents,
    pub(super) consents_requested: u32,
    pub(super) agenda: Agenda,
    pub(super) journal: Journal,
    pub(super) keeping: Keeping,
    pub(super) pending: usize,
    pub(super) callbacks: Vec<Callback>,
    /// The callbacks of which nobody knows yet what came of them.
    pub(super) in_flight: InFlight,
    /// The round of what is accepted now.
    pub(super) round: Round,
    /// How many transactions have a callback that is still to be sent, a last time at least.
    pub(super) callbacks_waiting: usize,
    /// How often the rules that count their matches have matched.
    pub(super) matches: Matches,
    /// Whether its rules were given to it alone.
    pub(super) has_own_rules: bool,
    /// Since when the rules are in force.
    pub(super) in_force_since: Timestamp,
    /// When statuses were asked for last, for the rate limit.
    pub(super) queries: VecDeque<Timestamp>,
}

/// What a valid submission meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// When it was accepted.
    pub at: Timestamp,
    /// What a scenario does to the answer, if anything.
    pub submit: Option<Box<PlannedSubmit>>,
    /// Which rule of a scenario does it.
    pub rule: Option<Origin>,
    /// Why the ledger makes it fail, if it does: for the log.
    pub why: Option<String>,
}

/// Reading.
impl Platform {
    /// The API user whose space it is.
    pub fn api_user(&self) -> &ApiUser {
        &self.api_user
    }

    /// The session of an access token that is issued at that time.
    pub fn session(&self, now: Timestamp) -> Uuid {
        let moment = u128::from(now.0.unsigned_abs());
        let id = Uuid::from_u128(self.api_user.id.0.as_u128() ^ moment);
        self.settings.seed.dice(id, Purpose::Session).uuid()
    }

    /// Whether this is the API user's key.
    pub fn has_api_key(&self, key: &str) -> bool {
        self.api_key.as_deref() == Some(key)
    }

    /// The target environment.
    pub fn environment(&self) -> &'static Environment {
        self.settings.environment
    }

    /// The rules in force.
    pub fn rules(&self) -> &RuleBook {
        &self.settings.rules
    }

    /// The rules in force, to be shared.
    pub fn shared_rules(&self) -> Arc<RuleBook> {
        Arc::clone(&self.settings.rules)
    }

    /// The transaction of that reference.
    pub fn transaction(&self, reference_id: ReferenceId) -> Option<&Transaction> {
        self.transactions.get(reference_id)
    }

    /// The status body of a transaction of this space.
    pub fn status_body(&self, transaction: &Transaction) -> serde_json::Value {
        body_value(&self.standing(transaction, transaction.status()), Place::Status)
    }

    /// The same as it goes out.
    pub fn status_text(&self, transaction: &Transaction) -> String {
        body_text(&self.standing(transaction, transaction.status()), Place::Status)
    }

    /// Where a transaction would stand if it had this status.
    pub(super) fn standing<'a>(
        &'a self,
        transaction: &'a Transaction,
        status: Status,
    ) -> Standing<'a> {
        Standing {
            submission: &transaction.submission,
            kind: transaction.submission.kind,
            party: transaction.submission.details.party.as_ref(),
            reasons_are_objects: self.environment().reason_objects,
            status,
            accepted_at: transaction.accepted_at,
            invoice: transaction.plan.invoice.as_deref().copied(),
        }
    }

    /// All transactions, by reference.
    pub fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.transactions.in_order()
    }

    /// How many transactions there are.
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

    /// How many transactions have no final status, or a callback that is not behind them.
    pub fn open(&self) -> usize {
        self.transactions.len() - self.settled.len()
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.agenda.next()
    }
}

/// What happens to it. Each begins by letting all happen that is due by `now`.
impl Platform {
    /// A new space.
    pub fn new(api_user: impl Into<Arc<ApiUser>>, settings: Settings, now: Timestamp) -> Self {
        let journal = Journal::keeping(settings.limits.journal);
        let mut platform = Self {
            api_user: api_user.into(),
            settings,
            labelling: Labelling::default(),
            api_key: None,
            api_keys_created: 0,
            now,
            life: 0,
            transactions: HeldTransactions::default(),
            accounts: BTreeMap::new(),
            settled: VecDeque::new(),
            evicted: 0,
            acceptances: 0,
            preapprovals: BTreeMap::new(),
            consents: Consents::default(),
            consents_requested: 0,
            agenda: Agenda::default(),
            journal,
            keeping: Keeping::default(),
            pending: 0,
            callbacks: Vec::new(),
            in_flight: InFlight::default(),
            round: 0,
            callbacks_waiting: 0,
            matches: Matches::new(),
            has_own_rules: false,
            in_force_since: now,
            queries: VecDeque::new(),
        };
        platform.open_accounts();
        platform
    }

    /// Lets everything happen that is due by `now`, in order.
    ///
    /// # Panics
    ///
    /// If `now` is before an earlier one: the clock is read after the lock is taken, and only moves
    /// forward.
    pub fn advance(&mut self, now: Timestamp) {
        assert!(now >= self.now, "time runs backwards: {now} after {}", self.now);
        while self.advance_one(now) {}
        self.now = now;
    }

    /// Lets the next thing happen that is due by `now`; says whether there was one.
    pub(super) fn advance_one(&mut self, now: Timestamp) -> bool {
        let Some((at, reference_id, due)) = self.agenda.take_due(now) else { return false };
        // What became due while nobody looked happened at its own time all the same.
        self.now = self.now.max(at);
        if let Some(event) = self.event_of(reference_id, due) {
            self.apply(event);
        }
        true
    }

    /// The callbacks that are to be sent now, each of them once.
    #[must_use]
    pub fn take_callbacks(&mut self) -> Vec<Callback> {
        std::mem::take(&mut self.callbacks)
    }

    /// The changes of which transactions there are, since they were taken last: for an index over
    /// all spaces.
    pub fn take_reference_changes(&mut self) -> ReferenceChanges {
        self.transactions.take_changes()
    }

    /// Sets the API key that was given at the start.
    pub fn set_api_key(&mut self, key: &str) {
        self.api_key = Some(key.into());
    }

    /// Creates a new API key, 32 hex digits; the one before ends.
    pub fn create_api_key(&mut self, now: Timestamp) -> String {
        self.advance(now);
        let purpose = Purpose::ApiKey(self.api_keys_created);
        let mut dice = self.settings.seed.dice(self.api_user.id.0, purpose);
        let key = format!("{:032x}", u128::from_be_bytes(dice.bytes()));
        self.apply(Event::ApiKeyCreated);
        self.api_key = Some(key.as_str().into());
        key
    }

    /// Accepts a valid submission: its fate is decided here and now.
    ///
    /// # Errors
    ///
    /// [`Rejection::Duplicate`] if its reference was seen before; nothing is created then.
    pub fn accept(
        &mut self,
        now: Timestamp,
        mut submission: Submission,
    ) -> Result<Acceptance, Rejection> {
        self.advance(now);
        if self.transactions.get(submission.reference_id).is_some() {
            return Err(Rejection::Duplicate(submission.reference_id.to_string()));
        }
        if self.open() >= self.settings.limits.pending {
            return Err(Rejection::too_many_pending(self.settings.limits.pending));
        }
        if submission.kind == TransactionKind::Refund {
            submission.details.party = self.party_of_refund(&submission);
        }
        let payment = self.payment_to_refund(&submission);
        let plan = self.decide(&submission, payment);
        let submit = plan.submit.clone();
        let rule = submit.as_ref().and_then(|_| plan.decided_by.rule.clone());
        let mut why = None;
        if submit.as_ref().is_some_and(|submit| !submit.created) {
            let (reference_id, counted) = (submission.reference_id, plan.decided_by.counted);
            self.apply(Event::SubmissionFailed { reference_id, counted });
        } else {
            why = plan.decided_by.why(&submission);
            let (submission, plan) = (Box::new(submission), Box::new(plan));
            self.apply(Event::Accepted { submission, plan });
            // What is due at once has happened before the 202 is on its way.
            self.advance(now);
        }
        Ok(Acceptance { at: now, submit, rule, why })
    }

    /// The answer of a scenario to a submission whose body nobody has read, and its rule.
    pub fn answer_before_body(
        &mut self,
        now: Timestamp,
        product: Product,
        kind: TransactionKind,
    ) -> Option<(Answer, Origin)> {
        self.advance(now);
        let (circumstances, _) = self.circumstances();
        let found = self.rules().rule_before_body(product, kind, &circumstances);
        found.map(|(rule, answer)| (answer.clone(), rule.origin.clone()))
    }

    /// What a match of a rule depends on beside the submission.
    pub(super) fn circumstances(&self) -> (Circumstances, &Matches) {
        let circumstances = Circumstances {
            api_user: self.api_user.id,
            seed: self.settings.seed,
            in_force_for: self.now.since(self.in_force_since),
            environment: self.settings.environment,
        };
        (circumstances, &self.matches)
    }

    /// Records what came of a callback of this life of the space.
    pub fn finish_callback(
        &mut self,
        now: Timestamp,
        life: u64,
        reference_id: ReferenceId,
        attempt: Attempt,
    ) {
        self.advance(now);
        if life == self.life {
            let round = self.record(reference_id).round;
            self.in_flight.remove(round, 1);
            self.apply(Event::CallbackFinished { reference_id, attempt: Box::new(attempt) });
        }
    }

    /// Forgets all transactions, balances and the journal; the API user and its key stay.
    pub fn reset(&mut self, now: Timestamp) {
        self.advance(now);
        self.apply(Event::Reset);
    }

    /// What a due entry of the agenda means now.
    fn event_of(&self, reference_id: ReferenceId, due: Due) -> Option<Event> {
        // An invoice that was cancelled may be gone before it would have settled.
        let transaction = self.transaction(reference_id)?;
        match due {
            // It was cancelled before.
            Due::Stage(_) if transaction.status().is_final() => None,
            Due::Stage(index) => {
                let status = transaction.plan.stages[index].status;
                Some(Event::StatusReached { reference_id, status })
            }
            Due::Callback => match &transaction.plan.callback {
                PlannedCallback::NotRequested => None,
                PlannedCallback::Sent(_) => Some(Event::CallbackSent { reference_id }),
                PlannedCallback::Lost => Some(Event::CallbackLost { reference_id }),
            },
        }
    }

    /// The one change of state. What it does not do did not happen, and what it does is in the
    /// journal.
    pub(super) fn apply(&mut self, event: Event) {
        let at = self.now;
        if event == Event::Reset {
            self.forget();
        }
        self.journal.write(at, &event);
        match event {
            Event::ApiKeyCreated => self.api_keys_created += 1,
            Event::Accepted { submission, plan } => self.enter(*submission, *plan),
            Event::StatusReached { reference_id, status } => self.reach(reference_id, status),
            Event::CallbackSent { reference_id } => self.send_callback(reference_id),
            Event::CallbackLost { reference_id } => {
                self.record(reference_id).callback = CallbackProgress::Lost;
                self.make_room_after(reference_id);
            }
            Event::SubmissionFailed { counted, .. } => self.count_match(counted),
            Event::BalanceAnswered { rule } => self.count_match(Some(rule)),
            Event::CallbackFinished { reference_id, attempt } => {
                self.finish_attempt(reference_id, *attempt);
            }
            Event::StatusRead { reference_id, .. } => self.record(reference_id).status_reads += 1,
            Event::DeliveryNotified { reference_id, message } => {
                self.change(reference_id, |found| found.delivery_notification = Some(message));
            }
            Event::PreApprovalCancelled { reference_id } => {
                self.record(reference_id).cancelled_at = Some(at);
            }
            Event::RefundSetAside { reference_id, amount } => {
                self.record(reference_id).refunded += amount.decimal();
            }
            Event::RefundGivenUp { reference_id, amount } => {
                self.record(reference_id).refunded -= amount.decimal();
            }
            Event::ConsentRequested { id, consent } => {
                self.consents_requested += 1;
                self.consents.ask(id, *consent);
            }
            Event::ConsentRedeemed { id } => self.consents.redeem(id, at),
            Event::RulesPut => {
                self.matches.clear();
                self.in_force_since = at;
            }
            // What follows from these is an event of its own, or nothing.
            Event::InvoiceCancelled { .. }
            | Event::PayerActed { .. }
            | Event::ConsentRefreshed { .. }
            | Event::UserInfoRead { .. }
            | Event::Reset => {}
            Event::RequestAnswered(request) => self.note_told(&request),
        }
    }

    fn enter(&mut self, submission: Submission, plan: Plan) {
        let reference_id = submission.reference_id;
        self.count_match(plan.decided_by.counted);
        let acceptance = self.acceptances;
        self.acceptances += 1;
        if submission.kind == TransactionKind::PreApproval {
            self.preapprovals.insert(acceptance, reference_id);
        }
        let payment = self.payment_to_refund(&submission);
        let flow = self.flow_of(&submission, payment);
        let payment = payment.map(|payment| payment.submission.reference_id);
        let reserves = plan.succeeds() && (flow == MoneyFlow::Debit || payment.is_some());
        self.pending += 1;
        if let PlannedCallback::Sent(_) = plan.callback {
            self.callbacks_waiting += 1;
        }
        let mut transaction = Box::new(Transaction::accept(submission, plan, acceptance, self.now));
        (transaction.refunds, transaction.flow) = (payment, flow);
        transaction.round = self.round;
        transaction.is_booked = self.rules().keeps_ledger;
        note_stage(&mut self.agenda, &mut transaction, 1);
        let has_callback = transaction.callback == CallbackProgress::Waiting;
        self.keep(bytes_of(&transaction));
        self.transactions.insert(transaction);
        if reserves {
            self.set_aside(reference_id);
        }
        if has_callback {
            self.note_early_callback(reference_id);
        }
    }

    fn count_match(&mut self, rule: Option<u32>) {
        if let Some(rule) = rule {
            *self.matches.entry(rule).or_default() += 1;
        }
    }

    fn forget(&mut self) {
        self.life += 1;
        self.transactions.clear();
        self.settled.clear();
        self.evicted = 0;
        self.preapprovals.clear();
        self.consents = Consents::default();
        self.matches.clear();
        self.queries.clear();
        self.in_force_since = self.now;
        self.agenda = Agenda::default();
        self.journal.forget();
        self.keep_nothing();
        self.pending = 0;
        self.in_flight = InFlight::default();
        self.callbacks_waiting = 0;
        self.callbacks.clear();
        self.open_accounts();
    }

    pub(super) fn record(&mut self, reference_id: ReferenceId) -> &mut Transaction {
        self.transactions.get_mut(reference_id).expect("events are about known transactions")
    }
}
