//! Name resolution without the C library, so that a static binary resolves as any other does.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
#[cfg(test)]
use std::sync::Arc;
use std::task::{Context, Poll};

use hickory_resolver::config::ResolverConfig;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{Resolver as Hickory, TokioResolver};
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;
use url::Host;

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The resolver cannot follow the system's configuration.
    #[error(transparent)]
    Configuration(NetError),
    #[error("`{0}` does not resolve: neither a name server nor the hosts file here knows it")]
    Unknown(String),
    #[error("`{0}` could not be looked up: no name server answered")]
    NoAnswer(String),
}

/// Resolves names by the system's hosts file and name servers.
#[derive(Debug, Clone)]
pub struct Resolver(TokioResolver);

impl Resolver {
    /// A resolver with the system's configuration; without one it knows the hosts file.
    ///
    /// # Errors
    ///
    /// [`ResolveError::Configuration`].
    pub fn of_the_system() -> Result<Self, ResolveError> {
        let builder = TokioResolver::builder_tokio().unwrap_or_else(|_| {
            let without_servers = ResolverConfig::default();
            Hickory::builder_with_config(without_servers, TokioRuntimeProvider::default())
        });
        builder.build().map(Self).map_err(ResolveError::Configuration)
    }

    /// A resolver that knows these names, given as lines of a hosts file.
    #[cfg(test)]
    pub(super) fn knowing(lines: &str) -> Self {
        let Self(mut resolver) = Self::of_the_system().expect("a resolver");
        let mut hosts = hickory_resolver::Hosts::default();
        hosts.read_hosts_conf(lines.as_bytes()).expect("lines of a hosts file");
        resolver.set_hosts(Arc::new(hosts));
        Self(resolver)
    }

    /// The addresses of a host, those of IPv4 first.
    pub async fn addresses_of(&self, host: &Host<String>) -> Result<Vec<IpAddr>, ResolveError> {
        match host {
            Host::Ipv4(address) => Ok(vec![(*address).into()]),
            Host::Ipv6(address) => Ok(vec![(*address).into()]),
            // `localhost` is this machine, whatever a name server says (RFC 6761, section 6.3).
            Host::Domain(name) if name == "localhost" || name.ends_with(".localhost") => {
                Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
            }
            Host::Domain(name) => {
                let found = self.0.lookup_ip(name.as_str()).await;
                let found = found.map_err(|error| unresolved(name, &error))?;
                let mut addresses: Vec<IpAddr> = found.iter().collect();
                addresses.sort_by_key(IpAddr::is_ipv6);
                Ok(addresses)
            }
        }
    }
}

fn unresolved(name: &str, error: &NetError) -> ResolveError {
    if error.is_no_records_found() {
        ResolveError::Unknown(name.to_owned())
    } else {
        ResolveError::NoAnswer(name.to_owned())
    }
}

/// The service that the connector of hyper's client asks; the connector adds the port.
impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (resolver, host) = (self.clone(), Host::Domain(name.as_str().to_owned()));
        Box::pin(async move {
            let found = resolver.addresses_of(&host).await.map_err(io::Error::other)?;
            let addresses: Vec<SocketAddr> =
                found.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
            Ok(addresses.into_iter())
        })
    }
}
