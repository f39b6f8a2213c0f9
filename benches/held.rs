//! What a request costs, and how much memory a transaction takes, by how many are held: from 10 to
//! 1,000,000 settled ones, with the oldest making room for each new one. A bare server is asked in
//! the same rounds.
//!
//! `cargo bench --bench held` prints them.

mod measuring;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use measuring::emulator::start_process;
use measuring::figures::figure;
use measuring::load::{CONNECTIONS, Client, Load, Measured, Measuring, Target};
use measuring::process::Process;
use measuring::{Arguments, served, single_threaded};

const SIZES: [u64; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
const SIZES_QUICK: [u64; 2] = [10, 1_000];

fn main() {
    let arguments = Arguments::read();
    if served(&arguments) {
        return;
    }
    let is_quick = arguments.is_quick();
    let (sizes, rounds, time) = if is_quick {
        (&SIZES_QUICK[..], 1, Duration::from_millis(200))
    } else {
        (&SIZES[..], 3, Duration::from_secs(1))
    };
    println!("{CONNECTIONS} connections, {rounds} rounds of {time:?}");
    let measuring = Measuring { client: Client::StaysAwake, time };
    single_threaded().block_on(async {
        for held in sizes {
            measure_holding(measuring, *held, rounds).await;
        }
    });
}

async fn measure_holding(measuring: Measuring, held: u64, rounds: usize) {
    // What settles at once is evicted at once: no more are held than that.
    let (mut momo, address) =
        start_process(&["--settled", &held.to_string(), "--settle-after", "0"]);
    let mut bare = Process::serve("bare-server", &[]);
    let bare_address = bare.line();
    let target = Target::emulator(&address).await;
    let bare_target = Target::bare(&bare_address, &target);
    let at_rest = momo.resident();
    momo.ask(&format!("fill 0 {held}"));
    let next = Arc::new(AtomicU64::new(held));
    let (mut posts, mut gets) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let other = Arc::new(AtomicU64::new(0));
        let theirs = measuring.measure(&bare, &bare_target, Load::Post, &other).await;
        posts.push((measuring.measure(&momo, &target, Load::Post, &next).await, theirs));
    }
    let resident = momo.resident();
    // Posted over many connections, the newest are not the highest numbers; these are.
    let first = next.load(Ordering::Relaxed);
    momo.ask(&format!("fill {first} {}", first + held));
    for _ in 0..rounds {
        let asked = Arc::new(AtomicU64::new(0));
        let load = Load::Get { first, known: held };
        let theirs = measuring.measure(&bare, &bare_target, load, &asked).await;
        gets.push((measuring.measure(&momo, &target, load, &asked).await, theirs));
    }
    for (name, rounds) in [("post", posts), ("get", gets)] {
        let of = |part: fn(&(Measured, Measured)) -> f64| rounds.iter().map(part);
        let name = |what: &str| format!("held.{held}.{name}.{what}");
        figure(&name("cpu"), "us of CPU a request", of(|(ours, _)| ours.cpu));
        figure(&name("rate"), "requests/s", of(|(ours, _)| ours.rate));
        let ratio = of(|(ours, theirs)| ours.rate / theirs.rate);
        figure(&name("throughput"), "of the bare server's", ratio);
    }
    figure(&format!("held.{held}.resident"), "MiB resident", [resident / 1024.0 / 1024.0]);
    let each = (resident - at_rest) / held as f64;
    figure(&format!("held.{held}.memory"), "bytes a transaction", [each]);
}
