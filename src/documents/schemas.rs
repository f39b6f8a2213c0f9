//! JSON Schemas of what goes over the wire.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use momo_sandbox_core::model::amount::{FRACTION_DIGITS_MAX, WHOLE_DIGITS_MAX};
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::reason::Reason;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::operations::possible_refusals::PossibleRefusal;
use momo_sandbox_core::operations::rejection::RejectionKind;
use momo_sandbox_core::operations::request_schema::{
    FieldType, MESSAGE_CHARACTERS_MAX, Presence, REFERENCE_ID_TO_REFUND, RequestField,
    request_schema,
};
use momo_sandbox_core::operations::scalars::VALIDITY_SECONDS_MAX;
use momo_sandbox_core::operations::status_body::{BodyPlace, FieldValue, status_fields};

/// A UUID of any version.
pub const UUID: &str =
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// The schema of a type that is serialised to be sent.
pub fn of_type<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.remove("title");
        object.remove("$schema");
    }
    close(&mut schema);
    schema
}

/// Has an object, and each alternative that is one, hold nothing but what is described.
fn close(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.contains_key("properties") {
        object.insert("additionalProperties".to_owned(), json!(false));
    }
    if let Some(alternatives) = object.get_mut("anyOf").and_then(Value::as_array_mut) {
        alternatives.iter_mut().for_each(close);
    }
}

/// The body of an asynchronous POST.
pub fn of_submission(kind: TransactionKind, environment: &Environment) -> Value {
    let fields = request_schema(kind);
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), of_field(field, environment))).collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.presence == Presence::Required)
        .map(|field| field.name)
        .collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn of_field(field: &RequestField, environment: &Environment) -> Value {
    let amount = || amount(environment.decimals);
    match field.holds {
        FieldType::Amount => amount(),
        FieldType::Currency => of_currency(environment),
        FieldType::Money => json!({
            "type": "object",
            "required": ["amount", "currency"],
            "properties": {"amount": amount(), "currency": of_currency(environment)},
        }),
        FieldType::ExternalId => json!({
            "type": TEXT_OR_NUMBER,
            "pattern": "^[^\\s\\x85]*$",
            "description": "The merchant's own id; need not be unique.",
        }),
        FieldType::Party | FieldType::InvoicePayee => party(),
        FieldType::Note => of_note(),
        FieldType::Text if field.name == REFERENCE_ID_TO_REFUND => json!({
            "description": "The reference id of what is given back, or MTN's test value 1 to 13.",
            "anyOf": [
                {"type": "string", "pattern": UUID},
                {"type": "string", "pattern": "^([1-9]|1[0-3])$"},
            ],
        }),
        FieldType::Text if field.presence == Presence::Required => {
            json!({"type": TEXT_OR_NUMBER, "minLength": 1})
        }
        FieldType::Text => json!({"type": TEXT_OR_NUMBER}),
        FieldType::Seconds => json!({
            "description": "How many seconds it is valid.",
            "anyOf": [{"type": "string", "pattern": "^[1-9][0-9]{0,8}$"}, seconds()],
        }),
        FieldType::Integer => json!({"anyOf": [
            {"type": "integer", "minimum": i64::MIN, "maximum": i64::MAX},
            {"type": "string", "pattern": "^-?[0-9]{1,18}$"},
        ]}),
        FieldType::Boolean => json!({"anyOf": [
            {"type": "boolean"},
            {"enum": ["true", "false", "1", "0", 1, 0]},
        ]}),
    }
}

fn amount(decimals: Option<u32>) -> Value {
    let (whole, fraction) = (WHOLE_DIGITS_MAX - 1, FRACTION_DIGITS_MAX);
    let half = fraction / 2 - 1;
    let pattern = match decimals {
        None => format!(
            "^([1-9][0-9]{{0,{whole}}}(\\.[0-9]{{1,{fraction}}})?|\
             0\\.[0-9]{{0,{half}}}[1-9][0-9]{{0,{half}}})$"
        ),
        Some(0) => format!("^[1-9][0-9]{{0,{whole}}}$"),
        Some(decimals) => format!("^[1-9][0-9]{{0,{whole}}}(\\.[0-9]{{1,{decimals}}})?$"),
    };
    json!({
        "description": "Greater than zero. Trailing zeros are not given back.",
        "anyOf": [
            {"type": "string", "pattern": pattern},
            {"type": "integer", "minimum": 1, "maximum": 10_u64.pow(11)},
        ],
    })
}

fn of_currency(environment: &Environment) -> Value {
    let codes: Vec<&str> = environment.currencies().collect();
    match codes[..] {
        [only] => json!({"type": "string", "const": only, "description": "ISO 4217."}),
        _ => json!({"type": "string", "enum": codes, "description": "ISO 4217."}),
    }
}

