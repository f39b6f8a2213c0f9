//! What is counted of all spaces while many threads act at one time: the counts are what the spaces
//! hold, whoever made room in whichever space meanwhile, and all have the rules that are in force.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::engine::Concern;
use momo_sandbox::internals::engine::GlobalJournal;
use momo_sandbox::internals::engine::Held;
use momo_sandbox::internals::engine::Spaces;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::operations::parse_body::read_details;
use momo_sandbox_core::platform::callback::{AttemptResult, Callback};
use momo_sandbox_core::platform::{Platform, Settings};
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

use crate::support::attempts::attempt_of;
use crate::support::merchant::{PAYER, body_of};

/// API users there are from the start.
const USERS: u128 = 4;

/// Payments of each of them.
const PAYMENTS: u128 = 400;

/// So little that room is made for each payment.
const KEPT_BYTES: usize = 600_000;

fn rules() -> Arc<RuleBook> {
    Arc::new(RuleBook::new(Vec::new(), Defaults::settling_after(Duration::from_millis(5))))
}

fn spaces() -> (Spaces, UnboundedReceiver<Callback>) {
    let limits = Limits { kept_bytes: KEPT_BYTES, ..Limits::DEFAULT };
    let settings = Settings { rules: rules(), seed: Seed(1), environment: &SANDBOX, limits };
    let (sender, callbacks) = unbounded_channel();
    (Spaces::new(Clock::manual(Timestamp(1_800_000_000_000)), settings, sender), callbacks)
}

fn provision(spaces: &Spaces, number: u128) {
    let host = ProviderCallbackHost::parse("shop.example").expect("a host");
    let id = ApiUserId(Uuid::from_u128(number));
    let api_user = ApiUser::new(id, host, Product::ALL);
    spaces.provision(api_user).expect("a new one");
}

fn submission(number: u128) -> Submission {
    let kind = TransactionKind::RequestToPay;
    let mut body = body_of(kind.name(), "5", PAYER, "");
    body["externalId"] = "x".repeat(2000).into();
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

fn finish(spaces: &Spaces, callback: &Callback) {
    let (now, result) = (spaces.clock().now(), AttemptResult::answered(200));
    spaces.finish_callback(callback, attempt_of(callback, now, result));
}

/// What a space holds, gone through.
fn held_by(platform: &Platform) -> Held {
    Held {
        transactions: platform.transactions().count() as u64,
        pending: platform.transactions().filter(|one| !one.status().is_final()).count() as u64,
        journal_entries: platform.journal().entries().count() as u64,
        settled_evicted: platform.evicted(),
        journal_evicted: platform.journal().evicted(),
    }
}

/// Each count of all is the sum of what the spaces hold, and each space's own is what it holds.
fn assert_counted(spaces: &Spaces) {
    let (mut sum, mut due) = (Held::default(), BTreeSet::new());
    let (mut bytes, mut evictable) = spaces.read_global_journal(|journal| {
        let bytes = journal.unauthenticated().bytes();
        (bytes, bytes)
    });
    let mut in_flight = 0;
    for space in spaces.all() {
        let held = spaces.enter(&space, |platform, _| {
            bytes += platform.kept().bytes;
            evictable += platform.kept().evictable;
            in_flight += platform.in_flight().total();
            due.extend(platform.next_due());
            held_by(platform)
        });
        assert_eq!(space.held(), held);
        sum.transactions += held.transactions;
        sum.pending += held.pending;
        sum.journal_entries += held.journal_entries;
        sum.settled_evicted += held.settled_evicted;
        sum.journal_evicted += held.journal_evicted;
    }
    assert_eq!(spaces.held(), sum);
    assert_eq!((spaces.memory().bytes(), spaces.memory().evictable()), (bytes, evictable));
    assert_eq!(spaces.in_flight().borrow().total(), in_flight);
    assert_eq!(spaces.next_due_anywhere(), due.first().copied());
    assert_eq!(spaces.waiters().count(), 0);
    assert!(spaces.read_global_journal(GlobalJournal::held) <= sum.journal_entries + 1);
}

#[test]
fn the_counts_are_what_is_held_whatever_many_threads_do_at_one_time() {
    let (spaces, mut callbacks) = spaces();
    (1..=USERS).for_each(|number| provision(&spaces, number));
    thread::scope(|scope| {
        let spaces = &spaces;
        let pay = |user| {
            scope.spawn(move || {
                let space = spaces.get(ApiUserId(Uuid::from_u128(user))).expect("provisioned");
                for number in 0..PAYMENTS {
                    let submission = submission(user * 1000 + number % 300);
                    let concern = Concern::Transaction(submission.reference_id);
                    let _waiter = spaces.waiters().begin(concern);
                    let _ = spaces.accept(&space, submission);
                    if number % 97 == 96 {
                        spaces.reset(&space);
                    }
                }
            })
        };
        let paying: Vec<_> = (1..=USERS).map(pay).collect();
        while paying.iter().any(|one| !one.is_finished()) {
            spaces.clock().advance(Duration::from_millis(1));
            spaces.catch_up();
            while let Ok(callback) = callbacks.try_recv() {
                // Some stay on their way.
                if callback.reference_id.0.as_u128() % 7 > 0 {
                    finish(spaces, &callback);
                }
            }
        }
    });
    assert_counted(&spaces);
    // What was paid last may be pending still: its callbacks are sent, and not finished.
    spaces.clock().advance(Duration::from_secs(60));
    spaces.catch_up();
    assert_counted(&spaces);
    assert!(spaces.memory().transactions_evicted() > 0, "room was made");
    assert!(spaces.held().transactions > 0 && spaces.in_flight().borrow().total() > 0);
    spaces.reset_all_after(&());
    assert_counted(&spaces);
    assert_eq!(spaces.held().transactions, 0);
}

/// The last who puts rules must not miss who comes meanwhile, and of two the same one must win in
/// all: so each round puts rules twice and provisions once, all at one moment.
#[test]
fn rules_that_are_put_while_others_come_are_in_force_in_all() {
    for round in 0..2000 {
        let (spaces, _callbacks) = spaces();
        (1..=3).for_each(|number| provision(&spaces, number));
        let together = Barrier::new(3);
        thread::scope(|scope| {
            for _ in 0..2 {
                let rules = rules();
                let (spaces, together) = (&spaces, &together);
                scope.spawn(move || {
                    together.wait();
                    spaces.put_rules(&rules);
                });
            }
            together.wait();
            (4..=9).for_each(|number| provision(&spaces, number));
        });
        let in_force = spaces.rules_to_come();
        let has_them = |platform: &mut Platform, _| Arc::ptr_eq(platform.rules(), &in_force);
        for space in spaces.all() {
            assert!(spaces.enter(&space, has_them), "round {round}");
        }
    }
}
