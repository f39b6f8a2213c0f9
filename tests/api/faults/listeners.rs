//! Listeners that do not answer, and hosts that are not there.

use std::collections::BTreeMap;

use super::*;
use crate::api::limits::scrape_at;
use crate::support::listener::Behaviour;

const PAYMENTS: usize = 30;

/// Pays to a listener at fault and to a good one by turns. The good one is called back although the
/// other's attempts are under way; then each of the other's has failed, once, in this way.
async fn check_failing(serving: &Serving, faulty: &mut CallbackListener, failure: &str) {
    let merchant = merchant_of(serving).await;
    let mut good = CallbackListener::start().await;
    let (mut failed, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..PAYMENTS {
        failed.push(pay(&merchant, faulty).await);
        answered.push(pay(&merchant, &good).await);
    }
    for reference in &answered {
        one_attempt(&record_once(serving, reference, "answered").await);
    }
    for reference in &failed {
        let record = record_once(serving, reference, "failed").await;
        assert_eq!(one_attempt(&record)["error"], failure, "{record}");
        assert_eq!(status_code(&merchant, reference).await, 200);
        assert_eq!(merchant.status(reference).await["status"], "SUCCESSFUL");
    }
    let mut counts = BTreeMap::new();
    count(faulty, &mut counts);
    count(&mut good, &mut counts);
    let all = failed.into_iter().chain(answered);
    assert_eq!(counts, all.map(|reference| (reference, 1)).collect());
}

#[tokio::test]
async fn a_listener_that_never_answers_is_tried_once_and_keeps_nobody_waiting() {
    let mut silent = CallbackListener::that(Behaviour::Silence).await;
    check_failing(&serve(&[]), &mut silent, "timed_out").await;
}

/// However many callbacks wait for it, half of the places are left to others.
#[tokio::test]
async fn a_listener_that_never_answers_takes_half_of_the_places_at_most() {
    let serving = serve(&["--callbacks-in-flight-max", "4"]);
    let silent = CallbackListener::that(Behaviour::Silence).await;
    let mut good = CallbackListener::start().await;
    let merchant = merchant_of(&serving).await;
    for _ in 0..PAYMENTS {
        pay(&merchant, &silent).await;
    }
    let reference = pay(&merchant, &good).await;
    assert!(good.next().await.body.contains("SUCCESSFUL"));
    one_attempt(&record_once(&serving, &reference, "answered").await);
    // Were it not so, some before it would have had to time out.
    let metrics = scrape_at(&serving.url).await;
    let timed_out = metrics.count("callbacks_total", &[("result", "timed_out")]);
    assert_eq!((timed_out, metrics.count("callbacks_in_flight", &[])), (0.0, 2.0));
}

#[tokio::test]
async fn a_listener_whose_head_trickles_is_tried_once_and_given_up_after_two_seconds() {
    let mut trickling = CallbackListener::that(Behaviour::TrickleHead).await;
    check_failing(&serve(&[]), &mut trickling, "timed_out").await;
}

#[tokio::test]
async fn a_listener_whose_body_trickles_is_tried_once_and_given_up_after_two_seconds() {
    let mut trickling = CallbackListener::that(Behaviour::TrickleBody).await;
    check_failing(&serve(&[]), &mut trickling, "timed_out").await;
}

#[tokio::test]
async fn the_log_says_that_a_redirect_is_not_followed_and_where_it_pointed() {
    let mut redirecting = CallbackListener::that(Behaviour::Redirect).await;
    let serving = serve(&["--log-format", "json"]);
    let merchant = merchant_of(&serving).await;
    let reference = pay(&merchant, &redirecting).await;
    record_once(&serving, &reference, "answered").await;
    let log = serving.terminate().stderr.join("\n");
    let target = format!("{}/elsewhere", redirecting.url);
    let expected = format!("a redirect to {target}; redirects are not followed");
    assert!(log.contains(&reference) && log.contains(&expected), "{log}");
    assert_eq!(redirecting.arrived().len(), 1);
}

#[tokio::test]
async fn a_host_whose_name_does_not_resolve_is_tried_once_and_keeps_nobody_waiting() {
    let lost = "c0ffee00-1111-4222-8333-444455557777";
    let given = format!("{lost}:secret:nobody.invalid");
    let serving = serve(&["--api-user", &given]);
    let nobodys = Merchant::at(&serving.url, &SANDBOX, lost, "secret").await;
    let (merchant, mut good) = (merchant_of(&serving).await, CallbackListener::start().await);
    let (mut failed, mut answered) = (Vec::new(), Vec::new());
    for _ in 0..PAYMENTS {
        let reference = new_reference();
        assert_eq!(submit(&nobodys, &reference, "http://nobody.invalid/paid").await, 202);
        failed.push(reference);
        answered.push(pay(&merchant, &good).await);
    }
    for reference in answered {
        one_attempt(&record_once(&serving, &reference, "answered").await);
    }
    for reference in failed {
        let record = record_once(&serving, &reference, "failed").await;
        let attempt = one_attempt(&record);
        assert_eq!(attempt["error"], "name_resolution", "{record}");
        let detail = attempt["error_detail"].to_string();
        assert!(detail.contains("--route nobody.invalid=127.0.0.1:PORT"), "{record}");
        assert_eq!(status_code(&nobodys, &reference).await, 200);
    }
    assert_eq!(good.arrived().len(), PAYMENTS);
}
