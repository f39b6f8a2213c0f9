//! What the owner says of a space. It changes no answer of the emulated API, and outlives a reset,
//! as the API user does.

use crate::model::api_user::ApiUser;

/// The most characters of a space's label: it is kept, and shown with each finding.
pub const LABEL_CHARS_MAX: usize = 100;

/// What the owner says of a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels {
    /// What the space is for, in the owner's words.
    pub label: Option<Box<str>>,
    /// Whether the audit leaves it out: one in which a suite makes mistakes on purpose.
    pub is_excluded: bool,
}

impl Labels {
    /// The same for the space of an API user. Where its owner has not named it, and its User ID is
    /// no UUID, the User ID is its label, so that it can be found and named by it.
    pub(super) fn of_space_of(self, api_user: &ApiUser) -> Self {
        let user_id = || Some(api_user.user_id.as_deref()?.chars().take(LABEL_CHARS_MAX).collect());
        Self { label: self.label.or_else(user_id), ..self }
    }
}
