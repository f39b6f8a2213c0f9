//! Listeners of many kinds, by what each does with its connections, on bare sockets.
//! `benches/listeners.rs` reads this file too.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a listener does with a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Manner {
    /// Keeps it.
    Keeps,
    /// Takes one connection at a time, for a millisecond, from a queue of five.
    OneByOne,
    /// Says this header, and closes after the answer.
    SaysAndCloses(&'static str),
    /// Answers as HTTP/1.0, and closes.
    Http10,
    /// Closes so long after each answer, without saying so.
    ClosesAfter(Duration),
    /// Closes up to 10 ms after each answer, now sooner, now later.
    ClosesSometime,
    /// Resets it after the answer.
    Resets,
    /// Closes it once it was idle for so long.
    IdlesFor(Duration),
    /// Closes it after so many answers, without saying so.
    ClosesEvery(u32),
    /// Closes it when the next request has come, without reading it.
    ClosesAtTheNext,
    /// Is replaced by its next instance again and again: answers what comes on new connections,
    /// closes those that are idle.
    Rolls,
    /// Answers at once when it is connected to, and then reads the request.
    SpeaksFirst,
    /// Says after so long without a request that it waited too long, and closes.
    SaysTimedOut(Duration),
    /// Says something more behind each answer.
    SpeaksBehind,
    /// Answers without a length, and closes at the end.
    UntilTheEnd,
    /// Closes its half after the answer, and goes on to read.
    HalfCloses,
    /// Reads the request, and resets.
    ResetsUnanswered,
    /// Reads the request, and closes.
    ClosesUnanswered,
    /// Reads the request, and is silent.
    Silent,
    /// Resets the connection before it reads anything.
    ResetsUnread,
}

const MS: Duration = Duration::from_millis(1);

/// How often the next instance of a rolling restart takes over, where nobody connects meanwhile.
const RESTARTS_EVERY: Duration = Duration::from_millis(3);

/// The kinds that can be reached, by name.
pub const REACHABLE: [(&str, Manner); 19] = [
    ("keeps its connections", Manner::Keeps),
    ("queue of five, one by one", Manner::OneByOne),
    ("says that it closes", Manner::SaysAndCloses("Connection: close")),
    ("speaks HTTP/1.0", Manner::Http10),
    ("closes after answering", Manner::ClosesAfter(Duration::ZERO)),
    ("resets after the answer", Manner::Resets),
    ("closes 0.2 ms later", Manner::ClosesAfter(Duration::from_micros(200))),
    ("closes 1 ms later", Manner::ClosesAfter(MS)),
    ("closes 5 ms later", Manner::ClosesAfter(Duration::from_millis(5))),
    ("closes 0 to 10 ms later", Manner::ClosesSometime),
    ("idle time-out of 20 ms", Manner::IdlesFor(Duration::from_millis(20))),
    ("idle time-out of 100 ms", Manner::IdlesFor(Duration::from_millis(100))),
    ("every tenth answer closes", Manner::ClosesEvery(10)),
    ("closes at the next request", Manner::ClosesAtTheNext),
    ("rolling restart", Manner::Rolls),
    ("speaks before it is asked", Manner::SpeaksFirst),
    ("says 408 after 5 ms", Manner::SaysTimedOut(Duration::from_millis(5))),
    ("answers without a length", Manner::UntilTheEnd),
    ("closes its half", Manner::HalfCloses),
];

/// Those that cannot.
pub const UNREACHABLE: [(&str, Manner); 4] = [
    ("resets before it reads", Manner::ResetsUnread),
    ("resets without an answer", Manner::ResetsUnanswered),
    ("closes without an answer", Manner::ClosesUnanswered),
    ("never answers", Manner::Silent),
];

/// How often each path came.
#[derive(Debug, Default)]
pub struct Arrived {
    times: Mutex<BTreeMap<String, usize>>,
    total: watch::Sender<usize>,
}

impl Arrived {
    fn note(&self, path: &str) {
        *self.times.lock().expect("no panic").entry(path.to_owned()).or_default() += 1;
        self.total.send_modify(|total| *total += 1);
    }

    /// How often each path came, without its slash.
    pub fn times(&self) -> BTreeMap<String, usize> {
        self.times.lock().expect("no panic").clone()
    }

    /// Waits until so many came in all; `false` where nothing more comes for that time.
    pub async fn reaches(&self, count: usize, patience: Duration) -> bool {
        let mut total = self.total.subscribe();
        while *total.borrow_and_update() < count {
            if tokio::time::timeout(patience, total.changed()).await.is_err() {
                return false;
            }
        }
        true
    }
}

/// A listener on a free port.
pub struct KindOfListener {
    pub address: SocketAddr,
    pub arrived: Arc<Arrived>,
    serving: JoinHandle<()>,
}

impl KindOfListener {
    pub async fn start(manner: Manner) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let queue = if manner == Manner::OneByOne { 5 } else { 1024 };
        let listener = socket.listen(queue).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let arrived = Arc::new(Arrived::default());
        let shared = Arc::clone(&arrived);
        let serving = tokio::spawn(async move {
            let instance = watch::Sender::new(0_u32);
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = tokio::time::sleep(RESTARTS_EVERY) => {
                        instance.send_modify(|number| *number += 1);
                        continue;
                    }
                };
                let Ok((stream, _)) = accepted else { return };
                let arrived = Arc::clone(&shared);
                let peer = Peer { stream, arrived, instance: instance.subscribe(), answers: 0 };
                match manner {
                    Manner::OneByOne => peer.converse(manner).await,
                    _ => drop(tokio::spawn(peer.converse(manner))),
                }
            }
        });
        Self { address, arrived, serving }
    }
}

