//! `momosandbox report` and `momosandbox exec`, as they are typed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// Pays 5 EUR with a callback URL, with what `exec` hands a command.
const PAY: &str = r#"
    set -eu
    key="Ocp-Apim-Subscription-Key: $MOMO_SANDBOX_PRIMARY_KEY"
    token=$(curl -sf "$MOMO_SANDBOX_URL/collection/token/" -d '' -H "$key" \
        -u "$MOMO_SANDBOX_API_USER_ID:$MOMO_SANDBOX_API_KEY" | cut -d'"' -f4)
    momo() {
        curl -sf "$@" -H "$key" -H "Authorization: Bearer $token" \
            -H "X-Target-Environment: $MOMO_SANDBOX_ENVIRONMENT"
    }
    reference=6f9619ff-8b86-4011-b42d-00c04fc964ff
    payments="$MOMO_SANDBOX_URL/collection/v1_0/requesttopay"
    momo "$payments" -H "X-Reference-Id: $reference" -H 'X-Callback-Url: http://localhost:9/paid' \
        -d '{"amount":"5","currency":"EUR","payer":{"partyIdType":"MSISDN","partyId":"46733123999"}}'
    curl -sf "$MOMO_SANDBOX_URL/_sandbox/clock/advance" -H 'Content-Type: application/json' \
        -d '{"by":"1m"}' >/dev/null
"#;

fn momo_sandbox(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_momosandbox"));
    command.args(arguments).env("NO_PROXY", "*").stdin(Stdio::null());
    command
}

fn exec(flags: &[&str], script: &str) -> Output {
    let arguments = [&["exec"], flags, &["--", "bash", "-c", script]].concat();
    momo_sandbox(&arguments).output().expect("the program runs")
}

