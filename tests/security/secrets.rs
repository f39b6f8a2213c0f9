//! No secret is in what the program writes, nor in anything that the control plane tells.

use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use momo_sandbox::internals::control::ControlToken;
use momo_sandbox::internals::control::ROUTES;
use momo_sandbox::internals::emulator::Configuration;
use momo_sandbox::internals::gateway::SubscriptionKeys;
use momo_sandbox_core::model::product::Product;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::program::Program;
use crate::support::emulator::PATIENCE;
use crate::support::listener::{Behaviour, CallbackListener};

const USER: &str = "7d3a4c1e-52b8-4f0a-9e6d-0c1b2a394857";
const GIVEN: &str = "c0ffee00-1111-4222-8333-444455556666";
const PAYMENT: &str = "1f0e9d8c-7b6a-4594-8372-61504f3e2d1c";

const CONTROL_TOKEN: &str = "control-token-4711";
const COLLECTION_KEY: &str = "collection-key-4711";
const DISBURSEMENT_KEY: &str = "disbursement-key-4711";
const GIVEN_API_KEY: &str = "given-api-key-4711";
const WRONG: &str = "wrong-secret-4711";

/// A merchant that calls rightly and wrongly, and knows every secret that it met.
struct Caller<'a> {
    url: &'a str,
    client: Client,
    secrets: Vec<String>,
}

impl Caller<'_> {
    fn call(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().expect("a method");
        self.client.request(method, format!("{}{path}", self.url))
    }

    fn keyed(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().expect("a method");
        let call = self.client.request(method, format!("{}{path}", self.url));
        call.header("Ocp-Apim-Subscription-Key", COLLECTION_KEY)
    }

    async fn answer(&self, call: RequestBuilder, status: u16) -> Value {
        let answer = call.send().await.expect("an answer");
        let found = answer.status().as_u16();
        let why = answer.headers().get("x-momo-sandbox-why").cloned();
        let text = answer.text().await.expect("a body");
        assert_eq!(found, status, "{text}");
        if let Some(why) = why {
            let why = why.to_str().expect("printable ASCII").to_owned();
            let told = self.secrets.iter().find(|secret| why.contains(*secret));
            assert_eq!(told, None, "{why}");
        }
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn basic(&mut self, user: &str, key: &str) -> String {
        let encoded = BASE64_STANDARD.encode(format!("{user}:{key}"));
        self.secrets.extend([key.to_owned(), encoded.clone()]);
        format!("Basic {encoded}")
    }

    fn keep(&mut self, answer: &Value, field: &str) -> String {
        let secret = answer[field].as_str().expect(field).to_owned();
        // A part of a token would do for nothing, but no part belongs there either.
        self.secrets.extend(secret.split('.').filter(|part| part.len() > 40).map(str::to_owned));
        self.secrets.push(secret.clone());
        secret
    }
}

/// Provisions, gets tokens of every kind, pays with a callback, and is refused in many ways.
async fn play(caller: &mut Caller<'_>) {
    let mut listener = CallbackListener::that(Behaviour::Answer(500)).await;
    let user = caller.keyed("POST", "/v1_0/apiuser").header("X-Reference-Id", USER);
    caller.answer(user.json(&json!({"providerCallbackHost": "127.0.0.1"})), 201).await;
    let mut api_key = String::new();
    for _ in 0..2 {
        let path = format!("/v1_0/apiuser/{USER}/apikey");
        let answer = caller.answer(caller.keyed("POST", &path).body("{}"), 201).await;
        api_key = caller.keep(&answer, "apiKey");
    }
    let right = caller.basic(USER, &api_key);
    let given = caller.basic(GIVEN, GIVEN_API_KEY);
    let token = "/collection/token/";
    caller.answer(caller.keyed("POST", token).header("Authorization", given).body("{}"), 200).await;
    let answered = caller.keyed("POST", token).header("Authorization", &right).body("{}");
    let answer = caller.answer(answered, 200).await;
    let access = caller.keep(&answer, "access_token");
    let bearer = format!("Bearer {access}");
    let api = |call: RequestBuilder| {
        call.header("Authorization", &bearer).header("X-Target-Environment", "sandbox")
    };
    let hint = "login_hint=ID:46733123999/MSISDN&scope=profile&access_type=offline";
    let form = "application/x-www-form-urlencoded";
    let asked = api(caller.keyed("POST", "/collection/v1_0/bc-authorize"));
    let asked = caller.answer(asked.header("Content-Type", form).body(hint), 200).await;
    let id = asked["auth_req_id"].as_str().expect("an id");
    let mut grant = format!("grant_type=urn:openid:params:grant-type:ciba&auth_req_id={id}");
    for _ in 0..2 {
        let call =
            caller.keyed("POST", "/collection/oauth2/token/").header("Authorization", &right);
        let call = call.header("X-Target-Environment", "sandbox").header("Content-Type", form);
        let answer = caller.answer(call.body(grant), 200).await;
        caller.keep(&answer, "access_token");
        let refresh = caller.keep(&answer, "refresh_token");
        grant = format!("grant_type=refresh_token&refresh_token={refresh}");
    }
    let body = json!({"amount": "5", "currency": "EUR", "externalId": "1",
        "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"}});
    let submit = || api(caller.keyed("POST", "/collection/v1_0/requesttopay")).json(&body);
    let paid = submit().header("X-Reference-Id", PAYMENT).header("X-Callback-Url", &listener.url);
    caller.answer(paid, 202).await;
    listener.next().await;
    let wait = json!({"reference_id": PAYMENT, "callback": "answered", "timeout": "20s"});
    let waited = caller.keyed("POST", "/_sandbox/wait").bearer_auth(CONTROL_TOKEN).json(&wait);
    assert_eq!(caller.answer(waited, 200).await["met"], true);
    be_refused(caller, &bearer, &body).await;
}

