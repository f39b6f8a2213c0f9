//! Random users of the spaces: every step is drawn from the seed, and everything is looked at after
//! each.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::engine::Space as EngineSpace;
use momo_sandbox::internals::engine::Spaces;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::callback::{AttemptResult, Callback, DeliveryFailure};
use momo_sandbox_core::platform::consent::ConsentRequest;
use momo_sandbox_core::platform::event::PayerAct;
use momo_sandbox_core::platform::{Platform, Settings};
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::{Purpose, Seed, SeededRng};
use rand::RngExt;
use rust_decimal::Decimal;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use uuid::Uuid;

use super::invariants::{self, Asked, Known, Refunded};
use super::scenarios::{Moment, PromisedScenario, SCENARIOS};
use crate::support::attempts::attempt_of;
use crate::support::merchant::body_of;

const PARTIES: [&str; 5] =
    ["46733123999", "46733123450", "46733123453", "46733123454", "250788000001"];

/// How often something was seen, so that a simulation that tests nothing is noticed.
pub type Coverage = BTreeMap<&'static str, u64>;

/// A callback on its way: whose, of which acceptance, and in which life of its space.
struct OnItsWay {
    callback: Callback,
    life: u32,
}

/// A consent that was asked for.
struct Asking {
    api_user: ApiUserId,
    life: u32,
    id: Uuid,
    redeemed: bool,
    refresh_token: Option<Uuid>,
}

/// The spaces under test, what is known of them, and the random numbers.
pub struct Simulation {
    rng: SeededRng,
    spaces: Spaces,
    callbacks: UnboundedReceiver<Callback>,
    limits: Limits,
    /// Whether time is moved from one due time to the next.
    is_exact: bool,
    known: invariants::Spaces,
    in_force: BTreeMap<ApiUserId, (&'static PromisedScenario, Timestamp)>,
    lives: BTreeMap<ApiUserId, u32>,
    refunded: Refunded,
    acceptances: u64,
    on_their_way: Vec<OnItsWay>,
    askings: Vec<Asking>,
    pub coverage: Coverage,
}

fn reference_id(number: u64) -> ReferenceId {
    ReferenceId(Uuid::from_u128(0x1000_4000_8000_0000_0000 + u128::from(number)))
}

fn rules(scenario: &PromisedScenario) -> Arc<RuleBook> {
    let scenario =
        read_scenario(&format!("{}.toml", scenario.name), scenario.text()).expect("a scenario");
    let given = Defaults::settling_after(Duration::from_millis(200));
    Arc::new(RuleBook::new(vec![scenario], given))
}

impl Simulation {
    pub fn new(seed: u64) -> Self {
        let mut rng = Seed(seed).rng(Uuid::from_u128(0x51), Purpose::Example(0));
        // A jump over many due times may evict what nobody saw settle: then there is room for all.
        let is_exact = rng.random_range(0_u64..=3) > 0;
        let settled = if is_exact { rng.random_range(2_u64..=12) } else { 1000 };
        let size = |number: u64| usize::try_from(number).expect("small");
        let limits = Limits {
            settled: size(settled),
            pending: size(rng.random_range(3_u64..=25)),
            journal: size(rng.random_range(1_u64..=3).pow(5) * 5),
            ..Limits::DEFAULT
        };
        let scenario = &SCENARIOS[0];
        let settings =
            Settings { rules: rules(scenario), seed: Seed(seed), environment: &SANDBOX, limits };
        let start = Timestamp(1_800_000_000_000);
        let (sender, callbacks) = mpsc::unbounded_channel();
        let spaces = Spaces::new(Clock::manual(start), settings, sender);
        let (mut known, mut in_force) = (BTreeMap::new(), BTreeMap::new());
        for number in 1..=2 {
            let id = ApiUserId(Uuid::from_u128(number));
            let host = ProviderCallbackHost::parse("shop.example").expect("a host");
            let mut api_user = ApiUser::new(id, host, Product::ALL);
            // Every other seed is about one wallet.
            let has_wallet = seed % 2 == 1;
            api_user.wallet = has_wallet.then(|| "main".into());
            spaces.provision(api_user).expect("a new one");
            known.insert(id, invariants::Space::new(has_wallet, Decimal::ONE_THOUSAND, start));
            in_force.insert(id, (scenario, start));
        }
        let lives = known.keys().map(|id| (*id, 0)).collect();
        let (refunded, on_their_way, askings) = (Refunded::new(), Vec::new(), Vec::new());
        let coverage = Coverage::new();
        Self {
            rng,
            spaces,
            callbacks,
            limits,
            is_exact,
            known,
            in_force,
            lives,
            refunded,
            acceptances: 0,
            on_their_way,
            askings,
            coverage,
        }
    }

