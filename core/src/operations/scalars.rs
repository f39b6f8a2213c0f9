//! Numbers and booleans of a body, which may stand in quotes: MTN's own Postman collection sends
//! them so (docs/contract.md#request-bodies).

use std::time::Duration;

use crate::operations::json::Json;
use crate::operations::reading::wrong_type;
use crate::operations::rejection::Rejection;
use crate::operations::unreadable;

/// The longest validity of an invoice or preapproval, in seconds: a hundred years.
pub const VALIDITY_SECONDS_MAX: u64 = 100 * 366 * 24 * 60 * 60;

/// A number of seconds, as a number or as text.
///
/// # Errors
///
/// [`Rejection::Malformed`] for anything else.
pub(super) fn read_seconds(name: &str, value: &Json<'_>) -> Result<Duration, Rejection> {
    let seconds = whole_number(value)
        .and_then(|number| u64::try_from(number).ok())
        .filter(|seconds| (1..=VALIDITY_SECONDS_MAX).contains(seconds));
    match (seconds, value) {
        (Some(seconds), _) => Ok(Duration::from_secs(seconds)),
        (None, Json::Number(text)) => Err(no_seconds(name, text)),
        (None, Json::Text(text)) => Err(no_seconds(name, text)),
        (None, _) => Err(wrong_type(name, "a number of seconds", value)),
    }
}

fn no_seconds(name: &str, received: &str) -> Rejection {
    let shown = unreadable::beginning(received);
    Rejection::malformed(
        name,
        format!(
            "must be a whole number of seconds from 1 to {VALIDITY_SECONDS_MAX}, not `{shown}`"
        ),
    )
}

/// A whole number, which JSON may write as `22.0` too, or text that reads as one
/// (docs/contract.md#request-bodies).
pub(super) fn whole_number(value: &Json<'_>) -> Option<i128> {
    let digits: &str = match value {
        Json::Number(digits) => digits,
        Json::Text(text) => text,
        _ => return None,
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    if is_whole { whole.parse().ok() } else { None }
}

/// A boolean, or what reads as one (docs/contract.md#request-bodies).
pub(super) fn is_boolean(value: &Json<'_>) -> bool {
    match value {
        Json::Boolean => true,
        Json::Text(text) => matches!(&**text, "true" | "false" | "1" | "0"),
        Json::Number(digits) => matches!(*digits, "1" | "0"),
        Json::Null | Json::Array | Json::Object(_) => false,
    }
}
