//! `PUT label`: a space's label, and whether the audit leaves the space out.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use crate::control::Control;
use crate::control::parts::part;
use crate::control::refusal::Refusal;
use crate::engine::space::Space;

use momo_sandbox_core::platform::label::{LABEL_CHARS_MAX, Labels};

/// A label or another name: a text that is neither empty nor too long, or `null` for none.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct ShortText(#[schemars(length(min = 1, max = LABEL_CHARS_MAX))] pub Option<Box<str>>);

/// The labels of a space. A field that is left out gets the value of a new space.
#[derive(Debug, Clone, Default, Serialize, DeriveDeserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelRequest {
    #[serde(default)]
    pub label: ShortText,
    /// Whether the audit leaves the space out.
    #[serde(default)]
    pub excluded: bool,
}

part!(body LabelRequest);

impl Control {
    /// Replaces the labels of a space, and answers those that it has now.
    pub async fn put_label(
        self: Arc<Self>,
        space: Arc<Space>,
        request: LabelRequest,
    ) -> Result<LabelRequest, Refusal> {
        let LabelRequest { label: ShortText(label), excluded } = request;
        self.spaces.set_labels(&space, &Labels { label, is_excluded: excluded });
        let Labels { label, is_excluded } = space.labels();
        Ok(LabelRequest { label: ShortText(label), excluded: is_excluded })
    }
}

impl<'de> Deserialize<'de> for ShortText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = ShortText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "a text of 1 to {LABEL_CHARS_MAX} characters")
            }

            fn visit_unit<E>(self) -> Result<ShortText, E> {
                Ok(ShortText(None))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ShortText, E> {
                match text.chars().count() {
                    1..=LABEL_CHARS_MAX => Ok(ShortText(Some(text.into()))),
                    _ => Err(E::invalid_type(Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}
