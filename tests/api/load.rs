//! Many payments at once: every POST answered, every reference called back exactly once.

use std::collections::BTreeMap;
use std::sync::Arc;

use momo_sandbox::internals::engine::Clock;

use crate::support::emulator::{Emulator, Options};
use crate::support::listener::CallbackListener;
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

const PAYMENTS: usize = 20_000;
const CONNECTIONS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_one_of_20000_payments_from_64_connections_is_called_back_exactly_once() {
    let emulator = Emulator::with(Options { clock: Clock::real(), ..Options::default() }).await;
    let merchant = Arc::new(Merchant::of(&emulator, "collection").await);
    let mut listener = CallbackListener::start().await;
    let base = Arc::new(listener.url.clone());

    let mut sending = tokio::task::JoinSet::new();
    for connection in 0..CONNECTIONS {
        let (merchant, base) = (Arc::clone(&merchant), Arc::clone(&base));
        sending.spawn(async move {
            let mut references = Vec::new();
            for _ in (connection..PAYMENTS).step_by(CONNECTIONS) {
                let reference = new_reference();
                let body = merchant.body("5", PAYER);
                let request = merchant
                    .submission(merchant.path(), &reference, &body)
                    .header("X-Callback-Url", format!("{base}/{reference}"));
                assert_eq!(outcome(request).await, (202, String::new()));
                references.push(reference);
            }
            references
        });
    }
    let references: Vec<String> = sending.join_all().await.into_iter().flatten().collect();
    assert_eq!(references.len(), PAYMENTS);

    let mut bodies = BTreeMap::new();
    while bodies.len() < PAYMENTS {
        let callback = listener.next().await;
        let reference = callback.path.trim_start_matches('/').to_owned();
        let twice = bodies.insert(reference, callback.body);
        assert_eq!(twice, None, "{} came twice", callback.path);
    }
    for reference in &references {
        let path = format!("{}/{reference}", merchant.path());
        let (status, body) = outcome(merchant.call(reqwest::Method::GET, &path)).await;
        let called = body.replace(r#""payerMessage":"for the goods","#, "");
        assert_eq!((status, Some(&called)), (200, bodies.get(reference)), "{reference}");
    }
    // Once all answers are recorded no attempt is left that could bring a second one.
    let list = emulator.control("transactions").await;
    let list = list["transactions"].as_array().expect("a list");
    assert_eq!(list.len(), PAYMENTS);
    for one in list.iter().filter(|one| one["callback"] != "answered") {
        let reference = one["reference_id"].as_str().expect("text");
        emulator.record_once_callback(reference, &["answered"]).await;
    }
    assert_eq!(listener.arrived().len(), 0);
}
