//! Rules that decide by the number of an occurrence, the time, or what else is pending.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

const HOUR: Duration = Duration::from_secs(3600);

/// Pays so often; the statuses of the answers.
async fn pay(merchant: &Merchant, amount: &str, party: &str, times: usize) -> Vec<u16> {
    let mut answers = Vec::new();
    for _ in 0..times {
        let body = merchant.body(amount, party);
        let request = merchant.submission(merchant.path(), &new_reference(), &body);
        answers.push(outcome(request).await.0);
    }
    answers
}

#[tokio::test]
async fn the_third_payment_of_each_day_meets_an_error_and_the_transaction_tells_which_it_was() {
    let emulator = Emulator::with_scenario(
        r#"
        utc_offset = "+03:00"
        [[rules]]
        when = { operation = "requesttopay", nth = 3, per = "day" }
        submit = { answer = { status = 500, code = "INTERNAL_PROCESSING_ERROR" }, created = true }
        "#,
    )
    .await;
    let mut merchant = Merchant::of(&emulator, "collection").await;
    assert_eq!(pay(&merchant, "5", PAYER, 2).await, [202, 202]);
    let reference = new_reference();
    let third = merchant.submission(merchant.path(), &reference, &merchant.body("5", PAYER));
    assert_eq!(outcome(third).await.0, 500);
    let decided_by = &emulator.record(&reference).await["plan"]["decided_by"];
    assert_eq!(decided_by["occurrence"], 3);
    assert_eq!(decided_by["rule"], json!({"scenario": "test", "rule": 1}));
    assert_eq!(pay(&merchant, "5", PAYER, 1).await, [202]);
    emulator.advance(24 * HOUR);
    merchant.renew_token().await;
    assert_eq!(pay(&merchant, "5", PAYER, 4).await, [202, 202, 500, 202]);
}

#[tokio::test]
async fn counts_are_per_api_user_per_party_or_of_all() {
    let rule = |count_by: &str| {
        format!(
            "[[rules]]\nwhen = {{ nth = 2, count_by = \"{count_by}\" }}\n\
             submit = {{ answer = {{ status = 503 }} }}\n"
        )
    };
    for (count_by, expected) in [
        // Of the one: two parties, each twice; then of the other twice.
        ("api-user", [vec![202, 503], vec![202, 202], vec![202, 503]]),
        ("party", [vec![202, 503], vec![202, 503], vec![202, 503]]),
        ("all", [vec![202, 503], vec![202, 202], vec![202, 202]]),
    ] {
        let text = Box::leak(rule(count_by).into_boxed_str());
        let emulator = Emulator::with_scenario(text).await;
        let one = Merchant::of(&emulator, "collection").await;
        let other = Merchant::of(&emulator, "collection").await;
        let answers = [
            pay(&one, "5", PAYER, 2).await,
            pay(&one, "5", "256771234567", 2).await,
            pay(&other, "5", PAYER, 2).await,
        ];
        assert_eq!(answers, expected, "{count_by}");
        // A reset counts from the beginning.
        emulator.command("POST", "reset", json!({})).await;
        assert_eq!(pay(&other, "5", PAYER, 2).await, [202, 503], "{count_by}");
    }
}

#[tokio::test]
async fn a_rule_applies_from_a_time_on_at_hours_of_the_day_and_on_days_of_the_week() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { from = "1h", until = "2h" }
        submit = { answer = { status = 500 } }
        [[rules]]
        when = { weekday = ["saturday", "sunday"], between = ["22:00", "02:00"] }
        submit = { answer = { status = 503 } }
        "#,
    )
    .await;
    let mut merchant = Merchant::of(&emulator, "collection").await;
    let mut statuses = Vec::new();
    for _ in 0..24 * 7 {
        statuses.extend(pay(&merchant, "5", PAYER, 1).await);
        emulator.advance(HOUR);
        merchant.renew_token().await;
    }
    let count = |status: u16| statuses.iter().filter(|one| **one == status).count();
    assert_eq!(count(500), 1);
    assert_eq!(statuses[1], 500);
    assert_eq!(count(503), 8, "four hours of two days: {statuses:?}");
}

#[tokio::test]
async fn a_second_request_of_a_payer_fails_while_the_first_is_pending() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { operation = "requesttopay", same_payer_pending = true }
        then = { status = "FAILED", reason = "PAYER_LIMIT_REACHED", after = "0s" }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let first = merchant.submit(PAYER, None).await;
    let second = merchant.submit(PAYER, None).await;
    let elsewhere = merchant.submit("256771234567", None).await;
    emulator.settle();
    let third = merchant.submit(PAYER, None).await;
    emulator.settle();
    let mut statuses = Vec::new();
    for reference in [first, second, elsewhere, third] {
        statuses.push(merchant.status(&reference).await["status"].clone());
    }
    assert_eq!(Value::from(statuses), json!(["SUCCESSFUL", "FAILED", "SUCCESSFUL", "SUCCESSFUL"]));
}

#[tokio::test]
async fn amounts_and_parties_are_bounded_as_they_are_written() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { party = ["25677*", { from = "256780000000", to = "256780000999" }],
                 amount = { more_than = "500", less_than = "600" } }
        submit = { answer = { status = 503 } }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut answers = Vec::new();
    for (amount, party) in [
        ("500", "256771234567"),
        ("500.01", "256771234567"),
        ("599.99", "+256771234567"),
        ("600", "256771234567"),
        ("550", "256780000999"),
        ("550", "256780001000"),
    ] {
        answers.extend(pay(&merchant, amount, party, 1).await);
    }
    assert_eq!(answers, [202, 503, 503, 202, 503, 202]);
}

#[tokio::test]
async fn a_hundred_thousand_rules_are_found_by_an_index() {
    use std::fmt::Write;

    let mut text = String::new();
    for number in 0..100_000 {
        let _ = writeln!(
            text,
            "[[rules]]\nwhen = {{ party = \"25677{number:06}\" }}\n\
             submit = {{ answer = {{ status = 5{:02} }} }}",
            number % 90
        );
    }
    let emulator = Emulator::with_scenario(Box::leak(text.into_boxed_str())).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for number in [0, 1, 45_678, 99_999] {
        let party = format!("25677{number:06}");
        let expected = 500 + u16::try_from(number % 90).expect("small");
        assert_eq!(pay(&merchant, "5", &party, 1).await, [expected]);
    }
    assert_eq!(pay(&merchant, "5", PAYER, 1).await, [202]);
}
