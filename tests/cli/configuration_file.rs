//! The configuration file `momo-sandbox.toml`, beside flags and variables.

use std::path::Path;

use crate::support::program::{Ended, Program, Serving, bash, folder_with, momo_sandbox};

const FILE: &str = "momo-sandbox.toml";

const API_USER: &str = "c0ffee00-1111-4222-8333-444455556666:s3cret:localhost";

const SYSTEM_CREDENTIAL: &str = "dXNlcg==:to,k:n:shop.example";

/// What the program does with these arguments in a folder, until it ends by itself.
fn outcome(folder: &Path, arguments: &[&str]) -> Ended {
    Program::start(momo_sandbox(arguments).current_dir(folder)).end()
}

/// What it prints with `--print-config`, in a folder with this configuration file.
fn printed(text: &str, arguments: &[&str]) -> Vec<String> {
    let folder = folder_with(&[(FILE, text)]);
    let ended = outcome(folder.path(), arguments);
    assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
    ended.stdout
}

/// The line of a key.
fn line_of<'l>(lines: &'l [String], key: &str) -> &'l str {
    let is_of = |line: &&String| {
        let line = line.trim_start_matches("# ");
        line.starts_with(&format!("{key} = ")) || line.starts_with(&format!("{key}: "))
    };
    lines.iter().find(is_of).unwrap_or_else(|| panic!("no `{key}`: {lines:#?}"))
}

