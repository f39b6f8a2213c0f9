//! What of a schema of scenarios some files use, and what one schema has that another lacks.

use std::collections::BTreeSet;

use serde_json::Value;
use toml::Value as Toml;

/// Names a part of the language: `rules.when.party`, `operation = transfer`, `delay as {max, min}`.
type Part = String;

/// The parts of a schema that no file uses.
pub fn unused(schema: &Value, files: &[(String, String)]) -> Vec<Part> {
    let mut used = BTreeSet::new();
    for (name, text) in files {
        let document: Toml = toml::from_str(text).expect(name);
        use_value("", "", &document, &mut used);
    }
    parts(schema).difference(&used).cloned().collect()
}

/// The parts of a schema that another has not.
pub fn missing(of: &Value, from: &Value) -> Vec<Part> {
    parts(of).difference(&parts(from)).cloned().collect()
}

fn parts(schema: &Value) -> BTreeSet<Part> {
    let mut parts = BTreeSet::new();
    add("", "", schema, &mut parts);
    parts
}

/// Adds the parts of the schema of a field: `path` is where it is, `name` its own.
fn add(path: &str, name: &str, schema: &Value, parts: &mut BTreeSet<Part>) {
    let alternatives = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    for alternative in alternatives.into_iter().flatten() {
        if let Some(names) = alternative["required"].as_array() {
            let names: BTreeSet<&str> = names.iter().filter_map(Value::as_str).collect();
            parts.insert(form(path, &names));
        }
        add(path, name, alternative, parts);
    }
    for word in schema["enum"].as_array().into_iter().flatten() {
        parts.insert(format!("{name} = {}", word.as_str().unwrap_or_default()));
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(only) if ["string", "number", "integer", "boolean"].contains(&&**only) => {
            vec![&**only]
        }
        _ => Vec::new(),
    };
    for one in types {
        parts.insert(format!("{path} is a {one}").replace("integer", "number"));
    }
    if schema["items"].is_object() {
        add(path, name, &schema["items"], parts);
    }
    for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
        add(&below(path, field), field, schema, parts);
    }
}

fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

fn form(path: &str, names: &BTreeSet<&str>) -> Part {
    format!("{path} has {names:?}")
}

fn use_value(path: &str, name: &str, value: &Toml, used: &mut BTreeSet<Part>) {
    let kind = match value {
        Toml::String(text) => {
            used.insert(format!("{name} = {text}"));
            "string"
        }
        Toml::Datetime(_) => "string",
        Toml::Integer(_) | Toml::Float(_) => "number",
        Toml::Boolean(_) => "boolean",
        Toml::Array(items) => {
            items.iter().for_each(|item| use_value(path, name, item, used));
            return;
        }
        Toml::Table(fields) => {
            used.insert(form(path, &fields.keys().map(String::as_str).collect()));
            for (field, value) in fields {
                use_value(&below(path, field), field, value, used);
            }
            return;
        }
    };
    used.insert(format!("{path} is a {kind}"));
}

#[test]
fn parts_that_no_file_uses_are_named() {
    let schema = serde_json::json!({"properties": {
        "fate": {"type": "string", "enum": ["sent", "lost"]},
        "after": {"anyOf": [
            {"type": "string"},
            {"required": ["min", "max"], "properties": {"min": {"type": "string"}}},
        ]},
    }});
    let file = |text: &str| [("a".to_owned(), text.to_owned())];
    assert_eq!(
        unused(&schema, &file("fate = \"sent\"\nafter = \"1s\"")),
        ["after has {\"max\", \"min\"}", "after.min is a string", "fate = lost"]
    );
    let all = "fate = [\"sent\", \"lost\"]\nafter = [\"1s\", { min = \"1s\", max = \"2s\" }]";
    assert_eq!(unused(&schema, &file(all)), [""; 0]);
    let lesser = serde_json::json!({"properties": {"fate": {"type": "string", "enum": ["sent"]}}});
    assert_eq!(missing(&lesser, &schema), [""; 0]);
    assert_eq!(missing(&schema, &lesser)[3], "fate = lost");
}
