//! The base URLs at which a program reaches the emulator, by the address that the caller of the
//! control plane used.

use http::uri::Authority;

use momo_sandbox_core::model::mtn_platform::MtnPlatform;

/// The numbers of the emulator's ports.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    pub plain: u16,
    /// The port of the legacy platform, where both platforms are played.
    pub legacy: Option<u16>,
    pub front: Option<u16>,
}

impl Ports {
    /// The base URL for a program. `platform` is given where both platforms are played: then the
    /// name of the host tells them apart, and otherwise the port.
    pub fn url(self, called_as: &Authority, platform: Option<MtnPlatform>) -> String {
        let called = called_as.port_u16();
        let is_front = called.is_some() && called == self.front;
        let scheme = if is_front { "https" } else { "http" };
        let as_called = format!("{scheme}://{called_as}");
        let Some(platform) = platform else { return as_called };
        if MtnPlatform::of_host(called_as.host()).is_some() {
            return format!("{scheme}://{}", with_host(called_as, platform.host()));
        }
        let port = match platform {
            MtnPlatform::Legacy => self.legacy,
            MtnPlatform::New => (called == self.legacy).then_some(self.plain),
        };
        port.map_or(as_called, |port| format!("http://{}:{port}", called_as.host()))
    }

    /// The base URL of the HTTPS front, if there is one that a program reaches the platform by. The
    /// front takes every host but the legacy platform's own for the new platform.
    pub fn front_url(self, called_as: &Authority, platform: Option<MtnPlatform>) -> Option<String> {
        let (port, called) = (self.front?, called_as.host());
        let host = match platform {
            Some(platform) if MtnPlatform::of_host(called).is_some() => platform.host(),
            Some(MtnPlatform::Legacy) => return None,
            Some(MtnPlatform::New) | None => called,
        };
        Some(format!("https://{host}:{port}"))
    }
}

/// An authority with another host, and the same port.
fn with_host(authority: &Authority, host: &str) -> String {
    authority.port().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORTS: Ports = Ports { plain: 4673, legacy: Some(4674), front: Some(443) };

    fn urls(called_as: &str, platform: Option<MtnPlatform>) -> (String, Option<String>) {
        let called_as: Authority = called_as.parse().expect("an authority");
        (PORTS.url(&called_as, platform), PORTS.front_url(&called_as, platform))
    }

    #[test]
    fn each_platform_has_the_url_of_its_port() {
        let (legacy, new) = (Some(MtnPlatform::Legacy), Some(MtnPlatform::New));
        for called_as in ["127.0.0.1:4673", "127.0.0.1:4674"] {
            assert_eq!(urls(called_as, legacy), ("http://127.0.0.1:4674".to_owned(), None));
            let front = Some("https://127.0.0.1:443".to_owned());
            assert_eq!(urls(called_as, new), ("http://127.0.0.1:4673".to_owned(), front));
        }
        assert_eq!(urls("localhost:443", legacy).0, "http://localhost:4674");
        assert_eq!(urls("localhost:443", new).0, "https://localhost:443");
        assert_eq!(urls("[::1]:4673", legacy).0, "http://[::1]:4674");
        // The port of a container is another one outside.
        assert_eq!(urls("localhost:8080", new).0, "http://localhost:8080");
        assert_eq!(urls("localhost:8080", None).0, "http://localhost:8080");
    }

    #[test]
    fn each_platform_has_its_own_host_where_the_caller_uses_one_of_them() {
        for (platform, host) in [
            (MtnPlatform::Legacy, "proxy.momoapi.mtn.com"),
            (MtnPlatform::New, "momoapi.momo.africa"),
        ] {
            let front = Some(format!("https://{host}:443"));
            for called_as in ["proxy.momoapi.mtn.com", "momoapi.momo.africa"] {
                let (url, tls) = urls(&format!("{called_as}:443"), Some(platform));
                assert_eq!((url, tls), (format!("https://{host}:443"), front.clone()));
                let (url, tls) = urls(called_as, Some(platform));
                assert_eq!((url, tls), (format!("http://{host}"), front.clone()));
            }
        }
    }
}
