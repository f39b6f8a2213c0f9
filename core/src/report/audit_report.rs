//! The audit as JSON: what the control plane answers, and what `momosandbox report` judges.
//!
//! Written and read by the same types. A report of an older emulator may lack fields, so that each
//! has a default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::ids::{ApiUserId, ReferenceId};
use crate::operations::behaviour::Behaviour;
use crate::operations::evidence::{Evidence, Grade, evidence_of};
use crate::report::audit::{Audit, JudgedRule, Verdict};
use crate::report::findings::{Case, Finding};
use crate::report::headline::{HeadlinePart, lines};
use crate::report::readiness::Readiness;
use crate::report::reliance::Reliance;
use crate::report::rules::RuleId;
use crate::report::run::Run;
use crate::report::seen::Seen;

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AuditReport {
    pub verdict: Verdict,
    /// `None` in the report of an emulator that is too old to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Run")]
    pub run: Option<Run>,
    pub summary: String,
    pub headline: String,
    /// The sentences of the headline, as data.
    pub headline_parts: Vec<HeadlinePart>,
    pub money: MoneyReport,
    pub counts: CountsReport,
    /// Whether the merchant is ready for MTN's new platform, where that is played.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "MigrationReport")]
    pub migration: Option<MigrationReport>,
    pub rules: Vec<RuleReport>,
    pub notes: Vec<String>,
    /// `None` in the report of an emulator that is too old to count requests.
    #[schemars(with = "RelianceReport")]
    pub relied_on: Option<RelianceReport>,
}

