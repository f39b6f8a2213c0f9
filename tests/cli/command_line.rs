//! The program as it is run from a shell: what it prints, and how it ends.

use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;

use crate::support::merchant::{PAYER, body_of, new_reference};
use crate::support::program::{
    Ended, Program, Serving, bash, folder_with, momo_sandbox, next, status_of,
};

/// MTN's number of a payer whose transaction stays pending.
const PENDING_PAYER: &str = "46733123453";

const API_USER: &str = "c0ffee00-1111-4222-8333-444455556666:secret:localhost";

const BAD: &str = "\
[[rules]]
when = { operation = \"requestopay\" }
then = { statuss = \"FAILED\" }
";

/// What it does with these arguments until it ends by itself.
fn outcome(arguments: &[&str]) -> Ended {
    Program::start(&mut momo_sandbox(arguments)).end()
}

/// What it does with these arguments in a directory with these files.
fn outcome_among(files: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let directory = folder_with(files);
    Program::start(momo_sandbox(arguments).current_dir(directory.path())).end()
}

#[test]
fn serve_says_where_it_listens_what_is_in_force_and_the_seed() {
    let address = ["--listen", "127.0.0.1:0", "--seed", "42"];
    let serving = Serving::from(momo_sandbox(&["serve"]).args(address));
    let version = env!("CARGO_PKG_VERSION");
    let prefix = format!("momo-sandbox {version} listening on http://127.0.0.1:");
    let port = serving.first_line.strip_prefix(&prefix).expect(&serving.first_line);
    assert_ne!(port.parse::<u16>().expect("a port"), 0);
    let scenario = serving.line_with("");
    let expected = "scenario: MTN's own test numbers; anything else succeeds after 200ms";
    assert_eq!(scenario, expected);
    assert_eq!(serving.line_with(""), "seed 42 (repeat this run with --seed 42)");
    assert_eq!(serving.line_with(""), format!("console: {}/_sandbox/", serving.url));
    assert_eq!(serving.line_with(""), "try it:");
}

#[test]
fn a_seed_that_was_not_given_is_drawn_and_printed() {
    let line = Serving::with(&[]).line_with("seed ");
    let seed = line.split(' ').nth(1).expect("a seed");
    seed.parse::<u64>().expect("a number");
    assert_eq!(line, format!("seed {seed} (repeat this run with --seed {seed})"));
}

#[test]
fn no_subcommand_serves_too() {
    let ended = Serving::with(&[]).terminate();
    assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
}

#[test]
fn the_example_works_when_pasted_and_fits_80_columns() {
    let serving = Serving::with(&[]);
    let example = serving.example();
    let widest = example.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?}: {example}");
    let status = status_of(&example);
    assert_eq!(status["status"], "SUCCESSFUL", "{status}");
    assert_eq!(status["amount"].to_string().trim_matches('"'), "12.5", "{status}");
    assert_eq!(status["payer"]["partyId"], "46733123999", "{status}");
}

#[test]
fn the_variable_of_listen_says_where() {
    let serving = Serving::from(momo_sandbox(&[]).env("MOMO_SANDBOX_LISTEN", "127.0.0.2:0"));
    assert!(serving.url.starts_with("http://127.0.0.2:"), "{}", serving.url);
}

#[test]
fn the_variable_of_scenario_takes_files_separated_by_commas() {
    let files = [("a.toml", "description = \"the first\"\n"), ("b.toml", "name = \"second\"\n")];
    let directory = folder_with(&files);
    let serving = Serving::from(
        momo_sandbox(&["serve", "--listen", "127.0.0.1:0"])
            .env("MOMO_SANDBOX_SCENARIO", "a.toml,b.toml")
            .current_dir(directory.path()),
    );
    assert_eq!(serving.line_with(""), "scenario `a`: the first");
    assert_eq!(serving.line_with(""), "scenario `second`: no description");
    assert!(serving.line_with("").starts_with("then MTN's own test numbers"));
}

#[test]
fn with_a_manual_clock_the_start_says_how_to_advance_it() {
    for flags in [&["--clock", "manual"][..], &["--clock", "manual", "--control-token", "TOKEN"]] {
        let serving = Serving::with(flags);
        serving.line_with("the clock is paused; advance it:");
        let call = [(); 3].map(|()| serving.line_with(""));
        let call = call.iter().take_while(|line| line.starts_with("  ")).map(String::as_str);
        let advanced = bash(&call.collect::<Vec<_>>().join("\n"));
        assert!(advanced.contains("\"now\""), "{advanced}");
    }
    // The example needs no pause then.
    let serving = Serving::with(&["--clock", "manual"]);
    assert_eq!(status_of(&serving.example())["status"], "SUCCESSFUL");
}

#[test]
fn each_payment_is_a_line_of_the_log_on_request_and_none_is_without() {
    let log = |flags: &[&str]| {
        let serving = Serving::with(flags);
        let callback = r#"-H "X-Callback-Url: http://localhost:9/x" -d '{"amount"#;
        let example = serving.example().replace("-d '{\"amount", callback);
        status_of(&example);
        serving.be_refused();
        serving.terminate().stderr.join("\n")
    };
    let silent = log(&[]);
    assert!(!silent.contains("accepted") && !silent.contains("settled"), "{silent}");
    assert!(silent.contains("refused"), "{silent}");
    let told = log(&["--log-level", "payments"]);
    for part in [
        "accepted: requesttopay of 12.5 EUR, party 46733123999, external id 1",
        "settled: SUCCESSFUL",
        "callback not delivered",
        "refused",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(told.matches("accepted:").count(), 1, "{told}");
    assert_eq!(told.matches("settled:").count(), 1, "{told}");
    let errors = log(&["--log-level", "error"]);
    assert_eq!(errors, "", "nothing went wrong");
    let every = log(&["--log-level", "debug"]);
    assert!(every.contains("DEBUG answered") && !every.contains("hyper"), "{every}");
}

#[test]
fn the_variable_of_seed_repeats_a_run() {
    let run = || {
        let serving = Serving::with_variable("MOMO_SANDBOX_SEED", "7");
        let seed = serving.line_with("seed ");
        (seed, serving.example().replace(&serving.url, ""))
    };
    let (seed, example) = run();
    assert_eq!(seed, "seed 7 (repeat this run with --seed 7)");
    assert_eq!(run(), (seed, example));
}

#[test]
fn the_variable_of_settle_after_keeps_payments_pending_so_long() {
    let serving = Serving::with_variable("MOMO_SANDBOX_SETTLE_AFTER", "90s");
    let line = serving.line_with("");
    assert!(line.ends_with("anything else succeeds after 1m 30s"), "{line}");
    let status = serving.paste_example_for("46733123998");
    assert_eq!(status["status"], "PENDING", "{status}");
}

#[test]
fn the_variable_of_opening_balance_is_what_accounts_hold() {
    let serving = Serving::with_variable("MOMO_SANDBOX_OPENING_BALANCE", "7.50");
    serving.line_with("each account holds 7.50 at first");
    let balance = "; pay $M/collection/v1_0/account/balance";
    let example = serving.example();
    let (before, _) = example.split_once("\n  R=").expect("the payment's line");
    let printed = bash(&format!("{before}{balance}"));
    assert_eq!(printed, r#"{"availableBalance":"7.5","currency":"EUR"}"#);
}

#[test]
fn beyond_this_machine_the_control_plane_needs_its_token() {
    let serving = Serving::from(&mut momo_sandbox(&["--listen", "0.0.0.0:0"]));
    let line = serving.line_with("/_sandbox needs the header");
    let (_, token) = line.split_once("Bearer ").expect("a token");
    let url = serving.url.replace("0.0.0.0", "127.0.0.1");
    let status = |path: &str, header: &str| {
        bash(&format!("curl -s -o /dev/null -w '%{{http_code}}' -H '{header}' {url}{path}"))
    };
    let clock = "/_sandbox/clock";
    assert_eq!(status(clock, "X: y"), "401");
    assert_eq!(status(clock, &format!("Authorization: Bearer {token}")), "200");
    assert_eq!(status("/_sandbox/health", "X: y"), "200", "for health checks");
    let given = Serving::with_variable("MOMO_SANDBOX_CONTROL_TOKEN", "secret");
    given.line_with("Authorization: Bearer TOKEN, with --control-token's TOKEN");
}

#[test]
fn the_variable_of_subscription_key_makes_that_key_the_only_good_one() {
    let serving = Serving::with_variable(
        "MOMO_SANDBOX_SUBSCRIPTION_KEY",
        "collection=abc123,disbursement=def456",
    );
    let refused = serving.line_with("no subscription key");
    assert_eq!(refused, "no subscription key for remittance: its calls are refused");
    let example = serving.example();
    assert!(!example.contains("abc123"), "a key is a secret: {example}");
    let status = status_of(&format!("KEY=abc123\n{example}"));
    assert_eq!(status["status"], "SUCCESSFUL", "{status}");
    let answer = |key: &str| {
        let url = &serving.url;
        bash(&format!(
            "curl -s -o /dev/null -w '%{{http_code}}' {url}/v1_0/apiuser/{id} \
             -H 'Ocp-Apim-Subscription-Key: {key}'",
            id = "c0ffee00-1111-4222-8333-444455556666",
        ))
    };
    assert_eq!((answer("def456"), answer("other")), ("404".to_owned(), "401".to_owned()));
}

#[test]
fn the_variable_of_api_user_gives_credentials_that_get_a_token() {
    let serving = Serving::with_variable("MOMO_SANDBOX_API_USER", API_USER);
    for product in ["collection", "disbursement", "remittance"] {
        let answer = bash(&format!(
            "curl -s {url}/{product}/token/ -u {user}:secret -H 'Ocp-Apim-Subscription-Key: k' \
             -d ''",
            url = serving.url,
            user = "c0ffee00-1111-4222-8333-444455556666",
        ));
        let answer: Value = serde_json::from_str(&answer).expect(&answer);
        assert!(!answer["access_token"].as_str().expect("a token").is_empty());
    }
}

#[test]
fn the_variable_of_log_format_makes_each_line_of_the_log_a_json_object() {
    let serving = Serving::with_variable("MOMO_SANDBOX_LOG_FORMAT", "json");
    check_json_log(serving);
}

#[test]
fn log_format_json_makes_each_line_of_the_log_a_json_object() {
    check_json_log(Serving::with(&["--log-format", "json"]));
}

fn check_json_log(serving: Serving) {
    serving.be_refused();
    let log = serving.terminate().stderr;
    let refused = log
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).expect(line))
        .inspect(|entry| assert!(entry["level"].is_string() && entry["timestamp"].is_string()))
        .find(|entry| entry["fields"]["message"] == "refused")
        .expect("a line of the refused request");
    assert_eq!(refused["fields"]["path"], "/v1_0/apiuser", "{refused}");
    assert_eq!(refused["fields"]["status"].to_string(), "401", "{refused}");
}

/// MTN's sandbox would let it succeed: who wonders why it fails here finds it in the log.
#[test]
fn the_log_says_why_the_ledger_makes_a_payout_fail() {
    let serving = Serving::with(&[]);
    let transfer = serving
        .example()
        .replace("collection", "disbursement")
        .replace("requesttopay", "transfer")
        .replace("payer", "payee")
        .replace("12.50", "5009009900");
    assert_eq!(status_of(&transfer)["reason"], "NOT_ENOUGH_FUNDS");
    let log = serving.terminate().stderr;
    let line = log.iter().find(|line| line.contains("fail by the ledger")).expect("a line");
    let why = "it needs 5009009900 EUR, the disbursement account has 1000 EUR available";
    assert!(line.contains(why) && line.contains("--ledger off"), "{line}");
}

/// The flag goes before a scenario's `ledger`, as that of the opening balance does.
#[test]
fn ledger_off_lets_a_payout_of_any_size_succeed_whatever_a_scenario_says() {
    let files = folder_with(&[("kept.toml", "ledger = \"on\"\n")]);
    let path = files.path().join("kept.toml");
    let path = path.to_str().expect("a path");
    let serving = Serving::with(&["--scenario", path, "--ledger", "off"]);
    serving.line_with("no ledger: payouts and refunds of any amount succeed");
    let transfer = serving
        .example()
        .replace("collection", "disbursement")
        .replace("requesttopay", "transfer")
        .replace("payer", "payee")
        .replace("12.50", "5009009900");
    assert_eq!(status_of(&transfer)["status"], "SUCCESSFUL");
}

#[test]
fn the_log_is_text_unless_told_otherwise_and_does_not_colour_a_file() {
    let serving = Serving::with(&[]);
    serving.be_refused();
    let log = serving.terminate().stderr;
    let line = log.iter().find(|line| line.contains("refused")).expect("a line");
    assert!(line.contains("/v1_0/apiuser") && !line.contains('\u{1b}'), "{line}");
}

#[test]
fn a_flag_goes_before_its_variable() {
    let command = &mut momo_sandbox(&["--listen", "127.0.0.1:0", "--seed", "1"]);
    let serving = Serving::from(command.env("MOMO_SANDBOX_SEED", "2"));
    assert!(serving.line_with("seed ").starts_with("seed 1 "));
}

#[test]
fn a_port_in_use_ends_it_with_1_and_one_line_that_names_the_address() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut command = momo_sandbox(&["--listen", &address]);
    let ended = Program::start(command.env("RUST_BACKTRACE", "1")).end();
    assert_eq!((ended.code, ended.stdout), (Some(1), Vec::new()));
    let [line] = &ended.stderr[..] else { panic!("one line: {:#?}", ended.stderr) };
    assert!(line.starts_with(&format!("error: cannot listen on {address}: ")), "{line}");
    assert!(line.contains("--listen"), "{line}");
}

