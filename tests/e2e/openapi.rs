//! The served OpenAPI documents under schemathesis, which sends what they allow and what they do not.

use std::time::Duration;

use crate::external_program::drive;
use crate::{Test, Tools};

/// How long each document may take; other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(600);

const PYTHON: &str = ".work/venv/bin/python";

const SCHEMATHESIS: Tools = Tools { folder: "openapi", proof: PYTHON };

fn check(document: &str) {
    drive("tests/e2e/openapi", &[PYTHON, "check.py", document], PATIENCE);
}

pub fn tests() -> Vec<Test> {
    let checks: [(_, fn()); 5] = [
        ("openapi::schemathesis_finds_nothing_on_provisioning", || check("provisioning")),
        ("openapi::schemathesis_finds_nothing_on_collection", || check("collection")),
        ("openapi::schemathesis_finds_nothing_on_the_control_plane", || check("control")),
        ("openapi::schemathesis_finds_nothing_on_disbursement", || check("disbursement")),
        ("openapi::schemathesis_finds_nothing_on_remittance", || check("remittance")),
    ];
    checks.map(|(name, run)| Test { name, tools: SCHEMATHESIS, run }).into()
}
