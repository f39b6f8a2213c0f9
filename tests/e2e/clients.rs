//! Published clients, unmodified, driven against the real program by what is in `tests/e2e/clients`.

use std::time::Duration;

use crate::external_program::drive;
use crate::{Test, Tools};

/// How long a driver may take.
const PATIENCE: Duration = Duration::from_secs(180);

const PYTHON: &str = ".work/venv/bin/python";
const RUST_DRIVER: &str = ".work/target/debug/mtnmomo-driver";

/// Python with the clients from PyPI.
pub const PYTHON_CLIENTS: Tools = Tools { folder: "clients", proof: PYTHON };
/// The client from npm.
pub const NODE_CLIENT: Tools =
    Tools { folder: "clients", proof: "mtn_momo/node_modules/mtn-momo/package.json" };
const RUST_CLIENT: Tools = Tools { folder: "clients", proof: RUST_DRIVER };

fn drive_client(words: &[&str]) {
    drive("tests/e2e/clients", words, PATIENCE);
}

pub fn tests() -> Vec<Test> {
    vec![
        Test {
            name: "clients::the_python_client_momo_openapi_gets_paid",
            tools: PYTHON_CLIENTS,
            run: || drive_client(&[PYTHON, "momo_openapi/drive.py"]),
        },
        Test {
            name: "clients::the_python_client_mtn_momo_client_gets_paid",
            tools: PYTHON_CLIENTS,
            run: || drive_client(&[PYTHON, "mtn_momo_client/drive.py"]),
        },
        Test {
            name: "clients::every_scenario_ends_as_its_file_says_for_mtn_momo_client",
            tools: PYTHON_CLIENTS,
            run: || drive_client(&[PYTHON, "shipped_scenarios/drive.py"]),
        },
        Test {
            name: "clients::the_python_client_mtnmomo_py_does_all_that_it_can",
            tools: PYTHON_CLIENTS,
            run: || drive_client(&[PYTHON, "mtnmomo_py/drive.py"]),
        },
        Test {
            name: "clients::the_node_client_mtn_momo_gets_paid",
            tools: NODE_CLIENT,
            run: || drive_client(&["node", "mtn_momo/drive.js"]),
        },
        Test {
            name: "clients::the_rust_client_mtnmomo_does_all_that_it_can",
            tools: RUST_CLIENT,
            // It builds an HTTP client for each call, and each would load all certificates of this
            // machine, which takes most of the time; nothing here needs one.
            run: || {
                let without = ["env", "SSL_CERT_FILE=/dev/null", "SSL_CERT_DIR=/dev/null"];
                drive_client(&[&without[..], &[RUST_DRIVER]].concat());
            },
        },
    ]
}