/// Takes back how a report breaks its lines.
fn in_one_line(lines: &[String]) -> String {
    let words = lines.iter().flat_map(|line| line.split_whitespace()).filter(|word| *word != "│");
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_file_in_the_working_directory_is_in_force_and_the_start_says_so() {
    let text = "listen = \"127.0.0.1:0\"\nsettle-after = \"3s\"\nledger = \"off\"\nseed = 7\n";
    let folder = folder_with(&[(FILE, text)]);
    let serving = Serving::from(momo_sandbox(&[]).current_dir(folder.path()));
    assert_eq!(serving.line_with(""), "configuration: momo-sandbox.toml");
    assert!(serving.line_with("").ends_with("anything else succeeds after 3s"));
    assert_eq!(serving.line_with(""), "no ledger: payouts and refunds of any amount succeed");
    assert!(serving.line_with("").starts_with("seed 7 "));
}

#[test]
fn a_flag_goes_before_a_variable_a_variable_before_the_file_and_the_file_before_the_default() {
    let folder =
        folder_with(&[(FILE, "seed = 1\nroute = [\"a=b\", \"c=d\"]\nexplain = \"off\"\n")]);
    let printed = |flags: &[&str], variable: &str| {
        let mut command = momo_sandbox(&[&["serve", "--print-config"], flags].concat());
        command.env("MOMO_SANDBOX_SEED", variable).env("MOMO_SANDBOX_ROUTE", variable);
        Program::start(command.current_dir(folder.path())).end().stdout
    };
    let of_file = printed(&[], "");
    assert_eq!(line_of(&of_file, "seed"), "seed = 1  # momo-sandbox.toml:1");
    let route = "route = [\"a=b\", \"c=d\"]  # momo-sandbox.toml:2";
    assert_eq!(line_of(&of_file, "route"), route);
    assert_eq!(line_of(&of_file, "explain"), "explain = \"off\"  # momo-sandbox.toml:3");
    assert_eq!(line_of(&of_file, "clock"), "clock = \"real\"  # default");
    let unset = "# token-secret: not set; default: drawn from the seed";
    assert_eq!(line_of(&of_file, "token-secret"), unset);
    let mut command = momo_sandbox(&["serve", "--print-config"]);
    command.env("MOMO_SANDBOX_SEED", "2").env("MOMO_SANDBOX_ROUTE", "e=f,g=h");
    let of_variable = Program::start(command.current_dir(folder.path())).end().stdout;
    assert_eq!(line_of(&of_variable, "seed"), "seed = 2  # variable MOMO_SANDBOX_SEED");
    let route = "route = [\"e=f\", \"g=h\"]  # variable MOMO_SANDBOX_ROUTE";
    assert_eq!(line_of(&of_variable, "route"), route);
    let of_flag = printed(&["--seed", "3", "--route", "i=j"], "");
    assert_eq!(line_of(&of_flag, "seed"), "seed = 3  # flag --seed");
    assert_eq!(line_of(&of_flag, "route"), "route = [\"i=j\"]  # flag --route");
}

/// A value for each key that may have one.
const FLAGS: &[&str] = &[
    "--api-user",
    API_USER,
    "--subscription-key",
    "collection=it's \"a\" \\ key",
    "--control-token",
    "s3cret",
    "--token-secret",
    "0123456789abcdef",
    "--seed",
    "18446744073709551615",
    "--opening-balance",
    "7.50",
    "--ledger",
    "off",
    "--trust",
    "root.pem",
    "--tls-name",
    "a.example",
    "--log-level",
    "warn",
    "--scenario",
    "happy",
    "--reason-objects",
    "--https-callbacks",
    "--target-environment",
    "mtnuganda",
    "--profile",
    "production",
    "--platform",
    "both",
    "--listen-legacy",
    "127.0.0.1:0",
    "--system-credential",
    SYSTEM_CREDENTIAL,
    "--cutover",
    "2h",
    "--legacy-ends-after",
    "3d",
    "--tls-listen",
    "127.0.0.1:0",
    "--api-users",
    "users.toml",
    "--route",
    "*=b:1",
    "--tls-ca",
    "no-such-folder",
    "--idle-time-max",
    "5s",
    "--callback-source",
    "new=127.0.0.3",
    "--connections-max",
    "100",
];

/// Each key is in what is printed, and may be given back as a file.
#[test]
fn what_is_printed_may_be_saved_as_a_file_and_says_the_same() {
    let root = bash(&format!(
        "cd $(mktemp -d) && '{}' ca --dir . >/dev/null && cat root.pem",
        env!("CARGO_BIN_EXE_momosandbox")
    ));
    let folder = folder_with(&[("root.pem", &root), ("users.toml", "api_users = []\n")]);
    let print = ["serve", "--print-config=with-secrets"];
    let first = outcome(folder.path(), &[&print[..], FLAGS].concat());
    assert_eq!(first.code, Some(0), "{:#?}", first.stderr);
    let values = |lines: &[String]| -> Vec<String> {
        let values = lines.iter().filter(|line| !line.starts_with('#') && !line.is_empty());
        values.map(|line| line.split("  # ").next().unwrap_or_default().to_owned()).collect()
    };
    let (file, all) = (first.stdout.join("\n"), values(&first.stdout));
    assert_eq!(file.matches("not set").count(), 0, "a flag has no value here: {file}");
    let table: toml::Table = file.parse().expect("TOML");
    let given = FLAGS
        .iter()
        .zip(&FLAGS[1..])
        .filter(|(flag, value)| flag.starts_with("--") && !value.starts_with("--"));
    for (flag, value) in given {
        let key = flag.trim_start_matches("--");
        let read = match &table[key] {
            toml::Value::String(text) => text.clone(),
            toml::Value::Array(texts) => texts[0].as_str().expect("a text").to_owned(),
            other => other.to_string(),
        };
        assert_eq!(read, *value, "{flag}");
    }
    std::fs::write(folder.path().join(FILE), &file).expect("written");
    let second = outcome(folder.path(), &print);
    assert_eq!(values(&second.stdout), all, "{:#?}", second.stderr);
    let sources = second.stdout.iter().filter(|line| line.contains("  # momo-sandbox.toml:"));
    assert_eq!(sources.count(), all.len(), "{:#?}", second.stdout);
    assert!(!folder.path().join("no-such-folder").exists(), "nothing is made");
}

#[test]
fn secrets_are_printed_only_on_request() {
    let text = format!("control-token = \"s3cret\"\napi-user = [\"{API_USER}\"]\n");
    let masked = printed(&text, &["--print-config", "--subscription-key", "collection=s3cret"]);
    assert!(!masked.join("\n").contains("s3cret"), "{masked:#?}");
    let line = line_of(&masked, "control-token");
    assert!(line.starts_with("# control-token: set, but secret"), "{line}");
    assert!(line.ends_with("  # momo-sandbox.toml:1"), "{line}");
    let shown = printed(&text, &["--print-config=with-secrets"]);
    let expected = "control-token = \"s3cret\"  # momo-sandbox.toml:1";
    assert_eq!(line_of(&shown, "control-token"), expected);
}

#[test]
fn a_mistake_is_told_with_its_place_and_remedy_and_no_secret() {
    for (text, place, message, help) in [
        ("lisen = \"127.0.0.1:1\"\n", "1:1", "unknown key `lisen`", "did you mean `listen`?"),
        ("\nsettle_after = 1\n", "2:1", "unknown key `settle_after`", "`settle-after`?"),
        ("zzz = 1\n", "1:1", "unknown key `zzz`", "the long flags of `momosandbox serve --help`"),
        ("audit = \"strict\"\n", "1:1", "unknown key `audit`", "a flag of `exec` alone"),
        ("[[rules]]\n", "1:3", "unknown key `rules`", "this is of a scenario"),
        ("[limits]\nseed = 1\n", "1:2", "unknown key `limits`", "in no table"),
        ("seed = \"x\"\n", "1:8", "`seed` has a wrong value: expected a whole", "`seed`: Seed of"),
        ("log-format = \"xml\"\n", "1:14", "expected one of text, json", "`log-format`: Format"),
        ("listen = [\"127.0.0.1:1\"]\n", "1:10", "`listen` is a list, not", "`listen`: Address"),
        ("seed = true\n", "1:8", "`seed` is true or false without quotes, not", "a number"),
        ("https-callbacks = \"yes\"\n", "1:19", "is a text, not true or false", "write true or"),
        ("route = \"a=b,c=d\"\n", "1:9", "has a comma, which separates", "a list of them"),
        ("listen = \"\"\n", "1:10", "`listen` has a wrong value", "write a text in quotes"),
        ("connections-max = 0\n", "1:19", "expected 1 to", "`connections-max`:"),
        ("seed = 1\nseed = 2\n", "2:1", "duplicate key", "each key stands there once"),
        ("seed = 1\r\nseed = \r\n", "2:8", "value", "a configuration file is TOML"),
        ("\u{feff}lisen = 1\r\n", "1:1", "unknown key `lisen`", "did you mean `listen`?"),
        ("seed = 1\nclock = \"x\" # \nlisten = 4673\n", "2:9", "expected real, manual", "`clock`:"),
    ] {
        let text = format!("{text}control-token = \"s3cret\"\n");
        let folder = folder_with(&[(FILE, &text)]);
        for arguments in [&["serve"][..], &["exec", "--", "true"], &["serve", "--print-config"]] {
            let ended = outcome(folder.path(), arguments);
            let shown = in_one_line(&ended.stderr);
            assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()), "{shown}");
            assert!(shown.contains(&format!("[{FILE}:{place}]")), "{place}: {shown}");
            for part in [message, help, "in the configuration file"] {
                assert!(shown.contains(part), "{part}: {shown}");
            }
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}

#[test]
fn a_mistake_about_a_secret_does_not_show_it() {
    for text in [
        "controltoken = \"s3cret\"\n",
        "control-token = \"s3cret\n",
        "control-token = [\"s3cret\"]\n",
        "api-user = [\n\"1:s3cret:localhost\"]\n",
        "subscription-key = \"s3cret\"\n",
    ] {
        let folder = folder_with(&[(FILE, text)]);
        let shown = in_one_line(&outcome(folder.path(), &["serve"]).stderr);
        assert!(shown.contains(FILE) && !shown.contains("s3cret"), "{text}: {shown}");
    }
}

#[test]
fn a_mistake_that_is_found_later_names_the_key_and_its_line() {
    let text = "seed = 1\ntoken-secret = \"short\"\n";
    let folder = folder_with(&[(FILE, text)]);
    for arguments in [&["serve"][..], &["serve", "--print-config"], &["exec", "--", "true"]] {
        let ended = outcome(folder.path(), arguments);
        let told = ended.stderr.join("\n");
        assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()), "{told}");
        assert!(told.contains("`token-secret` of momo-sandbox.toml:2: "), "{told}");
    }
    // A flag goes before the file, and is told by its own name.
    let told = outcome(folder.path(), &["serve", "--token-secret", "s"]).stderr.join("\n");
    assert!(told.contains("error: --token-secret: "), "{told}");
}

