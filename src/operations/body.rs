//! The shapes of request bodies, and their reading: a body either becomes typed fields or names the
//! field and rule that it breaks. Unknown fields are ignored (contract, section 7).

use serde_json::{Map, Value};

use crate::model::amount::{Amount, Currency, Money};
use crate::model::party::{Party, PartyIdType};
use crate::model::transaction::{Details, TransactionKind};
use crate::operations::rejection::Rejection;

/// The most characters of a `payerMessage`, `payeeNote` or `notificationMessage`.
pub const MESSAGE_CHARACTERS_MAX: usize = 160;

/// One field of a request body.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether it may be left out.
    pub presence: Presence,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A positive decimal, as a string or a number.
    Amount,
    /// A currency code.
    Currency,
    /// `externalId`: text without spaces.
    ExternalId,
    /// `{partyIdType, partyId}`.
    Party,
    /// `payerMessage`: at most 160 characters, no apostrophe.
    PayerMessage,
    /// `payeeNote`: at most 160 characters, no apostrophe.
    PayeeNote,
}

/// Whether a field may be left out (`null` counts as left out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It may be left out.
    Optional,
}

const fn required(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, presence: Presence::Required }
}

const fn optional(name: &'static str, holds: Holds) -> Field {
    Field { name, holds, presence: Presence::Optional }
}

const REQUEST_TO_PAY: &[Field] = &[
    required("amount", Holds::Amount),
    required("currency", Holds::Currency),
    optional("externalId", Holds::ExternalId),
    required("payer", Holds::Party),
    optional("payerMessage", Holds::PayerMessage),
    optional("payeeNote", Holds::PayeeNote),
];

const TRANSFER: &[Field] = &[
    required("amount", Holds::Amount),
    required("currency", Holds::Currency),
    optional("externalId", Holds::ExternalId),
    required("payee", Holds::Party),
    optional("payerMessage", Holds::PayerMessage),
    optional("payeeNote", Holds::PayeeNote),
];

/// The body of a kind of transaction (contract, section 5). `externalId` is required by MTN's
/// schema and left out by several clients, so it is optional here.
pub fn shape_of(kind: TransactionKind) -> &'static [Field] {
    match kind {
        TransactionKind::RequestToPay => REQUEST_TO_PAY,
        TransactionKind::Transfer => TRANSFER,
    }
}

/// Reads the body of an asynchronous POST.
pub fn read_details(kind: TransactionKind, body: &[u8]) -> Result<Details, Rejection> {
    let object = read_object(body)?;
    let mut amount = None;
    let mut currency = None;
    let mut party = None;
    let mut external_id = None;
    let mut payer_message = None;
    let mut payee_note = None;
    for field in shape_of(kind) {
        let Some(value) = present(&object, field)? else { continue };
        match field.holds {
            Holds::Amount => amount = Some(read_amount(field.name, value)?),
            Holds::Currency => currency = Some(Currency::new(read_text(field.name, value)?)),
            Holds::ExternalId => external_id = Some(read_external_id(field.name, value)?),
            Holds::Party => party = Some(read_party(field.name, value)?),
            Holds::PayerMessage => payer_message = Some(read_message(field.name, value)?),
            Holds::PayeeNote => payee_note = Some(read_message(field.name, value)?),
        }
    }
    let (Some(amount), Some(currency), Some(party)) = (amount, currency, party) else {
        unreachable!("every shape requires an amount, a currency and a party")
    };
    let money = Money { amount, currency };
    Ok(Details { money, party, external_id, payer_message, payee_note })
}

/// Reads a body that must be a JSON object.
pub fn read_object(body: &[u8]) -> Result<Map<String, Value>, Rejection> {
    if body.is_empty() {
        return Err(Rejection::malformed("the body", "must be a JSON object; it is empty"));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Rejection::malformed(
            "the body",
            format!("must be a JSON object, not {}", kind_of(&other)),
        )),
        Err(error) => Err(Rejection::malformed("the body", format!("is not JSON: {error}"))),
    }
}

/// The text of a field that must be there.
pub fn required_text<'a>(
    object: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a str, Rejection> {
    let field = required(name, Holds::ExternalId);
    match present(object, &field)? {
        Some(value) => read_text(name, value),
        None => unreachable!("a required field is present or refused"),
    }
}

/// The text, if it keeps the rules of a message to or from a party.
pub fn message(name: &str, text: &str) -> Result<Box<str>, Rejection> {
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
    object: &'a Map<String, Value>,
    field: &Field,
) -> Result<Option<&'a Value>, Rejection> {
    match object.get(field.name).filter(|value| !value.is_null()) {
        Some(value) => Ok(Some(value)),
        None if field.presence == Presence::Optional => Ok(None),
        None => Err(Rejection::malformed(field.name, "is required")),
    }
}

fn read_text<'a>(name: &str, value: &'a Value) -> Result<&'a str, Rejection> {
    value
        .as_str()
        .ok_or_else(|| Rejection::malformed(name, format!("must be text, not {}", kind_of(value))))
}

fn read_amount(name: &str, value: &Value) -> Result<Amount, Rejection> {
    // A JSON number's own digits are read: it never becomes a float.
    let digits = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err(Rejection::malformed(
                name,
                format!("must be a decimal as text, not {}", kind_of(value)),
            ));
        }
    };
    Amount::parse(&digits).map_err(|error| Rejection::malformed(name, error.to_string()))
}

fn read_external_id(name: &str, value: &Value) -> Result<Box<str>, Rejection> {
    let text = read_text(name, value)?;
    if text.contains(char::is_whitespace) {
        return Err(Rejection::malformed(name, "must not contain spaces"));
    }
    Ok(text.into())
}

fn read_message(name: &str, value: &Value) -> Result<Box<str>, Rejection> {
    message(name, read_text(name, value)?)
}

fn read_party(name: &str, value: &Value) -> Result<Party, Rejection> {
    let Value::Object(object) = value else {
        return Err(Rejection::malformed(
            name,
            format!("must be an object with partyIdType and partyId, not {}", kind_of(value)),
        ));
    };
    let part = |field: &str| {
        let full_name = format!("{name}.{field}");
        match object.get(field).filter(|value| !value.is_null()) {
            Some(value) => read_text(&full_name, value),
            None => Err(Rejection::malformed(full_name, "is required")),
        }
    };
    let type_name = part("partyIdType")?;
    let id = part("partyId")?;
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

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
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
        assert_eq!(details.money.amount.to_string(), "5");
        assert_eq!(details.external_id.as_deref(), Some("x"));
        assert_eq!(&*details.party.id, "46733123999");
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
    fn a_number_keeps_all_its_digits() {
        let details =
            read(&GOOD.replace(r#""5""#, "12345678901234567890.123")).expect("a large number");
        assert_eq!(details.money.amount.to_string(), "12345678901234567890.123");
    }
}
