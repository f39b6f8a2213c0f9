//! The merchant audit: each rule kept, broken and not put to the test.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options, SETTLE_AFTER};
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER, body_of, new_reference, outcome};
use momo_sandbox::internals::scenarios::named;
use momo_sandbox_core::model::limits::Limits;

const MINUTE: Duration = Duration::from_secs(60);

/// An emulator with a shipped story, and a merchant.
async fn story(name: &str) -> (Emulator, Merchant) {
    let emulator = Emulator::with_scenario(named(name).expect(name).text).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    (emulator, merchant)
}

async fn report(emulator: &Emulator) -> Value {
    emulator.control("report").await
}

fn rule<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rules = report["rules"].as_array().expect("rules");
    rules.iter().find(|rule| rule["name"] == name).expect(name)
}

#[track_caller]
fn check(report: &Value, expected: &[(&str, &str)]) {
    for (name, verdict) in expected {
        let rule = rule(report, name);
        assert_eq!(rule["verdict"], *verdict, "{rule:#}");
    }
}

/// Pays with a callback URL and lets it settle, with its callback.
async fn pay(emulator: &Emulator, merchant: &Merchant, listener: &CallbackListener) -> String {
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    emulator.record_once_callback(&reference, &["answered", "failed", "lost"]).await;
    reference
}

#[tokio::test]
async fn nothing_is_exercised_where_nothing_happened() {
    let emulator = Emulator::start().await;
    Merchant::of(&emulator, "collection").await;
    let report = report(&emulator).await;
    assert_eq!(report["verdict"], "not_exercised");
    assert_eq!(report["headline"], "No money was taken from payers.");
}

#[tokio::test]
async fn a_merchant_who_trusts_callbacks_loses_sight_of_money() {
    let (emulator, merchant) = story("missed-callback").await;
    let listener = CallbackListener::start().await;
    let lost = pay(&emulator, &merchant, &listener).await;
    pay(&emulator, &merchant, &listener).await;
    let report = report(&emulator).await;
    assert_eq!(
        report["headline"],
        "2 payments, 10 EUR, were taken from payers, and the merchant never found out."
    );
    check(
        &report,
        &[
            ("money-accounted-for", "fail"),
            ("polled-after-lost-callback", "fail"),
            ("polled-in-time", "not_exercised"),
            ("answered-callbacks", "not_exercised"),
        ],
    );
    let failure = &rule(&report, "polled-after-lost-callback")["failures"][0]["reference_id"];
    let ids = [rule(&report, "money-accounted-for")["failures"].to_string(), failure.to_string()];
    assert!(ids[0].contains(&lost), "{}", ids[0]);
    assert_eq!(report["counts"]["missed_callbacks"], 2);
}

#[tokio::test]
async fn a_merchant_who_asks_accounts_for_all_of_it() {
    let (emulator, merchant) = story("missed-callback").await;
    let listener = CallbackListener::start().await;
    let payment = pay(&emulator, &merchant, &listener).await;
    emulator.advance(5 * MINUTE);
    merchant.status(&payment).await;
    let report = report(&emulator).await;
    assert_eq!(report["headline"], "All money is accounted for: 5 EUR from payers.");
    check(
        &report,
        &[
            ("money-accounted-for", "pass"),
            ("polled-after-lost-callback", "pass"),
            ("polled-in-time", "pass"),
            ("stopped-at-final", "pass"),
        ],
    );
    let strict = emulator.control("report?within=1m").await;
    check(&strict, &[("polled-in-time", "fail")]);
}

#[tokio::test]
async fn asking_before_it_is_final_is_too_early() {
    let (emulator, merchant) = story("missed-callback").await;
    let listener = CallbackListener::start().await;
    let payment = merchant.submit(PAYER, Some(&listener.url)).await;
    merchant.status(&payment).await;
    emulator.settle();
    let report = report(&emulator).await;
    check(&report, &[("polled-after-lost-callback", "fail"), ("money-accounted-for", "fail")]);
}

#[tokio::test]
async fn a_merchant_who_never_stops_asking_is_told_so() {
    let (emulator, merchant) = story("duplicate-callback").await;
    let listener = CallbackListener::start().await;
    let payment = pay(&emulator, &merchant, &listener).await;
    merchant.status(&payment).await;
    let path = format!("spaces/{}/clock/advance", merchant.api_user);
    emulator.command("POST", &path, json!({"by": "4m"})).await;
    merchant.status(&payment).await;
    check(
        &report(&emulator).await,
        &[("stopped-at-final", "pass"), ("confirmed-callbacks", "pass")],
    );
    merchant.status(&payment).await;
    check(&report(&emulator).await, &[("stopped-at-final", "fail")]);
}

