//! The two names of the program, and the mix-up with another one called `momo-sandbox`.

use std::process::Command;

use crate::support::program::{Ended, NAMES, Program, bash};

fn outcome(program: &str, arguments: &[&str]) -> Ended {
    Program::start(Command::new(program).env_clear().args(arguments)).end()
}

/// Recipes tell the program from another one of the same name by this line.
#[test]
fn the_first_line_of_version_begins_with_the_products_name_by_either_name() {
    for (name, program) in NAMES {
        for flag in ["--version", "-V"] {
            let version = outcome(program, &[flag]);
            let expected = format!("momo-sandbox {}", env!("CARGO_PKG_VERSION"));
            assert_eq!((version.code, version.stdout), (Some(0), vec![expected]), "{name} {flag}");
        }
    }
}

#[test]
fn what_the_user_is_told_to_type_has_the_name_that_started_the_program() {
    for (name, program) in NAMES {
        let other = NAMES.map(|(one, _)| one).into_iter().find(|one| *one != name).expect("one");
        let help = outcome(program, &["--help"]).stdout.join("\n");
        assert!(help.contains(&format!("Usage: {name} <COMMAND>")), "{help}");
        assert!(help.contains(&format!("`{name} serve --help` lists")), "{help}");
        let flags = outcome(program, &["serve", "--help"]).stdout.join("\n");
        assert!(flags.contains(&format!("`{name} ca` creates it")), "{flags}");
        let mistake = outcome(program, &["serve", "--no-such-flag"]);
        let told = mistake.stderr.join("\n");
        assert_eq!(mistake.code, Some(2));
        assert!(told.contains(&format!("Usage: {name} serve [OPTIONS]")), "{told}");
        let page = outcome(program, &["man"]).stdout.join("\n");
        assert!(page.contains(&format!(".TH {name} 1")), "{}", &page[..200]);
        for text in [help, flags, told] {
            assert!(!text.contains(&format!("{other} serve")), "{other}: {text}");
            assert!(!text.contains(&format!("{other} ca")), "{other}: {text}");
        }
        let mut warned = Command::new(program);
        warned.env_clear().env("MOMO_SANDBOX_ZZZ", "1").args(["check", "happy"]);
        let warned = Program::start(&mut warned).end().stderr.join("\n");
        assert!(warned.contains(&format!("`{name} serve --help` lists")), "{warned}");
        let folder = tempfile::tempdir().expect("a folder");
        let ca = ["ca", "--dir", ".", "--alias", "gts_ca_1c3", "--host", "shop.example"];
        let mut made = Command::new(program);
        let made = Program::start(made.env_clear().args(ca).current_dir(folder.path())).end();
        let made = made.stdout.join("\n");
        assert!(made.contains(&format!("\n  {name} listen --listen")), "{made}");
    }
}

#[test]
fn completions_are_for_the_name_that_started_the_program() {
    for (name, program) in NAMES {
        let completed =
            bash(&format!("eval \"$('{program}' completions bash)\"; complete -p {name}"));
        assert!(completed.ends_with(&format!(" {name}")), "{completed}");
        let zsh = outcome(program, &["completions", "zsh"]).stdout.join("\n");
        assert!(zsh.starts_with(&format!("#compdef {name}\n")), "{}", &zsh[..40]);
    }
}

/// npm's `mtn-momo` installs a `momo-sandbox` with these flags.
#[test]
fn the_flags_of_the_other_program_are_explained_and_its_key_is_not_shown() {
    for (name, program) in NAMES {
        for arguments in [
            &["--host", "shop.example", "--primary-key", "a-real-key"][..],
            &["--primary-key", "a-real-key"],
            &["--primary-key=a-real-key"],
            &["-p", "a-real-key", "-x", "shop.example"],
            &["-x", "shop.example"],
        ] {
            let ended = outcome(program, arguments);
            let told = ended.stderr.join("\n");
            assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()), "{told}");
            let flag = arguments[0].split('=').next().expect("a flag");
            let first = format!("error: `{flag}` is a flag of another program called momo-sandbox");
            assert!(told.starts_with(&first), "{told}");
            for part in [
                &format!("It was started as\n`{name}`"),
                "its unambiguous name, which no other package has, is `momosandbox`",
                "the npm package `mtn-momo`",
                "npx --package mtn-momo momo-sandbox --host HOST --primary-key KEY",
                "momosandbox env --callback-host HOST",
            ] {
                assert!(told.contains(part), "{part}: {told}");
            }
            assert!(!told.contains("a-real-key"), "{told}");
        }
        let ours = outcome(program, &["listen", "-p", "8080"]).stderr.join("\n");
        assert!(ours.contains("unexpected argument") && !ours.contains("mtn-momo"), "{ours}");
    }
}
