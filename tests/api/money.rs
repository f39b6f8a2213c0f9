//! Money that adds up: opening balances, refunds, cancellations, and the books under load.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::balances::check_books;
use crate::support::emulator::{Emulator, Options};
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER, body_of, new_reference, outcome};

/// Submits, settles, and returns the status body.
async fn settled(emulator: &Emulator, merchant: &Merchant, path: &str, body: &Value) -> Value {
    let reference = merchant.submit_to(path, body).await;
    emulator.settle();
    // Only these have both versions, and one status for both.
    let has_both =
        ["requesttowithdraw", "deposit", "refund"].iter().any(|kind| path.ends_with(kind));
    let status_path = if has_both { path.replace("v2_0", "v1_0") } else { path.to_owned() };
    let mut told = merchant.get(&format!("{status_path}/{reference}")).await;
    told["reference"] = json!(reference);
    told
}

#[tokio::test]
async fn each_operation_moves_the_balance_its_own_way() {
    let emulator = Emulator::start().await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = collection.under("disbursement").await;
    let remittance = collection.under("remittance").await;
    let body = |kind| body_of(kind, "10.50", PAYER, "");
    for (path, expected) in [
        ("/v1_0/requesttopay", "1010.5"),
        ("/v1_0/requesttowithdraw", "1021"),
        ("/v2_0/requesttowithdraw", "1031.5"),
        ("/v2_0/invoice", "1042"),
        ("/v2_0/payment", "1052.5"),
        ("/v2_0/preapproval", "1052.5"),
    ] {
        let kind = path.rsplit('/').next().expect("a name");
        let told = settled(&emulator, &collection, path, &body(kind)).await;
        assert_eq!(told["status"], "SUCCESSFUL", "{path}");
        assert_eq!(collection.balance().await, expected, "{path}");
    }
    for (merchant, path, expected) in [
        (&disbursement, "/v1_0/transfer", "989.5"),
        (&disbursement, "/v1_0/deposit", "979"),
        (&disbursement, "/v2_0/deposit", "968.5"),
        (&remittance, "/v1_0/transfer", "989.5"),
        (&remittance, "/v2_0/cashtransfer", "979"),
    ] {
        let kind = path.rsplit('/').next().expect("a name");
        settled(&emulator, merchant, path, &body(kind)).await;
        assert_eq!(merchant.balance().await, expected, "{path}");
    }
    assert_eq!(collection.balance().await, "1052.5", "each product has an account of its own");
}

#[tokio::test]
async fn the_opening_balance_is_the_scenarios() {
    let emulator = Emulator::with_scenario("opening_balance = \"7.50\"").await;
    let merchant = Merchant::of(&emulator, "disbursement").await;
    assert_eq!(merchant.balance().await, "7.5");
    let too_much = body_of("deposit", "7.51", PAYER, "");
    let told = settled(&emulator, &merchant, "/v1_0/deposit", &too_much).await;
    assert_eq!((&told["status"], &told["reason"]), (&json!("FAILED"), &json!("NOT_ENOUGH_FUNDS")));
    let all = body_of("deposit", "7.50", PAYER, "");
    assert_eq!(settled(&emulator, &merchant, "/v1_0/deposit", &all).await["status"], "SUCCESSFUL");
    assert_eq!(merchant.balance().await, "0");
}

