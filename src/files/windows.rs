//! How Windows opens a file, and the names that it gives to what is no file.

use std::ffi::OsStr;
use std::fs::{File, FileType};
use std::io::Result;
use std::path::{Component, Path, Prefix};

pub fn open(path: &Path) -> Result<File> {
    File::open(path)
}

/// The kind of a device or pipe, which its name alone tells. The standard library takes both for
/// regular files, and opening one may have an effect or wait.
pub fn kind_by_name(path: &Path) -> Option<&'static str> {
    // The system itself decides here whether `nul` or `con.txt` is a device, and says `\\.\nul`.
    let full = std::path::absolute(path).ok()?;
    let Some(Component::Prefix(prefix)) = full.components().next() else { return None };
    let is_pipes = |name: &OsStr| name.eq_ignore_ascii_case("pipe");
    match prefix.kind() {
        Prefix::DeviceNS(name) if is_pipes(name) => Some("a named pipe"),
        Prefix::UNC(_, share) | Prefix::VerbatimUNC(_, share) if is_pipes(share) => {
            Some("a named pipe")
        }
        Prefix::DeviceNS(_) => Some("a device"),
        Prefix::Verbatim(_) => Some("no file of a drive or a share"),
        Prefix::Disk(_) | Prefix::VerbatimDisk(_) | Prefix::UNC(..) | Prefix::VerbatimUNC(..) => {
            None
        }
    }
}

/// The kind of what is neither a regular file nor a folder.
pub fn special_kind(_: FileType) -> &'static str {
    "no regular file"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_and_pipes_are_known_by_their_names() {
        let kind = |name: &str| kind_by_name(Path::new(name));
        assert_eq!(kind("NUL"), Some("a device"));
        assert_eq!(kind("con"), Some("a device"));
        assert_eq!(kind(r"\\.\COM12"), Some("a device"));
        assert_eq!(kind(r"\\.\pipe\docker"), Some("a named pipe"));
        assert_eq!(kind(r"\\server\PIPE\x"), Some("a named pipe"));
        assert_eq!(kind(r"\\?\pipe\x"), Some("no file of a drive or a share"));
        for file in [r"x.toml", r"C:\x\y.toml", r"\\?\C:\x", r"\\server\share\x.toml", "/x", "C:x"]
        {
            assert_eq!(kind(file), None, "{file}");
        }
    }
}
