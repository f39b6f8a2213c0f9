//! Requests that two readers could read differently, over raw sockets: each is refused with its
//! connection, or read as exactly one request.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::emulator::{Emulator, PATIENCE};
use crate::support::merchant::new_reference;

/// What becomes of a request that another follows on the same connection.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// Refused with 400, and the connection is closed: what follows is not read.
    Refused,
    /// Read as one request, and what follows as another.
    One,
    /// Read as one request, and the connection is closed.
    Last,
    /// What follows is taken for its body, which never ends.
    Unfinished,
}
use Fate::{Last, One, Refused, Unfinished};

const BODY: &str = r#"{"providerCallbackHost":"shop.example"}"#;

/// Its answer is told from others, and ends the connection.
const NEXT: &str = "GET /_sandbox/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// A request with a body that creates an API user if it is read whole, and no further.
fn post(fields: &str, body: &str) -> String {
    let id = new_reference();
    format!(
        "POST /v1_0/apiuser HTTP/1.1\r\nHost: momo.example\r\nOcp-Apim-Subscription-Key: key\r\n\
         X-Reference-Id: {id}\r\n{fields}\r\n\r\n{body}"
    )
}

fn chunks() -> String {
    format!("{:x}\r\n{BODY}\r\n0\r\n\r\n", BODY.len())
}