    fn draw<T: Copy>(&mut self, from: &[T]) -> T {
        let last = u64::try_from(from.len()).expect("few") - 1;
        from[usize::try_from(self.rng.random_range(0_u64..=last)).expect("few")]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.rng.random_range(1_u64..=100) <= percent
    }

    fn saw(&mut self, what: &'static str) {
        *self.coverage.entry(what).or_default() += 1;
    }

    fn user(&mut self) -> ApiUserId {
        let users: Vec<_> = self.known.keys().copied().collect();
        self.draw(&users)
    }

    fn space(&self, id: ApiUserId) -> Arc<EngineSpace> {
        self.spaces.get(id).expect("provisioned")
    }

    fn now(&self) -> Timestamp {
        self.spaces.clock().now()
    }

    fn enter<R>(&self, id: ApiUserId, act: impl FnOnce(&mut Platform, Timestamp) -> R) -> R {
        self.spaces.enter(&self.space(id), act)
    }

    /// Some reference: mostly of few, so that they meet.
    fn reference(&mut self) -> ReferenceId {
        reference_id(self.rng.random_range(0_u64..=14))
    }

    /// Some reference, mostly of what a space holds of this sort.
    fn reference_of(&mut self, user: ApiUserId, sort: impl Fn(&Known) -> bool) -> ReferenceId {
        let held = self.known[&user].held.iter();
        let wanted: Vec<_> = held.filter(|(_, known)| sort(known)).map(|(id, _)| *id).collect();
        if wanted.is_empty() || self.chance(20) { self.reference() } else { self.draw(&wanted) }
    }

    /// Looks at everything: what was seen must agree with what is known.
    fn look(&mut self) {
        let now = self.now();
        for (id, known) in &mut self.known {
            let space = self.spaces.get(*id).expect("provisioned");
            let (limits, refunded) = (self.limits, &mut self.refunded);
            self.spaces.enter(&space, |platform, _| known.look(platform, refunded, limits, now));
        }
        while let Ok(callback) = self.callbacks.try_recv() {
            let id = callback.api_user;
            let known = self.known.get_mut(&id).expect("known");
            let is_by_hand = callback.number.is_by_hand();
            if is_by_hand {
                known.called_back += 1;
            } else {
                known.call_back(callback.reference_id, now, self.is_exact);
            }
            let life = self.lives[&id];
            self.on_their_way.push(OnItsWay { callback, life });
            self.saw(if is_by_hand { "a callback by hand" } else { "a callback" });
        }
        for (id, known) in &self.known {
            self.enter(*id, |platform, _| {
                known.check_journal(platform, self.limits);
                invariants::check_balances(&self.known, *id, platform);
            });
        }
        self.check_counts();
        let kept = self.limits.journal.max(1);
        self.spaces.read_global_journal(|feed| assert!(feed.held() <= kept as u64));
    }

    /// What is counted as it changes is what the spaces hold, and each is woken when it is due.
    fn check_counts(&self) {
        let (mut transactions, mut pending, mut entries) = (0, 0, 0);
        let (mut evicted, mut in_flight, mut due) = (0, 0, None);
        for space in self.spaces.all() {
            self.spaces.enter(&space, |platform, _| {
                transactions += platform.transaction_count() as u64;
                pending += platform.pending() as u64;
                entries += platform.journal().entries().count() as u64;
                evicted += platform.evicted();
                in_flight += platform.in_flight().total();
                due = due.into_iter().chain(platform.next_due()).min();
            });
        }
        let held = self.spaces.held();
        let counted = (held.transactions, held.pending, held.journal_entries);
        assert_eq!(counted, (transactions, pending, entries));
        assert_eq!(held.settled_evicted, evicted);
        assert_eq!(self.spaces.in_flight().borrow().total(), in_flight);
        assert_eq!(self.spaces.next_due_anywhere(), due);
    }

