//! The OpenAPI 3.1 document of the control plane, made from its table of calls.

use std::sync::LazyLock;

use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::control::PREFIX;
use crate::control::parts::Description;
use crate::control::routes::{ROUTES, Route};
use crate::control::scenario::ProblemLine;

pub const NAME: &str = "control";

/// The document, made at the first request.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(make);
    &DOCUMENT
}

/// The body of every refusal.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "error")]
#[allow(dead_code, reason = "it describes a shape")]
struct ErrorShape {
    error: String,
    /// What is wrong with a scenario.
    #[schemars(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<ProblemLine>>,
    /// The scenario as it was read.
    #[schemars(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

fn make() -> Value {
    let mut to = Description::default();
    let error = to.answers.subschema_for::<ErrorShape>();
    let mut paths = Map::new();
    for route in ROUTES.iter() {
        for path in route.paths() {
            let described = describe(route, &path, &mut to, &error);
            let entry = paths.entry(path).or_insert_with(|| json!({}));
            entry[route.method.to_lowercase()] = described;
        }
    }
    let mut schemas = to.requests.take_definitions(true);
    schemas.values_mut().for_each(without_null);
    for (name, schema) in to.answers.take_definitions(true) {
        schemas.entry(name).or_insert(schema);
    }
    schemas.entry("error").and_modify(without_null);
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
            "schemas": schemas,
            "securitySchemes": {"controlToken": {
                "type": "http",
                "scheme": "bearer",
                "description": "Needed where other machines can reach the emulator.",
            }},
        },
    })
}

fn describe(route: &Route, path: &str, to: &mut Description, error: &Schema) -> Value {
    let is_space = path.starts_with("/spaces/{");
    if is_space {
        let schema = json!({"type": "string", "format": "uuid", "description": "Whose space."});
        to.parameter("path", "apiUserId", schema);
    }
    let content = route.describe(to);
    let mut parameters = std::mem::take(&mut to.parameters);
    parameters.iter_mut().for_each(|one| without_null_itself(&mut one["schema"]));
    let mut described = json!({
        "operationId": format!("{}{}", route.name, if is_space { "OfSpace" } else { "" }),
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done.", "content": content},
            "default": {
                "description": "Refused: what was expected, and what to do.",
                "content": {"application/json": {"schema": error}},
            },
        },
    });
    // A call that changes something is sent as JSON, even with an empty body.
    let nothing = || json!({"application/json": {"schema": {"type": "object"}}});
    let changes = ["POST", "PUT"].contains(&route.method);
    if let Some(body) = to.body.take().or_else(|| changes.then(nothing)) {
        described["requestBody"] = json!({"required": true, "content": body});
    }
    described
}

/// Removes `null` from the types of optional fields of a request, except for fields whose default
/// is `null`.
fn without_null(schema: &mut Value) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for field in properties.into_iter().flat_map(Map::values_mut) {
        if field.get("default") != Some(&Value::Null) {
            without_null_itself(field);
        }
    }
}

fn without_null_itself(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = &types[..] {
            object["type"] = only.clone();
        }
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|one| !one.is_null());
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|one| *one != json!({"type": "null"}));
    if let [Value::Object(only)] = &choices[..] {
        let only = only.clone();
        object.remove("anyOf");
        object.extend(only);
    }
}
