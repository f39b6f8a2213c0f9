//! What simulations found, each as short as it can be told.

use std::sync::Arc;
use std::time::Duration;

use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::engine::Space;
use momo_sandbox::internals::engine::Spaces;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::limits::Limit;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::Settings;
use momo_sandbox_core::platform::rules_in_force::Lasting;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use rust_decimal::Decimal;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::core::submissions::{reference, submission};
use crate::support::merchant::PAYER;

const ROOMY: Limits = Limits { settled: 100, journal: 100, pending: 100, ..Limits::DEFAULT };

fn rules(text: &str) -> Arc<RuleBook> {
    let scenario = read_scenario("found.toml", text).expect("a good scenario");
    Arc::new(RuleBook::new(vec![scenario], Defaults::settling_after(Duration::from_secs(1))))
}

/// Spaces under a manual clock, with these limits and rules, and two API users.
fn spaces(limits: Limits, text: &str) -> (Spaces, [Arc<Space>; 2]) {
    let settings = Settings { rules: rules(text), seed: Seed(1), environment: &SANDBOX, limits };
    let (sender, _) = mpsc::unbounded_channel();
    let spaces = Spaces::new(Clock::manual(Timestamp(0)), settings, sender);
    let users = [1, 2].map(|number| {
        let api_user = ApiUser::new(
            ApiUserId(Uuid::from_u128(number)),
            ProviderCallbackHost::parse("shop.example").expect("a host"),
            Product::ALL,
        );
        spaces.provision(api_user).expect("a new one")
    });
    (spaces, users)
}

fn pay(spaces: &Spaces, space: &Arc<Space>, number: u128, amount: u32) {
    let payment = submission(number, TransactionKind::RequestToPay, amount, 0);
    spaces.accept(space, payment).expect("accepted");
}

fn wait(spaces: &Spaces, seconds: u64) {
    spaces.clock().advance(Duration::from_secs(seconds));
}

#[test]
fn a_settled_transaction_whose_callback_is_to_come_counts_as_pending_for_the_limit() {
    let limits = Limits { pending: 2, ..ROOMY };
    let (spaces, [space, _]) = spaces(limits, "[[rules]]\ncallback = { delay = \"5m\" }");
    for number in 1..=2 {
        let mut payment = submission(number, TransactionKind::RequestToPay, 5, 0);
        payment.callback_url = Some(CallbackUrl::parse("http://shop.example/").expect("a URL"));
        spaces.accept(&space, payment).expect("accepted");
    }
    wait(&spaces, 2);
    let third = submission(3, TransactionKind::RequestToPay, 5, 0);
    assert_eq!(
        spaces.accept(&space, third),
        Err(Rejection::LimitReached { limit: Limit::Pending, most: 2 })
    );
    spaces.enter(&space, |platform, _| assert_eq!(platform.pending(), 0));
}

#[test]
fn an_evicted_preapproval_is_forgotten_when_its_reference_is_used_again() {
    let (spaces, [space, _]) = spaces(Limits { settled: 1, ..ROOMY }, "name = \"plain\"");
    let listed = || {
        spaces.enter(&space, |platform, _| {
            let (product, msisdn) = (Product::Collection, PartyIdType::Msisdn);
            platform.approved_preapprovals(product, msisdn, PAYER).len()
        })
    };
    let preapproval = submission(1, TransactionKind::PreApproval, 5, 0);
    spaces.accept(&space, preapproval).expect("accepted");
    wait(&spaces, 2);
    assert_eq!(listed(), 1);
    pay(&spaces, &space, 2, 5);
    wait(&spaces, 2);
    pay(&spaces, &space, 1, 5);
    wait(&spaces, 2);
    assert_eq!(listed(), 0, "a request to pay is no preapproval");
}

#[test]
fn a_refund_given_up_does_not_touch_another_payment_of_the_same_reference() {
    let (spaces, [shop, other]) = spaces(ROOMY, "name = \"plain\"");
    pay(&spaces, &shop, 1, 50);
    wait(&spaces, 2);
    spaces.accept(&other, submission(2, TransactionKind::Refund, 50, 1)).expect("accepted");
    spaces.reset(&shop);
    pay(&spaces, &shop, 1, 50);
    wait(&spaces, 2);
    spaces.reset(&other);
    let refunded = spaces.enter(&shop, |platform, _| {
        platform.transaction(reference(1)).expect("a payment").refunded
    });
    assert_eq!(refunded, Decimal::ZERO);
}

#[test]
fn a_stage_that_was_overtaken_does_not_settle_another_transaction_of_the_same_reference() {
    let limits = Limits { settled: 1, ..ROOMY };
    let (spaces, [space, _]) = spaces(
        limits,
        "[[rules]]\nwhen = { first = 2 }\nthen = { status = \"SUCCESSFUL\", after = \"1h\" }\n\
         [[rules]]\nthen = { status = \"SUCCESSFUL\", after = \"2h\" }",
    );
    let cancel = |number| {
        spaces.enter(&space, |platform, _| {
            platform.cancel_invoice(Product::Collection, reference(number)).expect("cancelled");
        });
    };
    for number in [1, 2] {
        let invoice = submission(number, TransactionKind::Invoice, 5, 0);
        spaces.accept(&space, invoice).expect("accepted");
        cancel(number);
    }
    assert_eq!(spaces.next_due(&space), None, "what will not happen is not kept");
    pay(&spaces, &space, 1, 5);
    wait(&spaces, 3601);
    spaces.enter(&space, |platform, _| {
        let payment = platform.transaction(reference(1)).expect("a payment");
        assert_eq!(payment.status().name(), "PENDING");
    });
}

#[test]
fn other_rules_do_not_reopen_accounts_whose_transactions_were_evicted() {
    let limits = Limits { settled: 0, ..ROOMY };
    let (spaces, [space, _]) = spaces(limits, "name = \"plain\"");
    pay(&spaces, &space, 1, 50);
    wait(&spaces, 2);
    let balance = spaces.enter(&space, |platform, _| {
        assert_eq!(platform.transaction_count(), 0);
        platform.put_own_rules(rules("opening_balance = \"7\""), Lasting::ForGood);
        platform.available_balance(Product::Collection)
    });
    assert_eq!(balance, Decimal::from(1050));
}

#[test]
fn a_transaction_keeps_its_only_delivery_notification() {
    let (spaces, [space, _]) = spaces(ROOMY, "name = \"plain\"");
    pay(&spaces, &space, 1, 5);
    wait(&spaces, 2);
    spaces.enter(&space, |platform, _| {
        platform.notify_delivery(reference(1), "first".into()).expect("successful");
        let second = platform.notify_delivery(reference(1), "second".into());
        assert_eq!(second, Err(Rejection::NotifiedBefore));
        let kept = &platform.transaction(reference(1)).expect("a payment").delivery_notification;
        assert_eq!(kept.as_deref(), Some("first"));
    });
}
