//! Labels of spaces.

use serde_json::{Value, json};

use crate::control::names::Fields;
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope};
use momo_sandbox_core::model::limits::LABEL_CHARS_MAX;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::platform::label::Labels;

impl Control {
    /// Takes what the owner of a space says of it. What is left out is as for a new space.
    pub(super) fn put_label(
        &self,
        scope: &Scope,
        request: &ControlRequest,
    ) -> Result<Answer, Refusal> {
        let body = request.json()?;
        let body = Fields::of(&body, "the body of `label`", &["label", "excluded"])?;
        let is_excluded = body.switch("excluded")?;
        let labels = Labels { label: read_label(body.get("label"))?, is_excluded };
        for space in self.spaces_of(scope) {
            self.spaces.set_labels(&space, &labels);
        }
        let body = json!({"label": labels.label, "excluded": labels.is_excluded});
        Ok(Answer::json(200, &body))
    }
}

/// Reads a label: none, or a text that is not empty and not too long.
///
/// # Errors
///
/// 400 for anything else.
pub(super) fn read_label(value: Option<&Value>) -> Result<Option<Box<str>>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(label)) if (1..=LABEL_CHARS_MAX).contains(&label.chars().count()) => {
            Ok(Some(label.as_str().into()))
        }
        Some(_) => {
            let message = format!("`label` must be a text of 1 to {LABEL_CHARS_MAX} characters");
            Err(Refusal::bad(message))
        }
    }
}