fn texts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A new folder of its own.
fn scratch(name: &str) -> std::path::PathBuf {
    let name = format!("momo-sandbox-audit-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[test]
fn exec_hands_the_command_an_address_and_credentials_and_ends_as_it_does() {
    let (code, stdout, stderr) = texts(&exec(&[], &format!("{PAY}\nmomo $payments/$reference")));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("\"SUCCESSFUL\""), "{stdout}");
    assert!(stderr.contains("All money is accounted for: 5 EUR from payers."), "{stderr}");
    assert_eq!(texts(&exec(&[], "exit 7")).0, Some(7));
    assert_eq!(texts(&exec(&[], "kill -KILL $$")).0, Some(137));
}

#[test]
fn exec_hands_the_command_every_key_the_control_token_and_the_callback_host() {
    let told = |flags: &[&str]| {
        let script = "env | grep ^MOMO_SANDBOX_ | sort";
        let (code, stdout, stderr) = texts(&exec(flags, script));
        assert_eq!(code, Some(0), "{stderr}");
        stdout
    };
    let keys = |stdout: &str| -> Vec<String> {
        let keys = stdout.lines().filter(|line| line.contains("_KEY=") && !line.contains("API"));
        keys.map(|line| line["MOMO_SANDBOX_".len()..].to_owned()).collect()
    };
    let open = told(&["--callback-host", "shop.example"]);
    let any = ["COLLECTION", "DISBURSEMENT", "PRIMARY", "REMITTANCE"];
    assert_eq!(keys(&open), any.map(|name| format!("{name}_KEY=any-key")));
    assert!(open.contains("MOMO_SANDBOX_CALLBACK_HOST=shop.example\n"), "{open}");
    assert!(!open.contains("CONTROL_TOKEN"), "{open}");
    let disbursement = ["--subscription-key", "disbursement=paying"];
    let given = told(&[&disbursement[..], &["--control-token", "s3cret"]].concat());
    // What is not given meets a 401, and so there is no key to hand out.
    assert_eq!(keys(&given), ["DISBURSEMENT_KEY=paying", "PRIMARY_KEY=paying"]);
    assert!(given.contains("MOMO_SANDBOX_CONTROL_TOKEN=s3cret\n"), "{given}");
    let fronted = told(&["--tls-listen", "127.0.0.1:0"]);
    assert!(fronted.contains("MOMO_SANDBOX_TLS_URL=https://127.0.0.1:"), "{fronted}");
}

#[test]
fn exec_takes_the_flags_of_serve_as_serve_does() {
    let asking = "echo $MOMO_SANDBOX_URL; curl -sf $MOMO_SANDBOX_URL/_sandbox/spaces \
                  -H \"Authorization: Bearer $MOMO_SANDBOX_CONTROL_TOKEN\"";
    let (code, stdout, stderr) = texts(&exec(&["--listen", "127.0.0.2:0"], asking));
    assert!(code == Some(0) && stdout.starts_with("http://127.0.0.2:"), "{stdout} {stderr}");
    // Reached from elsewhere too, so that it has a token, which the command is told.
    let (code, stdout, stderr) = texts(&exec(&["--listen", "0.0.0.0:0"], asking));
    assert!(code == Some(0) && stdout.starts_with("http://127.0.0.1:"), "{stdout} {stderr}");
    let busy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = busy.local_addr().expect("an address").to_string();
    let (code, _, stderr) = texts(&exec(&["--listen", &taken], asking));
    assert!(code == Some(1) && stderr.contains("choose another address"), "{stderr}");
    let production = ["--target-environment", "mtnuganda", "--callback-host", "127.0.0.1"];
    let (code, _, stderr) = texts(&exec(&production, "true"));
    assert!(code == Some(2) && stderr.contains("is an IP address"), "{stderr}");
    let (_, id, _) = texts(&exec(&["--seed", "1"], "printf %s $MOMO_SANDBOX_API_USER_ID"));
    let twice = format!("{id}:key:localhost");
    let (code, _, stderr) = texts(&exec(&["--seed", "1", "--api-user", &twice], "true"));
    assert!(code == Some(2) && stderr.contains("given twice"), "{stderr}");
}

#[test]
fn exec_says_which_requests_were_refused_and_why() {
    let script = "curl -s $MOMO_SANDBOX_URL/collection/v1_0/account/balance >/dev/null";
    let (code, _, stderr) = texts(&exec(&[], script));
    assert_eq!(code, Some(0));
    let line = stderr.lines().find(|line| line.contains("refused")).expect("a line");
    assert!(line.contains("status=401") && line.contains("no subscription key"), "{line}");
    assert!(stderr.find("refused") < stderr.find("rules exercised"), "{stderr}");
    let (_, _, stderr) = texts(&exec(&["--log-format", "json", "--seed", "7"], script));
    assert!(stderr.contains("\"message\":\"refused\""), "{stderr}");
    assert!(stderr.contains("repeat with --seed 7"), "{stderr}");
}

#[test]
fn exec_ends_with_3_where_the_audit_fails_and_should_not() {
    let lossy = ["--scenario", "missed-callback"];
    let headline = "1 payment, 5 EUR, was taken from payers, and the merchant never found out.";
    let (code, _, stderr) = texts(&exec(&lossy, PAY));
    assert_eq!(code, Some(0), "told, but not judged: {stderr}");
    assert!(stderr.contains(headline), "{stderr}");
    let (code, _, stderr) = texts(&exec(&[&lossy[..], &["--audit", "strict"]].concat(), PAY));
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("audit failed: money-accounted-for"), "{stderr}");
    let other = [&lossy[..], &["--audit", "own-callback-host,renewed-token"]].concat();
    assert_eq!(texts(&exec(&other, PAY)).0, Some(0));
}

#[test]
fn exec_is_not_green_where_nothing_was_checked() {
    let asks_nothing = "curl -s \"$MOMO_SANDBOX_URL/v1_0/apiuser\" -d '' >/dev/null";
    let unread = "does your program read MOMO_SANDBOX_URL?";
    for demand in ["strict", "money-accounted-for"] {
        let (code, _, stderr) = texts(&exec(&["--audit", demand], "true"));
        assert!(code == Some(3) && stderr.contains(unread), "{code:?} {stderr}");
        let (code, _, stderr) = texts(&exec(&["--audit", demand], asks_nothing));
        assert_eq!(code, Some(3), "{stderr}");
        assert!(stderr.contains("nothing exercised the audited rules"), "{stderr}");
        assert!(stderr.contains("0 of 15 rules exercised: nothing was checked."), "{stderr}");
    }
    let (code, _, stderr) = texts(&exec(&[], "true"));
    assert!(code == Some(0) && stderr.contains(unread), "told, but not judged: {stderr}");
    assert_eq!(texts(&exec(&["--audit", "strict"], "exit 7")).0, Some(7));
}

