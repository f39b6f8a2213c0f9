//! What is said at the start of how callbacks travel.

use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;

use crate::callback::overrides::HostOverrides;

/// How callbacks travel. By default: as the target environment's rules say, and no other way.
#[derive(Debug, Clone, Default)]
pub struct CallbackSettings {
    /// Whether the sandbox delivers to https URLs too, as a later page of MTN's says
    /// (docs/contract.md#callbacks).
    pub https_in_sandbox: bool,
    /// Where connections go instead of where the host's name leads.
    pub overrides: HostOverrides,
    /// Roots that are trusted beside the public ones.
    pub trusted: Vec<CertificateDer<'static>>,
    /// Where the emulator itself listens, which no callback goes to.
    pub own_addresses: Vec<SocketAddr>,
    /// How many connections to listeners stay open for a moment after their callbacks.
    pub kept_max: usize,
}