    /// One step of some user's.
    pub fn step(&mut self) {
        match self.rng.random_range(0_u64..=99) {
            0..=37 => self.submit(),
            38..=58 => self.wait(),
            59..=68 => self.read_status(),
            69..=78 => self.finish_callback(),
            79..=82 => self.payer_acts(),
            83..=84 => self.cancel_invoice(),
            85 => self.call_back_by_hand(),
            86..=87 => self.cancel_preapproval(),
            88 => self.notify(),
            89..=91 => self.ask_for_consent(),
            92..=94 => self.redeem(),
            95..=96 => self.change_scenario(),
            97 => self.put_scenario_for_all(),
            _ => self.reset(),
        }
        self.look();
    }

    /// Lets time pass; a space that is exact is woken at each due time.
    fn wait(&mut self) {
        let by = match self.rng.random_range(0_u64..=99) {
            0..=79 => self.rng.random_range(1_u64..=2000),
            80..=96 => self.rng.random_range(2000_u64..=400_000),
            _ => self.rng.random_range(400_000_u64..=8_000_000),
        };
        self.wait_until(self.now().after(Duration::from_millis(by)));
    }

    fn wait_until(&mut self, target: Timestamp) {
        while self.is_exact {
            let spaces = self.spaces.all();
            let due = spaces.iter().filter_map(|space| self.spaces.next_due(space)).min();
            let Some(due) = due.filter(|due| *due < target) else { break };
            self.spaces.clock().advance(due.since(self.now()));
            self.look();
        }
        self.spaces.clock().advance(target.since(self.now()));
        self.look();
    }

    fn submit(&mut self) {
        // Two that are accepted at the same time may settle at the same time.
        self.wait_until(self.now().after(Duration::from_millis(1)));
        let user = self.user();
        let kind = self.draw(&TransactionKind::ALL);
        let product = match kind {
            TransactionKind::CashTransfer => Product::Remittance,
            TransactionKind::Transfer => self.draw(&[Product::Disbursement, Product::Remittance]),
            _ if Known::is_payout(kind) => Product::Disbursement,
            _ => Product::Collection,
        };
        let (scenario, since) = self.in_force[&user];
        let id = self.reference();
        let whose = self.user();
        let named = self.reference_of(whose, |known| {
            let is_payment = known.kind == TransactionKind::RequestToPay;
            (is_payment || invariants::is_refundable_payout(known)) && known.is_successful()
        });
        let amount = self.rng.random_range(1_u64..=400);
        let party = self.draw(&PARTIES);
        let with_url = self.chance(70);
        let body = body_of(kind.name(), &amount.to_string(), party, &named.to_string());
        let submission = Submission {
            reference_id: id,
            product,
            kind,
            details: read_details(&SANDBOX, kind, body.to_string().as_bytes())
                .expect("a good body"),
            callback_url: with_url
                .then(|| CallbackUrl::parse("http://shop.example/paid").expect("a URL")),
            callback_method: CallbackMethod::Post,
            consent_fault: None,
            payment_elsewhere: None,
            is_manual: false,
        };
        let amount = match kind {
            TransactionKind::PreApproval => Decimal::ZERO,
            _ => Decimal::from(amount),
        };
        let mut promise = scenario.promise;
        // MTN's test values for a preapproval that is not answered at once call back CREATED.
        let is_told_created = ["46733123453", "46733123454"].contains(&party);
        if kind == TransactionKind::PreApproval && is_told_created {
            promise.moment = Moment::Early;
        }
        let asked = Asked { kind, product, amount, party, with_url, promise };
        let closed = self.now().0 - since.0 < scenario.promise.closed_for;
        self.accept(user, submission, &asked, named, closed);
    }

