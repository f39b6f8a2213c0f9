//! The console in a real browser, driven by what is in `tests/e2e/console`.

use std::time::Duration;

use crate::support::external_program::drive;

/// How long the browser may take; other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(420);

#[test]
fn the_console_shows_what_happens_and_lets_the_payer_answer() {
    let needs = "node_modules/playwright-core/package.json";
    drive("tests/e2e/console", &["node", "run.js"], needs, PATIENCE);
}
