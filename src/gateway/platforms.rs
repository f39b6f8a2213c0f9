//! Which of MTN's two platforms a request is for, and what stands in front of the new one
//! (docs/contract.md#new-platform).

use std::net::IpAddr;

use http::header::{HOST, USER_AGENT};

use crate::engine::spaces::Spaces;
use crate::gateway::Gateway;
use crate::gateway::request::GatewayRequest;
use crate::gateway::request_context::RequestContext;
use momo_sandbox_core::model::mtn_platform::{LegacyPhase, MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::unreadable;
use momo_sandbox_core::platform::arrival::{Arrival, NamedHost};

/// What the application gateway of the new platform blocks in a User-Agent.
const BLOCKED_USER_AGENT: &str = "python-requests";

/// What stands in front of the platform that a request is for. Returns that platform; `None` where
/// platforms are not told apart.
///
/// # Errors
///
/// [`Rejection::PlatformGone`] for one that is not played or gone,
/// [`Rejection::UserAgentBlocked`].
pub(super) fn check_front(
    gateway: &Gateway,
    context: &RequestContext<'_>,
) -> Result<Option<MtnPlatform>, Rejection> {
    let Some(platform) = context.arrival.platform() else { return Ok(None) };
    if gateway.platforms.is_some_and(|played| !played.plays(platform)) {
        let name = platform.name();
        return Err(Rejection::PlatformGone(format!(
            "{} is the host of the {name} platform, which this emulator does not play. Call {}, \
             or start the emulator with --platform {name} or --platform both.",
            platform.host(),
            platform.other().host()
        )));
    }
    match platform {
        MtnPlatform::Legacy => check_gone(&gateway.spaces)?,
        MtnPlatform::New => check_user_agent(context.request)?,
    }
    Ok(Some(platform))
}

/// The platform that a request is for, and how its client named the host. A platform's host name
/// tells it, whether or not it is played; else the one that is played alone, or the port.
pub(super) fn arrival_of(gateway: &Gateway, request: &GatewayRequest) -> Arrival {
    let Some(played) = gateway.platforms else { return Arrival::Untold };
    let host = host_of(request);
    let platform = host.and_then(MtnPlatform::of_host).unwrap_or(match played {
        PlayedPlatforms::Only(only) => only,
        PlayedPlatforms::Both => request.port.unwrap_or(MtnPlatform::New),
    });
    // Only the HTTPS front is of no platform.
    let named_host = match host.filter(|_| request.port.is_none()) {
        None => NamedHost::PlainPort,
        Some(host) if is_address(host) => NamedHost::Address,
        Some(_) => NamedHost::Name,
    };
    Arrival::at(platform, named_host)
}

fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

fn check_gone(spaces: &Spaces) -> Result<(), Rejection> {
    match spaces.legacy_phase() {
        LegacyPhase::Open | LegacyPhase::StatusesOnly => Ok(()),
        LegacyPhase::Gone => Err(Rejection::PlatformGone(
            "The legacy platform is gone: the time in which both platforms run side by side after \
             the cutover is over. Call the new platform."
                .to_owned(),
        )),
    }
}

fn check_user_agent(request: &GatewayRequest) -> Result<(), Rejection> {
    match request.headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes())) {
        Some(sent) if sent.contains(BLOCKED_USER_AGENT) => {
            Err(Rejection::UserAgentBlocked(unreadable::beginning(&sent).to_owned()))
        }
        _ => Ok(()),
    }
}

/// Checks that the legacy platform still takes new payments, if a request for one is for it.
///
/// # Errors
///
/// [`Rejection::LegacyClosed`] after the cutover.
pub(super) fn check_new_payment(
    gateway: &Gateway,
    platform: Option<MtnPlatform>,
) -> Result<(), Rejection> {
    let is_legacy = platform == Some(MtnPlatform::Legacy);
    if is_legacy && gateway.spaces.legacy_phase() != LegacyPhase::Open {
        return Err(Rejection::LegacyClosed(
            "The cutover is over: the legacy platform takes no new payments, and answers for those \
             that it has. Send new ones to the new platform, with its System Credentials."
                .to_owned(),
        ));
    }
    Ok(())
}

/// The host name that a request names, without its port.
fn host_of(request: &GatewayRequest) -> Option<&str> {
    let in_header = || {
        let host = request.header(&HOST)?;
        // The colons of an IPv6 address stand in brackets.
        let split = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        Some(split.map_or(host, |(host, _)| host))
    };
    request.uri.host().or_else(in_header)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn the_host_of_a_request_is_found_over_both_versions_of_http() {
        let found = |uri: &str, host: Option<&str>| {
            let mut request = Request::builder().uri(uri);
            if let Some(host) = host {
                request = request.header(HOST, host);
            }
            let request = request.body(()).expect("a request");
            host_of(&GatewayRequest::from(request.into_parts().0)).map(str::to_owned)
        };
        let new = Some("momoapi.momo.africa".to_owned());
        assert_eq!(found("/collection/token/", Some("momoapi.momo.africa")), new);
        assert_eq!(found("/collection/token/", Some("momoapi.momo.africa:443")), new);
        assert_eq!(found("https://momoapi.momo.africa:443/collection/token/", None), new);
        assert_eq!(found("/", None), None);
        let address = Some("[::1]".to_owned());
        assert_eq!(found("/", Some("[::1]")), address);
        assert_eq!(found("/", Some("[::1]:4673")), address);
    }

    #[test]
    fn an_address_is_told_from_a_name() {
        for (host, expected) in
            [("127.0.0.1", true), ("[::1]", true), ("momoapi.momo.africa", false), ("", false)]
        {
            assert_eq!(is_address(host), expected, "{host}");
        }
    }
}
