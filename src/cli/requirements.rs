//! The requirements of a run: `--audit`, `--fail-on`, `--require` and `--rely-on`.
//!
//! A run in which nothing was checked does not meet any requirement. This module is the one place
//! that decides so.

use std::collections::BTreeMap;

use clap::Args;
use strum::VariantArray;

use crate::cli::failure::Failure;
use crate::cli::heading;
use crate::cli::rely_on::{self, parse_grade};
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::operations::evidence::Grade;
use momo_sandbox_core::report::audit::Verdict;
use momo_sandbox_core::report::audit_report::{AuditReport, RelianceReport};
use momo_sandbox_core::report::rules::RuleId;

/// The exit code of a run that does not meet its requirements.
pub const AUDIT_FAILED: i32 = 3;

/// The name of the group of rules about the migration to MTN's new platform.
const MIGRATION: &str = "migration";

/// A selection of the rules of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleSelection {
    /// Those that a report has: the rules about the migration are not in every one.
    All,
    /// By name, because messages list them in that order.
    Named(BTreeMap<&'static str, RuleId>),
}

impl Default for RuleSelection {
    /// No rule.
    fn default() -> Self {
        Self::Named(BTreeMap::new())
    }
}

/// The requirements of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Rules that must not fail; at least one of them must be exercised.
    pub audit: RuleSelection,
    /// Rules that must all pass.
    pub require: RuleSelection,
    /// The weakest grade of evidence that is allowed; `None` allows all.
    pub rely_on: Option<Grade>,
}

/// The flags of requirements that `report` and `exec` share.
#[derive(Debug, Args)]
pub struct RequirementArguments {
    /// Exit with 3 unless each of these rules was exercised and passed: `all`, `none`, `migration`
    /// (those about MTN's new platform), or names
    #[arg(
        long,
        help_heading = heading::AUDIT,
        default_value = "none",
        value_name = "RULES",
        value_parser = RuleSelection::parse
    )]
    require: RuleSelection,

    /// Exit with 3 if the run relied on behaviour with weaker evidence: measured, documented, seen
    /// or chosen [default: chosen, which allows all]
    #[arg(long, help_heading = heading::AUDIT, value_name = "GRADE", value_parser = parse_grade)]
    rely_on: Option<Grade>,
}

impl RequirementArguments {
    /// The requirements, with the rules of `--audit` or `--fail-on`.
    pub fn with(&self, audit: &RuleSelection) -> Requirements {
        Requirements { audit: audit.clone(), require: self.require.clone(), rely_on: self.rely_on }
    }
}

impl FromIterator<RuleId> for RuleSelection {
    fn from_iter<T: IntoIterator<Item = RuleId>>(rules: T) -> Self {
        Self::Named(rules.into_iter().map(|rule| (rule.name(), rule)).collect())
    }
}

impl RuleSelection {
    /// Reads `none`, `all`, `strict` (which is all), or names of rules separated by commas.
    /// `migration` is the name of a group.
    ///
    /// # Errors
    ///
    /// An unknown name, with the nearest known one.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => return Ok(Self::default()),
            "all" | "strict" => return Ok(Self::All),
            _ => {}
        }
        let found: Result<Vec<_>, String> =
            text.split(',').map(|name| rules_named(name.trim())).collect();
        Ok(found?.into_iter().flatten().collect())
    }

    /// The rules that are judged in a report. `all` names none that the report has no place for.
    fn rules(&self, report: &AuditReport) -> BTreeMap<&'static str, RuleId> {
        match self {
            Self::Named(rules) => rules.clone(),
            Self::All => {
                let is_there = |rule: &RuleId| !rule.is_of_migration() || report.has(*rule);
                let rules = RuleId::VARIANTS.iter().copied().filter(is_there);
                rules.map(|rule| (rule.name(), rule)).collect()
            }
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Named(rules) if rules.is_empty())
    }

    /// What to do where rules about the migration were named, and the report has none.
    fn not_played(&self, report: &AuditReport) -> Option<&'static str> {
        let rules = self.rules(report);
        let mut rules = rules.values().filter(|rule| rule.is_of_migration());
        rules.any(|rule| !report.has(*rule)).then_some(
            "; the rules about the migration need the new platform: start the emulator with \
             --target-environment MARKET and --platform new or both",
        )
    }

    /// The rules with these verdicts in a report. A rule that the report lacks was not exercised.
    fn with(
        &self,
        verdicts: &[Verdict],
        report: &AuditReport,
    ) -> impl Iterator<Item = &'static str> {
        let rules = self.rules(report).into_iter();
        rules.filter(|(_, rule)| verdicts.contains(&report.verdict_on(*rule))).map(|(name, _)| name)
    }

    /// The message where a rule failed, or where none was exercised.
    fn failure(&self, report: &AuditReport) -> Option<String> {
        let failed: Vec<&str> = self.with(&[Verdict::Fail, Verdict::Incomplete], report).collect();
        if !failed.is_empty() {
            return Some(format!("audit failed: {}", failed.join(", ")));
        }
        if self.is_empty() || self.with(&[Verdict::Pass], report).next().is_some() {
            return None;
        }
        let rules = self.rules(report);
        let audited = match rules.len() {
            1..=3 => rules.keys().copied().collect::<Vec<_>>().join(", "),
            count => format!("{count} rules"),
        };
        let remedy =
            self.not_played(report).unwrap_or("; let the command pay through the emulator");
        Some(format!(
            "audit failed: nothing exercised the audited rules ({audited}), so nothing was \
             checked{remedy}"
        ))
    }

    /// The message where a rule did not pass.
    fn not_passed(&self, report: &AuditReport) -> Option<String> {
        let of = |verdict, words: &str| {
            self.with(&[verdict], report).map(|name| format!("{name} {words}")).collect::<Vec<_>>()
        };
        let all = [
            of(Verdict::Fail, "failed"),
            of(Verdict::Incomplete, "is incomplete"),
            of(Verdict::NotExercised, "was not exercised"),
        ]
        .concat();
        let remedy = self.not_played(report).unwrap_or_default();
        (!all.is_empty())
            .then(|| format!("required rules did not pass: {}{remedy}", all.join(", ")))
    }
}

