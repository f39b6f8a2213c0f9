//! `momosandbox demo`, watched.

use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../../docs/audit.md");

fn demo(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_momosandbox"))
        .args(["demo", name, "--speed", "10000"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The two sums of a row, without their decimal point.
fn row(text: &str, what: &str, currency: &str) -> [u64; 2] {
    let line = text.lines().find(|line| line.trim_start().starts_with(what)).expect(what);
    let amounts: Vec<u64> = line
        .split(currency)
        .filter_map(|part| part.split_whitespace().last())
        .filter_map(|amount| amount.replace('.', "").parse().ok())
        .collect();
    [amounts[0], amounts[1]]
}

#[test]
fn what_the_first_shop_lost_sight_of_is_what_it_was_paid_and_does_not_know() {
    for seed in ["1", "2", "77"] {
        let text = demo("missed-callback", &["--seed", seed]);
        let [charged, known, lost] =
            ["payers were charged", "the shop knows it has", "lost sight of"]
                .map(|what| row(&text, what, " EUR"));
        assert_eq!(charged[0], charged[1], "the same customers: {text}");
        assert_eq!([known[0] + lost[0], known[1] + lost[1]], charged, "{text}");
        assert!(lost[0] > 0 && lost[1] == 0, "{text}");
        assert_eq!(text.matches("✗ the callback of order").count(), 8, "{text}");
        assert!(text.contains("It knows of all"), "{text}");
    }
}

/// A shop that asks the new platform for what it sent to the legacy one cancels orders that are paid.
#[test]
fn who_asks_only_the_new_platform_loses_sight_of_what_was_in_flight_at_the_cutover() {
    for seed in ["1", "2", "77"] {
        let text = demo("cutover", &["--seed", seed]);
        let [charged, known, lost] =
            ["payers were charged", "the shop knows it has", "lost sight of"]
                .map(|what| row(&text, what, " UGX"));
        assert_eq!(charged[0], charged[1], "the same customers: {text}");
        assert_eq!([known[0] + lost[0], known[1] + lost[1]], charged, "{text}");
        assert!(lost[0] > 0 && lost[1] == 0, "{text}");
        assert!(text.contains("no new payments; 3 wait for their payers"), "{text}");
        for (what, times) in [
            (": legacy answers 503", 2),
            (": new says 404, so cancelled", 3),
            // Three of each shop before the cutover, two of the second shop after it.
            ("✓ order", 3 + 3 + 2 + 4 + 4),
            (": legacy says refused", 1),
        ] {
            assert_eq!(text.matches(what).count(), times, "{what}: {text}");
        }
        assert!(text.contains("A month later the legacy platform answers 502"), "{text}");
    }
}

#[test]
fn the_same_seed_shows_the_same_day_without_a_terminals_colours() {
    for (name, sign) in [("missed-callback", "order 2 is lost"), ("cutover", "the cutover: legacy")]
    {
        let (one, other) = (demo(name, &[]), demo(name, &[]));
        assert_eq!(one, other);
        assert!(!one.contains('\u{1b}'), "{one}");
        let widest = one.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{widest:?}: {one}");
        let ending = one.split("\n\n").last().expect("an ending").trim();
        let shown = PAGE.contains(ending) && PAGE.contains(sign);
        assert!(shown, "docs/audit.md shows another day:\n{one}");
    }
}

#[test]
fn an_unknown_demonstration_is_told_which_there_are() {
    let output = Command::new(env!("CARGO_BIN_EXE_momosandbox"))
        .args(["demo", "missing"])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("missed-callback") && text.contains("cutover"), "{text}");
}
