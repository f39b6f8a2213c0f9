//! A request of the emulated API as the journal keeps it.

use std::borrow::Cow;

use crate::model::reference::ReferenceId;

/// A request and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// The HTTP method.
    pub method: Cow<'static, str>,
    /// The path, as sent.
    pub path: Box<str>,
    /// The id of the operation, where the path has one.
    pub operation: Option<&'static str>,
    /// The transaction that it names.
    pub reference_id: Option<ReferenceId>,
    /// What a submission asks for: equal for two that differ in nothing but their references.
    pub order: Option<u64>,
    /// Whether a submission names a callback URL.
    pub has_callback_url: bool,
    /// The status that a status query was told, where its answer went out whole.
    pub told: Option<&'static str>,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The refusal's name and its reason in words.
    pub refusal: Option<(&'static str, Box<str>)>,
    /// What a scenario did to the answer: `reset`, `hang` or `cut_off`.
    pub broken: Option<&'static str>,
}
