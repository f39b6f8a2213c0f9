//! Being told to stop under load, being killed, and being started again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const CONNECTIONS: usize = 16;

/// Posts one payment after the other until the emulator is gone. Returns the references that were
/// answered with 202, and those whose answer never came.
async fn pay_until_it_is_gone(
    merchant: Merchant,
    url: String,
    accepted: Arc<AtomicUsize>,
) -> (Vec<String>, Vec<String>) {
    let (mut answered, mut unanswered) = (Vec::new(), Vec::new());
    loop {
        let reference = new_reference();
        let body = merchant.body("5", PAYER);
        let request = merchant
            .submission(merchant.path(), &reference, &body)
            .header("X-Callback-Url", format!("{url}/{reference}"));
        match in_time("an answer or an end", request.send()).await {
            Ok(answer) => {
                assert_eq!(answer.status(), 202);
                answered.push(reference);
                accepted.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                unanswered.push(reference);
                if is_refused(&error) {
                    return (answered, unanswered);
                }
                assert!(!is_reset(&error), "an end that is not clean: {error:?}");
            }
        }
    }
}

/// The system's own words for an error, wherever they are in its causes.
fn kind_of(error: &reqwest::Error) -> Option<std::io::ErrorKind> {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

/// No connection came about, and so nothing was sent: it was refused, or the system was still making
/// it when its listener ended, and then it is reset.
fn is_refused(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, ConnectionReset};
    error.is_connect() && matches!(kind_of(error), Some(ConnectionRefused | ConnectionReset))
}

fn is_reset(error: &reqwest::Error) -> bool {
    kind_of(error) == Some(std::io::ErrorKind::ConnectionReset)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_no_payment_but_those_that_it_counts_as_pending() {
    let (serving, mut listener) = (serve(&[]), CallbackListener::start().await);
    let accepted = Arc::new(AtomicUsize::new(0));
    let mut paying = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (merchant, accepted) = (merchant_of(&serving).await, Arc::clone(&accepted));
        paying.spawn(pay_until_it_is_gone(merchant, listener.url.clone(), accepted));
    }
    let mut counts = BTreeMap::new();
    while counts.len() < 500 {
        let callback = listener.next().await;
        *counts.entry(callback.path.trim_start_matches('/').to_owned()).or_default() += 1;
    }
    let ended = tokio::task::spawn_blocking(|| serving.terminate());
    let ended = in_time("the end", ended).await.expect("an end");
    assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
    let last = ended.stdout.last().expect("a last line");
    let pending = last.split(' ').nth(1).expect("a number").parse::<usize>().expect(last);
    assert!(last.ends_with(" still pending"), "nothing was cut off: {last}");

    let all = in_time("the clients' ends", paying.join_all()).await;
    let (answered, unanswered): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let [answered, unanswered] =
        [answered, unanswered].map(|of| of.into_iter().flatten().collect::<BTreeSet<String>>());
    count(&mut listener, &mut counts);
    let twice: Vec<_> = counts.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let called_back: BTreeSet<String> = counts.into_keys().collect();
    assert!(called_back.iter().all(|one| answered.contains(one) || unanswered.contains(one)));
    let open = answered.difference(&called_back).count();
    // Those without an answer may have been taken in all the same; they may be among the pending.
    let possible = open..=open + unanswered.len();
    assert!(possible.contains(&pending), "{pending} said to be pending, {possible:?} are");
}

/// A client that never ends its request takes the whole grace. Time goes on, but what becomes due
/// in it is not called back any more, and so it is pending.
#[tokio::test]
async fn what_is_pending_when_it_is_told_to_stop_stays_so_however_long_the_stop_takes() {
    let (serving, mut listener) =
        (serve(&["--settle-after", "1s"]), CallbackListener::start().await);
    let merchant = merchant_of(&serving).await;
    let mut unended = connect(&serving).await;
    let (head, _) = payment(&merchant, &new_reference(), None);
    send(&mut unended, head.as_bytes()).await;
    for _ in 0..3 {
        pay(&merchant, &listener).await;
    }
    let ending = tokio::task::spawn_blocking(|| serving.terminate());
    let ended = in_time("the end", ending).await.expect("an end");
    assert_eq!(ended.code, Some(0), "{:#?}", ended.stderr);
    let last = ended.stdout.last().expect("a last line");
    let expected = "stopped; 3 transactions were still pending; 1 request or callback was cut off";
    assert_eq!(last, expected);
    assert_eq!(listener.arrived().len(), 0);
}

#[tokio::test]
async fn what_was_killed_and_is_started_again_knows_nothing_and_calls_nobody_back_again() {
    let secret = ["--token-secret", "the same before and after"];
    let mut listener = CallbackListener::start().await;
    let before = serve(&secret);
    let merchant = merchant_of(&before).await;
    let settled = pay(&merchant, &listener).await;
    one_attempt(&record_once(&before, &settled, "answered").await);
    let pending = new_reference();
    let body = merchant.body("5", "46733123453");
    let url = format!("{}/{pending}", listener.url);
    let request = merchant.submission(merchant.path(), &pending, &body);
    assert_eq!(outcome(request.header("X-Callback-Url", url)).await.0, 202);
    let address = before.url.trim_start_matches("http://").to_owned();
    before.program.signal("KILL");
    assert_eq!(before.program.end().code, None, "it was killed");

    let after = serve(&[&["--listen", &address], &secret[..]].concat());
    let mut again = merchant_of(&after).await;
    again.token = merchant.token.clone();
    for reference in [&settled, &pending] {
        assert_eq!(
            status_code(&again, reference).await,
            404,
            "the token is good, the payment gone"
        );
    }
    assert_eq!(again.balance().await, "1000");
    let mut counts = BTreeMap::new();
    count(&mut listener, &mut counts);
    assert_eq!(counts, BTreeMap::from([(settled.clone(), 1)]), "of the life before");
    for reference in [&settled, &pending] {
        let url = format!("{}/{reference}", listener.url);
        assert_eq!(submit(&again, reference, &url).await, 202);
        one_attempt(&record_once(&after, reference, "answered").await);
    }
    assert_eq!(after.terminate().code, Some(0));
    count(&mut listener, &mut counts);
    assert_eq!(counts, BTreeMap::from([(settled, 2), (pending, 1)]), "once in each life");
}

#[tokio::test]
async fn a_second_start_at_the_same_address_is_refused_and_the_first_goes_on() {
    let serving = serve(&[]);
    let address = serving.url.trim_start_matches("http://");
    let second = crate::support::program::Program::start(&mut command(&["--listen", address]));
    let ended = second.end();
    assert_eq!(ended.code, Some(1), "{:?}", ended.stderr);
    let merchant = merchant_of(&serving).await;
    assert_eq!(merchant.balance().await, "1000");
}
