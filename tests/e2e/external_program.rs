//! Programs in other languages, driven against the real program.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// Runs a driver of this folder of the repository against an emulator of its own; kills it when it
/// takes longer than `patience`.
pub fn drive(folder: &str, words: &[&str], patience: Duration) {
    let path = root().join(folder);
    let scenario = path.join("scenario.toml");
    let emulator = match scenario.to_str().filter(|_| scenario.exists()) {
        Some(scenario) => Emulator::start(&["--settle-after", "50ms", "--scenario", scenario]),
        None => Emulator::start(&["--settle-after", "50ms"]),
    };
    drive_against(&path, words, &[], &emulator.url, patience);
}

/// Runs a driver with these variables against the emulator at this URL; it must end with `ok: `.
pub fn drive_against(
    folder: &Path,
    words: &[&str],
    variables: &[(&str, &str)],
    url: &str,
    patience: Duration,
) {
    let output = run(folder, words, variables, url, patience);
    assert!(output.succeeded, "{words:?} {}", output.text);
    let last = output.text.lines().last().unwrap_or_default();
    assert!(last.starts_with("ok: "), "{words:?} ended without `ok`:\n{}", output.text);
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// How a driver ended and what it printed, errors first.
struct Output {
    succeeded: bool,
    text: String,
}

/// Runs a driver to its end, or kills it when it takes too long.
fn run(
    folder: &Path,
    words: &[&str],
    variables: &[(&str, &str)],
    url: &str,
    patience: Duration,
) -> Output {
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
            .envs(variables.iter().copied())
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
pub struct Emulator {
    pub url: String,
    /// Where its HTTPS front is, if it has one.
    pub front: Option<String>,
    _running: Running,
}

impl Emulator {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_momosandbox"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut running = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut stdout = BufReader::new(running.0.stdout.take().expect("a pipe"));
        let mut address_after = |part: &str| loop {
            let mut line = String::new();
            let bytes = stdout.read_line(&mut line).expect("a line");
            assert!(bytes > 0, "no line has `{part}`");
            if let Some((_, rest)) = line.split_once(part) {
                return rest.split([';', '\n']).next().unwrap_or_default().to_owned();
            }
        };
        let url = address_after("listening on ");
        let has_front = arguments.contains(&"--tls-listen");
        let front = has_front.then(|| address_after("HTTPS front on "));
        // What it prints later must not fill the pipe.
        thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        Self { url, front, _running: running }
    }
}
