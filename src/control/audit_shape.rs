//! The shape of the audit as JSON, which [`Audit::to_json`] writes.
//!
//! [`Audit::to_json`]: momo_sandbox_core::report::audit::Audit::to_json
#![allow(dead_code, reason = "its types describe shapes")]

use schemars::JsonSchema;

use crate::control::operations::{ByGrade, Evidence};
use momo_sandbox_core::model::reference::{ApiUserId, ReferenceId};
use momo_sandbox_core::model::time::Timestamp;

/// The merchant audit.
#[derive(JsonSchema)]
#[schemars(rename = "audit")]
pub struct AuditShape {
    verdict: Verdict,
    summary: String,
    headline: String,
    money: Money,
    counts: Counts,
    rules: Vec<Rule>,
    notes: Vec<String>,
    relied_on: Reliance,
}

/// Whether a rule is kept.
#[derive(JsonSchema)]
#[schemars(rename = "audit_verdict", rename_all = "snake_case")]
enum Verdict {
    Pass,
    Fail,
    NotExercised,
    Incomplete,
}

/// Sums of money by what became of it.
#[derive(JsonSchema)]
#[schemars(rename = "money")]
struct Money {
    collected: Vec<Sum>,
    never_learnt: Vec<Sum>,
    charged_twice: Vec<Sum>,
    payouts_never_learnt: Vec<Sum>,
    refunded: Vec<Sum>,
    payouts_returned: Vec<Sum>,
    returns_never_learnt: Vec<Sum>,
}

/// A sum of money.
#[derive(JsonSchema)]
#[schemars(rename = "sum")]
struct Sum {
    currency: String,
    count: u64,
    amount: String,
}

/// What was counted.
#[derive(JsonSchema)]
#[schemars(rename = "audit_counts")]
struct Counts {
    rules_exercised: u64,
    spaces: u64,
    excluded_spaces: u64,
    transactions: u64,
    pending: u64,
    status_queries: u64,
    missed_callbacks: u64,
}

/// A rule with its verdict.
#[derive(JsonSchema)]
#[schemars(rename = "audit_rule")]
struct Rule {
    name: String,
    wants: String,
    verdict: Verdict,
    exercised: u64,
    failed: u64,
    failures: Vec<Finding>,
    proofs: Vec<ReferenceId>,
    remedy: String,
}

/// What broke a rule.
#[derive(JsonSchema)]
#[schemars(rename = "finding")]
struct Finding {
    #[schemars(flatten)]
    first: Case,
    api_user: ApiUserId,
    label: Option<String>,
    seen: String,
    times: u64,
    cases: Vec<Case>,
}

/// A case of a finding.
#[derive(JsonSchema)]
#[schemars(rename = "case")]
struct Case {
    at: Timestamp,
    reference_id: Option<ReferenceId>,
    external_id: Option<String>,
    party: Option<String>,
}

/// What a run relied on.
#[derive(JsonSchema)]
#[schemars(rename = "reliance")]
struct Reliance {
    headline: String,
    requests: u64,
    complete: bool,
    by_grade: ByGrade,
    behaviours: Vec<ReliedOn>,
    decided_by_scenario: Vec<Decided>,
}

/// A behaviour that a run relied on.
#[derive(JsonSchema)]
#[schemars(rename = "relied_on")]
struct ReliedOn {
    #[schemars(flatten)]
    evidence: Evidence,
    times: u64,
}

/// What a scenario decided.
#[derive(JsonSchema)]
#[schemars(rename = "decided")]
struct Decided {
    what: String,
    times: u64,
}
