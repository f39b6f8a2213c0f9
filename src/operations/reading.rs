//! The reading of request bodies: a body either becomes typed fields or names the field and rule
//! that it breaks. Unknown fields are ignored (contract, section 7).

use std::borrow::Cow;
use std::time::Duration;

use compact_str::CompactString;
use serde_json::value::RawValue;
use smallvec::SmallVec;

use crate::model::amount::{Amount, Currency};
use crate::model::party::{Party, PartyIdType};
use crate::model::reference::parse_uuid;
use crate::model::transaction::{Details, TransactionKind};
use crate::operations::body::{
    Field, Holds, MESSAGE_CHARACTERS_MAX, Presence, REFERENCE_ID_TO_REFUND, shape_of,
};
use crate::operations::json::{Json, Object};
use crate::operations::rejection::Rejection;

/// The longest validity of an invoice or preapproval, in seconds: a hundred years.
pub const VALIDITY_SECONDS_MAX: u64 = 100 * 366 * 24 * 60 * 60;

/// How many test values MTN has for the reference that a refund names: the numbers from 1.
const REFUND_TEST_VALUES: u32 = 13;

/// Reads the body of an asynchronous POST.
///
/// # Errors
///
/// [`Rejection::Malformed`], naming the first field that breaks a rule.
pub fn read_details(kind: TransactionKind, body: &[u8]) -> Result<Details, Rejection> {
    let object = read_object(body)?;
    let mut details = Details {
        amount: None,
        currency: Currency::new(""),
        party: None,
        payee: None,
        external_id: None,
        validity: None,
        texts: SmallVec::new(),
    };
    for field in shape_of(kind) {
        if let Some(value) = present(&object, field.name, field.presence)? {
            read_field(&mut details, field, &value)?;
        }
    }
    details.texts.shrink_to_fit();
    Ok(details)
}

fn read_field(details: &mut Details, field: &Field, value: &Json<'_>) -> Result<(), Rejection> {
    let name = field.name;
    match field.holds {
        Holds::Amount => details.amount = Some(read_amount(name, value)?),
        Holds::Currency => details.currency = Currency::new(read_text(name, value)?),
        Holds::Money => {
            let amount = format!("{name}.amount");
            let currency = format!("{name}.currency");
            let (amount_value, currency_value) =
                (read_part(name, value, "amount")?, read_part(name, value, "currency")?);
            details.amount = Some(read_amount(&amount, &amount_value)?);
            details.currency = Currency::new(read_text(&currency, &currency_value)?);
        }
        Holds::ExternalId => details.external_id = Some(read_external_id(name, value)?),
        Holds::Party => details.party = Some(read_party(name, value)?),
        Holds::InvoicePayee => details.payee = Some(Box::new(read_party(name, value)?)),
        Holds::Message => details.texts.push((name, message(name, read_text(name, value)?)?)),
        Holds::Text if name == REFERENCE_ID_TO_REFUND => {
            details.texts.push((name, read_reference_to_refund(name, value)?));
        }
        Holds::Text => details.texts.push((name, read_filled_text(field, value)?)),
        Holds::Seconds => details.validity = Some(read_seconds(name, value)?),
        Holds::SecondsText => details.validity = Some(read_seconds_text(name, value)?),
        Holds::Integer if whole_number(value).is_some() => {}
        Holds::Integer => return Err(wrong_type(name, "an integer", value)),
        Holds::Boolean if matches!(value, Json::Boolean) => {}
        Holds::Boolean => return Err(wrong_type(name, "a boolean", value)),
    }
    Ok(())
}

/// Reads a body that must be a JSON object.
pub fn read_object(body: &[u8]) -> Result<Object<'_>, Rejection> {
    if body.is_empty() {
        return Err(Rejection::malformed("the body", "must be a JSON object; it is empty"));
    }
    Object::read(body).map_err(|error| {
        match serde_json::from_slice::<&RawValue>(body).and_then(Json::read) {
            Ok(other) => {
                let kind = other.kind();
                Rejection::malformed("the body", format!("must be a JSON object, not {kind}"))
            }
            // An object with a broken name, too.
            Err(_) => not_json(&error),
        }
    })
}

fn not_json(error: &serde_json::Error) -> Rejection {
    Rejection::malformed("the body", format!("is not JSON: {error}"))
}

/// The text of a field that must be there.
///
/// # Errors
///
/// [`Rejection::Malformed`] if it is missing or is no text.
pub fn required_text<'a>(object: &Object<'a>, name: &str) -> Result<Cow<'a, str>, Rejection> {
    match present(object, name, Presence::Required)? {
        Some(value) => into_text(name, value),
        None => unreachable!("a required field is present or refused"),
    }
}

/// The text of a field that may be left out.
///
/// # Errors
///
/// [`Rejection::Malformed`] if it is no text.
pub fn optional_text<'a>(
    object: &Object<'a>,
    name: &str,
) -> Result<Option<Cow<'a, str>>, Rejection> {
    present(object, name, Presence::Optional)?.map(|value| into_text(name, value)).transpose()
}