#[test]
fn a_payment_that_is_still_pending_at_the_end_is_told() {
    let (unsettled, _) = PAY.split_once("    curl -sf \"$MOMO_SANDBOX_URL/_sandbox").expect("both");
    let (_, _, stderr) = texts(&exec(&["--clock", "manual"], unsettled));
    let headline = "No money was taken from payers yet: 1 transaction is pending.";
    assert!(stderr.contains(headline), "{stderr}");
}

#[test]
fn a_reset_erases_nothing_that_the_audit_of_exec_judges() {
    let reset = "curl -sf \"$MOMO_SANDBOX_URL/_sandbox/$1reset\" -d '{}' >/dev/null \
                 -H 'Content-Type: application/json'";
    let lossy = ["--scenario", "missed-callback", "--audit", "strict"];
    for scope in ["", "spaces/$MOMO_SANDBOX_API_USER_ID/"] {
        let reset = reset.replace("$1", scope);
        let (code, _, stderr) = texts(&exec(&lossy, &format!("{PAY}\n{reset}\n{reset}")));
        assert_eq!(code, Some(3), "{stderr}");
        assert!(stderr.contains("audit failed: money-accounted-for"), "{stderr}");
        let headline = "1 payment, 5 EUR, was taken from payers, and the merchant never found out";
        assert!(stderr.contains(headline), "{stderr}");
        assert!(stderr.contains("reset 2 times: this audit covers what happened before"));
        // One that keeps the rules keeps them across a reset, too.
        let sound = format!("{PAY}\nmomo $payments/$reference\n{reset}");
        let demands = ["--require", "money-accounted-for", "--rely-on", "documented"];
        let (code, _, stderr) = texts(&exec(&demands, &sound));
        assert_eq!(code, Some(0), "{stderr}");
    }
    // A caller who is nobody known made a request all the same.
    let stranger = "curl -s $MOMO_SANDBOX_URL/v1_0/apiuser -d '' >/dev/null";
    let (_, _, stderr) = texts(&exec(&[], &format!("{stranger}\n{}", reset.replace("$1", ""))));
    assert!(stderr.contains("0 of 15 rules exercised: nothing was checked"), "{stderr}");
    assert!(!stderr.contains("no request reached"), "{stderr}");
}

/// Provisions a second API user with a key and a token of its own, as the next of `momo`.
const ANOTHER: &str = r#"
    other=11111111-2222-4333-8444-555555555555
    curl -sf "$MOMO_SANDBOX_URL/v1_0/apiuser" -H "$key" -H "X-Reference-Id: $other" \
        -d '{"providerCallbackHost":"localhost"}'
    api_key=$(curl -sf "$MOMO_SANDBOX_URL/v1_0/apiuser/$other/apikey" -H "$key" -d '' \
        | cut -d'"' -f4)
    token=$(curl -sf "$MOMO_SANDBOX_URL/collection/token/" -d '' -H "$key" -u "$other:$api_key" \
        | cut -d'"' -f4)
    label() {
        curl -sf -X PUT "$MOMO_SANDBOX_URL/_sandbox/spaces/$other/label" -d "$1" >/dev/null \
            -H 'Content-Type: application/json'
    }
    pay() {
        momo "$payments" -H "X-Reference-Id: $1" \
            -d '{"amount":"7","currency":"EUR","externalId":"order-'$2'",
                 "payer":{"partyIdType":"MSISDN","partyId":"4673312399'$2'"}}'
    }
    settle() {
        curl -sf "$MOMO_SANDBOX_URL/_sandbox/clock/advance" -d '{"by":"1m"}' >/dev/null \
            -H 'Content-Type: application/json'
    }
"#;