#[test]
fn a_broken_scenario_file_stops_the_start_and_is_shown_with_place_and_remedy() {
    let files = [("bad.toml", BAD)];
    let ended = outcome_among(&files, &["--listen", "127.0.0.1:0", "--scenario", "bad.toml"]);
    assert_eq!((ended.code, &ended.stdout), (Some(2), &Vec::new()));
    let shown = ended.stderr.join("\n");
    for part in [
        "`operation` cannot be `requestopay`",
        "bad.toml:2:22",
        "when = { operation = \"requestopay\" }",
        "did you mean `requesttopay`?",
        "unknown field `statuss`",
        "bad.toml:3:10",
        "did you mean `status`?",
    ] {
        assert!(shown.contains(part), "no `{part}` in\n{shown}");
    }
    check_underlined(&ended.stderr, "\"requestopay\"");
    check_underlined(&ended.stderr, "statuss");
}

/// Among what is shown there is a line of the file in which exactly `wrong` is underlined.
#[track_caller]
fn check_underlined(shown: &[String], wrong: &str) {
    let is_exact = |pair: &[String]| {
        let Some((before, _)) = pair[0].split_once(wrong) else { return false };
        let start = before.chars().count();
        let expected = start..start + wrong.chars().count();
        let below = pair[1].chars().enumerate();
        let marked = below.filter(|(_, c)| "─^-".contains(*c)).map(|(at, _)| at);
        marked.eq(expected)
    };
    assert!(shown.windows(2).any(is_exact), "`{wrong}` is not underlined: {shown:#?}");
}

