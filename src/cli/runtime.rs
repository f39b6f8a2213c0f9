//! The runtime of the commands that do network I/O, their stop signal, and where to connect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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

/// The address to connect to for a server that listens on `listening`: nobody can connect to an
/// unspecified address, so loopback stands in for it.
pub fn connectable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_is_reached_by_loopback() {
        let reached = |listen: &str| connectable(listen.parse().expect("an address")).to_string();
        assert_eq!(reached("0.0.0.0:4673"), "127.0.0.1:4673");
        assert_eq!(reached("[::]:4673"), "[::1]:4673");
        assert_eq!(reached("127.0.0.2:1"), "127.0.0.2:1");
    }
}
