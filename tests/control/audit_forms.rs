//! The forms of the merchant audit: text, JUnit, the page, the sentences of the headline, and the
//! verdict alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::emulator::{Emulator, Options};
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER};
use momo_sandbox::internals::scenarios::named;

/// More payments than the cases that a finding keeps.
const MANY: usize = 23;
const CASES_MAX: usize = 20;

/// An emulator that loses callbacks, and a merchant who never asks, with lost payments.
async fn with_lost(count: usize) -> (Emulator, Merchant, Vec<String>) {
    let emulator = Emulator::with_scenario(named("missed-callback").expect("it ships").text).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let listener = CallbackListener::start().await;
    let mut lost = Vec::new();
    for _ in 0..count {
        lost.push(merchant.submit(PAYER, Some(&listener.url)).await);
    }
    emulator.settle();
    for reference in &lost {
        emulator.record_once_callback(reference, &["lost"]).await;
    }
    (emulator, merchant, lost)
}

/// A form of the report, with its media type.
async fn form(emulator: &Emulator, format: &str) -> (String, String) {
    let url = format!("{}/_sandbox/report?format={format}", emulator.url);
    let answer = reqwest::get(url).await.expect("an answer");
    let media_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
    (media_type, answer.text().await.expect("text"))
}

/// What stands between these two, each time.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    text.split(begin).skip(1).map(|rest| rest.split(end).next().unwrap_or_default()).collect()
}

#[tokio::test]
async fn each_form_of_the_report_says_the_same() {
    let (emulator, _, lost) = with_lost(1).await;
    for (format, media_type, failed) in [
        ("text", "text/plain", "FAIL  money-accounted-for"),
        ("junit", "application/xml", "name=\"money-accounted-for\"><failure"),
        ("html", "text/html", "<article class=\"fail\" id=\"money-accounted-for\">"),
    ] {
        let (found, text) = form(&emulator, format).await;
        assert!(found.starts_with(media_type), "{found}");
        let headline = "1 payment, 5 EUR, was taken from payers, and the merchant never found out.";
        assert!(text.contains(headline) && text.contains(failed), "{text}");
        assert!(text.contains(&lost[0]), "{text}");
    }
    let (_, wrong) = form(&emulator, "xml").await;
    assert!(wrong.contains("`json`, `text`, `junit`, `html`"), "{wrong}");
}

#[tokio::test]
async fn the_report_names_the_run_and_the_sums() {
    let (emulator, merchant, _) = with_lost(2).await;
    let path = format!("spaces/{}/scenario", merchant.api_user);
    emulator.command("PUT", &path, json!({"shipped": ["declined"]})).await;
    let health = emulator.control("health").await;
    let report = emulator.control("report").await;
    let run = &report["run"];
    assert_eq!(run["version"], health["version"]);
    assert_eq!(run["seed"], health["seed"]);
    assert_eq!(run["clock"], health["time"]);
    assert_eq!(run["target_environment"], "sandbox");
    assert_eq!(
        (&run["scenarios"], &run["own_scenarios"]),
        (&json!(["missed-callback"]), &json!(1))
    );
    // The machine's date, not the one of the emulator's clock, which this test holds elsewhere.
    let [made_at, clock] = ["made_at", "clock"].map(|name| run[name].as_str().expect("a time"));
    assert!(made_at.parse::<jiff::Timestamp>().is_ok(), "{made_at}");
    assert!(made_at > "2026-01-01" && made_at != clock, "{made_at}");

    let (_, junit) = form(&emulator, "junit").await;
    let in_junit = between(&junit, " timestamp=\"", "\"")[0];
    assert!(in_junit.parse::<jiff::civil::DateTime>().is_ok() && in_junit >= &made_at[..10]);
    for (name, value) in [
        ("version", &health["version"]),
        ("clock", &health["time"]),
        ("target_environment", &json!("sandbox")),
        ("scenarios", &json!("missed-callback; 1 API user has its own")),
        ("seed", &json!(health["seed"].to_string())),
    ] {
        let property = format!("<property name=\"run.{name}\" value={value}/>");
        assert!(junit.contains(&property), "no {property} in {junit}");
    }

    let [version, seed] = [&health["version"], &health["seed"]].map(Value::to_string);
    let version = format!("momo-sandbox {}", version.trim_matches('"'));
    for format in ["text", "html"] {
        let (_, text) = form(&emulator, format).await;
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            &*version,
            &*seed,
            "sandbox",
            "missed-callback; 1 API user has its own",
            clock,
            "10 EUR (2)",
            "taken from payers",
            "the merchant never found out about",
        ] {
            assert!(flat.contains(part), "no {part} in {text}");
        }
    }
}

