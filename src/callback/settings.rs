//! The settings of callbacks.

use std::net::SocketAddr;

use rustls::pki_types::CertificateDer;

use crate::callback::overrides::HostOverrides;
use crate::callback::sources::CallbackSources;

/// The settings of callbacks. By default they follow the rules of the target environment.
#[derive(Debug, Clone, Default)]
pub struct CallbackSettings {
    /// Whether the sandbox delivers to https URLs too, as a later page of MTN's says
    /// (docs/contract.md#callbacks).
    pub https_in_sandbox: bool,
    /// Where connections go instead of where the host's name leads.
    pub overrides: HostOverrides,
    /// The local addresses that callbacks of each of MTN's platforms are sent from.
    pub sources: CallbackSources,
    /// Root certificates that are trusted beside the public ones.
    pub trusted: Vec<CertificateDer<'static>>,
    /// The addresses at which the emulator itself listens. No callback goes there.
    pub own_addresses: Vec<SocketAddr>,
    /// The most connections to listeners that stay open for a moment after their callbacks.
    pub kept_max: usize,
}
