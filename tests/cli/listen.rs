//! `momosandbox listen`, and `momosandbox preflight` against it.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use momo_sandbox::internals::certificates::Authority;
use momo_sandbox::internals::certificates::DistinguishedName;
use momo_sandbox::internals::engine::Clock;
use serde_json::Value;

fn momo_sandbox(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_momosandbox"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A running listener; it is killed when it is dropped.
struct Listening {
    child: Child,
    url: String,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Listening {
    fn with(arguments: &[&str]) -> Self {
        let all = [&["listen", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut command = momo_sandbox(&all);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        let mut first = String::new();
        let stderr = child.stderr.take().expect("a pipe");
        BufReader::new(stderr).read_line(&mut first).expect("a line");
        let url = first.trim().strip_prefix("listening on ").expect("an address").to_owned();
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, url, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("UTF-8")
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn post(url: &str, body: &str) -> Option<String> {
    let output = Command::new("curl")
        .args(["-s", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", url, "-d", body])
        .output()
        .expect("curl runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_container_engine_may_ask_whether_it_is_there_and_nothing_is_printed() {
    let mut listening = Listening::with(&["--answer", "500"]);
    let address = listening.url.strip_prefix("http://").expect("an address").to_owned();
    let health = momo_sandbox(&["health", "--listen", &address]).status().expect("it runs");
    assert!(health.success(), "{health}");
    assert_eq!(post(&format!("{}/paid", listening.url), "{}").as_deref(), Some("500"));
    assert!(listening.line().ends_with("  POST /paid"));
}

#[test]
fn what_comes_is_printed_to_read_and_answered() {
    let mut listening = Listening::with(&[]);
    let body = r#"{"status":"SUCCESSFUL"}"#;
    assert_eq!(post(&format!("{}/paid?x=1", listening.url), body).as_deref(), Some("200"));
    assert!(listening.line().ends_with("  POST /paid?x=1"));
    let mut rest = Vec::new();
    while rest.last().is_none_or(|line: &String| !line.starts_with("  -> ")) {
        rest.push(listening.line());
    }
    let text = rest.join("\n");
    assert!(text.contains("    {\n      \"status\": \"SUCCESSFUL\"\n    }\n  -> 200 OK"), "{text}");
}

#[test]
fn what_comes_is_printed_as_a_json_object_a_line() {
    let mut listening = Listening::with(&["--format", "json", "--answer", "503"]);
    assert_eq!(post(&format!("{}/paid", listening.url), "half {").as_deref(), Some("503"));
    let line: Value = serde_json::from_str(&listening.line()).expect("JSON");
    assert_eq!((&line["method"], &line["path"]), (&"POST".into(), &"/paid".into()));
    assert_eq!((&line["body"], &line["json"]), (&"half {".into(), &Value::Null));
}

#[test]
fn a_listener_that_drops_answers_nothing() {
    let mut listening = Listening::with(&["--drop", "--format", "json"]);
    assert_eq!(post(&format!("{}/paid", listening.url), "{}"), None);
    assert!(listening.line().contains("\"/paid\""), "it is printed all the same");
}

/// Exit code, and the verdict of each check by its name.
fn preflight(arguments: &[&str]) -> (Option<i32>, Value) {
    let all = [&["preflight", "--json"], arguments].concat();
    let output = momo_sandbox(&all).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    (output.status.code(), serde_json::from_str(&text).unwrap_or_default())
}

#[track_caller]
fn verdicts(report: &Value, expected: &[(&str, &str)]) {
    let checks = report["checks"].as_array().expect("checks");
    for (name, verdict) in expected {
        let check = checks.iter().find(|check| check["name"] == *name).expect(name);
        assert_eq!(check["verdict"], *verdict, "{check:#}");
    }
}

#[test]
fn a_good_listener_of_the_sandbox_passes() {
    let listening = Listening::with(&[]);
    let port = listening.url.rsplit_once(':').expect("a port").1;
    let (code, report) = preflight(&[&format!("http://localhost:{port}/paid")]);
    assert_eq!((code, &report["verdict"]), (Some(0), &"pass".into()), "{report:#}");
    verdicts(
        &report,
        &[
            ("scheme", "pass"),
            ("resolution", "warn"),
            ("connection", "pass"),
            ("post", "pass"),
            ("put", "pass"),
            ("unknown-fields", "pass"),
            ("missing-ids", "pass"),
        ],
    );
}

#[test]
fn what_is_not_right_is_told_with_the_remedy() {
    let refusing = Listening::with(&["--answer", "302"]);
    let (code, report) = preflight(&[&format!("{}/paid", refusing.url)]);
    assert_eq!(code, Some(3));
    verdicts(&report, &[("host", "warn"), ("connection", "pass"), ("post", "fail")]);
    assert!(report.to_string().contains("redirects are not followed"), "{report:#}");
    let (code, report) = preflight(&["http://nobody.invalid/paid"]);
    assert_eq!(code, Some(3));
    verdicts(&report, &[("resolution", "fail"), ("connection", "fail"), ("put", "not_tried")]);
    let (code, report) = preflight(&["http://localhost:1/", "--profile", "production"]);
    assert_eq!(code, Some(3));
    verdicts(&report, &[("scheme", "fail"), ("port", "warn"), ("connection", "fail")]);
    assert_eq!(preflight(&["/paid"]).0, Some(2), "no URL at all");
    let shown = momo_sandbox(&["preflight", "http://localhost:1/paid"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&shown.stdout);
    assert!(text.contains("-> open the port to the internet"), "{text}");
}

#[test]
fn one_cause_has_one_remedy_and_a_verdict_closes_what_is_printed() {
    let shown = |arguments: &[&str]| {
        let all = [&["preflight"], arguments].concat();
        let output = momo_sandbox(&all).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let widest = stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{widest:?}: {stdout}");
        (output.status.code(), stdout, stderr)
    };
    let local = |listening: &Listening| {
        let port = listening.url.rsplit_once(':').expect("a port").1;
        format!("http://localhost:{port}/paid")
    };
    let failing = Listening::with(&["--answer", "500"]);
    let (code, stdout, stderr) = shown(&[&local(&failing)]);
    assert_eq!(code, Some(3));
    assert_eq!(stdout.matches("  FAIL ").count(), 4, "{stdout}");
    assert_eq!(stdout.matches("answer 200 at once").count(), 1, "{stdout}");
    assert_eq!(stdout.matches("-> the same cause as post").count(), 3, "{stdout}");
    assert!(!stdout.contains("route PUT") && !stdout.contains("ignore fields"), "{stdout}");
    assert!(stderr.starts_with("FAIL: callbacks to "), "{stderr}");
    let (_, report) = preflight(&[&local(&failing)]);
    assert_eq!(report.to_string().matches("\"because_of\":\"post\"").count(), 3, "{report:#}");
    let (code, stdout, _) = shown(&["http://nobody.invalid/paid"]);
    assert_eq!(code, Some(3));
    assert_eq!(stdout.matches("-> publish the name").count(), 1, "{stdout}");
    assert!(!stdout.contains("open the port"), "{stdout}");
    let good = Listening::with(&[]);
    let (code, stdout, _) = shown(&[&local(&good)]);
    assert_eq!(code, Some(0));
    let last = stdout.lines().last().expect("a line");
    assert!(last.starts_with("pass: callbacks to ") || last.ends_with("1 warning"), "{stdout}");
    assert!(!stdout.contains('\u{1b}'), "no terminal, no colour");
}

/// A listener with a current certificate of Let's Encrypt, by a chain that imitates its names.
#[test]
fn a_listener_with_a_certificate_of_lets_encrypt_is_told_what_mtns_list_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = Clock::real().now();
    let root = Authority::new_root(now).expect("a root");
    let name = DistinguishedName::parse("CN=R12; O=Let's Encrypt; C=US").expect("a name");
    let intermediate = root.intermediate(&name, now).expect("an intermediate");
    let hosts = ["shop.example".to_owned()];
    let server = intermediate.server(&hosts, Authority::usual_validity(now)).expect("one");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        file.display().to_string()
    };
    let chain = write("chain.pem", &(server.certificate_pem + &intermediate.certificate_pem));
    let (key, trust) =
        (write("key.pem", &server.key_pem), write("root.pem", &root.certificate_pem));
    let listening = Listening::with(&["--tls-chain", &chain, "--tls-key", &key]);
    let route = format!("shop.example={}", listening.url.strip_prefix("https://").expect("TLS"));
    let arguments = ["https://shop.example/paid", "--trust", &trust, "--route", &route];
    let (code, report) = preflight(&arguments);
    assert_eq!(code, Some(3), "{report:#}");
    verdicts(&report, &[("chain", "pass"), ("approval", "fail"), ("post", "not_tried")]);
    let text = report.to_string();
    for part in [
        "none of the 31 intermediates that MTN published as approved (a list without a date)",
        "names only R3 and E1, which have not issued since 2024-06-06",
        "If that list is up to date, no callback arrives here; if it has grown since, it may",
        "ask MTN's support whether it accepts this issuer by now",
    ] {
        assert!(text.contains(part), "no {part} in {report:#}");
    }
}

/// The whole rule of production, offline: our own root, an approved name, TLS.
#[test]
fn a_listener_with_an_approved_certificate_passes_in_production() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let directory = folder.path().display().to_string();
    let made = momo_sandbox(&["ca", "--dir", &directory, "--host", "shop.example"]).output();
    assert!(made.expect("it runs").status.success());
    let (chain, key) = (file("shop.example.chain.pem"), file("shop.example.key.pem"));
    let listening = Listening::with(&["--tls-chain", &chain, "--tls-key", &key]);
    let address = listening.url.strip_prefix("https://").expect("TLS");
    let route = format!("shop.example={address}");
    let try_it =
        |url: &str, trust: &[&str]| preflight(&[&[url, "--route", &route], trust].concat());
    let root = file("root.pem");
    let (code, report) = try_it("https://shop.example/paid", &["--trust", &root]);
    assert_eq!(code, Some(0), "{report:#}");
    verdicts(
        &report,
        &[("chain", "pass"), ("approval", "pass"), ("port", "pass"), ("put", "pass")],
    );
    let approval = "R3; known to issue still: no (2024-06-06: Let's Encrypt issues from other";
    assert!(report.to_string().contains(approval), "{report:#}");
    let (code, report) = try_it("https://shop.example/paid", &[]);
    assert_eq!(code, Some(3));
    verdicts(&report, &[("handshake", "pass"), ("chain", "fail"), ("approval", "not_tried")]);
    let route = format!("*={address}");
    let other = ["https://other.example/paid", "--trust", &root, "--route", &route];
    let (_, report) = preflight(&other);
    verdicts(&report, &[("chain", "pass"), ("certificate-host", "fail")]);
}
