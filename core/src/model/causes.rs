//! An error with its causes, in one line: each error says its own level alone.

use std::error::Error;

/// The words of an error and of its causes, outermost first.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
