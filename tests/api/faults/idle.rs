//! Very many connections on which nothing happens.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::*;

const IDLE: usize = 10_000;

/// Files of this process beside the idle connections.
const OTHERS: u64 = 1_000;

/// What an idle connection may take of the emulator's memory, in KiB: buffers of 16, its task, and
/// room for what an allocator keeps.
const KIBIBYTES_EACH_MAX: usize = 40;

/// How many connections this machine lets be opened, at most `IDLE`. Raises the soft limit of open
/// files as far as that needs; the programs that are started from then on have it too.
fn connections_that_can_be_opened() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = IDLE as u64 + OTHERS;
    let raised = maximum.map_or(needed, |hard| hard.min(needed));
    if current.is_some_and(|soft| soft < raised) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).expect("a limit");
    }
    usize::try_from(raised.saturating_sub(OTHERS)).expect("a small number")
}

/// What the emulator holds in memory, in KiB.
fn memory_of(serving: &Serving) -> usize {
    let file = format!("/proc/{}/status", serving.program.id());
    let status = std::fs::read_to_string(file).expect("a running process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

async fn ask_for_health(stream: &mut TcpStream) {
    send(stream, b"GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let mut answer = [0; 2048];
    let count = in_time("an answer", stream.read(&mut answer)).await.expect("bytes");
    let answer = String::from_utf8_lossy(&answer[..count]);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn very_many_idle_connections_take_a_bounded_memory_and_keep_nobody_waiting() {
    let count = connections_that_can_be_opened();
    assert!(count >= 1_000, "raise the hard limit of open files: it allows {count} connections");
    let times = ["--idle-time-max", "10m", "--head-time-max", "10m"];
    let serving = serve(&[&times[..], &["--connections-max", "16384"]].concat());
    let mut listener = CallbackListener::start().await;
    let merchant = merchant_of(&serving).await;
    pay(&merchant, &listener).await;
    listener.next().await;
    let before = memory_of(&serving);
    let mut idle = Vec::new();
    for number in 0..count {
        let mut stream = connect(&serving).await;
        match number % 3 {
            // Between two requests, in the middle of a head, and from the beginning.
            0 => ask_for_health(&mut stream).await,
            1 => send(&mut stream, b"GET /_sandbox/health HTTP/1.1\r\nHost: loc").await,
            _ => {}
        }
        idle.push(stream);
    }
    let reference = pay(&merchant, &listener).await;
    listener.next().await;
    one_attempt(&record_once(&serving, &reference, "answered").await);
    let newcomer = Merchant::at(&serving.url, &SANDBOX, USER, "secret").await;
    assert_eq!(newcomer.status(&reference).await["status"], "SUCCESSFUL");
    let taken = memory_of(&serving).saturating_sub(before);
    println!("{count} idle connections take {taken} KiB of memory");
    assert!(taken <= count * KIBIBYTES_EACH_MAX, "{taken} KiB");
    for stream in idle.iter_mut().step_by(300) {
        ask_for_health(stream).await;
    }
    let ending = tokio::task::spawn_blocking(|| serving.terminate());
    assert_eq!(in_time("the end", ending).await.expect("an end").code, Some(0));
}
