//! How long a connection to a listener is kept for the next callback.

use std::time::Duration;

use momo_sandbox::internals::callback::CallbackSettings;
use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::limits::callback::IDLE_MAX as CALLBACK_IDLE_MAX;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::support::emulator::{Emulator, Options, PATIENCE};
use crate::support::merchant::{Merchant, PAYER};

/// How much later than at its limit an idle connection may be closed: idle ones are looked for as
/// often as the limit says, and machines are busy.
const LATER_MAX: Duration = Duration::from_secs(2);

/// Reads one callback, whose body ends with its object.
async fn read_callback(stream: &mut TcpStream) {
    let mut read = Vec::new();
    while !read.ends_with(b"}") {
        assert_ne!(stream.read_buf(&mut read).await.expect("a callback"), 0, "it is cut off");
    }
}

/// A listener keeps its connection open for ever: it is for the emulator to close it.
#[tokio::test]
async fn an_idle_connection_to_a_listener_is_closed_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/paid", listener.local_addr().expect("an address"));
    let (clock, callbacks) = (Clock::real(), CallbackSettings::default());
    let emulator = Emulator::with(Options { clock, callbacks, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, Some(&url)).await;
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.expect("soon").expect("one");
    timeout(PATIENCE, read_callback(&mut stream)).await.expect("a whole callback");
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.expect("answered");
    let idle_since = Clock::real().now();
    let mut nothing = [0];
    let end = timeout(PATIENCE, stream.read(&mut nothing)).await.expect("it is closed");
    assert_eq!(end.expect("a clean end"), 0);
    let idle_for = Clock::real().now().since(idle_since);
    assert!(idle_for <= CALLBACK_IDLE_MAX * 2 + LATER_MAX, "{idle_for:?}");
}