impl Drop for KindOfListener {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A connection, as its listener has it.
struct Peer {
    stream: TcpStream,
    arrived: Arc<Arrived>,
    instance: watch::Receiver<u32>,
    answers: u32,
}

const OK: &str = "HTTP/1.1 200 OK";

impl Peer {
    async fn converse(mut self, manner: Manner) {
        let _ = self.stream.set_nodelay(true);
        match manner {
            Manner::ResetsUnread => return self.reset(),
            Manner::SpeaksFirst => {
                self.answer(OK, "").await;
                let _ = self.hear(manner).await;
                return;
            }
            _ => {}
        }
        while let Some(number) = self.hear(manner).await {
            self.answers += 1;
            if !self.react(manner, number).await {
                return;
            }
        }
    }

    /// Waits for a request and reads it. Returns what stands at its path as a number, if it does;
    /// nothing once there is no request to come.
    async fn hear(&mut self, manner: Manner) -> Option<u64> {
        let is_idle = self.answers > 0;
        let mut first = [0; 1];
        match manner {
            Manner::IdlesFor(time) | Manner::SaysTimedOut(time) if is_idle => {
                let came = tokio::time::timeout(time, self.stream.peek(&mut first)).await;
                if came.is_err() {
                    if let Manner::SaysTimedOut(_) = manner {
                        self.answer("HTTP/1.1 408 Request Timeout", "Connection: close\r\n").await;
                    }
                    return None;
                }
            }
            Manner::Rolls if is_idle => {
                tokio::select! {
                    biased;
                    _ = self.instance.changed() => return None,
                    _ = self.stream.peek(&mut first) => {}
                }
            }
            Manner::ClosesAtTheNext if is_idle => {
                let _ = self.stream.peek(&mut first).await;
                return None;
            }
            _ => {}
        }
        let path = self.read().await?;
        self.arrived.note(&path);
        Some(path.bytes().fold(0, |sum, byte| sum * 31 % 10_007 + u64::from(byte)))
    }

    /// Reads a request to its end. Returns its path without the slash.
    async fn read(&mut self) -> Option<String> {
        let (mut request, mut part) = (Vec::new(), [0; 4096]);
        loop {
            let count = self.stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
            request.extend_from_slice(&part[..count]);
            let text = std::str::from_utf8(&request).expect("UTF-8");
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length: usize = length.expect("a length").parse().expect("a number");
            if body.len() >= length {
                let path = head.split(' ').nth(1).expect("a path");
                return Some(path.trim_start_matches('/').to_owned());
            }
        }
    }

    /// Answers. Returns whether another request may come.
    async fn react(&mut self, manner: Manner, number: u64) -> bool {
        match manner {
            Manner::OneByOne => {
                tokio::time::sleep(MS).await;
                self.answer(OK, "").await;
                return false;
            }
            Manner::SaysAndCloses(header) => {
                self.answer(OK, &format!("{header}\r\n")).await;
                return false;
            }
            Manner::Http10 => {
                self.answer("HTTP/1.0 200 OK", "").await;
                return false;
            }
            Manner::ClosesAfter(time) => return self.answer_and_close(time).await,
            Manner::ClosesSometime => {
                return self.answer_and_close(Duration::from_micros(number % 10_000)).await;
            }
            Manner::Resets => {
                self.answer(OK, "").await;
                self.reset();
                return false;
            }
            Manner::ClosesEvery(count) => {
                self.answer(OK, "").await;
                return !self.answers.is_multiple_of(count);
            }
            Manner::SpeaksBehind => {
                self.answer(OK, "").await;
                self.answer(OK, "").await;
            }
            Manner::UntilTheEnd => {
                self.say(&format!("{OK}\r\n\r\nthank you")).await;
                return false;
            }
            Manner::HalfCloses => {
                self.answer(OK, "").await;
                let _ = self.stream.shutdown().await;
            }
            Manner::ResetsUnanswered => {
                self.reset();
                return false;
            }
            Manner::ClosesUnanswered => return false,
            Manner::Silent => {
                let _ = self.stream.read(&mut [0; 1]).await;
                return false;
            }
            _ => self.answer(OK, "").await,
        }
        true
    }

    async fn answer(&mut self, status: &str, headers: &str) {
        self.say(&format!("{status}\r\n{headers}Content-Length: 0\r\n\r\n")).await;
    }

    async fn say(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    async fn answer_and_close(&mut self, after: Duration) -> bool {
        self.answer(OK, "").await;
        if after >= MS {
            tokio::time::sleep(after).await;
        } else if !after.is_zero() {
            // The runtime's timer knows whole milliseconds.
            let _ = tokio::task::spawn_blocking(move || std::thread::sleep(after)).await;
        }
        false
    }

    /// Has the connection end with a reset when it is dropped.
    fn reset(&self) {
        let _ = self.stream.set_zero_linger();
    }
}
