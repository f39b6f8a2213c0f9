//! POST requesttopay and GET status against a bare hyper server that reads the body and answers a
//! fixed one: each server is a process of its own with one thread, the load comes from another.
//!
//! `cargo bench --bench gateway` prints requests a second, CPU time a request, and their ratios.
//! `cargo bench --bench gateway -- --held 1000000` holds so many transactions meanwhile.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use momo_sandbox::model::api_user::ApiUser;
use momo_sandbox::model::callback_url::ProviderCallbackHost;
use momo_sandbox::model::product::Product;
use momo_sandbox::model::reference::ApiUserId;
use momo_sandbox::platform::Limits;
use momo_sandbox::sandbox::{Configuration, Sandbox};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

const CONNECTIONS: u32 = 32;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(500);
const USER: &str = "7d3a4c1e-52b8-4f0a-9e6d-0c1b2a394857";
const API_KEY: &str = "key";
const PAYMENT: &str = r#"{"amount":"12.50","currency":"EUR","externalId":"order-1","payer":{"partyIdType":"MSISDN","partyId":"46733123999"},"payerMessage":"thank you","payeeNote":"order 1"}"#;

/// What the bare server answers to a GET: as long as the emulator's status.
const STATUS: &str = r#"{"financialTransactionId":"6571124550","externalId":"order-1","amount":"12.5","currency":"EUR","payer":{"partyIdType":"MSISDN","partyId":"46733123999"},"payerMessage":"thank you","payeeNote":"order 1","status":"SUCCESSFUL"}"#;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    match after("--serve") {
        Some(what) => single_threaded().block_on(serve(&what)),
        None => {
            let held = after("--held").map_or(0, |text| text.parse().expect("a number"));
            single_threaded().block_on(measure(held));
        }
    }
}

fn single_threaded() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// One of the two servers; it prints its address, and ends with its standard input.
async fn serve(what: &str) {
    let ended = tokio::task::spawn_blocking(|| {
        let _ = std::io::stdin().read_line(&mut String::new());
    });
    if what == "bare" {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("{}", listener.local_addr().expect("an address"));
        tokio::spawn(serve_bare(listener));
        let _ = ended.await;
        return;
    }
    let api_user = ApiUser {
        id: ApiUserId(USER.parse::<Uuid>().expect("a UUID")),
        provider_callback_host: ProviderCallbackHost::parse("localhost").expect("a host"),
        products: Product::ALL.into(),
    };
    let settled = 4_000_000;
    let momo = Sandbox::start_with(Configuration {
        api_users: vec![(api_user, API_KEY.to_owned())],
        limits: Limits { settled, ..Limits::default() },
        ..Configuration::default()
    });
    let momo = momo.await.expect("a free port");
    println!("{}", momo.url().trim_start_matches("http://"));
    let _ = ended.await;
}

