//! The folder of a certificate authority: its root certificate and the root's key.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::certificates::authority::{Authority, AuthorityError};
use crate::certificates::verification::PEM_FILE_BYTES_MAX;
use crate::cli::failure::Failure;
use crate::cli::system::create_for_owner;
use crate::engine::clock::wall_clock;
use crate::files;

/// The file name of the root certificate.
pub const ROOT: &str = "root.pem";
const ROOT_KEY: &str = "root.key.pem";

/// Reads the root of a folder. Creates one where the folder has none.
///
/// # Errors
///
/// An invalid root, or a folder that cannot be written.
pub fn open_or_create(folder: &Path) -> Result<Authority, Failure> {
    match read_root(folder)? {
        Some(root) => Ok(root),
        None => {
            create_folder(folder)?;
            create_root(folder)
        }
    }
}

/// Reads the root of a folder, if the folder has one.
pub fn read_root(folder: &Path) -> Result<Option<Authority>, Failure> {
    let read = |name: &str| match files::read_text(&folder.join(name), PEM_FILE_BYTES_MAX) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let file = folder.join(name);
            Err(Failure::environment(format!("cannot read {}: {error}", file.display())))
        }
    };
    match (read(ROOT)?, read(ROOT_KEY)?) {
        (Some(certificate), Some(key)) => {
            Authority::read(certificate, key).map(Some).map_err(|error| {
                let shown = folder.display();
                Failure::user(format!(
                    "{shown} has no valid root: {error}; remove {ROOT} and {ROOT_KEY} for a new one"
                ))
            })
        }
        (None, None) => Ok(None),
        _ => Err(Failure::user(format!(
            "{} has one of {ROOT} and {ROOT_KEY} without the other: remove it for a new root",
            folder.display()
        ))),
    }
}

pub fn create_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::environment(format!("cannot create the folder {}: {error}", folder.display()))
    })
}

/// Creates a root and writes it to the folder.
pub fn create_root(folder: &Path) -> Result<Authority, Failure> {
    let root = Authority::new_root(wall_clock()).map_err(|error| certificate_failure(&error))?;
    write_file(&folder.join(ROOT), &root.certificate_pem, Readers::All)?;
    write_file(&folder.join(ROOT_KEY), &root.key_pem, Readers::Owner)?;
    Ok(root)
}

/// Who may read a file. Keys are for their owner only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    Owner,
    All,
}

/// Writes a file that these may read. A warning tells of a file that could not be kept from others.
pub fn write_file(file: &Path, text: &str, readers: Readers) -> Result<(), Failure> {
    let created = match readers {
        Readers::All => File::create(file),
        Readers::Owner => create_for_owner(file).map(|created| {
            if let Some(why) = created.unprotected {
                let shown = file.display();
                // A closed standard error is no failure.
                let _ = writeln!(
                    std::io::stderr(),
                    "warning: other users of this machine may be able to read the key {shown}: \
                     {why}"
                );
            }
            created.file
        }),
    };
    created
        .and_then(|mut open| open.write_all(text.as_bytes()))
        .map_err(|error| Failure::environment(format!("cannot write {}: {error}", file.display())))
}

pub fn certificate_failure(error: &AuthorityError) -> Failure {
    Failure::user(format!("cannot create this certificate: {error}"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        create_root(folder.path()).expect("a root");
        let mode = |name: &str| {
            let found = std::fs::metadata(folder.path().join(name)).expect("a file");
            found.permissions().mode() & 0o777
        };
        assert_eq!(mode(ROOT_KEY), 0o600);
        assert!(mode(ROOT) & 0o400 != 0);
    }
}
