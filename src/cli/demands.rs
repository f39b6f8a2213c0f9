//! What a run must show, and whether its report shows it.
//!
//! Nothing is green unless something was checked. That rule stands here, once, for `--audit`,
//! `--fail-on`, `--require` and `--rely-on`.

use std::collections::BTreeSet;

use strum::VariantArray;

use crate::cli::{Failure, rely_on};
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::operations::evidence::Grade;
use momo_sandbox_core::report::audit::Verdict;
use momo_sandbox_core::report::audit_report::{AuditReport, RelianceReport};
use momo_sandbox_core::report::rules::RuleId;

/// The exit code where a run does not show what it must.
pub const AUDIT_FAILED: u8 = 3;

/// Rules of the audit, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedRules(BTreeSet<RuleId>);

/// What a run must show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demands {
    /// Rules that must not fail, and of which one at least must be exercised.
    pub audit: NamedRules,
    /// Rules that must pass, each of them.
    pub require: NamedRules,
    /// The weakest grade of evidence that is allowed, if that is limited.
    pub rely_on: Option<Grade>,
}

impl NamedRules {
    /// Reads `none`, `all`, `strict` (which is all), or names of rules separated by commas.
    ///
    /// # Errors
    ///
    /// An unknown name, with the nearest known one.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => return Ok(Self::default()),
            "all" | "strict" => return Ok(Self(RuleId::VARIANTS.iter().copied().collect())),
            _ => {}
        }
        let find = |name: &str| {
            name.parse().map_err(|_| match name {
                "" => "a rule's name is empty: write `all`, `none`, or names".to_owned(),
                "all" | "strict" | "none" => {
                    format!("`{name}` cannot be combined with other names")
                }
                _ => {
                    let known: Vec<&str> =
                        RuleId::VARIANTS.iter().map(|rule| rule.name()).collect();
                    format!("unknown rule `{name}`: {}; also all, none", suggestion(name, &known))
                }
            })
        };
        text.split(',').map(|name| find(name.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// The rules with these verdicts in a report. A rule that the report lacks was not exercised.
    fn with(
        &self,
        verdicts: &[Verdict],
        report: &AuditReport,
    ) -> impl Iterator<Item = &'static str> {
        let found = self.0.iter().filter(|rule| verdicts.contains(&report.verdict_on(**rule)));
        found.map(|rule| rule.name())
    }

    /// What speaks against these rules: a failure, or that none was exercised.
    fn complaint(&self, report: &AuditReport) -> Option<String> {
        let broken: Vec<&str> = self.with(&[Verdict::Fail, Verdict::Incomplete], report).collect();
        if !broken.is_empty() {
            return Some(format!("audit failed: {}", broken.join(", ")));
        }
        if self.0.is_empty() || self.with(&[Verdict::Pass], report).next().is_some() {
            return None;
        }
        let audited = match self.0.len() {
            1..=3 => self.0.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(", "),
            count => format!("{count} rules"),
        };
        Some(format!(
            "audit failed: nothing exercised the audited rules ({audited}), so nothing was \
             checked; let the command pay through the emulator"
        ))
    }

    /// The rules among these that did not pass.
    fn shortfall(&self, report: &AuditReport) -> Option<String> {
        let of = |verdict, words: &str| {
            self.with(&[verdict], report).map(|name| format!("{name} {words}")).collect::<Vec<_>>()
        };
        let all = [
            of(Verdict::Fail, "failed"),
            of(Verdict::Incomplete, "is incomplete"),
            of(Verdict::NotExercised, "was not exercised"),
        ]
        .concat();
        (!all.is_empty()).then(|| format!("required rules did not pass: {}", all.join(", ")))
    }
}

/// Says that an emulator was never asked, and what may be the reason.
pub fn no_request(url: &str) -> String {
    format!("no request reached the emulator at {url}; does your program read MOMO_SANDBOX_URL?")
}

