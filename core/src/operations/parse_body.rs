//! The reading of request bodies: a body either becomes typed fields or names the field and rule
//! that it breaks. Unknown fields are ignored (docs/contract.md#what-clients-do).

use std::borrow::Cow;

use compact_str::CompactString;
use serde_json::value::RawValue;
use smallvec::SmallVec;

use crate::model::amount::{Amount, Currency};
use crate::model::environment::Environment;
use crate::model::ids::parse_uuid;
use crate::model::party::{Party, PartyIdType};
use crate::model::submission::{Details, TransactionKind};
use crate::operations::json::{Json, Object};
use crate::operations::rejection::Rejection;
use crate::operations::request_schema::{
    FieldType, MESSAGE_CHARACTERS_MAX, Presence, REFERENCE_ID_TO_REFUND, RequestField,
    request_schema,
};
use crate::operations::scalars::{is_boolean, read_seconds, whole_number};
use crate::operations::unreadable;

/// The number of MTN's test values for the reference that a refund names. They count from 1.
const REFUND_TEST_VALUES: u32 = 13;

/// Reads the body of an asynchronous POST.
///
/// # Errors
///
/// [`Rejection::Malformed`], naming the first field that breaks a rule; [`Rejection::ServerError`]
/// for what breaks the real platform.
pub fn read_details(
    environment: &Environment,
    kind: TransactionKind,
    body: &[u8],
) -> Result<Details, Rejection> {
    let object = read_object(body)?;
    refuse_empty_parties(kind, &object)?;
    let mut details = Details {
        amount: None,
        currency: Currency::new(""),
        party: None,
        payee: None,
        external_id: None,
        validity: None,
        texts: SmallVec::new(),
    };
    for field in request_schema(kind) {
        let value = match field.presence {
            Presence::Required => Some(required(&object, field.name)?),
            Presence::Optional => optional(&object, field.name)?,
        };
        if let Some(value) = value {
            read_field(environment, &mut details, field, &value)?;
        }
    }
    details.texts.shrink_to_fit();
    Ok(details)
}

/// A party without a single field breaks the real platform, whatever else is in the body (seen in a
/// client, 2023).
fn refuse_empty_parties(kind: TransactionKind, object: &Object<'_>) -> Result<(), Rejection> {
    let mut parties = request_schema(kind).iter().filter(|field| field.holds.is_party());
    match parties.find(|field| object.is_empty_object(field.name)) {
        None => Ok(()),
        Some(field) => Err(Rejection::server_error(
            field.name,
            "is an empty object; it must have partyIdType and partyId",
        )),
    }
}

fn read_field(
    environment: &Environment,
    details: &mut Details,
    field: &RequestField,
    value: &Json<'_>,
) -> Result<(), Rejection> {
    let name = field.name;
    match field.holds {
        FieldType::Amount => details.amount = Some(read_amount(name, value)?),
        FieldType::Currency => details.currency = Currency::new(read_text(name, value)?),
        FieldType::Money => {
            let amount = format!("{name}.amount");
            let currency = format!("{name}.currency");
            let (amount_value, currency_value) =
                (read_part(name, value, "amount")?, read_part(name, value, "currency")?);
            details.amount = Some(read_amount(&amount, &amount_value)?);
            details.currency = Currency::new(read_text(&currency, &currency_value)?);
        }
        FieldType::ExternalId => details.external_id = Some(read_external_id(name, value)?),
        FieldType::Party => details.party = Some(read_party(name, value)?),
        FieldType::InvoicePayee => details.payee = Some(Box::new(read_party(name, value)?)),
        FieldType::Note => details.texts.push((name, read_note(environment, name, value)?)),
        FieldType::Text if name == REFERENCE_ID_TO_REFUND => {
            details.texts.push((name, read_reference_to_refund(name, value)?));
        }
        FieldType::Text => details.texts.push((name, read_filled_text(field, value)?)),
        FieldType::Seconds => details.validity = Some(read_seconds(name, value)?),
        FieldType::Integer if whole_number(value).is_some() => {}
        FieldType::Integer => {
            return Err(wrong_type(name, "an integer, such as 2 or \"2\"", value));
        }
        FieldType::Boolean if is_boolean(value) => {}
        FieldType::Boolean => {
            return Err(wrong_type(name, "a boolean, such as true or \"1\"", value));
        }
    }
    Ok(())
}

