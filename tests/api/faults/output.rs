//! A full disk for what is printed, and nobody who reads it.

use std::fs::File;
use std::process::{Command, Stdio};

use super::*;
use crate::support::program::Program;

/// More lines of log than any pipe holds.
const REFUSALS: usize = 2_000;

fn full_device() -> File {
    File::options().write(true).open("/dev/full").expect("a full device")
}

/// Starts it where its standard output cannot tell the address.
async fn serving_at_a_known_address(arrange: impl FnOnce(&mut Command)) -> Serving {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let mut command = command(&["--listen", &address]);
    arrange(&mut command);
    let child = command.stdin(Stdio::null()).spawn().expect("it starts");
    let serving = Serving {
        program: Program::of(child),
        first_line: String::new(),
        url: format!("http://{address}"),
    };
    in_time("an open port", async {
        while TcpStream::connect(&address).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    serving
}

/// It refuses what it logs, goes on taking payments and calling back, and ends well.
async fn check_serving(serving: Serving) {
    let merchant = merchant_of(&serving).await;
    let mut listener = CallbackListener::start().await;
    for _ in 0..REFUSALS {
        let refused = merchant.call(reqwest::Method::GET, "/no/such/path");
        assert_eq!(in_time("a refusal", outcome(refused)).await.0, 404);
    }
    let reference = pay(&merchant, &listener).await;
    one_attempt(&record_once(&serving, &reference, "answered").await);
    assert_eq!(listener.arrived().len(), 1);
    let ending = tokio::task::spawn_blocking(|| serving.end_unread());
    assert_eq!(in_time("the end", ending).await.expect("an exit code"), Some(0));
}

#[tokio::test]
async fn a_full_disk_for_its_log_does_not_keep_it_from_serving() {
    let full = |command: &mut Command| {
        command.stderr(full_device()).stdout(Stdio::null());
    };
    check_serving(serving_at_a_known_address(full).await).await;
}

#[tokio::test]
async fn a_full_disk_for_all_that_it_prints_does_not_keep_it_from_serving() {
    let full = |command: &mut Command| {
        command.stderr(full_device()).stdout(full_device());
    };
    check_serving(serving_at_a_known_address(full).await).await;
}

#[tokio::test]
async fn closed_standard_output_and_error_do_not_keep_it_from_serving() {
    let closed = |command: &mut Command| {
        let mut shell = Command::new("sh");
        shell.env_clear().args(["-c", "exec \"$@\" >&- 2>&-", "sh"]);
        shell.arg(command.get_program()).args(command.get_args());
        *command = shell;
    };
    check_serving(serving_at_a_known_address(closed).await).await;
}

#[tokio::test]
async fn a_log_whose_reader_is_gone_does_not_keep_it_from_serving() {
    let gone = |command: &mut Command| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        command.stderr(writer).stdout(Stdio::null());
    };
    check_serving(serving_at_a_known_address(gone).await).await;
}

#[tokio::test]
async fn a_log_that_nobody_reads_does_not_keep_it_from_serving() {
    let (_reader, writer) = std::io::pipe().expect("a pipe");
    let unread = |command: &mut Command| {
        command.stderr(writer).stdout(Stdio::null());
    };
    check_serving(serving_at_a_known_address(unread).await).await;
}
