//! The served OpenAPI documents under schemathesis, which sends what they allow and what they do not.

use std::time::Duration;

use crate::support::external_program::drive;

/// How long each document may take; other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(600);

fn check(document: &str) {
    let python = ".work/venv/bin/python";
    drive("tests/e2e/openapi", &[python, "check.py", document], python, PATIENCE);
}

#[test]
fn schemathesis_finds_nothing_on_provisioning() {
    check("provisioning");
}

#[test]
fn schemathesis_finds_nothing_on_collection() {
    check("collection");
}

#[test]
fn schemathesis_finds_nothing_on_the_control_plane() {
    check("control");
}

#[test]
fn schemathesis_finds_nothing_on_disbursement() {
    check("disbursement");
}

#[test]
fn schemathesis_finds_nothing_on_remittance() {
    check("remittance");
}
