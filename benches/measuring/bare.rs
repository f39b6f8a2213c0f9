//! What the emulator is compared with: hyper alone, as a server and as a client.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, USER_AGENT,
};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use momo_sandbox::internals::limits::callback::IDLE_MAX as CALLBACK_IDLE_MAX;
use momo_sandbox_core::model::limits::Limits;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::emulator::{CALLBACK_HOST, STATUS};
use super::process::told;

/// Is a server that reads the body and answers a fixed one: empty to a POST, a status to a GET.
pub(crate) async fn serve() {
    let listener = TcpListener::bind((CALLBACK_HOST, 0)).await.expect("a free port");
    println!("{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let connection = hyper::server::conn::http1::Builder::new();
                let _ = connection.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
            });
        }
    });
    while told().recv().await.is_some() {}
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let is_post = request.method() == http::Method::POST;
    let body = request.into_body().collect().await?.to_bytes();
    let answer = if is_post { Bytes::new() } else { Bytes::from_static(STATUS.as_bytes()) };
    let mut response = Response::new(Full::new(answer));
    if is_post {
        assert!(!body.is_empty(), "the body was read");
        *response.status_mut() = StatusCode::ACCEPTED;
    } else {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
    }
    Ok(response)
}

/// Is a client: told `post COUNT PORT…`, it posts as many statuses as the emulator would, as many
/// at a time, with the same headers.
pub(crate) async fn send() {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(CALLBACK_IDLE_MAX)
        .build(connector);
    let mut told = told();
    while let Some(line) = told.recv().await {
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some("post"), "`{line}`");
        let numbers: Vec<usize> = words.map(|word| word.parse().expect("a number")).collect();
        let (count, ports) = (numbers[0], &numbers[1..]);
        let places = Arc::new(Semaphore::new(Limits::DEFAULT.callbacks_in_flight));
        let mut sending = tokio::task::JoinSet::new();
        for number in 0..count {
            let place = Arc::clone(&places).acquire_owned().await.expect("it is never closed");
            let url = format!("http://{CALLBACK_HOST}:{}/{number}", ports[number % ports.len()]);
            let client = client.clone();
            sending.spawn(async move {
                post(&client, &url).await;
                drop(place);
            });
        }
        sending.join_all().await;
        println!("done");
    }
}

async fn post(client: &Client<HttpConnector, Full<Bytes>>, url: &str) {
    let request = Request::post(url)
        .header(USER_AGENT, "LWAC Http Client 1.0")
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header(CONTENT_LENGTH, STATUS.len())
        .header(ACCEPT_ENCODING, "gzip")
        .header(CONNECTION, "keep-alive")
        .body(Full::new(Bytes::from_static(STATUS.as_bytes())))
        .expect("a good request");
    let response = client.request(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body().collect().await.expect("its end");
}