    fn accept(
        &mut self,
        user: ApiUserId,
        submission: Submission,
        asked: &Asked,
        named: ReferenceId,
        closed: bool,
    ) {
        let (id, product) = (submission.reference_id, asked.product);
        let known = &self.known[&user];
        let before = invariants::available(&self.known, user, product);
        let (is_held, is_full) =
            (known.held.contains_key(&id), known.open() >= self.limits.pending);
        match self.spaces.accept(&self.space(user), submission) {
            Err(Rejection::Duplicate(_)) => {
                assert!(is_held, "a new reference was taken for a duplicate");
                return self.saw("a duplicate reference");
            }
            Err(Rejection::LimitReached { limit: Limit::Pending, .. }) => {
                assert!(is_full && !is_held, "a submission was refused although there is room");
                return self.saw("a full space");
            }
            Err(other) => panic!("refused: {other}"),
            Ok(_) => assert!(!is_full && !is_held, "accepted beyond a limit, or twice"),
        }
        let settles_at = self.enter(user, |platform, now| {
            let last = platform.transaction(id).map(|found| found.plan.last());
            last.map(|last| last.status.is_final().then(|| now.after(last.after)))
        });
        assert_eq!(
            settles_at.is_some(),
            !closed,
            "created when, and only when, the scenario says so"
        );
        if closed {
            return self.saw("a submission that creates nothing");
        }
        self.acceptances += 1;
        let mut known = Known::new(self.acceptances, asked);
        known.settles_at = settles_at.flatten();
        self.refunded.insert(known.acceptance, Decimal::ZERO);
        if Known::is_payout(asked.kind) {
            let left = self.enter(user, |platform, _| platform.available_balance(product));
            // What a refund brings back may be there at once.
            let is_back = asked.kind == TransactionKind::Refund && left - before == asked.amount;
            known.set_aside = if is_back { Decimal::ZERO } else { before - left };
            let all_or_nothing = [Decimal::ZERO, asked.amount].contains(&known.set_aside);
            assert!(all_or_nothing, "{} set aside of {}", known.set_aside, asked.amount);
            if asked.kind == TransactionKind::Refund {
                self.refund(user, &mut known, named);
            }
            let is_refused = known.set_aside.is_zero() && !known.brings_back;
            self.saw(match (asked.promise.ledger, is_refused) {
                (false, _) => "a payout without a ledger",
                (true, false) => "a payout",
                (true, true) => "a payout refused",
            });
        }
        let space = self.known.get_mut(&user).expect("known");
        space.accepted += 1;
        space.held.insert(id, known);
        self.saw("an acceptance");
    }

    /// A refund that is to succeed needs a successful payment or payout that has as much left. That
    /// of a payout sets nothing aside on the account: whether it is to succeed is read off what it
    /// adds to what was given back.
    fn refund(&mut self, user: ApiUserId, refund: &mut Known, named: ReferenceId) {
        let Some((whose, payment)) = invariants::payment_of(&self.known, user, named) else {
            assert!(refund.set_aside.is_zero(), "a refund without a payment");
            return;
        };
        let is_payout = invariants::is_refundable_payout(payment);
        let is_kept = refund.promise.ledger && self.in_force[&whose].0.promise.ledger;
        let is_to_succeed = if is_payout || !refund.promise.ledger {
            let before = self.refunded[&payment.acceptance];
            assert!(refund.set_aside.is_zero(), "what comes back is not set aside");
            let now = self.enter(whose, |platform, _| {
                platform.transaction(named).map(|payout| payout.refunded)
            });
            now.expect("it is held") > before
        } else {
            !refund.set_aside.is_zero()
        };
        refund.brings_back = is_payout;
        if !is_to_succeed {
            return;
        }
        let payment = invariants::payment_of(&self.known, user, named).expect("it is held").1;
        assert!(!is_kept || payment.is_successful(), "a refund of what was not paid");
        let (acceptance, paid) = (payment.acceptance, payment.amount);
        let back = self.refunded.get_mut(&acceptance).expect("accepted");
        *back += refund.amount;
        assert!(!is_kept || *back <= paid, "{back} given back of {paid}");
        if !is_kept {
            let space = self.known.get_mut(&whose).expect("known");
            space.held.get_mut(&named).expect("it is held").is_loose = true;
        }
        refund.refunds = Some(acceptance);
        refund.refunds_elsewhere = whose != user;
        if is_payout {
            self.saw("a refund of a payout");
        }
        let elsewhere = refund.refunds_elsewhere;
        self.saw(if elsewhere { "a refund of another's payment" } else { "a refund" });
    }

