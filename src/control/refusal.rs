//! Refusals of the control plane: a status, and a message that says what was expected.

use serde_json::{Value, json};

use momo_sandbox_core::operations::answer::Answer;

#[derive(Debug)]
pub struct Refusal {
    status: u16,
    body: Value,
}

impl Refusal {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, body: json!({"error": message.into()}) }
    }

    /// The refusal of a request that is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// A refusal that says more than a message.
    pub fn with(status: u16, body: Value) -> Self {
        Self { status, body }
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn message(&self) -> &str {
        self.body["error"].as_str().unwrap_or_default()
    }

    pub fn answer(self) -> Answer {
        Answer::json(self.status, &self.body)
    }
}