#[test]
fn check_says_what_is_in_good_files() {
    let two = "[[rules]]\nwhen = { first = 1 }\ncallback = { fate = \"lost\" }\n".repeat(2);
    let files = [("empty.toml", "name = \"nothing\"\n"), ("two.toml", &two)];
    let ended = outcome_among(&files, &["check", "empty.toml", "two.toml"]);
    assert_eq!(ended.code, Some(0));
    let warned = ended.stderr.join("\n");
    assert_eq!(warned.matches("this scenario says nothing").count(), 1, "{warned}");
    assert!(warned.contains("empty.toml:1:1") && !warned.contains("two.toml"), "{warned}");
    let expected =
        ["empty.toml: valid, `nothing` with 0 rules", "two.toml: valid, `two` with 2 rules"];
    assert_eq!(ended.stdout, expected);
}

/// A scenario may have a code that MTN was never seen to send: a warning, and no mistake.
#[test]
fn check_warns_of_a_reason_that_was_never_seen_and_ends_well() {
    let text = "[[rules]]\nthen = { status = \"FAILED\", reason = \"LOW_BALANCE\" }\n";
    let files = [("odd.toml", text)];
    let ended = outcome_among(&files, &["check", "odd.toml"]);
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, ["odd.toml: valid, `odd` with 1 rule"]);
    let shown = ended.stderr.join(" ");
    assert!(shown.contains("odd.toml:2:38"), "{shown}");
    assert!(shown.contains("reason `LOW_BALANCE` was never seen from MTN"), "{shown}");
    assert!(shown.contains("LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED"), "{shown}");
}