    fn read_status(&mut self) {
        let user = self.user();
        let id = self.reference();
        let now = self.now();
        let held = self.known[&user].held.get(&id);
        let known = held
            .map(|known| (known.product, known.kind, known.final_status.map(|(_, status)| status)));
        let asked = known.unwrap_or((Product::Collection, TransactionKind::RequestToPay, None));
        let read = self.enter(user, |platform, _| platform.read_status(asked.0, asked.1, id));
        let limit = self.in_force[&user].0.promise.rate_limit;
        if let Some((most, per)) = limit {
            let queries = &mut self.known.get_mut(&user).expect("known").queries;
            let recent = queries.iter().filter(|at| now.0 - at.0 < per).count();
            let is_limited = matches!(read, Err(Rejection::RateLimited { .. }));
            assert_eq!(is_limited, recent >= most, "the rate limit");
            if is_limited {
                return self.saw("a rate limit");
            }
            queries.push(now);
        }
        match (read, known) {
            (Ok(reading), Some((_, _, settled))) => {
                let is_true = settled.is_some() == reading.status.is_final()
                    && settled.is_none_or(|settled| settled == reading.status);
                assert!(is_true || reading.is_made_up, "{:?} of {settled:?}", reading.status);
                assert_eq!(
                    serde_json::from_str::<serde_json::Value>(&reading.body).expect("JSON")["status"],
                    reading.status.name()
                );
                self.saw(if reading.is_made_up { "a status made up" } else { "a status" });
            }
            (Err(Rejection::NotFound(_)), None) => {}
            (read, _) => panic!("{read:?} of {known:?}"),
        }
    }

    /// What becomes of a callback is known: not always of the one that went out first.
    fn finish_callback(&mut self) {
        if self.on_their_way.is_empty() {
            return;
        }
        let last = u64::try_from(self.on_their_way.len()).expect("few") - 1;
        let index = usize::try_from(self.rng.random_range(0_u64..=last)).expect("few");
        let result = match self.rng.random_range(0_u64..=2) {
            0 => AttemptResult::answered(200),
            1 => AttemptResult::answered(500),
            _ => AttemptResult::Failed {
                failure: DeliveryFailure::TimedOut,
                detail: "slow".to_owned(),
            },
        };
        self.finish(index, result);
    }

    fn finish(&mut self, index: usize, result: AttemptResult) {
        let OnItsWay { callback, life } = self.on_their_way.remove(index);
        let answered = matches!(result, AttemptResult::Answered { status: 200, .. });
        let attempt = attempt_of(&callback, self.now(), result);
        self.spaces.finish_callback(&callback, attempt);
        if self.lives[&callback.api_user] != life {
            return self.saw("the end of a callback from before a reset");
        }
        // It ends also where its transaction was evicted meanwhile.
        if callback.number.is_by_hand() {
            return self.saw("the end of a callback by hand");
        }
        let known = self.known.get_mut(&callback.api_user).expect("known");
        let known = known.held.get_mut(&callback.reference_id).expect("held until it is done");
        known.finished += 1;
        known.answered |= answered;
    }

    fn payer_acts(&mut self) {
        let user = self.user();
        let id = self.reference_of(user, |known| known.final_status.is_none());
        let act = self.draw(&PayerAct::ALL);
        let known = self.known[&user].held.get(&id);
        let can = known
            .is_some_and(|known| known.final_status.is_none() && !Known::is_payout(known.kind));
        let acted = self.enter(user, |platform, _| platform.act_as_payer(id, act));
        assert_eq!(acted.is_ok(), can, "{acted:?}");
        if can {
            self.acted(user, id);
            self.saw("a payer's act");
        }
    }

    fn call_back_by_hand(&mut self) {
        let user = self.user();
        let id = self.reference_of(user, |known| known.final_status.is_some() && known.with_url);
        let known = self.known[&user].held.get(&id);
        let can = known.is_some_and(|known| known.final_status.is_some() && known.with_url);
        let sent = self.enter(user, |platform, _| platform.call_back_by_hand(id));
        // Another one may be on its way.
        assert!(can || sent.is_err(), "a callback by hand of what is not final, or without a URL");
    }

    /// Somebody made it final now.
    fn acted(&mut self, user: ApiUserId, id: ReferenceId) {
        let now = self.now();
        let known = self.known.get_mut(&user).and_then(|space| space.held.get_mut(&id));
        known.expect("held").settles_at = Some(now);
    }

