//! `momo-sandbox report`: the audit of a running emulator.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::Value;

use crate::cli::arguments::Report;
use crate::cli::rely_on::{self, all_of};
use crate::cli::{Failure, control_client};
use crate::report::rules::RULES;

/// The exit code where the audit fails and that was to count.
pub const AUDIT_FAILED: u8 = 3;

/// Which rules decide the exit code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailOn(BTreeSet<&'static str>);

impl FailOn {
    /// Reads `none`, `all`, `strict` (which is all), or names of rules separated by commas.
    ///
    /// # Errors
    ///
    /// A name that is none, with the nearest.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => return Ok(Self::default()),
            "all" | "strict" => return Ok(Self(RULES.iter().map(|rule| rule.name).collect())),
            _ => {}
        }
        let find = |name: &str| {
            let found = RULES.iter().find(|rule| rule.name == name).map(|rule| rule.name);
            found.ok_or_else(|| {
                let likeness = |other: &&str| (strsim::jaro_winkler(other, name) * 1e6) as u64;
                let nearest = RULES.iter().map(|rule| rule.name).max_by_key(likeness);
                let nearest = nearest.unwrap_or_default();
                format!("there is no rule `{name}`; the nearest is `{nearest}`; also all, none")
            })
        };
        text.split(',').map(|name| find(name.trim())).collect::<Result<_, _>>().map(Self)
    }

    /// The rules of a report that should not have come out so.
    pub fn broken<'a>(&self, report: &'a Value) -> Vec<&'a str> {
        let rules = report["rules"].as_array().into_iter().flatten();
        let is_broken = |rule: &&Value| {
            let name = rule["name"].as_str().unwrap_or_default();
            self.0.contains(name) && (rule["verdict"] == "fail" || rule["verdict"] == "incomplete")
        };
        rules.filter(is_broken).filter_map(|rule| rule["name"].as_str()).collect()
    }

    /// Nothing, or the failure with its exit code.
    ///
    /// # Errors
    ///
    /// The rules that were broken.
    pub fn judge(&self, report: &Value) -> Result<(), Failure> {
        let broken = self.broken(report);
        match broken.is_empty() {
            true => Ok(()),
            false => Err(Failure {
                code: AUDIT_FAILED,
                message: format!("the audit fails: {}", broken.join(", ")),
            }),
        }
    }
}

/// Prints the report of a running emulator.
///
/// # Errors
///
/// That it cannot be asked, or that the rules of `--fail-on` were broken.
pub fn report(arguments: &Report) -> Result<(), Failure> {
    let scope = arguments.space.map(|space| format!("spaces/{space}/")).unwrap_or_default();
    let ask = |format: &str| {
        let within = &arguments.within;
        let within: String = url::form_urlencoded::byte_serialize(within.as_bytes()).collect();
        let path = format!("{scope}report?format={format}&within={within}");
        control_client::get(&arguments.url, &path, arguments.control_token.as_deref())
    };
    let text = ask(arguments.format.name())?;
    // Whoever closed standard output does not want to read it.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let verdicts = serde_json::from_str(&ask("json")?);
    let verdicts: Value =
        verdicts.map_err(|error| Failure::world(format!("this is no report: {error}")))?;
    all_of([arguments.fail_on.judge(&verdicts), rely_on::judge(arguments.rely_on, &verdicts)])
}
