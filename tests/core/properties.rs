//! The pure core under any sequence of what can happen to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::status::Status;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, Callback};
use momo_sandbox_core::platform::consent::ConsentRequest;
use momo_sandbox_core::platform::{Platform, Settings};
use momo_sandbox_core::scenario::matching::Circumstances;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use momo_sandbox_core::scenario::{occurrence::RuleCounts, plan::plan};

use crate::support::attempts::attempt_of;
use crate::support::balances::check_books;
use crate::support::merchant::body_of;

/// Every fate that a file can ask for, by party; MTN's values and plain success beside them.
const SCENARIO: &str = r#"
[[rules]]
when = { party = "1" }
then = { status = "FAILED", reason = "EXPIRED", after = "3s" }
callback = { delay = "2s" }
[[rules]]
when = { party = "2" }
callback = { fate = "lost" }
[[rules]]
when = { party = "3" }
then = { status = "PENDING" }
[[rules]]
when = { party = "4" }
then = { after = "0ms" }
"#;

const PARTIES: [&str; 9] =
    ["1", "2", "3", "4", "46733123999", "46733123450", "46733123453", "46733123454", "46733123455"];

/// A submission: which reference, of what, by which party, how much, with a callback URL or not,
/// and what it refunds if it is a refund.
#[derive(Debug, Clone)]
struct Submit {
    reference: u8,
    kind: TransactionKind,
    party: usize,
    amount: u16,
    with_url: bool,
    refunds: u8,
}

#[derive(Debug, Clone)]
enum Step {
    Submit(Submit),
    Advance { by_ms: u16 },
    ReadStatus { reference: u8 },
    CancelInvoice { reference: u8 },
    CancelPreApproval { reference: u8 },
    AskForConsent { party: usize },
    RedeemOldestConsent,
    FinishOldestCallback,
    Reset,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kinds = TransactionKind::ALL.len();
    let submit = (0..40u8, 0..kinds, 0..PARTIES.len(), 1..500u16, any::<bool>(), 0..40u8).prop_map(
        |(reference, kind, party, amount, with_url, refunds)| {
            let kind = TransactionKind::ALL[kind];
            Step::Submit(Submit { reference, kind, party, amount, with_url, refunds })
        },
    );
    let step = prop_oneof![
        8 => submit,
        6 => (0..40_000u16).prop_map(|by_ms| Step::Advance { by_ms }),
        4 => (0..40u8).prop_map(|reference| Step::ReadStatus { reference }),
        2 => (0..40u8).prop_map(|reference| Step::CancelInvoice { reference }),
        1 => (0..40u8).prop_map(|reference| Step::CancelPreApproval { reference }),
        1 => (0..PARTIES.len()).prop_map(|party| Step::AskForConsent { party }),
        1 => Just(Step::RedeemOldestConsent),
        3 => Just(Step::FinishOldestCallback),
        1 => Just(Step::Reset),
    ];
    proptest::collection::vec(step, 1..120)
}

fn reference_id(number: u8) -> ReferenceId {
    ReferenceId(Uuid::from_u128(0x1000_4000_8000_0000_0000 + u128::from(number)))
}

fn product_of(kind: TransactionKind) -> Product {
    match kind {
        TransactionKind::RequestToPay
        | TransactionKind::RequestToWithdraw
        | TransactionKind::Invoice
        | TransactionKind::Payment
        | TransactionKind::PreApproval => Product::Collection,
        TransactionKind::Transfer | TransactionKind::Deposit | TransactionKind::Refund => {
            Product::Disbursement
        }
        TransactionKind::CashTransfer => Product::Remittance,
    }
}

fn submission(submit: &Submit) -> Submission {
    let kind = submit.kind;
    let refunds = reference_id(submit.refunds).to_string();
    let body = body_of(kind.name(), &submit.amount.to_string(), PARTIES[submit.party], &refunds);
    Submission {
        reference_id: reference_id(submit.reference),
        product: product_of(kind),
        kind,
        details: read_details(&SANDBOX, kind, body.to_string().as_bytes()).expect("a good body"),
        callback_url: submit
            .with_url
            .then(|| CallbackUrl::parse("http://shop.example/paid").expect("a URL")),
        callback_method: CallbackMethod::Post,
        consent_fault: None,
        payment_elsewhere: None,
        is_manual: false,
    }
}

