//! `momosandbox check`: what it shows of files that are broken, or odd.

use std::io::Write;
use std::process::Stdio;

use momo_sandbox::internals::scenarios::named;

use crate::support::program::{Ended, Program, folder_with, momo_sandbox};

/// What `check` shows of a file with this text.
fn checked(text: &str) -> Ended {
    let folder = folder_with(&[("mine.toml", text)]);
    Program::start(momo_sandbox(&["check", "mine.toml"]).current_dir(folder.path())).end()
}

#[test]
fn a_missing_quote_is_one_problem_with_a_remedy() {
    let ended = checked("[[rules]]\nwhen = { party = \"25677*, operation = \"refund\" }\n");
    assert_eq!(ended.code, Some(2));
    let shown = ended.stderr.join("\n");
    assert_eq!(ended.stderr.last().map(String::as_str), Some("1 problem"), "{shown}");
    assert!(shown.contains("mine.toml:2:18"), "{shown}");
    assert!(shown.contains("this text has no closing quote"), "{shown}");
    assert!(shown.contains("help: write \" where the text ends"), "{shown}");
}

#[test]
fn an_operation_of_another_product_is_a_warning_and_the_file_is_valid() {
    let when = "when = { operation = \"requesttopay\", product = \"disbursement\" }";
    let ended = checked(&format!("[[rules]]\n{when}\ncallback = {{ fate = \"lost\" }}\n"));
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, ["mine.toml: valid, `mine` with 1 rule"]);
    let shown = ended.stderr.join("\n");
    assert!(shown.contains("disbursement has no `requesttopay`"), "{shown}");
    assert!(shown.contains("write the product that has it: collection"), "{shown}");
}

/// A report is as wide as 80 columns here, and this name is too long for the rest of its line.
#[test]
fn a_long_name_stays_whole_in_a_report() {
    let name = "every-callback-of-a-refund-comes-late/or-not-at-all-in-the-first-hour";
    let ended = checked(&format!("\"{name}\" = 1\n[[rules]]\ncallback = {{ fate = \"lost\" }}\n"));
    let told: Vec<_> = ended.stderr.iter().filter(|line| line.contains("every-callback")).collect();
    let [message, source] = told[..] else { panic!("the message and the line: {told:#?}") };
    assert!(message.contains(&format!("`{name}`")), "{:#?}", ended.stderr);
    assert!(source.contains(name), "{source}");
}

#[test]
fn help_about_the_format_names_a_command_that_a_user_has() {
    let ended = checked("name = \"a\u{0}\"\n");
    let shown = ended.stderr.join(" ");
    assert!(shown.contains("scenarios declined` prints one"), "{shown}");
    let printed = Program::start(&mut momo_sandbox(&["scenarios", "declined"])).end();
    assert_eq!(printed.code, Some(0));
}

/// Three rules, of which the second counts.
const COUNTING: &str = r#"
[[rules]]
name = "big ones"
when = { amount = { more_than = "500" } }
then = { status = "FAILED", reason = "PAYER_LIMIT_REACHED" }
[[rules]]
when = { operation = "requesttopay", every = 2 }
submit = { delay = "1500ms", created = true, answer = { status = 500, body = "" } }
then = { status = "FAILED", reason = "EXPIRED", after = "90s" }
callback = { delay = "2s", status = "SUCCESSFUL" }
query = [{ times = 3, connection = "reset" }]
[[rules]]
when = { operation = "token", nth = 1 }
respond = { answer = { status = 401, body = "" } }
"#;

const BODY: &str = r#"{"amount":"5","currency":"EUR","externalId":"o1",
    "payer":{"partyIdType":"MSISDN","partyId":"256770000000"}}"#;

/// What `check --explain` says of a request, with these arguments after the file's name.
fn explained(arguments: &[&str]) -> Ended {
    let folder = folder_with(&[("mine.toml", COUNTING), ("body.json", BODY)]);
    let arguments = [&["check", "mine.toml"], arguments].concat();
    Program::start(momo_sandbox(&arguments).current_dir(folder.path())).end()
}

#[test]
fn check_explains_the_first_second_and_third_time_of_a_request() {
    let ended = explained(&["--explain", "body.json"]);
    assert_eq!((ended.code, ended.stderr), (Some(0), Vec::new()));
    let ordinary = [
        "  no rule decides, all is ordinary",
        "    - rule 3 of `mine` is about another operation",
        "    - rule 1 of `mine` (big ones) does not match: `amount`, here 5",
    ];
    let first = [
        "    - rule 2 of `mine` does not match: `every`, here occurrence 1",
        "  the POST meets: the ordinary 202",
        "  status: PENDING, SUCCESSFUL after 200ms",
        "  callback: sent with the final status, by POST",
        "  queries of the status meet: the status",
    ];
    let second = [
        "  rule 2 of `mine` decides, occurrence 2",
        ordinary[2],
        "  the POST meets: a 500 without a body after 1s 500ms; the transaction exists",
        "    all the same",
        "  status: PENDING, FAILED (EXPIRED) after 1m 30s",
        "  callback: sent 2s after the final status, by POST, says SUCCESSFUL",
        "  queries of the status meet: 1 to 3: no whole answer: connection reset; then:",
        "    the status",
    ];
    let third = first.map(|line| line.replace("occurrence 1", "occurrence 3"));
    let head = [
        "mine.toml: valid, `mine` with 3 rules",
        "",
        "requesttopay of collection",
        "drawn from: reference 00000000-0000-4000-8000-000000000000, seed 0",
        "",
        "1st time:",
    ];
    let mut expected: Vec<&str> = [&head[..], &ordinary, &first, &["", "2nd time:"]].concat();
    expected.extend(second);
    expected.extend(["", "3rd time:"]);
    expected.extend(ordinary);
    expected.extend(third.iter().map(String::as_str));
    assert_eq!(ended.stdout, expected);
    assert!(ended.stdout.iter().all(|line| line.chars().count() <= 80));
}

