//! The name by which the program was started, for whatever tells the user what to type.

use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;

/// The name that no other package has; messages and help are written with it.
pub const UNAMBIGUOUS: &str = "momosandbox";

/// Set once, by the first run of the command line in this process.
static STARTED_AS: OnceLock<String> = OnceLock::new();

/// Notes the name of the program, the first of its arguments.
pub fn note(arguments: &[OsString]) {
    if let Some(name) = arguments.first().and_then(|first| name_of(Path::new(first))) {
        // A second run in one process has the name of the first.
        let _ = STARTED_AS.set(name);
    }
}

/// The name by which the program was started; the unambiguous one where nobody noted it.
pub fn program_name() -> &'static str {
    STARTED_AS.get().map_or(UNAMBIGUOUS, String::as_str)
}

/// The text with the commands in it under the name by which the program was started.
pub fn spelled(text: &str) -> String {
    spelled_as(text, program_name())
}

fn spelled_as(text: &str, name: &str) -> String {
    text.replace(&format!("`{UNAMBIGUOUS} "), &format!("`{name} "))
}

/// The file's name without `.exe`; `None` for one that a user would have to quote.
fn name_of(program: &Path) -> Option<String> {
    let name = program.file_name()?.to_str()?;
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_.".contains(one);
    (!name.is_empty() && name.chars().all(is_plain)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_the_file_without_its_ending() {
        let name = |path: &str| name_of(Path::new(path));
        assert_eq!(name("/usr/bin/momo-sandbox").as_deref(), Some("momo-sandbox"));
        assert_eq!(name("momosandbox.exe").as_deref(), Some("momosandbox"));
        assert_eq!(name("/opt/my momo"), None, "a shell would take it for two words");
        assert_eq!(name("/"), None);
    }

    #[test]
    fn only_commands_are_spelled_otherwise() {
        let text = "`momosandbox ca --list` shows them; momosandbox-ca is a folder";
        let expected = "`momo-sandbox ca --list` shows them; momosandbox-ca is a folder";
        assert_eq!(spelled_as(text, "momo-sandbox"), expected);
    }
}
