//! The pure core under any sequence of what can happen to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use momo_sandbox::model::amount::{Amount, Currency, Money};
use momo_sandbox::model::api_user::ApiUser;
use momo_sandbox::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox::model::party::{Party, PartyIdType};
use momo_sandbox::model::product::Product;
use momo_sandbox::model::reference::{ApiUserId, ReferenceId};
use momo_sandbox::model::status::Status;
use momo_sandbox::model::time::Timestamp;
use momo_sandbox::model::transaction::{CallbackMethod, Details, Submission, TransactionKind};
use momo_sandbox::platform::callback::{Attempt, AttemptResult, Callback};
use momo_sandbox::platform::{Platform, Settings};
use momo_sandbox::scenario::dice::Seed;
use momo_sandbox::scenario::file;
use momo_sandbox::scenario::plan::plan;
use momo_sandbox::scenario::rule_book::RuleBook;

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

#[derive(Debug, Clone)]
enum Step {
    Submit { reference: u8, product: Product, party: usize, amount: u16, with_url: bool },
    Advance { by_ms: u16 },
    ReadStatus { reference: u8 },
    FinishOldestCallback,
    Reset,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let submit = (0..40u8, 0..3usize, 0..PARTIES.len(), 1..500u16, any::<bool>()).prop_map(
        |(reference, product, party, amount, with_url)| Step::Submit {
            reference,
            product: Product::ALL[product],
            party,
            amount,
            with_url,
        },
    );
    let step = prop_oneof![
        8 => submit,
        6 => (0..40_000u16).prop_map(|by_ms| Step::Advance { by_ms }),
        4 => (0..40u8).prop_map(|reference| Step::ReadStatus { reference }),
        3 => Just(Step::FinishOldestCallback),
        1 => Just(Step::Reset),
    ];
    proptest::collection::vec(step, 1..120)
}

fn reference_id(number: u8) -> ReferenceId {
    ReferenceId(Uuid::from_u128(0x1000_4000_8000_0000_0000 + u128::from(number)))
}

fn submission(
    reference: u8,
    product: Product,
    party: &str,
    amount: u16,
    with_url: bool,
) -> Submission {
    let kind = match product {
        Product::Collection => TransactionKind::RequestToPay,
        Product::Disbursement | Product::Remittance => TransactionKind::Transfer,
    };
    Submission {
        reference_id: reference_id(reference),
        product,
        kind,
        details: Details {
            money: Money {
                amount: Amount::parse(&amount.to_string()).expect("an amount"),
                currency: Currency::new("EUR"),
            },
            party: Party {
                id_type: PartyIdType::Msisdn,
                id_type_as_sent: "MSISDN".into(),
                id: party.into(),
            },
            external_id: None,
            payer_message: None,
            payee_note: None,
        },
        callback_url: with_url
            .then(|| CallbackUrl::parse("http://shop.example/paid").expect("a URL")),
        callback_method: CallbackMethod::Post,
    }
}

fn platform(seed: u64) -> Platform {
    let scenario = file::read("properties.toml", SCENARIO).expect("a good scenario");
    let api_user = ApiUser {
        id: ApiUserId(Uuid::from_u128(1)),
        provider_callback_host: ProviderCallbackHost::parse("shop.example").expect("a host"),
        products: Product::ALL.into(),
    };
    let settings = Settings {
        rules: Arc::new(RuleBook::new(vec![scenario], Duration::from_millis(200))),
        seed: Seed(seed),
        currency: Currency::new("EUR"),
        opening_balance: Decimal::ONE_THOUSAND,
    };
    Platform::new(api_user, settings, Timestamp(0))
}

fn attempt(callback: &Callback, now: Timestamp) -> Attempt {
    Attempt {
        sent_at: now,
        took: Duration::ZERO,
        url: callback.url.clone(),
        method: callback.method,
        headers: Vec::new(),
        body: Arc::clone(&callback.body),
        result: AttemptResult::Answered { status: 200 },
    }
}

/// What is known of a life of the space from outside.
#[derive(Default)]
struct Witness {
    finals: BTreeMap<ReferenceId, Status>,
    callbacks: BTreeMap<ReferenceId, u32>,
}

