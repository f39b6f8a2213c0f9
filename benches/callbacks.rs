//! Callbacks a second, to one listener and to 64: the emulator settles payments that are all due
//! at one moment, and calls back, against a bare hyper client that posts as many bodies. Sender and
//! listeners are processes of their own with one thread each.
//!
//! `cargo bench --bench callbacks` prints rates, CPU time a callback, their ratios, and memory. It
//! fails if a callback is missing or comes twice.

mod measuring;

use std::time::{Duration, Instant};

use measuring::emulator::start_process;
use measuring::figures::{figure, now};
use measuring::listener::{Arrivals, Miscount, listen};
use measuring::process::Process;
use measuring::{Arguments, served, single_threaded};

const LISTENERS: [(&str, usize); 2] = [("one", 1), ("many", 64)];

/// How long payments stay pending once the clock runs.
const SETTLE_AFTER: Duration = Duration::from_millis(200);

/// Nothing more is waited for once nothing has come for so long.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() {
    let arguments = Arguments::read();
    if served(&arguments) {
        return;
    }
    let (count, rounds) = if arguments.is_quick() { (2_000, 1) } else { (50_000, 5) };
    single_threaded().block_on(async {
        println!("{count} callbacks in each of {rounds} rounds");
        for (name, ports) in LISTENERS {
            compare(name, ports, count, rounds).await;
        }
    });
}

async fn compare(name: &str, ports: usize, count: u64, rounds: usize) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        theirs.push(send_by_bare_client(ports, count).await);
        ours.push(send_by_emulator(ports, count).await);
    }
    let of = |part: fn(&Sent) -> f64, all: &[Sent]| all.iter().map(part).collect::<Vec<_>>();
    let figure = |what: &str, unit: &str, values: Vec<f64>| {
        figure(&format!("callbacks.{name}.{what}"), unit, values);
    };
    figure("rate", "callbacks/s", of(|sent| sent.rate, &ours));
    figure("bare.rate", "callbacks/s", of(|sent| sent.rate, &theirs));
    figure("cpu", "us of CPU a callback", of(|sent| sent.cpu, &ours));
    figure("bare.cpu", "us of CPU a callback", of(|sent| sent.cpu, &theirs));
    let pairs = || ours.iter().zip(&theirs);
    let rates = pairs().map(|(our, their)| our.rate / their.rate).collect();
    figure("throughput", "of the bare client's", rates);
    let costs = pairs().map(|(our, their)| their.cpu / our.cpu).collect();
    figure("by_cpu", "of the bare client's", costs);
    figure("memory", "bytes a transaction with its callback", of(|sent| sent.memory, &ours));
}

/// One round.
struct Sent {
    /// Callbacks a second, from when they were due to the last arrival.
    rate: f64,
    /// Microseconds of CPU a callback.
    cpu: f64,
    /// Bytes a callback by which the sender has grown.
    memory: f64,
}

impl Sent {
    async fn until_the_last(
        sender: &Process,
        arrivals: &Arrivals,
        count: u64,
        due: Instant,
        (cpu, resident): (f64, f64),
    ) -> Self {
        arrivals.wait_for(count, PATIENCE).await;
        let count = count as f64;
        Self {
            rate: count / now().duration_since(due).as_secs_f64(),
            cpu: (sender.cpu() - cpu) / count,
            memory: (sender.resident() - resident) / count,
        }
    }
}

async fn send_by_emulator(ports: usize, count: u64) -> Sent {
    let (ports, arrivals) = listen(ports, |_| {}).await;
    let settle_after = SETTLE_AFTER.as_millis().to_string();
    let (mut emulator, address) = start_process(&["--standing", "--settle-after", &settle_after]);
    let resident = emulator.resident();
    emulator.ask(&format!("fill 0 {count}{}", words(&ports)));
    let before = (emulator.cpu(), resident);
    let control = reqwest::Client::new();
    call(&control, &address, "clock/run", "{}").await;
    let due = now() + SETTLE_AFTER;
    let sent = Sent::until_the_last(&emulator, &arrivals, count, due, before).await;
    check(&control, &address, &arrivals, count).await;
    // Answered once no attempt is under way: what came by then is all that comes.
    call(&control, &address, "clock/advance", r#"{"by":"1h"}"#).await;
    check(&control, &address, &arrivals, count).await;
    assert_eq!(arrivals.total(), count);
    sent
}

/// Fails if a callback is missing or came twice, and says what the emulator knows of it.
async fn check(client: &reqwest::Client, address: &str, arrivals: &Arrivals, count: u64) {
    let miscount = arrivals.miscount(count);
    if miscount == Miscount::default() {
        return;
    }
    let url = format!("http://{address}/_sandbox/metrics");
    let metrics = client.get(url).send().await.expect("an answer").text().await.expect("text");
    let of_callbacks = metrics.lines().filter(|line| line.starts_with("momo_sandbox_callback"));
    let of_callbacks: Vec<&str> = of_callbacks.collect();
    panic!("each comes exactly once: {miscount:?}\n{}", of_callbacks.join("\n"));
}

async fn call(client: &reqwest::Client, address: &str, what: &str, body: &'static str) {
    let url = format!("http://{address}/_sandbox/{what}");
    let request = client.post(url).header("Content-Type", "application/json").body(body);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{what}");
}

async fn send_by_bare_client(ports: usize, count: u64) -> Sent {
    let (ports, arrivals) = listen(ports, |_| {}).await;
    let mut client = Process::serve("bare-client", &[]);
    let before = (client.cpu(), client.resident());
    client.tell(&format!("post {count}{}", words(&ports)));
    let sent = Sent::until_the_last(&client, &arrivals, count, now(), before).await;
    assert_eq!(arrivals.miscount(count), Miscount::default(), "each comes exactly once");
    sent
}

fn words(ports: &[u16]) -> String {
    ports.iter().map(|port| format!(" {port}")).collect()
}