/// Reads a body that must be a JSON object.
///
/// # Errors
///
/// [`Rejection::ServerError`] for an empty body, as was recorded in 2020; [`Rejection::Malformed`]
/// for anything else that is no object.
pub fn read_object(body: &[u8]) -> Result<Object<'_>, Rejection> {
    if body.is_empty() {
        return Err(Rejection::server_error("The body", "is empty; it must be a JSON object"));
    }
    Object::read(body).map_err(|error| {
        match serde_json::from_slice::<&RawValue>(body).and_then(Json::read) {
            Ok(other) => {
                let kind = other.kind();
                Rejection::malformed("The body", format!("must be a JSON object, not {kind}"))
            }
            // An object with a broken name, too.
            Err(_) => Rejection::malformed("The body", unreadable::why_not_json(body, &error)),
        }
    })
}

fn not_json(error: &serde_json::Error) -> Rejection {
    Rejection::malformed("The body", unreadable::place_of(error))
}

/// The text of a field that must be there.
///
/// # Errors
///
/// [`Rejection::Malformed`] if it is missing or is no text.
pub fn required_text<'a>(object: &Object<'a>, name: &str) -> Result<Cow<'a, str>, Rejection> {
    into_text(name, required(object, name)?)
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
    optional(object, name)?.map(|value| into_text(name, value)).transpose()
}

/// The text, if it keeps the rules of a message to a party.
///
/// # Errors
///
/// [`Rejection::Malformed`] if it is too long or has an apostrophe.
pub fn message(name: &str, text: &str) -> Result<CompactString, Rejection> {
    // Characters are counted only where there are more bytes than that.
    let length = if text.len() > MESSAGE_CHARACTERS_MAX { text.chars().count() } else { 0 };
    if length > MESSAGE_CHARACTERS_MAX {
        return Err(Rejection::malformed(
            name,
            format!("must have at most {MESSAGE_CHARACTERS_MAX} characters; it has {length}"),
        ));
    }
    without(name, text, '\'', "an apostrophe")?;
    Ok(text.into())
}

fn without(name: &str, text: &str, refused: char, what: &str) -> Result<(), Rejection> {
    if text.contains(refused) {
        return Err(Rejection::malformed(
            name,
            format!("contains {what}, which MTN refuses; take it out"),
        ));
    }
    Ok(())
}

fn read_note(
    environment: &Environment,
    name: &str,
    value: &Json<'_>,
) -> Result<CompactString, Rejection> {
    let text = read_text(name, value)?;
    if text.is_empty() && environment.refuses_empty_notes {
        return Err(Rejection::server_error(
            name,
            "is empty; in production it must have a text, or be left out",
        ));
    }
    without(name, text, '&', "an ampersand")?;
    message(name, text)
}

fn optional<'a>(object: &Object<'a>, name: &str) -> Result<Option<Json<'a>>, Rejection> {
    object.get(name).map_err(|error| not_json(&error))
}

fn required<'a>(object: &Object<'a>, name: &str) -> Result<Json<'a>, Rejection> {
    optional(object, name)?.ok_or_else(|| Rejection::malformed(name, "is required"))
}

/// The refusal of a value of another type.
pub(super) fn wrong_type(name: &str, expected: &str, value: &Json<'_>) -> Rejection {
    Rejection::malformed(name, format!("must be {expected}, not {}", value.kind()))
}

/// A number counts as its text: MTN's portal prints ids as numbers, which programs do send
/// (docs/contract.md#request-bodies).
fn into_text<'a>(name: &str, value: Json<'a>) -> Result<Cow<'a, str>, Rejection> {
    match value {
        Json::Text(text) => Ok(text),
        Json::Number(digits) => Ok(Cow::Borrowed(digits)),
        other => Err(wrong_type(name, "text", &other)),
    }
}

