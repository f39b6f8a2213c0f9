//! Scenario files that change on disk take force for what is accepted afterwards.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use crate::cli::scenario_files::{self, ChangedAt};
use crate::engine::spaces::Spaces;
use momo_sandbox_core::scenario::rule::Scenario;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What one look at the files found.
enum Look {
    Unchanged,
    Changed(Vec<Scenario>),
    Broken,
}

/// Looks at the files for as long as it is polled; `seen` is how they were before they were read. A
/// broken change is reported and changes nothing.
///
/// Each look has a thread of its own: a disk may be slow, or not answer at all.
pub async fn run(files: Vec<PathBuf>, mut seen: ChangedAt, spaces: Arc<Spaces>) {
    if files.is_empty() {
        return;
    }
    let files = Arc::new(files);
    loop {
        let files = Arc::clone(&files);
        let looking = tokio::task::spawn_blocking(move || look(&files, &seen));
        // It is only cut off by the end of the program.
        let Ok((now, found)) = looking.await else { return };
        seen = now;
        match found {
            Look::Unchanged => {}
            Look::Changed(scenarios) => {
                scenario_files::warn_of_ineffective(&scenarios);
                let names: Vec<&str> =
                    scenarios.iter().map(|scenario| scenario.name.as_ref()).collect();
                let names = names.join(", ");
                let rules = Arc::new(spaces.rules_of_the_start().with(scenarios));
                spaces.put_rules_of_the_start(&rules);
                info!(scenarios = names, "a scenario file changed and is in force");
            }
            Look::Broken => warn!("a scenario file changed and is broken; nothing changes"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Reads the files if they are not as they were seen last.
fn look(files: &[PathBuf], seen: &ChangedAt) -> (ChangedAt, Look) {
    let now = scenario_files::changed_at(files);
    if now == *seen {
        return (now, Look::Unchanged);
    }
    match scenario_files::read_all(files) {
        Ok(read) => {
            let scenarios = read.into_iter().map(|(_, scenario)| scenario).collect();
            (now, Look::Changed(scenarios))
        }
        Err(_) => (now, Look::Broken),
    }
}