#[test]
fn each_finding_names_the_order_and_the_api_user_and_equal_ones_are_counted() {
    let script = format!(
        "{PAY}\nmomo $payments/$reference\n{ANOTHER}
        label '{{\"label\":\"checkout\"}}'
        for number in 1 2 3 4 5; do
            pay 22222222-2222-4333-8444-55555555555$number $number
        done
        settle"
    );
    let folder = scratch("findings");
    let [file, text] = ["audit.json", "audit.txt"].map(|name| folder.join(name));
    let files = [&file, &text].map(|file| file.display().to_string());
    let flags = ["--audit", "strict", "--report", &files[0], "--report", &files[1]];
    let (code, _, stderr) = texts(&exec(&flags, &script));
    assert_eq!(code, Some(3), "{stderr}");
    let text = std::fs::read_to_string(&text).expect("a file");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(stderr.contains(&text) && widest <= Some(80), "{widest:?}: {text}");
    for part in [
        "          7 EUR taken from the payer; the merchant never found out (5 times)\n",
        "22222222-2222-4333-8444-555555555551\n            external id order-1, party 46733123991\n",
        "by API user 11111111-2222-4333-8444-555555555555 (checkout)\n",
    ] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    let report = std::fs::read_to_string(&file).expect("a file");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let failure = &report["rules"][0]["failures"][0];
    assert_eq!(failure["label"], "checkout");
    assert_eq!(failure["times"], 5);
    assert_eq!(failure["cases"][4]["external_id"], "order-5");
    assert_eq!(failure["cases"][4]["party"], "46733123995");
    std::fs::remove_dir_all(folder).expect("a folder");
}

#[test]
fn a_space_of_deliberate_mistakes_is_left_out_of_the_audit() {
    let script = |label: &str| {
        let reset = "curl -sf $MOMO_SANDBOX_URL/_sandbox/reset -d '{}' >/dev/null \
                     -H 'Content-Type: application/json'";
        format!(
            "{PAY}\nmomo $payments/$reference\n{ANOTHER}
            label '{label}'
            pay 22222222-2222-4333-8444-555555555551 1
            settle\n{reset}"
        )
    };
    let demands = ["--audit", "money-accounted-for"];
    let judged =
        |more: &[&str], label: &str| texts(&exec(&[&demands[..], more].concat(), &script(label)));
    assert_eq!(judged(&[], "{}").0, Some(3));
    let excluding = r#"{"label":"mistakes","excluded":true}"#;
    let labelled = r#"{"label":"mistakes"}"#;
    let id = "11111111-2222-4333-8444-555555555555";
    for (more, label) in
        [(&[][..], excluding), (&["--exclude", "mistakes"], labelled), (&["--exclude", id], "{}")]
    {
        let (code, _, stderr) = judged(more, label);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stderr.contains("Excluded from the rules and the money: "), "{stderr}");
        assert!(stderr.contains("All money is accounted for: 5 EUR"), "{stderr}");
    }
    let (code, _, stderr) = judged(&["--exclude", "mistake"], labelled);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("Nothing was excluded by `mistake`"), "{stderr}");
    // Where all are left out, nothing was checked.
    let all = ["--exclude", "mistakes", "--seed", "1"];
    let (_, own, _) = texts(&exec(&["--seed", "1"], "printf %s $MOMO_SANDBOX_API_USER_ID"));
    let (code, _, stderr) = judged(&[&all[..], &["--exclude", &own]].concat(), labelled);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("nothing exercised the audited rules"), "{stderr}");
    let headline = "No money was taken from payers, as far as spaces were not excluded.";
    assert!(stderr.contains(headline), "{stderr}");
}

#[test]
fn on_a_terminal_verdicts_have_colour_and_each_payment_is_a_line() {
    let folder = scratch("terminal");
    let script = folder.join("pay.sh");
    std::fs::write(&script, PAY).expect("a file");
    let on_a_terminal = |flags: &str| {
        let program = env!("CARGO_BIN_EXE_momosandbox");
        let command = format!("{program} exec {flags} -- bash {}", script.display());
        let mut terminal = Command::new("script");
        terminal.args(["-qec", &command, "/dev/null"]).env("NO_PROXY", "*").env_remove("NO_COLOR");
        let output = terminal.stdin(Stdio::null()).output().expect("`script` of util-linux");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let shown = on_a_terminal("");
    for part in
        ["\u{1b}[32mpass\u{1b}[0m", "\u{1b}[1;31mFAIL\u{1b}[0m", "accepted: requesttopay of 5 EUR"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let plain = on_a_terminal("--plain --log-level info");
    assert!(plain.contains("  FAIL  money") && !plain.contains("accepted: "), "{plain}");
    std::fs::remove_dir_all(folder).expect("a folder");
}

#[test]
fn exec_ends_with_3_where_a_required_rule_was_not_exercised() {
    let asking = format!("{PAY}\nmomo $payments/$reference");
    let requiring = |rules: &str| texts(&exec(&["--require", rules], &asking));
    let (code, _, stderr) = requiring("money-accounted-for,own-callback-host");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("of 15 rules exercised: "), "{stderr}");
    let (code, _, stderr) = requiring("money-accounted-for,asked-after-409");
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("asked-after-409 was not exercised"), "{stderr}");
    assert!(!stderr.contains("money-accounted-for was"), "{stderr}");
}