#[tokio::test]
async fn the_page_groups_rules_and_findings_and_loads_nothing() {
    let (emulator, _, lost) = with_lost(MANY).await;
    let (_, page) = form(&emulator, "html").await;
    let titles = between(&page, "<h2>", "</h2>");
    let expected = ["Failed (2)", "Passed (2)", "Not exercised (11)", "What the run relied on"];
    assert_eq!(titles, expected);

    let money = between(&page, "id=\"money-accounted-for\"", "</article>")[0];
    assert_eq!(between(money, "<li>", "<br>").len(), 1, "equal findings are one: {money}");
    assert!(money.contains(&format!("({MANY} times)")), "{money}");
    let shown = lost.iter().filter(|one| money.contains(one.as_str())).count();
    assert_eq!(shown, CASES_MAX);
    assert!(money.contains(&format!("and {} more like these", MANY - CASES_MAX)), "{money}");

    let places: BTreeSet<_> = between(&page, " id=\"", "\"").into_iter().collect();
    let links = between(&page, "href=\"", "\"");
    assert!(links.contains(&"#money-accounted-for"), "{links:?}");
    for link in links {
        let place = link.strip_prefix('#').expect("a link within the page");
        assert!(places.contains(place), "nothing is at {link}");
    }
    for loading in ["src=", "<link", "<script", "@import", "url("] {
        assert!(!page.contains(loading), "{loading}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("@media print"));
    assert!(page.contains("<footer>Made by momo-sandbox "), "{page}");
}

#[tokio::test]
async fn the_headline_comes_as_data_too() {
    let (emulator, _, _) = with_lost(2).await;
    let lost = json!({
        "says": "never_learnt",
        "count": 2,
        "sums": [{"currency": "EUR", "count": 2, "amount": "10"}],
    });
    assert_eq!(emulator.control("report").await["headline_parts"], json!([lost]));

    let nothing = Emulator::with(Options::default()).await;
    let parts = |report: Value| report["headline_parts"].clone();
    let says = |what: &str, count: usize| json!([{"says": what, "count": count, "sums": []}]);
    assert_eq!(parts(nothing.control("report").await), says("no_request", 0));
    let merchant = Merchant::of(&nothing, "collection").await;
    let payment = merchant.submit(PAYER, None).await;
    assert_eq!(parts(nothing.control("report").await), says("nothing_taken_yet", 1));
    nothing.settle();
    merchant.status(&payment).await;
    let known = parts(nothing.control("report").await);
    assert_eq!(known[0]["says"], "all_accounted_for", "{known}");
    assert_eq!(known[0]["sums"][0]["amount"], "5", "{known}");
}

#[tokio::test]
async fn the_verdict_alone_is_that_of_the_report() {
    let (emulator, merchant, _) = with_lost(1).await;
    let other = Merchant::of(&emulator, "collection").await;
    let own = format!("spaces/{}/", merchant.api_user);
    let others = format!("spaces/{}/", other.api_user);
    for below in ["", &own, &others] {
        let report = emulator.control(&format!("{below}report")).await;
        let rules = report["rules"].as_array().expect("rules").iter();
        let failed =
            rules.filter(|rule| rule["verdict"] == "fail").map(|rule| rule["name"].clone());
        let expected = json!({"verdict": report["verdict"], "failed": Value::from_iter(failed)});
        assert_eq!(emulator.control(&format!("{below}verdict")).await, expected);
    }
    let fails = emulator.control("verdict").await;
    assert_eq!(fails["failed"], json!(["money-accounted-for", "polled-after-lost-callback"]));
    // What the audit leaves out has no verdict.
    emulator.command("PUT", &format!("{own}label"), json!({"excluded": true})).await;
    let verdict = emulator.control("verdict").await;
    assert_eq!(verdict, json!({"verdict": "not_exercised", "failed": []}));
}