    fn cancel_invoice(&mut self) {
        let user = self.user();
        let id = self.reference_of(user, |known| known.kind == TransactionKind::Invoice);
        let known = self.known[&user].held.get(&id);
        let is_invoice = known.is_some_and(|known| known.kind == TransactionKind::Invoice);
        let can = is_invoice && known.is_some_and(|known| known.final_status.is_none());
        let product = Product::Collection;
        let cancelled = self.enter(user, |platform, _| platform.cancel_invoice(product, id));
        // A settled one is answered alike, and stays as it is.
        assert_eq!(cancelled.is_ok(), is_invoice, "{cancelled:?}");
        if can {
            self.acted(user, id);
            self.saw("a cancelled invoice");
        }
    }

    fn cancel_preapproval(&mut self) {
        let user = self.user();
        let (id, party) = (self.reference(), self.draw(&PARTIES));
        let product = Product::Collection;
        let known = self.known.get_mut(&user).expect("known");
        let listed = known.approved(party);
        let cancelled = match known.held.get_mut(&id) {
            Some(known) if known.kind == TransactionKind::PreApproval => {
                Some((known.is_successful(), std::mem::replace(&mut known.cancelled, true)))
            }
            _ => None,
        };
        let answers = self.enter(user, |platform, _| {
            platform.approved_preapprovals(product, PartyIdType::Msisdn, party)
        });
        let shown: Vec<_> = answers.into_iter().map(|answer| answer.pre_approval_id).collect();
        assert_eq!(shown.iter().cloned().collect::<BTreeSet<_>>(), listed);
        assert_eq!(shown.len(), listed.len(), "a preapproval is listed twice");
        let done = self.enter(user, |platform, _| platform.cancel_preapproval(product, id));
        match cancelled {
            Some((true, false)) => self.saw("a cancelled preapproval"),
            Some((false, before)) => {
                assert!(done.is_err(), "cancelled what nobody approved");
                let held = &mut self.known.get_mut(&user).expect("known").held;
                held.get_mut(&id).expect("held").cancelled = before;
            }
            Some((true, true)) | None => assert!(done.is_err(), "cancelled twice, or what is not"),
        }
    }

    fn notify(&mut self) {
        let (user, id) = (self.user(), self.reference());
        let known = self.known[&user].held.get(&id);
        let can = known.is_some_and(|known| {
            let is_payment = known.kind == TransactionKind::RequestToPay;
            is_payment && known.is_successful() && !known.notified
        });
        let told = self.enter(user, |platform, _| platform.notify_delivery(id, "hi".into()));
        assert_eq!(told.is_ok(), can, "{told:?}");
        if can {
            let held = &mut self.known.get_mut(&user).expect("known").held;
            held.get_mut(&id).expect("held").notified = true;
        }
    }

    fn ask_for_consent(&mut self) {
        let user = self.user();
        let request = ConsentRequest {
            product: Product::Collection,
            id_type: PartyIdType::Msisdn,
            id: self.draw(&PARTIES).into(),
            scope: "profile".into(),
            offline: self.chance(50),
            valid_for: None,
        };
        let asked = self.enter(user, |platform, _| platform.ask_for_consent(request));
        let Ok(id) = asked else { return };
        let life = self.lives[&user];
        let asking = Asking { api_user: user, life, id, redeemed: false, refresh_token: None };
        self.askings.push(asking);
    }

    fn redeem(&mut self) {
        if self.askings.is_empty() {
            return;
        }
        let last = u64::try_from(self.askings.len()).expect("few") - 1;
        let index = usize::try_from(self.rng.random_range(0_u64..=last)).expect("few");
        let Asking { api_user, life, id, redeemed, refresh_token } = self.askings[index];
        let is_over = self.lives[&api_user] != life;
        let product = Product::Collection;
        let grant = self.enter(api_user, |platform, _| platform.redeem_consent(product, id));
        if let Ok(grant) = grant {
            assert!(!redeemed && !is_over, "a consent is redeemed once, and not after a reset");
            self.askings[index].redeemed = true;
            self.askings[index].refresh_token = grant.refresh.map(|(token, _)| token);
            self.saw("a consent");
        } else if let Some(token) = refresh_token {
            let next = self.enter(api_user, |platform, _| platform.refresh_consent(product, token));
            assert!(next.is_err() || !is_over, "a consent from before a reset");
        }
    }

    fn change_scenario(&mut self) {
        let (user, scenario) = (self.user(), self.draw(&SCENARIOS.iter().collect::<Vec<_>>()));
        let rules = rules(scenario);
        self.enter(user, |platform, _| platform.follow_rules_of_all(rules.into()));
        self.note_scenario(user, scenario);
    }

