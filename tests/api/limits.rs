//! What happens beyond each limit of the table, over the socket: a clear answer or a clean end, its
//! counter in `/_sandbox/metrics`, and an emulator that is well afterwards.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use momo_sandbox::internals::callback::CallbackSettings;
use momo_sandbox::internals::certificates::Authority;
use momo_sandbox::internals::emulator::{Configuration, Emulator as Bound};
use momo_sandbox::internals::engine::Clock;
use momo_sandbox::internals::gateway::frontend_hosts;
use momo_sandbox::internals::server::HttpsFrontend;
use momo_sandbox_core::model::limits::{Limit, Limits, TABLE};
use momo_sandbox_core::scenario::read_scenario::read_scenario;
use prometheus_parse::{Scrape, Value};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::support::emulator::{Emulator, Options, PATIENCE};
use crate::support::http2;
use crate::support::listener::{Behaviour, CallbackListener};
use crate::support::merchant::{Merchant, PAYER, new_reference, outcome};

/// A time limit that a test can wait for.
const SHORT: Duration = Duration::from_millis(80);

/// Makes a test of each driver, and a list of what is driven.
macro_rules! driven {
    ($($test:ident: $limit:ident by $drive:ident;)*) => {
        $(#[tokio::test]
        async fn $test() {
            let beyond = Beyond::start(Limit::$limit, $drive).await;
            beyond.sees_it_counted_and_all_well().await;
        })*

        const DRIVEN: &[Limit] = &[$(Limit::$limit),*];
    };
}

driven! {
    a_connection_too_many_is_answered_503_and_closed: Connections by connections;
    a_head_that_is_too_large_is_answered_431: HeadBytes by head_bytes;
    a_body_that_is_too_large_is_answered_413: BodyBytes by body_bytes;
    a_head_that_does_not_end_is_answered_408_and_closed: HeadTime by head_time;
    a_body_that_does_not_end_is_answered_408_and_closed: BodyTime by body_time;
    an_idle_connection_is_cleanly_closed: IdleTime by idle_time;
    a_peer_that_does_not_read_its_answer_is_cut_off: AnswerTime by answer_time;
    an_api_user_too_many_is_answered_503: ApiUsers by api_users;
    the_oldest_settled_transaction_goes: Settled by settled;
    a_pending_transaction_too_many_is_answered_503: Pending by pending;
    the_oldest_journal_entry_goes: Journal by journal;
    the_oldest_goes_when_too_many_bytes_are_kept: KeptBytes by kept_bytes;
    the_oldest_recorded_request_goes: RecordedBytes by recorded_bytes;
    a_callback_too_many_waits_its_turn_and_arrives: CallbacksInFlight by callbacks_in_flight;
    a_control_client_too_many_is_answered_503: ControlClients by control_clients;
}

#[test]
fn what_happens_beyond_every_limit_of_the_table_is_driven() {
    let table: Vec<Limit> = TABLE.iter().map(|row| row.limit).collect();
    assert_eq!(DRIVEN, table, "give the new row a driver, in the order of the table");
}

/// An emulator with one small limit, which was gone beyond.
struct Beyond {
    limit: Limit,
    emulator: Emulator,
}

impl Beyond {
    async fn start<F: Future<Output = Emulator>>(limit: Limit, drive: fn() -> F) -> Self {
        let emulator = timeout(PATIENCE, drive()).await.expect("driven in time");
        Self { limit, emulator }
    }

    /// The counter of this limit has moved, that of no other has, and payments go on.
    async fn sees_it_counted_and_all_well(self) {
        let scrape = scrape(&self.emulator).await;
        for row in TABLE {
            let count = scrape.count("limit_reached_total", &[("limit", row.name)]);
            assert_eq!(count > 0.0, row.limit == self.limit, "{}: {count}", row.flag);
        }
        assert_eq!(self.emulator.control("health").await["status"], "ok");
        let path = format!("{}/collection/v1_0/account/balance", self.emulator.url);
        let answer = outcome(reqwest::Client::new().get(path)).await;
        assert_eq!(answer.0, 401, "the gateway answers: {answer:?}");
    }
}

