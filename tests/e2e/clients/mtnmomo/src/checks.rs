//! Checks that are counted, and that end the program at the first wrong thing.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What each method of the client answers.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

static PASSED: AtomicUsize = AtomicUsize::new(0);

/// How many checks passed.
pub fn passed() -> usize {
    PASSED.load(Ordering::Relaxed)
}

pub fn wrong(what: impl Display) -> ! {
    eprintln!("wrong: {what}");
    std::process::exit(1)
}

pub fn equal<T: PartialEq<U> + Debug, U: Debug>(what: &str, got: T, wanted: U) {
    if got != wanted {
        wrong(format!("{what}: got {got:?}, wanted {wanted:?}"));
    }
    PASSED.fetch_add(1, Ordering::Relaxed);
}

/// The client's answer, where it has one.
pub fn answered<T>(what: &str, outcome: Outcome<T>) -> T {
    let answer = outcome.unwrap_or_else(|error| wrong(format!("{what}: the client says {error}")));
    PASSED.fetch_add(1, Ordering::Relaxed);
    answer
}

/// The client hands on the gateway's refusal as text, or says itself what it cannot read.
pub fn refused<T: Debug>(what: &str, outcome: Outcome<T>, saying: &str) {
    match outcome {
        Err(error) if error.to_string().contains(saying) => {
            PASSED.fetch_add(1, Ordering::Relaxed);
        }
        other => wrong(format!("{what}: got {other:?}, wanted a refusal saying {saying}")),
    }
}