/// The text, if it keeps the rules of a message to or from a party.
pub fn message(name: &str, text: &str) -> Result<CompactString, Rejection> {
    let length = text.chars().count();
    if length > MESSAGE_CHARACTERS_MAX {
        return Err(Rejection::malformed(
            name,
            format!("must have at most {MESSAGE_CHARACTERS_MAX} characters; it has {length}"),
        ));
    }
    if text.contains('\'') {
        return Err(Rejection::malformed(name, "must not contain an apostrophe"));
    }
    Ok(text.into())
}

fn present<'a>(
    object: &Object<'a>,
    name: &str,
    presence: Presence,
) -> Result<Option<Json<'a>>, Rejection> {
    match (object.get(name).map_err(|error| not_json(&error))?, presence) {
        (Some(value), _) => Ok(Some(value)),
        (None, Presence::Optional) => Ok(None),
        (None, Presence::Required) => Err(Rejection::malformed(name, "is required")),
    }
}

fn wrong_type(name: &str, expected: &str, value: &Json<'_>) -> Rejection {
    Rejection::malformed(name, format!("must be {expected}, not {}", value.kind()))
}

fn into_text<'a>(name: &str, value: Json<'a>) -> Result<Cow<'a, str>, Rejection> {
    match value {
        Json::Text(text) => Ok(text),
        other => Err(wrong_type(name, "text", &other)),
    }
}

fn read_text<'v>(name: &str, value: &'v Json<'_>) -> Result<&'v str, Rejection> {
    match value {
        Json::Text(text) => Ok(text),
        other => Err(wrong_type(name, "text", other)),
    }
}

fn read_filled_text(field: &Field, value: &Json<'_>) -> Result<CompactString, Rejection> {
    let text = read_text(field.name, value)?;
    if text.is_empty() && field.presence == Presence::Required {
        return Err(Rejection::malformed(field.name, "must not be empty"));
    }
    Ok(text.into())
}

/// A reference, or one of MTN's test values, which stand in the place of one (contract, section 3).
fn read_reference_to_refund(name: &str, value: &Json<'_>) -> Result<CompactString, Rejection> {
    let text = read_text(name, value)?;
    let is_test_value = (1..=REFUND_TEST_VALUES).any(|number| number.to_string() == text);
    if is_test_value || parse_uuid(text).is_some() {
        return Ok(text.into());
    }
    let rule = format!("must be a UUID, or one of MTN's test values 1 to {REFUND_TEST_VALUES}");
    Err(Rejection::malformed(name, rule))
}

fn read_seconds(name: &str, value: &Json<'_>) -> Result<Duration, Rejection> {
    let seconds = whole_number(value)
        .and_then(|number| u64::try_from(number).ok())
        .filter(|seconds| (1..=VALIDITY_SECONDS_MAX).contains(seconds));
    match (seconds, value) {
        (Some(seconds), _) => Ok(Duration::from_secs(seconds)),
        (None, Json::Number(_)) => Err(Rejection::malformed(
            name,
            format!("must be a whole number of seconds from 1 to {VALIDITY_SECONDS_MAX}"),
        )),
        (None, _) => Err(wrong_type(name, "a number of seconds", value)),
    }
}

/// A whole number, which JSON may write as `22.0` too.
fn whole_number(value: &Json<'_>) -> Option<i128> {
    let Json::Number(digits) = value else { return None };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    if is_whole { whole.parse().ok() } else { None }
}

fn read_seconds_text(name: &str, value: &Json<'_>) -> Result<Duration, Rejection> {
    match value {
        // What is too long for a number is refused with the same words as what is too large.
        Json::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            read_seconds(name, &Json::Number(if text.is_empty() { "0" } else { text }))
        }
        Json::Text(_) => {
            Err(Rejection::malformed(name, "must be a number of seconds, such as \"360\""))
        }
        other => read_seconds(name, other),
    }
}

fn read_amount(name: &str, value: &Json<'_>) -> Result<Amount, Rejection> {
    // A JSON number's own digits are read: it never becomes a float.
    let digits = match value {
        Json::Text(text) => text,
        Json::Number(number) => *number,
        Json::Null | Json::Boolean | Json::Array | Json::Object(_) => {
            return Err(wrong_type(name, "a decimal as text", value));
        }
    };
    Amount::parse(digits).map_err(|error| Rejection::malformed(name, error.to_string()))
}

fn read_external_id(name: &str, value: &Json<'_>) -> Result<CompactString, Rejection> {
    let text = read_text(name, value)?;
    if text.contains(char::is_whitespace) {
        return Err(Rejection::malformed(name, "must not contain spaces"));
    }
    Ok(text.into())
}

/// A member of a field that must be an object.
fn read_part<'a>(name: &str, value: &Json<'a>, part: &str) -> Result<Json<'a>, Rejection> {
    let Json::Object(object) = value else {
        return Err(wrong_type(name, &format!("an object with {part}"), value));
    };
    object
        .get(part)
        .map_err(|error| not_json(&error))?
        .ok_or_else(|| Rejection::malformed(format!("{name}.{part}"), "is required"))
}

