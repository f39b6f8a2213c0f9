//! The shapes of what the control plane answers, as JSON Schema.

use serde_json::{Map, Value, json};

use crate::control::routes::CallKind;
use crate::control::sent_shapes;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::transaction::TransactionKind;
use momo_sandbox_core::operations::evidence::Grade;

/// A UUID.
pub fn uuid() -> Value {
    json!({"type": "string", "format": "uuid"})
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

pub(super) fn optional_text() -> Value {
    json!({"type": ["string", "null"]})
}

pub(super) fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

pub(super) fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

pub(super) fn duration() -> Value {
    json!({"type": "string", "pattern": "^[1-9][0-9]{0,3}(ms|s|m|h)$"})
}

fn list_of(item: &Value) -> Value {
    json!({"type": "array", "items": item})
}

pub(super) fn component(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An object that always has all of these.
pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    json!({"type": "object", "required": names, "properties": properties})
}

/// An object of which these must be there.
pub(super) fn object_with<const N: usize>(required: &[&str], fields: [(&str, Value); N]) -> Value {
    let mut schema = object(fields);
    schema["required"] = json!(required);
    schema
}

/// The shapes that others refer to.
pub fn components() -> Value {
    json!({
        "error": object_with(&["error"], [
            ("error", text()),
            ("problems", list_of(&problem())),
            ("source", text()),
        ]),
        "summary": summary(),
        "transaction": transaction(),
        "plan": plan(),
        "entry": entry(),
        "expectation": sent_shapes::expectation(),
        "evidence": evidence(),
    })
}

/// A behaviour with its evidence.
fn evidence() -> Value {
    object([
        ("behaviour", text()),
        ("grade", json!({"enum": Grade::ALL.map(Grade::name)})),
        ("date", optional_text()),
        ("source", text()),
    ])
}

fn by_grade() -> Value {
    let counts: Map<String, Value> =
        Grade::ALL.map(|grade| (grade.name().to_owned(), count())).into_iter().collect();
    json!({"type": "object", "required": Grade::ALL.map(Grade::name), "properties": counts})
}

fn operation_list() -> Value {
    let all = || list_of(&component("evidence"));
    let operation = object([
        ("id", text()),
        ("method", text()),
        ("path", text()),
        ("paths", list_of(&text())),
        ("products", list_of(&json!({"enum": Product::ALL.map(Product::name)}))),
        ("summary", text()),
        ("evidence", all()),
        ("request", all()),
        ("headers", all()),
        ("success", object([("status", count()), ("evidence", component("evidence"))])),
        ("fields", all()),
        ("refusals", all()),
        ("callback", json!({"anyOf": [all(), {"type": "null"}]})),
    ]);
    object([
        ("by_grade", by_grade()),
        ("operations", list_of(&operation)),
        ("headers", all()),
        ("answer_headers", all()),
        ("refusals", all()),
        ("reasons", all()),
        ("test_values", all()),
        ("markets", all()),
        ("callbacks", all()),
        ("rules", all()),
    ])
}

/// What a run relied on.
fn reliance() -> Value {
    let mut behaviour = object([("times", count())]);
    behaviour["allOf"] = json!([component("evidence")]);
    object([
        ("headline", text()),
        ("requests", count()),
        ("complete", json!({"type": "boolean"})),
        ("by_grade", by_grade()),
        ("behaviours", list_of(&behaviour)),
        ("decided_by_scenario", list_of(&object([("what", text()), ("times", count())]))),
    ])
}

fn problem() -> Value {
    object([("line", count()), ("column", count()), ("message", text()), ("help", optional_text())])
}

fn summary() -> Value {
    object([
        ("reference_id", uuid()),
        ("api_user", uuid()),
        ("product", json!({"enum": Product::ALL.map(Product::name)})),
        ("operation", operations()),
        ("amount", optional_text()),
        ("currency", text()),
        ("party", optional_text()),
        ("external_id", optional_text()),
        ("accepted_at", time()),
        ("status", text()),
        ("reason", optional_text()),
        ("callback", text()),
        ("status_reads", count()),
    ])
}

pub(super) fn operations() -> Value {
    json!({"enum": TransactionKind::ALL.map(TransactionKind::name)})
}

fn transaction() -> Value {
    let mut whole = object([
        ("callback_url", optional_text()),
        ("status_body", json!({"type": "object"})),
        ("plan", component("plan")),
        ("near_misses", list_of(&json!({"type": "object"}))),
        ("history", list_of(&object([("at", time()), ("status", text())]))),
        ("callback_attempts", list_of(&attempt())),
        ("delivery_notifications", list_of(&text())),
        ("journal", list_of(&component("entry"))),
    ]);
    whole["allOf"] = json!([component("summary")]);
    whole
}

fn attempt() -> Value {
    object([
        ("sent_at", time()),
        ("took_ms", count()),
        ("method", text()),
        ("url", text()),
        ("headers", json!({"type": "object", "additionalProperties": {"type": "string"}})),
        ("body", text()),
        ("answer_status", json!({"type": ["integer", "null"]})),
        ("answer_detail", optional_text()),
        ("redirect_to", optional_text()),
        ("error", optional_text()),
        ("error_detail", optional_text()),
    ])
}

fn plan() -> Value {
    let stage = object([("after_ms", count()), ("status", text()), ("reason", optional_text())]);
    let fates = json!({"enum": ["not_requested", "lost", "sent"]});
    object([
        ("stages", list_of(&stage)),
        ("callback", object([("fate", fates)])),
        (
            "decided_by",
            object([
                ("rule", json!({"type": ["object", "null"]})),
                ("rule_name", optional_text()),
                ("mtn_test_value", optional_text()),
                ("overruled_by", optional_text()),
                ("why", optional_text()),
            ]),
        ),
    ])
}

fn entry() -> Value {
    let request = object([
        ("method", text()),
        ("path", text()),
        ("operation", optional_text()),
        ("status", count()),
        ("told", optional_text()),
        ("refusal", optional_text()),
        ("why", optional_text()),
        ("broken", optional_text()),
        ("notes", list_of(&text())),
    ]);
    object([
        ("number", count()),
        ("at", time()),
        ("api_user", json!({"type": ["string", "null"], "format": "uuid"})),
        ("event", text()),
        ("reference_id", json!({"type": ["string", "null"], "format": "uuid"})),
        ("detail", optional_text()),
        ("request", json!({"anyOf": [request, {"type": "null"}]})),
    ])
}

fn labelling() -> Value {
    object([("label", optional_text()), ("excluded", json!({"type": "boolean"}))])
}

fn spaces() -> Value {
    let space = object([
        ("api_user", uuid()),
        ("provider_callback_host", text()),
        ("label", optional_text()),
        ("excluded", json!({"type": "boolean"})),
        ("now", time()),
        ("transactions", count()),
        ("pending", count()),
    ]);
    object([("spaces", list_of(&space))])
}

fn clock() -> Value {
    object([("now", time()), ("mode", text()), ("running", json!({"type": "boolean"}))])
}

/// The media type of an answer that is no JSON.
fn text_of(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Stream => "text/event-stream",
        CallKind::Root => "application/x-pem-file",
        _ => "text/plain",
    }
}