    fn put_scenario_for_all(&mut self) {
        let scenario = self.draw(&SCENARIOS.iter().collect::<Vec<_>>());
        self.spaces.put_rules(&rules(scenario));
        for user in self.known.keys().copied().collect::<Vec<_>>() {
            self.note_scenario(user, scenario);
        }
    }

    fn note_scenario(&mut self, user: ApiUserId, scenario: &'static PromisedScenario) {
        self.in_force.insert(user, (scenario, self.now()));
        let opening = Decimal::from(scenario.promise.opening_balance);
        let wallet = invariants::wallet_of(&self.known, user);
        if wallet.iter().all(|id| self.known[id].accepted == 0) {
            wallet.iter().for_each(|id| self.known.get_mut(id).expect("known").opening = opening);
        }
        let known = self.known.get_mut(&user).expect("known");
        known.constant = (!scenario.promise.ledger).then_some(opening);
        self.saw("another scenario");
    }

    fn reset(&mut self) {
        let user = self.user();
        let wallet = invariants::wallet_of(&self.known, user);
        let held: usize = wallet.iter().map(|id| self.known[id].held.len()).sum();
        let forgotten = self.spaces.reset(&self.space(user));
        assert_eq!(forgotten, held);
        let opening = self.in_force[&user].0.promise.opening_balance.into();
        wallet.iter().for_each(|id| self.forget(*id, opening));
        self.saw(if wallet.len() > 1 { "a reset of a wallet" } else { "a reset" });
    }

    /// Takes note of a reset of a space: its accounts have this much again.
    fn forget(&mut self, user: ApiUserId, opening: Decimal) {
        let (scenario, _) = self.in_force[&user];
        let now = self.now();
        // What its refunds set aside at another's payments ends.
        let known = self.known.get_mut(&user).expect("known");
        let constant = scenario.promise.opening_balance.into();
        let new = invariants::Space {
            constant: (!scenario.promise.ledger).then_some(constant),
            ..invariants::Space::new(known.has_wallet, opening, now)
        };
        let old = std::mem::replace(known, new);
        for refund in old.held.values().filter(|known| known.refunds_elsewhere) {
            let payment = refund.refunds.expect("it names one");
            *self.refunded.get_mut(&payment).expect("accepted") -= refund.amount;
        }
        self.in_force.insert(user, (scenario, now));
        *self.lives.get_mut(&user).expect("known") += 1;
        self.enter(user, |platform, _| {
            assert_eq!(platform.transaction_count(), 0);
            assert_eq!(platform.next_due(), None, "nothing is due after a reset");
            assert_eq!(platform.journal().entries().count(), 1, "the reset alone");
            assert!(platform.in_flight().total() == 0 && !platform.has_callbacks_waiting());
        });
    }

    /// Lets all that is to come happen, and then counts callbacks: exactly as many as promised.
    pub fn end(&mut self) {
        while !self.on_their_way.is_empty() || self.spaces_have_something_due() {
            while !self.on_their_way.is_empty() {
                self.finish(0, AttemptResult::answered(200));
                self.look();
            }
            self.wait_until(self.now().after(Duration::from_secs(3600)));
        }
        for known in self.known.values().flat_map(|space| space.held.values()) {
            let settles = known.final_status.is_some();
            let is_early = known.promise.moment == Moment::Early;
            let came = known.is_called_back();
            assert!(!settles || came, "callbacks are missing: {known:?}");
            assert!(settles || is_early || known.callbacks.is_empty(), "{known:?}");
        }
    }

    fn spaces_have_something_due(&self) -> bool {
        self.spaces.all().iter().any(|space| self.spaces.next_due(space).is_some())
    }

    /// All that was written down, to be compared.
    pub fn journal(&self) -> String {
        let mut text = String::new();
        self.spaces.read_entries(0, |number, api_user, entry| {
            text += &format!("{number} {api_user:?} {entry:#?}");
            ControlFlow::Continue(())
        });
        for space in self.spaces.all() {
            self.spaces.enter(&space, |platform, _| {
                for transaction in platform.transactions() {
                    text += &platform.status_body(transaction).to_string();
                    text += &format!("{:?}", transaction.history().collect::<Vec<_>>());
                }
            });
        }
        text
    }
}
