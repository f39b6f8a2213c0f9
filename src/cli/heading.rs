//! The headings of the flags in `--help`.

pub const API: &str = "API";
pub const SCENARIOS: &str = "Scenarios and time";
pub const CALLBACKS: &str = "Callbacks";
pub const HTTPS: &str = "HTTPS";
pub const CONTROL: &str = "Control plane";
pub const LOG: &str = "Log";
pub const CONFIGURATION: &str = "Configuration";
pub const LIMITS: &str = "Limits";
pub const AUDIT: &str = "Audit";
