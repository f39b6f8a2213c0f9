//! Requests over connections that are kept busy, the same for every server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::emulator::{API_KEY, CALLBACK_HOST, PAYMENT, USER, reference};
use super::figures::now;
use super::process::Process;

/// How many connections keep a server busy.
pub(crate) const CONNECTIONS: u32 = 32;

/// A server to send requests to.
pub(crate) struct Target {
    pub(crate) address: String,
    token: String,
}

impl Target {
    /// The emulator there, with a token of its API user.
    pub(crate) async fn emulator(address: &str) -> Arc<Self> {
        let answer = reqwest::Client::new()
            .post(format!("http://{address}/collection/token/"))
            .basic_auth(USER, Some(API_KEY))
            .header("Ocp-Apim-Subscription-Key", "any")
            .header("Content-Length", "0");
        let answer: serde_json::Value =
            answer.send().await.expect("an answer").json().await.expect("JSON");
        let token = answer["access_token"].as_str().expect("a token").to_owned();
        Arc::new(Self { address: address.to_owned(), token })
    }

    /// A server that does not look at the token, of which each request has one as long.
    pub(crate) fn bare(address: &str, like: &Self) -> Arc<Self> {
        let token = "x".repeat(like.token.len());
        Arc::new(Self { address: address.to_owned(), token })
    }

    fn head(&self, method: &str, path: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Ocp-Apim-Subscription-Key: any\r\nX-Target-Environment: sandbox\r\n",
            self.address, self.token
        )
    }

    /// POST requesttopay; where it has a port, the callback goes to `/{number}` there.
    pub(crate) fn post(&self, number: u64, callback_port: Option<u16>) -> String {
        let head = self.head("POST", "/collection/v1_0/requesttopay");
        let callback = callback_port.map_or(String::new(), |port| {
            format!("X-Callback-Url: http://{CALLBACK_HOST}:{port}/{number}\r\n")
        });
        let (reference, length) = (reference(number), PAYMENT.len());
        format!(
            "{head}{callback}X-Reference-Id: {reference}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{PAYMENT}"
        )
    }

    /// GET its status.
    pub(crate) fn get(&self, number: u64) -> String {
        let path = format!("/collection/v1_0/requesttopay/{}", reference(number));
        self.head("GET", &path) + "\r\n"
    }
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("no delay");
        Self { stream, buffer: vec![0; 8192] }
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    ///
    /// The answer, if it does not begin as it should, or why there is none.
    pub(crate) async fn exchange(&mut self, request: &str, begins: &str) -> Result<(), String> {
        let written = self.stream.write_all(request.as_bytes()).await;
        written.map_err(|error| error.to_string())?;
        let mut read = 0;
        loop {
            let more = self.stream.read(&mut self.buffer[read..]).await;
            let more = more.map_err(|error| error.to_string())?;
            if more == 0 {
                return Err("the server closed the connection, or its answer is too long".into());
            }
            read += more;
            let text = std::str::from_utf8(&self.buffer[..read]).expect("ASCII");
            if let Some(end) = text.find("\r\n\r\n")
                && read >= end + 4 + content_length(&text[..end])
            {
                let is_good = text.starts_with(begins);
                return if is_good { Ok(()) } else { Err(text.to_owned()) };
            }
        }
    }
}

fn content_length(head: &str) -> usize {
    let length = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())?
    });
    length.unwrap_or(0)
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Load {
    /// New payments, in the order of their numbers.
    Post,
    /// Statuses of the payments from `first` on, so many of them, in turn.
    Get { first: u64, known: u64 },
}

/// Keeps all connections busy for that time; returns how many requests were answered. The numbers
/// go on from `next`.
pub(crate) async fn drive(
    target: &Arc<Target>,
    load: Load,
    time: Duration,
    next: &Arc<AtomicU64>,
) -> u64 {
    let end = now() + time;
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let connection = Connection::open(&target.address).await;
        connections.spawn(keep_busy(connection, Arc::clone(target), load, end, Arc::clone(next)));
    }
    connections.join_all().await.into_iter().sum()
}

async fn keep_busy(
    mut connection: Connection,
    target: Arc<Target>,
    load: Load,
    end: Instant,
    next: Arc<AtomicU64>,
) -> u64 {
    let mut answered = 0;
    while now() < end {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (request, begins) = match load {
            Load::Post => (target.post(number, None), "HTTP/1.1 202"),
            Load::Get { first, known } => (target.get(first + number % known), "HTTP/1.1 200"),
        };
        let exchanged = connection.exchange(&request, begins).await;
        exchanged.unwrap_or_else(|why| panic!("{load:?}, number {number}: {why}"));
        answered += 1;
    }
    answered
}

/// Requests a second, and microseconds of CPU a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) rate: f64,
    pub(crate) cpu: f64,
}

/// Whether the load sleeps when it waits for an answer. A server pays for waking up a client that
/// sleeps, up to a microsecond an answer, and one that leaves its client no time to sleep does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    /// It never sleeps, so that two servers of different speed can be compared.
    StaysAwake,
    /// It sleeps as any client does.
    Sleeps,
}

/// Keeps this thread from sleeping until it is aborted.
async fn stay_awake() {
    loop {
        tokio::task::yield_now().await;
    }
}

/// How two servers are measured, the same for both.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measuring {
    pub(crate) client: Client,
    pub(crate) time: Duration,
}

impl Measuring {
    /// Drives for that time, and measures what its process does for it.
    pub(crate) async fn measure(
        self,
        process: &Process,
        target: &Arc<Target>,
        load: Load,
        next: &Arc<AtomicU64>,
    ) -> Measured {
        let Self { client, time } = self;
        let awake = (client == Client::StaysAwake).then(|| tokio::spawn(stay_awake()));
        drive(target, load, time / 4, next).await;
        let (began, cpu) = (now(), process.cpu());
        let answered = drive(target, load, time, next).await as f64;
        let (took, cpu) = (began.elapsed().as_secs_f64(), process.cpu() - cpu);
        if let Some(awake) = awake {
            awake.abort();
        }
        Measured { rate: answered / took, cpu: cpu / answered }
    }
}
