//! The operations of the emulated API, with the evidence of each behaviour.

use std::sync::LazyLock;

use serde_json::Value;

use crate::control::Control;
use crate::documents::evidence;
use momo_sandbox_core::operations::answer::Answer;

impl Control {
    /// All operations with their evidence; they are the same as long as the program runs.
    pub(super) fn list_operations() -> Answer {
        static OPERATIONS: LazyLock<Value> = LazyLock::new(evidence::operations);
        Answer::json(200, &*OPERATIONS)
    }
}
