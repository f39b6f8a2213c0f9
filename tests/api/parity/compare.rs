//! `momosandbox compare` against a stand-in for the real gateway.

use std::process::Command;

use clap::CommandFactory;
use momo_sandbox::internals::cli::CommandLine;
use momo_sandbox::internals::parity::Class;
use momo_sandbox::internals::parity::Gateway;
use momo_sandbox::internals::parity::Pace;
use momo_sandbox::internals::parity::Recording;
use momo_sandbox::internals::parity::read;
use momo_sandbox::internals::parity::{Obstacle, ReplayResult};
use momo_sandbox::internals::parity::{Player, Settings};
use momo_sandbox_core::model::product::Product;

use super::RECORDINGS;
use super::set_ups::settings;
use super::stand_in::{Fault, KEYS, StandIn};
use crate::support::program::{Ended, Program, Serving, momo_sandbox};

fn player(stand_in: &StandIn) -> Player {
    let keys = KEYS.map(|(product, key)| (Product::named(product).expect("one"), key.to_owned()));
    let gateway = Gateway::new(&stand_in.url, &[], Pace::unbounded()).expect("a gateway");
    let callback_host = Some("callback.example".to_owned());
    let control = None;
    Player::new(gateway, Settings { keys: keys.into(), callback_host, control, ..settings() })
}

fn recordings(ids: &[&str]) -> Vec<Recording> {
    let found = RECORDINGS.iter().filter(|one| ids.iter().any(|id| one.id.starts_with(id)));
    let found: Vec<Recording> = found.cloned().collect();
    assert!(found.len() >= ids.len(), "{ids:?}");
    found
}

