//! The rules about where a callback may go, checked before anything is sent
//! (docs/contract.md#callbacks).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::callback::settings::CallbackSettings;
use momo_sandbox_core::model::callback_url::CallbackUrl;
use momo_sandbox_core::model::environment::Environment;

/// The path of the console's own listener: the only one of the emulator that a callback may go to.
pub const OWN_LISTENER: &str = "/_sandbox/listener";

/// Why a callback to this URL must not be sent; `None` if it may be.
pub fn fault_of(
    url: &CallbackUrl,
    environment: &Environment,
    settings: &CallbackSettings,
) -> Option<String> {
    if environment.is_production() {
        return url.fault_in_production().map(|why| format!("the callback URL {why}"));
    }
    (url.is_https() && !settings.https_in_sandbox).then(|| {
        "the sandbox delivers callbacks to http URLs only; --https-callbacks has it deliver to \
         https URLs too"
            .to_owned()
    })
}

/// Metadata addresses of clouds that are not link-local. A cloud answers any request from inside
/// there, even with credentials. Link-local addresses are all refused.
const METADATA: [IpAddr; 9] = [
    // Alibaba Cloud.
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    // Azure: the wire server.
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    // Oracle Cloud Classic.
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    // Amazon: instances, and the identities of pods.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
    // Google Cloud.
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    // Oracle Cloud.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe)),
    // Scaleway.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42)),
    // Akamai (Linode).
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1)),
];

/// The kind of an address at which no merchant listens, but something else may; `None` for any
/// other address. A callback goes there only if a route names it.
pub fn forbidden_kind_of(address: IpAddr) -> Option<&'static str> {
    let address = canonical_ip(address);
    if METADATA.contains(&address) {
        return Some("the metadata address of a cloud");
    }
    match address {
        IpAddr::V4(v4) if v4.is_link_local() => Some("a link-local address"),
        IpAddr::V4(v4) if v4.octets()[0] == 0 => Some("an unspecified address"),
        IpAddr::V4(v4) if v4.is_broadcast() => Some("the broadcast address"),
        IpAddr::V4(v4) if v4.is_multicast() => Some("a multicast address"),
        IpAddr::V4(v4) if v4.octets()[0] >= 240 => Some("a reserved address"),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some("a link-local address"),
        IpAddr::V6(v6) if v6.is_unspecified() => Some("an unspecified address"),
        IpAddr::V6(v6) if v6.is_multicast() => Some("a multicast address"),
        _ => None,
    }
}

/// The address that a packet ends at. IPv6 has several ways to write an IPv4 address: for this
/// machine (`::ffff:0:0/96`, `::/96`) or for a translator (`64:ff9b::/96`, `64:ff9b:1::/96`,
/// `2002::/16`).
pub fn canonical_ip(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let segments = v6.segments();
    let of = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0 | 1, 0, 0, 0, high, low] => {
            of(high, low)
        }
        // `::` and `::1` are addresses of IPv6 itself.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 || low > 1 => of(high, low),
        [0x2002, high, low, ..] => of(high, low),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use momo_sandbox_core::model::environment::{MARKETS, SANDBOX};

    use super::*;

    #[test]
    fn each_environment_has_its_own_scheme() {
        let plain = CallbackSettings::default();
        let open = CallbackSettings { https_in_sandbox: true, ..plain.clone() };
        let fault = |url: &str, environment, settings: &CallbackSettings| {
            fault_of(&CallbackUrl::parse(url).expect("a URL"), environment, settings)
        };
        assert_eq!(fault("http://shop.example/", &SANDBOX, &plain), None);
        assert_eq!(fault("http://127.0.0.1/", &SANDBOX, &plain), None);
        assert!(fault("https://shop.example/", &SANDBOX, &plain).is_some());
        assert_eq!(fault("https://shop.example/", &SANDBOX, &open), None);
        for market in &MARKETS {
            assert_eq!(fault("https://shop.example/", market, &plain), None);
            assert!(fault("http://shop.example/", market, &open).is_some());
            assert!(fault("https://192.0.2.1/", market, &open).is_some());
            assert!(fault("https://[2001:db8::1]/", market, &open).is_some());
        }
    }
    #[test]
    fn an_address_where_no_merchant_listens_is_told_however_it_is_written() {
        for (kind, addresses) in [
            (
                "a link-local address",
                &[
                    "169.254.0.0",
                    "169.254.169.254",
                    "169.254.255.255",
                    "fe80::1",
                    "febf::1",
                    "::ffff:169.254.169.254",
                    "::169.254.169.254",
                    "64:ff9b::169.254.169.254",
                    "2002:a9fe:a9fe::1",
                ][..],
            ),
            ("an unspecified address", &["0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"]),
            (
                "a multicast address",
                &["224.0.0.1", "239.255.255.250", "ff02::1", "::ffff:224.0.0.1"],
            ),
            ("the broadcast address", &["255.255.255.255", "::ffff:255.255.255.255"]),
            ("a reserved address", &["240.0.0.1"]),
            (
                "the metadata address of a cloud",
                &[
                    "100.100.100.200",
                    "168.63.129.16",
                    "192.0.0.192",
                    "fd00:ec2::254",
                    "fd00:ec2::23",
                    "fd20:ce::254",
                    "fd00:c1::a9fe:a9fe",
                    "fd00:42::42",
                    "fd00:a9fe:a9fe::1",
                    "::ffff:192.0.0.192",
                    "::192.0.0.192",
                    "64:ff9b::192.0.0.192",
                    "64:ff9b:1::192.0.0.192",
                    "2002:c000:c0::1",
                ],
            ),
        ] {
            for address in addresses {
                let found = forbidden_kind_of(address.parse().expect("an address"));
                assert_eq!(found, Some(kind), "{address}");
            }
        }
        for address in [
            "127.0.0.1",
            "192.0.0.191",
            "192.0.0.193",
            "10.0.0.1",
            "172.17.0.1",
            "192.168.1.1",
            "169.253.255.255",
            "169.255.0.0",
            "223.255.255.255",
            "::1",
            "::ffff:127.0.0.1",
            "fd00::1",
            "fec0::1",
            "2001:db8::1",
        ] {
            let found = forbidden_kind_of(address.parse().expect("an address"));
            assert_eq!(found, None, "{address}");
        }
    }
}
