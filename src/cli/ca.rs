//! `momo-sandbox ca`: certificates with which MTN's rules about them are tried offline.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::certificates::approved::{approved, named};
use crate::certificates::authority::{Authority, AuthorityError};
use crate::certificates::issuing::{ANNOUNCEMENT, Evidence, Issuing, announced, known_of};
use crate::certificates::verification::PEM_FILE_BYTES_MAX;
use crate::cli::Failure;
use crate::cli::arguments::Ca;
use crate::engine::clock::wall_clock;
use crate::files;

const ROOT: &str = "root.pem";
const ROOT_KEY: &str = "root.key.pem";

/// Creates a local root, unless it is there, and below it an intermediate of the alias with a
/// certificate for each host.
///
/// # Errors
///
/// An unknown alias, a host that is none, a folder that cannot be written.
pub fn ca(arguments: &Ca) -> Result<(), Failure> {
    let text = if arguments.list { list() } else { create(arguments)? };
    // Whoever closed standard output does not want to read it.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// The root of a folder; a new one, where there is none yet.
///
/// # Errors
///
/// A root that is not good, or a folder that cannot be written.
pub fn root_of(directory: &Path) -> Result<Authority, Failure> {
    match read_root(directory)? {
        Some(root) => Ok(root),
        None => {
            create_directory(directory)?;
            create_root(directory)
        }
    }
}

fn create_directory(directory: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| {
        Failure::environment(format!("cannot create the folder {}: {error}", directory.display()))
    })
}

fn create_root(directory: &Path) -> Result<Authority, Failure> {
    let root = Authority::new_root(wall_clock()).map_err(|error| not_made(&error))?;
    write_file(&directory.join(ROOT), &root.certificate_pem, 0o644)?;
    write_file(&directory.join(ROOT_KEY), &root.key_pem, 0o600)?;
    Ok(root)
}

/// The approved intermediates, each with what is known of it.
fn list() -> String {
    let mut text = String::new();
    for one in approved() {
        let known = known_of(one);
        let issuing = known.issuing.name();
        let _ = write!(text, "{}\n    {}\n    issues still: {issuing}", one.alias, one.subject);
        if let Some(Evidence { as_of, says, source, address }) = &known.evidence {
            let _ = write!(text, ", {as_of}: {says}\n    source: {source}, {address}");
        }
        text.push('\n');
    }
    let count_of =
        |issuing| approved().iter().filter(|one| known_of(one).issuing == issuing).count();
    let _ = writeln!(
        text,
        "\n{} approved intermediates, as MTN published them, without a date. Known to issue still: \
         {}; known not to: {}; unknown: {}.",
        approved().len(),
        count_of(Issuing::Yes),
        count_of(Issuing::No),
        count_of(Issuing::Unknown),
    );
    let _ = writeln!(text, "\nAnnounced later, and not approved here ({ANNOUNCEMENT}):");
    for one in announced() {
        let _ = writeln!(text, "    {} ({})", one.common_name, one.organization);
    }
    text
}

fn create(arguments: &Ca) -> Result<String, Failure> {
    let intermediate = named(&arguments.alias)
        .map_err(|why| Failure::user(format!("--alias: {why}; --list shows all")))?;
    let now = wall_clock();
    let directory = &arguments.dir;
    create_directory(directory)?;
    let mut text = String::new();
    let root = match read_root(directory)? {
        Some(root) => root,
        None => {
            let file = directory.join(ROOT);
            let shown = file.display();
            let _ = writeln!(text, "{shown}  a new root: trust it where callbacks are tried");
            create_root(directory)?
        }
    };
    let issuer = root.intermediate(&intermediate.subject, now).map_err(|error| not_made(&error))?;
    let mut examples = Vec::new();
    for host in &arguments.host {
        let hosts = [host.clone()];
        let valid = Authority::usual_validity(now);
        let server = issuer.server(&hosts, valid).map_err(|error| not_made(&error))?;
        let (chain, key) = files_of(directory, host);
        write_file(&chain, &(server.certificate_pem + &issuer.certificate_pem), 0o644)?;
        write_file(&key, &server.key_pem, 0o600)?;
        let _ = writeln!(
            text,
            "{}  for {host}, issued by {}\n{}  its key",
            chain.display(),
            intermediate.alias,
            key.display()
        );
        examples.push((host, chain, key));
    }
    if let Some((host, chain, key)) = examples.first() {
        let (chain, key) = (chain.display(), key.display());
        let _ = write!(
            text,
            "\nTry it:\n  momo-sandbox listen --listen 127.0.0.1:8443 --tls-chain {chain} \
             --tls-key {key}\n  momo-sandbox --target-environment mtnuganda --trust {} --route \
             {host}=127.0.0.1:8443 --api-user UUID:KEY:{host}\n",
            directory.join(ROOT).display()
        );
    }
    Ok(text)
}

fn not_made(error: &AuthorityError) -> Failure {
    Failure::user(format!("cannot create this certificate: {error}"))
}

/// The chain and key of a host. A name for a wildcard has no star in it.
fn files_of(directory: &Path, host: &str) -> (PathBuf, PathBuf) {
    let name: String = host
        .chars()
        .map(|character| match character {
            '*' => '_',
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' => character,
            _ => '_',
        })
        .collect();
    (directory.join(format!("{name}.chain.pem")), directory.join(format!("{name}.key.pem")))
}

fn read_root(directory: &Path) -> Result<Option<Authority>, Failure> {
    let read = |name: &str| match files::read_text(&directory.join(name), PEM_FILE_BYTES_MAX) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let file = directory.join(name);
            Err(Failure::environment(format!("cannot read {}: {error}", file.display())))
        }
    };
    match (read(ROOT)?, read(ROOT_KEY)?) {
        (Some(certificate), Some(key)) => {
            Authority::read(certificate, key).map(Some).map_err(|error| {
                let shown = directory.display();
                Failure::user(format!(
                    "{shown} has no valid root: {error}; remove {ROOT} and {ROOT_KEY} for a new one"
                ))
            })
        }
        (None, None) => Ok(None),
        _ => Err(Failure::user(format!(
            "{} has one of {ROOT} and {ROOT_KEY} without the other: remove it for a new root",
            directory.display()
        ))),
    }
}

fn write_file(file: &Path, text: &str, mode: u32) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(file)
        .and_then(|mut open| open.write_all(text.as_bytes()));
    written
        .map_err(|error| Failure::environment(format!("cannot write {}: {error}", file.display())))
}
