//! SECURITY.md names a test for each promise; the tests are there.

use crate::support::sources::rust_text;

const SECURITY: &str = include_str!("../../SECURITY.md");

#[test]
fn every_test_that_security_md_names_is_there() {
    let rows =
        SECURITY.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    let named: Vec<&str> = rows
        .flat_map(|row| row.rsplit('|').nth(1).expect("a last cell").split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 15, "the tables were not found: {named:?}");
    // Without the blanks at the beginning of lines.
    let sources: String = rust_text(&["src", "core/src", "tests"])
        .lines()
        .flat_map(|line| [line.trim_start(), "\n"])
        .collect();
    for name in named {
        let is_there =
            ["#[test]\n", "#[tokio::test]\n", "#[tokio::test(flavor = \"multi_thread\")]\n"]
                .iter()
                .any(|mark| {
                    let (free, waiting) =
                        (format!("{mark}fn {name}("), format!("{mark}async fn {name}("));
                    sources.contains(&free) || sources.contains(&waiting)
                });
        // A row of a macro that makes a test of each.
        let is_there = is_there || sources.contains(&format!("\n{name}:"));
        assert!(is_there, "SECURITY.md names the test `{name}`, which is not there");
    }
}