fn read_party(name: &str, value: &Json<'_>) -> Result<Party, Rejection> {
    let part = |part: &str| {
        read_part(name, value, part).and_then(|value| into_text(&format!("{name}.{part}"), value))
    };
    let type_name = &*part("partyIdType")?;
    let id = &*part("partyId")?;
    let Some(id_type) = PartyIdType::named(type_name, &PartyIdType::IN_BODIES) else {
        return Err(Rejection::malformed(
            format!("{name}.partyIdType"),
            "must be MSISDN, EMAIL or PARTY_CODE",
        ));
    };
    if let Some(fault) = id_type.fault_of(id) {
        return Err(Rejection::malformed(format!("{name}.partyId"), fault));
    }
    Ok(Party { id_type, id_type_as_sent: type_name.into(), id: id.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"amount":"5","currency":"EUR","externalId":"x",
        "payer":{"partyIdType":"MSISDN","partyId":"46733123999"},
        "payerMessage":"m","payeeNote":"n"}"#;

    fn read(body: &str) -> Result<Details, String> {
        read_details(TransactionKind::RequestToPay, body.as_bytes())
            .map_err(|rejection| rejection.to_string())
    }

    #[track_caller]
    fn check(found: &str, put: &str, expected: &str) {
        assert!(GOOD.contains(found), "{found}");
        let error = read(&GOOD.replace(found, put)).expect_err(put);
        assert_eq!(error, expected);
    }

    #[test]
    fn a_good_body_is_read_whole() {
        let details = read(GOOD).expect("a good body");
        assert_eq!(details.amount.expect("an amount").to_string(), "5");
        assert_eq!(details.external_id.as_deref(), Some("x"));
        assert_eq!(&*details.party.as_ref().expect("a payer").id, "46733123999");
        assert_eq!(details.text("payerMessage"), Some("m"));
    }

    #[test]
    fn what_clients_are_known_to_send_is_read() {
        for (found, put) in [
            (r#""5""#, "5"),
            (r#""5""#, "5.50"),
            (r#""externalId":"x","#, ""),
            (r#""externalId":"x""#, r#""externalId":null"#),
            (r#""MSISDN""#, r#""msisdn""#),
            ("46733123999", "+46733123999"),
            ("{\"amount\"", "{\"callbackUrl\":1,\"payee\":{},\"amount\""),
        ] {
            read(&GOOD.replace(found, put)).expect(put);
        }
    }

    #[test]
    fn each_broken_rule_is_named_with_its_field() {
        check(r#""amount":"5","#, "", "amount is required");
        check(r#""5""#, "true", "amount must be a decimal as text, not a boolean");
        check(r#""5""#, r#""0""#, "amount is not greater than zero");
        check(r#""EUR""#, "5", "currency must be text, not a number");
        check(r#""x""#, r#""a b""#, "externalId must not contain spaces");
        check(r#""x""#, "7", "externalId must be text, not a number");
        check(r#""m""#, r#""it's""#, "payerMessage must not contain an apostrophe");
        check(
            r#""n""#,
            &format!("\"{}\"", "é".repeat(161)),
            "payeeNote must have at most 160 characters; it has 161",
        );
        check(r#""MSISDN""#, r#""ALIAS""#, "payer.partyIdType must be MSISDN, EMAIL or PARTY_CODE");
        check(r#""partyId":"46733123999""#, r#""x":1"#, "payer.partyId is required");
        check(
            "46733123999",
            "07 33",
            "payer.partyId must be 1 to 15 digits, with an optional leading +",
        );
        assert!(read("[1]").expect_err("array").contains("not an array"));
        let broken = r#"{"\ud800":1}"#;
        assert!(read(broken).expect_err("half a character").contains("is not JSON"));
        assert!(read("{\"amount\":").expect_err("cut").contains("is not JSON"));
        assert!(read("").expect_err("empty").contains("it is empty"));
        assert!(
            read_details(TransactionKind::Transfer, GOOD.as_bytes())
                .expect_err("a payer is no payee")
                .to_string()
                .contains("payee is required")
        );
    }

    #[test]
    fn a_refund_names_a_uuid_or_a_test_value() {
        let refund = |reference: &str| {
            let body = format!(
                r#"{{"amount":"5","currency":"EUR","externalId":"x",
                     "referenceIdToRefund":"{reference}"}}"#
            );
            read_details(TransactionKind::Refund, body.as_bytes())
                .map_err(|error| error.to_string())
        };
        for good in ["1", "13", "c0ffee00-1111-4222-8333-444455556666"] {
            refund(good).expect(good);
        }
        for bad in ["incorrect_referenceId", "0", "14", "01", "+1", ""] {
            let expected =
                "referenceIdToRefund must be a UUID, or one of MTN's test values 1 to 13";
            assert_eq!(refund(bad).expect_err(bad), expected);
        }
    }

    #[test]
    fn a_number_never_becomes_a_float() {
        let details =
            read(&GOOD.replace(r#""5""#, "123456789012.1234567891")).expect("a large number");
        assert_eq!(
            details.amount.map(|amount| amount.to_string()).as_deref(),
            Some("123456789012.1234567891")
        );
    }
}