#[test]
fn exec_writes_the_audit_to_several_files_and_knows_in_time_which_it_cannot_write() {
    let folder = scratch("reports");
    let file = |name: &str| folder.join(name).display().to_string();
    std::fs::write(file("a.xml"), "of yesterday").expect("a file");
    let files = [file("a.xml"), file("b.json"), file("c.html"), file("d.txt")];
    let flags: Vec<&str> = files.iter().flat_map(|file| ["--report", file]).collect();
    let (code, _, stderr) = texts(&exec(&flags, "true"));
    assert_eq!(code, Some(0), "{stderr}");
    for (file, part) in files.iter().zip(["<testsuite", "\"verdict\"", "<!doctype", "rules"]) {
        let written = std::fs::read_to_string(file).expect("a file");
        assert!(written.contains(part), "{written}");
    }
    let unwritable = file("missing/e.json");
    let flags = [&flags[..], &["--report", &unwritable]].concat();
    let (code, stdout, stderr) = texts(&exec(&flags, "echo ran"));
    assert!(code == Some(2) && stdout.is_empty(), "{code:?} {stdout}");
    assert!(stderr.contains("cannot write") && stderr.contains("missing/e.json"), "{stderr}");
    // Whoever reads it now must not read an older run's.
    assert_eq!(std::fs::read_to_string(file("a.xml")).expect("a file"), "");
    std::fs::remove_dir_all(folder).expect("a folder");
}

#[test]
fn exec_ends_with_3_where_the_run_relied_on_weaker_evidence_than_allowed() {
    let relying_on = |grade: &str, script: &str| texts(&exec(&["--rely-on", grade], script));
    let (code, _, stderr) = relying_on("documented", PAY);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("Relied on ") && stderr.contains(" measured, "), "{stderr}");
    let (code, _, stderr) = relying_on("measured", PAY);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("documented rule:callback.once: MTN's callback page"), "{stderr}");
    assert!(stderr.contains("or allow them with --rely-on documented"), "{stderr}");
    let balance = format!("{PAY}\nmomo $MOMO_SANDBOX_URL/collection/v1_0/account/balance");
    let (code, _, stderr) = relying_on("seen", &balance);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("chosen     rule:ledger: our choice"), "{stderr}");
    assert_eq!(relying_on("chosen", &balance).0, Some(0));
    assert_eq!(texts(&exec(&[], &balance)).0, Some(0), "told, but not judged");
    assert_eq!(relying_on("measured", &format!("{PAY}\nexit 7")).0, Some(7));
}

/// TLS spoken to the http port is in the log, but it is no request.
#[test]
fn a_request_that_fails_below_the_api_is_none() {
    let script = "curl -sk ${MOMO_SANDBOX_URL/http/https}/collection/token/ || true";
    let reset = "curl -sf $MOMO_SANDBOX_URL/_sandbox/reset -d '{}' >/dev/null \
                 -H 'Content-Type: application/json'";
    for script in [script.to_owned(), format!("{script}\n{reset}")] {
        let (code, _, stderr) = texts(&exec(&["--audit", "strict"], &script));
        assert_eq!(code, Some(3), "{stderr}");
        assert!(stderr.contains("no request reached the emulator at http://"), "{stderr}");
        assert!(stderr.contains("The client spoke TLS"), "{stderr}");
    }
}

