//! `momo-sandbox report`: the audit of a running emulator.

use std::io::Write;

use crate::cli::audit_arguments::{Report, ReportFormat};
use crate::cli::{Failure, control_client};
use momo_sandbox_core::report::audit_report::AuditReport;

/// Prints the report of a running emulator.
///
/// # Errors
///
/// That it cannot be asked, or what the run does not show although it must.
pub fn report(arguments: &Report) -> Result<(), Failure> {
    let scope = arguments.space.map(|space| format!("spaces/{space}/")).unwrap_or_default();
    let ask = |format: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("format", format).append_pair("within", &arguments.within);
        query.extend_pairs(arguments.exclude.iter().map(|space| ("exclude", space)));
        let path = format!("{scope}report?{}", query.finish());
        control_client::get(&arguments.url, &path, arguments.control_token.as_deref())
    };
    let text = ask(arguments.format.name())?;
    let text = match arguments.format {
        ReportFormat::Text => arguments.colour.painted(text, &std::io::stdout()),
        ReportFormat::Json | ReportFormat::Junit | ReportFormat::Html => text,
    };
    // Whoever closed standard output does not want to read it.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let verdicts = serde_json::from_str(&ask("json")?);
    let report: AuditReport =
        verdicts.map_err(|error| Failure::world(format!("this is no report: {error}")))?;
    let demands = arguments.demanded.with(&arguments.fail_on);
    demands.judge(&report, &arguments.url)
}
