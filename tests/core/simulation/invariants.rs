//! What must be true of the spaces, worked out from what was done and seen alone: no plan, timer or
//! account of the code under test is asked.

use std::collections::{BTreeMap, BTreeSet};

use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::status::Status;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::event::EventKind;
use rust_decimal::Decimal;

use super::scenarios::{Count, Moment, Promise};

/// One acceptance: a reference may be accepted again after a reset, or once it was evicted.
pub type Acceptance = u64;

/// What is known of a transaction that a space holds.
#[derive(Debug)]
pub struct Known {
    pub acceptance: Acceptance,
    pub kind: TransactionKind,
    pub product: Product,
    pub amount: Decimal,
    pub party: &'static str,
    /// What its acceptance took from the available balance.
    pub set_aside: Decimal,
    /// The payment that it gives back.
    pub refunds: Option<Acceptance>,
    /// Whether that payment is another API user's.
    pub refunds_elsewhere: bool,
    /// Whether it is a payout, so that the refund brings the money back.
    pub brings_back: bool,
    /// Whether a refund of it was accepted while no ledger was kept, which refunds anything.
    pub is_loose: bool,
    pub promise: Promise,
    pub with_url: bool,
    pub final_status: Option<(Timestamp, Status)>,
    pub callbacks: Vec<Timestamp>,
    pub finished: u32,
    pub answered: bool,
    done_at: Option<Timestamp>,
    pub cancelled: bool,
    /// Whether its payer was sent a message: once.
    pub notified: bool,
    /// When it was to become final, as was decided at its acceptance; nobody's act comes before.
    pub settles_at: Option<Timestamp>,
}

/// What is accepted, before anything has become of it.
#[derive(Debug)]
pub struct Asked {
    pub kind: TransactionKind,
    pub product: Product,
    pub amount: Decimal,
    pub party: &'static str,
    pub with_url: bool,
    pub promise: Promise,
}

impl Known {
    pub fn new(acceptance: Acceptance, asked: &Asked) -> Self {
        Self {
            acceptance,
            kind: asked.kind,
            product: asked.product,
            amount: asked.amount,
            party: asked.party,
            set_aside: Decimal::ZERO,
            refunds: None,
            refunds_elsewhere: false,
            brings_back: false,
            is_loose: false,
            promise: asked.promise,
            with_url: asked.with_url,
            final_status: None,
            callbacks: Vec::new(),
            finished: 0,
            answered: false,
            done_at: None,
            cancelled: false,
            notified: false,
            settles_at: None,
        }
    }

    pub fn is_payout(kind: TransactionKind) -> bool {
        matches!(
            kind,
            TransactionKind::Transfer
                | TransactionKind::Deposit
                | TransactionKind::Refund
                | TransactionKind::CashTransfer
        )
    }

    pub fn is_successful(&self) -> bool {
        matches!(self.final_status, Some((_, Status::Successful(_))))
    }

    /// Whether all callbacks that were promised came, and it is known what became of them.
    pub fn is_called_back(&self) -> bool {
        match self.promise.count {
            _ if !self.with_url => true,
            Count::Exactly(count, _) => self.finished >= count,
            Count::Listed(after) => self.finished as usize >= after.len(),
            Count::UntilAnswered(most) => self.answered || self.finished >= most,
        }
    }

    /// Takes note of a callback, and fails if it is one too many or at a wrong time.
    fn call_back(&mut self, now: Timestamp, is_exact: bool) {
        assert!(self.with_url, "a callback that was not asked for");
        let earlier = u32::try_from(self.callbacks.len()).expect("few");
        let most = match self.promise.count {
            Count::Exactly(count, _) => count,
            Count::Listed(after) => u32::try_from(after.len()).expect("few"),
            Count::UntilAnswered(most) => {
                assert!(!self.answered, "a callback after one that was answered");
                assert_eq!(earlier, self.finished, "the next comes after the last one's end");
                most
            }
        };
        assert!(earlier < most, "more callbacks than {most}: {:?} and {now}", self.callbacks);
        if let Moment::AfterFinal(delay) = self.promise.moment {
            let (settled_at, _) = self.final_status.expect("no callback before the final status");
            let gap = match self.promise.count {
                Count::Exactly(_, every) => Some(every * i64::from(earlier)),
                Count::Listed(after) => Some(after[earlier as usize]),
                Count::UntilAnswered(_) => (earlier == 0).then_some(0),
            };
            if let Some(gap) = gap {
                let due = settled_at.0 + delay + gap;
                assert!(now.0 >= due, "a callback at {now}, before its time");
                assert!(!is_exact || now.0 == due, "a callback at {now}, after its time");
            }
        }
        self.callbacks.push(now);
    }
}