#[test]
fn check_explains_a_request_that_is_no_submission_without_a_body() {
    let ended = explained(&["--operation", "token", "--explain"]);
    assert_eq!((ended.code, ended.stderr), (Some(0), Vec::new()));
    let after_head = ended.stdout[4..].to_vec();
    let others = "    - rules 1, 2 of `mine` are about other operations";
    let expected = [
        "",
        "1st time:",
        "  rule 3 of `mine` decides, occurrence 1",
        others,
        "  meets: a 401 without a body",
        "",
        "2nd time:",
        "  no rule decides, all is ordinary",
        others,
        "    - rule 3 of `mine` does not match: `nth`, here occurrence 2",
        "  meets: the ordinary answer",
    ];
    assert_eq!(after_head[..expected.len()], expected);
}

/// Each time draws its own, from the number of the occurrence.
#[test]
fn check_explains_what_is_of_one_platform_of_production() {
    let text = named("slow-tokens").expect("it ships").text;
    let folder = folder_with(&[("mine.toml", text)]);
    let explained = |platform: &[&str]| {
        let arguments = ["check", "mine.toml", "--explain", "--operation", "token"];
        let arguments = [&arguments[..], &["--target-environment", "mtnuganda"], platform].concat();
        let ended = Program::start(momo_sandbox(&arguments).current_dir(folder.path())).end();
        assert_eq!((ended.code, &*ended.stderr), (Some(0), &[][..]));
        ended.stdout
    };
    let new = explained(&["--platform", "new"]);
    let delays =
        new.iter().filter_map(|line| line.strip_prefix("  meets: the ordinary answer after "));
    let seconds = delays.map(|delay| delay.split_once('s').expect("seconds").0);
    let seconds: Vec<u32> = seconds.map(|text| text.parse().expect("a number")).collect();
    assert_eq!(seconds.len(), 3, "{new:#?}");
    assert!(seconds.iter().all(|one| (10..=20).contains(one)), "{seconds:?}");
    assert!(seconds.iter().any(|one| *one != seconds[0]), "{seconds:?}");
    for (given, found) in [(&["--platform", "legacy"][..], "legacy"), (&[], "none")] {
        let told = explained(given).join(" ");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(&format!("does not match: `platform`, here {found}")), "{told}");
    }
}

#[test]
fn check_explains_a_body_of_standard_input_and_says_the_same_again() {
    let folder = folder_with(&[("mine.toml", COUNTING)]);
    let mut command = momo_sandbox(&["check", "mine.toml", "--explain", "-"]);
    let command = command.args(["--operation", "transfer", "--product", "remittance"]);
    let piped = command.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = piped.spawn().expect("a program that can be started");
    let body = BODY.replace("payer", "payee").replace("\"5\"", "\"600\"");
    child.stdin.take().expect("a pipe").write_all(body.as_bytes()).expect("read");
    let output = child.wait_with_output().expect("an end");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("\ntransfer of remittance\ndrawn from: reference"), "{text}");
    assert!(text.contains("  rule 1 of `mine` (big ones) decides\n"), "{text}");
    assert!(text.ends_with("\n2nd time: the same again\n\n3rd time: the same again\n"), "{text}");
}

#[test]
fn a_request_that_would_be_refused_is_not_explained() {
    for (arguments, expected) in [
        (&["--explain"][..], "error: --explain: a requesttopay has a body; name a file with"),
        (
            &["--explain", "mine.toml"],
            "error: --explain: mine.toml would be refused as a requesttopay: ",
        ),
        (&["--explain", "gone.json"], "error: --explain: cannot read gone.json: "),
        (
            &["--explain", "body.json", "--operation", "token"],
            "error: --explain: a request for `token` has no body to match: leave body.json out",
        ),
        (
            &["--explain", "body.json", "--product", "disbursement"],
            "error: --product: disbursement has no `requesttopay`; it is of collection",
        ),
        (
            &["--explain", "--operation", "create-api-user", "--product", "collection"],
            "error: --product: collection has no `create-api-user`; it is of no product",
        ),
        (&["--explain", "--operation", "payouts"], "error: invalid value 'payouts' for"),
        (&["--operation", "token"], "error: the following required arguments were not provided:"),
    ] {
        let ended = explained(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        let shown = ended.stderr.join(" ");
        assert!(shown.starts_with(expected), "{arguments:?}: {shown}");
    }
}
