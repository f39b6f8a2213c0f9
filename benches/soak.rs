//! A soak: finds how many payments a second the program answers and calls back at most, then sends
//! half as many for minutes, each with a callback, and watches errors, callbacks and memory.
//!
//! `cargo bench --bench soak -- --minutes 10`; half a minute, where nothing is said. It fails if an
//! answer is not 202, a callback is missing or comes twice, or memory grows once the limits
//! `--settled-max` and `--journal-max` are full. `--rate N` sends so many a second
//! instead of half, `--kept N` sets both limits.

mod measuring;

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use measuring::Arguments;
use measuring::emulator::start_program;
use measuring::figures::{figure, now};
use measuring::listener::{Arrivals, Miscount, listen};
use measuring::load::{CONNECTIONS, Connection, Target};
use measuring::process::Process;
use parking_lot::Mutex;
use tokio::task::JoinSet;

/// How long the most is looked for.
const LOOKING: Duration = Duration::from_secs(10);

/// Nothing more is waited for once nothing has come for so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many of all samples of memory there are at least.
const SAMPLES: u32 = 60;

/// By how much of itself memory may grow from the second third of the soak to the last.
const GROWTH_MAX: f64 = 0.02;

/// What is sent, what came of it.
struct Soak {
    target: Arc<Target>,
    port: u16,
    next: AtomicU64,
    errors: Mutex<Vec<String>>,
}

/// How many payments had been sent, and how much memory was resident.
struct Sample {
    sent: u64,
    mib: f64,
}

fn main() {
    let arguments = Arguments::read();
    let is_quick = arguments.is_quick();
    let minutes = arguments.number("--minutes");
    let time = match minutes {
        Some(minutes) => Duration::from_secs(60 * minutes),
        None if is_quick => Duration::from_secs(6),
        None => Duration::from_secs(30),
    };
    // A short soak has to fill the limits too.
    let kept = if minutes.is_some() { 100_000 } else { 5_000 };
    let kept = arguments.number("--kept").unwrap_or(kept);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let faults = runtime.block_on(soak(time, kept, is_quick, arguments.number("--rate")));
    for fault in &faults {
        eprintln!("soak: {fault}");
    }
    std::process::exit(i32::from(!faults.is_empty()));
}

async fn soak(time: Duration, kept: u64, is_quick: bool, rate: Option<u64>) -> Vec<String> {
    let (ports, arrivals) = listen(1, |_| {}).await;
    // Limits of its own, so that they are full early on.
    let most = kept.to_string();
    let limits = ["--settled-max", &most, "--journal-max", &most];
    let (emulator, address) = start_program(env!("CARGO_BIN_EXE_momosandbox"), &limits);
    let soak = Arc::new(Soak {
        target: Target::emulator(&address).await,
        port: ports[0],
        next: AtomicU64::new(0),
        errors: Mutex::default(),
    });
    let looking = if is_quick { LOOKING / 10 } else { LOOKING };
    let most = find_most(&soak, &arrivals, looking).await;
    let rate = rate.map_or(most / 2.0, |rate| rate as f64);
    let before = soak.next.load(Ordering::Relaxed);
    let began = now();
    let sending = tokio::spawn(send(Arc::clone(&soak), time, Some(rate)));
    let samples = sample(&emulator, &soak, began, time).await;
    sending.await.expect("no panic");
    let sent = (soak.next.load(Ordering::Relaxed) - before) as f64;
    let achieved = sent / began.elapsed().as_secs_f64();
    figure("soak.most", "payments/s with callbacks", [most]);
    figure("soak.rate", "payments/s with callbacks", [achieved]);
    figure("soak.minutes", "minutes", [time.as_secs_f64() / 60.0]);
    let mut faults = judge_memory(&samples, kept);
    if achieved < rate * 0.95 {
        faults.push(format!("{achieved:.0} payments/s were sent, not {rate:.0}: the load is late"));
    }
    faults.extend(judge_callbacks(&soak, &arrivals).await);
    faults
}

/// Payments a second that are answered and called back with all connections busy.
async fn find_most(soak: &Arc<Soak>, arrivals: &Arrivals, time: Duration) -> f64 {
    let began = now();
    send(Arc::clone(soak), time, None).await;
    let sent = soak.next.load(Ordering::Relaxed);
    arrivals.wait_for(sent, PATIENCE).await;
    let sent = sent as f64;
    sent / began.elapsed().as_secs_f64()
}