impl Demands {
    /// Whether nothing must be shown.
    pub fn is_empty(&self) -> bool {
        self.audit.0.is_empty() && self.require.0.is_empty() && self.rely_on.is_none()
    }

    /// Judges the report of the emulator at that URL.
    ///
    /// # Errors
    ///
    /// All that the run does not show, in one message.
    pub fn judge(&self, report: &AuditReport, url: &str) -> Result<(), Failure> {
        if self.is_empty() {
            return Ok(());
        }
        let complaints = match &report.relied_on {
            None => vec![
                "the report does not count the requests, so nothing shows that anything was \
                 checked; is the emulator an older version?"
                    .to_owned(),
            ],
            Some(RelianceReport { requests: 0, .. }) => vec![no_request(url)],
            Some(relied_on) => [
                self.audit.complaint(report),
                self.require.shortfall(report),
                self.rely_on.and_then(|allowed| rely_on::complaint(allowed, relied_on)),
            ]
            .into_iter()
            .flatten()
            .collect(),
        };
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(Failure { code: AUDIT_FAILED, message: complaints.join("\n") })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn demands(audit: &str, require: &str, rely_on: Option<Grade>) -> Demands {
        let rules = |text| NamedRules::parse(text).expect("rules");
        Demands { audit: rules(audit), require: rules(require), rely_on }
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
    fn fails(demands: &Demands, report: &AuditReport, part: &str) {
        let failure = demands.judge(report, "http://it").expect_err("a failure");
        assert_eq!(failure.code, AUDIT_FAILED);
        assert!(failure.message.contains(part), "{}", failure.message);
    }

    #[test]
    fn a_rule_that_there_is_not_is_refused() {
        for (text, part) in [
            ("kept-tokens", "did you mean `kept-token`? Known here: `money-accounted-for`, "),
            ("kept-token,", "a rule's name is empty"),
            ("", "a rule's name is empty"),
            ("kept-token,all", "`all` cannot be combined"),
        ] {
            let error = NamedRules::parse(text).expect_err("a refusal");
            assert!(error.contains(part), "{text}: {error}");
        }
        assert_eq!(NamedRules::parse("strict"), NamedRules::parse("all"));
    }

    #[test]
    fn nothing_is_green_where_no_request_was_made() {
        for demanding in [
            demands("strict", "none", None),
            demands("kept-token", "none", None),
            demands("none", "kept-token", None),
            demands("none", "none", Some(Grade::Chosen)),
        ] {
            // Even a pass is worth nothing then.
            let report = report(0, &[("kept-token", "pass")]);
            fails(&demanding, &report, "no request reached the emulator at http://it; does");
            fails(&demanding, &read(json!({})), "older version");
        }
        assert!(Demands::default().judge(&report(0, &[]), "http://it").is_ok());
    }

    #[test]
    fn one_audited_rule_at_least_was_exercised() {
        let audit = demands("kept-token,renewed-token", "none", None);
        let kept = |verdict| report(9, &[("kept-token", verdict), ("polled-gently", "pass")]);
        assert!(audit.judge(&kept("pass"), "").is_ok());
        fails(&audit, &kept("not_exercised"), "nothing exercised the audited rules (kept-token, r");
        fails(&audit, &kept("fail"), "audit failed: kept-token");
        fails(&audit, &kept("incomplete"), "audit failed: kept-token");
        fails(&demands("strict", "none", None), &report(9, &[]), "(15 rules)");
    }

    #[test]
    fn each_required_rule_was_exercised_and_passed() {
        let require = demands("none", "kept-token,renewed-token", None);
        let both = |kept, renewed| report(9, &[("kept-token", kept), ("renewed-token", renewed)]);
        assert!(require.judge(&both("pass", "pass"), "").is_ok());
        fails(&require, &both("pass", "not_exercised"), "renewed-token was not exercised");
        fails(&require, &both("fail", "pass"), "kept-token failed");
        fails(&require, &both("incomplete", "pass"), "kept-token is incomplete");
        fails(&require, &report(9, &[]), "kept-token was not exercised, renewed-token was not");
    }
}