#[test]
fn a_byte_order_mark_and_the_line_ends_of_windows_are_read() {
    let text = "\u{feff}seed = 5\r\nroute = [\r\n  \"a=b\",\r\n]\r\nclock = \"manual\"\r\n";
    let lines = printed(text, &["--print-config"]);
    assert_eq!(line_of(&lines, "seed"), "seed = 5  # momo-sandbox.toml:1");
    assert_eq!(line_of(&lines, "clock"), "clock = \"manual\"  # momo-sandbox.toml:5");
}

#[test]
fn what_powershell_writes_by_default_is_told_how_to_write_otherwise() {
    let folder = folder_with(&[]);
    let text: Vec<u8> = "\u{feff}seed = 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.path().join(FILE), text).expect("written");
    let ended = outcome(folder.path(), &["serve"]);
    let told = ended.stderr.join("\n");
    assert_eq!(ended.code, Some(2), "{told}");
    assert!(told.contains("momo-sandbox.toml: it is text in UTF-16"), "{told}");
    assert!(told.contains("with `Set-Content -Encoding utf8`"), "{told}");
}

#[test]
fn another_file_is_named_by_flag_or_variable_and_its_paths_are_relative_to_it() {
    let folder = folder_with(&[(FILE, "seed = 1\n")]);
    let other = folder.path().join("other");
    std::fs::create_dir(&other).expect("a folder");
    let text = "seed = 2\nscenario = [\"mine.toml\", \"happy\"]\n";
    std::fs::write(other.join("conf.toml"), text).expect("written");
    std::fs::write(other.join("mine.toml"), "name = \"mine\"\ndescription = \"d\"\n").expect("it");
    let print = ["serve", "--print-config", "--config", "other/conf.toml"];
    let lines = outcome(folder.path(), &print).stdout;
    assert_eq!(line_of(&lines, "seed"), "seed = 2  # other/conf.toml:1");
    let scenario = "scenario = [\"other/mine.toml\", \"happy\"]  # other/conf.toml:2";
    assert_eq!(line_of(&lines, "scenario"), scenario);
    let mut by_variable = momo_sandbox(&["--listen", "127.0.0.1:0"]);
    by_variable.env("MOMO_SANDBOX_CONFIG", "other/conf.toml").current_dir(folder.path());
    let serving = Serving::from(&mut by_variable);
    assert_eq!(serving.line_with(""), "configuration: other/conf.toml");
    assert_eq!(serving.line_with(""), "scenario `mine`: d");
    let missing = outcome(folder.path(), &["serve", "--config", "none.toml"]);
    let told = missing.stderr.join("\n");
    assert_eq!((missing.code, missing.stdout), (Some(2), Vec::new()));
    assert!(told.contains("cannot read the configuration file none.toml: "), "{told}");
}

