//! `momosandbox ca`: creates certificates to try https callbacks offline.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::certificates::approved::{approved, named};
use crate::certificates::authority::Authority;
use crate::certificates::issuing::{ANNOUNCEMENT, Evidence, Issuing, announced, known_of};
use crate::cli::authority_folder::{
    ROOT, Readers, certificate_failure, create_folder, create_root, read_root, write_file,
};
use crate::cli::failure::Failure;
use crate::cli::program_name::program_name;
use crate::engine::clock::wall_clock;

/// The arguments of `ca`.
#[derive(Debug, Args)]
pub struct CaArguments {
    /// Folder of the root and of what is issued
    #[arg(long, default_value = "momo-sandbox-ca", value_name = "FOLDER")]
    pub dir: PathBuf,

    /// Approved intermediate to issue as; --list shows all
    #[arg(long, default_value = "R3", value_name = "ALIAS")]
    pub alias: String,

    /// Host to issue a certificate for; may be repeated
    #[arg(long, value_name = "NAME", value_parser = parse_host)]
    pub host: Vec<String>,

    /// List the intermediates that MTN approves
    #[arg(long)]
    pub list: bool,
}

fn parse_host(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let host = url::Host::parse(name);
    host.map(|_| text.to_owned())
        .map_err(|_| "expected a host name, an IP address or for example *.shop.example".to_owned())
}

/// Creates a root where the folder has none, and a certificate for each host, issued by an
/// intermediate with the subject of the alias.
///
/// # Errors
///
/// An unknown alias, an invalid host, a folder that cannot be written.
pub fn run(arguments: &CaArguments) -> Result<(), Failure> {
    let text = if arguments.list { list() } else { create(arguments)? };
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

/// Lists the approved intermediates, each with the evidence that it still issues certificates.
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

fn create(arguments: &CaArguments) -> Result<String, Failure> {
    let intermediate = named(&arguments.alias)
        .map_err(|why| Failure::user(format!("--alias: {why}; --list shows all")))?;
    let now = wall_clock();
    let folder = &arguments.dir;
    create_folder(folder)?;
    let mut text = String::new();
    let root = match read_root(folder)? {
        Some(root) => root,
        None => {
            let file = folder.join(ROOT);
            let shown = file.display();
            let _ = writeln!(text, "{shown}  a new root: trust it where callbacks are tried");
            create_root(folder)?
        }
    };
    let issuer = root
        .intermediate(&intermediate.subject, now)
        .map_err(|error| certificate_failure(&error))?;
    let mut examples = Vec::new();
    for host in &arguments.host {
        let hosts = [host.clone()];
        let valid = Authority::usual_validity(now);
        let server = issuer.server(&hosts, valid).map_err(|error| certificate_failure(&error))?;
        let (chain, key) = files_of(folder, host);
        write_file(&chain, &(server.certificate_pem + &issuer.certificate_pem), Readers::All)?;
        write_file(&key, &server.key_pem, Readers::Owner)?;
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
        let (chain, key, program) = (chain.display(), key.display(), program_name());
        let _ = write!(
            text,
            "\nTry it:\n  {program} listen --listen 127.0.0.1:8443 --tls-chain {chain} \
             --tls-key {key}\n  {program} --target-environment mtnuganda --trust {} --route \
             {host}=127.0.0.1:8443 --system-credential USERID:TOKEN:{host}\n",
            folder.join(ROOT).display()
        );
    }
    Ok(text)
}

/// The files of the chain and the key of a host. The file names of a wildcard have `_` for `*`.
fn files_of(folder: &Path, host: &str) -> (PathBuf, PathBuf) {
    let name: String = host
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' => character,
            _ => '_',
        })
        .collect();
    (folder.join(format!("{name}.chain.pem")), folder.join(format!("{name}.key.pem")))
}
