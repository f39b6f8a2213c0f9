//! A request of the emulated API as the journal keeps it.
//!
//! A hundred thousand are kept, and most have a path that follows from the table of operations and
//! the reference. Such a path is not stored, which makes an entry less than half as large.

use std::borrow::Cow;
use std::num::NonZeroU64;

use strum::VariantArray;
use uuid::fmt::Hyphenated;

use crate::model::fault::ConnectionFault;
use crate::model::http_fault::HttpFault;
use crate::model::ids::ReferenceId;
use crate::model::status::StatusKind;
use crate::operations::path::OperationPath;
use crate::operations::rejection::RejectionKind;
use crate::operations::table::Operation;
use crate::platform::arrival::Arrival;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredRequest {
    pub line: RequestLine,
    pub reference_id: Option<ReferenceId>,
    /// The fingerprint of a submission: equal for two that differ in nothing but their references.
    pub fingerprint: Option<NonZeroU64>,
    pub has_callback_url: bool,
    /// The platform of production that it was for, and how its client named the host.
    pub arrival: Arrival,
    /// The status that the answer to a status query reported, where it went out whole.
    pub reported_status: Option<ReportedStatus>,
    /// The HTTP status of the answer; 0 where there was no answer in HTTP.
    pub status: u16,
    /// The refusal, if the request was refused.
    pub refusal: Option<Box<Refusal>>,
    /// The fault of the connection that a scenario asked for.
    pub fault: Option<ConnectionFault>,
}

/// The status in the answer to a status query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedStatus {
    pub kind: StatusKind,
    /// Whether a scenario made it up: the transaction had another one.
    pub is_made_up: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub cause: RefusalCause,
    pub why: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCause {
    /// A check of the emulated API.
    Rejection(RejectionKind),
    /// HTTP or TLS: the emulated API never saw the request.
    HttpFault(HttpFault),
    /// A scenario that asks for an error.
    Scenario,
}

impl RefusalCause {
    pub fn all() -> impl Iterator<Item = Self> {
        let rejections = RejectionKind::VARIANTS.iter().copied().map(Self::Rejection);
        let faults = HttpFault::VARIANTS.iter().copied().map(Self::HttpFault);
        rejections.chain(faults).chain([Self::Scenario])
    }

    /// The name in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rejection(kind) => kind.name(),
            Self::HttpFault(fault) => fault.name(),
            Self::Scenario => "scenario",
        }
    }

    /// What to do about it; `None` where only the explanation of the request says it.
    pub fn remedy(self) -> Option<&'static str> {
        match self {
            Self::Rejection(kind) => kind.remedy(),
            Self::Scenario => Some("Handle this answer, or take the rule out of the scenario."),
            Self::HttpFault(_) => None,
        }
    }
}

/// The method and the path of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestLine {
    /// A path of an operation as the table has it, with the request's reference in the place of
    /// its parameter if it has one.
    Plain {
        operation: &'static Operation,
        /// The number of the path among those of the operation.
        operation_path: u8,
    },
    AsSent(Box<LineAsSent>),
}

/// A method and a path, as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineAsSent {
    pub method: Cow<'static, str>,
    pub path: Box<str>,
    /// The operation, where the path has one.
    pub operation: Option<&'static Operation>,
}

impl RequestLine {
    /// The line of a request to this path of the operation, if the request's path has nothing but
    /// what that path and the reference say.
    pub fn plain(
        operation: &'static Operation,
        operation_path: OperationPath,
        reference_id: Option<ReferenceId>,
        path: &str,
    ) -> Option<Self> {
        let below = match operation_path.product {
            Some(product) => path.strip_prefix('/')?.strip_prefix(product.name())?,
            None => path,
        };
        let is_plain = match parameter(operation_path.template) {
            None => below == operation_path.template,
            Some((before, after)) => {
                let mut buffer = [0; Hyphenated::LENGTH];
                let id = reference_id?.0.hyphenated().encode_lower(&mut buffer);
                let sent = below.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                sent == Some(id)
            }
        };
        is_plain.then_some(Self::Plain { operation, operation_path: operation_path.number })
    }
}

/// What is before and after the first parameter of a path, if it has one.
fn parameter(path: &str) -> Option<(&str, &str)> {
    let (before, rest) = path.split_once('{')?;
    let (_, after) = rest.split_once('}')?;
    Some((before, after))
}

impl AnsweredRequest {
    pub fn method(&self) -> &str {
        match &self.line {
            RequestLine::Plain { operation, .. } => operation.method.name(),
            RequestLine::AsSent(line) => &line.method,
        }
    }