/// What is known of one space since it was reset last.
#[derive(Debug)]
pub struct Space {
    /// Whether it shares its accounts with all others that do.
    pub has_wallet: bool,
    pub opening: Decimal,
    /// What each account holds while no ledger is kept.
    pub constant: Option<Decimal>,
    pub moved: BTreeMap<Product, Decimal>,
    pub held: BTreeMap<ReferenceId, Known>,
    pub accepted: u64,
    pub called_back: u64,
    pub queries: Vec<Timestamp>,
    pub looked_at: Timestamp,
    pub evicted: u64,
}

impl Space {
    pub fn new(has_wallet: bool, opening: Decimal, now: Timestamp) -> Self {
        Self {
            has_wallet,
            opening,
            constant: None,
            moved: Product::ALL.map(|product| (product, Decimal::ZERO)).into(),
            held: BTreeMap::new(),
            accepted: 0,
            called_back: 0,
            queries: Vec::new(),
            looked_at: now,
            evicted: 0,
        }
    }

    /// What the transactions of the space have added to what an account can pay out.
    fn brought(&self, product: Product) -> Decimal {
        let of_product = self.held.values().filter(|known| known.product == product);
        let set_aside: Decimal = of_product.map(|known| known.set_aside).sum();
        self.moved[&product] - set_aside
    }

    pub fn pending(&self) -> usize {
        self.held.values().filter(|known| known.final_status.is_none()).count()
    }

    /// What is not settled, or has a callback before it.
    pub fn open(&self) -> usize {
        self.held.values().filter(|known| known.done_at.is_none()).count()
    }
}

/// What was given back of each payment, or is about to be.
pub type Refunded = BTreeMap<Acceptance, Decimal>;

impl Space {
    /// Compares a space with what is known of it, and learns what has happened since. `is_exact`
    /// says that nothing was due between two looks.
    pub fn look(
        &mut self,
        platform: &Platform,
        refunded: &mut Refunded,
        limits: Limits,
        now: Timestamp,
    ) {
        for (id, known) in &mut self.held {
            let found = platform.transaction(*id);
            let status = found.map(|found| (found.status(), found.history().last()));
            let Some((status, last)) = status else { continue };
            if let Some((_, first)) = known.final_status {
                assert_eq!(status, first, "the final status of {id} changed");
                continue;
            }
            if !status.is_final() {
                continue;
            }
            let at = last.expect("a status has a time").0;
            assert!(self.looked_at <= at && at <= now, "{id} became final at {at}, now {now}");
            let is_on_time = known.settles_at == Some(at);
            assert!(is_on_time, "{id} became final at {at}, not at {:?}", known.settles_at);
            known.final_status = Some((at, status));
            settle(known, status, &mut self.moved, refunded);
        }
        self.evict(platform, limits, now);
        self.looked_at = now;
        self.check(platform, refunded, limits);
    }

    /// What is gone must have been done, and older than all that is done and still there.
    fn evict(&mut self, platform: &Platform, limits: Limits, now: Timestamp) {
        for known in self.held.values_mut() {
            if known.done_at.is_none() && known.final_status.is_some() && known.is_called_back() {
                known.done_at = Some(now);
            }
        }
        let is_gone = |id: &ReferenceId| platform.transaction(*id).is_none();
        let gone: Vec<_> = self.held.keys().copied().filter(is_gone).collect();
        for id in &gone {
            let known = self.held.remove(id).expect("it was held");
            let done_at = known.done_at.unwrap_or_else(|| panic!("{id} went before it was done"));
            let oldest = self.held.values().filter_map(|known| known.done_at).min();
            let is_oldest = oldest.is_none_or(|oldest| done_at <= oldest);
            let others = gone.contains(id);
            assert!(is_oldest && others, "{id} went before an older one");
            self.evicted += 1;
        }
        let done = self.held.values().filter(|known| known.done_at.is_some()).count();
        assert!(done <= limits.settled, "{done} settled, of {} at most", limits.settled);
        assert!(gone.is_empty() || done == limits.settled, "evicted although there was room");
    }

    fn check(&self, platform: &Platform, refunded: &Refunded, limits: Limits) {
        for (id, known) in &self.held {
            let back = refunded.get(&known.acceptance).copied().unwrap_or_default();
            let found = platform.transaction(*id).expect("it is held");
            assert_eq!(found.refunded, back, "what was given back of {id}");
            if known.is_loose {
                continue;
            }
            assert!(back <= known.amount, "{back} given back of {}", known.amount);
            assert!(back.is_zero() || known.is_successful(), "only what was paid is given back");
        }
        let held: BTreeSet<_> =
            platform.transactions().map(|found| found.submission.reference_id).collect();
        assert!(held.iter().eq(self.held.keys()), "what is held is what was accepted");
        assert_eq!(platform.pending(), self.pending());
        assert!(self.open() <= limits.pending, "more open than {}", limits.pending);
        assert_eq!(platform.evicted(), self.evicted);
    }

