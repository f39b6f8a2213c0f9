//! The examples of the OpenAPI documents: a request of each operation, and the answer to it.
//!
//! They are real answers. The tests play them on an emulator (`tests/docs/played_examples.rs`) and
//! write them to `data/examples.json`; a test fails when that file is stale.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::operations::table::Operation;

/// The examples by the number of decimals of the target environment's currency. `{environment}` and
/// `{currency}` are placeholders for the names that differ.
pub const EXAMPLES_JSON: &str = include_str!("../../data/examples.json");

/// The examples of a target environment by [their names](name_of).
pub type Examples = BTreeMap<String, Example>;

/// A request and the answer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The values of the path's parameters, in their order.
    pub path_parameters: Vec<String>,
    /// The headers, but for the credentials.
    pub headers: Vec<(String, String)>,
    pub body: Option<ExampleBody>,
    /// The body of the answer; null if it has none.
    pub answer: Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExampleBody {
    Json(Value),
    Form(Value),
}

/// The name of the example of an operation under a product, or at the root.
pub fn name_of(operation: &Operation, product: Option<Product>) -> String {
    match product {
        Some(product) => format!("{product} {}", operation.id),
        None => operation.id.to_owned(),
    }
}

/// The set of examples that a target environment shares with others.
pub fn set_of(environment: &Environment) -> String {
    match (environment.is_production(), environment.decimals) {
        (false, _) => "sandbox".to_owned(),
        (true, decimals) => {
            let fields = environment.basic_user_info_fields;
            let fields = fields.map_or(String::new(), |fields| format!(", {}", fields.join(" ")));
            format!("production, {} decimals{fields}", decimals.unwrap_or_default())
        }
    }
}

/// The examples of a target environment.
pub fn examples_of(environment: &Environment) -> Examples {
    let text = EXAMPLES_JSON
        .replace("{environment}", environment.name)
        .replace("{currency}", environment.currency);
    let mut sets: BTreeMap<String, Examples> =
        serde_json::from_str(&text).expect("the file is written by a test");
    sets.remove(&set_of(environment)).unwrap_or_default()
}
