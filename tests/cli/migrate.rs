//! `momosandbox migrate`, as it is typed.

use crate::support::program::{Ended, Program, folder_with, momo_sandbox};

/// Functions for both platforms, with what `migrate` hands a command: `token URL USER`, and `momo
/// TOKEN CURL-ARGUMENTS`.
const CALLS: &str = r#"
    set -eu
    key="Ocp-Apim-Subscription-Key: $MOMO_SANDBOX_PRIMARY_KEY"
    environment="X-Target-Environment: $MOMO_SANDBOX_ENVIRONMENT"
    new=$MOMO_SANDBOX_URL
    legacy=$MOMO_SANDBOX_LEGACY_URL
    token() { curl -sf "$1/collection/token/" -d '' -u "$2" -H "$key" -H "$environment" |
        cut -d'"' -f4; }
    momo() { curl -s "${@:2}" -H "$key" -H "Authorization: Bearer $1" -H "$environment"; }
    of_new=$(token "$new" "$MOMO_SANDBOX_API_USER_ID:$MOMO_SANDBOX_API_KEY")
    of_legacy=$(token "$legacy" "$MOMO_SANDBOX_LEGACY_API_USER_ID:$MOMO_SANDBOX_LEGACY_API_KEY")
    reference=6f9619ff-8b86-4011-b42d-00c04fc964ff
    payments=collection/v1_0/requesttopay
    pay() { momo "$1" "$2/$payments" -H "X-Reference-Id: $3" -o /dev/null -w '%{http_code}\n' \
        -d '{"amount":"500","currency":"UGX","payer":{"partyIdType":"MSISDN","partyId":"256770000000"}}'; }
    advance() { curl -sf "$new/_sandbox/clock/advance" -H 'Content-Type: application/json' \
        -d "{\"by\":\"$1\"}" -o /dev/null; }
"#;

fn migrate(flags: &[&str], script: &str) -> Ended {
    let market = ["migrate", "--target-environment", "mtnuganda"];
    let command = ["--", "bash", "-c", script];
    Program::start(&mut momo_sandbox(&[&market[..], flags, &command].concat())).end()
}

#[test]
fn a_command_reaches_both_platforms_with_credentials_of_one_wallet() {
    let script = format!(
        "{CALLS}
         pay $of_new $new $reference
         advance 1m
         momo $of_new $new/$payments/$reference | grep -o SUCCESSFUL
         momo $of_legacy $legacy/$payments/$reference -o /dev/null -w '%{{http_code}}\\n'
         momo $of_new $new/collection/v1_0/account/balance | grep -o '\"[0-9]*\"'
         momo $of_legacy $legacy/collection/v1_0/account/balance | grep -o '\"[0-9]*\"'"
    );
    let Ended { code, stdout, stderr, .. } = migrate(&["--audit", "none"], &script);
    let told = stderr.join("\n");
    assert_eq!(code, Some(0), "{told}");
    // The payment is the new platform's alone; the money is the wallet's.
    assert_eq!(stdout, ["202", "SUCCESSFUL", "404", "\"1500\"", "\"1500\""], "{told}");
    for part in [
        "plays both of MTN's platforms:",
        "  momoapi.momo.africa on http://127.0.0.1:",
        "  proxy.momoapi.mtn.com on http://127.0.0.1:",
        "the command has them in MOMO_SANDBOX_URL and MOMO_SANDBOX_LEGACY_URL",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_audit_of_the_migration_decides_unless_told_otherwise() {
    let good = format!("{CALLS} pay $of_new $new $reference; advance 1m");
    let ready = migrate(&[], &good);
    assert_eq!(ready.code, Some(0), "{:?}", ready.stderr);
    let without_header = format!(
        "{CALLS} curl -s $new/collection/token/ -d '' -H \"$key\" -o /dev/null \
         -u \"$MOMO_SANDBOX_API_USER_ID:$MOMO_SANDBOX_API_KEY\""
    );
    let Ended { code, stderr, .. } = migrate(&[], &without_header);
    let told = stderr.join("\n");
    assert_eq!(code, Some(3), "{told}");
    let last = stderr.last().map(String::as_str).unwrap_or_default();
    assert!(last.contains("audit failed: sent-target-environment-with-tokens"), "{told}");
    assert_eq!(migrate(&["--audit", "none"], &without_header).code, Some(0));
}

#[test]
fn the_cutover_comes_by_the_emulators_clock_while_the_command_runs() {
    let other = "7a9619ff-8b86-4011-b42d-00c04fc964ff";
    let script = format!(
        "{CALLS}
         pay $of_legacy $legacy $reference
         advance 10m
         pay $of_legacy $legacy {other}
         momo $of_legacy $legacy/$payments/$reference | grep -o SUCCESSFUL
         pay $of_new $new {other}"
    );
    let ended = migrate(&["--audit", "none", "--cutover", "5m", "--clock", "manual"], &script);
    assert_eq!(ended.stdout, ["202", "503", "SUCCESSFUL", "202"], "{:?}", ended.stderr);
    assert!(ended.stderr.join("\n").contains("cutover: from "), "{:?}", ended.stderr);
}

#[test]
fn without_a_market_it_says_what_to_name() {
    let refused = |arguments: &[&str]| {
        let all = [&["migrate"], arguments, &["--", "true"]].concat();
        let ended = Program::start(&mut momo_sandbox(&all)).end();
        assert_eq!(ended.code, Some(2), "{:?}", ended.stderr);
        ended.stderr.join("\n")
    };
    for arguments in [&[][..], &["--target-environment", "sandbox"], &["--profile", "sandbox"]] {
        let told = refused(arguments);
        assert!(told.contains("--target-environment mtnuganda"), "{arguments:?}: {told}");
        assert!(told.contains("momosandbox exec"), "{arguments:?}: {told}");
    }
}

#[test]
fn the_configuration_file_may_name_the_market_and_another_platform() {
    let folder = folder_with(&[("momo-sandbox.toml", "target-environment = \"mtnghana\"\n")]);
    let script = "echo $MOMO_SANDBOX_ENVIRONMENT ${MOMO_SANDBOX_LEGACY_URL:+both}";
    let run = |text: &str, more: &[&str]| {
        std::fs::write(folder.path().join("momo-sandbox.toml"), text).expect("written");
        let arguments = [&["migrate", "--audit", "none"], more, &["--", "sh", "-c", script]];
        let mut command = momo_sandbox(&arguments.concat());
        Program::start(command.current_dir(folder.path())).end().stdout
    };
    assert_eq!(run("target-environment = \"mtnghana\"\n", &[]), ["mtnghana both"]);
    let only_new = "target-environment = \"mtnghana\"\nplatform = \"new\"\n";
    assert_eq!(run(only_new, &[]), ["mtnghana"]);
    assert_eq!(run(only_new, &["--platform", "both"]), ["mtnghana both"]);
}
