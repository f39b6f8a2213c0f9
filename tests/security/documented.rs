//! SECURITY.md names a test for each promise; the tests are there.

use std::path::Path;

const SECURITY: &str = include_str!("../../SECURITY.md");

#[test]
fn every_test_that_security_md_names_is_there() {
    let rows =
        SECURITY.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise"));
    let named: Vec<&str> = rows
        .flat_map(|row| row.rsplit('|').nth(1).expect("a last cell").split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 15, "the tables were not found: {named:?}");
    let mut sources = String::new();
    for folder in ["src", "tests"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut sources);
    }
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

/// All sources of a folder, without the blanks at the beginning of lines.
fn collect(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "node_modules" && name != "target" {
            collect(&path, sources);
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            text.lines().for_each(|line| {
                sources.push_str(line.trim_start());
                sources.push('\n');
            });
        }
    }
}