/// Whether nothing but the gateway's operator could bring it about.
fn is_out_of_reach(recording: &Recording) -> bool {
    let request = recording.request.as_ref();
    let is_expired = |request: &momo_sandbox::internals::parity::Message| {
        request.headers.iter().any(|(_, value)| value.as_deref() == Some("Bearer {expired_token}"))
    };
    recording.is_production
        || recording.is_callback()
        || recording.circumstance.is_some()
        || request.is_some_and(is_expired)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_answers_as_recorded_is_the_same_in_everything_that_can_be_replayed() {
    let stand_in = StandIn::playing(Vec::new()).await;
    let (mut same, mut out_of_reach, mut wrong) = (0, 0, Vec::new());
    for recording in RECORDINGS.iter() {
        stand_in.plays(recording, None);
        let verdict = player(&stand_in).replay(recording).await.verdict;
        match (is_out_of_reach(recording), &verdict) {
            (false, ReplayResult::Same) => same += 1,
            (true, ReplayResult::NotReplayable(obstacle)) => {
                assert!(!matches!(obstacle, Obstacle::Preparation { .. }), "{obstacle}");
                out_of_reach += 1;
            }
            _ => wrong.push(format!("{}: {:?}", recording.id, verdict.sentences())),
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(same + out_of_reach, 147);
    assert!(same > 110, "{same}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_planted_differences_are_told_apart() {
    let stand_in = StandIn::playing(Vec::new()).await;
    let recording = &recordings(&["active-450-2023-03"])[0];
    let with_headers = &recordings(&["active-collection-2020-03-05"])[0];
    for (fault, recording, class) in [
        (Fault::Status, recording, Class::Status),
        (Fault::Phrase, recording, Class::Phrase),
        (Fault::Header, with_headers, Class::Header),
        (Fault::FieldOrder, recording, Class::Order),
        (Fault::Value, recording, Class::Value),
    ] {
        stand_in.plays(recording, None);
        assert_eq!(player(&stand_in).replay(recording).await.verdict, ReplayResult::Same);
        stand_in.plays(recording, Some(fault));
        let verdict = player(&stand_in).replay(recording).await.verdict;
        let ReplayResult::Differs(differences) = verdict else { panic!("{fault:?}: {verdict:?}") };
        let found = differences.iter().any(|difference| difference.class() == class);
        assert!(found, "{fault:?}: {differences:?}");
    }
}

/// The program, against a stand-in; the first key is that of collection.
fn compare(stand_in: &StandIn, arguments: &[&str]) -> Command {
    let mut command = momo_sandbox(&["compare", "--requests-per-second", "1000"]);
    command.args(["--base-url", &stand_in.url]);
    for (product, key) in KEYS {
        command.args(["--subscription-key", &format!("{product}={key}")]);
    }
    command.args(arguments);
    command
}

async fn run(mut command: Command) -> Ended {
    let ended = tokio::task::spawn_blocking(move || Program::start(&mut command).end());
    ended.await.expect("it ended")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_says_what_is_the_same_and_the_exit_code_what_differs() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("report.txt").display().to_string();
    let stand_in = StandIn::playing(recordings(&["active-45"])).await;
    let only = ["--only", "active-45", "--report", &report];
    let ended = run(compare(&stand_in, &only)).await;
    assert_eq!(ended.code, Some(0), "{:#?}{:#?}", ended.stdout, ended.stderr);
    let text = ended.stdout.join("\n") + "\n";
    assert!(text.contains("same            measured        active-450-2023-03"), "{text}");
    assert!(
        text.contains("total of 4                      4          0               0"),
        "{text}"
    );
    assert_eq!(std::fs::read_to_string(&report).expect("the report"), text);
    assert!(ended.stderr.iter().any(|line| line.starts_with("[4/4] active-455")));
    assert!(ended.stderr.iter().any(|line| line.contains("where no money moves")));
    stand_in.plays(&recordings(&["active-450"])[0], Some(Fault::Status));
    let ended = run(compare(&stand_in, &["--only", "active-450"])).await;
    assert_eq!(ended.code, Some(3));
    assert!(ended.stdout.iter().any(|line| line.trim() == "status 418, recorded 404"));
    let ended = run(compare(&stand_in, &["--only", "prod-"])).await;
    assert_eq!(ended.code, Some(3), "nothing is the same where nothing was compared");
    assert!(ended.stderr.iter().any(|line| line.contains("nothing could be compared")));
    let sent = stand_in.asked();
    assert!(sent.iter().all(|asked| {
        asked.headers.get("x-target-environment").is_none_or(|name| name == "sandbox")
    }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_is_continued_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("new.jsonl").display().to_string();
    let stand_in = StandIn::playing(recordings(&["active-45"])).await;
    stand_in.is_silent_about("active-454-2023-03");
    let mut command = compare(&stand_in, &["--only", "active-45", "--out", &out]);
    let ended = tokio::task::spawn_blocking(move || {
        let program = Program::start(&mut command);
        while !program.stderr.recv().expect("a line").starts_with("[3/4] active-454") {}
        program.signal("INT");
        program.end()
    });
    let ended = ended.await.expect("it ended");
    assert_eq!(ended.code, Some(1));
    let last = ended.stderr.last().expect("a line");
    assert!(last.contains("interrupted after 2 of 4") && last.contains("--resume"), "{last}");
    let lines = std::fs::read_to_string(&out).expect("the lines");
    assert_eq!(read(&out, &lines).map(|all| all.len()), Ok(2), "{lines}");
    let again = run(compare(&stand_in, &["--only", "active-45", "--out", &out])).await;
    assert_eq!(again.code, Some(2), "it does not write over what is there");
    assert!(again.stderr.last().expect("a line").contains("add --resume"));
    stand_in.speaks();
    let before = stand_in.asked().len();
    let resume = ["--only", "active-45", "--out", &out, "--resume"];
    let ended = run(compare(&stand_in, &resume)).await;
    assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
    let asked = &stand_in.asked()[before..];
    assert!(asked.iter().all(|one| !one.path.contains("46733123450")), "{asked:#?}");
    let told = |line: &&String| line.contains("active-450") && line.contains("an earlier run");
    assert!(ended.stdout.iter().any(|line| told(&line)), "{:#?}", ended.stdout);
    let lines = std::fs::read_to_string(&out).expect("the lines");
    assert_eq!(read(&out, &lines).map(|all| all.len()), Ok(4));
}

/// A gateway that tells all it knows: what it was asked with, and people's data.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_recording_tells_no_secret_and_nobodys_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("new.jsonl").display().to_string();
    let stand_in = StandIn::playing(recordings(&["basicuserinfo-collection"])).await;
    let body = concat!(
        "{\"sub\":\"0\",\"name\":\"Grace Nakato\",\"family_name\":\"Nakato\",",
        "\"email\":\"grace@mail.example\",\"phone_number\":\"256772123456\",",
        "\"message\":\"asked with {echo} by Nakato at 41.210.5.7\"}",
    );
    stand_in.answers_instead("Set-Cookie: id=41.210.5.7\r\nX-From: 10.9.8.7\r\n", body);
    let user = "c0ffee00-1111-4222-8333-444455556666";
    let arguments = [
        "--only",
        "basicuserinfo-collection",
        "--out",
        &out,
        "--api-user",
        &format!("{user}:the-api-key-0123456789abcdef0123"),
        "--callback-host",
        "callbacks.my-shop.example",
    ];
    let ended = run(compare(&stand_in, &arguments)).await;
    assert_eq!(ended.code, Some(3), "{:#?}", ended.stderr);
    let line = std::fs::read_to_string(&out).expect("a line");
    assert!(line.contains("asked with") && line.contains("{subscription_key}"), "{line}");
    let printed = ended.stdout.join("\n") + &ended.stderr.join("\n");
    for secret in [KEYS[0].1, "the-api-key", user, "a1.b2.c3"] {
        assert!(!line.to_lowercase().contains(&secret.to_lowercase()), "{secret}: {line}");
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
    for personal in
        ["Grace", "Nakato", "mail.example", "256772", "41.210", "10.9.8.7", "my-shop", "127.0.0.1"]
    {
        assert!(!line.contains(personal), "{personal}: {line}");
    }
    assert_eq!(read(&out, &line).map(|all| all.len()), Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_money_could_move_or_a_flag_is_wrong() {
    let stand_in = StandIn::playing(Vec::new()).await;
    for (arguments, told) in [
        (&["--target-environment", "mtnuganda"][..], "add --allow-production mtnuganda"),
        (
            &["--target-environment", "mtnuganda", "--allow-production", "mtnghana"],
            "nothing is sent unless both name the same market",
        ),
        (&["--allow-production", "mtnghana"], "nothing is sent unless"),
        (&["--allow-production", "sandbox"], "the sandbox needs no permission"),
        (&["--target-environment", "moon"], "unknown `moon`"),
        (
            &["--target-environment", "mtnghana", "--allow-production", "mtnghana"],
            "give --api-user UUID:KEY",
        ),
        (&["--only", "no-such-id"], "none of 147 recordings"),
        (&["--recordings", "/nowhere.jsonl"], "--recordings: cannot read /nowhere.jsonl"),
        (&["--base-url", "ftp://a.example"], "cannot be used multiple times"),
        (&["--resume"], "--out"),
    ] {
        let ended = run(compare(&stand_in, arguments)).await;
        let stderr = ended.stderr.join("\n");
        assert_eq!(ended.code, Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
    }
    let mut remote = momo_sandbox(&["compare", "--base-url", "https://gateway.example"]);
    remote.args(["--subscription-key", "collection=k", "--requests-per-second", "6"]);
    let ended = run(remote).await;
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.join("\n").contains("6 is more than 5"));
    assert!(stand_in.asked().is_empty(), "{:#?}", stand_in.asked());
    let nobody = momo_sandbox(&[
        "compare",
        "--base-url",
        "http://127.0.0.1:1",
        "--subscription-key",
        "collection=k",
    ]);
    let ended = run(nobody).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.last().expect("a line").contains("cannot connect to 127.0.0.1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emulator_behind_tls_is_compared_with_its_control_plane() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = folder.path().join("ca").display().to_string();
    let arguments = ["--tls-listen", "127.0.0.1:0", "--tls-ca", &authority];
    let serving = Serving::with(&arguments);
    let line = serving.line_with("HTTPS front on ");
    let port = line.split(';').next().and_then(|part| part.rsplit(':').next()).expect("a port");
    let url = format!("https://localhost:{}", port.trim());
    let root = format!("{authority}/root.pem");
    let compare = |only: &str, more: &[&str]| {
        let mut command = momo_sandbox(&["compare", "--requests-per-second", "1000"]);
        command.args(["--base-url", &url, "--subscription-key", "collection=any"]);
        command.args(["--only", only]).args(more);
        command
    };
    let ended = run(compare("rtp-status-expired-bearer", &["--trust", &root])).await;
    let text = ended.stdout.join("\n");
    assert!(!text.contains("clock can be moved") && text.contains("total of 1"), "{text}");
    assert!(!text.contains("\nnot replayable"), "the control plane moves the clock: {text}");
    let ended = run(compare("active-collection-2020", &[])).await;
    assert_eq!(ended.code, Some(1), "{:#?}", ended.stdout);
    assert!(ended.stderr.last().expect("a line").contains("TLS with localhost"));
}

#[test]
fn the_page_about_comparing_has_every_flag() {
    let page = include_str!("../../../docs/compare.md");
    let command = CommandLine::command();
    let compare = command.find_subcommand("compare").expect("the command");
    for flag in compare.get_arguments().filter_map(|flag| flag.get_long()) {
        let begins = [format!("| `--{flag} "), format!("| `--{flag}`")];
        let is_row = |line: &str| begins.iter().any(|begin| line.starts_with(begin));
        assert!(page.lines().any(is_row), "--{flag} has no row in docs/compare.md");
    }
}
