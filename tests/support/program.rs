//! The program under test as a process: its output line by line, its end as an event.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use serde_json::Value;

use super::emulator::PATIENCE;

/// A started program; it is killed when it is dropped.
pub struct Program {
    child: Child,
    pub stdout: Receiver<String>,
    pub stderr: Receiver<String>,
}

/// How a program ended, and what it printed that was not taken before.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: Vec<String>,
    pub stderr: Vec<String>,
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program that can be started");
        let stdout = lines(child.stdout.take().expect("a pipe"));
        let stderr = lines(child.stderr.take().expect("a pipe"));
        Self { child, stdout, stderr }
    }

    /// One whose outputs go elsewhere.
    #[cfg(target_os = "linux")]
    pub fn of(child: Child) -> Self {
        let nothing = || lines(std::io::empty());
        Self { child, stdout: nothing(), stderr: nothing() }
    }

    /// The next line of standard output that contains `part`.
    pub fn line_with(&self, part: &str) -> String {
        while let Some(line) = next(&self.stdout) {
            if line.contains(part) {
                return line;
            }
        }
        panic!("it ended without a line with `{part}`; stderr: {:#?}", rest(&self.stderr));
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().expect("`kill`");
        assert!(sent.success());
    }

    /// Waits for the end, of which the end of both its outputs is the event.
    pub fn end(mut self) -> Ended {
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        let code = self.child.wait().expect("an exit status").code();
        Ended { code, stdout, stderr }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        // What is not UTF-8 is a line all the same.
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
        }
    });
    receiver
}

/// The next line, `None` at the end.
pub fn next(lines: &Receiver<String>) -> Option<String> {
    match lines.recv_timeout(PATIENCE) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => panic!("neither a line nor the end in time"),
    }
}

pub fn rest(lines: &Receiver<String>) -> Vec<String> {
    std::iter::from_fn(|| next(lines)).collect()
}

/// Both names of the emulator's program, each with its file.
pub const NAMES: [(&str, &str); 2] = [
    ("momosandbox", env!("CARGO_BIN_EXE_momosandbox")),
    ("momo-sandbox", env!("CARGO_BIN_EXE_momo-sandbox")),
];

/// A new folder with these files.
pub fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

/// The emulator's program, with nothing in its environment.
pub fn momo_sandbox(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_momosandbox"));
    command.env_clear().args(arguments);
    command
}

/// Runs a script in bash and returns its standard output.
pub fn bash(script: &str) -> String {
    // A proxy of the machine's is not for addresses of its own.
    let run = Program::start(Command::new("bash").env("no_proxy", "*").args(["-c", script]));
    let ended = run.end();
    assert_eq!((ended.code, &ended.stderr), (Some(0), &Vec::new()), "{script}");
    ended.stdout.join("\n")
}

/// What the example prints when it is pasted.
pub fn status_of(example: &str) -> Value {
    let printed = bash(example);
    serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

/// The program, serving.
pub struct Serving {
    pub program: Program,
    pub first_line: String,
    pub url: String,
}

impl Serving {
    /// Serves on a free port with these arguments.
    pub fn with(arguments: &[&str]) -> Self {
        Self::from(momo_sandbox(&["--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Serves on a free port with this environment variable.
    pub fn with_variable(name: &str, value: &str) -> Self {
        Self::from(momo_sandbox(&["--listen", "127.0.0.1:0"]).env(name, value))
    }

    pub fn from(command: &mut Command) -> Self {
        let program = Program::start(command);
        let first_line = program.line_with("");
        let (_, url) = first_line.split_once(" listening on ").expect("where it listens");
        Self { url: url.to_owned(), first_line, program }
    }

    pub fn line_with(&self, part: &str) -> String {
        self.program.line_with(part)
    }

    /// The lines to paste.
    pub fn example(&self) -> String {
        self.line_with("try it:");
        let mut lines = vec![self.line_with("")];
        while !lines.last().is_some_and(|line| line.ends_with("; echo")) {
            lines.push(self.line_with(""));
        }
        lines.join("\n")
    }

    /// Pastes the example with another payer, and without its pause.
    pub fn paste_example_for(&self, payer: &str) -> Value {
        let example = self.example();
        assert!(example.contains("46733123999") && example.contains("sleep 1; "), "{example}");
        status_of(&example.replace("46733123999", payer).replace("sleep 1; ", ""))
    }

    /// A request that is refused: it has no subscription key.
    pub fn be_refused(&self) {
        let status = bash(&format!(
            "curl -s -o /dev/null -w '%{{http_code}}' {}/v1_0/apiuser -d ''",
            self.url
        ));
        assert_eq!(status, "401");
    }

    /// Ends it, where its outputs go elsewhere; returns the exit code.
    #[cfg(target_os = "linux")]
    pub fn end_unread(mut self) -> Option<i32> {
        self.program.signal("TERM");
        self.program.child.wait().expect("an exit status").code()
    }

    pub fn terminate(self) -> Ended {
        self.program.signal("TERM");
        self.program.end()
    }
}