#[test]
fn scenarios_lists_what_ships_and_prints_one() {
    let listed = outcome(&["scenarios"]);
    assert_eq!((listed.code, listed.stderr), (Some(0), Vec::new()));
    let line = listed.stdout.iter().find(|line| line.starts_with("lying-500 "));
    assert!(line.is_some_and(|line| line.contains("although the payment was created")));
    let printed = outcome(&["scenarios", "lying-500"]).stdout.join("\n") + "\n";
    assert_eq!(printed, include_str!("../../scenarios/lying-500.toml"));
    let unknown = outcome(&["scenarios", "lying-50"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr[0].contains("did you mean `lying-500`?"), "{:?}", unknown.stderr);
}

#[test]
fn a_shipped_scenario_is_found_by_its_name() {
    let checked = outcome(&["check", "lying-500"]);
    assert_eq!((checked.code, checked.stderr), (Some(0), Vec::new()));
    let serving = Serving::with(&["--scenario", "missed-callback"]);
    serving.line_with("scenario `missed-callback`: Every callback is lost");
    let unknown = outcome(&["--scenario", "mised-callback"]);
    assert_eq!(unknown.code, Some(2));
    let shown = unknown.stderr.join(" ");
    assert!(shown.contains("did you mean `missed-callback`?"), "{shown}");
}

#[test]
fn a_scenario_file_that_changes_on_disk_takes_force_and_a_broken_one_does_not() {
    let of =
        |name: &str| format!("name = \"{name}\"\n[[rules]]\ncallback = {{ fate = \"lost\" }}\n");
    let folder = folder_with(&[("mine.toml", &of("before"))]);
    let file = folder.path().join("mine.toml");
    let serving = Serving::with(&["--scenario", file.to_str().expect("UTF-8")]);
    let in_force = || {
        let answer = bash(&format!("curl -s {}/_sandbox/scenario", serving.url));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["scenarios"][0]["name"].as_str().expect("a name").to_owned()
    };
    let log_says = |part: &str| {
        while let Some(line) = next(&serving.program.stderr) {
            if line.contains(part) {
                return;
            }
        }
        panic!("the log ended without `{part}`");
    };
    assert_eq!(in_force(), "before");
    std::fs::write(&file, "name = 5\n").expect("written");
    log_says("a scenario file changed and is broken");
    assert_eq!(in_force(), "before");
    std::fs::write(&file, of("after")).expect("written");
    log_says("a scenario file changed and is in force");
    assert_eq!(in_force(), "after");
}

/// The scenario file itself does not change.
#[test]
fn a_file_that_an_answer_comes_from_takes_force_when_it_changes() {
    let scenario = "[[rules]]\nsubmit = { answer = { body = { file = \"pages/down.html\" } } }\n";
    let folder = folder_with(&[("mine.toml", scenario)]);
    let page = folder.path().join("pages/down.html");
    std::fs::create_dir(folder.path().join("pages")).expect("a folder");
    std::fs::write(&page, "<p>before").expect("written");
    let file = folder.path().join("mine.toml");
    let serving = Serving::with(&["--scenario", file.to_str().expect("UTF-8")]);
    let posted = |path: &str, headers: &str, body: &str| {
        let json = "-H 'Content-Type: application/json'";
        bash(&format!("curl -s {}{path} {json} {headers} -d '{body}'", serving.url))
    };
    let made: Value = serde_json::from_str(&posted("/_sandbox/spaces", "", "{}")).expect("JSON");
    let token = made["tokens"]["collection"].as_str().expect("a token");
    let headers = format!(
        "-H 'Authorization: Bearer {token}' -H 'Ocp-Apim-Subscription-Key: key' -H \
         'X-Target-Environment: sandbox' -H 'X-Reference-Id: {}'",
        new_reference()
    );
    let body = body_of("requesttopay", "5", PAYER, "").to_string();
    let answer = || posted("/collection/v1_0/requesttopay", &headers, &body);
    let log_says = |part: &str| {
        while let Some(line) = next(&serving.program.stderr) {
            if line.contains(part) {
                return;
            }
        }
        panic!("the log ended without `{part}`");
    };
    assert_eq!(answer(), "<p>before");
    std::fs::remove_file(&page).expect("removed");
    log_says("a scenario file changed and is broken");
    std::fs::write(&page, "<p>after, longer").expect("written");
    log_says("a scenario file changed and is in force");
    assert_eq!(answer(), "<p>after, longer");
}

#[test]
fn a_folder_of_scenarios_is_in_force_in_the_order_of_names_and_may_grow() {
    let of = |name: &str| format!("name = \"{name}\"\n");
    let folder = folder_with(&[
        ("20-second.toml", &of("second")),
        ("10-first.toml", &of("first")),
        ("notes.md", "no scenario"),
        (".10-first.toml", "an editor's own file"),
    ]);
    let serving = Serving::with(&["--scenario", folder.path().to_str().expect("UTF-8")]);
    let in_force = || {
        let answer = bash(&format!("curl -s {}/_sandbox/scenario", serving.url));
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let scenarios = answer["scenarios"].as_array().expect("an array").clone();
        let names = scenarios.iter().map(|one| one["name"].as_str().expect("a name").to_owned());
        names.take_while(|name| name != "mtn-test-values").collect::<Vec<_>>()
    };
    assert_eq!(in_force(), ["first", "second"]);
    std::fs::write(folder.path().join("15-between.toml"), of("between")).expect("written");
    while let Some(line) = next(&serving.program.stderr) {
        if line.contains("a scenario file changed and is in force") {
            break;
        }
    }
    assert_eq!(in_force(), ["first", "between", "second"]);
}

#[test]
fn a_folder_without_a_scenario_file_stops_the_start() {
    let ended = outcome_among(&[("notes.md", "no scenario")], &["--scenario", "."]);
    assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()));
    let shown = ended.stderr.join("\n");
    assert!(shown.contains("the folder . has no scenario file: none ends in .toml"), "{shown}");
}