#[test]
fn a_run_of_measured_behaviours_alone_passes_and_one_of_nothing_never_does() {
    let silent = PAY.replace("-H 'X-Callback-Url: http://localhost:9/paid'", "");
    assert_ne!(silent, PAY);
    let script = format!("{silent}\nmomo $payments/$reference");
    let (code, _, stderr) = texts(&exec(&["--rely-on", "measured"], &script));
    assert_eq!(code, Some(0), "{stderr}");
    for grade in ["measured", "chosen"] {
        let (code, _, stderr) = texts(&exec(&["--rely-on", grade], "true"));
        assert_eq!(code, Some(3), "{stderr}");
        assert!(stderr.contains("no request reached the emulator at http://"), "{stderr}");
    }
    let (code, _, stderr) = texts(&exec(&[], "true"));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("Relied on nothing"), "{stderr}");
    let (code, _, stderr) = texts(&exec(&["--rely-on", "sure"], "true"));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("expected one of measured, documented, seen, chosen"), "{stderr}");
}

#[test]
fn what_cannot_be_run_or_judged_is_told() {
    let unknown = momo_sandbox(&["exec", "--audit", "kept-tokens", "--", "true"]);
    let (code, _, stderr) = texts(&{ unknown }.output().expect("the program runs"));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("did you mean `kept-token`?"), "{stderr}");
    let missing = momo_sandbox(&["exec", "--", "no-such-program"]).output();
    let (code, _, stderr) = texts(&missing.expect("the program runs"));
    assert!(code == Some(1) && stderr.contains("cannot run no-such-program: no such"), "{stderr}");
    assert!(stderr.contains("its folder on PATH?"), "{stderr}");
    let nobody = momo_sandbox(&["report", "--url", "http://127.0.0.1:1"]).output();
    let (code, _, stderr) = texts(&nobody.expect("the program runs"));
    assert!(code == Some(1) && stderr.contains("is the emulator running there?"), "{stderr}");
}

/// A running emulator; it is killed when it is dropped.
struct Serving(Child, String);

impl Serving {
    fn start() -> Self {
        let mut command = momo_sandbox(&["--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut first = String::new();
        stdout.read_line(&mut first).expect("a line");
        let (_, url) = first.trim().split_once("listening on ").expect("an address");
        let url = url.to_owned();
        // What it prints later must not meet a closed pipe.
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        Self(child, url)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn report_prints_the_audit_of_a_running_emulator_in_each_form() {
    let serving = Serving::start();
    let report = |more: &[&str]| {
        let arguments = [&["report", "--url", &serving.1], more].concat();
        texts(&momo_sandbox(&arguments).output().expect("the program runs"))
    };
    for (format, part) in [
        ("text", "No request was made: 0 of 15 rules exercised, nothing checked.\n"),
        ("json", "\"verdict\":\"not_exercised\""),
        ("junit", "name=\"something-was-checked\"><failure message=\"No request was made"),
        ("html", "<!doctype html>"),
    ] {
        let (code, stdout, stderr) = report(&["--format", format]);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stdout.contains(part), "{stdout}");
    }
    let (code, _, stderr) = report(&["--space", "6f9619ff-8b86-4011-b42d-00c04fc964ff"]);
    assert!(code == Some(2) && stderr.contains("no API user has the id"), "{stderr}");
    for demand in [["--rely-on", "chosen"], ["--fail-on", "all"], ["--require", "kept-token"]] {
        let (code, _, stderr) = report(&demand);
        assert!(code == Some(3) && stderr.contains("no request reached"), "{stderr}");
    }
    let reset = format!(
        "curl -sf {}/_sandbox/reset -H 'Content-Type: application/json' -d '{{}}'; \
         curl -s {}/v1_0/apiuser -H 'Ocp-Apim-Subscription-Key: k' \
         -H 'X-Reference-Id: 6f9619ff-8b86-4011-b42d-00c04fc964ff' \
         -d '{{\"providerCallbackHost\":\"localhost\"}}'; \
         curl -sf {}/_sandbox/reset -H 'Content-Type: application/json' -d '{{}}'",
        serving.1, serving.1, serving.1
    );
    assert!(Command::new("bash").args(["-c", &reset]).status().expect("bash").success());
    let (_, stdout, _) = report(&[]);
    assert!(stdout.contains("reset once: this audit covers only what happened since"), "{stdout}");
    let (code, _, stderr) = report(&["--within", "soon"]);
    assert!(code == Some(2) && stderr.contains("is not a duration"), "{stderr}");
}
