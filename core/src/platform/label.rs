//! What the owner says of a space. It changes no answer of the emulated API, and outlives a reset,
//! as the API user does.

/// What the owner says of a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// What the space is for, in the owner's words.
    pub label: Option<Box<str>>,
    /// Whether the audit leaves it out: one in which a suite makes mistakes on purpose.
    pub is_excluded: bool,
}