#[tokio::test]
async fn a_new_reference_for_the_same_order_charges_the_payer_twice() {
    let (emulator, merchant) = story("lying-500").await;
    let body = merchant.body("5", PAYER);
    let submit = async |reference: &str| {
        outcome(merchant.submission(merchant.path(), reference, &body)).await.0
    };
    let (first, second) = (new_reference(), new_reference());
    assert_eq!(submit(&first).await, 500);
    assert_eq!(submit(&second).await, 202);
    emulator.settle();
    merchant.status(&second).await;
    let report = report(&emulator).await;
    check(&report, &[("reused-reference", "fail"), ("asked-after-409", "not_exercised")]);
    let finding = &rule(&report, "reused-reference")["failures"][0];
    let seen = finding["seen"].as_str().expect("words");
    assert!(seen.contains("the payer was charged 5 EUR twice"), "{seen}");
    let data = json!({
        "code": "payer_charged_twice", "first": first, "amount": "5", "currency": "EUR",
    });
    assert_eq!(finding["seen_as"], data);
    let headline = report["headline"].as_str().expect("words");
    assert!(headline.contains("1 payment, 5 EUR, was charged a second time"), "{headline}");
    assert!(
        headline.contains("1 payment, 5 EUR, was taken from payers, and the merchant never"),
        "{headline}"
    );
}

#[tokio::test]
async fn the_same_reference_meets_a_409_which_means_ask() {
    let (emulator, merchant) = story("lying-500").await;
    let (reference, body) = (new_reference(), merchant.body("5", PAYER));
    let submit = async || outcome(merchant.submission(merchant.path(), &reference, &body)).await.0;
    assert_eq!((submit().await, submit().await), (500, 409));
    check(&report(&emulator).await, &[("reused-reference", "pass"), ("asked-after-409", "fail")]);
    emulator.advance(SETTLE_AFTER);
    merchant.status(&reference).await;
    check(
        &report(&emulator).await,
        &[("asked-after-409", "pass"), ("money-accounted-for", "pass")],
    );
}

#[tokio::test]
async fn callbacks_are_answered_soon_with_success_and_confirmed() {
    for (behaviour, answered, confirmed, survived) in [
        (Behaviour::Answer(200), "pass", "fail", "pass"),
        (Behaviour::Answer(500), "fail", "not_exercised", "fail"),
        (Behaviour::Reset, "fail", "not_exercised", "not_exercised"),
    ] {
        let emulator = Emulator::start().await;
        let merchant = Merchant::of(&emulator, "collection").await;
        let listener = CallbackListener::that(behaviour).await;
        let payment = pay(&emulator, &merchant, &listener).await;
        let before = report(&emulator).await;
        check(
            &before,
            &[
                ("answered-callbacks", answered),
                ("confirmed-callbacks", confirmed),
                ("survived-missing-reference", survived),
                ("survived-unknown-fields", "not_exercised"),
                ("accepted-put-and-post", "not_exercised"),
            ],
        );
        merchant.status(&payment).await;
        let confirmed = if confirmed == "fail" { "pass" } else { confirmed };
        check(&report(&emulator).await, &[("confirmed-callbacks", confirmed)]);
    }
}

#[tokio::test]
async fn both_methods_and_unknown_fields_are_to_be_taken() {
    for (behaviour, verdict, survived) in [
        (Behaviour::Answer(204), "pass", "pass"),
        // That is about the method, not the body.
        (Behaviour::Answer(405), "fail", "not_exercised"),
    ] {
        let emulator = Emulator::with_scenario(
            "[[rules]]\nwhen = { first = 1 }\ncallback = { method = \"PUT\" }\n\
             [[rules]]\ncallback = { body = \"unknown-fields\" }",
        )
        .await;
        let merchant = Merchant::of(&emulator, "collection").await;
        let listener = CallbackListener::that(behaviour).await;
        for _ in 0..2 {
            pay(&emulator, &merchant, &listener).await;
        }
        check(
            &report(&emulator).await,
            &[("accepted-put-and-post", verdict), ("survived-unknown-fields", survived)],
        );
    }
}

