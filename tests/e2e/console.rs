//! The console in a real browser, driven by what is in `tests/e2e/console`.

use std::time::Duration;

use crate::external_program::{Emulator, drive_against, root};
use crate::{Test, Tools};

/// How long the browser may take for one subject; other tests run beside it.
const PATIENCE: Duration = Duration::from_secs(420);

const BROWSER: Tools =
    Tools { folder: "console", proof: "node_modules/playwright-core/package.json" };

/// Runs the checks of one subject, a file of `tests/e2e/console/checks`.
fn check(subject: &str) {
    let folder = root().join("tests/e2e/console");
    let scenario = folder.join("scenario.toml");
    let scenario = scenario.to_str().expect("a path in Unicode");
    let emulator = Emulator::start(&["--settle-after", "50ms", "--scenario", scenario]);
    let program = [("CONSOLE_PROGRAM", env!("CARGO_BIN_EXE_momosandbox"))];
    drive_against(&folder, &["node", "run.js", subject], &program, &emulator.url, PATIENCE);
}

macro_rules! subjects {
    ($($subject:literal: $name:literal),* $(,)?) => {
        vec![$(Test {
            name: concat!("console::", $name),
            tools: BROWSER,
            run: || check($subject),
        }),*]
    };
}

pub fn tests() -> Vec<Test> {
    subjects![
        "tour": "it_shows_what_happens_and_lets_the_payer_answer",
        "truth": "what_it_shows_of_payments_and_callbacks_is_true",
        "payment": "a_payment_has_its_time_line_its_bodies_and_acts_by_hand",
        "handset": "the_handset_rings_for_what_a_payer_answers",
        "requests": "refused_requests_say_why_and_callbacks_what_was_wrong",
        "finding": "payments_are_found_and_addresses_lead_to_them",
        "scenario": "the_editor_keeps_drafts_and_marks_mistakes",
        "first_minute": "a_first_payment_and_its_callback_need_no_program",
        "time": "times_have_a_zone_and_a_date_and_the_next_event_a_name",
        "token": "the_control_token_is_asked_for",
        "stream": "many_tabs_share_one_stream",
        "texts": "its_words_have_twins_and_its_scripts_are_light",
        "keyboard": "single_keys_do_what_is_done_often_and_can_be_switched_off",
        "narrow": "nothing_is_out_of_view_on_telephones_tablets_and_magnified_pages",
        "access": "it_can_be_used_without_sight_or_mouse",
        "latency": "a_long_way_to_it_is_gone_twice",
        "audit": "the_audit_is_told_grouped_filtered_and_saved",
        "load": "many_payments_stay_usable_and_are_not_slowed",
    ]
}