/// How the rules about the migration to MTN's new platform came out together.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MigrationReport {
    pub verdict: Verdict,
    pub summary: String,
    /// How many of its rules came out how.
    pub counts: Readiness,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MoneyReport {
    pub collected: Vec<SumReport>,
    pub never_learnt: Vec<SumReport>,
    pub charged_twice: Vec<SumReport>,
    pub payouts_never_learnt: Vec<SumReport>,
    pub refunded: Vec<SumReport>,
    pub payouts_returned: Vec<SumReport>,
    pub returns_never_learnt: Vec<SumReport>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SumReport {
    pub currency: String,
    pub count: usize,
    pub amount: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CountsReport {
    pub rules_exercised: usize,
    pub spaces: usize,
    pub excluded_spaces: usize,
    pub transactions: usize,
    pub pending: usize,
    pub status_queries: usize,
    pub missed_callbacks: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RuleReport {
    pub name: RuleId,
    #[serde(default)]
    pub wants: String,
    pub verdict: Verdict,
    #[serde(default)]
    pub exercised: usize,
    #[serde(default)]
    pub failed: usize,
    #[serde(default)]
    pub failures: Vec<FindingReport>,
    #[serde(default)]
    pub proofs: Vec<ReferenceId>,
    #[serde(default)]
    pub remedy: String,
}

/// A finding; the fields of its first case stand in it, too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FindingReport {
    #[serde(flatten)]
    pub first: Case,
    /// Null for callers whose credentials are not known.
    pub api_user: Option<ApiUserId>,
    pub label: Option<String>,
    /// What was seen, as a sentence.
    pub seen: String,
    /// The same as data. `None` in the report of an emulator that is too old to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Seen")]
    pub seen_as: Option<Seen>,
    pub times: usize,
    pub cases: Vec<Case>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RelianceReport {
    pub headline: String,
    pub requests: usize,
    /// Whether nothing was evicted that might have been relied on.
    pub complete: bool,
    pub by_grade: GradesReport,
    pub behaviours: Vec<BehaviourReport>,
    pub decided_by_scenario: Vec<DecisionReport>,
}

/// How many behaviours have each grade of evidence.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GradesReport {
    pub measured: usize,
    pub documented: usize,
    pub seen: usize,
    pub chosen: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct BehaviourReport {
    pub behaviour: String,
    pub grade: Grade,
    #[serde(default)]
    pub date: Option<String>,
    pub source: String,
    #[serde(default)]
    pub times: usize,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DecisionReport {
    pub what: String,
    pub times: usize,
}

impl AuditReport {
    /// Whether the report has the rule.
    pub fn has(&self, rule: RuleId) -> bool {
        self.rules.iter().any(|report| report.name == rule)
    }

    /// The verdict on a rule. A rule that the report lacks was not exercised.
    pub fn verdict_on(&self, rule: RuleId) -> Verdict {
        let found = self.rules.iter().find(|report| report.name == rule);
        found.map_or(Verdict::NotExercised, |report| report.verdict)
    }
}

impl From<&Audit> for AuditReport {
    fn from(audit: &Audit) -> Self {
        let money = &audit.money;
        Self {
            verdict: audit.verdict(),
            run: audit.run.clone(),
            summary: audit.summary(),
            headline: audit.headline(),
            headline_parts: audit.headline_parts(),
            money: MoneyReport {
                collected: lines(&money.collected).collect(),
                never_learnt: lines(&money.unlearnt).collect(),
                charged_twice: lines(&money.charged_twice).collect(),
                payouts_never_learnt: lines(&money.unlearnt_payouts).collect(),
                refunded: lines(&money.refunded).collect(),
                payouts_returned: lines(&money.payouts_returned).collect(),
                returns_never_learnt: lines(&money.unlearnt_returns).collect(),
            },
            counts: CountsReport {
                rules_exercised: audit.exercised(),
                spaces: audit.spaces,
                excluded_spaces: audit.excluded.count,
                transactions: audit.transactions,
                pending: audit.pending,
                status_queries: audit.queries,
                missed_callbacks: audit.missed_callbacks,
            },
            migration: audit.readiness().map(|found| MigrationReport {
                verdict: found.verdict(),
                summary: found.summary(),
                counts: found,
            }),
            rules: audit.rules.iter().map(RuleReport::from).collect(),
            notes: audit.notes(),
            relied_on: Some(RelianceReport::from(&audit.reliance)),
        }
    }
}

impl From<&JudgedRule> for RuleReport {
    fn from(judged: &JudgedRule) -> Self {
        Self {
            name: judged.id,
            wants: judged.id.wants().to_owned(),
            verdict: judged.verdict,
            exercised: judged.exercised,
            failed: judged.failed,
            failures: judged.failures.iter().filter_map(FindingReport::of).collect(),
            proofs: judged.proofs.clone(),
            remedy: judged.id.remedy().to_owned(),
        }
    }
}

impl FindingReport {
    /// Returns the report of a finding, which has at least one case.
    fn of(finding: &Finding) -> Option<Self> {
        Some(Self {
            first: finding.cases.first()?.clone(),
            api_user: finding.api_user,
            label: finding.label.as_deref().map(str::to_owned),
            seen: finding.seen.to_string(),
            seen_as: Some(finding.seen.clone()),
            times: finding.times,
            cases: finding.cases.clone(),
        })
    }
}

impl From<[(Grade, usize); 4]> for GradesReport {
    fn from(counts: [(Grade, usize); 4]) -> Self {
        let of =
            |grade| counts.iter().find(|(one, _)| *one == grade).map_or(0, |(_, count)| *count);
        Self {
            measured: of(Grade::Measured),
            documented: of(Grade::Documented),
            seen: of(Grade::Seen),
            chosen: of(Grade::Chosen),
        }
    }
}

impl From<&Reliance> for RelianceReport {
    fn from(reliance: &Reliance) -> Self {
        let behaviours = reliance.behaviours.values();
        let decisions = reliance.decided_by_user.iter();
        Self {
            headline: reliance.headline(),
            requests: reliance.requests,
            complete: !reliance.is_incomplete,
            by_grade: reliance.by_grade().into(),
            behaviours: behaviours.map(|(one, times)| BehaviourReport::of(one, *times)).collect(),
            decided_by_scenario: decisions
                .map(|(what, times)| DecisionReport { what: what.clone(), times: *times })
                .collect(),
        }
    }
}

impl BehaviourReport {
    fn of(behaviour: &Behaviour, times: usize) -> Self {
        let Evidence { grade, date, source } = evidence_of(behaviour).clone();
        Self { behaviour: behaviour.id(), grade, date, source, times }
    }
}
