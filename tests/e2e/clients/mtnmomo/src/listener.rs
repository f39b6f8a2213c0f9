//! The merchant's side of a callback: a listener on 127.0.0.1 that keeps what arrives.

use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::checks::{equal, wrong};

const PATIENCE: Duration = Duration::from_secs(20);

/// A callback that arrived.
#[derive(Clone, Debug)]
struct Callback {
    method: String,
    path: String,
    body: String,
}

pub struct Listener {
    base: String,
    arrived: watch::Receiver<Vec<Callback>>,
    awaited: Mutex<Vec<String>>,
}

impl Listener {
    pub async fn start() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", socket.local_addr().expect("an address"));
        let (sender, arrived) = watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                if let Some(callback) = receive(stream).await {
                    sender.send_modify(|all| all.push(callback));
                }
            }
        });
        Self { base, arrived, awaited: Mutex::default() }
    }

    /// A callback URL; the client appends a path of its own to it.
    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    /// The body of the callback to this path, waited for; it must have come by this method.
    pub async fn body(&self, method: &str, path: &str) -> String {
        let mut arrived = self.arrived.clone();
        let is_it = |callback: &&Callback| callback.path == path;
        let wait = arrived.wait_for(|all| all.iter().any(|callback| is_it(&callback)));
        let Ok(Ok(all)) = tokio::time::timeout(PATIENCE, wait).await else {
            wrong(format!("no callback to {path}"))
        };
        let callback = all.iter().find(is_it).expect("one was waited for");
        equal(&format!("method of the callback to {path}"), callback.method.as_str(), method);
        self.awaited.lock().expect("one at a time").push(path.to_owned());
        callback.body.clone()
    }

    /// Each callback that was waited for came once, and no other came.
    pub fn check_nothing_else_came(&self) {
        let all = self.arrived.borrow();
        let mut arrived: Vec<_> = all.iter().map(|callback| callback.path.clone()).collect();
        let mut awaited = self.awaited.lock().expect("one at a time").clone();
        arrived.sort();
        awaited.sort();
        equal("callbacks that came, and those that were to come", arrived, awaited);
    }
}

/// Reads one request, answers 200 and closes.
async fn receive(stream: TcpStream) -> Option<Callback> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    stream.write_all(answer).await.ok()?;
    Some(Callback { method, path, body: String::from_utf8(body).ok()? })
}
