//! The console in a real browser, driven by what is in `tests/e2e/console`.

use std::time::Duration;

use crate::external_program::drive;
use crate::{Test, Tools};

/// How long the browser may take; other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(420);

const BROWSER: Tools =
    Tools { folder: "console", proof: "node_modules/playwright-core/package.json" };

pub fn tests() -> Vec<Test> {
    vec![Test {
        name: "console::the_console_shows_what_happens_and_lets_the_payer_answer",
        tools: BROWSER,
        run: || drive("tests/e2e/console", &["node", "run.js"], PATIENCE),
    }]
}
