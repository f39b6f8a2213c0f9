//! The system's limit of open files, which bounds connections and callbacks. Windows has none.

use tracing::{info, warn};

use crate::cli::system::{open_file_limits, set_open_file_limit};
use crate::server::limits::OVERLOAD_ANSWERS_MAX;
use momo_sandbox_core::model::limits::Limits;

/// Open files beside connections and callbacks: sockets that listen, the runtime's, the log,
/// scenario files.
const FILES_BESIDE: u64 = 64;

/// Raises the soft limit to the need of these limits. Warns where the hard limit is below it.
pub fn raise(limits: &Limits) {
    let needed = files_for(limits);
    let (soft, hard) = open_file_limits();
    let Some(soft) = soft.filter(|soft| *soft < needed) else { return };
    let reachable = hard.map_or(needed, |hard| hard.min(needed));
    match set_open_file_limit(reachable) {
        Ok(()) if reachable == needed => {
            info!(from = soft, to = reachable, "raised the limit of open files");
        }
        Ok(()) => warn!("{}", shortage(reachable, needed)),
        Err(error) => {
            warn!(%error, "cannot raise the limit of open files: {}", shortage(soft, needed));
        }
    }
}

/// The number of open files that these limits may need.
fn files_for(limits: &Limits) -> u64 {
    // A connection stays open for a moment after its callback.
    let callbacks = 2 * limits.callbacks_in_flight;
    let sockets = limits.connections + OVERLOAD_ANSWERS_MAX + callbacks;
    sockets as u64 + FILES_BESIDE
}

fn shortage(allowed: u64, needed: u64) -> String {
    format!(
        "the system allows {allowed} open files, and --connections-max with \
         --callbacks-in-flight-max may take {needed}: raise the hard limit (`ulimit -Hn`, or \
         LimitNOFILE of systemd, or --ulimit nofile of a container engine), or lower one of them"
    )
}
