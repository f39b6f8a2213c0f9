//! "Setting up a callback URL", MTN's page, as section 6 of the contract has it: every sentence has
//! a test.

use std::path::Path;

use crate::support::sources::rust_text;

/// A part of a sentence, and a test that holds it.
const HELD: &[(&str, &str)] = &[
    (
        "when the transaction reaches a final status",
        "nothing_is_sent_before_the_final_status_or_while_it_is_pending",
    ),
    (
        "only if the POST had `X-Callback-Url`",
        "a_failure_is_called_back_too_and_no_url_means_no_callback",
    ),
    (
        "no retry,\n  whatever the listener answers, and none if it does not answer",
        "whatever_the_listener_does_there_is_one_attempt_and_the_status_stays",
    ),
    ("Polling the GET is the fallback", "missed_callback_succeeds_and_says_nothing"),
    (
        "**POST** for requesttopay, transfer and the v1 operations",
        "every_submission_calls_back_once_with_the_method_of_its_version",
    ),
    ("A scenario may set either", "wrong_verb_calls_back_with_put"),
    (
        "`User-Agent: LWAC Http Client 1.0`",
        "a_callback_carries_the_status_without_the_payer_message_and_the_gateways_headers",
    ),
    (
        "No signature, no credential, no reference id",
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
        "default not delivered, the journal and the log saying why",
        "an_https_callback_url_is_accepted_but_not_delivered_in_the_sandbox",
    ),
    ("a flag (`--https-callbacks`)", "the_sandbox_delivers_to_https_where_it_is_asked_to"),
    ("Production: `https` only", "a_callback_url_is_https_and_names_a_host"),
    ("a host name and never an IP address", "a_callback_url_is_https_and_names_a_host"),
    (
        "must be issued by one of the approved\n  intermediates",
        "a_listener_below_an_approved_intermediate_gets_its_callback",
    ),
    (
        "otherwise the callback is not delivered, and nobody is told",
        "a_listener_below_another_intermediate_gets_none_and_nobody_is_told",
    ),
    (
        "the same callback twice, 3 minutes apart",
        "the_policies_send_once_twice_or_until_it_is_answered",
    ),
    (
        "a callback that brought the final status before the GET did",
        "early_callback_says_it_before_the_status_does",
    ),
    (
        "retries (20 at 1 s, then 30 at 2 min, then hourly)",
        "the_policies_send_once_twice_or_until_it_is_answered",
    ),
    ("None of this is the default", "the_policies_send_once_twice_or_until_it_is_answered"),
    ("status queries at most 10 a second", "statuses_may_be_asked_for_ten_times_a_second"),
    ("ask\nafter 5 minutes", "a_merchant_who_asks_accounts_for_all_of_it"),
    ("Rate limit is exceeded", "statuses_may_be_asked_for_ten_times_a_second"),
    ("Not enforced by default in the sandbox profile", "the_sandbox_has_no_rate_limit"),
];

#[test]
fn each_test_that_is_named_is_there() {
    let sources = rust_text(&["tests"]);
    for (_, test) in HELD {
        assert!(sources.contains(&format!("fn {test}(")), "there is no test {test}");
    }
}

/// The page lies beside the project; where it does not, its sentences cannot be looked for.
#[test]
fn every_sentence_of_the_page_is_held() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/contract/README.md");
    let Ok(page) = std::fs::read_to_string(&page) else {
        eprintln!("skipped: {} is not there", page.display());
        return;
    };
    let (_, section) = page.split_once("\n## 6. Callbacks\n").expect("the section");
    let (section, _) = section.split_once("\n## 7.").expect("its end");
    for (part, _) in HELD {
        assert!(section.contains(part), "the page does not say: {part}");
    }
    let paragraphs = section.split("\n- ").flat_map(|item| item.split("\n\n"));
    for paragraph in paragraphs.filter(|paragraph| !paragraph.trim().is_empty()) {
        let is_held = HELD.iter().any(|(part, _)| paragraph.contains(part));
        assert!(is_held, "nothing holds: {paragraph}");
    }
}
