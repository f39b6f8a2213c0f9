//! Clients that write slowly, close half of their connection, or vanish.

use std::collections::BTreeMap;

use super::*;

const VANISHING: usize = 200;

#[tokio::test]
async fn a_slow_writer_is_answered_in_the_end_and_others_meanwhile() {
    let (serving, mut listener) = (serve(&[]), CallbackListener::start().await);
    let merchant = merchant_of(&serving).await;
    let slow = new_reference();
    let url = format!("{}/{slow}", listener.url);
    let (head, body) = payment(&merchant, &slow, Some(&url));
    let mut stream = connect(&serving).await;
    let mut others = Vec::new();
    for half in [&head, &body] {
        let (first, last) = half.as_bytes().split_at(10);
        for byte in first {
            send(&mut stream, &[*byte]).await;
            others.push(pay(&merchant, &listener).await);
        }
        send(&mut stream, last).await;
    }
    stream.shutdown().await.expect("half closed");
    assert!(read_to_end(&mut stream).await.starts_with("HTTP/1.1 202 "));
    others.push(slow);
    for reference in &others {
        one_attempt(&record_once(&serving, reference, "answered").await);
    }
    assert_eq!(serving.terminate().code, Some(0));
    let mut counts = BTreeMap::new();
    count(&mut listener, &mut counts);
    assert_eq!(counts, others.into_iter().map(|reference| (reference, 1)).collect());
}

#[tokio::test]
async fn a_client_that_has_closed_its_half_still_gets_its_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("slow.toml");
    std::fs::write(&file, "[[rules]]\nsubmit = { delay = \"500ms\" }\n").expect("written");
    let serving = serve(&["--scenario", &file.display().to_string()]);
    let mut listener = CallbackListener::start().await;
    let merchant = merchant_of(&serving).await;
    let reference = new_reference();
    let (head, body) = payment(&merchant, &reference, Some(&listener.url));
    let mut stream = connect(&serving).await;
    send(&mut stream, format!("{head}{body}").as_bytes()).await;
    stream.shutdown().await.expect("half closed");
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    one_attempt(&record_once(&serving, &reference, "answered").await);
    assert_eq!(listener.arrived().len(), 1);
}

#[tokio::test]
async fn clients_that_vanish_in_the_middle_of_a_body_have_paid_nothing() {
    let (serving, mut listener) = (serve(&[]), CallbackListener::start().await);
    let merchant = merchant_of(&serving).await;
    let mut references = Vec::new();
    for number in 0..VANISHING {
        let reference = new_reference();
        let (head, body) = payment(&merchant, &reference, Some(&listener.url));
        let mut stream = connect(&serving).await;
        send(&mut stream, format!("{head}{}", &body[..body.len() / 2]).as_bytes()).await;
        if number % 2 == 0 {
            stream.set_zero_linger().expect("a socket option");
        }
        drop(stream);
        assert_eq!(status_code(&merchant, &reference).await, 404);
        references.push(reference);
    }
    for reference in &references {
        let url = format!("{}/{reference}", listener.url);
        assert_eq!(submit(&merchant, reference, &url).await, 202, "the reference is still free");
    }
    for reference in &references {
        one_attempt(&record_once(&serving, reference, "answered").await);
    }
    assert_eq!(serving.terminate().code, Some(0));
    let mut counts = BTreeMap::new();
    count(&mut listener, &mut counts);
    assert_eq!(counts, references.into_iter().map(|reference| (reference, 1)).collect());
}

#[tokio::test]
async fn clients_that_vanish_before_their_answer_have_paid_once_even_if_they_repeat_it() {
    let (serving, mut listener) = (serve(&[]), CallbackListener::start().await);
    let merchant = merchant_of(&serving).await;
    let mut references = Vec::new();
    for number in 0..VANISHING {
        let reference = new_reference();
        let url = format!("{}/{reference}", listener.url);
        let (head, body) = payment(&merchant, &reference, Some(&url));
        let mut stream = connect(&serving).await;
        send(&mut stream, format!("{head}{body}").as_bytes()).await;
        if number % 2 == 0 {
            stream.set_zero_linger().expect("a socket option");
        }
        drop(stream);
        // It was taken in, or it was not: the same reference again tells, and is never a second one.
        let again = submit(&merchant, &reference, &url).await;
        assert!([202, 409].contains(&again), "{again}");
        references.push(reference);
    }
    for reference in &references {
        let record = record_once(&serving, reference, "answered").await;
        one_attempt(&record);
        let journal = record["journal"].as_array().expect("a list").iter();
        assert_eq!(journal.filter(|entry| entry["event"] == "accepted").count(), 1, "{record}");
    }
    assert_eq!(serving.terminate().code, Some(0));
    let mut counts = BTreeMap::new();
    count(&mut listener, &mut counts);
    assert_eq!(counts, references.into_iter().map(|reference| (reference, 1)).collect());
}

/// A long answer, asked for so many times without waiting for one.
const LONG: &str = "GET /_sandbox/openapi/collection.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

#[tokio::test]
async fn a_slow_reader_gets_its_whole_answer_and_others_theirs_meanwhile() {
    let (serving, mut listener) = (serve(&[]), CallbackListener::start().await);
    let merchant = merchant_of(&serving).await;
    let whole = format!("{}/_sandbox/openapi/collection.json", serving.url);
    let whole = outcome(reqwest::Client::new().get(whole)).await.1;
    let mut stream = connect(&serving).await;
    send(&mut stream, LONG.repeat(20).as_bytes()).await;
    stream.shutdown().await.expect("half closed");
    let (mut read, mut part) = (Vec::new(), vec![0; whole.len() / 3]);
    let mut others = 0;
    loop {
        match in_time("a part", stream.read(&mut part)).await.expect("bytes, not a reset") {
            0 => break,
            count => read.extend_from_slice(&part[..count]),
        }
        pay(&merchant, &listener).await;
        others += 1;
    }
    let read = String::from_utf8(read).expect("UTF-8");
    assert_eq!(read.matches(&whole).count(), 20, "every answer is whole");
    assert!(others > 20, "it was read in parts: {others}");
    for _ in 0..others {
        listener.next().await;
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_reset_in_the_end_and_others_are_served_meanwhile() {
    let serving = serve(&["--answer-time-max", "1s"]);
    let (merchant, listener) = (merchant_of(&serving).await, CallbackListener::start().await);
    let mut stream = connect(&serving).await;
    // More than the system keeps for a reader who may still come.
    let asking = tokio::spawn(async move {
        let mut asked = 0;
        while asked < 2_000 && stream.write_all(LONG.as_bytes()).await.is_ok() {
            asked += 1;
        }
        (stream, asked)
    });
    let metrics = format!("{}/_sandbox/metrics", serving.url);
    let overstayed = async {
        loop {
            let reference = pay(&merchant, &listener).await;
            assert_eq!(status_code(&merchant, &reference).await, 200);
            let told = outcome(reqwest::Client::new().get(&metrics)).await.1;
            if told.contains("limit_reached_total{limit=\"answer_time\"} 1") {
                return;
            }
        }
    };
    in_time("the limit in the metrics", overstayed).await;
    let (mut stream, asked) = in_time("an end of asking", asking).await.expect("an end");
    let mut read = Vec::new();
    let ended = in_time("the end of the connection", stream.read_to_end(&mut read)).await;
    assert_eq!(ended.expect_err("no clean end").kind(), std::io::ErrorKind::ConnectionReset);
    assert!(asked > 0);
    let reference = pay(&merchant, &listener).await;
    one_attempt(&record_once(&serving, &reference, "answered").await);
}
