//! Scenario files that change on disk take force for what is accepted afterwards.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use crate::cli::scenario_files;
use crate::engine::spaces::Spaces;
use crate::scenario::rule::Scenario;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks at the files for as long as it is polled. A broken change is reported and changes nothing.
pub async fn run(files: Vec<PathBuf>, spaces: Arc<Spaces>) {
    if files.is_empty() {
        return;
    }
    let mut seen = scenario_files::changed_at(&files);
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        let now = scenario_files::changed_at(&files);
        if now == seen {
            continue;
        }
        seen = now;
        match scenario_files::read_all(&files) {
            Ok(scenarios) => {
                let scenarios: Vec<Scenario> =
                    scenarios.into_iter().map(|(_, scenario)| scenario).collect();
                scenario_files::warn_of_ineffective(&scenarios);
                let names: Vec<&str> =
                    scenarios.iter().map(|scenario| scenario.name.as_ref()).collect();
                let names = names.join(", ");
                let rules = Arc::new(spaces.rules_of_the_start().with(scenarios));
                spaces.put_rules_of_the_start(&rules);
                info!(scenarios = names, "a scenario file changed and is in force");
            }
            Err(_) => warn!("a scenario file changed and is broken; nothing changes"),
        }
    }
}
