//! A merchant's listener: hyper alone, answering 200, on one port or on many.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::emulator::CALLBACK_HOST;

/// Which callbacks have come, by their numbers, and how often.
pub(crate) struct Arrivals {
    times: Mutex<Vec<u8>>,
    total: watch::Sender<u64>,
    on_arrival: Box<dyn Fn(u64) + Send + Sync>,
}

/// What is wrong with what has come.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Miscount {
    pub(crate) missing: usize,
    pub(crate) doubled: usize,
    pub(crate) unknown: usize,
}

impl Arrivals {
    /// How many have come.
    pub(crate) fn total(&self) -> u64 {
        *self.total.borrow()
    }

    /// Waits until so many have come; gives up once nothing more has come for that time.
    pub(crate) async fn wait_for(&self, count: u64, patience: Duration) {
        let mut total = self.total.subscribe();
        while *total.borrow_and_update() < count {
            if tokio::time::timeout(patience, total.changed()).await.is_err() {
                return;
            }
        }
    }

    /// What is wrong, where each of the first `count` numbers is to have come exactly once.
    pub(crate) fn miscount(&self, count: u64) -> Miscount {
        let times = self.times.lock();
        let count = usize::try_from(count).expect("a number of callbacks");
        let expected = &times[..count.min(times.len())];
        let of = |wanted: fn(&&u8) -> bool| expected.iter().filter(wanted).count();
        Miscount {
            missing: of(|times| **times == 0) + count.saturating_sub(times.len()),
            doubled: of(|times| **times > 1),
            unknown: times.iter().skip(count).filter(|times| **times > 0).count(),
        }
    }

    fn note(&self, number: u64) {
        let at = usize::try_from(number).expect("a number of a callback");
        let mut times = self.times.lock();
        if times.len() <= at {
            times.resize((at + 1).next_power_of_two(), 0);
        }
        times[at] = times[at].saturating_add(1);
        drop(times);
        (self.on_arrival)(number);
        self.total.send_modify(|total| *total += 1);
    }
}

/// Listens on so many ports, and calls `on_arrival` with each number that comes.
pub(crate) async fn listen(
    ports: usize,
    on_arrival: impl Fn(u64) + Send + Sync + 'static,
) -> (Vec<u16>, Arc<Arrivals>) {
    let arrivals = Arc::new(Arrivals {
        times: Mutex::default(),
        total: watch::Sender::default(),
        on_arrival: Box::new(on_arrival),
    });
    let mut open = Vec::new();
    for _ in 0..ports {
        let listener = TcpListener::bind((CALLBACK_HOST, 0)).await.expect("a free port");
        open.push(listener.local_addr().expect("an address").port());
        tokio::spawn(serve(listener, Arc::clone(&arrivals)));
    }
    (open, arrivals)
}

async fn serve(listener: TcpListener, arrivals: Arc<Arrivals>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let arrivals = Arc::clone(&arrivals);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &arrivals));
            let connection = hyper::server::conn::http1::Builder::new();
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    arrivals: &Arrivals,
) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let number = request.uri().path().trim_start_matches('/').parse();
    let body = request.into_body().collect().await?.to_bytes();
    assert!(body.starts_with(b"{"), "a callback has a status in it: {body:?}");
    arrivals.note(number.expect("the path of a callback is its number"));
    Ok(Response::new(Empty::new()))
}
