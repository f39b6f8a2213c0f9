//! The page of faults: for each operation what a client sees of each kind of answer and connection
//! fault that a scenario asks for. Every cell is played over a socket against a running emulator.

use std::fmt::Write;
use std::time::Duration;

use momo_sandbox_core::operations::table::{OPERATIONS, Operation, OperationKind};
use momo_sandbox_core::scenario::operation_set::{OperationSet, named};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::documents::compare_or_update;
use crate::support::emulator::{Emulator, PATIENCE};
use crate::support::requests::{Draft, Fixture};

/// A column: its heading, and what the rule says.
type Kind = (&'static str, &'static str);

/// Columns that are read together.
struct Group {
    heading: &'static str,
    about: &'static str,
    kinds: &'static [Kind],
}

const GROUPS: [Group; 4] = [
    Group {
        heading: "Errors in MTN's shapes",
        about: "The first has the wallet platform's shape, the second API management's; the others \
                are real answers by their names.",
        kinds: &[
            ("503 with a code", r#"answer = { status = 503, code = "SERVICE_UNAVAILABLE" }"#),
            ("401 without", r#"answer = { status = 401, message = "Access denied" }"#),
            ("gateway-error", r#"answer = { body = { real = "gateway-error" } }"#),
            ("foreign-address", r#"answer = { body = { real = "foreign-address" } }"#),
            ("too-many-requests", r#"answer = { body = { real = "too-many-requests" } }"#),
        ],
    },
    Group {
        heading: "Pages of what stands in front",
        about: "The firewall's page, with 200 and with 403, and the application gateway's.",
        kinds: &[
            ("request-rejected", r#"answer = { body = { real = "request-rejected" } }"#),
            ("with 403", r#"answer = { status = 403, body = { real = "request-rejected" } }"#),
            (
                "application-gateway-403",
                r#"answer = { body = { real = "application-gateway-403" } }"#,
            ),
            ("-502", r#"answer = { body = { real = "application-gateway-502" } }"#),
            ("-504", r#"answer = { body = { real = "application-gateway-504" } }"#),
        ],
    },
    Group {
        heading: "Successes that are not right",
        about: "The ordinary answer, and what a scenario makes of it.",
        kinds: &[
            ("as ever", ""),
            ("half of it", r#"answer = { body = { ordinary = "half" } }"#),
            ("another type", r#"answer = { content_type = "text/plain" }"#),
            ("empty", r#"answer = { body = "" }"#),
            ("another text", r#"answer = { body = "<p>Welcome</p>" }"#),
        ],
    },
    Group {
        heading: "Connections",
        about: "Where an answer is begun, it is the ordinary one; where that has no body, a break \
                after some bytes of it comes after its head.",
        kinds: &[
            ("reset", r#"connection = "reset""#),
            ("hang", r#"connection = "hang""#),
            ("cut-off", r#"connection = "cut-off""#),
            ("reset, after_bytes = 10", r#"connection = "reset", after_bytes = 10"#),
            ("cut-off, after_bytes = 10", r#"connection = "cut-off", after_bytes = 10"#),
            ("bytes_per_second = 1", "bytes_per_second = 1"),
        ],
    },
];

/// The operations by their names in a rule, each with a row of the table that it is.
fn rows() -> Vec<(&'static str, &'static Operation)> {
    let of = |set: OperationSet| {
        OPERATIONS.iter().find(|operation| OperationSet::of(operation.kind) == set)
    };
    named().into_iter().filter_map(|(name, set)| of(set).map(|found| (name, found))).collect()
}

/// What came of a connection until it ended, or stood still.
struct Seen {
    bytes: Vec<u8>,
    is_reset: bool,
}

impl Seen {
    /// The head as text, and how many bytes of the body have come.
    fn parts(&self) -> Option<(&str, usize)> {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&self.bytes[..end]).expect("an ASCII head");
        Some((head, self.bytes.len() - end - 4))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.parts()?;
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    fn promised(&self) -> usize {
        let length = self.header("content-length").map(|length| length.parse().expect("a number"));
        length.unwrap_or_default()
    }

    fn is_whole(&self) -> bool {
        self.parts().is_some_and(|(_, length)| length >= self.promised())
    }

    /// What the cell says.
    fn told(&self) -> String {
        let Some((head, length)) = self.parts() else {
            assert!(self.bytes.is_empty(), "half a head: {:?}", self.bytes);
            return if self.is_reset { "reset" } else { "closed" }.to_owned();
        };
        let status = head.split(' ').nth(1).expect("a status line");
        let content_type = match self.header("content-type") {
            None => "",
            Some("application/json;charset=utf-8") => " J",
            Some("application/json") => " j",
            Some("text/html" | "text/html; charset=utf-8") => " H",
            Some("text/plain" | "text/plain; charset=utf-8") => " T",
            Some(other) => panic!("the legend has no {other}"),
        };
        let promised = self.promised();
        let broken = match (self.is_reset, length < promised) {
            (true, _) => format!("{length} of {promised}, reset"),
            (false, true) => format!("{length} of {promised}"),
            (false, false) => format!("{length}"),
        };
        format!("{status}{content_type} {broken}")
    }
}

struct Connection {
    stream: TcpStream,
    seen: Seen,
}

impl Connection {
    async fn begin(emulator: &Emulator, request: &[u8]) -> Self {
        let address = emulator.url.strip_prefix("http://").expect("an http URL");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(request).await.expect("sent");
        Self { stream, seen: Seen { bytes: Vec::new(), is_reset: false } }
    }

    /// Reads on; false once the connection has ended.
    async fn read_on(&mut self) -> bool {
        match self.stream.read_buf(&mut self.seen.bytes).await {
            Ok(count) => count > 0,
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                self.seen.is_reset = true;
                false
            }
        }
    }

    async fn read_to_the_end(mut self) -> String {
        while self.read_on().await {}
        self.seen.told()
    }

    /// Whether nothing has come.
    fn is_silent(&mut self) -> bool {
        self.stream.try_read_buf(&mut self.seen.bytes).is_err() && self.seen.bytes.is_empty()
    }

    /// Reads an answer that comes as the emulator's clock goes on.
    async fn slowly(mut self, emulator: &Emulator) -> String {
        while self.seen.parts().is_none() {
            assert!(self.read_on().await, "a head comes at once");
        }
        // A round trip, in which an ordinary answer would have come.
        emulator.control("health").await;
        let _ = self.stream.try_read_buf(&mut self.seen.bytes);
        let is_slow = !self.seen.is_whole();
        while !self.seen.is_whole() {
            emulator.advance(Duration::from_secs(3600));
            self.read_on().await;
        }
        self.seen.told() + if is_slow { ", slowly" } else { "" }
    }
}

/// Waits until the journal says that a request was left without an answer.
async fn once_left_hanging(emulator: &Emulator) {
    let is_told = async || {
        let journal = emulator.control("journal").await;
        let entries = journal["entries"].as_array().expect("entries").iter();
        entries.rev().any(|entry| entry["request"]["broken"] == "hang")
    };
    while !is_told().await {
        tokio::task::yield_now().await;
    }
}

async fn put(fixture: &Fixture, scenario: &str) {
    let answer = reqwest::Client::new()
        .put(format!("{}/_sandbox/scenario", fixture.emulator.url))
        .header("Content-Type", "application/toml")
        .body(scenario.to_owned());
    let answer = answer.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{scenario}: {}", answer.text().await.expect("a text"));
}

/// A good request of an operation. The id of a transaction has eight to ten digits: one with ten is
/// taken, so that the lengths on the page stay as they are.
async fn good_request(fixture: &Fixture, operation: &'static Operation) -> Draft {
    let path = operation.paths().next().expect("a path");
    loop {
        let draft = fixture.draft(operation, path).await;
        let reference = draft.reference_in_path();
        let Some(reference) =
            reference.filter(|_| matches!(operation.kind, OperationKind::Status(_)))
        else {
            return draft;
        };
        let record = fixture.emulator.record(reference).await;
        let id = record["status_body"]["financialTransactionId"].as_str();
        if id.is_none_or(|id| id.len() == 10) {
            return draft;
        }
    }
}

/// Plays one cell.
async fn cell(name: &str, operation: &'static Operation, (_, rule): Kind) -> String {
    let fixture = Fixture::start().await;
    let draft = good_request(&fixture, operation).await;
    if !rule.is_empty() {
        let when = format!("when = {{ operation = \"{name}\" }}");
        put(&fixture, &format!("[[rules]]\n{when}\nrespond = {{ {rule} }}\n")).await;
    }
    let emulator = &fixture.emulator;
    let mut connection = Connection::begin(emulator, &fixture.bytes(&draft)).await;
    if rule.contains("hang") {
        once_left_hanging(emulator).await;
        assert!(connection.is_silent(), "{name}: {:?}", connection.seen.bytes);
        return "hang".to_owned();
    }
    if rule.contains("bytes_per_second") {
        return connection.slowly(emulator).await;
    }
    connection.read_to_the_end().await
}

async fn page() -> String {
    let mut page = "<!-- Made by a test: MOMO_SANDBOX_UPDATE_DOCS=1 cargo test docs -->\n\n# Faults of every \
                    operation\n\nWhat a client sees of each operation, for each kind of answer and \
                    connection fault that a scenario asks for. For those who write scenarios.\n\n\
                    A test plays every cell over a socket, with a rule such as\n\n\
                    ```toml\n[[rules]]\nwhen = { operation = \"token\" }\nrespond = { answer = { body = \
                    { real = \"gateway-error\" } } }\n```\n\n\
                    A cell has the status, the type and the bytes of the body that came: `J` is \
                    `application/json;charset=utf-8`, `j` is `application/json`, `H` is HTML and `T` plain text. \
                    `10 of 92` says that the head promised more. `reset` is a reset of the connection, \
                    `closed` its end, and `hang` no answer for as long as the client waits; `slowly` is \
                    by the emulator's clock.\n"
        .to_owned();
    for group in GROUPS {
        let _ = write!(page, "\n## {}\n\n{}\n\n| operation |", group.heading, group.about);
        for (heading, _) in group.kinds {
            let _ = write!(page, " {heading} |");
        }
        let _ = writeln!(page, "\n|---|{}", "---|".repeat(group.kinds.len()));
        for (name, operation) in rows() {
            let _ = write!(page, "| `{name}` |");
            for kind in group.kinds {
                let played = tokio::time::timeout(PATIENCE, cell(name, operation, *kind)).await;
                let _ = write!(page, " {} |", played.expect(name));
            }
            page.push('\n');
        }
    }
    page
}

#[tokio::test]
async fn the_page_of_faults_says_what_clients_see() {
    compare_or_update("docs/fault-matrix.md", &page().await);
}

/// All that `when.operation` names and is one operation has a row.
#[test]
fn every_operation_has_a_row() {
    let names: Vec<&str> = rows().into_iter().map(|(name, _)| name).collect();
    for operation in OPERATIONS {
        let set = OperationSet::of(operation.kind);
        let found = named().into_iter().find(|(_, one)| *one == set);
        let (name, _) = found.expect("each operation has a name in rules");
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(names.len(), 32);
}