#[test]
fn check_shows_all_problems_of_all_files_at_once() {
    let good = "[[rules]]\ncallback = { fate = \"lost\" }\n";
    let files = [("bad.toml", BAD), ("good.toml", good), ("odd.toml", "name = 5\n")];
    let ended = outcome_among(&files, &["check", "bad.toml", "good.toml", "odd.toml"]);
    assert_eq!(ended.code, Some(2));
    let shown = ended.stderr.join("\n");
    let places = ["bad.toml:2:22", "bad.toml:3:10", "odd.toml:1:8"];
    let found: Vec<_> = places.iter().map(|place| shown.find(place).expect(&shown)).collect();
    assert!(found.is_sorted(), "in the order of the files:\n{shown}");
    assert!(ended.stderr.last().expect("a summary").starts_with("3 problems"), "{shown}");
    assert!(!shown.contains("good.toml"), "{shown}");
}

#[test]
fn check_names_a_file_that_is_missing_and_goes_on() {
    let ended = outcome_among(&[("odd.toml", "name = 5\n")], &["check", "gone.toml", "odd.toml"]);
    assert_eq!(ended.code, Some(2));
    let shown = ended.stderr.join("\n");
    assert!(shown.contains("cannot read the scenario file gone.toml: No such file"), "{shown}");
    assert!(shown.contains("odd.toml:1:8"), "{shown}");
}

