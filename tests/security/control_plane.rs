//! The control plane against web pages, names that lead here, and strangers on the network.

use std::process::Command;

use reqwest::Client;
use serde_json::json;

use super::program::Program;
use crate::support::emulator::Emulator;

/// The status that curl meets, whatever the certificate.
fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["-sSk", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_version} %{http_code}"])
        .args(arguments)
        .output()
        .expect("curl runs");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn a_name_that_leads_here_is_refused_over_http1_and_http2() {
    let front = ["--tls-listen", "127.0.0.1:0", "--tls-name", "evil.example"];
    let mut program = Program::serving(&front);
    let line = program.line_with("HTTPS front on https://");
    let (_, rest) = line.split_once("HTTPS front on https://").expect("the front");
    let port = rest.split([':', ';']).nth(1).expect("a port").to_owned();
    for (version, shown) in [("--http1.1", "1.1"), ("--http2", "2")] {
        for (host, status) in [("localhost", "200"), ("evil.example", "403")] {
            let connect = format!("{host}:{port}:127.0.0.1:{port}");
            let (url, origin) = (
                format!("https://{host}:{port}/_sandbox/"),
                format!("Origin: https://{host}:{port}"),
            );
            let way = ["--connect-to", &connect, version];
            let spaces = format!("{url}spaces");
            let found = curl(&[&way[..], &[&spaces]].concat());
            assert_eq!(found, format!("{shown} {status}"), "GET as {host}");
            // The console's own calls come with its origin.
            let json = "Content-Type: application/json";
            let reset = format!("{url}reset");
            let post = ["-H", &origin, "-H", json, "-d", "{}", &reset];
            let found = curl(&[&way[..], &post].concat());
            assert_eq!(found, format!("{shown} {status}"), "POST as {host}");
        }
    }
}

#[test]
fn a_front_beyond_this_machine_needs_the_token_too() {
    let mut program = Program::serving(&["--tls-listen", "0.0.0.0:0"]);
    let line = program.line_with("/_sandbox needs the header");
    let (_, token) = line.split_once("Bearer ").expect("a drawn token");
    let url = format!("{}/_sandbox/spaces", program.url);
    assert_eq!(curl(&[&url]), "1.1 401");
    let shown = format!("Authorization: Bearer {token}");
    assert_eq!(curl(&["-H", &shown, &url]), "1.1 200");
}

#[tokio::test]
async fn a_foreign_page_neither_reads_nor_changes_nor_loads_anything() {
    let emulator = Emulator::start().await;
    let call = |method: &str, path: &str| {
        let url = format!("{}/_sandbox/{path}", emulator.url);
        Client::new().request(method.parse().expect("a method"), url)
    };
    for path in ["spaces", "transactions", "journal", "journal/stream", "report?format=html"] {
        for (name, value) in [
            ("Origin", "http://evil.example"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let answer = call("GET", path).header(name, value).send().await.expect("an answer");
            assert_eq!(answer.status(), 403, "{path} with {name}: {value}");
        }
    }
    for (method, path) in [("POST", "reset"), ("POST", "clock/pause"), ("DELETE", "scenario")] {
        let foreign = call(method, path).header("Origin", "http://evil.example").json(&json!({}));
        assert_eq!(foreign.send().await.expect("an answer").status(), 403, "{method} {path}");
    }
    // What a form of any page can send, and a browser's question whether it may send more.
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let form = call("POST", "reset").header("Content-Type", media_type).body("{}");
        assert_eq!(form.send().await.expect("an answer").status(), 415, "{media_type}");
    }
    let asked = call("OPTIONS", "reset")
        .header("Origin", "http://evil.example")
        .header("Access-Control-Request-Method", "POST");
    let answer = asked.send().await.expect("an answer");
    assert!(!answer.status().is_success());
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[tokio::test]
async fn no_answer_is_framed_guessed_or_handed_to_another_origin() {
    let emulator = Emulator::start().await;
    for path in
        ["", "console/page.js", "health", "spaces", "journal/stream", "report?format=html", "none"]
    {
        let url = format!("{}/_sandbox/{path}", emulator.url);
        let answer = reqwest::get(url).await.expect("an answer");
        let header = |name: &str| answer.headers()[name].to_str().expect("text");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(["no-store", "no-cache"].contains(&header("cache-control")), "{path}");
    }
}
