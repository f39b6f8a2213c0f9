//! Payments against listeners of 23 kinds, by what each does with its connections: one by one, in
//! pairs, and 500 at once. The program is a process of its own, on a manual clock, so that what is
//! due at once is called back at once.
//!
//! `cargo bench --bench listeners` prints a table, a line for each kind: how many callbacks were
//! lost, came twice, failed although they came. It fails if there is one at a listener that can be
//! reached, or if a payment had more than one attempt at any. `--payments N` sends about as many in
//! all, `--program PATH` tries another program, such as one of last week.

#[path = "../tests/support/listener_kinds.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod kinds;
mod measuring;

use std::time::Duration;

use kinds::{KindOfListener, Manner, REACHABLE, UNREACHABLE};
use measuring::Arguments;
use measuring::emulator::start_program;
use measuring::load::{Connection, Target};

/// How many are due at once in the third way.
const AT_ONCE: u64 = 500;

/// How long nothing may come before a callback counts as lost, once its attempt is over.
const PATIENCE: Duration = Duration::from_millis(200);

fn main() {
    let arguments = Arguments::read();
    let all = if arguments.is_quick() { 1_150 } else { 20_000 };
    let all = arguments.number("--payments").unwrap_or(all);
    let program = arguments.after("--program").unwrap_or(env!("CARGO_BIN_EXE_momosandbox"));
    let kinds = (REACHABLE.len() + UNREACHABLE.len()) as u64;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let is_good = runtime.expect("a runtime").block_on(run(program, all.div_ceil(kinds)));
    std::process::exit(i32::from(!is_good));
}

/// Payments to one kind of listener, and what came of them.
struct Tried {
    payments: u64,
    /// How many never came.
    lost: u64,
    /// How many came more than once.
    twice: u64,
    /// How many attempts were answered, and how many there were.
    answered: u64,
    attempts: u64,
}

async fn run(program: &str, each: u64) -> bool {
    let mut is_good = true;
    println!("{:<28} payments     lost    twice   failed attempts", "listener");
    let reachable = REACHABLE.map(|(name, manner)| (name, manner, true));
    let unreachable = UNREACHABLE.map(|(name, manner)| (name, manner, false));
    for (name, manner, is_reachable) in reachable.into_iter().chain(unreachable) {
        let tried = attempt(program, manner, is_reachable, each).await;
        let Tried { payments, lost, twice, answered, attempts } = tried;
        let failed = attempts.saturating_sub(answered);
        println!("{name:<28} {payments:>8} {lost:>8} {twice:>8} {failed:>8} {attempts:>8}");
        let expected = if is_reachable { payments } else { 0 };
        is_good &= attempts == payments && twice == 0 && answered == expected;
        is_good &= lost == 0 || !is_reachable;
    }
    is_good
}

async fn attempt(program: &str, manner: Manner, is_reachable: bool, payments: u64) -> Tried {
    let listener = KindOfListener::start(manner).await;
    let (_process, address) =
        start_program(program, &["--clock", "manual", "--settle-after", "10ms"]);
    let emulator = Emulator {
        target: Target::emulator(&address).await,
        connection: Connection::open(&address).await,
        control: reqwest::Client::new(),
        port: listener.address.port(),
    };
    send(emulator, &listener, is_reachable, payments).await;
    let times = listener.arrived.times();
    let metrics = reqwest::get(format!("http://{address}/_sandbox/metrics")).await;
    let metrics = metrics.expect("an answer").text().await.expect("text");
    let results = metrics.lines().filter(|line| line.starts_with("momo_sandbox_callbacks_total{"));
    let results: Vec<(bool, u64)> = results
        .map(|line| {
            let count = line.rsplit_once(' ').and_then(|(_, count)| count.parse().ok());
            (line.contains("result=\"answered"), count.expect("a number"))
        })
        .collect();
    assert!(!results.is_empty(), "the program counts its callbacks: {metrics}");
    Tried {
        payments,
        lost: payments - times.len() as u64,
        twice: times.values().filter(|times| **times > 1).count() as u64,
        answered: results.iter().filter(|(is_answered, _)| *is_answered).map(|each| each.1).sum(),
        attempts: results.iter().map(|each| each.1).sum(),
    }
}

/// The program, and where the callbacks go.
struct Emulator {
    target: std::sync::Arc<Target>,
    connection: Connection,
    control: reqwest::Client,
    port: u16,
}

impl Emulator {
    /// Pays so often, and has all of them called back at one moment. It returns once each attempt
    /// is over.
    async fn pay(&mut self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let request = self.target.post(number, Some(self.port));
            self.connection.exchange(&request, "HTTP/1.1 202").await.expect("202");
        }
        let request = self
            .control
            .post(format!("http://{}/_sandbox/clock/advance", self.target.address))
            .header("Content-Type", "application/json")
            .body(r#"{"by":"10ms"}"#);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("its end");
    }
}

async fn send(mut emulator: Emulator, listener: &KindOfListener, reaches: bool, payments: u64) {
    let at_once = if reaches { AT_ONCE.min(payments / 2) } else { payments };
    let singles = (payments - at_once) / 2;
    let mut sent = 0;
    while sent < payments {
        let step = match sent {
            sent if sent + at_once >= payments => AT_ONCE,
            sent if sent < singles => 1,
            _ => 2,
        };
        let next = payments.min(sent + step);
        emulator.pay(sent..next).await;
        sent = next;
    }
    let count = usize::try_from(payments).expect("a number of payments");
    listener.arrived.reaches(count, PATIENCE).await;
}
