//! The behaviours of each operation, and their evidence as `x-evidence` in the OpenAPI documents.

use serde_json::{Value, json};

use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::operations::behaviour::Behaviour;
use momo_sandbox_core::operations::behaviours::{HEADERS, OTHER_BODIES, of_the_tables};
use momo_sandbox_core::operations::evidence::{EvidencedBehaviour, evidence_of};
use momo_sandbox_core::operations::general_rule::GeneralRule;
use momo_sandbox_core::operations::possible_refusals::PossibleRefusal;
use momo_sandbox_core::operations::request_schema::request_schema;
use momo_sandbox_core::operations::status_body::status_fields;
use momo_sandbox_core::operations::table::{Authentication, OPERATIONS, Operation, OperationKind};

pub fn evidence_of_all(behaviours: &[Behaviour]) -> Vec<EvidencedBehaviour> {
    behaviours.iter().map(Into::into).collect()
}

/// The behaviours that an operation is served, under each product and by each alias.
pub fn served(operation: &'static Operation) -> Vec<Behaviour> {
    let is_its_own = |one: &Behaviour| match one {
        Behaviour::Operation(other, _)
        | Behaviour::Alias(other, _)
        | Behaviour::AlsoUnder(other, _) => std::ptr::eq(*other, operation),
        _ => false,
    };
    of_the_tables().into_iter().filter(is_its_own).collect()
}

pub fn request_fields(kind: OperationKind) -> Vec<Behaviour> {
    if let OperationKind::Submit(transaction) = kind {
        let fields = request_schema(transaction).iter();
        return fields.map(|one| Behaviour::BodyField(transaction.name(), one.name)).collect();
    }
    let name = kind.answer_name();
    let bodies = OTHER_BODIES.iter().filter(|(body, _)| *body == name);
    let fields = bodies.flat_map(|(body, fields)| fields.iter().map(move |field| (*body, *field)));
    fields.map(|(body, field)| Behaviour::BodyField(body, field)).collect()
}

/// The headers of [`HEADERS`] that an operation reads.
pub fn headers_of(kind: OperationKind) -> Vec<Behaviour> {
    let (basic, bearer) = match kind.authentication() {
        Authentication::SubscriptionKeyOnly => (false, false),
        Authentication::Basic => (true, false),
        Authentication::Bearer => (false, true),
        Authentication::BasicOrBearer => (true, true),
    };
    let is_looked_at = |name: &&&str| match **name {
        "Authorization (Basic)" => basic,
        "Authorization (Bearer)" => bearer,
        "X-Target-Environment" => kind.needs_target_environment(),
        "X-Reference-Id" => kind.needs_reference_id(),
        "X-Callback-Url" => kind.takes_callback_url(),
        "Content-Type" => !request_fields(kind).is_empty(),
        "notificationMessage" | "Language" => kind == OperationKind::DeliveryNotification,
        _ => true,
    };
    HEADERS.iter().filter(is_looked_at).map(|name| Behaviour::Header(name)).collect()
}

/// The behaviours of an operation's answer: its fields. For a status query also their order and the
/// statuses.
pub fn answer_fields(kind: OperationKind) -> Vec<Behaviour> {
    let is_its_own = |one: &Behaviour| match (one, kind) {
        (Behaviour::AnswerField(other, _), _) => *other == kind,
        (Behaviour::StatusField(other, _), OperationKind::Status(own))
        | (Behaviour::StatusOrder(other), OperationKind::Status(own))
        | (Behaviour::ReportedStatus(other, _), OperationKind::Status(own)) => *other == own,
        _ => false,
    };
    of_the_tables().into_iter().filter(is_its_own).collect()
}

pub fn callback_of(operation: &'static Operation, kind: TransactionKind) -> Vec<Behaviour> {
    vec![
        Behaviour::CallbackMethod(operation),
        Behaviour::CallbackBody(kind),
        Behaviour::General(GeneralRule::CallbackOnce),
        Behaviour::General(GeneralRule::CallbackNeedsUrl),
    ]
}

