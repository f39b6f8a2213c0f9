//! The table of the control plane's calls: one row each. Dispatch, refusals of wrong paths and the
//! OpenAPI document read it.

use crate::control::PREFIX;
use crate::control::request::Refusal;
use momo_sandbox_core::model::limits::SHORT_BODY_BYTES_MAX;

/// One call.
#[derive(Debug)]
pub struct Call {
    /// Which.
    pub kind: CallKind,
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the prefix, in parts; `{name}` stands for one.
    pub path: &'static [&'static str],
    /// What it can be about.
    pub about: About,
    /// What it does, in a line.
    pub summary: &'static str,
}

/// What a call can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The emulator.
    All,
    /// One space.
    Space,
    /// One space or, without `spaces/{apiUserId}`, all of them.
    Either,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described by its row")]
pub enum CallKind {
    Health,
    Metrics,
    Spaces,
    Provision,
    Document,
    Operations,
    ScenarioSchema,
    Root,
    ReadClock,
    Advance,
    Pause,
    Run,
    ShippedScenarios,
    ReadScenario,
    PutScenario,
    DeleteScenario,
    Transactions,
    Transaction,
    Act,
    Journal,
    Stream,
    Plan,
    Wait,
    Verify,
    Report,
    Label,
    Reset,
}

impl CallKind {
    /// The parameters of its query that it knows. `None`: a query of any kind changes nothing, and
    /// a monitor or a cache may add one.
    pub fn parameters(self) -> Option<&'static [&'static str]> {
        Some(match self {
            Self::Health
            | Self::Metrics
            | Self::Document
            | Self::Operations
            | Self::ScenarioSchema
            | Self::Root => return None,
            Self::Transactions => &[
                "status",
                "operation",
                "product",
                "party",
                "external_id",
                "reason",
                "callback",
                "reference_id",
                "order",
                "limit",
                "after",
            ],
            Self::Transaction | Self::Act => &["api_user"],
            Self::Journal => &[
                "event",
                "reference_id",
                "operation",
                "status",
                "refusal",
                "limit",
                "after",
                "tail",
            ],
            Self::Report => &["format", "within", "exclude"],
            Self::Stream => &["after"],
            Self::Spaces
            | Self::Provision
            | Self::ReadClock
            | Self::Advance
            | Self::Pause
            | Self::Run
            | Self::ShippedScenarios
            | Self::ReadScenario
            | Self::PutScenario
            | Self::DeleteScenario
            | Self::Plan
            | Self::Wait
            | Self::Verify
            | Self::Label
            | Self::Reset => &[],
        })
    }

    /// Whether it looks at a body. To the others none is sent, or one without fields.
    pub fn takes_body(self) -> bool {
        matches!(
            self,
            Self::Provision
                | Self::Advance
                | Self::PutScenario
                | Self::Plan
                | Self::Wait
                | Self::Verify
                | Self::Label
        )
    }
}

impl Call {
    /// Refuses a long body to a call that keeps it for as long as it waits.
    ///
    /// # Errors
    ///
    /// 413.
    pub fn takes_body_of(&self, bytes: usize) -> Result<(), Refusal> {
        let waits = matches!(self.kind, CallKind::Wait | CallKind::Advance);
        match waits && bytes > SHORT_BODY_BYTES_MAX {
            true => {
                let (method, path) = (self.method, self.told());
                let message = format!(
                    "the body has {bytes} bytes; that of `{method} {path}` has \
                     {SHORT_BODY_BYTES_MAX} at most"
                );
                Err(Refusal::new(413, message))
            }
            false => Ok(()),
        }
    }
}

const fn call(
    kind: CallKind,
    method: &'static str,
    path: &'static [&'static str],
    about: About,
    summary: &'static str,
) -> Call {
    Call { kind, method, path, about, summary }
}