#[test]
fn a_missing_scenario_file_stops_the_start() {
    let ended = outcome_among(&[], &["--listen", "127.0.0.1:0", "--scenario", "gone.toml"]);
    assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()));
    assert!(ended.stderr.join("\n").contains("gone.toml"), "{:#?}", ended.stderr);
}

#[test]
fn every_scenario_that_comes_with_the_program_is_good() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files: Vec<_> = std::fs::read_dir(directory)
        .expect("scenarios/")
        .map(|entry| entry.expect("an entry").path().display().to_string())
        .collect();
    let names = files.iter().map(String::as_str);
    let ended = outcome(&["check"].into_iter().chain(names).collect::<Vec<_>>());
    assert_eq!((ended.code, ended.stderr), (Some(0), Vec::new()));
    assert_eq!(ended.stdout.len(), files.len());
    assert!(files.len() >= 5, "{files:?}");
}

#[test]
fn sigterm_ends_it_well_and_it_says_how_many_transactions_were_pending() {
    check_end_with_one_pending("TERM");
}

#[test]
fn sigint_ends_it_well_and_it_says_how_many_transactions_were_pending() {
    check_end_with_one_pending("INT");
}

fn check_end_with_one_pending(signal: &str) {
    let serving = Serving::with(&[]);
    let status = serving.paste_example_for(PENDING_PAYER);
    assert_eq!(status["status"], "PENDING", "{status}");
    serving.program.signal(signal);
    let ended = serving.program.end();
    assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
    assert_eq!(ended.stdout, ["stopped; 1 transaction was still pending"]);
}

#[test]
fn an_idle_end_says_that_nothing_was_pending() {
    let ended = Serving::with(&[]).terminate();
    let last = ended.stdout.last().expect("a last line");
    assert_eq!(last, "stopped; 0 transactions were still pending");
}

#[test]
fn a_wrong_flag_ends_it_with_2_and_what_is_expected() {
    let cases: &[(&[&str], &str)] = &[
        (&["--listen", "nowhere"], "--listen <ADDR>"),
        (&["--seed", "many"], "--seed <NUMBER>"),
        (&["--settle-after", "soon"], "is not a duration"),
        (&["--subscription-key", "abc"], "expected PRODUCT=KEY, for example collection=abc123"),
        (&["--subscription-key", "colection=1"], "collection, disbursement, remittance"),
        (&["--api-user", "me:secret"], "expected ID:APIKEY:HOST or ID:APIKEY:HOST:WALLET, for "),
        (&["--api-user", "me:secret:localhost"], "`me` is not a UUID of version 4"),
        (&["--log-format", "xml"], "[possible values: text, json]"),
        (&["--sed", "1"], "'--seed'"),
        (&["serv"], "'serve'"),
        (&["check"], "<FILE>"),
    ];
    for (arguments, expected) in cases {
        let ended = outcome(arguments);
        assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()), "{arguments:?}");
        let shown = ended.stderr.join("\n");
        assert!(shown.starts_with("error: ") && shown.contains(expected), "{arguments:?}: {shown}");
    }
}

