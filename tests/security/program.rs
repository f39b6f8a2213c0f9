//! The real program, whose output is kept.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::support::emulator::PATIENCE;

/// A running emulator; it is killed when it is dropped.
pub struct Program {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    said: Vec<String>,
    pub url: String,
}

impl Program {
    /// Serves on a free port with these arguments.
    pub fn serving(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_momo-sandbox"))
            .env_clear()
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        let stdout = lines(child.stdout.take().expect("a pipe"));
        let stderr = lines(child.stderr.take().expect("a pipe"));
        let mut program = Self { child, stdout, stderr, said: Vec::new(), url: String::new() };
        let line = program.line_with("listening on ");
        program.url = line.rsplit(' ').next().expect("a URL").to_owned();
        program
    }

    /// The next line of standard output that has this part.
    pub fn line_with(&mut self, part: &str) -> String {
        loop {
            let line = self.stdout.recv_timeout(PATIENCE).expect("a line in time");
            self.said.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Where it listens, without the scheme.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").expect("an http URL")
    }

    /// Stops it: all lines of standard output, and of standard error.
    pub fn stop(mut self) -> (Vec<String>, Vec<String>) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().expect("`kill`").success());
        let rest = |lines: &Receiver<String>| {
            std::iter::from_fn(|| lines.recv_timeout(PATIENCE).ok()).collect::<Vec<_>>()
        };
        let (more, log) = (rest(&self.stdout), rest(&self.stderr));
        assert!(self.child.wait().expect("an end").success(), "{log:#?}");
        ([std::mem::take(&mut self.said), more].concat(), log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
        }
    });
    receiver
}
