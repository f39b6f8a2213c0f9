//! The client's own callback server: it takes POST and PUT alike, and hands on what it can read.

use std::pin::pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use mtnmomo::{
    CallbackResponse, CallbackServerConfig, MomoCollection, MomoDisbursements, MomoUpdates,
    start_callback_server,
};
use tokio::net::{TcpListener, TcpStream};

use crate::checks::{answered, equal, wrong};
use crate::{ORDINARY, payout, request};

const PATIENCE: Duration = Duration::from_secs(20);
const CONNECT_INTERVAL: Duration = Duration::from_millis(10);

pub async fn all(collection: &MomoCollection, disbursement: &MomoDisbursements) {
    let port = free_port().await;
    let config = CallbackServerConfig { http_port: port, host: "127.0.0.1".to_owned() };
    let updates = answered("callback server", start_callback_server(config).await);
    let mut updates = pin!(updates);
    listening(port).await;
    let url = format!("http://127.0.0.1:{port}");

    let outcome = collection.request_to_pay(request(ORDINARY, "1"), Some(&url)).await;
    let reference = answered("request to pay", outcome).as_string();
    match next(&mut updates).await {
        CallbackResponse::RequestToPaySuccess { external_id, .. } => {
            equal("server: request to pay (POST)", external_id, reference);
        }
        other => wrong(format!("server: request to pay: got {other:?}")),
    }
    let outcome = disbursement.deposit_v2(payout(ORDINARY, "1"), Some(&url)).await;
    let reference = answered("deposit", outcome).as_string();
    match next(&mut updates).await {
        CallbackResponse::TransactionSuccess { external_id, .. } => {
            equal("server: deposit (PUT)", external_id, reference);
        }
        other => wrong(format!("server: deposit: got {other:?}")),
    }
}

/// A port that was free a moment ago: the server does not tell which one it took.
async fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    socket.local_addr().expect("an address").port()
}

/// Waits for the server, which binds its port some time after it says that it has started.
async fn listening(port: u16) {
    let connected = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(CONNECT_INTERVAL).await;
        }
    };
    if tokio::time::timeout(PATIENCE, connected).await.is_err() {
        wrong(format!("the client's callback server does not listen on port {port}"));
    }
}

async fn next(updates: &mut (impl Stream<Item = MomoUpdates> + Unpin)) -> CallbackResponse {
    match tokio::time::timeout(PATIENCE, updates.next()).await {
        Ok(Some(update)) => update.response,
        other => wrong(format!("the client's callback server got {other:?}")),
    }
}