fn read_text<'v>(name: &str, value: &'v Json<'_>) -> Result<&'v str, Rejection> {
    match value {
        Json::Text(text) => Ok(text),
        Json::Number(digits) => Ok(digits),
        other => Err(wrong_type(name, "text", other)),
    }
}

fn read_filled_text(field: &RequestField, value: &Json<'_>) -> Result<CompactString, Rejection> {
    let text = read_text(field.name, value)?;
    if text.is_empty() && field.presence == Presence::Required {
        return Err(Rejection::malformed(field.name, "must not be empty"));
    }
    Ok(text.into())
}

/// A reference, or one of MTN's test values, which stand in the place of one
/// (docs/contract.md#malformed-requests).
fn read_reference_to_refund(name: &str, value: &Json<'_>) -> Result<CompactString, Rejection> {
    let text = read_text(name, value)?;
    let is_test_value = (1..=REFUND_TEST_VALUES).any(|number| number.to_string() == text);
    if is_test_value || parse_uuid(text).is_some() {
        return Ok(text.into());
    }
    let shown = unreadable::beginning(text);
    let rule = format!(
        "must be a UUID, or one of MTN's test values 1 to {REFUND_TEST_VALUES}, not `{shown}`"
    );
    Err(Rejection::malformed(name, rule))
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
    Amount::parse(digits).map_err(|error| {
        let shown = unreadable::beginning(digits);
        Rejection::malformed(name, format!("is `{shown}`, which {error}"))
    })
}

fn read_external_id(name: &str, value: &Json<'_>) -> Result<CompactString, Rejection> {
    let text = read_text(name, value)?;
    if text.contains(char::is_whitespace) {
        let shown = unreadable::beginning(text);
        let rule = format!("is `{shown}`; it must not contain spaces");
        return Err(Rejection::malformed(name, rule));
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
            format!(
                "must be MSISDN, EMAIL, PARTY_CODE or ALIAS, not `{}`",
                unreadable::beginning(type_name)
            ),
        ));
    };
    if let Some(fault) = id_type.fault_of(id) {
        let rule = format!("{fault}, not `{}`", unreadable::beginning(id));
        return Err(Rejection::malformed(format!("{name}.partyId"), rule));
    }
    Ok(Party { id_type, id_type_as_sent: type_name.into(), id: id.into() })
}

#[cfg(test)]
mod tests {
    use crate::model::environment::{MARKETS, SANDBOX};

    use super::*;

