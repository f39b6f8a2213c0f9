//! The scenarios that ship for what MTN was seen or documented to do, and ours that resemble it.

use std::collections::BTreeSet;
use std::time::Duration;

use momo_sandbox::internals::scenarios::BUILTIN;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::model::reason::Reason;
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use reqwest::Method;
use serde_json::json;

use super::scenarios::Story;
use crate::support::emulator::Emulator;
use crate::support::merchant::{PAYER, body_of, new_reference, outcome};
use crate::support::two_platforms::{both_platforms, merchant_on};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn token_outage_is_of_all_products_and_of_tokens_alone() {
    let story = Story::of("token-outage").await;
    story.emulator.advance(10 * MINUTE - SECOND);
    assert_eq!(outcome(story.merchant.token_request()).await.0, 200);
    story.emulator.advance(SECOND);
    for product in ["collection", "disbursement", "remittance"] {
        let path = format!("/{product}/token/");
        let request = story.merchant.provisioning(Method::POST, &path).body("{}");
        let (user, key) = (&story.merchant.api_user, &story.merchant.api_key);
        let (status, body) = outcome(request.basic_auth(user, Some(key))).await;
        assert_eq!((status, body.len()), (500, 111), "{body}");
        assert!(body.contains(r#""message": "Internal server error", "activityId": ""#), "{body}");
    }
    story.pay("5").await;
    story.emulator.advance(2 * 60 * MINUTE);
    assert_eq!(outcome(story.merchant.token_request()).await.0, 200);
}

#[tokio::test]
async fn status_not_found_at_first_is_found_after_twenty_seconds() {
    let story = Story::of("status-not-found-at-first").await;
    let payment = story.pay("5").await;
    let path = format!("/v1_0/requesttopay/{payment}");
    let missing = r#"{"message":"Requested resource was not found.","code":"RESOURCE_NOT_FOUND"}"#;
    for wait in [Duration::ZERO, 10 * SECOND, 10 * SECOND - Duration::from_millis(1)] {
        story.emulator.advance(wait);
        let told = outcome(story.merchant.call(Method::GET, &path)).await;
        assert_eq!(told, (404, missing.to_owned()));
    }
    story.emulator.advance(Duration::from_millis(1));
    assert_eq!(story.status(&payment).await, "SUCCESSFUL");
}

#[tokio::test]
async fn ip_not_allowed_forbids_disbursement_and_nothing_else() {
    let story = Story::of("ip-not-allowed").await;
    story.pay("5").await;
    let (user, key) = (&story.merchant.api_user, &story.merchant.api_key);
    let token = story.merchant.provisioning(Method::POST, "/disbursement/token/").body("{}");
    let balance = story.merchant.provisioning(Method::GET, "/disbursement/v1_0/account/balance");
    let transfer = story.merchant.provisioning(Method::POST, "/disbursement/v1_0/transfer");
    let signed = |request: reqwest::RequestBuilder| {
        let request = request.bearer_auth(&story.merchant.token);
        request.header("X-Target-Environment", "sandbox")
    };
    for request in [
        token.basic_auth(user, Some(key)),
        signed(balance),
        signed(transfer.header("X-Reference-Id", new_reference()))
            .json(&body_of("transfer", "5", PAYER, "")),
    ] {
        let (status, body) = outcome(request).await;
        assert_eq!(status, 403);
        assert!(body.contains("IP not authorized to utilize Disbursement API"), "{body}");
    }
    assert_eq!(story.merchant.balance().await, "1000");
}

#[tokio::test]
async fn firewall_page_comes_in_the_place_of_the_first_token_and_the_first_submission() {
    // The merchant has its first token before the firewall stands there.
    let story = Story::of("happy").await;
    let shipped = json!({"shipped": ["firewall-page"]});
    assert_eq!(story.emulator.command("PUT", "scenario", shipped).await.0, 200);
    let reference = new_reference();
    for (request, expected, later) in
        [(story.merchant.token_request(), 200, 200), (story.payment(&reference, "5"), 403, 202)]
    {
        let again = request.try_clone().expect("a body in memory");
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), expected);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let page = answer.text().await.expect("a page");
        assert!(page.contains("<title>Request Rejected</title>"), "{page}");
        assert_eq!(outcome(again).await.0, later);
    }
}

