//! POST requesttopay and GET status against a bare hyper server that reads the body and answers a
//! fixed one: each server is a process of its own with one thread, the load comes from another.
//!
//! `cargo bench --bench gateway` prints requests a second, CPU time a request, and their ratios.
//! `cargo bench --bench gateway -- --held 1000000` holds so many transactions meanwhile, and with
//! `--client-sleeps` the load sleeps when it waits, so that the servers pay for waking it up.

mod measuring;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use measuring::emulator::start_process;
use measuring::figures::figure;
use measuring::load::{CONNECTIONS, Client, Load, Measured, Measuring, Target};
use measuring::process::Process;
use measuring::{Arguments, served, single_threaded};

/// So many are held before the first is asked for, so that every GET is about one.
const HELD: u64 = 10_000;

fn main() {
    let arguments = Arguments::read();
    if served(&arguments) {
        return;
    }
    let (rounds, time) = if arguments.is_quick() {
        (1, Duration::from_millis(200))
    } else {
        (5, Duration::from_secs(2))
    };
    let held = arguments.number("--held").unwrap_or(HELD);
    let client = if arguments.has("--client-sleeps") { Client::Sleeps } else { Client::StaysAwake };
    single_threaded().block_on(compare(Measuring { client, time }, held, rounds));
}

async fn compare(measuring: Measuring, held: u64, rounds: usize) {
    let time = measuring.time;
    println!("{CONNECTIONS} connections, {rounds} rounds of {time:?}, {held} transactions held");
    let (mut momo, address) = start_process(&[]);
    let mut bare = Process::serve("bare-server", &[]);
    let bare_address = bare.line();
    let target = Target::emulator(&address).await;
    let bare_target = Target::bare(&bare_address, &target);
    let (mut all, all_address) = start_process(&["--record-all"]);
    let all_target = Target::emulator(&all_address).await;
    let (mut none, none_address) = start_process(&["--record-none"]);
    let none_target = Target::emulator(&none_address).await;
    for emulator in [&mut momo, &mut all, &mut none] {
        emulator.ask(&format!("fill 0 {held}"));
    }
    let next = Arc::new(AtomicU64::new(held));
    for (name, load) in [("post", Load::Post), ("get", Load::Get { first: 0, known: held })] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let (mut recorded, mut unrecorded) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            theirs.push(measuring.measure(&bare, &bare_target, load, &next).await);
            ours.push(measuring.measure(&momo, &target, load, &next).await);
            recorded.push(measuring.measure(&all, &all_target, load, &next).await);
            unrecorded.push(measuring.measure(&none, &none_target, load, &next).await);
        }
        let each =
            |part: fn(&Measured) -> f64, of: &[Measured]| of.iter().map(part).collect::<Vec<_>>();
        let pairs = || ours.iter().zip(&theirs);
        let name = |what: &str| format!("gateway.{name}.{what}");
        figure(&name("rate"), "requests/s", each(|one| one.rate, &ours));
        figure(&name("bare.rate"), "requests/s", each(|one| one.rate, &theirs));
        figure(&name("cpu"), "us of CPU a request", each(|one| one.cpu, &ours));
        figure(&name("bare.cpu"), "us of CPU a request", each(|one| one.cpu, &theirs));
        let rates = pairs().map(|(our, their)| our.rate / their.rate);
        figure(&name("throughput"), "of the bare server's", rates);
        let costs = pairs().map(|(our, their)| their.cpu / our.cpu);
        figure(&name("by_cpu"), "of the bare server's", costs);
        let more = recorded.iter().zip(&ours).map(|(with, without)| with.cpu - without.cpu);
        figure(&name("recording"), "us of CPU a request more, to record it", more);
        let costs = ours.iter().zip(&unrecorded).map(|(with, without)| with.cpu / without.cpu);
        figure(&name("refused"), "of the CPU a request without recording", costs);
    }
}
