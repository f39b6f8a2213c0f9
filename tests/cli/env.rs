//! `momosandbox env`, whose output a shell evaluates.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

use crate::support::program::{Ended, Program, Serving, folder_with, momo_sandbox};

/// A key that a shell would take apart.
const HOSTILE: &str = "it's  \"$HOME\" `id` \\ %PATH%";

fn outcome(arguments: &[&str]) -> Ended {
    Program::start(&mut momo_sandbox(&[&["env"], arguments].concat())).end()
}

/// What a script prints after `eval "$(momosandbox env …)"`, with the program's own environment.
fn evaluated(flags: &str, script: &str) -> String {
    let program = env!("CARGO_BIN_EXE_momosandbox");
    let script = format!("set -eu\neval \"$('{program}' env {flags})\"\n{script}");
    let mut bash = Command::new("bash");
    bash.env("no_proxy", "*").env("MOMO_SANDBOX_TLS_URL", "https://another").args(["-c", &script]);
    let ended = Program::start(&mut bash).end();
    assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
    ended.stdout.join("\n")
}

#[test]
fn after_eval_a_script_acts_as_a_new_api_user_of_the_running_emulator() {
    let serving = Serving::with(&[]);
    let token = r#"curl -sf "$MOMO_SANDBOX_URL/collection/token/" -d '' \
        -H "Ocp-Apim-Subscription-Key: $MOMO_SANDBOX_PRIMARY_KEY" \
        -u "$MOMO_SANDBOX_API_USER_ID:$MOMO_SANDBOX_API_KEY"
        echo; echo "$MOMO_SANDBOX_CALLBACK_HOST $MOMO_SANDBOX_ENVIRONMENT $MOMO_SANDBOX_CURRENCY"
        echo "${MOMO_SANDBOX_TLS_URL-removed}""#;
    let flags = format!("--url {} --callback-host shop.example", serving.url);
    let printed = evaluated(&flags, token);
    let lines: Vec<&str> = printed.lines().collect();
    assert!(lines[0].contains("access_token"), "{printed}");
    assert_eq!(lines[1..], ["shop.example sandbox EUR", "removed"], "{printed}");
    let listen = serving.url.trim_start_matches("http://");
    let again = evaluated(&format!("--listen {listen}"), "echo $MOMO_SANDBOX_API_USER_ID");
    assert!(again.len() == 36 && !printed.contains(&again), "another API user: {again}");
}

/// The names are those of `exec`, with the same flags.
#[test]
fn it_prints_what_exec_tells_a_program() {
    let flags = [
        "--subscription-key=disbursement=paying",
        "--control-token=s3cret",
        "--tls-listen=127.0.0.1:0",
    ];
    let names = |lines: &[String], prefix: &str| -> Vec<String> {
        let named = lines.iter().filter_map(|line| line.strip_prefix(prefix)?.split('=').next());
        let mut names: Vec<String> =
            named.filter(|name| name.starts_with("MOMO_SANDBOX_")).map(str::to_owned).collect();
        names.sort();
        names
    };
    let mut exec = momo_sandbox(&[&["exec"], &flags[..], &["--", "/usr/bin/env"]].concat());
    let told = names(&Program::start(&mut exec).end().stdout, "");
    let serving = Serving::with(&flags);
    let printed = outcome(&["--url", &serving.url, "--control-token", "s3cret"]);
    assert_eq!(names(&printed.stdout, "export "), told, "{:#?}", printed.stderr);
    assert!(told.len() > 8 && told.contains(&"MOMO_SANDBOX_TLS_URL".to_owned()), "{told:?}");
    let front = printed.stdout.iter().find(|line| line.contains("TLS_URL")).expect("the front");
    assert!(front.starts_with("export MOMO_SANDBOX_TLS_URL='https://127.0.0.1:"), "{front}");
}

#[test]
fn for_both_platforms_it_prints_what_exec_tells_too_with_credentials_of_one_wallet() {
    let market = ["--target-environment", "mtnuganda", "--platform", "both"];
    let serving = Serving::with(&[&market[..], &["--listen-legacy", "127.0.0.1:0"]].concat());
    let token = |prefix: &str| {
        format!(
            "curl -s -o /dev/null -w '%{{http_code}} ' $MOMO_SANDBOX_{prefix}URL/collection/token/ \
             -u \"$MOMO_SANDBOX_{prefix}API_USER_ID:$MOMO_SANDBOX_{prefix}API_KEY\" -d '' \
             -H \"Ocp-Apim-Subscription-Key: $MOMO_SANDBOX_PRIMARY_KEY\" \
             -H \"X-Target-Environment: $MOMO_SANDBOX_ENVIRONMENT\"\n"
        )
    };
    let script = format!(
        "{}{}curl -s $MOMO_SANDBOX_URL/_sandbox/spaces | grep -o '\"wallet\": *\"env-[^\"]*\"' |
             sort | uniq -c | awk '{{print $1}}'",
        token(""),
        token("LEGACY_")
    );
    let printed = evaluated(&format!("--url {}", serving.url), &script);
    assert_eq!(printed, "200 200 2", "two spaces of one wallet");
}