/// The media type and shape of a call's answer.
pub fn answer(kind: CallKind) -> (&'static str, Value) {
    let schema = match kind {
        CallKind::Stream | CallKind::Root | CallKind::Metrics => return (text_of(kind), text()),
        CallKind::Health => object([
            ("status", json!({"const": "ok"})),
            ("version", text()),
            ("time", time()),
            ("seed", count()),
            ("api_users", count()),
            ("transactions", count()),
            ("pending", count()),
        ]),
        CallKind::Spaces => spaces(),
        CallKind::Provision => provisioned(),
        CallKind::Operations => operation_list(),
        CallKind::Document | CallKind::ScenarioSchema => json!({"type": "object"}),
        CallKind::ReadClock | CallKind::Pause | CallKind::Run => clock(),
        CallKind::Advance => {
            let happened = object([
                ("at", time()),
                ("api_user", uuid()),
                ("event", text()),
                ("reference_id", optional_text()),
            ]);
            object([
                ("now", time()),
                ("count", count()),
                ("happened", list_of(&happened)),
                ("complete", json!({"type": "boolean"})),
            ])
        }
        CallKind::ReadScenario | CallKind::DeleteScenario => {
            let scenario = object([
                ("name", text()),
                ("description", optional_text()),
                ("rules", count()),
                ("source", text()),
            ]);
            object([("scenarios", list_of(&scenario))])
        }
        CallKind::ShippedScenarios => {
            let shipped = object([("name", text()), ("source", text())]);
            object([("scenarios", list_of(&shipped))])
        }
        CallKind::PutScenario => put_scenario(),
        CallKind::Transactions => {
            object([("transactions", list_of(&component("summary"))), ("total", count())])
        }
        CallKind::Transaction | CallKind::Act => component("transaction"),
        CallKind::Journal => object([
            ("entries", list_of(&component("entry"))),
            ("last", json!({"type": ["integer", "null"]})),
            ("more", json!({"type": "boolean"})),
            ("evicted", count()),
        ]),
        CallKind::Plan => component("plan"),
        CallKind::Wait => object([("met", json!({"type": "boolean"}))]),
        CallKind::Verify => verdict(),
        CallKind::Report => report(),
        CallKind::Label => labelling(),
        CallKind::Reset => object([("forgotten_transactions", count())]),
    };
    ("application/json", schema)
}