async fn limited(change: impl FnOnce(&mut Limits)) -> Emulator {
    let mut limits = Limits::DEFAULT;
    change(&mut limits);
    Emulator::with(Options { limits, ..Options::default() }).await
}

async fn connect(emulator: &Emulator) -> TcpStream {
    let address = emulator.url.strip_prefix("http://").expect("an http URL");
    TcpStream::connect(address).await.expect("a connection")
}

/// Sends bytes and reads to the clean end of the connection.
async fn converse(emulator: &Emulator, bytes: &[u8]) -> String {
    let mut stream = connect(emulator).await;
    stream.write_all(bytes).await.expect("sent");
    rest_of(&mut stream).await
}

async fn rest_of(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("a clean end, not a reset");
    String::from_utf8_lossy(&answer).into_owned()
}

#[track_caller]
fn assert_refused(answer: &str, status: u16, words: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.to_lowercase().contains("connection: close"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["statusCode"], status);
    assert!(body["message"].as_str().is_some_and(|said| said.contains(words)), "{body}");
}

const HEALTH: &[u8] = b"GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Sends a request and reads the beginning of its answer: the connection has its place.
async fn take_place(emulator: &Emulator) -> TcpStream {
    let mut stream = connect(emulator).await;
    stream.write_all(HEALTH).await.expect("sent");
    let mut beginning = [0; 12];
    stream.read_exact(&mut beginning).await.expect("an answer");
    assert_eq!(&beginning, b"HTTP/1.1 200");
    stream
}

async fn connections() -> Emulator {
    let emulator = limited(|limits| limits.connections = 4).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(take_place(&emulator).await);
    }
    for _ in 0..3 {
        let answer = converse(&emulator, HEALTH).await;
        assert_refused(&answer, 503, "--connections-max");
    }
    drop(held);
    // A place is free again once the emulator has noticed; until then it is a 503 again.
    while !converse(&emulator, b"GET /_sandbox/health HTTP/1.0\r\n\r\n").await.contains("200 OK") {}
    while scrape(&emulator).await.count("connections_open", &[]) > 1.0 {}
    emulator
}

async fn head_bytes() -> Emulator {
    let emulator = limited(|limits| limits.head_bytes = 8192).await;
    let fits = format!("GET / HTTP/1.0\r\nX: {}\r\n\r\n", "a".repeat(8000));
    assert!(converse(&emulator, fits.as_bytes()).await.starts_with("HTTP/1.0 404"));
    let answer = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(9000));
    assert!(converse(&emulator, answer.as_bytes()).await.starts_with("HTTP/1.1 431"));
    emulator
}

async fn body_bytes() -> Emulator {
    let emulator = limited(|limits| limits.body_bytes = 100).await;
    let post = |length: usize| {
        let body = "a".repeat(length);
        format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}")
    };
    let fits = post(100).replace("Host: x", "Host: x\r\nConnection: close");
    assert!(converse(&emulator, fits.as_bytes()).await.starts_with("HTTP/1.1 404"));
    let answer = converse(&emulator, post(101).as_bytes()).await;
    assert_refused(&answer, 413, "larger than 100 bytes");
    emulator
}

async fn head_time() -> Emulator {
    let emulator = limited(|limits| limits.head_time = SHORT).await;
    let answer = converse(&emulator, b"GET / HTTP/1.1\r\nHost: ").await;
    assert_refused(&answer, 408, "did not arrive within 80ms");
    // The head of a later request has the same time.
    let mut stream = take_place(&emulator).await;
    stream.write_all(b"GET /").await.expect("sent");
    assert!(rest_of(&mut stream).await.contains("HTTP/1.1 408 "));
    emulator
}