#[tokio::test]
async fn a_refund_gives_back_what_a_payment_brought_and_no_more() {
    let emulator = Emulator::start().await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = collection.under("disbursement").await;
    let payment = body_of("requesttopay", "100", PAYER, "");
    let payment = settled(&emulator, &collection, "/v1_0/requesttopay", &payment).await;
    let payment = payment["reference"].as_str().expect("a reference");
    let refund = async |amount: &str, of: &str| {
        let body = body_of("refund", amount, PAYER, of);
        let told = settled(&emulator, &disbursement, "/v2_0/refund", &body).await;
        (told["status"].clone(), told.get("reason").cloned().unwrap_or_default(), told)
    };
    let (status, _, told) = refund("60", payment).await;
    assert_eq!(status, "SUCCESSFUL");
    assert_eq!(told["payee"], json!({"partyIdType": "MSISDN", "partyId": PAYER}));
    let (status, reason, _) = refund("40.01", payment).await;
    assert_eq!((status, reason), (json!("FAILED"), json!("NOT_ALLOWED")), "beyond the payment");
    let upper = payment.to_uppercase();
    assert_eq!(refund("40", &upper).await.0, "SUCCESSFUL", "to the last cent");
    assert_eq!(refund("0.01", payment).await.0, "FAILED");
    assert_eq!(disbursement.balance().await, "900");

    let (status, reason, told) = refund("1", &new_reference()).await;
    assert_eq!((status, reason), (json!("FAILED"), json!("RESOURCE_NOT_FOUND")));
    assert_eq!(told.get("payee"), None);
    let declined = collection.submit("46733123451", None).await;
    emulator.settle();
    let (status, reason, _) = refund("1", &declined).await;
    assert_eq!((status, reason), (json!("FAILED"), json!("PAYMENT_NOT_APPROVED")));
    let record = emulator.record(told["reference"].as_str().expect("a reference")).await;
    assert_eq!(record["plan"]["decided_by"]["overruled_by"], "refund");
}

/// MTN's sandbox keeps no ledger, so that a failure which is ours must say so.
#[tokio::test]
async fn a_payout_that_the_account_cannot_carry_says_why() {
    let emulator = Emulator::with_scenario("opening_balance = \"620\"").await;
    let merchant = Merchant::of(&emulator, "disbursement").await;
    let body = body_of("transfer", "500.0", PAYER, "");
    let first = merchant.submit_to("/v1_0/transfer", &body).await;
    let second = merchant.submit_to("/v1_0/transfer", &body).await;
    let why = format!(
        "The ledger made this transfer fail with NOT_ENOUGH_FUNDS: it needs 500 EUR, the \
         disbursement account has 120 EUR available (balance 620, 500 reserved by 1 pending \
         payout: {first}). MTN's sandbox keeps no ledger and would let it succeed: --ledger off \
         does the same, --opening-balance gives more."
    );
    let record = emulator.record(&second).await;
    assert_eq!(record["plan"]["decided_by"]["why"], why);
    let entries = record["journal"].as_array().expect("a list");
    let accepted = entries.iter().find(|entry| entry["event"] == "accepted");
    assert_eq!(accepted.expect("an entry")["detail"], why);
    let record = emulator.record(&first).await;
    assert_eq!(record["plan"]["decided_by"]["why"], Value::Null, "nothing is wrong with it");
    emulator.settle();
    // What is settled is reserved no more.
    let told = settled(&emulator, &merchant, "/v1_0/transfer", &body).await;
    let record = emulator.record(told["reference"].as_str().expect("a reference")).await;
    let why = record["plan"]["decided_by"]["why"].as_str().expect("a sentence");
    assert!(why.contains("has 120 EUR available (balance 120, nothing reserved)"), "{why}");
}

/// MTN's sandbox lets payouts of any size succeed (measured in 2024, a transfer of 5,009,009,900).
#[tokio::test]
async fn without_a_ledger_every_payout_and_every_refund_of_something_succeeds() {
    let emulator = Emulator::with_scenario("ledger = \"off\"").await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = collection.under("disbursement").await;
    let other = Merchant::of(&emulator, "disbursement").await;
    let huge = body_of("transfer", "5009009900", PAYER, "");
    let told = settled(&emulator, &disbursement, "/v1_0/transfer", &huge).await;
    assert_eq!((&told["status"], &told["amount"]), (&json!("SUCCESSFUL"), &json!("5009009900")));
    let payment = collection.submit(PAYER, None).await;
    let declined = collection.submit("46733123451", None).await;
    for merchant in [&disbursement, &other] {
        for (amount, of) in [("5", &payment), ("500", &payment), ("5", &declined)] {
            let body = body_of("refund", amount, PAYER, of);
            let told = settled(&emulator, merchant, "/v1_0/refund", &body).await;
            assert_eq!(told["status"], "SUCCESSFUL", "{told}");
            assert_eq!(told["payee"]["partyIdType"], "MSISDN");
        }
        assert_eq!(merchant.balance().await, "1000", "it never changes");
    }
    let body = body_of("refund", "5", PAYER, &new_reference());
    let told = settled(&emulator, &other, "/v1_0/refund", &body).await;
    assert_eq!(told["reason"], "RESOURCE_NOT_FOUND", "there is nothing to refund");
    assert_eq!(collection.balance().await, "1000");
    emulator.each_space(|platform| {
        for product in momo_sandbox_core::model::product::Product::ALL {
            assert_eq!(platform.available_balance(product).to_string(), "1000");
        }
    });
}

