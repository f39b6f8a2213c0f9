//! Reading files so that none can block or exhaust the program: regular files only, and no more
//! bytes than a limit, whatever size the system reports.

use std::fs::{File, FileType, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// The most bytes of a scenario file.
pub const SCENARIO_FILE_BYTES_MAX: usize = 1024 * 1024;

/// Reads a regular file of at most `bytes_max` bytes.
///
/// # Errors
///
/// Why it cannot be read, as words that can follow its name. A missing file is
/// [`ErrorKind::NotFound`].
pub fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>> {
    // The kind is checked before opening, since opening a device may have an effect.
    refuse_unless_regular(std::fs::metadata(path)?.file_type())?;
    let file = open(path)?;
    // It is checked again, since another file may have taken its place.
    refuse_unless_regular(file.metadata()?.file_type())?;
    read_bounded(file, bytes_max)
}

/// Reads a regular file of text likewise.
///
/// # Errors
///
/// Those of [`read`], or the first byte that is not UTF-8.
pub fn read_text(path: &Path, bytes_max: usize) -> Result<String> {
    String::from_utf8(read(path, bytes_max)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        refusal(format!("it is not text in UTF-8: byte {at} is the first that does not fit"))
    })
}

/// Opens without waiting for the writer of a pipe or the line of a terminal.
fn open(path: &Path) -> Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

/// Reads at most `bytes_max` bytes. It counts them itself, since the size of a file may be wrong or
/// grow.
fn read_bounded(from: impl Read, bytes_max: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let one_more = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    from.take(one_more).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        Err(refusal(format!("it has more than {bytes_max} bytes, the most that are read")))
    } else {
        Ok(bytes)
    }
}

fn refuse_unless_regular(found: FileType) -> Result<()> {
    match kind_of(found) {
        None => Ok(()),
        Some(kind) => Err(refusal(format!("it is {kind}, and only regular files are read"))),
    }
}

/// The kind of a file in words; `None` for a regular file.
fn kind_of(found: FileType) -> Option<&'static str> {
    let kinds = [
        (found.is_file(), None),
        (found.is_dir(), Some("a folder")),
        (found.is_fifo(), Some("a named pipe (FIFO)")),
        (found.is_socket(), Some("a socket")),
        (found.is_char_device(), Some("a character device")),
        (found.is_block_device(), Some("a block device")),
    ];
    let kind = kinds.into_iter().find_map(|(is_it, kind)| is_it.then_some(kind));
    kind.unwrap_or(Some("no regular file"))
}

fn refusal(why: String) -> Error {
    Error::new(ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(path: &str) -> String {
        read(Path::new(path), 100).expect_err(path).to_string()
    }

    #[test]
    fn only_regular_files_are_read() {
        assert_eq!(error("/dev/zero"), "it is a character device, and only regular files are read");
        assert_eq!(error("/proc"), "it is a folder, and only regular files are read");
        let missing = read(Path::new("/nowhere/at-all"), 100).expect_err("missing");
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }

    /// The size of `/proc/self/status` is reported as 0.
    #[test]
    fn the_limit_counts_the_bytes_that_are_read() {
        let status = Path::new("/proc/self/status");
        assert_eq!(std::fs::metadata(status).expect("it is there").len(), 0);
        let error = read(status, 100).expect_err("it is longer").to_string();
        assert_eq!(error, "it has more than 100 bytes, the most that are read");
        assert_eq!(read_bounded(&[1; 100][..], 100).expect("it fits").len(), 100);
        assert!(read_bounded(&[1; 101][..], 100).is_err());
        let endless = read_bounded(std::io::repeat(0), 100).expect_err("no end");
        assert!(endless.to_string().contains("more than 100 bytes"), "{endless}");
    }

    /// A pipe that takes a file's place after the first look is opened without waiting.
    #[test]
    fn a_pipe_is_opened_without_waiting_for_a_writer() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("`mkfifo`");
        assert!(made.success());
        let open = open(&pipe).expect("open at once").metadata().expect("a pipe").file_type();
        let error = refuse_unless_regular(open).expect_err("a pipe").to_string();
        assert_eq!(error, "it is a named pipe (FIFO), and only regular files are read");
    }

    #[test]
    fn an_error_of_utf8_names_the_byte() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("latin-1");
        std::fs::write(&file, b"caf\xe9").expect("written");
        let error = read_text(&file, 100).expect_err("not UTF-8").to_string();
        assert_eq!(error, "it is not text in UTF-8: byte 4 is the first that does not fit");
    }
}