#[test]
fn exec_and_health_read_it_too_and_commands_that_need_nothing_of_it_do_not() {
    let text = "control-token = \"s3cret\"\ntarget-environment = \"mtnuganda\"\nseed = 9\n";
    let folder = folder_with(&[(FILE, text)]);
    let script = "echo $MOMO_SANDBOX_CONTROL_TOKEN $MOMO_SANDBOX_ENVIRONMENT";
    let ended = outcome(folder.path(), &["exec", "--", "/bin/sh", "-c", script]);
    assert_eq!(ended.stdout, ["s3cret mtnuganda"], "{:#?}", ended.stderr);
    let told = ended.stderr.join("\n");
    assert!(told.contains("configuration: momo-sandbox.toml"), "{told}");
    assert!(told.contains("seed 9 "), "{told}");
    let serving = Serving::with(&[]);
    let listen = format!("listen = \"{}\"\n", serving.url.trim_start_matches("http://"));
    let folder = folder_with(&[(FILE, &listen)]);
    assert_eq!(outcome(folder.path(), &["health"]).code, Some(0));
    let folder = folder_with(&[(FILE, "no TOML")]);
    assert_eq!(outcome(folder.path(), &["health"]).code, Some(2));
    assert_eq!(outcome(folder.path(), &["scenarios"]).code, Some(0));
    assert_eq!(outcome(folder.path(), &["check", "happy"]).code, Some(0));
}