    /// Compares the journal with what was done, once all callbacks of the moment were taken.
    pub fn check_journal(&self, platform: &Platform, limits: Limits) {
        let journal = platform.journal();
        let kept = journal.entries().count();
        assert!(kept <= limits.journal.max(1), "{kept} entries of {}", limits.journal);
        if journal.evicted() == 0 {
            let count = |event| {
                let entries = journal.entries().filter(|entry| entry.kind() == event);
                u64::try_from(entries.count()).expect("few")
            };
            assert_eq!(count(EventKind::Accepted), self.accepted);
            assert_eq!(count(EventKind::CallbackSent), self.called_back);
        }
    }

    /// Takes note of a callback of this life.
    pub fn call_back(&mut self, id: ReferenceId, now: Timestamp, is_exact: bool) -> Acceptance {
        self.called_back += 1;
        let known = self.held.get_mut(&id).expect("a callback is about what is held");
        known.call_back(now, is_exact);
        known.acceptance
    }

    /// The preapprovals of a party that an account holder approved.
    pub fn approved(&self, party: &str) -> BTreeSet<String> {
        let approved = self.held.iter().filter(|(_, known)| {
            known.kind == TransactionKind::PreApproval
                && known.party == party
                && known.is_successful()
        });
        approved.map(|(id, _)| id.to_string()).collect()
    }
}

/// What a final status means for the money.
fn settle(
    known: &mut Known,
    status: Status,
    moved: &mut BTreeMap<Product, Decimal>,
    refunded: &mut Refunded,
) {
    let set_aside = std::mem::take(&mut known.set_aside);
    let moved = moved.get_mut(&known.product).expect("every product");
    match status {
        Status::Successful(_) if !known.promise.ledger => assert!(set_aside.is_zero()),
        Status::Successful(_) if Known::is_payout(known.kind) && !known.brings_back => {
            assert_eq!(set_aside, known.amount, "paid out what was set aside for it");
            *moved -= known.amount;
        }
        Status::Successful(_) => *moved += known.amount,
        Status::Created | Status::Pending | Status::Failed(_) => {
            if let Some(payment) = known.refunds {
                *refunded.get_mut(&payment).expect("it was set aside") -= known.amount;
            }
        }
    }
}

/// All spaces, by their API users.
pub type Spaces = BTreeMap<ApiUserId, Space>;

/// The API users that have the same accounts as this one.
pub fn wallet_of(spaces: &Spaces, user: ApiUserId) -> Vec<ApiUserId> {
    let shares = spaces[&user].has_wallet;
    let is_of_it =
        |(id, space): &(&ApiUserId, &Space)| **id == user || (shares && space.has_wallet);
    spaces.iter().filter(is_of_it).map(|(id, _)| *id).collect()
}

/// What the account of a product must have to pay out.
pub fn available(spaces: &Spaces, user: ApiUserId, product: Product) -> Decimal {
    let own = &spaces[&user];
    own.constant.unwrap_or_else(|| {
        let all = wallet_of(spaces, user);
        own.opening + all.iter().map(|id| spaces[id].brought(product)).sum::<Decimal>()
    })
}

/// Compares the accounts with what is known, once everything that has happened is.
pub fn check_balances(spaces: &Spaces, user: ApiUserId, platform: &Platform) {
    for product in Product::ALL {
        let found = platform.available_balance(product);
        assert_eq!(found, available(spaces, user, product), "the balance of {product}");
        assert!(found >= Decimal::ZERO, "{product} is overdrawn");
    }
}

/// Whether a refund can name it.
fn is_refundable(known: &Known) -> bool {
    known.kind == TransactionKind::RequestToPay || is_refundable_payout(known)
}

/// Whether its refund brings the money back.
pub fn is_refundable_payout(known: &Known) -> bool {
    let is_payout = matches!(known.kind, TransactionKind::Transfer | TransactionKind::Deposit);
    is_payout && known.product == Product::Disbursement
}

/// What a refund of this space names: its own, or the first other's that has it.
pub fn payment_of(
    spaces: &Spaces,
    own: ApiUserId,
    named: ReferenceId,
) -> Option<(ApiUserId, &Known)> {
    let others = spaces.keys().copied().filter(|id| *id != own);
    std::iter::once(own).chain(others).find_map(|id| {
        let known = spaces[&id].held.get(&named)?;
        is_refundable(known).then_some((id, known))
    })
}
