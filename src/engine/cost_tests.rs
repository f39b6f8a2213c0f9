//! Tests that the cost of an operation does not grow with the number of API users. They count
//! locks, since times vary.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::platform::Settings;
use momo_sandbox_core::platform::callback::{Attempt, AttemptResult, Callback};
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

use crate::engine::clock::Clock;
use crate::engine::space::Space;
use crate::engine::spaces::Spaces;

/// Spaces of `api_users` API users, each with a successful payment. Its reference id is the API
/// user's number.
fn spaces(api_users: u128, limits: Limits) -> (Spaces, UnboundedReceiver<Callback>) {
    let defaults = Defaults::settling_after(Duration::from_secs(1));
    let rules = Arc::new(RuleBook::new(Vec::new(), defaults));
    let settings = Settings { rules, seed: Seed(1), environment: &SANDBOX, limits };
    let (sender, callbacks) = unbounded_channel();
    let spaces = Spaces::new(Clock::manual(Timestamp(0)), settings, sender);
    for number in 1..=api_users {
        let space = provision(&spaces, number);
        let submission = submission(number, TransactionKind::RequestToPay, None);
        spaces.accept(&space, submission).expect("accepted");
    }
    spaces.clock().advance(Duration::from_secs(2));
    spaces.catch_up();
    (spaces, callbacks)
}

fn provision(spaces: &Spaces, number: u128) -> Arc<Space> {
    let host = ProviderCallbackHost::parse("shop.example").expect("a host");
    let id = ApiUserId(Uuid::from_u128(number));
    let api_user = ApiUser::new(id, host, Product::ALL);
    spaces.provision(api_user).expect("a new one")
}

fn submission(number: u128, kind: TransactionKind, refunded: Option<u128>) -> Submission {
    let id = |number: u128| Uuid::from_u128(number).to_string();
    let mut body = json!({
        "amount": "5", "currency": "EUR", "externalId": "1",
        "payer": {"partyIdType": "MSISDN", "partyId": "46733123499"},
        "payerMessage": "", "payeeNote": "",
    });
    if let Some(refunded) = refunded {
        body["referenceIdToRefund"] = id(refunded).into();
    }
    let details = read_details(&SANDBOX, kind, body.to_string().as_bytes()).expect("a good body");
    Submission {
        reference_id: ReferenceId(Uuid::from_u128(number)),
        product: Product::Collection,
        kind,
        details,
        callback_url: Some(CallbackUrl::parse("http://shop.example/paid").expect("a URL")),
        callback_method: CallbackMethod::Post,
        consent_fault: None,
        payment_elsewhere: None,
        is_manual: false,
    }
}

fn locks_of(spaces: &Spaces, act: impl FnOnce()) -> usize {
    let before = spaces.shared.locks_taken.load(Ordering::Relaxed);
    act();
    spaces.shared.locks_taken.load(Ordering::Relaxed) - before
}

#[test]
fn a_refund_of_another_api_users_payment_enters_those_two_alone() {
    for api_users in [2, 200] {
        let (spaces, _callbacks) = spaces(api_users, Limits::DEFAULT);
        let own = spaces.get(ApiUserId(Uuid::from_u128(1))).expect("provisioned");
        let mut refund = submission(1000, TransactionKind::Refund, Some(2));
        refund.product = Product::Disbursement;
        let locks = locks_of(&spaces, || {
            spaces.accept(&own, refund).expect("accepted");
        });
        assert_eq!(locks, 3, "its own twice, the payer's once; {api_users} API users");
        let missing = submission(1001, TransactionKind::Refund, Some(999));
        let locks = locks_of(&spaces, || {
            spaces.accept(&own, missing).expect("accepted, to fail");
        });
        assert_eq!(locks, 2, "its own twice; {api_users} API users");
    }
}

#[test]
fn what_health_and_a_look_up_ask_for_enters_no_space() {
    let (spaces, _callbacks) = spaces(200, Limits::DEFAULT);
    let locks = locks_of(&spaces, || {
        spaces.catch_up();
        assert_eq!(spaces.held().transactions, 200);
        assert_eq!(spaces.holding(ReferenceId(Uuid::from_u128(7))).len(), 1);
    });
    assert_eq!(locks, 0);
}

#[test]
fn a_callback_enters_its_space_once() {
    let (spaces, mut callbacks) = spaces(1, Limits::DEFAULT);
    let callback = callbacks.try_recv().expect("a callback");
    let attempt = Attempt {
        sent_at: spaces.clock().now(),
        took: Duration::ZERO,
        url: callback.url.clone(),
        method: callback.method,
        headers: Vec::new(),
        body: callback.body.clone(),
        result: AttemptResult::answered(200),
        number: callback.number,
        due_at: callback.due_at,
    };
    let locks = locks_of(&spaces, || {
        assert!(!spaces.is_forgotten(&callback));
        spaces.finish_callback(&callback, attempt);
    });
    assert_eq!(locks, 1);
    spaces.reset_all_after(&());
    assert!(spaces.is_forgotten(&callback));
}

#[test]
fn a_reset_of_all_enters_each_space_once_and_never_goes_through_the_journal_of_all() {
    let (spaces, _callbacks) = spaces(200, Limits::DEFAULT);
    let locks = locks_of(&spaces, || assert_eq!(spaces.reset_all_after(&()), 200));
    assert_eq!(locks, 200);
    let (passes, held) = spaces.read_global_journal(|journal| (journal.passes, journal.held()));
    assert_eq!((passes, held), (0, 0));
}

#[test]
fn the_index_of_reference_ids_has_what_is_held_and_nothing_else() {
    let limits = Limits { settled: 3, ..Limits::DEFAULT };
    let (spaces, mut callbacks) = spaces(2, limits);
    let own = spaces.get(ApiUserId(Uuid::from_u128(1))).expect("provisioned");
    for number in 10..30 {
        let mut payment = submission(number, TransactionKind::RequestToPay, None);
        payment.callback_url = None;
        spaces.accept(&own, payment).expect("accepted");
    }
    spaces.clock().advance(Duration::from_secs(2));
    spaces.catch_up();
    // Transactions 1 and 2 have a callback on its way, so they are not settled.
    assert_eq!(spaces.held().transactions, 3 + 2);
    assert_eq!(spaces.shared.references.len(), 5);
    assert!(spaces.holding(ReferenceId(Uuid::from_u128(10))).is_empty(), "it was evicted");
    assert_eq!(spaces.holding(ReferenceId(Uuid::from_u128(29))).len(), 1);
    spaces.reset(&own);
    assert_eq!(spaces.shared.references.len(), 1);
    while callbacks.try_recv().is_ok() {}
    spaces.reset_all_after(&());
    assert_eq!(spaces.shared.references.len(), 0);
}