/// Other rules may take force between the acceptance of a payout and its end.
#[tokio::test]
async fn what_was_accepted_without_a_ledger_is_not_booked_later() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "disbursement").await;
    let body = body_of("transfer", "300", PAYER, "");
    let booked = merchant.submit_to("/v1_0/transfer", &body).await;
    let put = emulator.command("PUT", "scenario", json!({"ledger": "off"})).await;
    assert_eq!(put.0, 200, "{}", put.1);
    let unbooked = merchant.submit_to("/v1_0/transfer", &body).await;
    emulator.settle();
    for reference in [&booked, &unbooked] {
        let told = merchant.get(&format!("/v1_0/transfer/{reference}")).await;
        assert_eq!(told["status"], "SUCCESSFUL");
    }
    assert_eq!(merchant.balance().await, "1000", "no ledger is kept now");
    assert_eq!(emulator.command("DELETE", "scenario", json!({})).await.0, 200);
    assert_eq!(merchant.balance().await, "700", "the one that was booked");
}

#[tokio::test]
async fn a_refund_that_cannot_be_says_why() {
    let emulator = Emulator::start().await;
    let collection = Merchant::of(&emulator, "collection").await;
    let own = collection.under("disbursement").await;
    let other = Merchant::of(&emulator, "disbursement").await;
    let payment = collection.submit(PAYER, None).await;
    let why = async |merchant: &Merchant, amount: &str, of: &str| {
        let body = body_of("refund", amount, PAYER, of);
        let refund = merchant.submit_to("/v1_0/refund", &body).await;
        let record = emulator.record(&refund).await;
        record["plan"]["decided_by"]["why"].as_str().expect("a sentence").to_owned()
    };
    let told = why(&own, "5", &payment).await;
    let expected = format!(
        "The ledger made this refund fail with PAYMENT_NOT_APPROVED: the requesttopay {payment} \
         that it names is PENDING, not SUCCESSFUL. MTN's sandbox keeps no ledger"
    );
    assert!(told.starts_with(&expected), "{told}");
    emulator.settle();
    for merchant in [&own, &other] {
        let told = why(merchant, "5.01", &payment).await;
        let expected = format!(
            "it is of 5.01 EUR, and of the requesttopay {payment} that it names 5 EUR are left \
             (5, 0 refunded before)."
        );
        assert!(told.contains(&expected), "{told}");
    }
    let told = why(&own, "5", &new_reference()).await;
    assert!(told.contains("RESOURCE_NOT_FOUND: no API user has a request to pay"), "{told}");
    assert!(!told.contains("MTN's sandbox"), "what it would do is not known: {told}");
}

/// The payee of such a refund is the API user itself (docs/contract.md#refunds): the money comes
/// back.
#[tokio::test]
async fn a_refund_of_a_payout_brings_the_money_back_and_no_more() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "disbursement").await;
    for (path, kind) in [("/v1_0/transfer", "transfer"), ("/v2_0/deposit", "deposit")] {
        let payout = settled(&emulator, &merchant, path, &body_of(kind, "50.0", PAYER, "")).await;
        let payout = payout["reference"].as_str().expect("a reference");
        assert_eq!(merchant.balance().await, "950");
        let refund = async |amount: &str| {
            let body = body_of("refund", amount, PAYER, payout);
            settled(&emulator, &merchant, "/v2_0/refund", &body).await
        };
        let told = refund("20.0").await;
        assert_eq!(told["status"], "SUCCESSFUL", "{kind}");
        let own = json!({"partyIdType": "PARTY_CODE", "partyId": merchant.api_user});
        assert_eq!(told["payee"], own);
        assert_eq!(merchant.balance().await, "970");
        let told = refund("30.01").await;
        assert_eq!(told["reason"], "NOT_ALLOWED", "beyond what was paid out");
        assert_eq!(refund("30").await["status"], "SUCCESSFUL", "to the last cent");
        assert_eq!(merchant.balance().await, "1000");
    }
    let pending = merchant.submit_to("/v1_0/transfer", &body_of("transfer", "5", PAYER, "")).await;
    let body = body_of("refund", "5", PAYER, &pending);
    let early = merchant.submit_to("/v1_0/refund", &body).await;
    emulator.settle();
    let told = merchant.get(&format!("/v1_0/refund/{early}")).await;
    assert_eq!(told["reason"], "PAYMENT_NOT_APPROVED", "nothing was paid out yet");
    assert_eq!(merchant.balance().await, "995");
    let report = emulator.command("GET", "report", json!({})).await.1;
    let returned = json!([{"currency": "EUR", "count": 4, "amount": "100"}]);
    assert_eq!(report["money"]["payouts_returned"], returned);
    assert_eq!(report["money"]["collected"], json!([]), "nothing came from a payer");
}