async fn be_refused(caller: &mut Caller<'_>, bearer: &str, body: &Value) {
    let token = "/collection/token/";
    let wrong = [caller.basic(USER, WRONG), caller.basic(WRONG, WRONG), WRONG.to_owned()];
    for authorization in wrong {
        let call = caller.keyed("POST", token).header("Authorization", authorization).body("{}");
        caller.answer(call, 500).await;
    }
    let (head, signed) = bearer.rsplit_once('.').expect("a signature");
    for authorization in [format!("{head}.{WRONG}"), format!("Bearer {WRONG}"), signed.to_owned()] {
        let path = "/collection/v1_0/account/balance";
        caller.answer(caller.keyed("GET", path).header("Authorization", authorization), 401).await;
    }
    for key in [WRONG, DISBURSEMENT_KEY] {
        let path = "/collection/v1_0/account/balance";
        let call = caller.call("GET", path).header("Ocp-Apim-Subscription-Key", key);
        caller.answer(call, 401).await;
        caller.answer(caller.call("GET", &format!("{path}?subscription-key={key}")), 401).await;
        caller.answer(caller.call("GET", &format!("/none?subscription-key={key}")), 404).await;
    }
    let query = format!("/collection/v1_0/account/balance?subscription-key={COLLECTION_KEY}");
    let call = caller.call("GET", &query).header("Authorization", bearer);
    caller.answer(call, 500).await;
    let call =
        caller.keyed("POST", "/collection/v1_0/requesttopay").header("Authorization", bearer);
    let call = call.header("X-Target-Environment", "sandbox").json(body);
    let call = call.header("X-Reference-Id", "3f0e9d8c-7b6a-4594-8372-61504f3e2d1c");
    let url = format!("http://user:{WRONG}@127.0.0.1/");
    caller.answer(call.header("X-Callback-Url", url), 500).await;
    for shown in [WRONG, "Bearer wrong-secret-4711"] {
        let call = caller.call("GET", "/_sandbox/spaces").header("Authorization", shown);
        caller.answer(call, 401).await;
    }
}

/// More entries than the journal has.
const ENTRIES: u64 = 80;

/// Everything that can be read below `/_sandbox`, of all and of the space, as one text.
async fn everything(caller: &Caller<'_>) -> String {
    let mut told = String::new();
    let mut paths = vec![String::new(), "metrics".to_owned()];
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        let path = route.path.replace("{referenceId}", PAYMENT);
        let path = path.replace("{document}", "control.json");
        if path.contains("{number}") {
            // Most of them are requests.
            paths.extend((0..ENTRIES).map(|number| path.replace("{number}", &number.to_string())));
            continue;
        }
        paths.extend([path.clone(), format!("spaces/{USER}/{path}")]);
    }
    paths.push("requests.har?kind=callback".to_owned());
    paths.extend(["text", "html", "junit"].map(|format| format!("report?format={format}")));
    for path in paths {
        let call = caller.client.get(format!("{}/_sandbox/{path}", caller.url));
        let mut answer = call.bearer_auth(CONTROL_TOKEN).send().await.expect("an answer");
        let headers = format!("{:?}", answer.headers());
        told.push_str(&headers);
        if path.ends_with("stream") {
            // It never ends: what is there already is known by an entry of the last thing done.
            let mut streamed = String::new();
            while !streamed.contains("user information") {
                let part = tokio::time::timeout(PATIENCE, answer.chunk()).await;
                let part = part.expect("in time").expect("a part").expect("no end");
                streamed.push_str(&String::from_utf8_lossy(&part));
            }
            told.push_str(&streamed);
        } else {
            told.push_str(&answer.text().await.expect("a body"));
        }
        told.push('\n');
    }
    told
}