#[test]
fn the_same_api_user_twice_ends_it_with_2() {
    let again = API_USER.replace("secret", "other");
    let users = ["--api-user", API_USER, "--api-user", &again];
    let ended = outcome(&[&["--listen", "127.0.0.1:0"], &users[..]].concat());
    assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()));
    let expected = "error: the API user c0ffee00-1111-4222-8333-444455556666 is given twice";
    assert_eq!(ended.stderr, [expected]);
}

#[test]
fn help_names_every_flag_with_its_variable_and_version_the_version() {
    let version = outcome(&["--version"]);
    assert_eq!(version.code, Some(0));
    assert_eq!(version.stdout, [format!("momo-sandbox {}", env!("CARGO_PKG_VERSION"))]);
    let short = outcome(&["--help"]).stdout.join("\n");
    for part in ["serve", "check", "`momosandbox serve --help`"] {
        assert!(short.contains(part), "{part}: {short}");
    }
    let help = outcome(&["serve", "--help"]);
    assert_eq!(help.code, Some(0));
    let text = help.stdout.join("\n");
    for flag in
        ["listen", "scenario", "seed", "settle-after", "subscription-key", "api-user", "log-format"]
    {
        let variable = format!("MOMO_SANDBOX_{}", flag.replace('-', "_").to_uppercase());
        assert!(text.contains(&format!("--{flag} <")), "--{flag}: {text}");
        // That of a secret is named without its value.
        let shown = ["=", "]"].map(|end| format!("[env: {variable}{end}"));
        assert!(shown.iter().any(|shown| text.contains(shown)), "{variable}: {text}");
    }
    assert!(text.contains("[default: 127.0.0.1:4673]"), "{text}");
}

#[test]
fn a_variable_of_serve_is_nothing_to_check_and_an_empty_one_is_not_set() {
    let directory = folder_with(&[("good.toml", "")]);
    let mut check = momo_sandbox(&["check", "good.toml"]);
    check.env("MOMO_SANDBOX_SEED", "abc").current_dir(directory.path());
    assert_eq!(Program::start(&mut check).end().code, Some(0));
    for name in ["SEED", "SCENARIO", "API_USER", "SUBSCRIPTION_KEY", "SETTLE_AFTER"] {
        let ended = Serving::with_variable(&format!("MOMO_SANDBOX_{name}"), "").terminate();
        assert_eq!(ended.code, Some(0), "{name}");
    }
}

#[test]
fn a_key_with_a_quote_in_it_does_not_break_the_example() {
    let serving = Serving::with(&["--subscription-key", "collection=it's"]);
    let status = status_of(&format!("KEY=\"it's\"\n{}", serving.example()));
    assert_eq!(status["status"], "SUCCESSFUL", "{status}");
}

/// Linux alone has a device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn problems_that_nobody_can_read_are_still_exit_code_2() {
    let directory = folder_with(&[("bad.toml", BAD)]);
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
    let mut check = momo_sandbox(&["check", "bad.toml"]);
    let status = check.current_dir(directory.path()).stderr(full).status().expect("an end");
    assert_eq!(status.code(), Some(2));
}

#[test]
fn ca_creates_a_root_once_and_certificates_below_an_approved_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("ca").display().to_string();
    let create = |more: &[&str]| outcome(&[&["ca", "--dir", &directory], more].concat());
    let first = create(&["--host", "shop.example", "--alias", "gts_ca_1c3"]);
    assert_eq!(first.code, Some(0), "{:?}", first.stderr);
    let read = |name: &str| std::fs::read_to_string(folder.path().join("ca").join(name));
    let (root, chain) = (read("root.pem").expect("a root"), read("shop.example.chain.pem"));
    assert_eq!(chain.expect("a chain").matches("BEGIN CERTIFICATE").count(), 2);
    let again = create(&["--host", "*.shop.example"]);
    assert_eq!((again.code, read("root.pem").expect("a root")), (Some(0), root), "it is kept");
    assert!(read("_.shop.example.key.pem").expect("a key").contains("PRIVATE KEY"));
    let unknown = create(&["--alias", "R4"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.join("\n").contains("the nearest is `R3`"));
}