#[test]
fn a_value_reaches_the_shell_as_it_is() {
    let key = format!("collection={HOSTILE}");
    let serving = Serving::with(&["--subscription-key", &key]);
    let script = "printf %s \"$MOMO_SANDBOX_COLLECTION_KEY\"";
    let url = format!("--url {}", serving.url);
    assert_eq!(evaluated(&url, script), HOSTILE);
    assert_eq!(evaluated(&format!("{url} --shell zsh"), script), HOSTILE);
    let quoted = |shell: &str| outcome(&["--url", &serving.url, "--shell", shell]);
    let line = |ended: Ended| {
        let line = ended.stdout.into_iter().find(|line| line.contains("COLLECTION_KEY"));
        line.expect("the key")
    };
    let value = "'it''s  \"$HOME\" `id` \\ %PATH%'";
    let expected = format!("$env:MOMO_SANDBOX_COLLECTION_KEY = {value}");
    assert_eq!(line(quoted("powershell")), expected);
    let value = r#"'it\'s  "$HOME" `id` \\ %PATH%'"#;
    assert_eq!(line(quoted("fish")), format!("set -gx MOMO_SANDBOX_COLLECTION_KEY {value}"));
    for shell in ["cmd", "dotenv"] {
        let ended = quoted(shell);
        assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()), "{shell}");
        let told = ended.stderr.join("\n");
        assert!(told.contains("the value of MOMO_SANDBOX_PRIMARY_KEY"), "{told}");
    }
}

#[test]
fn other_shells_have_their_own_lines() {
    let serving = Serving::with(&[]);
    let url = |shell: &str, start: &str| {
        let ended = outcome(&["--url", &serving.url, "--shell", shell]);
        assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
        let line = ended.stdout.into_iter().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("no line begins with {start}"))
    };
    let is = &serving.url;
    assert_eq!(url("cmd", "set \"MOMO_SANDBOX_URL="), format!("set \"MOMO_SANDBOX_URL={is}\""));
    assert_eq!(url("cmd", "set \"MOMO_SANDBOX_TLS"), "set \"MOMO_SANDBOX_TLS_URL=\"");
    assert_eq!(url("dotenv", "MOMO_SANDBOX_URL"), format!("MOMO_SANDBOX_URL='{is}'"));
    let removed = "Remove-Item Env:MOMO_SANDBOX_TLS_URL -ErrorAction SilentlyContinue";
    assert_eq!(url("powershell", "Remove-Item Env:MOMO_SANDBOX_TLS_URL"), removed);
}

#[test]
fn the_control_token_is_needed_and_handed_on() {
    let serving = Serving::with(&["--control-token", "it's-$HOME"]);
    let refused = outcome(&["--url", &serving.url]);
    assert_eq!((refused.code, refused.stdout), (Some(2), Vec::new()));
    assert!(refused.stderr.join("\n").contains("401"), "{:?}", refused.stderr);
    let flags = format!("--url {} --control-token \"it's-\\$HOME\"", serving.url);
    assert_eq!(evaluated(&flags, "echo \"$MOMO_SANDBOX_CONTROL_TOKEN\""), "it's-$HOME");
    let wrong = ["--url", &serving.url, "--control-token=it's-$HOME", "--callback-host", "a b"];
    let wrong = outcome(&wrong);
    assert_eq!((wrong.code, wrong.stdout), (Some(2), Vec::new()));
    assert!(wrong.stderr.join("\n").contains("`a b`: write a host name"), "{:?}", wrong.stderr);
}

#[test]
fn where_no_emulator_runs_it_prints_nothing_to_evaluate_and_ends_with_1() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let nobody = outcome(&["--listen", &address]);
    assert_eq!((nobody.code, nobody.stdout), (Some(1), Vec::new()));
    let told = nobody.stderr.join("\n");
    assert!(told.contains(&address) && told.contains("is the emulator running there?"), "{told}");
    // Something else answers.
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", other.local_addr().expect("an address"));
    let answering = std::thread::spawn(move || {
        let (mut client, _) = other.accept().expect("a client");
        let _ = client.read(&mut [0; 1000]).expect("a request");
        let answer = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        client.write_all(answer.as_bytes()).expect("written");
    });
    let ended = outcome(&["--url", &url]);
    answering.join().expect("it answered");
    assert_eq!((ended.code, ended.stdout), (Some(1), Vec::new()));
    assert!(ended.stderr.join("\n").contains("404"), "{:?}", ended.stderr);
}

#[test]
fn the_variable_and_the_configuration_file_say_where_the_emulator_is() {
    let serving = Serving::with(&["--control-token", "s3cret"]);
    let listen = serving.url.trim_start_matches("http://");
    let file = format!("listen = \"{listen}\"\ncontrol-token = \"s3cret\"\n");
    let folder = folder_with(&[("momo-sandbox.toml", &file)]);
    let expected = format!("export MOMO_SANDBOX_URL='{}'", serving.url);
    let in_folder = |command: &mut Command| {
        let ended = Program::start(command.current_dir(folder.path())).end();
        assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
        ended.stdout
    };
    assert!(in_folder(&mut momo_sandbox(&["env"])).contains(&expected));
    let report = in_folder(&mut momo_sandbox(&["report"]));
    assert!(report.join("\n").contains("rules exercised"), "{report:?}");
    let mut by_variable = momo_sandbox(&["env"]);
    by_variable.env("MOMO_SANDBOX_LISTEN", "127.0.0.1:1").env("MOMO_SANDBOX_URL", &serving.url);
    assert!(in_folder(&mut by_variable).contains(&expected));
}