/// All calls.
pub const CALLS: &[Call] = &[
    call(CallKind::Health, "GET", &["health"], About::All, "Whether it runs, with counts"),
    call(
        CallKind::Metrics,
        "GET",
        &["metrics"],
        About::All,
        "What was counted, in the text format of Prometheus",
    ),
    call(CallKind::Spaces, "GET", &["spaces"], About::All, "The spaces"),
    call(
        CallKind::Provision,
        "POST",
        &["spaces"],
        About::All,
        "Provisions an API user, with its key, tokens, scenario and label",
    ),
    call(
        CallKind::Document,
        "GET",
        &["openapi", "{document}"],
        About::All,
        "An OpenAPI document: of a product, of provisioning, or of the control plane",
    ),
    call(
        CallKind::Operations,
        "GET",
        &["operations"],
        About::All,
        "The operations of the emulated API, with the evidence of each behaviour",
    ),
    call(
        CallKind::ScenarioSchema,
        "GET",
        &["scenario.schema.json"],
        About::All,
        "The JSON Schema of scenario files",
    ),
    call(
        CallKind::Root,
        "GET",
        &["ca.pem"],
        About::All,
        "The root of the HTTPS front's certificate, to trust",
    ),
    call(CallKind::ReadClock, "GET", &["clock"], About::Either, "The time"),
    call(
        CallKind::Advance,
        "POST",
        &["clock", "advance"],
        About::Either,
        "Moves time forward, and answers once all that is due by then has happened",
    ),
    call(
        CallKind::Pause,
        "POST",
        &["clock", "pause"],
        About::All,
        "Has the clock stand, for all, until it runs again or is advanced",
    ),
    call(CallKind::Run, "POST", &["clock", "run"], About::All, "Has the clock run again"),
    call(
        CallKind::ShippedScenarios,
        "GET",
        &["scenarios"],
        About::All,
        "The scenarios that ship, to put in force or to begin one's own with",
    ),
    call(CallKind::ReadScenario, "GET", &["scenario"], About::Either, "The scenarios in force"),
    call(
        CallKind::PutScenario,
        "PUT",
        &["scenario"],
        About::Either,
        "Puts a scenario in force for what is accepted from now on, or some that ship, by name",
    ),
    call(
        CallKind::DeleteScenario,
        "DELETE",
        &["scenario"],
        About::Either,
        "Puts the scenarios of the start in force again",
    ),
    call(CallKind::Transactions, "GET", &["transactions"], About::Either, "The transactions"),
    call(
        CallKind::Transaction,
        "GET",
        &["transactions", "{referenceId}"],
        About::Either,
        "One transaction, with all that is known of it",
    ),
    call(
        CallKind::Act,
        "POST",
        &["transactions", "{referenceId}", "{act}"],
        About::Either,
        "What the payer of a pending transaction does",
    ),
    call(CallKind::Journal, "GET", &["journal"], About::Either, "What happened"),
    call(
        CallKind::Stream,
        "GET",
        &["journal", "stream"],
        About::Either,
        "What happened and what happens, as server-sent events",
    ),
    call(
        CallKind::Plan,
        "POST",
        &["plan"],
        About::Space,
        "What would become of a transaction that has not been sent yet",
    ),
    call(
        CallKind::Wait,
        "POST",
        &["wait"],
        About::Either,
        "Answers once a transaction has come so far, or the clock",
    ),
    call(
        CallKind::Verify,
        "POST",
        &["verify"],
        About::Either,
        "Whether what happened is what was expected",
    ),
    call(
        CallKind::Report,
        "GET",
        &["report"],
        About::Either,
        "The merchant audit: what the merchant's program did, rule by rule, and the money",
    ),
    call(
        CallKind::Label,
        "PUT",
        &["label"],
        About::Space,
        "Labels a space in reports, and says whether the audit leaves it out",
    ),
    call(
        CallKind::Reset,
        "POST",
        &["reset"],
        About::Either,
        "Forgets transactions, accounts and journal; API users and keys stay",
    ),
];

impl Call {
    /// Whether a path below the prefix, or below a space, is this call's.
    fn fits(&self, path: &[&str], is_space: bool) -> bool {
        let is_about = match self.about {
            About::All => !is_space,
            About::Space => is_space,
            About::Either => true,
        };
        is_about
            && self.path.len() == path.len()
            && self.path.iter().zip(path).all(|(part, found)| part == found || is_name(part))
    }

    /// The value of a parameter of this call's path.
    pub fn parameter<'a>(&self, name: &str, path: &[&'a str]) -> &'a str {
        let place = self.path.iter().position(|part| *part == name);
        path[place.expect("who reads a parameter knows the row that has it")]
    }

    /// The path below the prefix, as it is told.
    pub fn told(&self) -> String {
        let path = self.path.join("/");
        match self.about {
            About::All | About::Either => format!("{PREFIX}/{path}"),
            About::Space => format!("{PREFIX}/spaces/{{apiUserId}}/{path}"),
        }
    }
}

fn is_name(part: &str) -> bool {
    part.starts_with('{')
}

/// The call of this method and path, below the prefix or below a space.
///
/// # Errors
///
/// 405 that tells the right methods, or 404 that tells all calls.
pub fn find(method: &str, path: &[&str], is_space: bool) -> Result<&'static Call, Refusal> {
    // A part that is spelt out goes before one that is a name: `journal/stream`.
    let found: Vec<&Call> = CALLS.iter().filter(|call| call.fits(path, is_space)).collect();
    if let Some(call) = found.iter().find(|call| call.method == method) {
        return Ok(call);
    }
    if found.is_empty() {
        let calls: Vec<String> =
            CALLS.iter().map(|call| format!("{} {}", call.method, call.told())).collect();
        let message = format!("no such path of the control plane; there are {}", calls.join(", "));
        return Err(Refusal::new(404, message));
    }
    let methods: Vec<&str> = found.iter().map(|call| call.method).collect();
    let methods = methods.join(" or ");
    Err(Refusal::new(405, format!("this path of the control plane is called with {methods}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_path() {
        for call in CALLS {
            let is_space = call.about == About::Space;
            let found = find(call.method, call.path, is_space).expect("a call");
            assert_eq!(found.kind, call.kind);
        }
    }

    #[test]
    fn what_is_about_the_emulator_is_not_below_a_space() {
        assert!(find("GET", &["health"], true).is_err());
        assert!(find("POST", &["plan"], false).is_err());
    }
}
