//! Suites in other languages that use only the public API, each test in a space of its own: all at
//! once, in any order, again and again, and without a sleep.

use std::time::Duration;

use crate::external_program::drive;
use crate::{Test, Tools};

/// How long a suite may take; other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(300);

const PYTHON: &str = ".work/venv/bin/python";

const SUITES: Tools = Tools { folder: "suites", proof: PYTHON };

pub fn tests() -> Vec<Test> {
    vec![
        Test {
            name: "suites::the_python_suite_passes_in_any_order_all_at_once",
            tools: SUITES,
            run: || drive("tests/e2e/suites", &[PYTHON, "python/run.py"], PATIENCE),
        },
        Test {
            name: "suites::the_node_suite_passes_in_any_order_all_at_once",
            tools: SUITES,
            run: || drive("tests/e2e/suites", &["node", "node/run.js"], PATIENCE),
        },
    ]
}
