//! Why the emulator refused a request. MTN's answers do not say, and the client shows no header.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::checks::{Outcome, equal, refused, wrong};

/// The emulator's journal.
pub struct Journal {
    /// Such as `127.0.0.1:8080`.
    address: String,
}

impl Journal {
    pub fn of(url: &str) -> Self {
        let address = url.trim_start_matches("http://").to_owned();
        Self { address }
    }

    /// The call was refused for this, without a word to the client, which has an error without
    /// text; the journal has a sentence that says why.
    pub async fn silent<T: std::fmt::Debug>(
        &self,
        what: &str,
        outcome: Outcome<T>,
        refusal: &str,
        why: &str,
    ) {
        match outcome {
            Err(error) if error.to_string().is_empty() => {}
            other => wrong(format!("{what}: got {other:?}, wanted a refusal without a word")),
        }
        self.explains(what, refusal, why).await;
    }

    /// As [`Self::silent`], where the client makes something of the status.
    pub async fn silent_with<T: std::fmt::Debug>(
        &self,
        what: &str,
        outcome: Outcome<T>,
        status: &str,
        refusal: &str,
        why: &str,
    ) {
        refused(what, outcome, status);
        self.explains(what, refusal, why).await;
    }

    /// The last refusal of that name is explained with these words.
    pub async fn explains(&self, what: &str, refusal: &str, why: &str) {
        let explained = self.why(refusal).await;
        equal(&format!("{what}: why ({explained})"), explained.contains(why), true);
    }

    async fn why(&self, refusal: &str) -> String {
        let page = self.get(&format!("/_sandbox/journal?refusal={refusal}&tail=1")).await;
        let page = page.unwrap_or_else(|error| wrong(format!("the journal: {error}")));
        let why = page["entries"][0]["request"]["why"].as_str();
        why.unwrap_or_default().to_owned()
    }

    async fn get(&self, path: &str) -> Outcome<Value> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n", self.address);
        stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("no end of the head")?;
        Ok(serde_json::from_str(body)?)
    }
}