fn provisioned() -> Value {
    let texts = || json!({"type": "object", "additionalProperties": {"type": "string"}});
    object([
        ("api_user", uuid()),
        ("api_key", text()),
        ("label", optional_text()),
        ("provider_callback_host", text()),
        ("products", list_of(&json!({"enum": Product::ALL.map(Product::name)}))),
        ("tokens", texts()),
        ("expires_in", count()),
        ("scenario", put_scenario()),
        ("environment", texts()),
        ("export", text()),
    ])
}

fn put_scenario() -> Value {
    object([("name", text()), ("rules", count()), ("warnings", list_of(&problem()))])
}

fn report() -> Value {
    let sum = object([("currency", text()), ("count", count()), ("amount", text())]);
    let sums = || list_of(&sum);
    let case = || {
        [
            ("at", time()),
            ("reference_id", json!({"type": ["string", "null"], "format": "uuid"})),
            ("external_id", optional_text()),
            ("party", optional_text()),
        ]
    };
    let [at, reference_id, external_id, party] = case();
    let failure = object([
        ("api_user", uuid()),
        ("label", optional_text()),
        at,
        reference_id,
        external_id,
        party,
        ("seen", text()),
        ("times", count()),
        ("cases", list_of(&object(case()))),
    ]);
    let verdicts = || json!({"enum": ["pass", "fail", "not_exercised", "incomplete"]});
    let rule = object([
        ("name", text()),
        ("wants", text()),
        ("verdict", verdicts()),
        ("exercised", count()),
        ("failed", count()),
        ("failures", list_of(&failure)),
        ("proofs", list_of(&uuid())),
        ("remedy", text()),
    ]);
    object([
        ("verdict", verdicts()),
        ("summary", text()),
        ("headline", text()),
        (
            "money",
            object([
                ("collected", sums()),
                ("never_learnt", sums()),
                ("charged_twice", sums()),
                ("payouts_never_learnt", sums()),
                ("refunded", sums()),
                ("payouts_returned", sums()),
                ("returns_never_learnt", sums()),
            ]),
        ),
        (
            "counts",
            object([
                ("rules_exercised", count()),
                ("spaces", count()),
                ("excluded_spaces", count()),
                ("transactions", count()),
                ("pending", count()),
                ("status_queries", count()),
                ("missed_callbacks", count()),
            ]),
        ),
        ("rules", list_of(&rule)),
        ("notes", list_of(&text())),
        ("relied_on", reliance()),
    ])
}

fn verdict() -> Value {
    let result = object([
        ("expected", component("expectation")),
        ("found", count()),
        ("holds", json!({"type": "boolean"})),
        ("why", optional_text()),
    ]);
    object([
        ("verdict", json!({"enum": ["pass", "fail", "incomplete"]})),
        ("results", list_of(&result)),
        ("in_order", json!({"type": "boolean"})),
        ("evicted", count()),
    ])
}
