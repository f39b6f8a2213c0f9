//! The OpenAPI 3.1 document of the control plane, made from its table of calls.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::control::PREFIX;
use crate::control::report::FORMATS;
use crate::control::routes::{About, CALLS, Call, CallKind};
use crate::control::sent_shapes;
use crate::control::shapes;
use crate::control::transactions::FILTERS;

/// The name of the document.
pub const NAME: &str = "control";

/// The document, made when it is first asked for.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(make);
    &DOCUMENT
}

fn make() -> Value {
    let mut paths = Map::new();
    for call in CALLS {
        for is_space in [false, true] {
            let is_there = match call.about {
                About::All => !is_space,
                About::Space => is_space,
                About::Either => true,
            };
            if is_there {
                let below = if is_space { "/spaces/{apiUserId}" } else { "" };
                let path = format!("{below}/{}", call.path.join("/"));
                let entry = paths.entry(path).or_insert_with(|| json!({}));
                entry[call.method.to_lowercase()] = describe(call, is_space);
            }
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The control plane of momo-sandbox",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a test asks the emulator itself. A path below \
                            `/spaces/{apiUserId}` is about that API user's space, the same path \
                            without it about all.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{}, {"controlToken": []}],
        "paths": paths,
        "components": {
            "schemas": shapes::components(),
            "securitySchemes": {"controlToken": {
                "type": "http",
                "scheme": "bearer",
                "description": "Needed where the emulator listens beyond its machine.",
            }},
        },
    })
}

fn describe(call: &Call, is_space: bool) -> Value {
    let (media_type, schema) = shapes::answer(call.kind);
    let mut content = json!({media_type: {"schema": schema}});
    if call.kind == CallKind::Report {
        for media_type in ["text/plain", "application/xml", "text/html"] {
            content[media_type] = json!({"schema": {"type": "string"}});
        }
    }
    let mut described = json!({
        "operationId": format!("{:?}{}", call.kind, if is_space { "OfSpace" } else { "" }),
        "summary": call.summary,
        "parameters": parameters(call, is_space),
        "responses": {
            "200": {"description": "Done.", "content": content},
            "default": {
                "description": "Refused: what was expected, and what to do.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}},
            },
        },
    });
    if let Some(body) = body(call.kind) {
        described["requestBody"] = json!({"required": true, "content": body});
    }
    described
}

fn body(kind: CallKind) -> Option<Value> {
    let json_type = "application/json";
    Some(match kind {
        CallKind::PutScenario => json!({
            json_type: {"schema": {"type": "object"}},
            "application/toml": {"schema": {"type": "string"}},
        }),
        // There is nothing to say, but what changes something is sent as JSON.
        CallKind::Act | CallKind::Reset | CallKind::Pause | CallKind::Run => {
            json!({json_type: {"schema": {"type": "object"}}})
        }
        _ => json!({json_type: {"schema": sent_shapes::request(kind)?}}),
    })
}

fn parameters(call: &Call, is_space: bool) -> Value {
    let mut parameters = Vec::new();
    let mut add = |place: &str, name: &str, schema: Value, description: &str| {
        parameters.push(json!({
            "name": name,
            "in": place,
            "required": place == "path",
            "schema": schema,
            "description": description,
        }));
    };
    if is_space {
        add("path", "apiUserId", shapes::uuid(), "Whose space.");
    }
    for name in call.path.iter().filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let (schema, description) = match name {
            "act" => (json!({"enum": ["approve", "decline", "expire"]}), "What the payer does."),
            "document" => (json!({"type": "string"}), "Such as `collection.json`."),
            _ => (shapes::uuid(), "Which transaction."),
        };
        add("path", name, schema, description);
    }
    let number = || json!({"type": "integer", "minimum": 0, "maximum": i64::MAX});
    let text = || json!({"type": "string"});
    match call.kind {
        CallKind::Transactions => {
            for name in FILTERS {
                add("query", name, sent_shapes::filter(name), "Only those that have this.");
            }
            add("query", "order", json!({"enum": ["oldest", "newest"]}), "Which come first.");
            add("query", "limit", number(), "So many at most.");
            add("query", "after", shapes::uuid(), "Those behind this one.");
        }
        CallKind::Transaction | CallKind::Act => {
            add("query", "api_user", shapes::uuid(), "Whose, where several have this reference.");
        }
        CallKind::Journal => {
            add("query", "event", sent_shapes::events(), "Only events of this name.");
            add("query", "reference_id", shapes::uuid(), "Only those about this transaction.");
            let operations = sent_shapes::operation_words();
            add("query", "operation", operations, "Only requests of this operation.");
            add(
                "query",
                "status",
                sent_shapes::http_status(),
                "Only requests that were answered so.",
            );
            add("query", "refusal", sent_shapes::refusals(), "Only requests that were refused so.");
            add("query", "limit", number(), "So many at most.");
            add("query", "after", number(), "Those behind this number.");
            add("query", "tail", number(), "So many at most, the last ones.");
        }
        CallKind::Report => {
            add("query", "format", json!({"enum": FORMATS}), "Its form.");
            add("query", "within", text(), "How soon after a lost callback is soon: 10m.");
            add("query", "exclude", text(), "A space to leave out: an API user's id or a label.");
        }
        CallKind::Stream => {
            add("query", "after", number(), "Those behind this number.");
            add("header", "Last-Event-ID", number(), "The same, as a browser says it.");
        }
        _ => {}
    }
    Value::Array(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_the_parameters_that_the_calls_know() {
        for call in CALLS {
            let Some(known) = call.kind.parameters() else { continue };
            let described = parameters(call, false);
            let described = described.as_array().expect("a list").iter();
            let described = described.filter(|one| one["in"] == "query");
            let names: Vec<_> = described.map(|one| one["name"].as_str()).collect();
            assert_eq!(names, known.iter().map(|name| Some(*name)).collect::<Vec<_>>());
        }
    }
}
