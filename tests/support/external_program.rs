//! Programs in other languages, driven against the real program.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Runs a driver of this folder against an emulator of its own, if what it needs is installed by the
/// folder's `install.sh`; kills it when it takes longer than `patience`.
pub fn drive(folder: &str, words: &[&str], needs: &str, patience: Duration) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let needed = path.join(needs);
    if !needed.exists() {
        let why = format!("{} is not there: run {folder}/install.sh", needed.display());
        assert!(!in_ci(), "{why}");
        eprintln!("skipped: {why}");
        return;
    }
    let emulator = Emulator::start(&path.join("scenario.toml"));
    let output = run(&path, words, &emulator.url, patience);
    assert!(output.succeeded, "{words:?} {}", output.text);
    let last = output.text.lines().last().unwrap_or_default();
    assert!(last.starts_with("ok: "), "{words:?} ended without `ok`:\n{}", output.text);
}

#[expect(
    clippy::disallowed_methods,
    reason = "no configuration: only CI must have what drivers need"
)]
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// How a driver ended and what it printed, errors first.
struct Output {
    succeeded: bool,
    text: String,
}

/// Runs a driver to its end, or kills it when it takes too long.
fn run(folder: &Path, words: &[&str], url: &str, patience: Duration) -> Output {
    let (program, arguments) = words.split_first().expect("a program");
    let mut driver = Running::start(
        Command::new(program_in(folder, program))
            .args(arguments)
            .arg(url)
            .current_dir(folder)
            // A proxy of this machine's is not the way to this machine.
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("no_proxy", "127.0.0.1,localhost")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    );
    let stdout = text_of(driver.0.stdout.take().expect("a pipe"));
    let stderr = text_of(driver.0.stderr.take().expect("a pipe"));
    // The end of its output is the end of the driver, or of our patience.
    let (sender, ended) = channel();
    let reader = thread::spawn(move || {
        let output = stdout.join().expect("stdout read");
        let errors = stderr.join().expect("stderr read");
        let _ = sender.send(());
        errors + &output
    });
    let in_time = ended.recv_timeout(patience).is_ok();
    if !in_time {
        driver.0.kill().expect("a driver that can be killed");
    }
    let status = driver.0.wait().expect("a driver that ended");
    let mut text = reader.join().expect("the output read");
    if !in_time {
        text.push_str(&format!("\nkilled after {patience:?}"));
    } else if !status.success() {
        text.push_str(&format!("\n{status}"));
    }
    Output { succeeded: in_time && status.success(), text }
}

/// A program of the folder by its path, any other by its name.
fn program_in(folder: &Path, program: &str) -> PathBuf {
    if program.contains('/') { folder.join(program) } else { program.into() }
}

/// Reads to the end without letting the pipe fill.
fn text_of(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe that can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A started program; it is killed when it is dropped.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        let spawned = command.stdin(Stdio::null()).spawn();
        Self(spawned.unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program())))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program under test, on a free port.
struct Emulator {
    url: String,
    _running: Running,
}

impl Emulator {
    /// Starts it, with this scenario if there is such a file.
    fn start(scenario: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_momo-sandbox"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--settle-after", "50ms"]);
        if scenario.exists() {
            command.arg("--scenario").arg(scenario);
        }
        let mut running = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut stdout = BufReader::new(running.0.stdout.take().expect("a pipe"));
        let mut first = String::new();
        stdout.read_line(&mut first).expect("a first line");
        let (_, url) = first.split_once("listening on ").expect("an address in the first line");
        let url = url.trim().to_owned();
        // What it prints later must not fill the pipe.
        thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        Self { url, _running: running }
    }
}
