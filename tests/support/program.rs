//! The real program, started as a user starts it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

/// A command of the program, with nothing of the caller's environment that it would read.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_momo-sandbox"));
    command.args(arguments).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    told(&program(arguments).output().expect("the program starts"))
}

/// Exit code, standard output and standard error.
pub fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A program that serves; it is killed when it is dropped.
pub struct Serving {
    pub url: String,
    pub welcome: Vec<String>,
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts it on a free port and waits until it says that it listens.
    pub fn start(arguments: &[&str]) -> Self {
        Self::of(&mut program(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat()))
    }

    /// Starts this command and waits until it has said what it says at the start.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut welcome = Vec::new();
        loop {
            let mut line = String::new();
            if stdout.read_line(&mut line).expect("a line") == 0 {
                let mut why = String::new();
                let _ = child.stderr.take().expect("a pipe").read_to_string(&mut why);
                panic!("it ended before it listened: {welcome:?} {why}");
            }
            welcome.push(line.trim_end().to_owned());
            // The last line at the start is the third of the example, or the seed without one.
            if line.trim_start().starts_with("R=") {
                break;
            }
        }
        let url = welcome[0].rsplit(' ').next().expect("an address").to_owned();
        Self { url, welcome, child, stdout }
    }

    /// Sends it a signal by the system's `kill`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for its end: the exit code, and what it said after the start on standard output and
    /// in all on standard error.
    pub fn end(mut self) -> (Option<i32>, String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).expect("UTF-8");
        self.child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("UTF-8");
        (self.child.wait().expect("its end").code(), stdout, stderr)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