#[tokio::test]
async fn another_api_user_may_refund_a_payout_but_not_twice() {
    let emulator = Emulator::start().await;
    let payer = Merchant::of(&emulator, "disbursement").await;
    let other = Merchant::of(&emulator, "disbursement").await;
    let payout = payer.submit_to("/v1_0/transfer", &body_of("transfer", "5", PAYER, "")).await;
    emulator.settle();
    let body = body_of("refund", "5", PAYER, &payout);
    let told = settled(&emulator, &other, "/v1_0/refund", &body).await;
    assert_eq!(told["status"], "SUCCESSFUL");
    assert_eq!(told["payee"]["partyId"], other.api_user, "who asks for it gets it");
    let again = settled(&emulator, &payer, "/v1_0/refund", &body).await;
    assert_eq!(again["reason"], "NOT_ALLOWED");
    assert_eq!((&*payer.balance().await, &*other.balance().await), ("995", "1005"));
}

#[tokio::test]
async fn a_refund_of_no_reference_is_refused_at_once() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "disbursement").await;
    let body = body_of("refund", "6.0", PAYER, "incorrect_referenceId");
    let refund = merchant.submission("/v1_0/refund", &new_reference(), &body);
    assert_eq!(outcome(refund).await.0, 400);
    let body = body_of("refund", "6.0", PAYER, "2");
    let refund = merchant.submission("/v1_0/refund", &new_reference(), &body);
    assert_eq!(outcome(refund).await.0, 202, "one of MTN's test values");
}

/// Merchants have an API user for each product: the one who refunds is not the one who was paid.
#[tokio::test]
async fn another_api_user_may_refund_a_payment_but_not_twice() {
    let emulator = Emulator::start().await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = Merchant::of(&emulator, "disbursement").await;
    let payment = collection.submit(PAYER, None).await;
    emulator.settle();
    let refund = async |amount: &str| {
        let body = body_of("refund", amount, PAYER, &payment);
        settled(&emulator, &disbursement, "/v1_0/refund", &body).await
    };
    let first = refund("3").await;
    assert_eq!(first["status"], "SUCCESSFUL");
    assert_eq!(first["payee"]["partyId"], PAYER);
    assert_eq!(refund("3").await["reason"], "NOT_ALLOWED", "only 2 are left");
    // One that is refused, as a duplicate, and one that the account cannot carry take nothing.
    let reference = first["reference"].as_str().expect("a reference");
    let body = body_of("refund", "2", PAYER, &payment);
    let again = disbursement.submission("/v1_0/refund", reference, &body);
    assert_eq!(outcome(again).await.0, 409);
    let all = body_of("transfer", "996", PAYER, "");
    let transfer = settled(&emulator, &disbursement, "/v1_0/transfer", &all).await;
    assert_eq!(transfer["status"], "SUCCESSFUL");
    assert_eq!(refund("2").await["reason"], "NOT_ENOUGH_FUNDS");
    let other = Merchant::of(&emulator, "disbursement").await;
    let told = settled(&emulator, &other, "/v1_0/refund", &body).await;
    assert_eq!(told["status"], "SUCCESSFUL", "the last 2 were given up");
    assert_eq!(other.balance().await, "998");
}