#[tokio::test]
async fn a_contradicting_callback_teaches_nothing() {
    let (emulator, merchant) = story("contradicting-callback").await;
    let listener = CallbackListener::start().await;
    pay(&emulator, &merchant, &listener).await;
    check(&report(&emulator).await, &[("money-accounted-for", "fail")]);
}

#[tokio::test]
async fn tokens_are_kept_while_they_live_and_renewed_when_they_end() {
    let emulator = Emulator::start().await;
    let mut merchant = Merchant::of(&emulator, "collection").await;
    for _ in 0..5 {
        merchant.balance().await;
    }
    check(&report(&emulator).await, &[("kept-token", "pass"), ("renewed-token", "not_exercised")]);
    emulator.advance(61 * MINUTE);
    let balance = merchant.call(Method::GET, "/v1_0/account/balance");
    assert_eq!(outcome(balance).await.0, 401);
    check(&report(&emulator).await, &[("renewed-token", "fail")]);
    merchant.renew_token().await;
    check(&report(&emulator).await, &[("renewed-token", "pass"), ("kept-token", "pass")]);
    for _ in 0..9 {
        merchant.renew_token().await;
        merchant.balance().await;
    }
    check(&report(&emulator).await, &[("kept-token", "fail")]);
}

#[tokio::test]
async fn a_page_in_the_place_of_a_token_is_none() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let page = json!({"body": {"real": "request-rejected"}});
    let rule = json!({"when": {"operation": "token"}, "respond": {"answer": page}});
    assert_eq!(emulator.command("PUT", "scenario", json!({"rules": [rule]})).await.0, 200);
    for _ in 0..9 {
        assert_eq!(outcome(merchant.token_request()).await.0, 200);
        merchant.balance().await;
    }
    check(&report(&emulator).await, &[("kept-token", "pass")]);
}

#[tokio::test]
async fn a_callback_url_of_another_host_is_told() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let request = |url: &str| {
        let body = merchant.body("5", PAYER);
        let submission = merchant.submission(merchant.path(), &new_reference(), &body);
        submission.header("X-Callback-Url", url.to_owned())
    };
    assert_eq!(outcome(request("http://127.0.0.1:9/paid")).await.0, 202);
    check(&report(&emulator).await, &[("own-callback-host", "pass")]);
    assert_eq!(outcome(request("http://elsewhere.example/paid")).await.0, 500);
    check(&report(&emulator).await, &[("own-callback-host", "fail")]);
}