    pub fn path(&self) -> Cow<'_, str> {
        match &self.line {
            RequestLine::AsSent(line) => Cow::Borrowed(&line.path),
            RequestLine::Plain { operation, operation_path } => {
                let operation_path = operation.paths().nth(usize::from(*operation_path));
                let path =
                    operation_path.expect("the number is that of one of its paths").full_path();
                Cow::Owned(match (parameter(&path), self.reference_id) {
                    (Some((before, after)), Some(id)) => format!("{before}{id}{after}"),
                    _ => path,
                })
            }
        }
    }

    /// The operation's path that it was sent to, where there is one.
    pub fn operation_path(&self) -> Option<OperationPath> {
        match &self.line {
            RequestLine::Plain { operation, operation_path } => {
                operation.paths().nth(usize::from(*operation_path))
            }
            RequestLine::AsSent(line) => line.operation.and_then(|one| one.path_of(&line.path)),
        }
    }

    /// What MTN would not take alike, although the emulator does, in sentences.
    pub fn notes(&self) -> Vec<&'static str> {
        let Some(operation) = self.operation() else { return Vec::new() };
        let lacks_slash = operation.kind.issues_tokens() && !self.path().ends_with('/');
        let id = self.reference_id.filter(|_| operation.kind.creates());
        let is_of_another_version = id.is_some_and(|id| !id.is_version_4());
        [
            (lacks_slash, "The path has no slash at its end: MTN answered it with a 302 in 2020."),
            (
                is_of_another_version,
                "The reference id is not a UUID of version 4, as MTN's documents ask for.",
            ),
        ]
        .into_iter()
        .filter_map(|(applies, note)| applies.then_some(note))
        .collect()
    }

    pub fn refused_by(&self) -> Option<RefusalCause> {
        self.refusal.as_ref().map(|refusal| refusal.cause)
    }

    /// Whether the request failed in HTTP or TLS, so that the emulated API never saw it.
    pub fn is_http_fault(&self) -> bool {
        matches!(self.refused_by(), Some(RefusalCause::HttpFault(_)))
    }

    /// The bytes that it needs beside its entry.
    pub fn bytes_elsewhere(&self) -> usize {
        let line = match &self.line {
            RequestLine::Plain { .. } => 0,
            RequestLine::AsSent(line) => {
                size_of::<LineAsSent>() + line.path.len() + line.method.len()
            }
        };
        let why =
            self.refusal.as_ref().map_or(0, |refusal| size_of::<Refusal>() + refusal.why.len());
        line + why
    }

    /// The operation, where the path has one.
    pub fn operation(&self) -> Option<&'static Operation> {
        match &self.line {
            RequestLine::Plain { operation, .. } => Some(operation),
            RequestLine::AsSent(line) => line.operation,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::operations::table::OPERATIONS;
    use crate::platform::journal::JournalEntry;

    use super::*;

    fn request(line: RequestLine, reference_id: Option<ReferenceId>) -> AnsweredRequest {
        AnsweredRequest {
            line,
            reference_id,
            fingerprint: None,
            has_callback_url: false,
            arrival: Arrival::Untold,
            reported_status: None,
            status: 200,
            refusal: None,
            fault: None,
        }
    }

    #[test]
    fn a_plain_line_reads_as_it_was_sent() {
        let id = ReferenceId(Uuid::from_u128(0xabcd_0000_4000_8000_0000_0000_0000_0001));
        for operation in OPERATIONS {
            for operation_path in operation.paths() {
                let template = operation_path.full_path();
                let sent = match parameter(&template) {
                    Some((before, after)) => format!("{before}{id}{after}"),
                    None => template,
                };
                let line = RequestLine::plain(operation, operation_path, Some(id), &sent);
                let read = request(line.expect("a plain path"), Some(id));
                assert_eq!((&*read.path(), read.method()), (&*sent, operation.method.name()));
                for other in [format!("/{sent}"), format!("{sent}/"), sent.to_uppercase()] {
                    assert_eq!(
                        RequestLine::plain(operation, operation_path, Some(id), &other),
                        None
                    );
                }
                let another = Some(ReferenceId(Uuid::nil()));
                let is_named = sent.contains(&id.to_string());
                let plain = RequestLine::plain(operation, operation_path, another, &sent);
                assert_eq!(plain.is_none(), is_named, "{sent}");
            }
        }
    }

    #[test]
    fn an_entry_of_a_common_request_is_small() {
        assert!(size_of::<AnsweredRequest>() <= 56, "{}", size_of::<AnsweredRequest>());
        assert!(size_of::<JournalEntry>() <= 72, "{}", size_of::<JournalEntry>());
    }
}