/// The types of a text in a request: a number is taken as its text
/// (docs/contract.md#request-bodies).
const TEXT_OR_NUMBER: [&str; 2] = ["string", "integer"];

/// Text of at most 160 characters, without an apostrophe or an ampersand.
fn of_note() -> Value {
    json!({"type": TEXT_OR_NUMBER, "maxLength": MESSAGE_CHARACTERS_MAX, "pattern": "^[^'&]*$"})
}

/// Text of at most 160 characters, without an apostrophe.
pub fn of_message() -> Value {
    json!({"type": "string", "maxLength": MESSAGE_CHARACTERS_MAX, "pattern": "^[^']*$"})
}

fn seconds() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": VALIDITY_SECONDS_MAX})
}

fn party() -> Value {
    let of = |id_type: &str, id: Value| {
        json!({
            "type": "object",
            "required": ["partyIdType", "partyId"],
            "properties": {"partyIdType": {"type": "string", "const": id_type}, "partyId": id},
        })
    };
    json!({"anyOf": [
        of("MSISDN", json!({
            "type": "string",
            "pattern": "^\\+?[0-9]{1,15}$",
            "description": "A number is taken as its text.",
        })),
        of("EMAIL", json!({
            "type": "string",
            "pattern": "^[!-?A-~]{1,64}@[!-?A-~]{1,189}$",
        })),
        of("PARTY_CODE", json!({"type": "string", "minLength": 1, "maxLength": 254})),
        of("ALIAS", json!({"type": "string", "minLength": 1, "maxLength": 254})),
    ]})
}

/// The body of a status, or of a callback.
pub fn of_status(kind: TransactionKind, place: BodyPlace, environment: &Environment) -> Value {
    let fields = || status_fields(kind).iter().filter(|field| field.is_in(place));
    let properties: Map<String, Value> =
        fields().map(|field| (field.name.to_owned(), of_shown(field.value, environment))).collect();
    let required: Vec<&str> = fields()
        .filter(|field| field.value.is_always_there(kind))
        .map(|field| field.name)
        .collect();
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn of_shown(shows: FieldValue, environment: &Environment) -> Value {
    let codes = || Reason::ALL.map(Reason::code);
    match shows {
        FieldValue::ReferenceId => json!({"type": "string", "format": "uuid"}),
        FieldValue::FinancialTransactionId
        | FieldValue::InvoiceId
        | FieldValue::PaymentReference => {
            json!({"type": "string", "pattern": "^[0-9]{8,10}$"})
        }
        FieldValue::Amount => json!({"type": "string", "pattern": "^[0-9]+(\\.[0-9]*[1-9])?$"}),
        FieldValue::Party => json!({
            "type": "object",
            "required": ["partyIdType", "partyId"],
            "properties": {"partyIdType": {"type": "string"}, "partyId": {"type": "string"}},
            "additionalProperties": false,
        }),
        FieldValue::Status => json!({
            "type": "string",
            "enum": ["CREATED", "PENDING", "SUCCESSFUL", "FAILED"],
        }),
        FieldValue::Reason if !environment.reason_objects => {
            json!({"type": "string", "enum": codes()})
        }
        FieldValue::Reason | FieldValue::ReasonObject => json!({
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "enum": codes()},
                "message": {"type": "string"},
            },
            "additionalProperties": false,
        }),
        FieldValue::Expiry => json!({
            "type": "string",
            "pattern": "^[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}$",
        }),
        FieldValue::ExternalId | FieldValue::Currency | FieldValue::Text => {
            json!({"type": "string"})
        }
    }
}

/// The body of a refusal: exactly what is sent, but for a message that names what was received.
pub fn of_refusal(refusal: PossibleRefusal, body: &Value) -> Value {
    let says_what_was_received = matches!(
        refusal,
        PossibleRefusal::Of(
            RejectionKind::BodyTooLarge | RejectionKind::BodyTooSlow | RejectionKind::BodyCutOff
        )
    );
    let fields = || body.as_object().into_iter().flatten();
    let names: Vec<&String> = fields().map(|(name, _)| name).collect();
    let properties: Map<String, Value> = fields()
        .map(|(name, value)| {
            let schema = match value {
                Value::String(_) if name == "message" && says_what_was_received => {
                    json!({"type": "string"})
                }
                Value::String(text) => json!({"type": "string", "const": text}),
                other => json!({"type": "integer", "const": other}),
            };
            (name.clone(), schema)
        })
        .collect();
    json!({
        "type": "object",
        "required": names,
        "properties": properties,
        "additionalProperties": false,
    })
}
