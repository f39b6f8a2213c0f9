//! `momosandbox report`: prints the audit of a running emulator.

use std::io::Write;

use clap::Args;

use crate::cli::colour::ColourArguments;
use crate::cli::control_client;
use crate::cli::emulator_arguments::EmulatorArguments;
use crate::cli::failure::Failure;
use crate::cli::report_file::ReportFormat;
use crate::cli::requirements::{RequirementArguments, RuleSelection};
use momo_sandbox_core::report::audit_report::AuditReport;

/// The arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    #[command(flatten)]
    pub emulator: EmulatorArguments,

    /// Only the space of this API user
    #[arg(long, value_name = "UUID")]
    pub space: Option<uuid::Uuid>,

    /// Format of the report
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: ReportFormat,

    /// How soon after a lost callback the merchant should ask for the status
    #[arg(long, default_value = "10m", value_name = "DURATION")]
    pub within: String,

    /// Exit with 3 if any of these rules fails or is inconclusive, or if none of them was
    /// exercised: `all`, `none`, `migration` (those about MTN's new platform), or names separated
    /// by commas
    #[arg(long, default_value = "none", value_name = "RULES", value_parser = RuleSelection::parse)]
    pub fail_on: RuleSelection,

    #[command(flatten)]
    pub required: RequirementArguments,

    /// Leave this API user out of the audit, by id or label; may be repeated
    #[arg(long, value_name = "SPACE")]
    pub exclude: Vec<String>,

    #[command(flatten)]
    pub colour: ColourArguments,
}

/// Prints the report of a running emulator.
///
/// # Errors
///
/// The emulator does not answer, or the run does not meet the requirements.
pub fn run(arguments: &ReportArguments) -> Result<(), Failure> {
    let scope = arguments.space.map(|space| format!("spaces/{space}/")).unwrap_or_default();
    let (url, token) = (arguments.emulator.base_url(), arguments.emulator.control_token.as_deref());
    let get = |format: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("format", format).append_pair("within", &arguments.within);
        query.extend_pairs(arguments.exclude.iter().map(|space| ("exclude", space)));
        let path = format!("{scope}report?{}", query.finish());
        control_client::get(&url, &path, token)
    };
    let text = get(arguments.format.name())?;
    let text = match arguments.format {
        ReportFormat::Text => arguments.colour.paint(text, &std::io::stdout()),
        ReportFormat::Json | ReportFormat::Junit | ReportFormat::Html => text,
    };
    // A closed standard output is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let report: AuditReport = serde_json::from_str(&get("json")?)
        .map_err(|error| Failure::environment(format!("this is not a report: {error}")))?;
    arguments.required.with(&arguments.fail_on).check(&report, &url)
}
