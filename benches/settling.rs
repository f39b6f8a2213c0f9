//! How late payments settle while 100,000 others are pending: the time from when a payment is due
//! to when its callback has arrived, by one clock, at rest. Beside it in the same run, how late as
//! many bare sleeps of tokio's wake up.
//!
//! `cargo bench --bench settling` prints both. Emulator, listener and sleeps have a thread each.

mod measuring;

use std::sync::Arc;
use std::time::{Duration, Instant};

use measuring::emulator::{CALLBACK_HOST, payment, start, submission, user};
use measuring::figures::{figure, now, percentile};
use measuring::listener::{Miscount, listen};
use measuring::{Arguments, single_threaded};
use momo_sandbox::internals::emulator::Running;
use momo_sandbox::internals::engine::Clock;
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::time::Timestamp;
use parking_lot::Mutex;
use tokio::runtime::Handle;

const SCENARIO: &str = r#"
[[rules]]
when = { external_id = "pending" }
then = { after = { min = "1h", max = "2h" } }

[[rules]]
then = { after = { min = "1s", max = "11s" } }
"#;

const PATIENCE: Duration = Duration::from_secs(15);

/// The listener's callbacks by their numbers, each with the moment of its arrival.
type Moments = Arc<Mutex<Vec<(u64, Instant)>>>;

fn main() {
    let arguments = Arguments::read();
    let is_quick = arguments.is_quick();
    let (pending, payments, rounds) = if is_quick { (1_000, 100, 1) } else { (100_000, 2_000, 3) };
    let (listening, sleeping, emulating) = (in_thread(), in_thread(), in_thread());
    let mut late = [Vec::new(), Vec::new()];
    println!("{payments} payments over 10 s, {pending} others pending, {rounds} rounds");
    for _ in 0..rounds {
        let (ports, arrivals, moments) = listening.block_on(async {
            let moments = Moments::default();
            let noted = Arc::clone(&moments);
            let (ports, arrivals) =
                listen(1, move |number| noted.lock().push((number, now()))).await;
            (ports, arrivals, moments)
        });
        let momo = emulating.block_on(start(
            Some(SCENARIO),
            Duration::ZERO,
            payments,
            Clock::paused_now(),
        ));
        fill(&momo, pending as u64, payments as u64, ports[0]);
        let (origin, tick) = run(&momo);
        let due = due_times(&momo, payments as u64, origin, tick);
        let sleeps = sleeping.spawn(sleep_until_all(due.clone()));
        sleeping.block_on(arrivals.wait_for(payments as u64, PATIENCE));
        assert_eq!(arrivals.miscount(payments as u64), Miscount::default());
        late[0].push(sorted(moments.lock().iter().map(|(number, arrived)| {
            let number = usize::try_from(*number).expect("a number of a payment");
            milliseconds(arrived.saturating_duration_since(due[number]))
        })));
        late[1].push(sorted(sleeping.block_on(sleeps).expect("no panic").into_iter()));
        emulating.block_on(momo.stop()).expect("no panic");
    }
    for (name, rounds) in ["settling.lateness", "settling.bare_sleep"].into_iter().zip(&late) {
        for (part, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            let values = rounds.iter().map(|sorted| percentile(sorted, share));
            figure(&format!("{name}.{part}"), "ms late", values);
        }
    }
}

/// A runtime in a thread of its own, for as long as the program runs.
fn in_thread() -> Handle {
    let runtime = single_threaded();
    let handle = runtime.handle().clone();
    std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    handle
}

/// Accepts, while the clock stands, the others and then the payments that are measured, numbered
/// from 0.
fn fill(momo: &Running, pending: u64, payments: u64, port: u16) {
    let space = momo.spaces().get(user()).expect("it was provisioned");
    let mut others = payment();
    others.external_id = Some("pending".into());
    for number in payments..payments + pending {
        let submission = submission(number, others.clone(), None);
        momo.spaces().accept(&space, submission).expect("a new reference");
    }
    for number in 0..payments {
        let url = format!("http://{CALLBACK_HOST}:{port}/{number}");
        let submission = submission(number, payment(), Some(&url));
        momo.spaces().accept(&space, submission).expect("a new reference");
    }
}

/// Has the emulator's clock run; returns a moment, and what time it was there then. The clock tells
/// whole milliseconds, so the moment is one at which it goes on to the next.
fn run(momo: &Running) -> (Instant, Timestamp) {
    let clock = momo.spaces().clock();
    clock.run();
    let before = clock.now();
    loop {
        let (time, moment) = (clock.now(), now());
        if time > before {
            return (moment, time);
        }
    }
}

/// When each payment is due.
fn due_times(momo: &Running, payments: u64, moment: Instant, time: Timestamp) -> Vec<Instant> {
    let space = momo.spaces().get(user()).expect("it was provisioned");
    momo.spaces().enter(&space, |platform, _| {
        let due = (0..payments).map(|number| {
            let reference = ReferenceId(measuring::emulator::reference(number));
            let transaction = platform.transaction(reference).expect("it was accepted");
            let due = transaction.accepted_at.after(transaction.plan.last().after);
            moment + due.since(time)
        });
        due.collect()
    })
}

/// How late a bare sleep wakes up at each of these moments, in milliseconds.
async fn sleep_until_all(moments: Vec<Instant>) -> Vec<f64> {
    let mut sleeping = tokio::task::JoinSet::new();
    for moment in moments {
        sleeping.spawn(async move {
            tokio::time::sleep_until(moment.into()).await;
            milliseconds(now().saturating_duration_since(moment))
        });
    }
    sleeping.join_all().await
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}
