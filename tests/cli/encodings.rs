//! Files as editors and shells of Windows write them: with a byte order mark, with Windows line
//! ends, in UTF-16.

use std::path::Path;

use crate::support::program::{Ended, Program, Serving, bash, momo_sandbox};

const SCENARIO: &str = "name = \"mine\"\n[[rules]]\nwhen.party = \"46733*\"\nthen.status = \"FAILED\"\n\
                        then.reason = \"PAYER_NOT_FOUND\"\n";
const API_USERS: &str = "[[api_users]]\nid = \"6f9619ff-8b86-4011-b42d-00c04fc964ff\"\n\
                         api_key = \"secret\"\nprovider_callback_host = \"shop.example\"\n";

/// As Notepad of Windows saves a text with a mark.
fn saved_by_notepad(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

/// As `Out-File` of Windows PowerShell writes a text.
fn written_by_out_file(text: &str) -> Vec<u8> {
    let text = saved_by_notepad(text);
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn run_in(folder: &Path, arguments: &[&str]) -> Ended {
    Program::start(momo_sandbox(arguments).current_dir(folder)).end()
}

#[test]
fn files_with_windows_line_ends_and_a_mark_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("mine.toml"), saved_by_notepad(SCENARIO)).expect("written");
    std::fs::write(path("users.toml"), saved_by_notepad(API_USERS)).expect("written");
    let checked = run_in(folder.path(), &["check", "mine.toml"]);
    assert_eq!(checked.code, Some(0), "{:?}", checked.stderr);
    let made = run_in(folder.path(), &["ca", "--dir", "."]);
    assert_eq!(made.code, Some(0), "{:?}", made.stderr);
    for name in ["root.pem", "root.key.pem"] {
        let text = std::fs::read_to_string(path(name)).expect("written by `ca`");
        std::fs::write(path(name), saved_by_notepad(&text)).expect("written");
    }
    let files = ["--scenario", &path("mine.toml"), "--api-users", &path("users.toml")];
    let authority = ["--trust", &path("root.pem"), "--tls-ca", &path("")];
    let front = ["--tls-listen", "127.0.0.1:0"];
    let serving = Serving::with(&[&files[..], &authority[..], &front[..]].concat());
    let token = bash(&format!(
        "curl -s {}/collection/token/ -d '' -H 'Ocp-Apim-Subscription-Key: any-key' \
         -u 6f9619ff-8b86-4011-b42d-00c04fc964ff:secret",
        serving.url
    ));
    assert!(token.contains("access_token"), "{token}");
}

#[test]
fn a_mistake_after_windows_line_ends_and_a_mark_has_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = SCENARIO.replace("then.status", "then.state");
    std::fs::write(folder.path().join("mine.toml"), saved_by_notepad(&broken)).expect("written");
    let checked = run_in(folder.path(), &["check", "mine.toml"]);
    let shown = checked.stderr.join("\n");
    assert_eq!(checked.code, Some(2), "{shown}");
    assert!(shown.contains("mine.toml:4:6"), "{shown}");
    assert!(!shown.contains('\r'), "{shown:?}");
    let broken = API_USERS.replace("api_key", "apikey");
    std::fs::write(folder.path().join("users.toml"), saved_by_notepad(&broken)).expect("written");
    let refused = run_in(folder.path(), &["--listen", "127.0.0.1:0", "--api-users", "users.toml"]);
    let shown = refused.stderr.join("\n");
    assert!(refused.code == Some(2) && shown.contains("users.toml:3: "), "{shown}");
}

#[test]
fn a_file_in_utf16_is_refused_with_the_way_to_save_it() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("mine.toml", SCENARIO), ("root.pem", "-----BEGIN CERTIFICATE-----\n")] {
        std::fs::write(folder.path().join(name), written_by_out_file(text)).expect("written");
    }
    let listen = ["--listen", "127.0.0.1:0"];
    let calls = [
        vec!["check", "mine.toml"],
        [&listen[..], &["--scenario", "mine.toml"]].concat(),
        [&listen[..], &["--api-users", "mine.toml"]].concat(),
        [&listen[..], &["--trust", "root.pem"]].concat(),
    ];
    for arguments in calls {
        let refused = run_in(folder.path(), &arguments);
        let shown = refused.stderr.join(" ");
        assert_eq!(refused.code, Some(2), "{arguments:?}: {shown}");
        assert!(shown.contains("UTF-16"), "{arguments:?}: {shown}");
        assert!(shown.contains("-Encoding utf8"), "{arguments:?}: {shown}");
    }
}
