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
    let (serving, mut listener) = (serve(&[]), CallbackListener::start().await);
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
        one_attempt(&record_once(&serving, reference, "answered").await);
    }
    assert_eq!(serving.terminate().code, Some(0));
    let mut counts = BTreeMap::new();
    count(&mut listener, &mut counts);
    assert_eq!(counts, references.into_iter().map(|reference| (reference, 1)).collect());
}