async fn body_time() -> Emulator {
    let emulator = limited(|limits| limits.body_time = SHORT).await;
    for path in ["/v1_0/apiuser", "/_sandbox/reset"] {
        let begun = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: 9\r\n\r\n{{"
        );
        let answer = converse(&emulator, begun.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    }
    emulator
}

async fn idle_time() -> Emulator {
    let emulator = limited(|limits| limits.idle_time = SHORT).await;
    assert_eq!(rest_of(&mut connect(&emulator).await).await, "", "one that never says anything");
    let mut used = take_place(&emulator).await;
    assert!(rest_of(&mut used).await.contains("\"status\":\"ok\""), "one between two requests");
    // A stream that is silent is not idle: what becomes of a payment still comes.
    let mut stream = connect(&emulator).await;
    let open = "GET /_sandbox/journal/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(open.as_bytes()).await.expect("sent");
    let mut said = String::new();
    while said.matches("\n:\n").count() < 3 {
        let mut part = [0; 512];
        let length = stream.read(&mut part).await.expect("a part");
        assert!(length > 0, "the stream was closed: {said}");
        said.push_str(&String::from_utf8_lossy(&part[..length]));
    }
    emulator
}

/// Asks for large answers and reads none, until the emulator gives up.
async fn answer_time() -> Emulator {
    let emulator = limited(|limits| limits.answer_time = SHORT).await;
    let mut stream = connect(&emulator).await;
    let request = "GET /_sandbox/openapi/collection.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let sent = async { while stream.write_all(request.repeat(50).as_bytes()).await.is_ok() {} };
    sent.await;
    emulator
}

async fn api_users() -> Emulator {
    let emulator = limited(|limits| limits.api_users = 1).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let provision = |id: &str| {
        let request = reqwest::Client::new().post(format!("{}/v1_0/apiuser", emulator.url));
        let request = request.header("Ocp-Apim-Subscription-Key", "key");
        request.header("X-Reference-Id", id).json(&json!({"providerCallbackHost": "localhost"}))
    };
    assert_eq!(outcome(provision(&merchant.api_user)).await.0, 409, "a duplicate is told so first");
    let (status, body) = outcome(provision(&new_reference())).await;
    assert!(status == 503 && body.contains("SERVICE_UNAVAILABLE"), "{status} {body}");
    assert_eq!(emulator.control("health").await["api_users"], 1);
    emulator
}

async fn settled() -> Emulator {
    let emulator = limited(|limits| limits.settled = 2).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let first = merchant.submit(PAYER, None).await;
    for _ in 0..2 {
        merchant.submit(PAYER, None).await;
    }
    emulator.settle();
    let gone = merchant.call(reqwest::Method::GET, &format!("/v1_0/requesttopay/{first}"));
    assert_eq!(outcome(gone).await.0, 404);
    let before = scrape(&emulator).await.count("settled_evicted_total", &[]);
    assert!(before >= 1.0);
    assert_eq!(emulator.command("POST", "reset", json!({})).await.0, 200);
    let after = scrape(&emulator).await.count("settled_evicted_total", &[]);
    assert_eq!(after, before, "a counter does not go back");
    emulator
}

async fn pending() -> Emulator {
    let emulator = limited(|limits| limits.pending = 1).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, None).await;
    let another = || {
        let body = merchant.body("5", PAYER);
        outcome(merchant.submission(merchant.path(), &new_reference(), &body))
    };
    let (status, body) = another().await;
    assert!(status == 503 && body.contains("SERVICE_UNAVAILABLE"), "{status} {body}");
    emulator.settle();
    assert_eq!(another().await.0, 202);
    emulator
}

async fn journal() -> Emulator {
    let emulator = limited(|limits| limits.journal = 3).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    merchant.submit(PAYER, None).await;
    let entries = emulator.control("journal").await;
    assert_eq!(entries["entries"].as_array().map(Vec::len), Some(3));
    let before = scrape(&emulator).await.count("journal_evicted_total", &[]);
    assert_eq!(emulator.command("POST", "reset", json!({})).await.0, 200);
    assert_eq!(scrape(&emulator).await.count("journal_evicted_total", &[]), before);
    emulator
}

async fn recorded_bytes() -> Emulator {
    let emulator = limited(|limits| limits.recorded_bytes = 4000).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    for _ in 0..9 {
        merchant.submit(PAYER, None).await;
    }
    assert!(emulator.spaces().recorded().bytes() <= 4000);
    emulator
}

async fn kept_bytes() -> Emulator {
    let emulator = limited(|limits| limits.kept_bytes = 1024 * 1024).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let mut body = merchant.body("5", PAYER);
    body["externalId"] = json!("x".repeat(50_000));
    for _ in 0..30 {
        let reference = new_reference();
        let sent = merchant.submission(merchant.path(), &reference, &body);
        assert_eq!(outcome(sent).await.0, 202);
        emulator.settle();
    }
    let before = scrape(&emulator).await.count("settled_evicted_total", &[]);
    assert!(before >= 1.0, "{before}");
    assert_eq!(emulator.command("POST", "reset", json!({})).await.0, 200);
    assert_eq!(scrape(&emulator).await.count("settled_evicted_total", &[]), before);
    emulator
}

async fn callbacks_in_flight() -> Emulator {
    let limits = Limits { callbacks_in_flight: 1, ..Limits::DEFAULT };
    let clock = Clock::real();
    let callbacks = CallbackSettings::default();
    let emulator = Emulator::with(Options { limits, clock, callbacks, ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let silent = CallbackListener::that(Behaviour::Silence).await;
    let mut good = CallbackListener::start().await;
    merchant.submit(PAYER, Some(&silent.url)).await;
    merchant.submit(PAYER, Some(&good.url)).await;
    // The first holds the one place until it has timed out.
    let waited = good.next().await;
    assert!(waited.body.contains("SUCCESSFUL"), "{waited:?}");
    let timed_out = scrape(&emulator).await.count("callbacks_total", &[("result", "timed_out")]);
    assert_eq!(timed_out, 1.0, "they went out one after the other");
    emulator
}

async fn control_clients() -> Emulator {
    let emulator = limited(|limits| limits.control_clients = 1).await;
    let mut stream = connect(&emulator).await;
    let open = "GET /_sandbox/journal/stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(open.as_bytes()).await.expect("sent");
    let mut beginning = [0; 12];
    stream.read_exact(&mut beginning).await.expect("an answer");
    let path = format!("{}/_sandbox/spaces", emulator.url);
    let (status, body) = outcome(reqwest::Client::new().get(path)).await;
    assert!(status == 503 && body.contains("--control-clients-max"), "{status} {body}");
    assert_eq!(scrape(&emulator).await.count("control_clients", &[]), 1.0);
    emulator
}

/// An emulator with an HTTPS front: the address of both, and the root to trust.
pub(crate) async fn fronted(limits: Limits) -> (Running, SocketAddr, String) {
    let authority = Authority::new_root(Clock::real().now()).expect("a root");
    let root = authority.certificate_pem.clone();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let now = Clock::real().now();
    let front = HttpsFrontend::issued_by(&authority, listen, frontend_hosts(&[]), now);
    let front = Some(front.expect("a certificate"));
    let configuration = Configuration { limits, front, ..Configuration::default() };
    let sandbox = Bound::bind(configuration).await.expect("free ports");
    let (plain, secure) = (sandbox.address(), sandbox.front_address().expect("a front"));
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(sandbox.run(async {
        let _ = stopped.await;
    }));
    (Running { url: format!("http://{plain}"), plain, _stop: stop }, secure, root)
}

/// An emulator that stops when it is dropped.
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) plain: SocketAddr,
    _stop: oneshot::Sender<()>,
}

#[tokio::test]
async fn a_tls_connection_too_many_is_closed_before_its_handshake() {
    let (running, front, _) = fronted(Limits { connections: 1, ..Limits::DEFAULT }).await;
    let mut held = TcpStream::connect(running.plain).await.expect("a connection");
    held.write_all(HEALTH).await.expect("sent");
    held.read_exact(&mut [0; 12]).await.expect("an answer");
    let mut another = TcpStream::connect(front).await.expect("a connection");
    another.write_all(b"\x16\x03\x01").await.expect("the beginning of a handshake");
    let said = timeout(PATIENCE, rest_of(&mut another)).await.expect("an end in time");
    assert_eq!(said, "", "closed with nothing said");
    drop((held, running));
}

#[tokio::test]
async fn an_idle_http2_connection_and_a_handshake_that_does_not_end_are_closed() {
    let limits = Limits { idle_time: SHORT, head_time: SHORT, ..Limits::DEFAULT };
    let (running, front, root) = fronted(limits).await;
    let mut silent = TcpStream::connect(front).await.expect("a connection");
    assert_eq!(timeout(PATIENCE, rest_of(&mut silent)).await.expect("an end in time"), "");
    let mut stream = http2::connect(front, &root).await;
    // The preface and empty settings; then nothing.
    stream.write_all(&http2::preface(&[])).await.expect("sent");
    let mut farewell = Vec::new();
    // It ends a second after the farewell, which asks for a sign of life that does not come.
    let ended = timeout(PATIENCE, stream.read_to_end(&mut farewell)).await.expect("in time");
    let is_end = |error: std::io::Error| error.kind() == std::io::ErrorKind::UnexpectedEof;
    assert!(ended.is_ok() || ended.is_err_and(is_end), "an end, not a reset");
    let is_goaway = |frame: &[u8]| frame.len() >= 9 && frame[3] == 7;
    assert!(farewell.windows(9).any(is_goaway), "{farewell:?}");
    let metrics = scrape_at(&running.url).await;
    for name in ["idle_time", "head_time"] {
        assert_eq!(metrics.count("limit_reached_total", &[("limit", name)]), 1.0, "{name}");
    }
}

/// What a reset forgets is not sent afterwards: else what waits could outgrow what is held.
#[tokio::test]
async fn a_callback_that_waits_when_its_space_is_reset_is_never_sent() {
    let limits = Limits { callbacks_in_flight: 1, ..Limits::DEFAULT };
    let emulator =
        Emulator::with(Options { limits, clock: Clock::real(), ..Options::default() }).await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let silent = CallbackListener::that(Behaviour::Silence).await;
    let mut good = CallbackListener::start().await;
    merchant.submit(PAYER, Some(&silent.url)).await;
    merchant.submit(PAYER, Some(&format!("{}/forgotten", good.url))).await;
    let waiting = async {
        loop {
            let metrics = scrape(&emulator).await;
            let count = |name| metrics.count(name, &[]);
            if count("callbacks_in_flight") == 1.0 && count("callbacks_waiting") == 1.0 {
                return;
            }
        }
    };
    timeout(PATIENCE, waiting).await.expect("one is on its way, and one waits");
    assert_eq!(emulator.command("POST", "reset", json!({})).await.0, 200);
    merchant.submit(PAYER, Some(&format!("{}/new", good.url))).await;
    assert_eq!(good.next().await.path, "/new");
    assert_eq!(scrape(&emulator).await.count("callbacks_waiting", &[]), 0.0);
}

#[test]
fn what_a_scenario_repeats_is_bounded() {
    for (text, expected) in [
        ("[[rules]]\n[[rules.query]]\ntimes = 1001\ndelay = \"1s\"", "1 to 1000"),
        ("[[rules]]\n[rules.callback]\ntimes = 1001", "1 to 1000"),
        ("rate_limit = { requests = 100001, per = \"1h\" }", "1 to 100000"),
    ] {
        let problems = read_scenario("test.toml", text).expect_err(text);
        assert!(format!("{problems:?}").contains(expected), "{problems:?}");
    }
}

/// The first line about open files in the log of a program that the shell gives these limits.
fn said_of_open_files(soft: u32, hard: u32) -> String {
    let script = format!("ulimit -Sn {soft}; ulimit -Hn {hard}; exec \"$@\"");
    let program = env!("CARGO_BIN_EXE_momosandbox");
    let mut child = Command::new("bash")
        .args(["-c", &script, "bash", program, "serve", "--listen", "127.0.0.1:0"])
        .args(["--connections-max", "300", "--callbacks-in-flight-max", "20"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash runs");
    let mut line = String::new();
    BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut line).expect("a line");
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    line
}

#[test]
fn the_limit_of_open_files_is_raised_as_far_as_it_goes() {
    let raised = said_of_open_files(200, 1000);
    assert!(raised.contains("raised the limit of open files"), "{raised}");
    assert!(raised.contains("from=200") && raised.contains("to=468"), "{raised}");
    let short = said_of_open_files(200, 250);
    assert!(short.contains("WARN") && short.contains("250 open files"), "{short}");
    assert!(short.contains("468") && short.contains("--connections-max"), "{short}");
}

/// The metrics, read by a parser of their format.
pub(crate) struct Metrics(Scrape);

impl Metrics {
    /// The value of the one sample of that name and these labels.
    #[track_caller]
    pub(crate) fn count(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let name = format!("momo_sandbox_{name}");
        let fits = |sample: &&prometheus_parse::Sample| {
            let fits = |(label, said): &(&str, &str)| sample.labels.get(label) == Some(*said);
            sample.metric == name && labels.iter().all(fits)
        };
        let found: Vec<_> = self.0.samples.iter().filter(fits).collect();
        let [sample] = found[..] else { panic!("{} samples of {name} {labels:?}", found.len()) };
        match sample.value {
            Value::Counter(value) | Value::Gauge(value) => value,
            ref other => panic!("{name} is {other:?}"),
        }
    }
}

async fn scrape(emulator: &Emulator) -> Metrics {
    scrape_at(&emulator.url).await
}

pub(crate) async fn scrape_at(url: &str) -> Metrics {
    let answer = reqwest::get(format!("{url}/_sandbox/metrics")).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let text = answer.text().await.expect("a body");
    let lines = text.lines().map(|line| Ok(line.to_owned()));
    Metrics(Scrape::parse(lines).expect("the format of Prometheus"))
}

#[tokio::test]
async fn the_metrics_tell_what_was_asked_answered_refused_and_held() {
    let emulator = Emulator::start().await;
    let merchant = Merchant::of(&emulator, "collection").await;
    let listener = CallbackListener::start().await;
    let reference = merchant.submit(PAYER, Some(&listener.url)).await;
    merchant.submit(PAYER, None).await;
    let twice = merchant.submission(merchant.path(), &reference, &merchant.body("5", PAYER));
    assert_eq!(outcome(twice).await.0, 409);
    let nowhere = reqwest::get(format!("{}/nowhere", emulator.url)).await.expect("an answer");
    assert_eq!(nowhere.status(), 404);
    let metrics = scrape(&emulator).await;
    let requests = |operation, status| {
        metrics.count("requests_total", &[("operation", operation), ("status", status)])
    };
    assert_eq!((requests("RequesttoPay", "202"), requests("RequesttoPay", "409")), (2.0, 1.0));
    assert_eq!(requests("none", "404"), 1.0);
    let refusals = |name| metrics.count("refusals_total", &[("refusal", name)]);
    assert_eq!((refusals("duplicate"), refusals("no_such_path")), (1.0, 1.0));
    assert_eq!(refusals("limit_reached"), 0.0);
    let held = |name| metrics.count(name, &[]);
    assert_eq!((held("api_users"), held("transactions")), (1.0, 2.0));
    assert_eq!(held("transactions_pending"), 2.0);
    assert!(held("connections_open") >= 1.0 && held("connections_accepted_total") >= 2.0);
    assert!(held("start_time_seconds") > 1.7e9 && held("journal_entries") > 3.0);
    assert_eq!(metrics.count("build_info", &[("version", env!("CARGO_PKG_VERSION"))]), 1.0);
    emulator.settle();
    emulator.record_once_callback(&reference, &["answered"]).await;
    let metrics = scrape(&emulator).await;
    assert_eq!(metrics.count("callbacks_total", &[("result", "answered")]), 1.0);
    assert_eq!(metrics.count("callbacks_waiting", &[]), 0.0);
}

/// Each family once, with its help and type first; counters and nothing else end in `_total`.
#[tokio::test]
async fn every_metric_says_what_it_is() {
    let emulator = Emulator::start().await;
    let text = reqwest::get(format!("{}/_sandbox/metrics", emulator.url)).await.expect("answer");
    let text = text.text().await.expect("a body");
    let mut kinds = BTreeMap::new();
    let mut helped = None;
    for line in text.lines() {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), name) => helped = name,
            (Some("#"), Some("TYPE"), Some(name)) => {
                assert_eq!(helped, Some(name), "the help comes first");
                let kind = words.next().expect("a type");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert_eq!(kinds.insert(name, kind), None, "{name} comes twice");
            }
            (Some(sample), Some(value), None) => {
                let name = sample.split('{').next().expect("a name");
                assert!(kinds.contains_key(name) && helped == Some(name), "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
            }
            _ => panic!("{line}"),
        }
    }
    assert!(text.ends_with('\n') && kinds.len() > 15);
}
