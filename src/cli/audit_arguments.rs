//! The arguments of `report` and `exec`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::colour::ColourArguments;
use crate::cli::demands::{Demands, NamedRules};
use crate::cli::rely_on::read_grade;
use crate::cli::serve_arguments::{Serve, heading};
use momo_sandbox_core::operations::evidence::Grade;

/// The arguments of `report`.
#[derive(Debug, Args)]
pub struct Report {
    /// Where the emulator is
    #[arg(
        long,
        env = "MOMO_SANDBOX_URL",
        default_value = "http://127.0.0.1:4673",
        value_name = "URL"
    )]
    pub url: String,

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
    /// exercised: `all`, `none`, or names separated by commas
    #[arg(long, default_value = "none", value_name = "RULES", value_parser = NamedRules::parse)]
    pub fail_on: NamedRules,

    /// What else the run must show.
    #[command(flatten)]
    pub demanded: DemandArguments,

    /// Leave this API user out of the audit, by id or label; may be repeated
    #[arg(long, value_name = "SPACE")]
    pub exclude: Vec<String>,

    /// Colour.
    #[command(flatten)]
    pub colour: ColourArguments,

    /// Bearer token for the control plane
    #[arg(long, env = "MOMO_SANDBOX_CONTROL_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub control_token: Option<String>,
}

/// What a run must show beside the rules that must not fail.
#[derive(Debug, Args)]
pub struct DemandArguments {
    /// Exit with 3 unless each of these rules was exercised and passed: `all`, `none`, or names
    #[arg(
        long,
        help_heading = heading::AUDIT,
        default_value = "none",
        value_name = "RULES",
        value_parser = NamedRules::parse
    )]
    require: NamedRules,

    /// Exit with 3 if the run relied on behaviour with weaker evidence: measured, documented, seen
    /// or chosen [default: chosen, which allows all]
    #[arg(long, help_heading = heading::AUDIT, value_name = "GRADE", value_parser = read_grade)]
    rely_on: Option<Grade>,
}

impl DemandArguments {
    /// All that the run must show, with the rules that must not fail.
    pub fn with(&self, audit: &NamedRules) -> Demands {
        Demands { audit: audit.clone(), require: self.require.clone(), rely_on: self.rely_on }
    }
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Human-readable.
    Text,
    /// One JSON object.
    Json,
    /// XML for CI.
    Junit,
    /// A web page.
    Html,
}

impl ReportFormat {
    /// The name, as the control plane knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Html => "html",
        }
    }
}

/// The arguments of `exec`: those of `serve`, and a command. It takes a free port unless it is told
/// where to listen: suites may run side by side.
#[derive(Debug, Args)]
#[command(mut_arg("listen", |listen| listen.default_value("127.0.0.1:0")))]
pub struct Exec {
    /// What the emulator is.
    #[command(flatten)]
    pub serve: Serve,

    /// Provider callback host of the ready-made API user
    #[arg(long, help_heading = heading::AUDIT, default_value = "localhost", value_name = "HOST")]
    pub callback_host: String,

    /// Exit with 3 if any of these rules fails or is inconclusive, or if none of them was
    /// exercised: `strict` (all), `none`, or names separated by commas
    #[arg(
        long,
        help_heading = heading::AUDIT,
        default_value = "none",
        value_name = "RULES",
        value_parser = NamedRules::parse
    )]
    pub audit: NamedRules,

    /// What else the run must show.
    #[command(flatten)]
    pub demanded: DemandArguments,

    /// Leave this API user out of the audit, by id or label, because the command makes mistakes
    /// with it on purpose; may be repeated
    #[arg(long, help_heading = heading::AUDIT, value_name = "SPACE")]
    pub exclude: Vec<String>,

    /// File to write the audit to as well: .json, .xml (JUnit), .html or .txt; may be repeated
    #[arg(
        long,
        help_heading = heading::AUDIT,
        value_name = "FILE",
        value_parser = read_report_file
    )]
    pub report: Vec<(PathBuf, ReportFormat)>,

    /// Colour.
    #[command(flatten)]
    pub colour: ColourArguments,

    /// Command to run; its environment has the emulator's address and credentials
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

fn read_report_file(text: &str) -> Result<(PathBuf, ReportFormat), String> {
    let path = PathBuf::from(text);
    let ending = path.extension().and_then(|ending| ending.to_str());
    let format = match ending {
        Some("json") => ReportFormat::Json,
        Some("xml") => ReportFormat::Junit,
        Some("html") => ReportFormat::Html,
        Some("txt") => ReportFormat::Text,
        _ => return Err("expected a name that ends in .json, .xml, .html or .txt".to_owned()),
    };
    Ok((path, format))
}
