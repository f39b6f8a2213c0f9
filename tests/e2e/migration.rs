//! MTN's platform migration: a published client that is ready for it, and older ones that are not.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Test;
use crate::clients::{NODE_CLIENT, PYTHON_CLIENTS};
use crate::external_program::{Emulator, drive_against, root};

/// How long the driver may take.
const PATIENCE: Duration = Duration::from_secs(180);

const LEGACY_USER: &str = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
const LEGACY_KEY: &str = "0123456789abcdef0123456789abcdef";
const USER_ID: &str = "bW9tby1zaG9wLXVnYW5kYQ==";
const CREDENTIAL_TOKEN: &str = "tK9$x+Q!7mZ/p-2&uW";

/// The variables that momo-openapi's README names.
const VARIABLES: [(&str, &str); 8] = [
    ("COLLECTION_PRIMARY_KEY", "a-key"),
    ("DISBURSEMENT_PRIMARY_KEY", "a-key"),
    ("MTN_ENVIRONMENT", "mtnuganda"),
    ("CURRENCY", "UGX"),
    ("COLLECTION_USER_ID", LEGACY_USER),
    ("COLLECTION_API_SECRET", LEGACY_KEY),
    ("MOMO_USER_ID", USER_ID),
    ("MOMO_CREDENTIAL_TOKEN", CREDENTIAL_TOKEN),
];

fn momo_openapi_pays_on_each_platform_and_on_both_at_once() {
    let legacy = format!("{LEGACY_USER}:{LEGACY_KEY}:localhost");
    let new = format!("{USER_ID}:{CREDENTIAL_TOKEN}:localhost");
    let emulator = Emulator::start(&[
        "--target-environment",
        "mtnuganda",
        "--platform",
        "both",
        "--listen-legacy",
        "127.0.0.1:0",
        "--api-user",
        &legacy,
        "--system-credential",
        &new,
        "--settle-after",
        "50ms",
        "--tls-listen",
        "127.0.0.1:0",
    ]);
    let front = emulator.front.as_deref().expect("a front");
    let others = [
        ("FRONT_URL", front),
        ("DISBURSEMENT_USER_ID", LEGACY_USER),
        ("DISBURSEMENT_API_SECRET", LEGACY_KEY),
        ("NO_PROXY", "*"),
        ("no_proxy", "*"),
    ];
    let variables = [&VARIABLES[..], &others].concat();
    let words = [PYTHON_CLIENTS.proof, "momo_openapi/platforms.py"];
    let folder = root().join("tests/e2e/clients");
    drive_against(&folder, &words, &variables, &emulator.url, PATIENCE);
}

const OLDER: [&str; 2] = [PYTHON_CLIENTS.proof, "older/client.py"];

/// Runs a client by `migrate`; gives the exit code, what was printed, and the report.
fn migrate(command: &[&str], flags: &[&str]) -> (Option<i32>, String, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("audit.json");
    let clients = root().join("tests/e2e/clients");
    let output = Command::new(env!("CARGO_BIN_EXE_momosandbox"))
        .args(["migrate", "--target-environment", "mtnuganda", "--settle-after", "50ms"])
        .args(flags)
        .arg("--report")
        .arg(&file)
        .arg("--")
        .args(command)
        .current_dir(&clients)
        .env("NODE_PATH", clients.join("mtn_momo/node_modules"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let report = std::fs::read_to_string(file).unwrap_or_else(|why| panic!("{why}: {text}"));
    (output.status.code(), text, serde_json::from_str(&report).expect("JSON"))
}

/// The names of the rules with this verdict.
fn names(report: &Value, verdict: &str) -> Vec<String> {
    let rules = report["rules"].as_array().expect("rules");
    let with = rules.iter().filter(|rule| rule["verdict"] == verdict);
    with.map(|rule| rule["name"].as_str().expect("a name").to_owned()).collect()
}

/// A habit of an older client breaks one rule of the migration, and the report has its remedy.
fn fails(habit: &str, flags: &[&str], rule: &str, remedy: &str) {
    let (code, text, report) = migrate(&[&OLDER[..], &[habit]].concat(), flags);
    assert_eq!(code, Some(3), "{text}");
    assert_eq!(names(&report, "fail"), [rule], "{text}");
    let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(remedy), "no `{remedy}`: {text}");
}

fn a_client_without_the_header_on_tokens_is_caught() {
    fails("no-header", &[], "sent-target-environment-with-tokens", "X-Target-Environment");
}

fn a_client_that_url_encodes_its_credentials_is_caught() {
    fails("encoded", &[], "sent-raw-credentials", "base64");
}

fn a_client_with_the_agent_of_python_requests_is_caught() {
    fails("agent", &[], "own-user-agent", "User-Agent");
}

fn a_client_that_waits_three_seconds_is_caught() {
    fails("impatient", &["--scenario", "slow-tokens"], "waited-for-token", "time-out");
}

fn a_client_without_old_habits_is_ready() {
    let (code, text, report) = migrate(&[&OLDER[..], &["none"]].concat(), &[]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(names(&report, "fail"), [""; 0], "{text}");
    for rule in ["sent-target-environment-with-tokens", "sent-raw-credentials", "own-user-agent"] {
        assert!(names(&report, "pass").contains(&rule.to_owned()), "{rule}: {text}");
    }
}

/// Two clients of PyPI send no X-Target-Environment with requests for tokens. docs/migration.md
/// says so.
fn published_clients_that_lack_the_header_are_caught() {
    for client in ["mtn-momo-client", "mtnmomo-py"] {
        let command = [PYTHON_CLIENTS.proof, "older/published.py", client];
        let (code, text, report) = migrate(&command, &[]);
        assert_eq!(code, Some(3), "{client}: {text}");
        let expected = ["sent-target-environment-with-tokens"];
        assert_eq!(names(&report, "fail"), expected, "{client}: {text}");
    }
}

/// The client of npm takes no User ID that is not a UUID, so it cannot call the new platform.
fn a_published_client_that_takes_only_uuids_calls_nobody() {
    let (code, text, report) = migrate(&["node", "older/published.js"], &[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("userId must be a valid uuid v4"), "{text}");
    assert!(text.contains("no request reached the emulator"), "{text}");
    assert_eq!(names(&report, "pass"), [""; 0], "{text}");
}

pub fn tests() -> Vec<Test> {
    let test = |name, run| Test { name, tools: PYTHON_CLIENTS, run };
    vec![
        test(
            "migration::momo_openapi_pays_on_each_platform_and_on_both_at_once",
            momo_openapi_pays_on_each_platform_and_on_both_at_once,
        ),
        test(
            "migration::a_client_without_the_header_on_tokens_is_caught",
            a_client_without_the_header_on_tokens_is_caught,
        ),
        test(
            "migration::a_client_that_url_encodes_its_credentials_is_caught",
            a_client_that_url_encodes_its_credentials_is_caught,
        ),
        test(
            "migration::a_client_with_the_agent_of_python_requests_is_caught",
            a_client_with_the_agent_of_python_requests_is_caught,
        ),
        test(
            "migration::a_client_that_waits_three_seconds_is_caught",
            a_client_that_waits_three_seconds_is_caught,
        ),
        test(
            "migration::published_clients_that_lack_the_header_are_caught",
            published_clients_that_lack_the_header_are_caught,
        ),
        Test {
            name: "migration::a_published_client_that_takes_only_uuids_calls_nobody",
            tools: NODE_CLIENT,
            run: a_published_client_that_takes_only_uuids_calls_nobody,
        },
        test(
            "migration::a_client_without_old_habits_is_ready",
            a_client_without_old_habits_is_ready,
        ),
    ]
}
