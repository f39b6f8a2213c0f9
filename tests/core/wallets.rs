//! Wallets: API users that share their accounts, and nothing else.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::engine::GlobalJournal;
use momo_sandbox::internals::engine::LastLook;
use momo_sandbox::internals::engine::Space;
use momo_sandbox::internals::engine::Spaces;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::SANDBOX;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::model::time::Timestamp;
use momo_sandbox_core::platform::rules_in_force::Lasting;
use momo_sandbox_core::platform::{Platform, Settings};
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use momo_sandbox_core::scenario::rule_book::{Defaults, RuleBook};
use momo_sandbox_core::scenario::seed::Seed;
use rust_decimal::Decimal;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::core::submissions::{reference, submission};

/// What the accounts are opened with.
const OPENING: u32 = 1000;

/// Rules with that opening balance, by which everything is successful after a second.
fn rules(opening_balance: u32) -> Arc<RuleBook> {
    let text = format!("opening_balance = \"{opening_balance}\"");
    let scenario = read_scenario("wallets.toml", &text).expect("a good scenario");
    Arc::new(RuleBook::new(vec![scenario], Defaults::settling_after(Duration::from_secs(1))))
}

/// Spaces under a manual clock: two of the wallet `main`, one without a wallet.
fn spaces() -> (Spaces, [Arc<Space>; 3]) {
    let limits = Limits::DEFAULT;
    let settings = Settings { rules: rules(OPENING), seed: Seed(1), environment: &SANDBOX, limits };
    let (sender, _) = mpsc::unbounded_channel();
    let spaces = Spaces::new(Clock::manual(Timestamp(0)), settings, sender);
    let of_wallets = [(1, Some("main")), (2, Some("main")), (3, None)]
        .map(|(number, wallet)| provision(&spaces, number, wallet));
    (spaces, of_wallets)
}

fn provision(spaces: &Spaces, number: u128, wallet: Option<&str>) -> Arc<Space> {
    let host = ProviderCallbackHost::parse("shop.example").expect("a host");
    let mut api_user = ApiUser::new(ApiUserId(Uuid::from_u128(number)), host, Product::ALL);
    api_user.wallet = wallet.map(Into::into);
    spaces.provision(api_user).expect("a new one")
}

/// Accepts it; returns why the ledger makes it fail, if it does.
fn accept(
    spaces: &Spaces,
    space: &Arc<Space>,
    (kind, number, amount): (TransactionKind, u128, u32),
) -> Option<String> {
    let submission = submission(number, kind, amount, number - 1);
    spaces.accept(space, submission).expect("accepted");
    spaces.enter(space, |platform, _| {
        let transaction = platform.transaction(reference(number)).expect("accepted");
        transaction.plan.decided_by.why(&transaction.submission)
    })
}

fn pay(spaces: &Spaces, space: &Arc<Space>, number: u128, amount: u32) {
    let why = accept(spaces, space, (TransactionKind::RequestToPay, number, amount));
    assert_eq!(why, None);
}

fn pay_out(spaces: &Spaces, space: &Arc<Space>, number: u128, amount: u32) -> Option<String> {
    accept(spaces, space, (TransactionKind::Transfer, number, amount))
}

fn balance(spaces: &Spaces, space: &Space, product: Product) -> Decimal {
    spaces.enter(space, |platform, _| platform.available_balance(product))
}

/// What an account must have by the transactions that two spaces of a wallet have.
fn expected(spaces: &Spaces, of_wallet: &[Arc<Space>], product: Product) -> Decimal {
    let brought = |space: &Arc<Space>| spaces.enter(space, |one, _| brought(one, product));
    Decimal::from(OPENING) + of_wallet.iter().map(brought).sum::<Decimal>()
}