impl Witness {
    fn look(&mut self, platform: &Platform) {
        let mut expected: BTreeMap<Product, Decimal> =
            Product::ALL.map(|product| (product, Decimal::ONE_THOUSAND)).into();
        let mut pending = 0;
        for transaction in platform.transactions() {
            let status = transaction.status();
            let id = transaction.submission.reference_id;
            let body = momo_sandbox::operations::view::status_body(
                transaction.submission.kind,
                &transaction.submission.details,
                status,
            );
            let successful = matches!(status, Status::Successful(_));
            assert_eq!(body.get("financialTransactionId").is_some(), successful);
            assert_eq!(body.get("reason").is_some(), matches!(status, Status::Failed(_)));
            if status.is_final() {
                let first = *self.finals.entry(id).or_insert(status);
                assert_eq!(first, status, "a final status never changes");
            } else {
                assert!(!self.finals.contains_key(&id), "a final status is never left");
                assert!(!self.callbacks.contains_key(&id), "no callback before the final status");
                pending += 1;
            }
            let amount = transaction.submission.details.money.amount.decimal();
            let balance = expected.get_mut(&transaction.submission.product).expect("a product");
            match transaction.submission.product {
                Product::Collection if successful => *balance += amount,
                Product::Collection => {}
                Product::Disbursement | Product::Remittance => {
                    // From acceptance on, what will be paid out is no longer available.
                    if transaction.plan.succeeds() {
                        *balance -= amount;
                    }
                }
            }
        }
        assert_eq!(platform.pending(), pending);
        for (product, balance) in expected {
            assert_eq!(platform.available_balance(product), balance, "{product}");
            assert!(balance >= Decimal::ZERO, "{product}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_the_promises_hold(steps in steps(), seed in any::<u64>()) {
        let mut platform = platform(seed);
        let mut now = Timestamp(0);
        let mut witness = Witness::default();
        let mut on_their_way: Vec<Callback> = Vec::new();
        for step in steps {
            match step {
                Step::Submit { reference, product, party, amount, with_url } => {
                    let known = platform.transaction(reference_id(reference)).is_some();
                    let submission =
                        submission(reference, product, PARTIES[party], amount, with_url);
                    prop_assert_eq!(platform.accept(now, submission).is_err(), known);
                }
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
                        prop_assert!(platform.read_status(now, product, kind, id).is_ok());
                    }
                }
                Step::FinishOldestCallback if !on_their_way.is_empty() => {
                    let callback = on_their_way.remove(0);
                    let attempt = attempt(&callback, now);
                    let (life, id) = (callback.life, callback.reference_id);
                    platform.finish_callback(now, life, id, attempt);
                }
                Step::FinishOldestCallback => {}
                Step::Reset => {
                    platform.reset(now);
                    witness = Witness::default();
                    prop_assert_eq!(platform.transaction_count(), 0);
                    prop_assert_eq!(platform.next_due(), None);
                    prop_assert_eq!(platform.journal().entries().count(), 1);
                }
            }
            for callback in platform.take_callbacks() {
                let count = witness.callbacks.entry(callback.reference_id).or_insert(0);
                *count += 1;
                prop_assert_eq!(*count, 1, "at most one callback a transaction");
                let transaction = platform.transaction(callback.reference_id).expect("known");
                prop_assert!(transaction.status().is_final());
                prop_assert!(callback.body.contains(transaction.status().name()));
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
        let scenario = file::read("properties.toml", SCENARIO).expect("a good scenario");
        let rules = RuleBook::new(vec![scenario], Duration::from_millis(200));
        let of = |number: u8| {
            let party = PARTIES[usize::from(number) % PARTIES.len()];
            submission(number, Product::Collection, party, 5, true)
        };
        let in_order: Vec<_> = (0..40).map(|number| plan(&rules, &of(number), Seed(seed))).collect();
        let mut space = platform(seed);
        for number in order {
            space.accept(Timestamp(0), of(number)).expect("a new reference");
            let planned = &space.transaction(reference_id(number)).expect("accepted").plan;
            prop_assert_eq!(planned, &in_order[usize::from(number)]);
        }
    }
}
