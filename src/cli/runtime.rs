//! The runtime of the commands that do network I/O, and their stop signal.

use tokio::runtime::{Builder, Runtime};

use crate::cli::failure::Failure;
use crate::cli::system::StopSignals;

/// Starts a runtime with a thread for each core.
pub fn start_runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment(format!("cannot start the runtime: {error}")))
}

/// Completes when this process is asked to stop: on SIGTERM or Ctrl-C; on Windows on Ctrl-C,
/// Ctrl-Break, the close of the console, logging off or shutting down. From the call on, none of
/// these ends the process by itself.
pub fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let mut signals = StopSignals::new()
        .map_err(|error| Failure::environment(format!("cannot wait for signals: {error}")))?;
    Ok(async move {
        signals.next().await;
    })
}
