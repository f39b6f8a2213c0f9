//! The formats of the audit's report, and the files that it is written to.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::cli::failure::Failure;
use momo_sandbox_core::report::audit::Audit;
use momo_sandbox_core::report::audit_report::AuditReport;
use momo_sandbox_core::report::{html, junit, text};

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
    /// The name in a query of the control plane.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Html => "html",
        }
    }
}

/// A file for the report. The ending of its name decides the format.
#[derive(Debug, Clone)]
pub struct ReportFile {
    path: PathBuf,
    format: ReportFormat,
}

impl ReportFile {
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let ending = path.extension().and_then(|ending| ending.to_str());
        let format = match ending {
            Some("json") => ReportFormat::Json,
            Some("xml") => ReportFormat::Junit,
            Some("html") => ReportFormat::Html,
            Some("txt") => ReportFormat::Text,
            _ => return Err("expected a name that ends in .json, .xml, .html or .txt".to_owned()),
        };
        Ok(Self { path, format })
    }

    /// Empties the file before the run, so that a file that cannot be written is known in time and
    /// nobody takes an older report for this run's.
    ///
    /// # Errors
    ///
    /// The file cannot be written: a mistake of the user's.
    pub fn clear(&self) -> Result<(), Failure> {
        std::fs::write(&self.path, "")
            .map_err(|error| Failure::user(cannot_write(&self.path, &error)))
    }

    /// Writes the report.
    ///
    /// # Errors
    ///
    /// The file cannot be written: an environment error.
    pub fn write(&self, audit: &Audit) -> Result<(), Failure> {
        let text = match self.format {
            ReportFormat::Text => text::render(audit),
            ReportFormat::Json => {
                let report = serde_json::to_string(&AuditReport::from(audit));
                format!("{}\n", report.expect("reports are plain data with text keys"))
            }
            ReportFormat::Junit => junit::render(audit),
            ReportFormat::Html => html::render(audit),
        };
        std::fs::write(&self.path, text)
            .map_err(|error| Failure::environment(cannot_write(&self.path, &error)))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!("--report: cannot write {}: {error}", path.display())
}