/// The statuses of all answers on the connection, once it is closed.
async fn statuses(emulator: &Emulator, bytes: &[u8], hangs_up: bool) -> Vec<String> {
    let address = emulator.url.strip_prefix("http://").expect("an http URL");
    let conversation = async {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(bytes).await.expect("sent");
        if hangs_up {
            stream.shutdown().await.expect("half closed");
        }
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("a clean end, not a reset");
        String::from_utf8(answer).expect("UTF-8")
    };
    let text = tokio::time::timeout(PATIENCE, conversation).await.expect("an end in time");
    let heads = text.split("HTTP/1.1 ").skip(1);
    heads.map(|head| head.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// Holds each request to its fate, and counts the API users that came of them.
async fn hold(cases: Vec<(&str, String, Fate)>) {
    let emulator = Emulator::start().await;
    let mut read = 0;
    for (what, request, fate) in cases {
        let found =
            statuses(&emulator, format!("{request}{NEXT}").as_bytes(), fate == Unfinished).await;
        match fate {
            Refused => assert_eq!(found, ["400"], "{what}"),
            One => assert_eq!(found, ["201", "200"], "{what}"),
            Last => assert_eq!(found, ["201"], "{what}"),
            Unfinished => assert_eq!(found, ["400"], "{what}"),
        }
        read += usize::from(matches!(fate, One | Last));
    }
    assert_eq!(emulator.control("health").await["api_users"], read, "nothing beside those");
}

#[tokio::test]
async fn a_length_is_one_number_or_the_request_is_refused() {
    let length = BODY.len();
    let with = |value: String| post(&format!("Content-Length: {value}"), BODY);
    let two = |first: usize, second: usize| {
        post(&format!("Content-Length: {first}\r\nContent-Length: {second}"), BODY)
    };
    hold(vec![
        ("a length", with(length.to_string()), One),
        ("zeros before it", with(format!("00{length}")), One),
        ("the same twice", two(length, length), One),
        ("two lengths", two(length, length + 1), Refused),
        ("a shorter one second", two(length, 1), Refused),
        ("a list", with(format!("{length}, {length}")), Refused),
        ("a sign", with(format!("+{length}")), Refused),
        ("a minus", with(format!("-{length}")), Refused),
        ("a space inside", with("3 9".to_owned()), Refused),
        ("hexadecimal", with(format!("0x{length:x}")), Refused),
        ("nothing", with(String::new()), Refused),
        ("more than 64 bits", with("18446744073709551655".to_owned()), Refused),
        ("more than will come", with("60000".to_owned()), Unfinished),
        ("a space before the colon", post(&format!("Content-Length : {length}"), BODY), Refused),
    ])
    .await;
}

#[tokio::test]
async fn an_encoding_is_chunked_or_the_request_is_refused() {
    let with = |field: &str| post(field, &chunks());
    let length = BODY.len();
    hold(vec![
        ("chunked", with("Transfer-Encoding: chunked"), One),
        ("in capitals", with("tRANSFER-eNCODING: CHUNKED"), One),
        // RFC 9112, section 6.1: the encoding goes before the length, and the connection ends.
        (
            "a length first",
            with(&format!("Content-Length: {length}\r\nTransfer-Encoding: chunked")),
            Last,
        ),
        ("a length last", with("Transfer-Encoding: chunked\r\nContent-Length: 5"), Last),
        ("another word", with("Transfer-Encoding: xchunked"), Refused),
        ("twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), Refused),
        ("twice in a list", with("Transfer-Encoding: chunked, chunked"), Refused),
        ("gzip too", with("Transfer-Encoding: gzip, chunked"), Refused),
        ("gzip last", with("Transfer-Encoding: chunked, gzip"), Refused),
        ("identity", with("Transfer-Encoding: identity"), Refused),
        (
            "identity first",
            with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
            Refused,
        ),
        ("folded", with("Transfer-Encoding:\r\n chunked"), Refused),
        ("a space before the colon", with("Transfer-Encoding : chunked"), Refused),
        ("a vertical tab", with("Transfer-Encoding: \u{b}chunked"), Refused),
        ("quoted", with("Transfer-Encoding: \"chunked\""), Refused),
        ("a NUL in the name", with("Transfer-Encoding\0: chunked"), Refused),
        (
            "in HTTP/1.0",
            with("Transfer-Encoding: chunked").replacen("HTTP/1.1", "HTTP/1.0", 1),
            Refused,
        ),
    ])
    .await;
}

#[tokio::test]
async fn chunks_are_read_by_the_letter_or_the_request_is_refused() {
    let size = format!("{:x}", BODY.len());
    let with = |chunks: String| post("Transfer-Encoding: chunked", &chunks);
    let sized = |size: &str| with(format!("{size}\r\n{BODY}\r\n0\r\n\r\n"));
    hold(vec![
        ("an extension", sized(&format!("{size};a=b")), One),
        ("an extension with a quote that stays open", sized(&format!("{size};a=\"")), One),
        ("a trailer", with(format!("{size}\r\n{BODY}\r\n0\r\nContent-Length: 9\r\n\r\n")), One),
        ("more than 64 bits", sized("10000000000000027"), Refused),
        ("all of 64 bits", sized("ffffffffffffffff"), Unfinished),
        ("a sign", sized(&format!("+{size}")), Refused),
        ("a prefix", sized(&format!("0x{size}")), Refused),
        ("a space before", sized(&format!(" {size}")), Refused),
        ("no size", sized(""), Refused),
        ("a bare line feed after the size", with(format!("{size}\n{BODY}\r\n0\r\n\r\n")), Refused),
        (
            "a bare line feed in an extension",
            with(format!("{size};a\n{BODY}\r\n0\r\n\r\n")),
            Refused,
        ),
        ("a bare line feed after the data", with(format!("{size}\r\n{BODY}\n0\r\n\r\n")), Refused),
        ("more data than was said", with(format!("{size}\r\n{BODY}x\r\n0\r\n\r\n")), Refused),
        ("bare line feeds at the end", with(format!("{size}\r\n{BODY}\r\n0\n\n")), Refused),
    ])
    .await;
}

#[tokio::test]
async fn a_head_is_read_in_one_way_or_the_request_is_refused() {
    let length = format!("Content-Length: {}", BODY.len());
    let plain = post(&length, BODY);
    let without_host = plain.replacen("Host: momo.example\r\n", "", 1);
    let target = |target: &str| plain.replacen("/v1_0/apiuser", target, 1);
    hold(vec![
        // RFC 9112, section 2.2, lets a line end so; the whole head then ends at the first empty one.
        ("bare line feeds", post(&length, BODY).replace("\r\n", "\n"), One),
        ("a bare carriage return", post(&format!("X: a\r{length}"), BODY), Refused),
        ("a NUL in a value", post(&format!("X: a\0b\r\n{length}"), BODY), Refused),
        ("a folded line", post(&format!("X: a\r\n b\r\n{length}"), BODY), Refused),
        ("a line that begins with a space", post(&format!(" {length}"), BODY), Refused),
        ("an absolute target", target("http://momo.example/v1_0/apiuser"), One),
        ("an absolute target of another host", target("http://other/v1_0/apiuser"), Refused),
        ("no host", without_host, Refused),
        ("two hosts", post(&format!("Host: other\r\n{length}"), BODY), Refused),
        ("the same host twice", post(&format!("Host: momo.example\r\n{length}"), BODY), Refused),
        ("two spaces before the target", plain.replacen("POST ", "POST  ", 1), Refused),
        ("an unknown version", plain.replacen("HTTP/1.1", "HTTP/3.0", 1), Refused),
    ])
    .await;
}

/// Neither a target that is no path nor a body where none is looked for hides another request.
#[tokio::test]
async fn what_follows_an_odd_request_is_read_as_what_it_is() {
    let emulator = Emulator::start().await;
    let body = NEXT.len();
    let host = "Host: localhost\r\n";
    for (what, request, expected) in [
        (
            "an authority",
            "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n".to_owned(),
            &["404", "200"][..],
        ),
        ("a star", format!("OPTIONS * HTTP/1.1\r\n{host}\r\n"), &["404", "200"]),
        (
            "a GET with a body",
            format!("GET /v1_0/x HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\n{{}}"),
            &["404", "200"],
        ),
        ("data after a GET", format!("GET /v1_0/x HTTP/1.1\r\n{host}\r\n{{}}"), &["404", "400"]),
        (
            "the next as a body",
            format!("GET /v1_0/x HTTP/1.1\r\n{host}Content-Length: {body}\r\n\r\n{NEXT}"),
            &["404", "200"],
        ),
        (
            "the next as the console's body",
            format!("GET /_sandbox/ HTTP/1.1\r\n{host}Content-Length: {body}\r\n\r\n{NEXT}"),
            &["200", "200"],
        ),
        (
            "an upgrade",
            format!("GET /v1_0/x HTTP/1.1\r\n{host}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
            &["404", "200"],
        ),
    ] {
        let found = statuses(&emulator, format!("{request}{NEXT}").as_bytes(), false).await;
        assert_eq!(found, expected, "{what}");
    }
}
