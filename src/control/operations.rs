//! `GET operations`: the operations of the emulated API, with the evidence of each behaviour.

use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::control::Control;
use crate::control::names::{OperationId, Word};
use crate::control::parts::Anything;
use crate::control::refusal::Refusal;
use crate::documents::evidence;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::operations::evidence::Grade;
use momo_sandbox_core::report::audit_report::GradesReport;

/// A behaviour with its evidence.
#[derive(JsonSchema)]
#[schemars(rename = "evidence")]
#[allow(dead_code, reason = "it describes a shape")]
struct Evidence {
    behaviour: String,
    grade: Grade,
    date: Option<String>,
    source: String,
}

/// The operations as JSON.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Operations(#[schemars(with = "OperationList")] &'static Value);

/// The operations, and the behaviours that are not about a single one.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it describes a shape")]
struct OperationList {
    by_grade: GradesReport,
    operations: Vec<OperationLine>,
    headers: Vec<Evidence>,
    answer_headers: Vec<Evidence>,
    refusals: Vec<Evidence>,
    reasons: Vec<Evidence>,
    test_values: Vec<Evidence>,
    markets: Vec<Evidence>,
    callbacks: Vec<Evidence>,
    rules: Vec<Evidence>,
}

/// An operation.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it describes a shape")]
struct OperationLine {
    id: Word<OperationId>,
    method: String,
    path: String,
    paths: Vec<String>,
    products: Vec<Word<Product>>,
    summary: String,
    evidence: Vec<Evidence>,
    request: Vec<Evidence>,
    headers: Vec<Evidence>,
    success: Success,
    fields: Vec<Evidence>,
    refusals: Vec<Evidence>,
    callback: Option<Vec<Evidence>>,
}

/// The status of success.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it describes a shape")]
struct Success {
    status: u16,
    evidence: Evidence,
}

impl Control {
    pub async fn list_operations(self: Arc<Self>, _: Anything) -> Result<Operations, Refusal> {
        static OPERATIONS: LazyLock<Value> = LazyLock::new(evidence::operations);
        Ok(Operations(&OPERATIONS))
    }
}