/// What the transactions of a space have added to what an account can pay out.
fn brought(platform: &Platform, product: Product) -> Decimal {
    let of_product = platform.transactions().filter(|one| one.submission.product == product);
    let brought = of_product.map(|one| {
        let amount = one.submission.details.amount.expect("an amount").decimal();
        match one.submission.kind {
            TransactionKind::RequestToPay if one.successful_since().is_some() => amount,
            TransactionKind::Transfer | TransactionKind::Refund if one.plan.succeeds() => -amount,
            _ => Decimal::ZERO,
        }
    });
    brought.sum()
}

#[test]
fn a_payout_of_one_api_user_leaves_less_to_the_other() {
    let (spaces, [first, second, other]) = spaces();
    assert_eq!(pay_out(&spaces, &first, 1, 700), None);
    assert_eq!(balance(&spaces, &second, Product::Disbursement), Decimal::from(300));
    assert_eq!(balance(&spaces, &other, Product::Disbursement), Decimal::from(OPENING));
    let why = pay_out(&spaces, &second, 1, 301).expect("too little is left");
    assert!(why.contains("NOT_ENOUGH_FUNDS") && why.contains("has 300 EUR available"), "{why}");
    spaces.clock().advance(Duration::from_secs(2));
    assert_eq!(pay_out(&spaces, &second, 2, 300), None);
    assert_eq!(balance(&spaces, &first, Product::Disbursement), Decimal::ZERO);
    let first_has = spaces.enter(&first, |one, _| one.transaction_count());
    assert_eq!(first_has, 1, "the transactions are not shared");
}

#[test]
fn payouts_of_two_spaces_are_reserved_each_for_itself_and_named_by_age() {
    let (spaces, [first, second, _]) = spaces();
    // Both are the second acceptance of their spaces, and the older one is of the later id.
    pay(&spaces, &first, 10, 5);
    pay(&spaces, &second, 11, 5);
    assert_eq!(pay_out(&spaces, &second, 22, 100), None);
    spaces.clock().advance(Duration::from_millis(10));
    assert_eq!(pay_out(&spaces, &first, 21, 200), None);
    let named = |why: &str| {
        let position = |number| why.find(&reference(number).to_string());
        (position(22), position(21))
    };
    let why = pay_out(&spaces, &first, 31, 5000).expect("too much");
    assert!(why.contains("300 reserved by 2 pending payouts"), "{why}");
    assert!(matches!(named(&why), (Some(older), Some(newer)) if older < newer), "{why}");
    spaces.clock().advance(Duration::from_millis(995));
    let why = pay_out(&spaces, &first, 32, 5000).expect("too much");
    assert!(why.contains("(balance 900, 200 reserved by 1 pending payout: "), "{why}");
    assert!(matches!(named(&why), (None, Some(_))), "{why}");
}

#[test]
fn what_is_due_in_one_space_of_a_wallet_has_happened_for_whoever_enters_another() {
    let (spaces, [first, second, _]) = spaces();
    pay(&spaces, &first, 1, 50);
    assert_eq!(balance(&spaces, &second, Product::Collection), Decimal::from(1000));
    spaces.clock().advance(Duration::from_secs(1));
    assert_eq!(balance(&spaces, &second, Product::Collection), Decimal::from(1050));
}

/// Checks the accounts at each step of a reset against the transactions that are still there.
struct Watch {
    wallet: Mutex<Vec<(ApiUserId, Decimal)>>,
}

impl LastLook for Watch {
    fn at_space(&self, platform: &Platform) {
        let mut wallet = self.wallet.lock().expect("no panic");
        let sum: Decimal = wallet.iter().map(|(_, brought)| brought).sum();
        let available = platform.available_balance(Product::Disbursement);
        assert_eq!(available, Decimal::from(OPENING) + sum);
        // This one is about to go.
        wallet.retain(|(id, _)| *id != platform.api_user().id);
    }

    fn at_global_journal(&self, _: &GlobalJournal) {}
}

