//! The same seed and the same requests, in whatever order and by however many connections, give the
//! same plans and final statuses; and what counts is what the page says.

use std::collections::BTreeMap;
use std::sync::Arc;

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, PAYER, body_of, new_reference, outcome};

const PAYMENTS: usize = 300;

const SCENARIO: &str = r#"
[[rules]]
when = { chance = 0.2 }
then = { status = "FAILED", reason = "EXPIRED", after = { median = "2s", p99 = "30s" } }
[[rules]]
when = { party = "25677*" }
then = { path = [{ status = "CREATED", lasts = { min = "1s", max = "9s" } }, { status = "PENDING" }] }
[[rules]]
then = { after = { min = "1s", max = "60s" } }
"#;

/// Plays all references in this order by this many connections; returns plan and final status of
/// each, as they are shown.
async fn play(references: &[String], connections: usize) -> BTreeMap<String, String> {
    let emulator = Emulator::with_scenario(SCENARIO).await;
    let merchant = Arc::new(Merchant::of(&emulator, "collection").await);
    let mut tasks = JoinSet::new();
    let each = references.len().div_ceil(connections);
    for part in references.chunks(each) {
        let (merchant, part) = (Arc::clone(&merchant), part.to_vec());
        tasks.spawn(async move {
            for reference in part {
                // What is asked for depends on the reference alone.
                let digit = u64::from_str_radix(&reference[..2], 16).expect("hex digits");
                let party = if digit % 3 == 0 { "256770000001" } else { "46733123999" };
                let body = merchant.body(&(digit + 1).to_string(), party);
                let request = merchant.submission(merchant.path(), &reference, &body);
                assert_eq!(outcome(request).await.0, 202);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no panic");
    }
    emulator.advance(Duration::from_secs(3000));
    let mut shown = BTreeMap::new();
    for reference in references {
        let record: Value = emulator.record(reference).await;
        shown.insert(reference.clone(), format!("{} {}", record["plan"], record["status_body"]));
    }
    shown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn order_and_concurrency_change_nothing() {
    let mut references: Vec<String> = (0..PAYMENTS).map(|_| new_reference()).collect();
    let in_order = play(&references, 1).await;
    for connections in [1, 8, 64] {
        // An order of its own for each: by what stands further back in the random references.
        references.sort_by_key(|reference| reference[connections % 8 + 24..].to_owned());
        let shuffled = play(&references, connections).await;
        assert!(shuffled == in_order, "{connections} connections");
    }
    let ended: Vec<&String> = in_order.values().collect();
    for word in ["SUCCESSFUL", "EXPIRED", "\"PENDING\"}"] {
        assert!(ended.iter().any(|one| one.contains(word)), "{word}");
    }
}

/// Rules that do not count, with all that is drawn.
const DRAWN: &str = r#"
[[rules]]
when = { chance = 0.3, external_id = "order-*", amount = { more_than = "1", less_than = "9" } }
then = { status = "FAILED", reason = "EXPIRED", after = { median = "2s", p99 = "30s" } }
query = [{ times = 2, delay = { min = "0s", max = "0s" }, status = "PENDING" }]
[[rules]]
when = { party = [{ from = "46733123000", to = "46733123999" }], weekday = "tuesday" }
then = { path = [{ status = "CREATED", lasts = { min = "1s", max = "9s" } }, { status = "SUCCESSFUL" }] }
callback = [{ delay = { min = "1s", max = "9s" } }, { delay = { median = "1m", p99 = "2m" } }]
[[rules]]
then = { after = { min = "1s", max = "60s" } }
"#;

/// What else may happen before a payment.
async fn noise(emulator: &Emulator, merchant: &Merchant, other: &Merchant) {
    for merchant in [merchant, other] {
        let payment = merchant.submit(PAYER, None).await;
        merchant.status(&payment).await;
        merchant.balance().await;
        assert_eq!(outcome(merchant.token_request()).await.0, 200);
    }
    let scenario = format!("spaces/{}/scenario", other.api_user);
    let rules = json!({"rules": [{"then": {"status": "PENDING"}}]});
    assert_eq!(emulator.command("PUT", &scenario, rules).await.0, 200);
    emulator.advance(Duration::from_secs(7));
}

#[tokio::test]
async fn what_happens_before_and_beside_changes_nothing_where_no_rule_counts() {
    let references: Vec<String> = (0..60).map(|_| new_reference()).collect();
    let mut runs = Vec::new();
    for is_noisy in [false, true] {
        let emulator = Emulator::with_scenario(DRAWN).await;
        let merchant = Merchant::of(&emulator, "collection").await;
        let other = Merchant::of(&emulator, "collection").await;
        for reference in &references {
            if is_noisy {
                noise(&emulator, &merchant, &other).await;
            }
            let body = merchant.body("5", PAYER);
            let payment = merchant.submission(merchant.path(), reference, &body);
            let payment = payment.header("X-Callback-Url", "http://127.0.0.1:9/paid");
            assert_eq!(outcome(payment).await.0, 202);
        }
        emulator.advance(Duration::from_secs(3000));
        let mut fates = Vec::new();
        for reference in &references {
            let mut record = emulator.record(reference).await;
            // Of a reference and a seed; when it was accepted differs.
            let [plan, body] = ["plan", "status_body"].map(|part| record[part].take());
            fates.push(format!("{plan} {body}"));
        }
        runs.push(fates);
    }
    assert!(runs[0] == runs[1], "{:#?}\n{:#?}", runs[0], runs[1]);
    for rule in ["\"rule\":1", "\"rule\":2"] {
        assert!(runs[0].iter().any(|fate| fate.contains(rule)), "{rule}");
    }
}

/// The fates of two payments in this order: their statuses once they are settled.
async fn in_order(rule: &'static str, references: [&str; 2], payers: [&str; 2]) -> [String; 2] {
    let emulator = Emulator::with_scenario(rule).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for (reference, payer) in references.iter().zip(payers) {
        let body = merchant.body("5", payer);
        let payment = merchant.submission(merchant.path(), reference, &body);
        assert_eq!(outcome(payment).await.0, 202);
    }
    emulator.advance(Duration::from_secs(60));
    let mut statuses = Vec::new();
    for reference in references {
        let told = merchant.status(reference).await;
        statuses.push(told["status"].as_str().expect("a status").to_owned());
    }
    statuses.try_into().expect("two")
}

macro_rules! failing_when {
    ($condition:literal) => {
        concat!(
            "[[rules]]\nwhen = { ",
            $condition,
            " }\nthen = { status = \"FAILED\", reason = \"EXPIRED\", after = \"1s\" }\n"
        )
    };
}

/// By these the fate of a payment is that of its place, whichever payment it is.
#[tokio::test]
async fn conditions_that_count_depend_on_the_order_of_requests() {
    let both = [new_reference(), new_reference()];
    let failed_then_paid = ["FAILED", "SUCCESSFUL"];
    let paid_then_failed = ["SUCCESSFUL", "FAILED"];
    for (rule, expected) in [
        (failing_when!("first = 1"), failed_then_paid),
        (failing_when!("nth = 2"), paid_then_failed),
        (failing_when!("every = 2"), paid_then_failed),
        (failing_when!("after_first = 1"), paid_then_failed),
        (failing_when!("nth = 2, per = \"day\""), paid_then_failed),
        (failing_when!("nth = 2, count_by = \"party\""), paid_then_failed),
        (failing_when!("same_payer_pending = true"), paid_then_failed),
    ] {
        for references in [[&*both[0], &*both[1]], [&*both[1], &*both[0]]] {
            let fates = in_order(rule, references, [PAYER, PAYER]).await;
            assert_eq!(fates, expected, "{rule}");
        }
    }
}

/// And so does what else the page names.
#[tokio::test]
async fn balances_queries_limits_and_the_ledger_count() {
    let emulator = Emulator::with_scenario(
        r#"
        opening_balance = "5"
        rate_limit = { requests = 3, per = "1s" }
        [[rules]]
        when = { operation = "balance", product = "remittance" }
        answers = [{ available = "1" }, { available = "2" }]
        [[rules]]
        query = [{ answer = { status = 503 } }]
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let remittance = merchant.under("remittance").await;
    assert_ne!(remittance.balance().await, remittance.balance().await, "the next answer");
    let payment = merchant.submit(PAYER, None).await;
    let path = format!("{}/{payment}", merchant.path());
    let ask = || outcome(merchant.call(Method::GET, &path));
    let told = [ask().await.0, ask().await.0, ask().await.0, ask().await.0];
    assert_eq!(told, [503, 200, 200, 429], "a step of `query`, then the status, then the limit");
    let disbursement = merchant.under("disbursement").await;
    let payout = body_of("transfer", "5", PAYER, "");
    let mut reasons = Vec::new();
    for _ in 0..2 {
        let reference = disbursement.submit_to("/v1_0/transfer", &payout).await;
        emulator.settle();
        reasons.push(emulator.record(&reference).await["reason"].clone());
    }
    assert_eq!(reasons, [Value::Null, json!("NOT_ENOUGH_FUNDS")], "what the account holds");
    let (_, first) = merchant.ask_for_consent(PAYER, "online").await;
    let (_, second) = merchant.ask_for_consent(PAYER, "online").await;
    assert_ne!(first["auth_req_id"], second["auth_req_id"]);
}

/// A request without a reference draws by its number: a chance comes up for some and not for others.
#[tokio::test]
async fn requests_without_a_reference_draw_by_the_number_of_the_occurrence() {
    let emulator = Emulator::with_scenario(
        r#"
        [[rules]]
        when = { operation = "account-holder-active", chance = 0.5 }
        respond = { answer = { status = 503 } }
        "#,
    )
    .await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let path = format!("/v1_0/accountholder/msisdn/{PAYER}/active");
    let mut statuses = BTreeMap::new();
    for _ in 0..40 {
        let (status, _) = outcome(merchant.call(Method::GET, &path)).await;
        *statuses.entry(status).or_insert(0) += 1;
    }
    assert!(statuses.len() == 2 && statuses.values().all(|count| *count > 5), "{statuses:?}");
}

/// A condition is on the page's list, or it does not count.
#[test]
fn the_page_names_all_that_counts() {
    let page = include_str!("../../docs/scenarios.md");
    let (_, rest) = page.split_once("## The same seed, the same fate").expect("the section");
    let (section, _) = rest.split_once("\n## ").expect("its end");
    let firsts =
        section.lines().filter(|line| line.starts_with("| `") || line.starts_with("| API"));
    // By what else than submissions a chance is drawn stands in a row of its own.
    let of_conditions = firsts.filter(|line| !line.starts_with("| `chance`"));
    let counted: String = of_conditions.filter_map(|line| line.split('|').nth(1)).collect();
    let schema = momo_sandbox_core::scenario::description::schema();
    let rule = &schema["properties"]["rules"]["items"]["properties"];
    let conditions = rule["when"]["properties"].as_object().expect("conditions");
    let plain = [
        "product",
        "operation",
        "party",
        "party_id_type",
        "amount",
        "currency",
        "external_id",
        "body",
        "api_user",
        "platform",
        "chance",
        "from",
        "until",
        "between",
        "weekday",
    ];
    for name in conditions.keys() {
        let is_counted = counted.contains(&format!("`{name}`"));
        let is_plain = plain.contains(&&**name);
        assert!(is_counted != is_plain, "`{name}` counts, or does not, and the page says which");
    }
}
