//! The flags of MTN's two platforms of production, as they are typed.

use std::net::TcpListener;

use crate::support::program::{Ended, Program, Serving, bash, folder_with, momo_sandbox};

const MARKET: [&str; 2] = ["--target-environment", "mtnuganda"];
const BOTH: [&str; 4] = ["--platform", "both", "--listen-legacy", "127.0.0.1:0"];

/// A token with what shells, URLs and lists take apart.
const SYSTEM_CREDENTIAL: &str = "dXNlcg==:to:k,n!s3cret:shop.example:blue";
const API_USER: &str = "shop-1:s3cret:shop.example";

fn outcome(arguments: &[&str]) -> Ended {
    let listen = ["--listen", "127.0.0.1:0"];
    Program::start(momo_sandbox(&[&listen[..], arguments].concat()).env("NO_COLOR", "1")).end()
}

/// Ends with 2 and one line, which has no secret.
#[track_caller]
fn refused(arguments: &[&str]) -> String {
    let Ended { code, stdout, stderr, .. } = outcome(arguments);
    let told = stderr.join("\n");
    assert_eq!((code, stdout), (Some(2), Vec::new()), "{arguments:?}: {told}");
    assert!(told.starts_with("error: ") && !told.contains("s3cret"), "{arguments:?}: {told}");
    told
}

/// The status of a request for a token at this URL.
fn token_status(url: &str, user: &str, more: &str) -> String {
    bash(&format!(
        "curl -s -o /dev/null -w '%{{http_code}}' {url}/collection/token/ -u '{user}' \
         -H 'Ocp-Apim-Subscription-Key: k' -d '' {more}"
    ))
}

const UGANDA: &str = "-H 'X-Target-Environment: mtnuganda'";

/// The address at the end of a line of the banner.
fn url_in(line: &str) -> String {
    let url = line.split_whitespace().find(|word| word.starts_with("http://"));
    url.unwrap_or_else(|| panic!("no address: {line}")).to_owned()
}

/// The value of a line `  NAME: VALUE` of the banner.
fn value_in(serving: &Serving, name: &str) -> String {
    let line = serving.line_with(&format!("  {name}:"));
    line.split_once(':').expect("a value").1.trim().to_owned()
}

