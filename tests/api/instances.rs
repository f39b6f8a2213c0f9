//! Several instances behind a load balancer: what makes them take each other's callers. The load
//! balancers themselves are tried by `tests/e2e/instances/run.py`.

use momo_sandbox_core::model::environment::SANDBOX;

use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};
use crate::support::program::{Program, Serving, momo_sandbox};

const USER: &str = "c0ffee00-1111-4222-8333-444455556666";

/// With comments, as people write it.
const API_USERS: &str = "\
# The shop.
[[api_users]]
id = \"c0ffee00-1111-4222-8333-444455556666\"   # a UUID of version 4
api_key = \"secret\"
provider_callback_host = \"localhost\"

[[api_users]]
id = \"c0ffee00-1111-4222-8333-444455557777\"
api_key = \"another\"
provider_callback_host = \"127.0.0.1\"
";

/// A folder with a file of API users, and its path.
fn file_with(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("api-users.toml");
    std::fs::write(&file, text).expect("written");
    let path = file.display().to_string();
    (folder, path)
}

/// The status that a payment meets at one instance with the token that another issued.
async fn status_with_token_of(issuer: &Serving, taker: &Serving) -> u16 {
    let merchant = Merchant::at(&issuer.url, &SANDBOX, USER, "secret").await;
    let mut visitor = Merchant::at(&taker.url, &SANDBOX, USER, "secret").await;
    visitor.token = merchant.token;
    let body = visitor.body("5", PAYER);
    outcome(visitor.submission(visitor.path(), &new_reference(), &body)).await.0
}

#[tokio::test]
async fn a_token_is_good_at_every_instance_with_the_same_secret_and_at_no_other() {
    let (_folder, users) = file_with(API_USERS);
    let secret = "of the three of us, 32 bytes long";
    let serve = |seed, secret| {
        let secret = ["--token-secret", secret];
        Serving::with(&[&["--seed", seed, "--api-users", &users], &secret[..]].concat())
    };
    let (one, another) = (serve("1", secret), serve("2", secret));
    assert_eq!(status_with_token_of(&one, &another).await, 202);
    assert_eq!(status_with_token_of(&another, &one).await, 202);
    let stranger = serve("1", "of somebody else, 32 bytes long..");
    assert_eq!(status_with_token_of(&one, &stranger).await, 401);
    assert_eq!(status_with_token_of(&stranger, &one).await, 401);
}

#[tokio::test]
async fn the_variable_of_token_secret_makes_tokens_outlive_a_restart_with_another_seed() {
    let (_folder, users) = file_with(API_USERS);
    let serve = |seed| {
        let mut command = momo_sandbox(&["--listen", "127.0.0.1:0", "--seed", seed]);
        command.args(["--api-users", &users]);
        Serving::from(command.env("MOMO_SANDBOX_TOKEN_SECRET", "sixteen bytes ok"))
    };
    let (before, after) = (serve("1"), serve("2"));
    assert_eq!(status_with_token_of(&before, &after).await, 202);
}

#[test]
fn a_short_token_secret_is_refused_and_no_secret_is_ever_shown() {
    let ended = Program::start(&mut momo_sandbox(&["--token-secret", "fifteen bytes.."])).end();
    assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()));
    let shown = ended.stderr.join("\n");
    let expected = "error: --token-secret: it has 15 bytes, and at least 16 are expected";
    assert!(shown.starts_with(expected), "{shown}");
    assert!(!shown.contains("fifteen"), "{shown}");

    let secret = "not for anybody's eyes";
    let with_secret = |arguments: &[&str]| {
        let mut command = momo_sandbox(arguments);
        command.env("MOMO_SANDBOX_TOKEN_SECRET", secret);
        command
    };
    let help = Program::start(&mut with_secret(&["serve", "--help"])).end().stdout.join("\n");
    assert!(help.contains("MOMO_SANDBOX_TOKEN_SECRET") && !help.contains(secret), "{help}");
    let serving = Serving::from(&mut with_secret(&["--listen", "127.0.0.1:0"]));
    serving.be_refused();
    let ended = serving.terminate();
    assert_eq!(ended.code, Some(0));
    let printed = ended.stdout.iter().chain(&ended.stderr);
    assert_eq!(printed.filter(|line| line.contains(secret)).count(), 0);
}

#[tokio::test]
async fn api_users_of_a_file_get_tokens_in_the_sandbox_beside_those_that_are_provisioned() {
    let (_folder, users) = file_with(API_USERS);
    let serving = Serving::with(&["--api-users", &users]);
    for (id, key) in [(USER, "secret"), ("c0ffee00-1111-4222-8333-444455557777", "another")] {
        let merchant = Merchant::at(&serving.url, &SANDBOX, id, key).await;
        assert_eq!(merchant.balance().await, "1000");
    }
    assert_eq!(serving.paste_example_for("46733123453")["status"], "PENDING");
}

#[test]
fn everything_that_is_wrong_with_a_file_of_api_users_is_told_with_its_line() {
    let wrong = API_USERS.replace("666\"", "66\"").replace("\"127.0.0.1\"", "\"http://\"");
    let again = API_USERS.replace("55557777", "55556666").replace("\"another\"", "\"\"");
    let unknown = API_USERS.replace("provider_callback_host", "callback_host");
    let untyped = API_USERS.replace("\"another\"", "5");
    for (text, expected) in [
        (wrong, &[":3: `c0ffee00-", ":10: `http://` is not a host name"][..]),
        (again, &[":8: the API user c0ffee00-1111", ":9: the API key is empty"]),
        (unknown, &[":5: unknown field `callback_host`", "id, api_key and provider_callback_host"]),
        (untyped, &[":9: invalid type: integer `5`, expected a string"]),
        (String::new(), &[":1: the file has no credentials; each API user is [[api_users]]"]),
    ] {
        let (_folder, path) = file_with(&text);
        let ended = Program::start(&mut momo_sandbox(&["--api-users", &path])).end();
        assert_eq!((ended.code, ended.stdout), (Some(2), Vec::new()), "{text}");
        let shown = ended.stderr.join("\n");
        assert!(shown.starts_with(&format!("error: --api-users: {path}:")), "{shown}");
        for part in expected {
            assert!(shown.contains(part), "no {part} in {shown}");
        }
    }
}
