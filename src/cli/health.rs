//! `momo-sandbox health`: whether an emulator answers, for container engines.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::cli::arguments::Health;
use crate::cli::{Failure, control_client};

/// Asks the emulator that listens where `serve` would, by the same flag and variable.
///
/// # Errors
///
/// That nobody answers there.
pub fn health(arguments: &Health) -> Result<(), Failure> {
    let address = reachable(arguments.listen);
    let answer = control_client::get(&format!("http://{address}"), "health", None);
    answer.map(|_| ()).map_err(|failure| Failure { code: 1, ..failure })
}

/// An address that listens everywhere is reached here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_everywhere_is_asked_here() {
        let asked = |listen: &str| reachable(listen.parse().expect("an address")).to_string();
        assert_eq!(asked("0.0.0.0:4673"), "127.0.0.1:4673");
        assert_eq!(asked("[::]:4673"), "[::1]:4673");
        assert_eq!(asked("127.0.0.2:1"), "127.0.0.2:1");
    }
}
