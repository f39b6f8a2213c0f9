//! The header `X-Momo-Sandbox-Why`: every refusal says what was received, what was expected and
//! what to do (docs/contract.md#order-of-checks).

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::support::emulator::{Emulator, Options};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome, refusal};
use crate::support::program::Serving;
use crate::support::raw_requests::exchange;

async fn why(request: RequestBuilder) -> String {
    refusal(request).await.2
}

#[track_caller]
fn check(why: &str, expected: &str) {
    assert!(why.contains(expected), "{expected:?} is not in: {why}");
    assert!(why.ends_with(['.', '?']), "no sentence: {why}");
    assert!(why.starts_with(|first: char| !first.is_ascii_lowercase() || why.contains(' ')));
    let alien =
        ["InvalidToken", "Base64 error", "expected value", "EOF while", "a scenario says so"];
    assert_eq!(alien.into_iter().find(|words| why.contains(words)), None, "{why}");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_told_what_it_is() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let good = merchant.body("5", PAYER).to_string();
    let utf_16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (body, expected) in [
        ([b"\xef\xbb\xbf", good.as_bytes()].concat(), "byte order mark"),
        (utf_16, "UTF-16"),
        (b"\x1f\x8b\x08\0".to_vec(), "gzip"),
        (b"amount=5&currency=EUR".to_vec(), "is a form"),
        (b"{\"amount\":".to_vec(), "ends in the middle of its JSON, at line 1, column 10"),
        (b"{'amount': 5}".to_vec(), "cannot be read from line 1, column 2 on"),
        (b"[1]".to_vec(), "must be a JSON object, not an array"),
    ] {
        let request = merchant.submission(merchant.path(), &new_reference(), &json!({}));
        let (status, text, why) = refusal(request.body(body)).await;
        assert_eq!((status, &*text), (400, ""), "{expected}");
        check(&why, expected);
    }
}

#[tokio::test]
async fn a_post_without_a_length_is_told_what_was_sent() {
    let emulator = Emulator::start().await;
    let head = "POST /collection/token/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    for (rest, expected) in [
        ("\r\n", "neither Content-Length nor a chunked body"),
        ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "without a single chunk in it"),
    ] {
        let answer = exchange(&emulator, &format!("{head}{rest}")).await;
        assert!(answer.starts_with("HTTP/1.1 411 Length Required\r\n"), "{answer}");
        assert!(answer.contains(expected), "{answer}");
    }
}

#[tokio::test]
async fn an_unknown_path_names_the_nearest_operation_and_a_preflight_learns_that_there_is_no_cors()
{
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for (method, path, expected) in [
        (Method::POST, "/colection/v1_0/requesttopay", "POST /collection/v1_0/requesttopay?"),
        (Method::POST, "/v1_0/requesttopay", "paths of a product begin with it"),
        (Method::POST, "/apiuser/", "POST /v1_0/apiuser?"),
        (Method::POST, "/collection/v1_0/requesttopay/", "POST /collection/v1_0/requesttopay?"),
        (Method::OPTIONS, "/collection/token/", "no CORS"),
    ] {
        let (status, _, why) = refusal(merchant.provisioning(method, path).body("{}")).await;
        assert_eq!(status, 404, "{path}");
        check(&why, expected);
    }
}

#[tokio::test]
async fn bad_credentials_are_told_what_is_wrong_with_them_and_never_what_they_are() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let token = |authorization: &str| {
        let request = merchant.provisioning(Method::POST, "/collection/token/").body("{}");
        request.header("Authorization", authorization)
    };
    let basic = |text: &str| {
        use base64::Engine;
        format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(text))
    };
    let user = &merchant.api_user;
    for (authorization, expected) in [
        (format!("Basic {user}:s3cr3t-key"), "is not base64"),
        (basic("nothing-in-it"), "have no colon"),
        (basic(&format!("{user}:")), "The API key is empty"),
        (basic(&format!("{user}:s3cr3t-key")), "is not the API user's latest"),
        (basic(&format!("{}:s3cr3t-key", new_reference())), "is not known here"),
        ("Bearer s3cr3t-key".to_owned(), "does not begin with Basic"),
    ] {
        let why = why(token(&authorization)).await;
        check(&why, expected);
        assert!(!why.contains("s3cr3t"), "{why}");
    }
    let call = |authorization: &str| {
        let path = "/collection/v1_0/account/balance";
        let request = merchant.provisioning(Method::GET, path);
        request.header("X-Target-Environment", "sandbox").header("Authorization", authorization)
    };
    check(&why(call(&merchant.token)).await, "does not begin with Bearer");
    check(&why(call("Bearer abc")).await, "is not a JWT");
    let forged = format!("Bearer {}x", merchant.token);
    check(&why(call(&forged)).await, "its signature is another's");
}