/// Writes `x-evidence` into an OpenAPI document, whose operations meet these refusals: at
/// operations, header parameters, answers, the fields of statuses, and callbacks.
pub fn annotate(
    document: &mut Value,
    product: Option<Product>,
    refusals_of: &dyn Fn(&Operation) -> Vec<PossibleRefusal>,
) {
    for operation in OPERATIONS {
        let is_there = match product {
            Some(product) => operation.products.contains(&product),
            None => operation.products.is_empty(),
        };
        let method = operation.method.name().to_lowercase();
        let described = document
            .get_mut("paths")
            .and_then(|paths| paths.get_mut(operation.path))
            .and_then(|path| path.get_mut(&method));
        if let (true, Some(described)) = (is_there, described) {
            annotate_operation(described, operation, product, &refusals_of(operation));
        }
    }
}

fn annotate_operation(
    described: &mut Value,
    operation: &'static Operation,
    product: Option<Product>,
    refusals: &[PossibleRefusal],
) {
    let kind = operation.kind;
    mark(described, &Behaviour::Operation(operation, product));
    for parameter in described["parameters"].as_array_mut().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let found = HEADERS.iter().find(|header| **header == name);
        if let (Some(header), "header") = (found, parameter["in"].as_str().unwrap_or_default()) {
            mark(parameter, &Behaviour::Header(header));
        }
    }
    for (status, answer) in described["responses"].as_object_mut().into_iter().flatten() {
        if *status == kind.success().to_string() {
            mark(answer, &Behaviour::Answer(kind));
        }
        let met: Vec<Behaviour> = refusals
            .iter()
            .filter(|refusal| refusal.answer().status.to_string() == *status)
            .map(|refusal| refusal.behaviour())
            .collect();
        if !met.is_empty() {
            answer["x-evidence-of-refusals"] = json!(evidence_of_all(&met));
        }
        if let (OperationKind::Status(transaction), true) =
            (kind, *status == kind.success().to_string())
        {
            mark_status_fields(answer, transaction);
        }
    }
    if let OperationKind::Submit(transaction) = kind {
        mark_callback(described, operation, transaction);
    }
}

/// Marks the callback, which has one URL and one method.
fn mark_callback(described: &mut Value, operation: &'static Operation, kind: TransactionKind) {
    let urls = described["callbacks"]["finalStatus"].as_object_mut().into_iter().flatten();
    for (_, methods) in urls {
        for (_, callback) in methods.as_object_mut().into_iter().flatten() {
            let evidence = json!(evidence_of_all(&callback_of(operation, kind)));
            if let Some(body) = callback.get_mut("requestBody") {
                mark_status_fields(body, kind);
            }
            callback["x-evidence"] = evidence;
        }
    }
}

/// Marks the fields of a status body below `content`.
fn mark_status_fields(holder: &mut Value, kind: TransactionKind) {
    let contents = holder.get_mut("content").and_then(Value::as_object_mut);
    for (_, content) in contents.into_iter().flatten() {
        let Some(schema) = content.get_mut("schema") else { continue };
        mark(schema, &Behaviour::StatusOrder(kind));
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            if let Some(field) = status_fields(kind).iter().find(|field| field.name == name) {
                mark(property, &Behaviour::StatusField(kind, field.name));
            }
        }
        if let Some(status) = schema.get_mut("properties").and_then(|all| all.get_mut("status")) {
            status["x-evidence-of-values"] = values_of(kind);
        }
    }
}

/// The evidence of each status that a kind can have.
fn values_of(kind: TransactionKind) -> Value {
    let evidence = |status: &StatusKind| {
        (status.as_str().to_owned(), json!(evidence_of(&Behaviour::ReportedStatus(kind, *status))))
    };
    StatusKind::ALL.iter().map(evidence).collect()
}

fn mark(value: &mut Value, behaviour: &Behaviour) {
    if let Some(object) = value.as_object_mut() {
        object.insert("x-evidence".to_owned(), json!(EvidencedBehaviour::from(behaviour)));
    }
}