/// Sends for that time over all connections: so many a second, or as many as are answered.
async fn send(soak: Arc<Soak>, time: Duration, rate: Option<f64>) {
    let mut sending = JoinSet::new();
    let (began, end) = (now(), now() + time);
    let every = rate.map(|rate| Duration::from_secs_f64(f64::from(CONNECTIONS) / rate));
    for at in 0..CONNECTIONS {
        let first = every.map_or(began, |every| began + every * at / CONNECTIONS);
        let connection = Connection::open(&soak.target.address).await;
        sending.spawn(send_over(connection, Arc::clone(&soak), first, every, end));
    }
    sending.join_all().await;
}

/// Sends over one connection; what is late is sent at once, so that none is left out.
async fn send_over(
    mut connection: Connection,
    soak: Arc<Soak>,
    mut due: Instant,
    every: Option<Duration>,
    end: Instant,
) {
    while due < end && now() < end {
        tokio::time::sleep_until(due.into()).await;
        let number = soak.next.fetch_add(1, Ordering::Relaxed);
        let request = soak.target.post(number, Some(soak.port));
        if let Err(why) = connection.exchange(&request, "HTTP/1.1 202").await {
            soak.errors.lock().push(format!("payment {number}: {why}"));
            connection = Connection::open(&soak.target.address).await;
        }
        due = every.map_or_else(now, |every| due + every);
    }
}

/// How much memory is resident, from time to time.
async fn sample(emulator: &Process, soak: &Soak, began: Instant, time: Duration) -> Vec<Sample> {
    let mut samples = Vec::new();
    for number in 1..=SAMPLES {
        tokio::time::sleep_until((began + time * number / SAMPLES).into()).await;
        let sample = Sample {
            sent: soak.next.load(Ordering::Relaxed),
            mib: emulator.resident() / 1024.0 / 1024.0,
        };
        let (errors, Sample { sent, mib }) = (soak.errors.lock().len(), &sample);
        if std::io::stderr().is_terminal() {
            eprint!("\rsoak: {number} of {SAMPLES}: {sent} sent, {errors} errors, {mib:.1} MiB  ");
        }
        samples.push(sample);
    }
    eprintln!();
    samples
}

fn judge_memory(samples: &[Sample], kept: u64) -> Vec<String> {
    let third = samples.len() / 3;
    let mib: Vec<f64> = samples[third..].iter().map(|sample| sample.mib).collect();
    let mean = |part: &[f64]| part.iter().sum::<f64>() / f64::from(SAMPLES / 3);
    let (before, after) = (mean(&mib[..third]), mean(&mib[third..]));
    let growth = after / before - 1.0;
    figure("soak.resident", "MiB resident", mib);
    figure("soak.growth", "% grown from the second third to the last", [growth * 100.0]);
    if samples[third].sent < 2 * kept {
        eprintln!("soak: too short to judge memory: the limits were not full after a third of it");
        return Vec::new();
    }
    if growth > GROWTH_MAX {
        vec![format!("memory is not flat: {before:.1} MiB, then {after:.1} MiB")]
    } else {
        Vec::new()
    }
}

async fn judge_callbacks(soak: &Soak, arrivals: &Arrivals) -> Vec<String> {
    let sent = soak.next.load(Ordering::Relaxed);
    arrivals.wait_for(sent, PATIENCE).await;
    let control = reqwest::Client::new();
    // Answered once no attempt is under way: what came by then is all that comes.
    let advanced = control
        .post(format!("http://{}/_sandbox/clock/advance", soak.target.address))
        .timeout(PATIENCE)
        .json(&serde_json::json!({"by": "1h"}));
    let mut faults = Vec::new();
    match advanced.send().await {
        Ok(answer) if answer.status() == 200 => {}
        other => faults.push(format!("the clock was not advanced: {other:?}")),
    }
    let errors = soak.errors.lock();
    let miscount = arrivals.miscount(sent);
    figure("soak.sent", "payments", [sent as f64]);
    figure("soak.errors", "answers other than 202", [errors.len() as f64]);
    figure("soak.missing", "callbacks", [miscount.missing as f64]);
    figure("soak.doubled", "callbacks", [miscount.doubled as f64]);
    if let Some(first) = errors.first() {
        faults.push(format!("{} answers other than 202, the first: {first}", errors.len()));
    }
    if miscount != Miscount::default() {
        faults.push(format!("callbacks are not exactly one each: {miscount:?}"));
    }
    faults
}