#[tokio::test]
async fn a_reset_of_who_refunded_gives_the_payment_its_amount_back() {
    let emulator = Emulator::start().await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = Merchant::of(&emulator, "disbursement").await;
    let payment = collection.submit(PAYER, None).await;
    emulator.settle();
    let body = body_of("refund", "5", PAYER, &payment);
    for _ in 0..2 {
        let told = settled(&emulator, &disbursement, "/v1_0/refund", &body).await;
        assert_eq!(told["status"], "SUCCESSFUL");
        let path = format!("spaces/{}/reset", disbursement.api_user);
        assert_eq!(emulator.command("POST", &path, json!({})).await.0, 200);
    }
}

#[tokio::test]
async fn two_refunds_at_once_cannot_both_have_the_last_of_a_payment() {
    let emulator = Emulator::start().await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = collection.under("disbursement").await;
    let payment = collection.submit(PAYER, None).await;
    emulator.settle();
    let body = body_of("refund", "3", PAYER, &payment);
    // Neither has settled when the other is accepted.
    let first = disbursement.submit_to("/v1_0/refund", &body).await;
    let second = disbursement.submit_to("/v1_0/refund", &body).await;
    emulator.settle();
    let told = async |reference: &str| {
        disbursement.get(&format!("/v1_0/refund/{reference}")).await["status"].clone()
    };
    assert_eq!((told(&first).await, told(&second).await), (json!("SUCCESSFUL"), json!("FAILED")));
    assert_eq!(disbursement.balance().await, "997");
}

#[tokio::test]
async fn an_open_invoice_can_be_cancelled_and_its_payer_never_pays() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut listener = CallbackListener::start().await;
    let invoice = new_reference();
    let body = body_of("invoice", "10", PAYER, "");
    let submission = merchant.submission("/v2_0/invoice", &invoice, &body);
    let submission = submission.header("X-Callback-Url", format!("{}/invoice", listener.url));
    assert_eq!(outcome(submission).await.0, 202);
    let path = format!("/v2_0/invoice/{invoice}");
    let cancel = || {
        merchant
            .call(Method::DELETE, &path)
            .header("X-Reference-Id", new_reference())
            .json(&json!({"externalId": "order-1"}))
    };
    assert_eq!(outcome(cancel()).await, (202, String::new()));
    let callback = listener.next().await;
    let told: Value = serde_json::from_str(&callback.body).expect("JSON");
    assert_eq!(callback.method, "PUT");
    assert_eq!(told["errorReason"]["code"], "TRANSACTION_CANCELED");
    assert_eq!(told, merchant.get(&path).await);
    emulator.advance(Duration::from_secs(60));
    assert_eq!(merchant.get(&path).await["status"], "FAILED", "and stays so");
    assert_eq!(merchant.balance().await, "1000");
    assert_eq!(outcome(cancel()).await.0, 202, "again, to no effect");
    assert_eq!(merchant.get(&path).await["status"], "FAILED");
    let asked = format!("journal?event=invoice_cancelled&reference_id={invoice}");
    let cancelled = emulator.control(&asked).await;
    assert_eq!(cancelled["entries"].as_array().map(Vec::len), Some(1), "{cancelled}");
    emulator.record_once_callback(&invoice, &["answered"]).await;
    assert!(listener.arrived().is_empty(), "one callback");
}

#[tokio::test]
async fn an_invoice_that_nobody_settles_in_time_expires() {
    let scenario = "[[rules]]\nwhen = { operation = \"invoice\" }\nthen = { after = \"2m\" }";
    let emulator = Emulator::with_scenario(scenario).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut body = body_of("invoice", "10", PAYER, "");
    body["validityDuration"] = json!("60");
    let reference = merchant.submit_to("/v2_0/invoice", &body).await;
    let path = format!("/v2_0/invoice/{reference}");
    assert_eq!(merchant.get(&path).await["expiryDateTime"], "2026-09-01T12:01:00.000");
    emulator.advance(Duration::from_secs(59));
    assert_eq!(merchant.get(&path).await["status"], "PENDING");
    emulator.advance(Duration::from_secs(1));
    let told = merchant.get(&path).await;
    assert_eq!(
        told["errorReason"],
        json!({"code": "EXPIRED", "message": "The transaction expired."})
    );
    let record = emulator.record(&reference).await;
    assert_eq!(record["plan"]["decided_by"]["overruled_by"], "validity");
}

