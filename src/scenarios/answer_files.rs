//! The files beside a scenario that the bodies of its answers come from.

use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files;
use momo_sandbox_core::scenario::body_files::{BodyFiles, files_named_in};
use momo_sandbox_core::scenario::scenario_answer::ANSWER_FILE_BYTES_MAX;

/// The most bytes of all files beside a scenario.
const ANSWER_FILES_BYTES_MAX: usize = 1024 * 1024;

/// The paths of the files that the text of a scenario file names.
#[cfg(feature = "cli")]
pub fn paths_beside(scenario: &Path, text: &str) -> Vec<PathBuf> {
    let folder = folder_of(scenario);
    files_named_in(text).iter().map(|name| folder.join(name)).collect()
}

/// Reads the files that the text of a scenario file names.
pub fn read_beside(scenario: &Path, text: &str) -> BodyFiles {
    let folder = folder_of(scenario);
    let mut left = ANSWER_FILES_BYTES_MAX;
    let read = files_named_in(text).into_iter().map(|name| {
        let text = read(&folder, &name, &mut left).map_err(|error| error.to_string());
        (name, text.map(Arc::from))
    });
    BodyFiles::Read(read.collect())
}

fn folder_of(scenario: &Path) -> PathBuf {
    match scenario.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Reads a file in the folder or below. `left` is the number of bytes that it and all further ones
/// may have.
fn read(folder: &Path, name: &str, left: &mut usize) -> Result<String> {
    let path = folder.join(name);
    // A link may lead elsewhere.
    if !path.canonicalize()?.starts_with(folder.canonicalize()?) {
        let why = "it leads out of the scenario's folder";
        return Err(Error::new(ErrorKind::InvalidInput, why));
    }
    let text = files::read_text(&path, ANSWER_FILE_BYTES_MAX)?;
    *left = left.checked_sub(text.len()).ok_or_else(|| {
        let why = format!(
            "all files beside the scenario together have more than {ANSWER_FILES_BYTES_MAX} bytes"
        );
        Error::new(ErrorKind::InvalidInput, why)
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(folder: &Path, name: &str) -> std::result::Result<Arc<str>, String> {
        let text = format!("body = {{ file = \"{name}\" }}");
        let BodyFiles::Read(mut files) = read_beside(&folder.join("a.toml"), &text) else {
            panic!("they were read")
        };
        files.remove(name).expect("it is named")
    }

    #[test]
    fn files_of_the_folder_and_below_are_read_and_no_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let scenarios = folder.path().join("scenarios");
        std::fs::create_dir_all(scenarios.join("pages")).expect("a folder");
        let write = |name: &str, bytes: &[u8]| std::fs::write(scenarios.join(name), bytes);
        write("pages/403.html", b"<p>\r\n").expect("written");
        write("latin-1", b"caf\xe9").expect("written");
        write("long", &[b'a'; ANSWER_FILE_BYTES_MAX + 1]).expect("written");
        assert_eq!(read_of(&scenarios, "pages/403.html").as_deref(), Ok("<p>\r\n"));
        let refused = |name: &str| read_of(&scenarios, name).expect_err(name);
        assert!(refused("latin-1").contains("byte 4"), "{}", refused("latin-1"));
        assert!(refused("long").contains("more than 65536 bytes"), "{}", refused("long"));
        assert_eq!(refused("pages"), "it is a folder, and only regular files are read");
        refused("missing");
        #[cfg(unix)]
        {
            std::fs::write(folder.path().join("secret"), "x").expect("written");
            std::os::unix::fs::symlink("../secret", scenarios.join("link")).expect("a link");
            assert_eq!(refused("link"), "it leads out of the scenario's folder");
        }
    }

    #[test]
    fn all_files_together_are_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let names: Vec<String> = (0..17).map(|number| format!("{number:02}")).collect();
        let mut text = String::new();
        for name in &names {
            std::fs::write(folder.path().join(name), [b'a'; ANSWER_FILE_BYTES_MAX])
                .expect("a file");
            text.push_str(&format!("[[rules]]\nbody = {{ file = \"{name}\" }}\n"));
        }
        let BodyFiles::Read(files) = read_beside(&folder.path().join("a.toml"), &text) else {
            panic!("they were read")
        };
        let refused: Vec<&String> = names.iter().filter(|name| files[*name].is_err()).collect();
        assert_eq!(refused, ["16"]);
    }
}
