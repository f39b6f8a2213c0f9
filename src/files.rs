//! Reading files so that none can block or exhaust the program: regular files only, and no more
//! bytes than a limit, whatever size the system reports.

use std::fs::FileType;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

/// The mark that Notepad and PowerShell may write before text in UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The marks before text in UTF-16, of both byte orders.
const UTF16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The most bytes of a scenario file: a hundred thousand rules with a party each.
pub const SCENARIO_FILE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Reads a regular file of at most `bytes_max` bytes. A byte order mark of UTF-8 is left out.
///
/// # Errors
///
/// Why it cannot be read, as words that can follow its name. A missing file is
/// [`ErrorKind::NotFound`]. Text in UTF-16 is refused.
pub fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>> {
    if let Some(kind) = system::kind_by_name(path) {
        return Err(no_regular_file(kind));
    }
    // The kind is checked before opening, since opening a device may have an effect.
    refuse_unless_regular(std::fs::metadata(path)?.file_type())?;
    let file = system::open(path)?;
    // It is checked again, since another file may have taken its place.
    refuse_unless_regular(file.metadata()?.file_type())?;
    without_mark(read_bounded(file, bytes_max)?)
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

/// The bytes without the byte order mark of UTF-8.
fn without_mark(mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    if UTF16_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(refusal(
            "it is text in UTF-16, as `>` and `Out-File` of Windows PowerShell write it, and only \
             UTF-8 is read: save it as UTF-8, for example with `Set-Content -Encoding utf8`"
                .to_owned(),
        ));
    }
    if bytes.starts_with(UTF8_MARK) {
        bytes.drain(..UTF8_MARK.len());
    }
    Ok(bytes)
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
    if found.is_file() {
        Ok(())
    } else if found.is_dir() {
        Err(no_regular_file("a folder"))
    } else {
        Err(no_regular_file(system::special_kind(found)))
    }
}

fn no_regular_file(kind: &str) -> Error {
    refusal(format!("it is {kind}, and only regular files are read"))
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
        let folder = tempfile::tempdir().expect("a folder");
        let shown = folder.path().display().to_string();
        assert_eq!(error(&shown), "it is a folder, and only regular files are read");
        let missing = read(&folder.path().join("at-all"), 100).expect_err("missing");
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        let (device, kind) =
            if cfg!(windows) { ("NUL", "a device") } else { ("/dev/zero", "a character device") };
        assert_eq!(error(device), format!("it is {kind}, and only regular files are read"));
    }

    #[test]
    fn the_limit_counts_the_bytes_that_are_read() {
        assert_eq!(read_bounded(&[1; 100][..], 100).expect("it fits").len(), 100);
        assert!(read_bounded(&[1; 101][..], 100).is_err());
        let endless = read_bounded(std::io::repeat(0), 100).expect_err("no end");
        assert!(endless.to_string().contains("more than 100 bytes"), "{endless}");
    }

    /// The size of `/proc/self/status` is reported as 0.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_limit_holds_where_the_system_reports_no_size() {
        let status = Path::new("/proc/self/status");
        assert_eq!(std::fs::metadata(status).expect("it is there").len(), 0);
        let error = read(status, 100).expect_err("it is longer").to_string();
        assert_eq!(error, "it has more than 100 bytes, the most that are read");
    }

    /// A pipe that takes a file's place after the first look is opened without waiting.
    #[cfg(unix)]
    #[test]
    fn a_pipe_is_opened_without_waiting_for_a_writer() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("`mkfifo`");
        assert!(made.success());
        let open = system::open(&pipe).expect("open at once").metadata().expect("a pipe");
        let error = refuse_unless_regular(open.file_type()).expect_err("a pipe").to_string();
        assert_eq!(error, "it is a named pipe (FIFO), and only regular files are read");
    }

    #[test]
    fn a_mark_of_utf8_is_no_part_of_the_text_and_utf16_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let read_back = |bytes: &[u8]| {
            let file = folder.path().join("text");
            std::fs::write(&file, bytes).expect("written");
            read_text(&file, 100).map_err(|error| error.to_string())
        };
        assert_eq!(read_back(b"\xef\xbb\xbfname = 1\r\n").as_deref(), Ok("name = 1\r\n"));
        assert_eq!(read_back(b"\xef\xbb\xbf").as_deref(), Ok(""));
        assert_eq!(read_back("a\u{feff}".as_bytes()).as_deref(), Ok("a\u{feff}"));
        for bytes in [b"\xff\xfen\0", b"\xfe\xff\0n"] {
            let error = read_back(bytes).expect_err("UTF-16");
            assert!(error.starts_with("it is text in UTF-16"), "{error}");
            assert!(error.contains("Set-Content -Encoding utf8"), "{error}");
        }
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