/// What was told before the journal's beginning went is not known: that is no failure.
#[tokio::test]
async fn what_was_evicted_is_not_held_against_the_merchant() {
    let limits = Limits { journal: 8, ..Limits::default() };
    let emulator = Emulator::with(Options { limits, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    emulator.settle();
    merchant.status(&payment).await;
    for _ in 0..10 {
        merchant.balance().await;
    }
    check(&report(&emulator).await, &[("money-accounted-for", "incomplete")]);
}

#[tokio::test]
async fn a_callback_about_another_order_teaches_nothing() {
    let (emulator, merchant) = story("unknown-reference").await;
    let listener = CallbackListener::start().await;
    pay(&emulator, &merchant, &listener).await;
    check(&report(&emulator).await, &[("money-accounted-for", "fail")]);
}

#[tokio::test]
async fn who_knows_the_end_already_has_nothing_to_confirm() {
    let (emulator, merchant) = story("late-callback").await;
    let listener = CallbackListener::start().await;
    let payment = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    merchant.status(&payment).await;
    emulator.advance(6 * MINUTE);
    emulator.record_once_callback(&payment, &["answered"]).await;
    let expected = [("confirmed-callbacks", "not_exercised"), ("stopped-at-final", "pass")];
    check(&report(&emulator).await, &expected);
}

#[tokio::test]
async fn an_order_that_is_known_to_have_failed_may_be_made_anew() {
    let emulator = Emulator::with_scenario(
        "[[rules]]\nwhen = { first = 1 }\n\
         submit = { answer = { status = 500 }, created = true }\n\
         then = { status = \"FAILED\", reason = \"EXPIRED\" }",
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let (first, body) = (new_reference(), merchant.body("5", PAYER));
    let submit = async |reference: &str| {
        outcome(merchant.submission(merchant.path(), reference, &body)).await.0
    };
    assert_eq!(submit(&first).await, 500);
    emulator.settle();
    assert_eq!(merchant.status(&first).await["status"], "FAILED");
    assert_eq!(submit(&new_reference()).await, 202);
    check(&report(&emulator).await, &[("reused-reference", "not_exercised")]);
}

#[tokio::test]
async fn a_callback_that_the_rules_forbid_was_not_the_merchants_to_answer() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let payment = merchant.submit(PAYER, Some("https://127.0.0.1/paid")).await;
    emulator.settle();
    emulator.record_once_callback(&payment, &["failed"]).await;
    check(&report(&emulator).await, &[("answered-callbacks", "not_exercised")]);
}

#[tokio::test]
async fn where_no_money_moves_none_is_lost() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit_to("/v2_0/preapproval", &body_of("preapproval", "", PAYER, "")).await;
    emulator.settle();
    check(&report(&emulator).await, &[("money-accounted-for", "not_exercised")]);
}

#[tokio::test]
async fn tokens_are_kept_product_by_product_and_renewed_by_any() {
    let emulator = Emulator::start().await;
    let mut collection = Merchant::of(&emulator, "collection").await;
    let mut disbursement = collection.under("disbursement").await;
    for _ in 0..6 {
        collection.balance().await;
        emulator.advance(60 * MINUTE);
        collection.renew_token().await;
        disbursement.renew_token().await;
    }
    check(&report(&emulator).await, &[("kept-token", "pass")]);
    emulator.advance(61 * MINUTE);
    let balance = collection.call(Method::GET, "/v1_0/account/balance");
    assert_eq!(outcome(balance).await.0, 401);
    check(&report(&emulator).await, &[("renewed-token", "fail")]);
    // A token is good for every product, so one of another product is a new one too.
    disbursement.renew_token().await;
    check(&report(&emulator).await, &[("renewed-token", "pass")]);
}

#[tokio::test]
async fn a_handler_may_ask_although_the_poller_was_quicker() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let payment = merchant.submit(PAYER, Some(&listener.url)).await;
    emulator.settle();
    // The callback is on its way from here on.
    merchant.status(&payment).await;
    listener.next().await;
    merchant.status(&payment).await;
    check(&report(&emulator).await, &[("stopped-at-final", "pass")]);
    merchant.status(&payment).await;
    check(&report(&emulator).await, &[("stopped-at-final", "fail")]);
}

#[tokio::test]
async fn a_method_that_never_works_is_told_where_the_other_does() {
    let scenario = "[[rules]]\nwhen = { first = 1 }\ncallback = { method = \"PUT\" }";
    let emulator = Emulator::with_scenario(scenario).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let refusing = CallbackListener::that(Behaviour::Answer(500)).await;
    let good = CallbackListener::start().await;
    for listener in [&refusing, &good] {
        pay(&emulator, &merchant, listener).await;
    }
    check(&report(&emulator).await, &[("accepted-put-and-post", "fail")]);
}

/// What went might have told another story.
#[tokio::test]
async fn once_something_was_evicted_nothing_passes() {
    let limits = Limits { settled: 1, ..Limits::default() };
    let emulator = Emulator::with(Options { limits, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for _ in 0..2 {
        let payment = merchant.submit(PAYER, None).await;
        emulator.settle();
        merchant.status(&payment).await;
    }
    let report = report(&emulator).await;
    assert_eq!(report["verdict"], "incomplete");
    let verdicts: Vec<&Value> =
        report["rules"].as_array().expect("rules").iter().map(|rule| &rule["verdict"]).collect();
    assert!(verdicts.iter().all(|verdict| **verdict == "incomplete"), "{verdicts:?}");
}

#[tokio::test]
async fn a_space_has_a_report_of_its_own() {
    let (emulator, merchant) = story("missed-callback").await;
    let other = Merchant::of(&emulator, "collection").await;
    let listener = CallbackListener::start().await;
    pay(&emulator, &merchant, &listener).await;
    let own = emulator.control(&format!("spaces/{}/report", merchant.api_user)).await;
    let others = emulator.control(&format!("spaces/{}/report", other.api_user)).await;
    assert_eq!((&own["verdict"], &others["verdict"]), (&json!("fail"), &json!("not_exercised")));
    assert_eq!(report(&emulator).await["counts"]["spaces"], 2);
}
