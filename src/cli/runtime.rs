//! The runtime of the commands that do network I/O, their stop signal, and where to connect.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::failure::Failure;

/// Starts a runtime with a thread for each core.
pub fn start_runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::environment(format!("cannot start the runtime: {error}")))
}

/// Completes on SIGTERM or Ctrl-C; from the call on, neither ends the process by itself.
pub fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let cannot = |error| Failure::environment(format!("cannot wait for signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
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