fn market(more: &[&'static str]) -> Vec<&'static str> {
    [&MARKET[..], more].concat()
}

fn both(more: &[&'static str]) -> Vec<&'static str> {
    [&MARKET[..], &BOTH[..2], more].concat()
}

/// Each with what is said of it, and what to do.
#[track_caller]
fn check_refusals(all: &[(Vec<&str>, &str, &str)]) {
    for (arguments, given, remedy) in all {
        let told = refused(arguments);
        assert!(told.contains(given) && told.contains(remedy), "{arguments:?}: {told}");
    }
}

#[test]
fn every_mistake_about_the_platforms_is_told_with_what_to_do() {
    check_refusals(&[
        (
            vec!["--platform", "both"],
            "--platform is both, and the target environment is sandbox",
            "--target-environment mtnuganda",
        ),
        (
            market(&["--listen-legacy", "127.0.0.1:0"]),
            "--listen-legacy is about two platforms side by side, and only the new platform",
            "add --platform both",
        ),
        (
            market(&["--platform", "legacy", "--cutover", "2h"]),
            "--cutover is about two platforms side by side, and only the legacy platform",
            "add --platform both",
        ),
        (
            vec!["--cutover", "2h"],
            "the target environment is sandbox",
            "--target-environment with a market and --platform both",
        ),
        (both(&["--legacy-ends-after", "3d"]), "no cutover is given", "--cutover 2h"),
        (both(&["--cutover", "soon"]), "`soon` is neither", "2026-11-01T00:00:00Z"),
    ]);
    let nowhere = "new=192.0.2.1";
    check_refusals(&[
        (
            vec!["--callback-source", "new=127.0.0.1"],
            "is for MTN's platforms of production",
            "name a market with --target-environment",
        ),
        (
            market(&["--callback-source", "legacy=127.0.0.1"]),
            "this emulator does not play the legacy platform",
            "--platform legacy or --platform both",
        ),
        (
            both(&["--callback-source", nowhere]),
            "--callback-source new=192.0.2.1: callbacks cannot be sent from there",
            "give an address that this machine has",
        ),
        (
            both(&["--callback-source", "new=127.0.0.1,new=127.0.0.1"]),
            "the new platform is given twice",
            "give one address",
        ),
    ]);
    let ports = ["--listen", "127.0.0.1:4999", "--listen-legacy", "127.0.0.1:4999"];
    let same = Program::start(&mut momo_sandbox(&both(&ports))).end();
    let told = same.stderr.join("\n");
    assert_eq!(same.code, Some(2), "{told}");
    assert!(told.contains("both platforms have the address 127.0.0.1:4999: give each"), "{told}");
}

#[test]
fn every_mistake_in_credentials_is_told_with_what_to_do() {
    check_refusals(&[
        (
            market(&["--api-user", API_USER]),
            "the API user shop-1 is of the legacy platform, and only the new one is played",
            "--system-credential",
        ),
        (
            market(&["--platform", "legacy", "--system-credential", SYSTEM_CREDENTIAL]),
            "the User ID `dXNlcg==` is of the new platform, and only the legacy one",
            "--api-user",
        ),
        (
            vec!["--system-credential", SYSTEM_CREDENTIAL],
            "the target environment is sandbox, which is not part of the migration",
            "--target-environment",
        ),
        (
            market(&["--system-credential", "u=:s3cret:127.0.0.1"]),
            "the callback host of u= is `127.0.0.1`",
            "it is a host name, never an IP address",
        ),
        (
            both(&["--system-credential", "u=:s3cret:a.example", "--api-user", "u=:k:a.example"]),
            "the User ID `u=` is given twice",
            "",
        ),
        (vec!["--api-user", API_USER], "`shop-1` is not a UUID of version 4", "name a market by"),
        (
            vec!["--api-user", "c0ffee00-1111-4222-8333-444455556666:s3cret:localhost:main"],
            "has the wallet `main`, and the target environment is sandbox",
            "leave the wallet out",
        ),
        (vec!["--system-credential", "u=:s3cret"], "'(not shown)'", "USERID:TOKEN:HOST"),
    ]);
}

#[test]
fn production_plays_the_new_platform_unless_told_otherwise_and_says_so() {
    let serving = Serving::with(&[&MARKET[..], &["--seed", "7"]].concat());
    let line = serving.line_with("plays MTN's");
    let expected = "plays MTN's new platform, momoapi.momo.africa; --platform legacy plays \
                    proxy.momoapi.mtn.com";
    assert_eq!(line, expected);
    let (id, token) = (value_in(&serving, "User ID"), value_in(&serving, "Credential Token"));
    assert!(id.ends_with('=') && token.contains(|one: char| one.is_ascii_punctuation()));
    let user = format!("{id}:{token}");
    assert_eq!(token_status(&serving.url, &user, UGANDA), "200");
    // The new platform wants the header with a token.
    assert_eq!(token_status(&serving.url, &user, ""), "400");
    let ended = serving.terminate();
    let (log, rest) = (ended.stderr.join("\n"), ended.stdout.join("\n"));
    assert!(!log.contains(&token) && !rest.contains(&token), "printed once: {log} {rest}");
    let legacy = Serving::with(&[&MARKET[..], &["--platform", "legacy"]].concat());
    legacy.line_with("plays MTN's legacy platform, proxy.momoapi.mtn.com; --platform new");
    let user = format!("{}:{}", value_in(&legacy, "id"), value_in(&legacy, "API key"));
    assert_eq!(token_status(&legacy.url, &user, ""), "200");
}

#[test]
fn both_platforms_have_ports_and_credentials_of_their_own() {
    let flags = [&MARKET[..], &BOTH].concat();
    let given = ["--system-credential", SYSTEM_CREDENTIAL, "--api-user", API_USER];
    let serving = Serving::with(&[&flags[..], &given].concat());
    serving.line_with("plays both of MTN's platforms:");
    let new = url_in(&serving.line_with("momoapi.momo.africa on http://"));
    assert_eq!(new, serving.url, "the first line has it too");
    let legacy = url_in(&serving.line_with("proxy.momoapi.mtn.com on http://"));
    serving.line_with("1 pair of System Credentials was given");
    serving.line_with("1 API user was given");
    let system = "dXNlcg==:to:k,n!s3cret";
    assert_eq!(token_status(&new, system, UGANDA), "200");
    assert_eq!(token_status(&legacy, "shop-1:s3cret", ""), "200");
    assert_eq!(token_status(&new, "shop-1:s3cret", UGANDA), "401");
    assert_ne!(token_status(&legacy, system, ""), "200");
    let ended = serving.terminate();
    let (log, rest) = (ended.stderr.join("\n"), ended.stdout.join("\n"));
    assert!(!log.contains("s3cret") && !rest.contains("s3cret"), "{log} {rest}");
    // Drawn for each, where none at all is given.
    let drawn = Serving::with(&flags);
    let legacy = url_in(&drawn.line_with("proxy.momoapi.mtn.com on http://"));
    let of_new = [value_in(&drawn, "User ID"), value_in(&drawn, "Credential Token")].join(":");
    let of_legacy = [value_in(&drawn, "id"), value_in(&drawn, "API key")].join(":");
    assert_eq!(token_status(&drawn.url, &of_new, UGANDA), "200");
    assert_eq!(token_status(&legacy, &of_legacy, ""), "200");
}

#[test]
fn a_platform_whose_credentials_are_missing_is_named() {
    let flags = [&MARKET[..], &BOTH, &["--api-user", API_USER]].concat();
    let serving = Serving::with(&flags);
    let line = serving.line_with("has no System Credentials");
    assert!(line.contains("add --system-credential or --api-users"), "{line}");
}

#[test]
fn the_variables_of_the_platforms_do_what_their_flags_do() {
    let mut command = momo_sandbox(&["--listen", "127.0.0.1:0"]);
    for (name, value) in [
        ("TARGET_ENVIRONMENT", "mtnuganda"),
        ("PLATFORM", "both"),
        ("LISTEN_LEGACY", "127.0.0.1:0"),
        ("SYSTEM_CREDENTIAL", SYSTEM_CREDENTIAL),
        ("CUTOVER", "2030-01-01T00:00:00Z"),
        ("LEGACY_ENDS_AFTER", "1d"),
    ] {
        command.env(format!("MOMO_SANDBOX_{name}"), value);
    }
    let serving = Serving::from(&mut command);
    let cutover = serving.line_with("cutover: ");
    let expected = "cutover: from 2030-01-01T00:00:00.000Z on the legacy platform takes no new \
                    payments; it is gone at 2030-01-02T00:00:00.000Z";
    assert_eq!(cutover, expected);
    assert_eq!(token_status(&serving.url, "dXNlcg==:to:k,n!s3cret", UGANDA), "200");
}

#[test]
fn who_listens_on_any_free_port_takes_any_two() {
    let flags = both(&[]);
    let (one, other) = (Serving::with(&flags), Serving::with(&flags));
    let legacy_of =
        |serving: &Serving| url_in(&serving.line_with("proxy.momoapi.mtn.com on http://"));
    assert_ne!(legacy_of(&one), legacy_of(&other));
}

/// A script that gets a token of the legacy platform, asks for a payment there, and prints the
/// statuses of both answers.
fn pay_at(legacy: &str, user: &str) -> String {
    bash(&format!(
        "t=$(curl -s {legacy}/collection/token/ -u '{user}' -d '' \
           -H 'Ocp-Apim-Subscription-Key: k' -w ' %{{http_code}}')
         printf '%s ' \"${{t##* }}\"
         curl -s -o /dev/null -w '%{{http_code}}' {legacy}/collection/v1_0/requesttopay \
           -H \"Authorization: Bearer $(cut -d'\"' -f4 <<<\"$t\")\" {UGANDA} \
           -H 'Ocp-Apim-Subscription-Key: k' -H \"X-Reference-Id: $(cat /proc/sys/kernel/random/uuid)\" \
           -d '{{\"amount\":\"500\",\"currency\":\"UGX\",\"payer\":{{\"partyIdType\":\"MSISDN\",\
           \"partyId\":\"256770000000\"}}}}'"
    ))
}

#[test]
fn the_legacy_platform_closes_at_the_cutover_and_is_gone_after_it() {
    let times = ["--clock", "manual", "--cutover", "2h", "--legacy-ends-after", "1d"];
    let flags = [&MARKET[..], &BOTH, &times, &["--api-user", API_USER]].concat();
    let serving = Serving::with(&flags);
    let legacy = url_in(&serving.line_with("proxy.momoapi.mtn.com on http://"));
    let advance = |by: &str| {
        bash(&format!(
            "curl -sf {}/_sandbox/clock/advance -H 'Content-Type: application/json' \
             -d '{{\"by\":\"{by}\"}}'",
            serving.url
        ))
    };
    assert_eq!(pay_at(&legacy, "shop-1:s3cret"), "200 202");
    advance("2h");
    assert_eq!(pay_at(&legacy, "shop-1:s3cret"), "200 503");
    advance("24h");
    assert_eq!(token_status(&legacy, "shop-1:s3cret", ""), "502");
}

#[test]
fn a_port_of_the_legacy_platform_that_is_in_use_is_named_with_its_flag() {
    let busy = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = busy.local_addr().expect("an address").to_string();
    let flags = [&MARKET[..], &["--platform", "both", "--listen-legacy", &taken]].concat();
    let ended = outcome(&flags);
    let told = ended.stderr.join("\n");
    assert_eq!(ended.code, Some(1), "{told}");
    assert!(told.contains(&format!("cannot listen on {taken}")), "{told}");
    assert!(told.contains("choose another address with --listen-legacy"), "{told}");
}

#[test]
fn a_legacy_port_beyond_this_machine_needs_the_token_too() {
    let flags = ["--platform", "both", "--listen-legacy", "0.0.0.0:0"];
    let serving = Serving::with(&[&MARKET[..], &flags].concat());
    let legacy = url_in(&serving.line_with("proxy.momoapi.mtn.com on http://"));
    let token = serving.line_with("/_sandbox needs the header Authorization: Bearer ");
    let token = token.rsplit(' ').next().expect("a token");
    let status = |header: &str| {
        bash(&format!(
            "curl -s -o /dev/null -w '%{{http_code}}' {legacy}/_sandbox/spaces -H '{header}'"
        ))
    };
    assert_eq!(status("X-No: token"), "401");
    assert_eq!(status(&format!("Authorization: Bearer {token}")), "200");
}

#[test]
fn a_file_of_credentials_has_both_kinds_and_tells_each_mistake_with_its_line() {
    let good = "[[api_users]]\nid = \"shop-1\"\napi_key = \"s3cret\"\n\
                provider_callback_host = \"shop.example\"\nwallet = \"blue\"\n\
                [[system_credentials]]\nuser_id = \"dXNlcg==\"\ntoken = \"to:k,n!s3cret\"\n\
                provider_callback_host = \"shop.example\"\nwallet = \"blue\"\n";
    let folder = folder_with(&[("users.toml", good)]);
    let file = folder.path().join("users.toml").display().to_string();
    let flags = [&MARKET[..], &BOTH, &["--api-users", &file]].concat();
    let serving = Serving::with(&flags);
    let legacy = url_in(&serving.line_with("proxy.momoapi.mtn.com on http://"));
    assert_eq!(token_status(&serving.url, "dXNlcg==:to:k,n!s3cret", UGANDA), "200");
    assert_eq!(token_status(&legacy, "shop-1:s3cret", ""), "200");
    let with_text = |text: &str, flags: &[&str]| {
        std::fs::write(&file, text).expect("written");
        refused(&[flags, &["--api-users", &file]].concat())
    };
    let both = [&MARKET[..], &BOTH].concat();
    let bad = good
        .replacen("\"shop.example\"\nwallet = \"blue\"", "\"127.0.0.1\"\nwallet = \"b lue\"", 1)
        .replace("\"to:k,n!s3cret\"", "\"\"")
        .replace("dXNlcg==", "shop-1");
    let told = with_text(&bad, &both);
    for part in [":4: the callback host of shop-1 is `127.0.0.1`", ":5: the wallet's name", ":8: "]
    {
        assert!(told.contains(&format!("users.toml{part}")), "{part}: {told}");
    }
    let twice = good.replace("dXNlcg==", "shop-1");
    assert!(with_text(&twice, &both).contains("users.toml:7: the User ID `shop-1` is given twice"));
    let only_new = with_text(good, &MARKET);
    assert!(only_new.contains("users.toml:2: the API user shop-1 is of the legacy"), "{only_new}");
    let sandbox = with_text(good, &[]);
    for part in [":2: `shop-1` is not a UUID", ":5: the API user shop-1 has", ":7: the User ID"] {
        assert!(sandbox.contains(&format!("users.toml{part}")), "{part}: {sandbox}");
    }
    assert!(
        with_text("", &both)
            .contains("users.toml:1: the file has no credentials; each API user is")
    );
    let by_flag = [&both[..], &["--api-user", API_USER]].concat();
    assert!(with_text(good, &by_flag).contains("shop-1 is given twice, by a flag and in the file"));
}

#[test]
fn no_secret_of_system_credentials_is_in_what_is_printed_of_the_configuration() {
    let flags = [&MARKET[..], &["--system-credential", SYSTEM_CREDENTIAL]].concat();
    let print = |how: &'static str| outcome(&[&flags[..], &[how]].concat()).stdout.join("\n");
    let masked = print("--print-config");
    assert!(!masked.contains("s3cret"), "{masked}");
    assert!(masked.contains("# system-credential: set, but secret; "), "{masked}");
    assert!(masked.contains("# platform: not set; default: new, where"), "{masked}");
    let shown = print("--print-config=with-secrets");
    let expected = format!("system-credential = [\"{SYSTEM_CREDENTIAL}\"]");
    assert!(shown.contains(&expected), "{shown}");
    let mut help = momo_sandbox(&["serve", "--help"]);
    help.env("MOMO_SANDBOX_SYSTEM_CREDENTIAL", SYSTEM_CREDENTIAL);
    let help = Program::start(&mut help).end().stdout.join("\n");
    assert!(help.contains("[env: MOMO_SANDBOX_SYSTEM_CREDENTIAL]"), "{help}");
    assert!(!help.contains("s3cret"), "{help}");
}

/// What `exec` tells its command, as lines `NAME=VALUE`.
fn told_by_exec(flags: &[&str], script: &str) -> Ended {
    let arguments = [&["exec", "--seed", "3"], flags, &["--", "bash", "-c", script]].concat();
    Program::start(momo_sandbox(&arguments).env("MOMO_SANDBOX_LEGACY_API_KEY", "inherited")).end()
}

#[test]
fn exec_hands_the_command_credentials_of_each_platform_that_is_played() {
    let variables = "env | grep -E '^MOMO_SANDBOX_(LEGACY_)?(URL|API)' | cut -d= -f1 | sort";
    let new = ["API_KEY", "API_USER_ID", "URL"].map(|name| format!("MOMO_SANDBOX_{name}"));
    let of_market = told_by_exec(&MARKET, variables);
    assert_eq!(of_market.stdout, new, "{:?}", of_market.stderr);
    let of_both = told_by_exec(&[&MARKET[..], &["--platform", "both"]].concat(), variables);
    let legacy = ["LEGACY_API_KEY", "LEGACY_API_USER_ID", "LEGACY_URL"];
    let mut expected = new.to_vec();
    expected.splice(2..2, legacy.map(|name| format!("MOMO_SANDBOX_{name}")));
    assert_eq!(of_both.stdout, expected, "{:?}", of_both.stderr);
    let told = of_both.stderr.join("\n");
    assert!(told.contains("proxy.momoapi.mtn.com on http://127.0.0.1:"), "{told}");
    let token = |prefix: &str, header: &str| {
        format!(
            "curl -s -o /dev/null -w '%{{http_code}} ' $MOMO_SANDBOX_{prefix}URL/collection/token/ \
             -u $MOMO_SANDBOX_{prefix}API_USER_ID:$MOMO_SANDBOX_{prefix}API_KEY -d '' \
             -H 'Ocp-Apim-Subscription-Key: k' {header};"
        )
    };
    let script = token("", UGANDA) + &token("LEGACY_", "");
    let tokens = told_by_exec(&[&MARKET[..], &["--platform", "both"]].concat(), &script);
    assert_eq!(tokens.stdout, ["200 200 "], "{:?}", tokens.stderr);
}