    const GOOD: &str = r#"{"amount":"5","currency":"EUR","externalId":"x",
        "payer":{"partyIdType":"MSISDN","partyId":"46733123999"},
        "payerMessage":"m","payeeNote":"n"}"#;

    fn read(body: &str) -> Result<Details, String> {
        read_details(&SANDBOX, TransactionKind::RequestToPay, body.as_bytes())
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
            (r#""46733123999""#, "46733123999"),
            (r#""MSISDN""#, r#""ALIAS""#),
            (r#""x""#, "7"),
            (r#""n""#, "12.50"),
            (r#""n""#, r#""""#),
            ("{\"amount\"", "{\"callbackUrl\":1,\"payee\":{},\"amount\""),
        ] {
            read(&GOOD.replace(found, put)).expect(put);
        }
    }

    #[test]
    fn each_broken_rule_is_named_with_its_field() {
        check(r#""amount":"5","#, "", "amount is required.");
        check(r#""5""#, "true", "amount must be a decimal as text, not a boolean.");
        check(r#""5""#, r#""0""#, "amount is `0`, which is not greater than zero.");
        check(r#""EUR""#, "true", "currency must be text, not a boolean.");
        check(r#""x""#, r#""a b""#, "externalId is `a b`; it must not contain spaces.");
        let refused = "contains an apostrophe, which MTN refuses; take it out.";
        check(r#""m""#, r#""it's""#, &format!("payerMessage {refused}"));
        let refused = "contains an ampersand, which MTN refuses; take it out.";
        check(r#""n""#, r#""a & b""#, &format!("payeeNote {refused}"));
        check(
            r#""n""#,
            &format!("\"{}\"", "é".repeat(161)),
            "payeeNote must have at most 160 characters; it has 161.",
        );
        check(
            r#""MSISDN""#,
            r#""IBAN""#,
            "payer.partyIdType must be MSISDN, EMAIL, PARTY_CODE or ALIAS, not `IBAN`.",
        );
        check(r#""partyId":"46733123999""#, r#""x":1"#, "payer.partyId is required.");
        check(
            "46733123999",
            "07 33",
            "payer.partyId must be 1 to 15 digits, with an optional leading +, not `07 33`.",
        );
        assert!(read("[1]").expect_err("array").contains("not an array"));
        let broken = r#"{"\ud800":1}"#;
        assert!(read(broken).expect_err("half a character").contains("is not JSON"));
        assert!(read("{\"amount\":").expect_err("cut").contains("ends in the middle"));
        assert!(
            read_details(&SANDBOX, TransactionKind::Transfer, GOOD.as_bytes())
                .expect_err("a payer is no payee")
                .to_string()
                .contains("payee is required")
        );
    }

    #[test]
    fn what_breaks_the_real_platform_is_told_apart_from_what_it_refuses() {
        let name = |environment: &Environment, body: &str| {
            let read = read_details(environment, TransactionKind::RequestToPay, body.as_bytes());
            read.map_err(|rejection| rejection.kind().name())
        };
        assert_eq!(name(&SANDBOX, ""), Err("server_error"));
        assert_eq!(name(&SANDBOX, "{}"), Err("malformed"));
        assert_eq!(name(&SANDBOX, r#"{"payer":{}}"#), Err("server_error"));
        let empty = GOOD.replace(r#""n""#, r#""""#);
        assert!(name(&SANDBOX, &empty).is_ok());
        assert_eq!(name(&MARKETS[0], &empty), Err("server_error"));
    }

    #[test]
    fn texts_are_taken_for_the_numbers_and_booleans_that_they_read_as() {
        // MTN's own Postman collection sends these.
        let payment = r#"{"externalTransactionId":"1","money":{"amount":"1","currency":"EUR"},
            "customerReference":"1","serviceProviderUserName":"x","maxNumberOfRetries":"2",
            "includeSenderCharges":"1"}"#;
        let read = |body: &str| {
            read_details(&SANDBOX, TransactionKind::Payment, body.as_bytes())
                .map(|_| ())
                .map_err(|rejection| rejection.to_string())
        };
        assert_eq!(read(payment), Ok(()));
        assert_eq!(read(&payment.replace(r#""1"}"#, "false}")), Ok(()));
        let error = read(&payment.replace(r#""1"}"#, r#""yes"}"#)).expect_err("no boolean");
        assert!(error.starts_with("includeSenderCharges must be a boolean"), "{error}");
        assert!(read(&payment.replace(r#""2""#, r#""two""#)).is_err());
    }

    #[test]
    fn a_refund_names_a_uuid_or_a_test_value() {
        let refund = |reference: &str| {
            let body = format!(
                r#"{{"amount":"5","currency":"EUR","externalId":"x",
                     "referenceIdToRefund":"{reference}"}}"#
            );
            read_details(&SANDBOX, TransactionKind::Refund, body.as_bytes())
                .map_err(|error| error.to_string())
        };
        for good in ["1", "13", "c0ffee00-1111-4222-8333-444455556666"] {
            refund(good).expect(good);
        }
        for bad in ["incorrect_referenceId", "0", "14", "01", "+1", ""] {
            let error = refund(bad).expect_err(bad);
            assert!(
                error.contains("must be a UUID, or one of MTN's test values 1 to 13"),
                "{error}"
            );
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