#[test]
fn the_books_are_right_at_each_step_of_a_reset_of_a_wallet() {
    let (spaces, [first, second, other]) = spaces();
    let third = provision(&spaces, 4, Some("main"));
    let members = [&first, &second, &third];
    for (space, number) in members.into_iter().zip(1..) {
        // One that is settled, and one that is pending.
        assert_eq!(pay_out(&spaces, space, 10 * number, 10), None);
        spaces.clock().advance(Duration::from_secs(2));
        assert_eq!(pay_out(&spaces, space, 10 * number + 1, 100), None);
    }
    assert_eq!(pay_out(&spaces, &other, 1, 1), None);
    let product = Product::Disbursement;
    let brought = members
        .map(|space| (space.api_user().id, spaces.enter(space, |one, _| brought(one, product))));
    let watch = Watch { wallet: Mutex::new(brought.to_vec()) };
    let forgotten = spaces.reset_after(&second, &watch);
    assert_eq!(forgotten.transactions, 6);
    assert_eq!(forgotten.others, [first.api_user().id, third.api_user().id]);
    assert!(watch.wallet.lock().expect("no panic").is_empty(), "each was looked at");
    for space in members {
        assert_eq!(balance(&spaces, space, product), Decimal::from(OPENING));
        assert_eq!(space.held().transactions, 0);
    }
    assert_eq!(other.held().transactions, 1, "it is of no wallet");
    assert_eq!(spaces.reset_after(&other, &()).others, []);
}

#[test]
fn what_is_accepted_while_the_rest_of_a_wallet_is_reset_keeps_its_money() {
    let (spaces, [first, second, _]) = spaces();
    assert_eq!(pay_out(&spaces, &second, 1, 100), None);
    spaces.clock().advance(Duration::from_secs(2));
    assert_eq!(pay_out(&spaces, &second, 2, 30), None);
    assert_eq!(pay_out(&spaces, &first, 3, 5), None);
    // The part of a reset of the wallet that is about one space.
    spaces.enter(&second, |platform, _| platform.reset());
    assert_eq!(balance(&spaces, &first, Product::Disbursement), Decimal::from(995));
    assert_eq!(pay_out(&spaces, &second, 1, 995), None);
    spaces.clock().advance(Duration::from_secs(2));
    assert_eq!(balance(&spaces, &first, Product::Disbursement), Decimal::ZERO);
}

#[test]
fn rules_open_the_accounts_of_a_wallet_anew_only_while_nothing_has_happened_in_it() {
    let (spaces, [first, second, _]) = spaces();
    let put = |space: &Space, opening| {
        spaces.enter(space, |one, _| one.put_own_rules(rules(opening), Lasting::ForGood));
        balance(&spaces, space, Product::Collection)
    };
    assert_eq!(put(&first, 7), Decimal::from(7));
    assert_eq!(balance(&spaces, &second, Product::Collection), Decimal::from(7));
    pay(&spaces, &first, 1, 5);
    assert_eq!(put(&second, 500), Decimal::from(7), "a payment is pending in the other space");
    // An API user that comes later finds the accounts as they are.
    let third = provision(&spaces, 4, Some("main"));
    assert_eq!(balance(&spaces, &third, Product::Collection), Decimal::from(7));
    spaces.reset(&first);
    assert_eq!(balance(&spaces, &second, Product::Collection), Decimal::from(7));
    spaces.reset(&second);
    assert_eq!(balance(&spaces, &first, Product::Collection), Decimal::from(500));
}