#[tokio::test]
async fn only_an_approved_preapproval_can_be_cancelled() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut body = body_of("preapproval", "", PAYER, "");
    body["validityTime"] = json!(600);
    let reference = merchant.submit_to("/v2_0/preapproval", &body).await;
    let list = || merchant.get("/v1_0/preapprovals/MSISDN/46733123999");
    let cancel =
        || outcome(merchant.call(Method::DELETE, &format!("/v1_0/preapproval/{reference}")));
    assert_eq!(list().await, json!([]), "nobody has approved it yet");
    assert_eq!(cancel().await.0, 409);
    emulator.settle();
    let [approved] = &list().await.as_array().expect("a list").clone()[..] else {
        panic!("one preapproval")
    };
    assert_eq!(approved["preApprovalId"], reference);
    assert_eq!(approved["status"], "APPROVED");
    assert_eq!(approved["fromFri"], "FRI:46733123999/MSISDN");
    assert_eq!(merchant.get("/v1_0/preapprovals/msisdn/46733123998").await, json!([]));
    assert_eq!(cancel().await, (200, "{}".to_owned()));
    assert_eq!(list().await[0]["status"], "CANCELLED");
    assert_eq!(cancel().await.0, 409, "it is cancelled once");

    let another = merchant.submit_to("/v2_0/preapproval", &body).await;
    emulator.advance(Duration::from_secs(600));
    assert_eq!(list().await[1]["status"], "EXPIRED");
    let path = format!("/v1_0/preapproval/{another}");
    assert_eq!(outcome(merchant.call(Method::DELETE, &path)).await.0, 409);
}

/// Many at once, of all operations and outcomes; the books are read under the lock all the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_books_balance_at_every_moment_under_concurrent_traffic() {
    const EACH: usize = 40;
    const PARTIES: [&str; 5] = [PAYER, "46733123451", "46733123453", "46733123454", "46733123455"];
    let emulator = Emulator::with(Options::default()).await;
    let collection = Merchant::of(&emulator, "collection").await;
    let disbursement = collection.under("disbursement").await;
    let remittance = collection.under("remittance").await;
    let merchants: BTreeMap<&str, &Merchant> =
        [("c", &collection), ("d", &disbursement), ("r", &remittance)].into();
    let payments: Vec<String> = {
        let mut payments = Vec::new();
        for _ in 0..5 {
            payments.push(collection.submit(PAYER, None).await);
        }
        payments
    };
    emulator.settle();
    let paths = [
        ("c", "/v1_0/requesttopay"),
        ("c", "/v2_0/requesttowithdraw"),
        ("c", "/v2_0/invoice"),
        ("c", "/v2_0/payment"),
        ("d", "/v1_0/transfer"),
        ("d", "/v2_0/deposit"),
        ("d", "/v1_0/refund"),
        ("r", "/v2_0/cashtransfer"),
    ];
    let traffic = paths.iter().enumerate().map(|(index, (product, path))| {
        let (merchant, payments, emulator) = (merchants[product], &payments, &emulator);
        async move {
            let kind = path.rsplit('/').next().expect("a name");
            for round in 0..EACH {
                let party = PARTIES[(index + round) % PARTIES.len()];
                let amount = format!("{}.{}", round % 90 + 1, index);
                let body = body_of(kind, &amount, party, &payments[round % payments.len()]);
                let reference = merchant.submit_to(path, &body).await;
                if kind == "invoice" && round % 2 == 0 {
                    let path = format!("{path}/{reference}");
                    let cancel = merchant.call(Method::DELETE, &path);
                    let answer = outcome(cancel.header("X-Reference-Id", new_reference())).await.0;
                    assert_eq!(answer, 202);
                }
                emulator.advance(Duration::from_millis(20));
                emulator.each_space(check_books);
            }
        }
    });
    futures_of(traffic).await;
    emulator.advance(Duration::from_secs(60));
    emulator.each_space(check_books);
    let list = emulator.control("transactions").await;
    let list = list["transactions"].as_array().expect("a list").clone();
    assert_eq!(list.len(), paths.len() * EACH + payments.len());
    for status in ["SUCCESSFUL", "FAILED", "PENDING"] {
        assert!(list.iter().any(|one| one["status"] == status), "{status}");
    }
}

/// Drives all of them at once.
async fn futures_of(all: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        all.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
