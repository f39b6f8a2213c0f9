//! Published clients, unmodified, driven against the real program by what is in `tests/e2e/clients`.

use std::time::Duration;

use crate::support::external_program::drive;

/// How long a driver may take.
const PATIENCE: Duration = Duration::from_secs(180);

fn drive_client(words: &[&str], needs: &str) {
    drive("tests/e2e/clients", words, needs, PATIENCE);
}

#[test]
fn the_python_client_momo_openapi_gets_paid() {
    drive_client(&[".work/venv/bin/python", "momo_openapi/drive.py"], ".work/venv/bin/python");
}

#[test]
fn the_python_client_mtn_momo_client_gets_paid() {
    drive_client(&[".work/venv/bin/python", "mtn_momo_client/drive.py"], ".work/venv/bin/python");
}

#[test]
fn every_story_ends_as_its_file_says_for_the_python_client_mtn_momo_client() {
    drive_client(&[".work/venv/bin/python", "shipped_scenarios/drive.py"], ".work/venv/bin/python");
}

#[test]
fn the_python_client_mtnmomo_py_does_all_that_it_can() {
    drive_client(&[".work/venv/bin/python", "mtnmomo_py/drive.py"], ".work/venv/bin/python");
}

#[test]
fn the_node_client_mtn_momo_gets_paid() {
    drive_client(&["node", "mtn_momo/drive.js"], "mtn_momo/node_modules/mtn-momo/package.json");
}

#[test]
fn the_rust_client_mtnmomo_does_all_that_it_can() {
    let driver = ".work/target/debug/mtnmomo-driver";
    // It builds an HTTP client for each call, and each would load all certificates of this machine,
    // which takes most of the time; there is nothing here that would need one.
    let without = ["env", "SSL_CERT_FILE=/dev/null", "SSL_CERT_DIR=/dev/null"];
    drive_client(&[&without[..], &[driver]].concat(), driver);
}