#[test]
fn a_folder_of_scenarios_may_have_it_and_it_is_never_taken_for_a_scenario() {
    let scenario = ("a.toml", "name = \"a\"\ndescription = \"d\"\n");
    let folder = folder_with(&[scenario, (FILE, "listen = \"127.0.0.1:0\"\n")]);
    let serving = Serving::from(momo_sandbox(&["--scenario", "."]).current_dir(folder.path()));
    assert_eq!(serving.line_with(""), "configuration: momo-sandbox.toml");
    assert_eq!(serving.line_with(""), "scenario `a`: d");
    assert!(serving.line_with("").starts_with("then "));
    let checked = outcome(folder.path(), &["check", "."]);
    assert_eq!(checked.stdout, ["./a.toml: valid, `a` with 0 rules"], "{:#?}", checked.stderr);
    let checked = outcome(folder.path(), &["check", FILE, "a.toml"]);
    let expected =
        ["momo-sandbox.toml: valid configuration, 1 key", "a.toml: valid, `a` with 0 rules"];
    assert_eq!((checked.code, &checked.stdout[..]), (Some(0), &expected.map(str::to_owned)[..]));
    let taken = outcome(folder.path(), &["serve", "--scenario", FILE]);
    assert_eq!(taken.code, Some(2));
    let told = in_one_line(&taken.stderr);
    assert!(told.contains("it is the configuration file, no scenario"), "{told}");
    std::fs::write(folder.path().join(FILE), "lisen = 1\n").expect("written");
    let broken = outcome(folder.path(), &["check", FILE, "a.toml"]);
    assert_eq!(broken.code, Some(2));
    assert_eq!(broken.stdout, ["a.toml: valid, `a` with 0 rules"]);
    assert!(in_one_line(&broken.stderr).contains("did you mean `listen`?"));
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_warned_about() {
    use std::os::unix::fs::PermissionsExt;

    let warned = |text: &str, mode: u32| {
        let folder = folder_with(&[(FILE, text)]);
        let file = folder.path().join(FILE);
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(file, mode).expect("a file of our own");
        outcome(folder.path(), &["serve", "--print-config"]).stderr
    };
    let secret = "control-token = \"s3cret\"\n";
    let [line] = &warned(secret, 0o644)[..] else { panic!("one line") };
    assert!(
        line.contains("has a secret (`control-token`)") && line.contains("chmod 600"),
        "{line}"
    );
    assert_eq!(warned(secret, 0o600), Vec::<String>::new());
    assert_eq!(warned("seed = 1\n", 0o644), Vec::<String>::new());
}
