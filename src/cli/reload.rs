//! Scenario files that change on disk take force for what is accepted afterwards.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tracing::{info, warn};

use crate::cli::scenario_files;
use crate::engine::spaces::Spaces;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks at the files for as long as it is polled. A broken change is reported and changes nothing.
pub async fn run(files: Vec<PathBuf>, spaces: Arc<Spaces>) {
    if files.is_empty() {
        return;
    }
    let mut seen = changed_at(&files);
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        let now = changed_at(&files);
        if now == seen {
            continue;
        }
        seen = now;
        match scenario_files::read_all(&files) {
            Ok(scenarios) => {
                let names: Vec<String> =
                    scenarios.iter().map(|scenario| scenario.name.to_string()).collect();
                let rules = Arc::new(spaces.rules_of_the_start().with(scenarios));
                spaces.put_rules_of_the_start(&rules);
                info!(scenarios = names.join(", "), "a scenario file changed and is in force");
            }
            Err(_) => warn!("a scenario file changed and is broken; nothing changes"),
        }
    }
}

/// When each file last changed; `None` for one that is not there, as a shipped one.
fn changed_at(files: &[PathBuf]) -> Vec<Option<SystemTime>> {
    let changed = |path: &PathBuf| std::fs::metadata(path).and_then(|found| found.modified()).ok();
    files.iter().map(changed).collect()
}
