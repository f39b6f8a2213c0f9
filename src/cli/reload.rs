//! Reloads scenario files that change on disk. The new rules apply to later requests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use crate::cli::scenario_files::{self, ModificationTimes};
use crate::engine::spaces::Spaces;
use momo_sandbox_core::scenario::rule::Scenario;

/// The time between two looks at the files.
const INTERVAL: Duration = Duration::from_millis(500);

/// The result of a look at the files.
enum FileChange {
    Unchanged,
    Changed(Vec<Scenario>),
    Invalid,
}

/// Looks at the files until the future is dropped; `seen` are the times before the first reading.
/// An invalid file is reported, and the rules stay as they are.
///
/// Each look has a thread of its own, because a disk may be slow or not answer at all.
pub async fn run(files: Vec<PathBuf>, mut seen: ModificationTimes, spaces: Arc<Spaces>) {
    if files.is_empty() {
        return;
    }
    let files = Arc::new(files);
    loop {
        let files = Arc::clone(&files);
        let looking = tokio::task::spawn_blocking(move || look(&files, &seen));
        // Only the end of the program cancels the thread.
        let Ok((now, found)) = looking.await else { return };
        seen = now;
        match found {
            FileChange::Unchanged => {}
            FileChange::Changed(scenarios) => {
                scenario_files::warn_of_ineffective(&scenarios);
                let names: Vec<&str> =
                    scenarios.iter().map(|scenario| scenario.name.as_ref()).collect();
                let names = names.join(", ");
                let rules = Arc::new(spaces.rules_of_the_start().with(scenarios));
                spaces.put_rules_of_the_start(&rules);
                info!(scenarios = names, "a scenario file changed and is in force");
            }
            FileChange::Invalid => warn!("a scenario file changed and is broken; nothing changes"),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Reads the files if their times have changed.
fn look(files: &[PathBuf], seen: &ModificationTimes) -> (ModificationTimes, FileChange) {
    let now = seen.again(files);
    if now == *seen {
        return (now, FileChange::Unchanged);
    }
    match scenario_files::read_all(files) {
        Ok(read) => {
            let scenarios = read.into_iter().map(|(_, scenario)| scenario).collect();
            (now, FileChange::Changed(scenarios))
        }
        Err(_) => (now, FileChange::Invalid),
    }
}