/// Who swaps two headers shows a secret where an ordinary value belongs, which is quoted.
#[tokio::test]
async fn a_secret_in_a_wrong_place_is_not_told_back() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let secret = "4f0c9d2b6a1e4d7f8091a2b3c4d5e6f7";
    let request = merchant
        .call(Method::GET, "/v1_0/account/balance")
        .header("Ocp-Apim-Subscription-Key", secret)
        .header("X-Target-Environment", secret);
    let mut request = request.build().expect("a request");
    for name in ["Ocp-Apim-Subscription-Key", "X-Target-Environment"] {
        request.headers_mut().insert(name, secret.parse().expect("a header"));
    }
    let answer = reqwest::Client::new().execute(request).await.expect("an answer");
    let why = answer.headers()["x-momo-sandbox-why"].to_str().expect("ASCII").to_owned();
    assert!(why.contains("[redacted]") && !why.contains(secret), "{why}");
    let journal = emulator.control("journal").await.to_string();
    assert!(!journal.contains(secret), "nor in the journal");
}

#[tokio::test]
async fn what_decided_is_named_mtns_test_value_or_the_scenario() {
    let scenario = "name = \"mine\"\n[[account_holders]]\nparty = \"25677*\"\n\
                    active = \"NOT_ALLOWED\"\n[[rules]]\nwhen = { party = \"25678*\" }\n\
                    submit = { answer = { status = 503, code = \"SERVICE_UNAVAILABLE\" } }\n";
    let emulator = Emulator::with_scenario(scenario).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let active =
        |id: &str| merchant.call(Method::GET, &format!("/v1_0/accountholder/msisdn/{id}/active"));
    check(&why(active("46733123452")).await, "one of MTN's sandbox test values");
    check(&why(active("256770000001")).await, "The scenario `mine` declares 256770000001");
    let body = merchant.body("5", "256780000001");
    let reference = new_reference();
    let answered = merchant.submission(merchant.path(), &reference, &body);
    check(&why(answered).await, "Rule 1 of the scenario `mine` asks for this answer");
    let path = format!("journal?reference_id={reference}&event=request");
    let entry = &emulator.control(&path).await["entries"][0]["request"];
    assert_eq!(entry["refusal"], "scenario", "{entry}");
}

/// MTN answers an account without the right to disburse before it looks at the body (2026).
#[tokio::test]
async fn a_rule_that_needs_no_body_answers_before_the_body_is_read() {
    let forbidden = "[[rules]]\nwhen = { operation = \"transfer\" }\n\
                     submit = { answer = { status = 403, message = \"Forbidden\" } }\n";
    let by_amount = "[[rules]]\nwhen = { amount = { at_least = \"1\" } }\n\
                     submit = { answer = { status = 403, message = \"Forbidden\" } }\n";
    let told = r#"{ "statusCode": 403, "message": "Forbidden" }"#.to_owned();
    for (scenario, expected) in [(forbidden, (403, told)), (by_amount, (400, String::new()))] {
        let emulator = Emulator::with_scenario(scenario).await;
        let merchant = Merchant::of(&emulator, "disbursement").await;
        let broken = json!({"amount": "not a number"});
        let request = merchant.submission("/v1_0/transfer", &new_reference(), &broken);
        assert_eq!(outcome(request).await, expected);
    }
}

#[tokio::test]
async fn an_explanation_is_printable_ascii_of_512_bytes_at_most() {
    let emulator = Emulator::with(Options::default()).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut body = merchant.body("5", PAYER);
    body["externalId"] = json!("\u{e9} \u{1f600} ".repeat(400));
    let request = merchant.submission(merchant.path(), &new_reference(), &body);
    let why = why(request).await;
    assert!(why.len() <= 512 && why.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{why}");
    check(&why, "must not contain spaces");
}

#[test]
fn explain_off_leaves_the_header_out_and_the_journal_keeps_the_sentence() {
    for (flag, is_there) in [("off", false), ("on", true)] {
        let program = Serving::with(&["--explain", flag]);
        let url = &program.url;
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let answer = reqwest::get(format!("{url}/nowhere")).await.expect("an answer");
            assert_eq!(answer.status(), 404);
            assert_eq!(answer.headers().contains_key("x-momo-sandbox-why"), is_there, "{flag}");
            let journal = reqwest::get(format!("{url}/_sandbox/journal")).await.expect("one");
            let journal = journal.text().await.expect("a body");
            assert!(journal.contains("No operation is GET /nowhere."), "{journal}");
        });
    }
}