#[test]
fn a_refund_of_the_other_space_of_a_wallet_debits_its_account_and_is_given_up_by_a_reset() {
    let (spaces, [first, second, other]) = spaces();
    let refunded = |number| {
        spaces.enter(&first, |one, _| one.transaction(reference(number)).expect("paid").refunded)
    };
    pay(&spaces, &first, 1, 50);
    pay(&spaces, &first, 5, 50);
    spaces.clock().advance(Duration::from_secs(2));
    // A refund names the reference before its own.
    assert_eq!(accept(&spaces, &second, (TransactionKind::Refund, 2, 40)), None);
    assert_eq!(balance(&spaces, &first, Product::Disbursement), Decimal::from(960));
    assert_eq!(refunded(1), Decimal::from(40));
    assert_eq!(accept(&spaces, &other, (TransactionKind::Refund, 6, 30)), None);
    assert_eq!(refunded(5), Decimal::from(30));
    // The refund of an API user without a wallet is given up with it.
    spaces.reset(&other);
    assert_eq!(refunded(5), Decimal::ZERO);
    spaces.reset(&first);
    assert_eq!(balance(&spaces, &second, Product::Disbursement), Decimal::from(OPENING));
    pay(&spaces, &first, 1, 50);
    spaces.clock().advance(Duration::from_secs(2));
    assert_eq!(accept(&spaces, &second, (TransactionKind::Refund, 2, 50)), None, "nothing is left");
}

/// Lets one thread for each space act at the same time, while time goes on.
fn at_one_time(spaces: &Spaces, users: &[Arc<Space>], act: impl Fn(&Arc<Space>, u128) + Sync) {
    let (barrier, act) = (Barrier::new(users.len()), &act);
    thread::scope(|scope| {
        let spawn = |(space, user): (&Arc<Space>, u128)| {
            let (space, barrier) = (Arc::clone(space), &barrier);
            scope.spawn(move || {
                barrier.wait();
                (0..300).for_each(|number| act(&space, 1000 * user + number));
            })
        };
        let threads: Vec<_> = users.iter().zip(1..).map(spawn).collect();
        while threads.iter().any(|one| !one.is_finished()) {
            spaces.clock().advance(Duration::from_millis(7));
            spaces.catch_up();
        }
    });
    spaces.clock().advance(Duration::from_secs(2));
}

#[test]
fn many_threads_pay_out_of_a_wallet_what_it_has_and_no_more() {
    let (spaces, [first, second, other]) = spaces();
    let third = provision(&spaces, 4, Some("main"));
    let users = [first, second, third, other];
    at_one_time(&spaces, &users, |space, number| {
        pay_out(&spaces, space, number, 7);
    });
    let paid = |space: &Arc<Space>| {
        spaces.enter(space, |one, _| {
            one.transactions().filter(|one| one.successful_since().is_some()).count()
        })
    };
    let of_wallet: usize = users[..3].iter().map(paid).sum();
    assert_eq!((of_wallet, paid(&users[3])), (142, 142), "1000 pay for 142 payouts of 7");
    for space in &users {
        assert_eq!(balance(&spaces, space, Product::Disbursement), Decimal::from(6));
    }
}

#[test]
fn many_threads_that_pay_and_reset_keep_the_books_of_a_wallet() {
    let (spaces, [first, second, _]) = spaces();
    let third = provision(&spaces, 4, Some("main"));
    let users = [first, second, third];
    at_one_time(&spaces, &users, |space, number| {
        if number % 50 == 49 {
            spaces.reset(space);
        } else if number % 2 == 0 {
            let payment = submission(number, TransactionKind::RequestToPay, 3, 0);
            spaces.accept(space, payment).expect("accepted");
        } else {
            // Names a payment that is pending, paid or gone.
            let _ =
                spaces.accept(space, submission(number, TransactionKind::Refund, 3, number - 1));
            let _ = spaces.accept(space, submission(number + 500, TransactionKind::Transfer, 9, 0));
        }
    });
    for product in Product::ALL {
        let expected = expected(&spaces, &users, product);
        let found: BTreeSet<_> =
            users.iter().map(|space| balance(&spaces, space, product)).collect();
        assert_eq!(found, BTreeSet::from([expected]), "{product}");
    }
    spaces.reset(&users[0]);
    for product in Product::ALL {
        assert_eq!(balance(&spaces, &users[1], product), Decimal::from(OPENING), "{product}");
    }
}