async fn serve_bare(listener: TcpListener) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        tokio::spawn(async move {
            let service = service_fn(answer_bare);
            let connection = hyper::server::conn::http1::Builder::new();
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer_bare(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let is_post = request.method() == http::Method::POST;
    let body = request.into_body().collect().await?.to_bytes();
    let answer = if is_post { Bytes::new() } else { Bytes::from_static(STATUS.as_bytes()) };
    let mut response = Response::new(Full::new(answer));
    if is_post {
        assert!(!body.is_empty(), "the body was read");
        *response.status_mut() = http::StatusCode::ACCEPTED;
    } else {
        let json = http::HeaderValue::from_static("application/json");
        response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    }
    Ok(response)
}

/// A server in a process of its own.
struct Server {
    child: Child,
    address: String,
    token: String,
}

impl Server {
    async fn start(what: &str) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .args(["--serve", what])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut address).expect("a line");
        let address = address.trim().to_owned();
        let token = if what == "bare" { "x".repeat(200) } else { token(&address).await };
        Self { child, address, token }
    }

    /// Milliseconds that its process has had of a processor.
    fn cpu(&self) -> u64 {
        let path = format!("/proc/{}/schedstat", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let nanoseconds = text.split(' ').next().and_then(|first| first.parse::<u64>().ok());
        nanoseconds.unwrap_or_default() / 1_000
    }

    /// KiB of its memory that are resident.
    fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or_default()
    }

    fn head(&self, method: &str, path: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Ocp-Apim-Subscription-Key: any\r\nX-Target-Environment: sandbox\r\n",
            self.address, self.token
        )
    }

    fn post(&self, reference: &str) -> String {
        let head = self.head("POST", "/collection/v1_0/requesttopay");
        let length = PAYMENT.len();
        format!(
            "{head}X-Reference-Id: {reference}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{PAYMENT}"
        )
    }

    fn get(&self, reference: &str) -> String {
        self.head("GET", &format!("/collection/v1_0/requesttopay/{reference}")) + "\r\n"
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn token(address: &str) -> String {
    let answer = reqwest::Client::new()
        .post(format!("http://{address}/collection/token/"))
        .basic_auth(USER, Some(API_KEY))
        .header("Ocp-Apim-Subscription-Key", "any")
        .header("Content-Length", "0");
    let answer: serde_json::Value =
        answer.send().await.expect("an answer").json().await.expect("JSON");
    answer["access_token"].as_str().expect("a token").to_owned()
}

/// The reference with this number: a UUID of version 4.
fn reference(number: u64) -> String {
    let high = number >> 32;
    let low = number & 0xffff_ffff;
    format!("{low:08x}-{:04x}-4000-8000-{:012x}", high & 0xffff, 0x1234_u32)
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Load {
    Post,
    Get,
}

/// Keeps all connections busy for so long, or for so many requests; how many were answered. The
/// numbers of references go on from `next`.
async fn drive(server: &Server, load: Load, until: Until, next: &mut u64, known: u64) -> u64 {
    let from = *next;
    let requests = (0..CONNECTIONS).map(|connection| {
        let mut number = from + u64::from(connection);
        let mut left = match until {
            Until::Over(_) => u64::MAX,
            Until::Count(count) => count / u64::from(CONNECTIONS),
        };
        async move {
            let mut stream = TcpStream::connect(&server.address).await.expect("it listens");
            stream.set_nodelay(true).expect("no delay");
            let (began, mut answered) = (now(), 0_u64);
            let mut buffer = vec![0; 4096];
            let is_over = |left| match until {
                Until::Over(time) => began.elapsed() >= time,
                Until::Count(_) => left == 0,
            };
            while !is_over(left) {
                let (request, expected) = match load {
                    Load::Post => (server.post(&reference(number)), "HTTP/1.1 202"),
                    Load::Get => (server.get(&reference(number % known)), "HTTP/1.1 200"),
                };
                stream.write_all(request.as_bytes()).await.expect("it is there");
                read_answer(&mut stream, &mut buffer, expected).await;
                number += u64::from(CONNECTIONS);
                answered += 1;
                left -= 1;
            }
            (answered, number)
        }
    });
    let tasks = futures_of(requests).await;
    *next = tasks.iter().map(|(_, number)| *number).max().unwrap_or(from) + 1;
    tasks.iter().map(|(answered, _)| answered).sum()
}

#[derive(Debug, Clone, Copy)]
enum Until {
    Over(Duration),
    Count(u64),
}

#[expect(clippy::disallowed_methods, reason = "what is measured is the machine's time")]
fn now() -> Instant {
    Instant::now()
}

/// All of them at once, in this thread.
async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut pinned: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, output) in &mut pinned {
            if output.is_none()
                && let std::task::Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        match pinned.iter().all(|(_, output)| output.is_some()) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
    pinned.into_iter().filter_map(|(_, output)| output).collect()
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8], expected: &str) {
    let mut read = 0;
    loop {
        let more = stream.read(&mut buffer[read..]).await.expect("an answer");
        assert!(more > 0, "the server closed the connection");
        read += more;
        let text = std::str::from_utf8(&buffer[..read]).expect("ASCII");
        let Some(end) = text.find("\r\n\r\n") else { continue };
        assert!(text.starts_with(expected), "{text}");
        let length = text.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())?
        });
        if read >= end + 4 + length.unwrap_or(0_usize) {
            return;
        }
    }
}

/// Requests a second, and microseconds of CPU a request.
#[derive(Debug, Clone, Copy)]
struct Measured {
    rate: f64,
    cpu: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of some seconds")]
async fn round(server: &Server, load: Load, next: &mut u64, known: u64) -> Measured {
    drive(server, load, Until::Over(WARM_UP), next, known).await;
    let (began, cpu) = (now(), server.cpu());
    let answered = drive(server, load, Until::Over(ROUND), next, known).await as f64;
    Measured {
        rate: answered / began.elapsed().as_secs_f64(),
        cpu: (server.cpu() - cpu) as f64 / answered,
    }
}

fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[0], values[values.len() - 1]);
    format!("{:.2} ({low:.2} to {high:.2})", values[values.len() / 2])
}

async fn measure(held: u64) {
    let (bare, momo) = (Server::start("bare").await, Server::start("momo").await);
    let before = momo.resident();
    // Some that every GET can be about.
    let known = held.max(10_000);
    let mut next = 0;
    drive(&momo, Load::Post, Until::Count(known + u64::from(CONNECTIONS)), &mut next, known).await;
    let used = (momo.resident() - before) * 1024;
    println!("{CONNECTIONS} connections, {ROUNDS} rounds of {ROUND:?}, {known} transactions held");
    println!("memory: {} bytes a transaction ({} MiB resident)", used / known, used >> 20);
    for (name, load) in [("POST requesttopay", Load::Post), ("GET status", Load::Get)] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for number in 1..=ROUNDS {
            theirs.push(round(&bare, load, &mut 0, known).await);
            ours.push(round(&momo, load, &mut next, known).await);
            eprint!("\r{name}: round {number} of {ROUNDS}");
            let _ = std::io::stderr().flush();
        }
        eprintln!();
        let each = |part: fn(&Measured) -> f64, of: &[Measured]| of.iter().map(part).collect();
        let pairs = || ours.iter().zip(&theirs);
        println!("{name}");
        println!("  momo-sandbox  {} requests/s", spread(each(|one| one.rate, &ours)));
        println!("  bare hyper    {} requests/s", spread(each(|one| one.rate, &theirs)));
        println!("  momo-sandbox  {} us of CPU a request", spread(each(|one| one.cpu, &ours)));
        println!("  bare hyper    {} us of CPU a request", spread(each(|one| one.cpu, &theirs)));
        let rates = pairs().map(|(our, their)| our.rate / their.rate).collect();
        println!("  throughput    {} of the bare server's", spread(rates));
        let costs = pairs().map(|(our, their)| their.cpu / our.cpu).collect();
        println!("  by CPU        {} of the bare server's", spread(costs));
    }
}
