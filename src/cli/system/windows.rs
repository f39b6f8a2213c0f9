//! The side of Windows.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::LazyLock;

use tokio::process::Child;
use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close,
    ctrl_logoff, ctrl_shutdown,
};

use crate::cli::system::{OwnersFile, StopSignal};

/// The events of a console that ask its processes to stop. From its creation on, none of them ends
/// the process at once. After the last three the system grants some seconds, about five.
pub struct StopSignals {
    interrupt: CtrlC,
    r#break: CtrlBreak,
    close: CtrlClose,
    log_off: CtrlLogoff,
    shut_down: CtrlShutdown,
}

impl StopSignals {
    /// # Errors
    ///
    /// The system's error.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            r#break: ctrl_break()?,
            close: ctrl_close()?,
            log_off: ctrl_logoff()?,
            shut_down: ctrl_shutdown()?,
        })
    }

    /// Waits for the next request to stop. Each of them reaches all processes of a console.
    pub async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.r#break.recv() => {}
            _ = self.close.recv() => {}
            _ = self.log_off.recv() => {}
            _ = self.shut_down.recv() => {}
        }
        StopSignal::AllOfTheConsole
    }
}

/// Does nothing: the command shares the console, so it gets each event itself, and Windows has no
/// request to stop that reaches one process alone.
pub fn forward_stop(_: &Child) {}

/// The program of this name. The ending may be left out, as of `npm.cmd`: the system itself would
/// only try `.exe`, and users mean what their shell means.
///
/// # Errors
///
/// [`ErrorKind::NotFound`].
pub fn program_of(name: &str) -> io::Result<PathBuf> {
    which::which(name).map_err(|error| io::Error::new(ErrorKind::NotFound, error))
}

pub fn exit_code(ended: ExitStatus) -> i32 {
    ended.code().unwrap_or(1)
}

/// How a command ended, as words that can follow its name.
pub fn end_of(ended: ExitStatus) -> String {
    match ended.code() {
        // The system's own codes are known by their hexadecimal form, as 0xC000013A for Ctrl-C.
        Some(code) if code < 0 => format!("exited with status 0x{code:08X}"),
        Some(code) => format!("exited with status {code}"),
        None => format!("ended: {ended}"),
    }
}

/// Creates a file that only its owner may read. A file that exists is replaced.
///
/// # Errors
///
/// The system's error.
pub fn create_for_owner(path: &Path) -> io::Result<OwnersFile> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Nobody else can open the file while it is open here, so nobody has read it before it is
    // protected.
    let file = OpenOptions::new().write(true).create_new(true).share_mode(0).open(path)?;
    Ok(OwnersFile { file, unprotected: protect(path).err() })
}

/// Takes the rights that a file has from its folder, and leaves its owner's alone.
fn protect(path: &Path) -> Result<(), String> {
    // The security identifier of the owner, which has this value in every language of Windows.
    const OWNER: &str = "*S-1-3-4:F";
    let full = std::path::absolute(path).map_err(|error| error.to_string())?;
    let done = Command::new("icacls")
        .arg(full)
        .args(["/inheritance:r", "/grant:r", OWNER])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("icacls does not run: {error}"))?;
    if done.status.success() { Ok(()) } else { Err(format!("icacls ended with {}", done.status)) }
}

/// Windows has no limit of open files: neither one in force nor a most.
pub fn open_file_limits() -> (Option<u64>, Option<u64>) {
    (None, None)
}

/// Does nothing, as there is no limit.
///
/// # Errors
///
/// None.
pub fn set_open_file_limit(_: u64) -> io::Result<()> {
    Ok(())
}

/// Whether the console takes colour. It is switched on at the first call.
pub fn takes_colour() -> bool {
    static IS_ON: LazyLock<bool> = LazyLock::new(|| nu_ansi_term::enable_ansi_support().is_ok());
    *IS_ON
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_program_is_found_without_its_ending() {
        let found = program_of("cmd").expect("each Windows has it");
        assert!(found.is_absolute(), "{found:?}");
        assert!(found.to_string_lossy().to_lowercase().ends_with("cmd.exe"), "{found:?}");
        let error = program_of("no-such-program").expect_err("none has it");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_batch_file_is_found_without_its_ending_and_gives_its_exit_code() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("tool.cmd"), "@exit /b %1\r\n").expect("written");
        let found = program_of(&folder.path().join("tool").to_string_lossy()).expect("found");
        let ended = Command::new(found).arg("7").status().expect("it runs");
        assert_eq!((exit_code(ended), end_of(ended)), (7, "exited with status 7".to_owned()));
    }

    #[test]
    fn the_codes_of_the_system_are_shown_in_their_usual_form() {
        let ended = Command::new("cmd").args(["/c", "exit -1073741510"]).status().expect("cmd");
        assert_eq!(exit_code(ended), -1073741510);
        assert_eq!(end_of(ended), "exited with status 0xC000013A");
    }

    #[test]
    fn a_key_is_written_anew_and_protected() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key.pem");
        for text in ["the first", "another"] {
            let mut created = create_for_owner(&path).expect("created");
            assert_eq!(created.unprotected, None);
            created.file.write_all(text.as_bytes()).expect("written");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("its owner may"), "another");
    }

    /// Wine's `icacls` changes and prints nothing, so `packaging/targets/unit-tests` skips this.
    #[test]
    fn a_key_has_no_right_of_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let [key, other] = ["key.pem", "other.txt"].map(|name| folder.path().join(name));
        create_for_owner(&key).expect("created");
        std::fs::write(&other, "").expect("written");
        let has_inherited_right = |path: &Path| {
            let shown = Command::new("icacls").arg(path).output().expect("icacls");
            String::from_utf8_lossy(&shown.stdout).contains("(I)")
        };
        assert!(has_inherited_right(&other), "icacls shows the rights of a folder");
        assert!(!has_inherited_right(&key), "a right of the folder is left");
    }
}
