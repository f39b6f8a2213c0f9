//! Suites in other languages that use only the public API, each test in a space of its own: all at
//! once, in any order, again and again, and without a sleep.

use std::time::Duration;

use crate::support::external_program::drive;

/// How long a suite may take; other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(300);

/// What `install.sh` has made once it has run.
const NEEDS: &str = ".work/venv/bin/python";

#[test]
fn the_python_suite_passes_in_any_order_all_at_once() {
    drive("tests/e2e/suites", &[NEEDS, "python/run.py"], NEEDS, PATIENCE);
}

#[test]
fn the_node_suite_passes_in_any_order_all_at_once() {
    drive("tests/e2e/suites", &["node", "node/run.js"], NEEDS, PATIENCE);
}
