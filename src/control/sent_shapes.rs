//! The shapes of what the control plane is sent, as JSON Schema: the bodies, and the words of a
//! query.

use serde_json::{Value, json};

use crate::control::names;
use crate::control::routes::CallKind;
use crate::control::shapes::{
    component, count, duration, object, object_with, operations, optional_text, text, time, uuid,
};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::transaction::CallbackState;

/// What a filter of transactions can be: one of the words that the field can have, or, with `*`, a
/// pattern that one of them fits.
pub fn filter(field: &str) -> Value {
    match (field, names::words_of(field)) {
        ("reference_id", _) => json!({"anyOf": [uuid(), {"const": "*"}]}),
        // A scenario may name others.
        ("reason", _) | (_, None) => json!({"type": "string", "minLength": 1}),
        (_, Some(words)) => {
            let words: Vec<&str> = words.into_iter().chain(["*"]).collect();
            json!({"enum": words})
        }
    }
}

/// An event of the journal.
pub fn events() -> Value {
    json!({"enum": EventKind::NAMES})
}

/// An operation, by its id or by the kind of transaction that it submits.
pub fn operation_words() -> Value {
    json!({"enum": names::operation_words()})
}

/// The HTTP status of an answer.
pub fn http_status() -> Value {
    json!({"type": "integer", "minimum": 100, "maximum": 599})
}

/// A refusal.
pub fn refusals() -> Value {
    json!({"enum": names::refusals()})
}

/// The same object, of which nothing else can be a part.
fn closed(mut object: Value) -> Value {
    object["additionalProperties"] = json!(false);
    object
}

/// What `verify` expects of the journal.
pub fn expectation() -> Value {
    let mut schema = object_with(
        &[],
        [
            ("event", events()),
            ("reference_id", uuid()),
            ("operation", operation_words()),
            ("status", http_status()),
            ("refusal", refusals()),
            ("exactly", count()),
            ("at_least", count()),
            ("at_most", count()),
            ("never", json!({"const": true})),
        ],
    );
    schema["additionalProperties"] = json!(false);
    let ways = ["exactly", "at_least", "at_most", "never"];
    schema["anyOf"] = ways.map(|way| json!({"required": [way]})).into();
    schema
}

/// The body of a call that takes one.
pub fn request(kind: CallKind) -> Option<Value> {
    Some(match kind {
        CallKind::Advance => json!({"anyOf": [
            closed(object([("by", duration())])),
            closed(object([("to_next_event", json!({"const": true}))])),
        ]}),
        CallKind::Plan => closed(object_with(
            &["operation", "reference_id", "body"],
            [
                ("operation", operations()),
                ("reference_id", uuid()),
                ("body", json!({"type": "object"})),
                ("product", json!({"enum": Product::ALL.map(Product::name)})),
                ("callback_url", json!({"type": "string", "format": "uri"})),
            ],
        )),
        CallKind::Wait => json!({"anyOf": [
            closed(object_with(
                &["reference_id"],
                [
                    ("reference_id", uuid()),
                    ("status", json!({"enum": names::STATUSES})),
                    ("callback", json!({"enum": CallbackState::NAMES})),
                    ("told", json!({"enum": names::STATUSES})),
                    ("timeout", duration()),
                ],
            )),
            closed(object([("until", time())])),
        ]}),
        CallKind::Verify => closed(object_with(
            &["expect"],
            [
                (
                    "expect",
                    json!({"type": "array", "minItems": 1, "items": component("expectation")}),
                ),
                ("in_order", json!({"type": "boolean"})),
            ],
        )),
        CallKind::Provision => closed(object_with(
            &[],
            [
                ("label", optional_text()),
                ("provider_callback_host", text()),
                ("scenario", json!({"type": ["string", "array", "object", "null"]})),
                (
                    "products",
                    json!({
                        "type": "array",
                        "minItems": 1,
                        "items": {"enum": Product::ALL.map(Product::name)},
                    }),
                ),
            ],
        )),
        CallKind::Label => closed(object_with(
            &[],
            [("label", optional_text()), ("excluded", json!({"type": "boolean"}))],
        )),
        _ => return None,
    })
}
