//! What its owner says of a space: a label, and whether the audit judges it. Neither changes what
//! the emulated API answers, and both outlive a reset, as the API user does.

use crate::platform::space::Platform;

/// What its owner says of a space.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labelling {
    /// What the space is for, in the owner's words.
    pub label: Option<Box<str>>,
    /// Whether the audit leaves it out: one in which a suite makes mistakes on purpose.
    pub is_excluded: bool,
}

impl Platform {
    /// What its owner says of it.
    pub fn labelling(&self) -> &Labelling {
        &self.labelling
    }

    /// Its label, if it has one.
    pub fn label(&self) -> Option<&str> {
        self.labelling.label.as_deref()
    }

    /// Takes what its owner says of it now.
    pub fn put_labelling(&mut self, labelling: Labelling) {
        self.labelling = labelling;
    }
}
