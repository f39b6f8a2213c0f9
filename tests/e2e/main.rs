//! Tests that need more than Rust: clients, suites and merchants in other languages, schemathesis, a
//! browser.
//!
//! A test whose tools are not installed counts as ignored, and its line says what installs them. In
//! CI it fails.

mod clients;
mod console;
mod external_program;
mod https_front;
mod merchants;
mod migration;
mod openapi;
mod suites;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use external_program::root;

/// A test that drives a program in another language; it panics where it fails.
struct Test {
    name: &'static str,
    tools: Tools,
    run: fn(),
}

/// What a test needs that no Rust toolchain has.
#[derive(Clone, Copy)]
struct Tools {
    /// The folder below `tests/e2e` whose `install.sh` installs them.
    folder: &'static str,
    /// A file below the folder that is there once they are installed.
    proof: &'static str,
}

impl Tools {
    /// The script that installs them, as it is typed at the root of the repository.
    fn script(self) -> String {
        format!("tests/e2e/{}/install.sh", self.folder)
    }

    fn are_installed(self) -> bool {
        root().join("tests/e2e").join(self.folder).join(self.proof).exists()
    }
}

impl Test {
    fn into_trial(self) -> Trial {
        let Self { name, tools, run } = self;
        if tools.are_installed() {
            let passing = move || {
                run();
                Ok(())
            };
            return Trial::test(name, passing);
        }
        let why = format!("its tools are not installed: run {}", tools.script());
        Trial::test(name, move || Err(why.into()))
            .with_kind(format!("needs {}", tools.script()))
            .with_ignored_flag(!is_ci())
    }
}

#[expect(clippy::disallowed_methods, reason = "no configuration: only CI must have all tools")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

fn main() -> ExitCode {
    let modules = [
        clients::tests(),
        console::tests(),
        https_front::tests(),
        merchants::tests(),
        migration::tests(),
        openapi::tests(),
        suites::tests(),
    ];
    let trials = modules.into_iter().flatten().map(Test::into_trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
