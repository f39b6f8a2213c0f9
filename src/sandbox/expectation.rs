//! What a test expects to have happened.

use std::fmt;

use uuid::Uuid;

/// What a test expects to have happened, and how often. It counts the journal entries with this
/// event, reference id, operation, HTTP status and refusal.
///
/// ```
/// use momo_sandbox::Expectation;
/// # let reference_id = uuid::Uuid::nil();
/// let one_payment = Expectation::request("requesttopay").status(202).exactly(1);
/// let no_repeat = Expectation::refusal("duplicate").never();
/// let asked = Expectation::event("status_read").reference_id(reference_id).at_least(1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "give it to `verify`"]
pub struct Expectation {
    pub(super) event: Option<String>,
    pub(super) reference_id: Option<Uuid>,
    pub(super) operation: Option<String>,
    pub(super) status: Option<u16>,
    pub(super) refusal: Option<String>,
    pub(super) at_least: u64,
    pub(super) at_most: u64,
}

impl Expectation {
    /// At least one entry of any kind: narrow it down with the other methods.
    const fn any() -> Self {
        Self {
            event: None,
            reference_id: None,
            operation: None,
            status: None,
            refusal: None,
            at_least: 1,
            at_most: u64::MAX,
        }
    }

    /// This event, such as `accepted`, `callback_sent` or `callback_finished`. `docs/control.md`
    /// lists the events.
    pub fn event(event: impl Into<String>) -> Self {
        Self { event: Some(event.into()), ..Self::any() }
    }

    /// A request of this operation, such as `requesttopay`.
    pub fn request(operation: impl Into<String>) -> Self {
        Self { event: Some("request".into()), operation: Some(operation.into()), ..Self::any() }
    }

    /// A request that was refused so, such as `duplicate` or `invalid_token`.
    pub fn refusal(refusal: impl Into<String>) -> Self {
        Self { event: Some("request".into()), refusal: Some(refusal.into()), ..Self::any() }
    }

    /// Of the transaction with this reference id.
    pub fn reference_id(self, reference_id: Uuid) -> Self {
        Self { reference_id: Some(reference_id), ..self }
    }

    /// Of this operation, where it is a request.
    pub fn operation(self, operation: impl Into<String>) -> Self {
        Self { operation: Some(operation.into()), ..self }
    }

    /// With this HTTP status, where it is a request.
    pub fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// Exactly this often.
    pub fn exactly(self, times: u64) -> Self {
        Self { at_least: times, at_most: times, ..self }
    }

    /// At least this often; once where nothing is said.
    pub fn at_least(self, times: u64) -> Self {
        Self { at_least: times, ..self }
    }

    /// At most this often; it need not happen at all.
    pub fn at_most(self, times: u64) -> Self {
        Self { at_least: 0, at_most: times, ..self }
    }

    /// Never.
    pub fn never(self) -> Self {
        self.exactly(0)
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, reference_id, operation, status, refusal, .. } = self;
        f.write_str(event.as_deref().unwrap_or("any event"))?;
        for (name, value) in [("operation", operation), ("refusal", refusal)] {
            value.as_ref().map_or(Ok(()), |value| write!(f, ", {name} {value}"))?;
        }
        status.map_or(Ok(()), |status| write!(f, ", HTTP status {status}"))?;
        reference_id.map_or(Ok(()), |id| write!(f, ", reference id {id}"))
    }
}

/// Why an expectation was not found to hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// These expectations do not hold.
    #[error("{}", unmet.join("\n"))]
    Unmet {
        /// Each of them, with what was found.
        unmet: Vec<String>,
    },
    /// Entries had to go to make room, so nobody can say.
    #[error("{evicted} entries of the journal had to go to make room, so nothing can be verified")]
    Incomplete {
        /// How many entries are gone.
        evicted: u64,
    },
    /// A word or a combination that no entry can have.
    #[error("{0}")]
    Impossible(String),
}