async fn hold(format: &str) {
    let given_user = format!("{GIVEN}:{GIVEN_API_KEY}:localhost");
    let collection = format!("collection={COLLECTION_KEY}");
    let disbursement = format!("disbursement={DISBURSEMENT_KEY}");
    let arguments = [
        ["--control-token", CONTROL_TOKEN],
        ["--subscription-key", &collection],
        ["--subscription-key", &disbursement],
        ["--api-user", &given_user],
        ["--tls-listen", "127.0.0.1:0"],
        ["--settle-after", "1ms"],
        ["--record", "all"],
        ["--log-format", format],
    ];
    let program = Program::serving(&arguments.concat());
    let url = program.url.clone();
    let given = [CONTROL_TOKEN, COLLECTION_KEY, DISBURSEMENT_KEY, GIVEN_API_KEY, WRONG];
    let secrets = given.map(str::to_owned).into();
    let mut caller = Caller { url: &url, client: Client::new(), secrets };
    play(&mut caller).await;
    let told = everything(&caller).await;
    let secrets = std::mem::take(&mut caller.secrets);
    let (said, log) = tokio::task::spawn_blocking(|| program.stop()).await.expect("an end");
    let (said, log) = (said.join("\n"), log.join("\n"));
    // The last of the requests is there with its heads, and as a command.
    assert!(
        told.contains("\"name\":\"x-callback-url\"") && told.contains("curl --silent"),
        "{told}"
    );
    assert!(told.contains("user information") && told.contains("BEGIN CERTIFICATE"), "{told}");
    assert!(log.contains("user information") && said.contains("try it"), "{log}\n{said}");
    for (place, text) in [("the control plane", &told), ("the log", &log), ("stdout", &said)] {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "`{secret}` is in {place}:\n{text}");
        }
        assert!(!text.contains("PRIVATE KEY"), "a key is in {place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_text_log_nor_told_by_the_control_plane() {
    hold("text").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_json_log_nor_told_by_the_control_plane() {
    hold("json").await;
}

#[test]
fn help_and_mistakes_do_not_show_the_secrets_of_flags_and_variables() {
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_momosandbox"));
        command.env_clear().envs(variables.iter().copied()).args(arguments);
        let output = command.output().expect("the program runs");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let user = format!("{GIVEN}:{WRONG}:localhost");
    let key = format!("collection={WRONG}");
    let variables = [
        ("MOMO_SANDBOX_CONTROL_TOKEN", WRONG),
        ("MOMO_SANDBOX_SUBSCRIPTION_KEY", &key),
        ("MOMO_SANDBOX_API_USER", &user),
    ];
    for command in ["serve", "report", "exec"] {
        let help = run(&[command, "--help"], &variables);
        assert!(help.contains("MOMO_SANDBOX_CONTROL_TOKEN"), "{help}");
        assert!(!help.contains(WRONG), "{help}");
    }
    for (flag, value) in [
        ("--api-user", format!("no-uuid:{WRONG}:localhost")),
        ("--api-user", format!("{GIVEN}:{WRONG}:")),
        ("--subscription-key", format!("colection={WRONG}")),
        ("--control-token", format!("{WRONG} {WRONG}")),
    ] {
        let mistake = run(&[flag, &value], &[]);
        assert!(mistake.contains(flag) && !mistake.contains(WRONG), "{mistake}");
    }
}

#[test]
fn what_holds_secrets_does_not_show_them_in_a_panic() {
    let key = (Product::Collection, COLLECTION_KEY.to_owned());
    let configuration = Configuration {
        control_token: Some(ControlToken::parse(CONTROL_TOKEN).expect("a token")),
        subscription_keys: SubscriptionKeys::new([key]),
        ..Configuration::default()
    };
    let keys = configuration.subscription_keys.clone();
    let token = configuration.control_token.clone();
    let shown = format!("{configuration:?} {keys:?} {token:?}");
    assert!(!shown.contains("4711"), "{shown}");
}