#[tokio::test]
async fn unavailable_for_days_refuses_requests_to_pay_and_nothing_else() {
    let mut story = Story::of("unavailable-for-days").await;
    let reference = new_reference();
    let (status, body) = outcome(story.payment(&reference, "5")).await;
    assert_eq!(status, 503);
    assert!(body.contains("SERVICE_UNAVAILABLE"), "{body}");
    story.merchant.renew_token().await;
    assert_eq!(story.merchant.balance().await, "1000");
    let withdrawal = body_of("requesttowithdraw", "5", PAYER, "");
    story.merchant.submit_to("/v1_0/requesttowithdraw", &withdrawal).await;
    story.emulator.advance(72 * 60 * MINUTE - SECOND);
    story.merchant.renew_token().await;
    assert_eq!(outcome(story.payment(&reference, "5")).await.0, 503);
    story.emulator.advance(SECOND);
    assert_eq!(outcome(story.payment(&reference, "5")).await.0, 202);
}

#[tokio::test]
async fn no_right_to_disburse_forbids_payouts_before_their_body_is_read() {
    let story = Story::of("no-right-to-disburse").await;
    story.pay("5").await;
    let disbursement = story.merchant.under("disbursement").await;
    let forbidden = (403, r#"{ "statusCode": 403, "message": "Forbidden" }"#.to_owned());
    for (path, body) in [
        ("/v1_0/transfer", body_of("transfer", "5", PAYER, "")),
        ("/v2_0/deposit", body_of("deposit", "5", PAYER, "")),
        ("/v1_0/transfer", json!("no body of a transfer")),
    ] {
        let request = disbursement.submission(path, &new_reference(), &body);
        assert_eq!(outcome(request).await, forbidden, "{path} {body}");
    }
    assert_eq!(disbursement.balance().await, "1000");
}

#[tokio::test]
async fn market_failures_are_those_of_mtns_table() {
    let story = Story::of("market-failures").await;
    let disbursement = story.merchant.under("disbursement").await;
    let table = [
        ("01", Some("NOT_ENOUGH_FUNDS"), Some("NOT_ENOUGH_FUNDS")),
        ("02", Some("COULD_NOT_PERFORM_TRANSACTION"), None),
        ("03", Some("PAYER_NOT_FOUND"), Some("PAYEE_NOT_FOUND")),
        ("04", Some("PAYER_LIMIT_REACHED"), Some("NOT_ENOUGH_FUNDS")),
        ("05", Some("SENDER_ACCOUNT_NOT_ACTIVE"), Some("PAYEE_NOT_ALLOWED_TO_RECEIVE")),
        ("06", Some("NOT_ALLOWED"), Some("NOT_ALLOWED")),
        ("07", None, None),
    ];
    let mut sent = Vec::new();
    for (digits, of_payer, of_payee) in table {
        let party = format!("2567712345{digits}");
        let payment = story.merchant.submit(&party, None).await;
        sent.push((&story.merchant, payment, of_payer));
        let body = body_of("transfer", "5", &party, "");
        sent.push((&disbursement, disbursement.submit_to("/v1_0/transfer", &body).await, of_payee));
    }
    story.emulator.advance(5 * MINUTE - SECOND);
    assert_eq!(story.status(&sent[2].1).await, "PENDING", "five minutes for the PIN");
    story.emulator.advance(SECOND);
    for (merchant, reference, reason) in sent {
        let told = merchant.status(&reference).await;
        let expected = reason.map_or("SUCCESSFUL", |_| "FAILED");
        assert_eq!((told["status"].as_str(), told["reason"].as_str()), (Some(expected), reason));
    }
}

#[tokio::test]
async fn dial_code_approval_takes_minutes_and_one_in_five_never_dials() {
    let story = Story::of("dial-code-approval").await;
    let mut payments = Vec::new();
    for _ in 0..100 {
        payments.push(story.merchant.submit(PAYER, None).await);
    }
    story.emulator.advance(90 * SECOND);
    let mut early = 0;
    for payment in &payments {
        early += u32::from(story.status(payment).await == "SUCCESSFUL");
    }
    assert!((15..65).contains(&early), "{early} of 100 dial within 90 seconds");
    story.emulator.advance(20 * MINUTE);
    let mut never = 0;
    for payment in &payments {
        let told = story.merchant.status(payment).await;
        let reason = told["reason"].as_str();
        assert!(reason.is_none_or(|reason| reason == "COULD_NOT_PERFORM_TRANSACTION"), "{told}");
        never += u32::from(reason.is_some());
    }
    assert!((5..40).contains(&never), "{never} of 100 never dial");
}

#[tokio::test]
async fn ledger_refusals_are_of_what_the_account_cannot_carry() {
    let story = Story::of("ledger-refusals").await;
    let disbursement = story.merchant.under("disbursement").await;
    let paid = story.pay("30").await;
    let declined = story.merchant.submit("46733124000", None).await;
    story.emulator.settle();
    let refund = async |amount: &str, of: &str| {
        disbursement.submit_to("/v1_0/refund", &body_of("refund", amount, PAYER, of)).await
    };
    let transfer = body_of("transfer", "100.01", PAYER, "");
    let nobody = new_reference();
    let sent = [
        (disbursement.submit_to("/v1_0/transfer", &transfer).await, Some("NOT_ENOUGH_FUNDS")),
        (refund("30.01", &paid).await, Some("NOT_ALLOWED")),
        (refund("30", &paid).await, None),
        (refund("1", &paid).await, Some("NOT_ALLOWED")),
        (refund("1", &declined).await, Some("PAYMENT_NOT_APPROVED")),
        (refund("1", &nobody).await, Some("RESOURCE_NOT_FOUND")),
    ];
    story.emulator.settle();
    for (reference, reason) in sent {
        let record = story.emulator.record(&reference).await;
        assert_eq!(record["reason"].as_str(), reason, "{record}");
    }
    assert_eq!(story.merchant.balance().await, "130");
    assert_eq!(disbursement.balance().await, "70");
}

#[tokio::test]
async fn two_requests_of_a_payer_are_one_too_many() {
    let story = Story::of("two-requests-of-a-payer").await;
    let preapproval = body_of("preapproval", "", PAYER, "");
    let preapprove = async || story.merchant.submit_to("/v2_0/preapproval", &preapproval).await;
    let reason = async |reference: &str| {
        let record = story.emulator.record(reference).await;
        record["reason"].as_str().map(str::to_owned)
    };
    let first = story.merchant.submit(PAYER, None).await;
    let (second, third) = (story.merchant.submit(PAYER, None).await, preapprove().await);
    let other = story.merchant.submit("46733124001", None).await;
    story.emulator.advance(SECOND);
    assert_eq!(reason(&second).await.as_deref(), Some("INTERNAL_PROCESSING_ERROR"));
    assert_eq!(reason(&third).await.as_deref(), Some("PREAPPROVAL_EXIST_PENDING"));
    story.changes_at(&first, MINUTE - SECOND, "PENDING", "SUCCESSFUL").await;
    assert_eq!(story.status(&other).await, "SUCCESSFUL");
    let (again, meanwhile) = (preapprove().await, story.merchant.submit(PAYER, None).await);
    story.emulator.advance(MINUTE);
    assert_eq!(reason(&again).await, None, "alone, it is approved");
    assert_eq!(reason(&meanwhile).await.as_deref(), Some("INTERNAL_PROCESSING_ERROR"));
}

#[tokio::test]
async fn slow_markets_take_their_time_for_tokens_and_payments() {
    // The merchant has its first token before the day is slow.
    let story = Story::of("happy").await;
    let shipped = json!({"shipped": ["slow-markets"]});
    assert_eq!(story.emulator.command("PUT", "scenario", shipped).await.0, 200);
    let token = tokio::spawn(story.merchant.token_request().send());
    let mut payments = Vec::new();
    for number in 0..30 {
        payments.push(story.merchant.submit(&format!("2567700000{number:02}"), None).await);
        payments.push(story.merchant.submit(&format!("2250700000{number:02}"), None).await);
    }
    assert!(!token.is_finished(), "a token takes 10 seconds at least");
    story.emulator.advance(30 * SECOND);
    let answer = token.await.expect("no panic").expect("an answer");
    assert_eq!(answer.status(), 200);
    let mut paid = [0, 0];
    for (place, payment) in payments.iter().enumerate() {
        paid[place % 2] += u32::from(story.status(payment).await == "SUCCESSFUL");
    }
    assert!(paid[0] > 20 && paid[1] < 12, "{paid:?} of 30 within 30 seconds");
}

#[tokio::test]
async fn slow_tokens_are_those_of_the_new_platform_alone() {
    let emulator = Emulator::with(both_platforms("shop.example")).await;
    let new = merchant_on(&emulator, MtnPlatform::New).await;
    let shipped = json!({"shipped": ["slow-tokens"]});
    assert_eq!(emulator.command("PUT", "scenario", shipped).await.0, 200);
    // Nobody moves the clock: what is slow would not be answered.
    let mut legacy = merchant_on(&emulator, MtnPlatform::Legacy).await;
    legacy.renew_token().await;
    assert_eq!(new.get("/v1_0/account/balance").await["availableBalance"], "1000");
    let tokens = async |emulator: &Emulator| {
        emulator.control("journal").await.to_string().matches("/collection/token/").count()
    };
    let before = tokens(&emulator).await;
    let token = tokio::spawn(outcome(new.token_request()));
    while tokens(&emulator).await == before {
        tokio::task::yield_now().await;
    }
    emulator.advance(10 * SECOND - Duration::from_millis(1));
    emulator.control("health").await;
    assert!(!token.is_finished(), "a token takes 10 seconds at least");
    emulator.advance(10 * SECOND + Duration::from_millis(1));
    assert_eq!(token.await.expect("no panic").0, 200, "and 20 at most");
}

#[tokio::test]
async fn every_reason_is_told_for_its_number() {
    let story = Story::of("every-reason").await;
    let mut sent = Vec::new();
    for (number, reason) in (1..).zip(Reason::ALL) {
        let party = format!("2567712345{number:02}");
        sent.push((story.merchant.submit(&party, None).await, reason));
    }
    story.emulator.settle();
    for (reference, reason) in sent {
        assert_eq!(story.merchant.status(&reference).await["reason"], reason.code());
    }
    assert_eq!(Reason::ALL.len(), 25, "the file has a rule for each");
}

/// Whoever reads one learns what of it is MTN's.
#[test]
fn each_says_how_its_behaviour_is_known() {
    for name in [
        "token-outage",
        "status-not-found-at-first",
        "ip-not-allowed",
        "firewall-page",
        "unavailable-for-days",
        "no-right-to-disburse",
        "market-failures",
        "dial-code-approval",
        "two-requests-of-a-payer",
        "slow-markets",
        "slow-tokens",
        "ledger-refusals",
        "every-reason",
    ] {
        let shipped = BUILTIN.iter().find(|shipped| shipped.name == name).expect(name);
        let (about, _) = shipped.text.split_once("# Teaches:").expect("what it teaches");
        let about = about.to_lowercase();
        let grades = ["measured", "documented", "reported", "seen in", "our choice"];
        assert!(grades.iter().any(|grade| about.contains(grade)), "{name}: {about}");
        let is_dated = (2018..=2026).any(|year| about.contains(&year.to_string()));
        let is_addressed = about.contains("https://") || about.contains("mtn's error page");
        assert!(is_dated || is_addressed || name == "every-reason", "{name} names a source");
    }
}

/// Beside the scenario that has them all: those that a story leads to.
#[test]
fn every_reason_is_produced_by_a_scenario_that_ships() {
    let rules = BUILTIN
        .iter()
        .flat_map(|shipped| read_scenario(shipped.name, shipped.text).expect(shipped.name).rules);
    let reasons = rules.filter_map(|rule| rule.then.ending.and_then(|ending| ending.reason()));
    let produced: BTreeSet<&str> = reasons.map(Reason::code).collect();
    for reason in Reason::ALL {
        assert!(produced.contains(reason.code()), "no scenario that ships leads to {reason}");
    }
}
