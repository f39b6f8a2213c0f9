//! The HTTPS front, for a client that has MTN's hosts wired in.

use std::time::Duration;

use crate::Test;
use crate::clients::PYTHON_CLIENTS;
use crate::external_program::{Emulator, drive_against, root};

/// How long the driver may take.
const PATIENCE: Duration = Duration::from_secs(180);

fn a_client_whose_host_is_wired_in_pays_unmodified() {
    let emulator = Emulator::start(&["--tls-listen", "127.0.0.1:0"]);
    let front = emulator.front.as_deref().expect("a front");
    let variables = [("FRONT_URL", front), ("NO_PROXY", "*"), ("no_proxy", "*")];
    let words = [PYTHON_CLIENTS.proof, "wired_in/drive.py"];
    let folder = root().join("tests/e2e/clients");
    drive_against(&folder, &words, &variables, &emulator.url, PATIENCE);
}

pub fn tests() -> Vec<Test> {
    vec![Test {
        name: "https_front::a_client_whose_host_is_wired_in_pays_unmodified",
        tools: PYTHON_CLIENTS,
        run: a_client_whose_host_is_wired_in_pays_unmodified,
    }]
}
