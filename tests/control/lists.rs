//! `GET transactions`: what is found, who is waited for, how callbacks were answered.

use serde_json::{Value, json};

use crate::support::emulator::Emulator;
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

const PENDING: &str = "name = \"pending\"\n[[rules]]\nthen = { status = \"PENDING\" }\n";

fn ids(list: &Value) -> Vec<&str> {
    let lines = list["transactions"].as_array().expect("transactions");
    lines.iter().filter_map(|line| line["reference_id"].as_str()).collect()
}

#[tokio::test]
async fn one_text_finds_the_beginning_of_a_reference_and_part_of_other_fields() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let one = merchant.submit(PAYER, None).await;
    let other = merchant.submit("46733123451", None).await;
    emulator.settle();
    for text in [&one[..8], &one[..8].to_uppercase(), &one, "46733123999", "3999"] {
        let list = emulator.control(&format!("transactions?find={text}")).await;
        assert_eq!(ids(&list), [&one], "{text}");
    }
    let list = emulator.control("transactions?find=approval_rej").await;
    assert_eq!(ids(&list), [&other]);
    let external = emulator.record(&one).await["external_id"].clone();
    let external = external.as_str().expect("an external id");
    let list = emulator.control(&format!("transactions?find={external}&status=FAILED")).await;
    assert_eq!((ids(&list), &list["total"]), (vec![other.as_str()], &json!(1)));
    assert_eq!(emulator.control("transactions?find=nothing").await["total"], 0);
    let (status, answer) = emulator.command("GET", "transactions?find=", json!({})).await;
    assert_eq!(status, 400, "{answer}");
}

#[tokio::test]
async fn only_what_a_payer_answers_waits_for_one() {
    let emulator = Emulator::with_scenario(PENDING).await;
    let collection = Merchant::of(&emulator, "collection").await;
    let payouts = Merchant::of(&emulator, "disbursement").await;
    let payout = payouts.submit(PAYER, None).await;
    let asked = collection.submit("46733000001", None).await;
    let list = emulator.control("transactions?awaiting=payer").await;
    assert_eq!(ids(&list), [&asked]);
    assert_eq!(list["transactions"][0]["awaiting"], "payer");
    assert_eq!(emulator.record(&payout).await["awaiting"], Value::Null);
    let (status, record) =
        emulator.command("POST", &format!("transactions/{asked}/approve"), json!({})).await;
    assert_eq!((status, &record["awaiting"]), (200, &Value::Null));
    assert_eq!(emulator.control("transactions?awaiting=payer").await["total"], 0);
}

#[tokio::test]
async fn what_settles_by_itself_at_once_waits_for_nobody() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let reference = merchant.submit(PAYER, None).await;
    let record = emulator.record(&reference).await;
    assert_eq!((&record["status"], &record["awaiting"]), (&json!("PENDING"), &Value::Null));
}

#[tokio::test]
async fn a_list_says_how_a_callback_was_answered() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let broken = CallbackListener::that(Behaviour::Answer(500)).await;
    let reference = merchant.submit(PAYER, Some(&broken.url)).await;
    let silent = merchant.submit(PAYER, None).await;
    emulator.settle();
    let record = emulator.record_once_callback(&reference, &["answered"]).await;
    assert_eq!(record["callback_answer"], 500);
    assert_eq!(emulator.record(&silent).await["callback_answer"], Value::Null);
}

#[tokio::test]
async fn a_page_begins_behind_the_transaction_of_the_api_user_that_is_named() {
    let emulator = Emulator::start().await;
    let one = Merchant::of(&emulator, "collection").await;
    let other = Merchant::of(&emulator, "collection").await;
    let reference = new_reference();
    for merchant in [&one, &other] {
        let body = merchant.body("5", PAYER);
        let answer = outcome(merchant.submission(merchant.path(), &reference, &body)).await;
        assert_eq!(answer, (202, String::new()));
    }
    let list = emulator.control("transactions").await;
    let users: Vec<_> =
        [0, 1].iter().map(|at| list["transactions"][*at]["api_user"].as_str()).collect();
    for (behind, left) in [(users[0], vec![reference.as_str()]), (users[1], vec![])] {
        let user = behind.expect("an API user");
        let path = format!("transactions?after={reference}&after_api_user={user}");
        assert_eq!(ids(&emulator.control(&path).await), left);
    }
}