/// Each with its name, and whether it is known to issue still, since when and by whom.
#[test]
fn ca_lists_the_approved_intermediates_with_what_is_known_of_each() {
    let all = outcome(&["ca", "--list"]);
    assert_eq!(all.code, Some(0));
    let after = |alias: &str, lines: usize| {
        let place = all.stdout.iter().position(|line| line == alias).expect(alias);
        all.stdout[place + 1..=place + lines].join("\n")
    };
    let r3 = after("R3", 3);
    for part in [
        "    CN=R3; O=Let's Encrypt; C=US\n",
        "    issues still: no, 2024-06-06: Let's Encrypt issues from other intermediates",
        "    source: Let's Encrypt, Deploying Let's Encrypt's New Issuance Chains",
        ", https://letsencrypt.org/certificates/",
    ] {
        assert!(r3.contains(part), "no {part} in {r3}");
    }
    assert!(after("GTS_CA_1D4", 2).ends_with("\n    issues still: unknown"));
    let statements = all.stdout.iter().filter(|line| line.starts_with("    issues still: "));
    assert_eq!(statements.count(), 31);
    let text = all.stdout.join("\n");
    assert!(text.contains("Known to issue still: 1; known not to: 11; unknown: 19."), "{text}");
    assert!(text.contains("Announced later, and not approved here (MTN's developer community"));
}

#[test]
fn a_market_is_told_what_it_needs() {
    for (arguments, part) in [
        (&["--profile", "production"][..], "needs --target-environment with one of mtnuganda"),
        (&["--target-environment", "mtnkenya"], "expected one of sandbox, mtnuganda"),
        (&["--profile", "sandbox", "--target-environment", "mtnghana"], "leave --profile out"),
        (&["--trust", "nothing.pem"], "cannot read nothing.pem"),
        (&["--route", "shop.example"], "expected HOST=HOST"),
        (&["--delivery", "thrice"], "once, retrying, twice"),
        (&["--api-users", "nothing.toml"], "cannot read nothing.toml"),
        (
            &[
                "--target-environment",
                "mtnghana",
                "--api-user",
                "c0ffee00-1111-4222-8333-444455556666:secret:127.0.0.1",
            ],
            "never an IP address",
        ),
    ] {
        let ended = outcome(&[&["--listen", "127.0.0.1:0"], arguments].concat());
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        let shown = ended.stderr.join("\n");
        assert!(shown.contains(part), "{arguments:?}: {shown}");
    }
}

#[test]
fn the_variable_of_api_users_names_a_file_whose_users_get_tokens() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("users.toml");
    let user = "[[api_users]]\nid = \"c0ffee00-1111-4222-8333-444455556666\"\n\
                api_key = \"secret\"\nprovider_callback_host = \"shop.example\"\n";
    std::fs::write(&file, user).expect("written");
    let shown = file.display().to_string();
    let serving = Serving::with_variable("MOMO_SANDBOX_API_USERS", &shown);
    let health = bash(&format!("curl -s {}/_sandbox/health", serving.url));
    assert!(health.contains("\"api_users\":1"), "{health}");
    std::fs::write(&file, user.replace("api_key", "apikey")).expect("written");
    let ended = outcome(&["--listen", "127.0.0.1:0", "--api-users", &shown]);
    let told = ended.stderr.join("\n");
    assert!(ended.code == Some(2) && told.contains("api_key"), "{told}");
}

#[test]
fn health_tells_by_its_exit_code_whether_an_emulator_answers() {
    let serving = Serving::with(&[]);
    let address = serving.url.strip_prefix("http://").expect("an address");
    assert_eq!(outcome(&["health", "--listen", address]).code, Some(0));
    let by_variable = momo_sandbox(&["health"]).env("MOMO_SANDBOX_LISTEN", address).status();
    assert_eq!(by_variable.expect("it runs").code(), Some(0));
    let nobody = outcome(&["health", "--listen", "127.0.0.1:1"]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.stderr.join("\n").contains("is the emulator running there?"));
}

#[test]
fn completions_and_the_manual_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = outcome(&["completions", shell]);
        assert_eq!(script.code, Some(0));
        assert!(script.stdout.join("\n").contains("preflight"), "{shell}");
    }
    let page = outcome(&["man"]).stdout.join("\n");
    for name in ["serve", "check", "exec", "report", "listen", "preflight", "demo", "ca"] {
        assert!(page.contains(name), "{name}");
    }
    assert!(page.contains("opening") && page.starts_with(".ie"), "{}", &page[..40]);
}
