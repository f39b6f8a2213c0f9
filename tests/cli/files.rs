//! What is read from disk neither blocks nor exhausts the program, whatever stands in its place.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::program::{Program, Serving, bash, momo_sandbox, next};

const PIPE: &str = "it is a named pipe (FIFO), and only regular files are read";
const DEVICE: &str = "it is a character device, and only regular files are read";

/// The least that the program needs of address space, in KiB; a file without an end needs more.
const ADDRESS_SPACE: &str = "3000000";

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("`mkfifo`").success());
}

/// A folder with `pipe.toml`, which is a FIFO that nobody writes to, and `zero.toml`, which leads to
/// `/dev/zero`.
fn hostile() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    make_pipe(&folder.path().join("pipe.toml"));
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.toml")).expect("a link");
    folder
}

/// Takes back how a report breaks its lines.
fn in_one_line(lines: &[String]) -> String {
    let words = lines.iter().flat_map(|line| line.split_whitespace()).filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

/// What it says when it ends with 2 by itself, with no more memory than a small machine's.
#[track_caller]
fn refused(folder: &TempDir, arguments: &[&str]) -> String {
    // Linux alone holds a program to this limit.
    let limit = if cfg!(target_os = "linux") { ADDRESS_SPACE } else { "unlimited" };
    let script = format!("ulimit -v {limit}; exec \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_momosandbox")]);
    let ended = Program::start(command.args(arguments).current_dir(folder.path())).end();
    let shown = in_one_line(&ended.stderr);
    assert_eq!(ended.code, Some(2), "{arguments:?}: {shown}");
    shown
}

#[test]
fn every_file_that_is_no_regular_one_is_refused_by_its_name_and_why() {
    let folder = hostile();
    let listen = ["--listen", "127.0.0.1:0"];
    let base = ["compare", "--base-url", "http://127.0.0.1:1"];
    let compare = [&base[..], &["--subscription-key", "collection=key"]].concat();
    let tls = ["listen", "--listen", "127.0.0.1:0", "--tls-chain"];
    for (file, why) in [("pipe.toml", PIPE), ("zero.toml", DEVICE)] {
        let calls = [
            vec!["check", file],
            [&listen[..], &["--scenario", file]].concat(),
            [&listen[..], &["--api-users", file]].concat(),
            [&listen[..], &["--trust", file]].concat(),
            [&compare[..], &["--recordings", file]].concat(),
            [&compare[..], &["--trust", file]].concat(),
            [&compare[..], &["--resume", "--out", file]].concat(),
            [&tls[..], &[file, "--tls-key", file]].concat(),
        ];
        for arguments in calls {
            let shown = refused(&folder, &arguments);
            let expected = format!("{file}: {why}");
            assert!(shown.contains(&expected), "{arguments:?}: {shown}");
        }
    }
    let shown = refused(&folder, &["check", "."]);
    assert!(shown.contains(PIPE) && shown.contains(DEVICE), "{shown}");
}

/// The folder of a local authority, read by `--tls-ca` and by `ca`.
#[test]
fn a_root_that_is_no_regular_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    make_pipe(&folder.path().join("root.pem"));
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("root.key.pem")).expect("a link");
    let front = ["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--tls-ca", "."];
    let ca = ["ca", "--dir", ".", "--alias", "gts_ca_1c3", "--host", "shop.example"];
    for arguments in [&front[..], &ca[..]] {
        let ended = Program::start(momo_sandbox(arguments).current_dir(folder.path())).end();
        let shown = in_one_line(&ended.stderr);
        assert!(ended.code.is_some_and(|code| code != 0), "{shown}");
        assert!(shown.contains(&format!("root.pem: {PIPE}")), "{arguments:?}: {shown}");
    }
}

#[test]
fn a_scenario_file_is_read_up_to_its_limit_whatever_size_it_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let at_limit = format!("name = \"full\"\n#{}", " ".repeat(10 * 1024 * 1024 - 15));
    assert_eq!(at_limit.len(), 10 * 1024 * 1024);
    std::fs::write(folder.path().join("full.toml"), &at_limit).expect("written");
    let checked =
        Program::start(momo_sandbox(&["check", "full.toml"]).current_dir(folder.path())).end();
    assert_eq!(checked.code, Some(0), "{:?}", checked.stderr);
    let why = "it has more than 10485760 bytes, the most that are read";
    std::fs::write(folder.path().join("long.toml"), at_limit + " ").expect("written");
    let shown = refused(&folder, &["check", "long.toml"]);
    assert!(shown.contains(&format!("long.toml: {why}")), "{shown}");
}

/// `/proc/kallsyms` has several MiB, and says that it has none.
#[cfg(target_os = "linux")]
#[test]
fn a_scenario_file_that_says_that_it_is_empty_is_read_all_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = Path::new("/proc/kallsyms");
    assert_eq!(std::fs::metadata(names).expect("Linux has it").len(), 0);
    std::os::unix::fs::symlink(names, folder.path().join("names.toml")).expect("a link");
    let shown = refused(&folder, &["check", "names.toml"]);
    assert!(shown.contains("names.toml:1:"), "what is in it is no TOML: {shown}");
}

#[test]
fn a_folder_of_too_many_scenario_files_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..=1000 {
        std::fs::write(folder.path().join(format!("{number}.toml")), "").expect("written");
    }
    let shown = refused(&folder, &["check", "."]);
    assert!(shown.contains("the folder .: it has more than 1000 scenario files"), "{shown}");
}

#[test]
fn scenario_files_that_are_too_long_together_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let long = format!("#{}", " ".repeat(1024 * 1024 - 1));
    for number in 10..27 {
        std::fs::write(folder.path().join(format!("{number}.toml")), &long).expect("written");
    }
    let shown = refused(&folder, &["check", "."]);
    let why = "26.toml: all scenario files together have more than 16777216 bytes";
    assert!(shown.contains(why) && !shown.contains("25.toml"), "{shown}");
}

/// A pipe that takes the place of a scenario file while the emulator serves.
#[test]
fn a_pipe_in_place_of_a_scenario_file_holds_up_neither_requests_nor_the_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "name = \"mine\"\n").expect("written");
    let serving = Serving::with(&["--scenario", folder.path().to_str().expect("UTF-8")]);
    let health = || bash(&format!("curl -s --max-time 30 {}/_sandbox/health", serving.url));
    assert!(health().contains("ok"));
    let pipe = folder.path().join("pipe");
    make_pipe(&pipe);
    std::fs::rename(&pipe, &file).expect("renamed");
    let mut told = Vec::new();
    while let Some(line) = next(&serving.program.stderr) {
        let is_last = line.contains("a scenario file changed and is broken");
        told.push(line);
        if is_last {
            break;
        }
    }
    let told = in_one_line(&told);
    assert!(told.contains(&format!("mine.toml: {PIPE}")), "{told}");
    assert!(health().contains("ok"));
    let ended = serving.terminate();
    assert_eq!(ended.code, Some(0), "{:?}", ended.stderr);
}
