//! `GET operations`: the operations of the emulated API, with the evidence of each behaviour.

use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde_json::Value;

use crate::control::Control;
use crate::control::names::{OperationId, Word};
use crate::control::parts::{Anything, Shaped};
use crate::control::refusal::Refusal;
use crate::documents::evidence;
use momo_sandbox_core::model::product::Product;

/// How many behaviours have each grade.
#[derive(JsonSchema)]
#[schemars(rename = "by_grade")]
#[allow(dead_code, reason = "it describes a shape")]
pub struct ByGrade {
    measured: u64,
    documented: u64,
    seen: u64,
    chosen: u64,
}

/// How well a behaviour is known.
#[derive(JsonSchema)]
#[schemars(rename = "grade", rename_all = "snake_case")]
#[allow(dead_code, reason = "it describes a shape")]
pub enum GradeName {
    Measured,
    Documented,
    Seen,
    Chosen,
}

/// A behaviour with its evidence.
#[derive(JsonSchema)]
#[schemars(rename = "evidence")]
#[allow(dead_code, reason = "it describes a shape")]
pub struct Evidence {
    behaviour: String,
    grade: GradeName,
    date: Option<String>,
    source: String,
}

/// The operations, and what is about no single one.
#[derive(JsonSchema)]
#[schemars(rename = "operations")]
#[allow(dead_code, reason = "it describes a shape")]
pub struct OperationList {
    by_grade: ByGrade,
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
#[schemars(rename = "operation_evidence")]
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
#[schemars(rename = "success")]
#[allow(dead_code, reason = "it describes a shape")]
struct Success {
    status: u16,
    evidence: Evidence,
}

impl Control {
    /// Lists the operations with their evidence.
    pub async fn list_operations(
        self: Arc<Self>,
        _: Anything,
    ) -> Result<Shaped<OperationList>, Refusal> {
        static OPERATIONS: LazyLock<Value> = LazyLock::new(evidence::operations);
        Ok(Shaped::new(OPERATIONS.clone()))
    }
}
