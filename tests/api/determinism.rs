//! The same seed and the same requests, in whatever order and by however many connections, give the
//! same plans and final statuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::emulator::Emulator;
use crate::support::merchant::{Merchant, new_reference, outcome};

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
    emulator.advance(std::time::Duration::from_secs(3000));
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
