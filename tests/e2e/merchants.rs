//! The sample merchants of `examples/`, audited under every scenario that ships: the verdicts are
//! right for each.

use std::process::{Command, Stdio};

use momo_sandbox::internals::scenarios::BUILTIN;
use serde_json::Value;

use crate::Test;
use crate::clients::{NODE_CLIENT, PYTHON_CLIENTS};
use crate::external_program::root;

const PYTHON: &str = "tests/e2e/clients/.work/venv/bin/python";
const NODE_MODULES: &str = "tests/e2e/clients/mtn_momo/node_modules";

/// A merchant's command.
struct Merchant([&'static str; 2]);

impl Merchant {
    /// The audit of one run under a scenario.
    fn audit(&self, scenario: &str) -> Value {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("audit.json");
        // Where answers wait for the clock, it must run by itself.
        let is_slow = ["slow-operator", "slow-markets", "before-answer"].contains(&scenario);
        let (clock, pace) = if is_slow { ("x600", "600") } else { ("manual", "advance") };
        let output = Command::new(env!("CARGO_BIN_EXE_momosandbox"))
            .args(["exec", "--scenario", scenario, "--clock", clock, "--seed", "1", "--report"])
            .arg(&file)
            .arg("--")
            .args(self.0)
            .current_dir(root())
            .env("SHOP_PACE", pace)
            .env("NODE_PATH", root().join(NODE_MODULES))
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .output()
            .expect("the program runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{scenario}: {text}");
        let report = std::fs::read_to_string(file).expect("a report");
        serde_json::from_str(&report).expect("JSON")
    }
}

fn names<'a>(audit: &'a Value, verdict: &str) -> Vec<&'a str> {
    let rules = audit["rules"].as_array().expect("rules");
    let with = rules.iter().filter(|rule| rule["verdict"] == verdict);
    with.map(|rule| rule["name"].as_str().expect("a name")).collect()
}

/// Audits a merchant under every scenario; `expected` are the rules that it breaks there.
fn audit_under_all(merchant: &Merchant, expected: impl Fn(&str) -> Vec<&'static str>) {
    for shipped in BUILTIN {
        let audit = merchant.audit(shipped.name);
        assert_eq!(names(&audit, "fail"), expected(shipped.name), "{}: {audit:#}", shipped.name);
    }
}

fn a_sound_merchant_breaks_no_rule_under_any_scenario() {
    let sound = Merchant([PYTHON, "examples/python/sound_shop.py"]);
    audit_under_all(&sound, |_| Vec::new());
    for (scenario, kept) in [
        ("missed-callback", &["money-accounted-for", "polled-after-lost-callback"][..]),
        ("missed-callback", &["polled-in-time", "stopped-at-final", "kept-token"]),
        ("lying-timeout", &["money-accounted-for", "confirmed-callbacks"]),
        ("maintenance", &["reused-reference", "own-callback-host"]),
        ("unknown-fields", &["survived-unknown-fields", "survived-missing-reference"]),
        ("duplicate-callback", &["confirmed-callbacks", "answered-callbacks"]),
    ] {
        let audit = sound.audit(scenario);
        let passed = names(&audit, "pass");
        assert!(kept.iter().all(|rule| passed.contains(rule)), "{scenario}: {audit:#}");
    }
}

fn a_merchant_who_trusts_callbacks_only_loses_sight_of_money() {
    let trusting = Merchant([PYTHON, "examples/python/trusting_shop.py"]);
    audit_under_all(&trusting, |scenario| match scenario {
        // Nothing was accepted, or nothing became final.
        "maintenance" | "unavailable-for-days" | "pending-for-ever" => vec![],
        "missed-callback" => vec!["money-accounted-for", "polled-after-lost-callback"],
        "malformed-callback" => {
            vec!["money-accounted-for", "polled-after-lost-callback", "answered-callbacks"]
        }
        "wrong-verb" => vec![
            "money-accounted-for",
            "polled-after-lost-callback",
            "accepted-put-and-post",
            "answered-callbacks",
        ],
        // One says that it failed, the other speaks of another order.
        "contradicting-callback" | "unknown-reference" => {
            vec!["money-accounted-for", "confirmed-callbacks"]
        }
        _ => vec!["confirmed-callbacks"],
    });
}

fn a_merchant_who_retries_with_a_new_reference_charges_twice() {
    let hasty = Merchant(["node", "examples/node/hasty_shop.js"]);
    audit_under_all(&hasty, |scenario| match scenario {
        "lying-500" | "lying-timeout" | "duplicate-submit" => {
            vec!["reused-reference", "confirmed-callbacks"]
        }
        "maintenance" | "unavailable-for-days" => vec!["reused-reference"],
        _ => vec![],
    });
    let twice = hasty.audit("lying-timeout")["headline"].to_string();
    assert!(twice.contains("1 payment, 12.5 EUR, was charged a second time"), "{twice}");
}

pub fn tests() -> Vec<Test> {
    vec![
        Test {
            name: "merchants::a_sound_merchant_breaks_no_rule_under_any_scenario",
            tools: PYTHON_CLIENTS,
            run: a_sound_merchant_breaks_no_rule_under_any_scenario,
        },
        Test {
            name: "merchants::a_merchant_who_trusts_callbacks_only_loses_sight_of_money",
            tools: PYTHON_CLIENTS,
            run: a_merchant_who_trusts_callbacks_only_loses_sight_of_money,
        },
        Test {
            name: "merchants::a_merchant_who_retries_with_a_new_reference_charges_twice",
            tools: NODE_CLIENT,
            run: a_merchant_who_retries_with_a_new_reference_charges_twice,
        },
    ]
}