/// The rules of a name: one, or those of a group.
fn rules_named(name: &str) -> Result<Vec<RuleId>, String> {
    if name == MIGRATION {
        let of_migration = RuleId::VARIANTS.iter().copied().filter(|rule| rule.is_of_migration());
        return Ok(of_migration.collect());
    }
    name.parse().map(|rule| vec![rule]).map_err(|_| match name {
        "" => "a rule's name is empty: write `all`, `none`, `migration`, or names".to_owned(),
        "all" | "strict" | "none" => format!("`{name}` cannot be combined with other names"),
        _ => {
            let known: Vec<&str> =
                RuleId::VARIANTS.iter().map(|rule| rule.name()).chain([MIGRATION]).collect();
            format!("unknown rule `{name}`: {}; also all, none", suggestion(name, &known))
        }
    })
}

/// The message where the emulator got no request, with the likely reason.
pub fn no_request(url: &str) -> String {
    format!("no request reached the emulator at {url}; does your program read MOMO_SANDBOX_URL?")
}

impl Requirements {
    /// Tells whether there is no requirement.
    pub fn is_empty(&self) -> bool {
        self.audit.is_empty() && self.require.is_empty() && self.rely_on.is_none()
    }

    /// Checks the report of the emulator at `url`.
    ///
    /// # Errors
    ///
    /// All requirements that are not met, in one message.
    pub fn check(&self, report: &AuditReport, url: &str) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        let failures = match &report.relied_on {
            None => vec![
                "the report does not count the requests, so nothing shows that anything was \
                 checked; is the emulator an older version?"
                    .to_owned(),
            ],
            Some(RelianceReport { requests: 0, .. }) => vec![no_request(url)],
            Some(relied_on) => [
                self.audit.failure(report),
                self.require.not_passed(report),
                self.rely_on.and_then(|allowed| rely_on::failure(allowed, relied_on)),
            ]
            .into_iter()
            .flatten()
            .collect(),
        };
        if failures.is_empty() {
            Ok(())
        } else {
            Err(Failure { code: AUDIT_FAILED, message: failures.join("\n") })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn requirements(audit: &str, require: &str, rely_on: Option<Grade>) -> Requirements {
        let rules = |text| RuleSelection::parse(text).expect("rules");
        Requirements { audit: rules(audit), require: rules(require), rely_on }
    }

    fn read(report: Value) -> AuditReport {
        serde_json::from_value(report).expect("a report")
    }

    fn report(requests: u64, verdicts: &[(&str, &str)]) -> AuditReport {
        let rule = |(name, verdict): &(&str, &str)| json!({"name": name, "verdict": verdict});
        let behaviours = [json!({"behaviour": "x", "grade": "measured", "source": "y"})];
        read(json!({
            "rules": verdicts.iter().map(rule).collect::<Vec<_>>(),
            "relied_on": {"requests": requests, "complete": true, "behaviours": behaviours},
        }))
    }

    #[track_caller]
    fn fails(requirements: &Requirements, report: &AuditReport, part: &str) {
        let failure = requirements.check(report, "http://it").expect_err("a failure");
        assert_eq!(failure.code, AUDIT_FAILED);
        assert!(failure.message.contains(part), "{}", failure.message);
    }

    #[test]
    fn an_unknown_rule_is_refused() {
        for (text, part) in [
            ("kept-tokens", "did you mean `kept-token`? Known here: `money-accounted-for`, "),
            ("kept-token,", "a rule's name is empty"),
            ("", "a rule's name is empty"),
            ("kept-token,all", "`all` cannot be combined"),
        ] {
            let error = RuleSelection::parse(text).expect_err("a refusal");
            assert!(error.contains(part), "{text}: {error}");
        }
        assert_eq!(RuleSelection::parse("strict"), RuleSelection::parse("all"));
    }

    #[test]
    fn the_group_of_the_migration_is_named_like_a_rule() {
        let group = RuleSelection::parse("migration").expect("a group");
        let RuleSelection::Named(rules) = &group else { panic!("{group:?}") };
        assert_eq!(rules.len(), 8);
        assert!(rules.values().all(|rule| rule.is_of_migration()));
        let both = RuleSelection::parse("kept-token, migration").expect("names");
        let RuleSelection::Named(rules) = &both else { panic!("{both:?}") };
        assert_eq!(rules.len(), 9);
        let error = RuleSelection::parse("migrations").expect_err("a refusal");
        assert!(error.contains("did you mean `migration`?"), "{error}");
        assert!(RuleSelection::parse("migration,all").is_err());
    }

    /// `all` asks for no rule that the emulator could not exercise.
    #[test]
    fn all_rules_include_those_of_the_migration_only_where_the_report_has_them() {
        let rules = RuleId::VARIANTS.iter();
        let passed: Vec<_> = rules.clone().map(|rule| (rule.name(), "pass")).collect();
        let without: Vec<_> = rules
            .filter(|rule| !rule.is_of_migration())
            .map(|rule| (rule.name(), "pass"))
            .collect();
        let all = requirements("none", "all", None);
        assert!(all.check(&report(9, &without), "").is_ok());
        assert!(all.check(&report(9, &passed), "").is_ok());
        let mut one_missed = passed.clone();
        one_missed.retain(|(name, _)| *name != "own-user-agent");
        one_missed.push(("own-user-agent", "not_exercised"));
        fails(&all, &report(9, &one_missed), "own-user-agent was not exercised");
        let named = requirements("migration", "none", None);
        fails(&named, &report(9, &without), "need the new platform: start the emulator with");
        let required = requirements("none", "own-user-agent", None);
        fails(&required, &report(9, &without), "own-user-agent was not exercised; the rules about");
    }

    #[test]
    fn a_run_without_requests_meets_no_requirement() {
        for requirement in [
            requirements("strict", "none", None),
            requirements("kept-token", "none", None),
            requirements("none", "kept-token", None),
            requirements("none", "none", Some(Grade::Chosen)),
        ] {
            // Not even by a pass.
            let report = report(0, &[("kept-token", "pass")]);
            fails(&requirement, &report, "no request reached the emulator at http://it; does");
            fails(&requirement, &read(json!({})), "older version");
        }
        assert!(Requirements::default().check(&report(0, &[]), "http://it").is_ok());
    }

    #[test]
    fn at_least_one_audited_rule_must_be_exercised() {
        let audit = requirements("kept-token,renewed-token", "none", None);
        let kept = |verdict| report(9, &[("kept-token", verdict), ("polled-gently", "pass")]);
        assert!(audit.check(&kept("pass"), "").is_ok());
        fails(&audit, &kept("not_exercised"), "nothing exercised the audited rules (kept-token, r");
        fails(&audit, &kept("fail"), "audit failed: kept-token");
        fails(&audit, &kept("incomplete"), "audit failed: kept-token");
        fails(&requirements("strict", "none", None), &report(9, &[]), "(15 rules)");
    }

    #[test]
    fn each_required_rule_must_be_exercised_and_pass() {
        let require = requirements("none", "kept-token,renewed-token", None);
        let both = |kept, renewed| report(9, &[("kept-token", kept), ("renewed-token", renewed)]);
        assert!(require.check(&both("pass", "pass"), "").is_ok());
        fails(&require, &both("pass", "not_exercised"), "renewed-token was not exercised");
        fails(&require, &both("fail", "pass"), "kept-token failed");
        fails(&require, &both("incomplete", "pass"), "kept-token is incomplete");
        fails(&require, &report(9, &[]), "kept-token was not exercised, renewed-token was not");
    }
}
