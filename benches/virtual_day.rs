//! A virtual day over 100,000 pending payments, advanced in one call of the control plane, and the
//! reset of as many in another.
//!
//! `cargo bench --bench virtual_day` prints how long the calls took. No callbacks: each would be
//! waited for.

mod measuring;

use std::time::Duration;

use measuring::emulator::{fill, start, user};
use measuring::figures::{figure, now};
use measuring::{Arguments, single_threaded};
use momo_sandbox::internals::emulator::Running;
use momo_sandbox::internals::engine::Clock;
use serde_json::{Value, json};

const SCENARIO: &str = r#"
[[rules]]
then = { after = { min = "1s", max = "24h" } }
"#;

fn main() {
    let is_quick = Arguments::read().is_quick();
    let (payments, rounds) = if is_quick { (1_000, 1) } else { (100_000, 5) };
    println!("{payments} payments, {rounds} rounds");
    let (mut day, mut reset) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        single_threaded().block_on(async {
            day.push(advance_a_day(payments).await);
            reset.push(reset_pending(payments).await);
        });
    }
    figure("virtual_day.advance", "ms", day);
    figure("virtual_day.reset", "ms", reset);
}

async fn holding(payments: u64) -> Running {
    let settled = usize::try_from(payments).expect("a count");
    let clock = Clock::paused_now();
    let momo = start(Some(SCENARIO), Duration::ZERO, settled, clock).await;
    fill(&momo, 0..payments, &[]);
    momo
}

async fn advance_a_day(payments: u64) -> f64 {
    let momo = holding(payments).await;
    let (took, answer) = call(&momo, "clock/advance", &json!({"by": "24h"})).await;
    assert_eq!(answer["count"], payments, "all have settled");
    let space = momo.spaces().get(user()).expect("it was provisioned");
    assert_eq!(momo.spaces().enter(&space, |platform, _| platform.pending()), 0);
    momo.stop().await.expect("no panic");
    took
}

async fn reset_pending(payments: u64) -> f64 {
    let momo = holding(payments).await;
    let (took, answer) = call(&momo, "reset", &json!({})).await;
    assert_eq!(answer["forgotten_transactions"], payments, "all are forgotten");
    momo.stop().await.expect("no panic");
    took
}

/// Calls the control plane; how many milliseconds that took, and the answer.
async fn call(momo: &Running, what: &str, body: &Value) -> (f64, Value) {
    let request = reqwest::Client::new().post(format!("{}/_sandbox/{what}", momo.url())).json(body);
    let began = now();
    let answer = request.send().await.expect("an answer");
    let answer = answer.json().await.expect("JSON");
    (began.elapsed().as_secs_f64() * 1000.0, answer)
}
