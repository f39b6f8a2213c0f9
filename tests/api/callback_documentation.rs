//! "Setting up a callback URL", MTN's page, as docs/contract.md#callbacks has it: every sentence
//! has a test.

use crate::support::sources::rust_text;

/// A part of a sentence, and a test that holds it.
const HELD: &[(&str, &str)] = &[
    (
        "when a transaction gets its final status",
        "nothing_is_sent_before_the_final_status_or_while_it_is_pending",
    ),
    (
        "if its POST had `X-Callback-Url`",
        "a_failure_is_called_back_too_and_no_url_means_no_callback",
    ),
    (
        "Nothing is sent again, whatever the listener answers or if it answers nothing",
        "whatever_the_listener_does_there_is_one_attempt_and_the_status_stays",
    ),
    ("Polling the status is the fallback", "missed_callback_succeeds_and_says_nothing"),
    (
        "**POST** for requesttopay, transfer and the other v1 operations",
        "every_submission_calls_back_once_with_the_method_of_its_version",
    ),
    ("A scenario may set either", "wrong_verb_calls_back_with_put"),
    (
        "`User-Agent: LWAC Http Client 1.0`",
        "a_callback_carries_the_status_without_the_payer_message_and_the_gateways_headers",
    ),
    (
        "no signature, no credential and no reference id",
        "a_callback_carries_the_status_without_the_payer_message_and_the_gateways_headers",
    ),
    (
        "the status body **without `payerMessage`**",
        "a_callback_carries_the_status_without_the_payer_message_and_the_gateways_headers",
    ),
    (
        "A redirect is not followed",
        "whatever_the_listener_does_there_is_one_attempt_and_the_status_stays",
    ),
    (
        "The listener has 2 s to answer",
        "advancing_waits_for_a_listener_that_never_answers_and_goes_on",
    ),
    (
        "accepted and not delivered, and the journal and the log say why",
        "an_https_callback_url_is_accepted_but_not_delivered_in_the_sandbox",
    ),
    ("`--https-callbacks` delivers it", "the_sandbox_delivers_to_https_where_it_is_asked_to"),
    ("In production they are `https` only", "a_callback_url_is_https_and_names_a_host"),
    ("a host name and never an IP address", "a_callback_url_is_https_and_names_a_host"),
    (
        "One of the approved intermediates must have issued the listener's certificate",
        "a_listener_below_an_approved_intermediate_gets_its_callback",
    ),
    (
        "Otherwise the callback is not delivered, and nobody is told",
        "a_listener_below_another_intermediate_gets_none_and_nobody_is_told",
    ),
    (
        "the same callback twice, 3 minutes apart",
        "the_policies_send_once_twice_or_until_it_is_answered",
    ),
    (
        "a callback that brings the final status before a GET does",
        "early_callback_says_it_before_the_status_does",
    ),
    (
        "retries (20 every second, 30 every 2 minutes, then every hour)",
        "the_policies_send_once_twice_or_until_it_is_answered",
    ),
    ("that are not the default", "the_policies_send_once_twice_or_until_it_is_answered"),
    ("Statuses may be asked for 10 times a second", "statuses_may_be_asked_for_ten_times_a_second"),
    (
        "should be asked for after 5 minutes where no callback came",
        "a_merchant_who_asks_accounts_for_all_of_it",
    ),
    ("Rate limit is exceeded", "statuses_may_be_asked_for_ten_times_a_second"),
    ("Production enforces the first, the sandbox does not", "the_sandbox_has_no_rate_limit"),
];

#[test]
fn each_test_that_is_named_is_there() {
    let sources = rust_text(&["tests"]);
    for (_, test) in HELD {
        assert!(sources.contains(&format!("fn {test}(")), "there is no test {test}");
    }
}

#[test]
fn every_sentence_of_the_page_is_held() {
    let section = section("Callbacks") + &section("Rate limits");
    for (part, _) in HELD {
        assert!(section.contains(part), "the page does not say: {part}");
    }
    for paragraph in section.split("\n- ").filter(|paragraph| !paragraph.trim().is_empty()) {
        let is_held = HELD.iter().any(|(part, _)| paragraph.contains(part));
        assert!(is_held, "nothing holds: {paragraph}");
    }
}

/// A section of the page: its items, each on one line.
fn section(heading: &str) -> String {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/contract.md"));
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the section");
    let section = section.split("\n## ").next().expect("its text");
    section
        .split("\n- ")
        .map(|item| item.split_whitespace().collect::<Vec<_>>().join(" "))
        .fold(String::new(), |text, item| text + "\n- " + &item)
}