fn platform(seed: u64, ledger: bool) -> Platform {
    let scenario = read_scenario("properties.toml", SCENARIO).expect("a good scenario");
    let api_user = ApiUser::new(
        ApiUserId(Uuid::from_u128(1)),
        ProviderCallbackHost::parse("shop.example").expect("a host"),
        Product::ALL,
    );
    let settings = Settings {
        rules: Arc::new(RuleBook::new(
            vec![scenario],
            Defaults {
                ledger: Some(ledger),
                ..Defaults::settling_after(Duration::from_millis(200))
            },
        )),
        seed: Seed(seed),
        environment: &SANDBOX,
        limits: Limits::default(),
    };
    Platform::new(api_user, settings, Timestamp(0))
}

fn attempt(callback: &Callback, now: Timestamp) -> Attempt {
    attempt_of(callback, now, AttemptResult::answered(200))
}

/// What is known of a life of the space from outside.
#[derive(Default)]
struct Witness {
    finals: BTreeMap<ReferenceId, Status>,
    callbacks: BTreeMap<ReferenceId, u32>,
}

impl Witness {
    fn look(&mut self, platform: &Platform) {
        let mut pending = 0;
        for transaction in platform.transactions() {
            let status = transaction.status();
            let id = transaction.submission.reference_id;
            let body = platform.status_body(transaction);
            assert_eq!(body["status"], status.name());
            let failed = body.get("reason").or(body.get("errorReason"));
            assert_eq!(failed.is_some(), matches!(status, Status::Failed(_)));
            if status.is_final() {
                let first = *self.finals.entry(id).or_insert(status);
                assert_eq!(first, status, "a final status never changes");
                let reached = transaction.history().filter(|(_, one)| one.is_final());
                assert_eq!(reached.count(), 1, "and is reached once");
            } else {
                assert!(!self.finals.contains_key(&id), "a final status is never left");
                let is_told = transaction.submission.kind == TransactionKind::PreApproval;
                let is_called = self.callbacks.contains_key(&id);
                assert!(is_told || !is_called, "no callback before the final status");
                pending += 1;
            }
        }
        assert_eq!(platform.pending(), pending);
        check_books(platform);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_the_promises_hold(
        steps in steps(),
        seed in any::<u64>(),
        ledger in any::<bool>(),
    ) {
        let mut platform = platform(seed, ledger);
        let mut now = Timestamp(0);
        let mut witness = Witness::default();
        let mut on_their_way: Vec<Callback> = Vec::new();
        let mut asked: Vec<Uuid> = Vec::new();
        for step in steps {
            match step {
                Step::Submit(submit) => {
                    let known = platform.transaction(reference_id(submit.reference)).is_some();
                    let accepted = platform.accept(submission(&submit));
                    prop_assert_eq!(accepted.is_err(), known);
                }
                Step::CancelInvoice { reference } => {
                    let id = reference_id(reference);
                    let found = platform.transaction(id);
                    let before = found
                        .filter(|found| found.submission.kind == TransactionKind::Invoice)
                        .map(|found| found.status());
                    let cancelled = platform.cancel_invoice(Product::Collection, id);
                    prop_assert_eq!(cancelled.is_ok(), before.is_some());
                    if let Some(before) = before {
                        let after = platform.transaction(id).map(|found| found.status());
                        prop_assert!(!before.is_final() || after.is_none_or(|one| one == before));
                    }
                }
                Step::CancelPreApproval { reference } => {
                    let id = reference_id(reference);
                    let cancel = |platform: &mut Platform| {
                        platform.cancel_preapproval(Product::Collection, id).is_ok()
                    };
                    let is_approved = platform.transaction(id).is_some_and(|found| {
                        found.submission.kind == TransactionKind::PreApproval
                            && matches!(found.status(), Status::Successful(_))
                    });
                    if cancel(&mut platform) {
                        prop_assert!(is_approved);
                        prop_assert!(!cancel(&mut platform), "it is cancelled once");
                    }
                }
                Step::AskForConsent { party } => {
                    let request = ConsentRequest {
                        product: Product::Collection,
                        id_type: PartyIdType::Msisdn,
                        id: PARTIES[party].into(),
                        scope: "profile".into(),
                        offline: true,
                        valid_for: None,
                    };
                    asked.extend(platform.ask_for_consent(request));
                }
                Step::RedeemOldestConsent if !asked.is_empty() => {
                    let id = asked.remove(0);
                    let redeem = |platform: &mut Platform| {
                        platform.redeem_consent(Product::Collection, id).is_ok()
                    };
                    if redeem(&mut platform) {
                        prop_assert!(!redeem(&mut platform), "a consent is redeemed once");
                    }
                }
                Step::RedeemOldestConsent => {}
                Step::Advance { by_ms } => {
                    now = now.after(Duration::from_millis(u64::from(by_ms)));
                    platform.advance(now);
                }
                Step::ReadStatus { reference } => {
                    let id = reference_id(reference);
                    if let Some((product, kind)) = platform
                        .transaction(id)
                        .map(|found| (found.submission.product, found.submission.kind))
                    {
                        prop_assert!(platform.read_status(product, kind, id).is_ok());
                    }
                }
                Step::FinishOldestCallback if !on_their_way.is_empty() => {
                    let callback = on_their_way.remove(0);
                    let attempt = attempt(&callback, now);
                    let (generation, id) = (callback.generation, callback.reference_id);
                    platform.finish_callback(generation, id, attempt);
                }
                Step::FinishOldestCallback => {}
                Step::Reset => {
                    platform.reset();
                    witness = Witness::default();
                    prop_assert_eq!(platform.transaction_count(), 0);
                    prop_assert_eq!(platform.next_due(), None);
                    prop_assert_eq!(platform.journal().entries().count(), 1);
                }
            }
            for callback in platform.poll_callbacks() {
                let count = witness.callbacks.entry(callback.reference_id).or_insert(0);
                *count += 1;
                prop_assert_eq!(*count, 1, "at most one callback a transaction");
                let transaction = platform.transaction(callback.reference_id).expect("known");
                // MTN's test values for a preapproval that is not answered at once.
                let is_told_created = callback.body.contains("CREATED")
                    && transaction.submission.kind == TransactionKind::PreApproval;
                if !is_told_created {
                    prop_assert!(transaction.status().is_final());
                    prop_assert!(callback.body.contains(transaction.status().name()));
                }
                on_their_way.push(callback);
            }
            witness.look(&platform);
        }
    }

    #[test]
    fn the_same_seed_and_reference_give_the_same_plan_in_any_order(
        order in Just((0..40u8).collect::<Vec<_>>()).prop_shuffle(),
        seed in any::<u64>(),
    ) {
        let scenario = read_scenario("properties.toml", SCENARIO).expect("a good scenario");
        let rules = RuleBook::new(vec![scenario], Defaults::settling_after(Duration::from_millis(200)));
        let of = |number: u8| {
            let kind = TransactionKind::RequestToPay;
            let party = usize::from(number) % PARTIES.len();
            let submit =
                Submit { reference: number, kind, party, amount: 5, with_url: true, refunds: 0 };
            submission(&submit)
        };
        let circumstances = Circumstances {
            api_user: ApiUserId(Uuid::from_u128(1)),
            platform: None,
            seed: Seed(seed),
            now: Timestamp(0),
            in_force_for: Duration::ZERO,
            same_payer_pending: false,
            environment: &SANDBOX,
        };
        let planned = |number| plan(&rules, &of(number), &circumstances, &RuleCounts::default()).0;
        let in_order: Vec<_> = (0..40).map(planned).collect();
        let mut space = platform(seed, true);
        for number in order {
            space.accept(of(number)).expect("a new reference");
            let planned = &space.transaction(reference_id(number)).expect("accepted").plan;
            prop_assert_eq!(planned, &in_order[usize::from(number)]);
        }
    }

    /// What is added for each thing that is kept is taken away when it goes, whatever happened to
    /// it between.
    #[test]
    fn the_bytes_that_are_kept_are_counted_exactly(
        steps in steps(),
        rooms in proptest::collection::vec(0..3000usize, 120),
        seed in any::<u64>(),
    ) {
        let mut platform = platform(seed, true);
        let nothing = platform.kept();
        let mut now = Timestamp(0);
        let finish = |platform: &mut Platform, now: Timestamp| {
            for callback in platform.poll_callbacks() {
                let attempt = attempt(&callback, now);
                platform.finish_callback(callback.generation, callback.reference_id, attempt);
            }
        };
        for (step, room) in steps.iter().zip(rooms) {
            match step {
                Step::Submit(submit) => {
                    let _ = platform.accept(submission(submit));
                }
                Step::Advance { by_ms } => {
                    now = now.after(Duration::from_millis(u64::from(*by_ms)));
                    platform.advance(now);
                }
                Step::FinishOldestCallback => finish(&mut platform, now),
                Step::Reset => platform.reset(),
                Step::ReadStatus { reference } | Step::CancelInvoice { reference }
                | Step::CancelPreApproval { reference } => {
                    let id = reference_id(*reference);
                    let _ = platform.cancel_invoice(Product::Collection, id);
                    let _ = platform.cancel_preapproval(Product::Collection, id);
                }
                Step::AskForConsent { party } => {
                    let request = ConsentRequest {
                        product: Product::Collection,
                        id_type: PartyIdType::Msisdn,
                        id: PARTIES[*party].into(),
                        scope: "profile".into(),
                        offline: true,
                        valid_for: None,
                    };
                    let _ = platform.ask_for_consent(request);
                }
                Step::RedeemOldestConsent => {
                    let before = platform.kept();
                    let freed = platform.make_room(room);
                    let after = platform.kept();
                    prop_assert!(freed >= room || after.evictable == 0);
                    prop_assert_eq!(before.bytes - after.bytes, freed);
                    prop_assert_eq!(before.evictable - after.evictable, freed);
                }
            }
            prop_assert!(platform.kept().evictable + nothing.bytes <= platform.kept().bytes);
        }
        finish(&mut platform, now);
        let open = platform.open();
        platform.make_room(usize::MAX);
        prop_assert_eq!(platform.kept().evictable, 0);
        prop_assert_eq!(platform.transaction_count(), open, "what is open stays");
        prop_assert_eq!(platform.kept() == nothing, open == 0);
    }

    #[test]
    fn a_replay_writes_the_same_journal(steps in steps(), seed in any::<u64>()) {
        let play = || {
            let mut platform = platform(seed, true);
            let mut now = Timestamp(0);
            for step in &steps {
                match step {
                    Step::Submit(submit) => {
                        let _ = platform.accept(submission(submit));
                    }
                    Step::Advance { by_ms } => {
                        now = now.after(Duration::from_millis(u64::from(*by_ms)));
                        platform.advance(now);
                    }
                    Step::CancelInvoice { reference } => {
                        let id = reference_id(*reference);
                        let _ = platform.cancel_invoice(Product::Collection, id);
                    }
                    Step::Reset => platform.reset(),
                    Step::ReadStatus { .. }
                    | Step::CancelPreApproval { .. }
                    | Step::AskForConsent { .. }
                    | Step::RedeemOldestConsent
                    | Step::FinishOldestCallback => {}
                }
            }
            let entries: Vec<_> = platform.journal().entries().cloned().collect();
            let bodies: Vec<_> = platform
                .transactions()
                .map(|transaction| platform.status_body(transaction).to_string())
                .collect();
            (entries, bodies)
        };
        prop_assert_eq!(play(), play());
    }
}
