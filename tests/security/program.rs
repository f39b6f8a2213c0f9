//! The real program, whose output is kept.

use crate::support::program::{Program as Process, momo_sandbox, next};

/// A running emulator; it is killed when it is dropped.
pub struct Program {
    process: Process,
    said: Vec<String>,
    pub url: String,
}

impl Program {
    /// Serves on a free port with these arguments.
    pub fn serving(arguments: &[&str]) -> Self {
        let process = Process::start(momo_sandbox(&["--listen", "127.0.0.1:0"]).args(arguments));
        let mut program = Self { process, said: Vec::new(), url: String::new() };
        let line = program.line_with("listening on ");
        program.url = line.rsplit(' ').next().expect("a URL").to_owned();
        program
    }

    /// The next line of standard output that has this part.
    pub fn line_with(&mut self, part: &str) -> String {
        loop {
            let line = next(&self.process.stdout).expect("a line before the end");
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
    pub fn stop(self) -> (Vec<String>, Vec<String>) {
        self.process.signal("TERM");
        let ended = self.process.end();
        assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
        ([self.said, ended.stdout].concat(), ended.stderr)
    }
}
