//! Callback URLs and the hosts that they are compared with.

use url::{Host, Url};

use momo_sandbox_core::model::callback_url::{CallbackUrl, ProviderCallbackHost};

/// The first line is a registered host, the rest a callback URL.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (registered, url) = text.split_once('\n').unwrap_or((&text, &text));
    let registered = ProviderCallbackHost::parse(registered).inspect(check_host);
    let url = CallbackUrl::parse(url).ok().inspect(check_url);
    if let (Some(registered), Some(url)) = (registered, url)
        && registered.host == url.host()
    {
        // What is allowed stays allowed however the host is written.
        let again = ProviderCallbackHost::parse(&registered.host.to_string());
        assert_eq!(again.expect("a host").host, url.host());
    }
}

fn is_written(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => {
            let labels = || name.split('.');
            labels().all(|label| !label.is_empty())
                && !name.contains(['/', '@', ':', '?', '#', '\\', ' ', '%'])
                && !name.contains(|character: char| character.is_ascii_uppercase())
        }
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    }
}

fn check_host(registered: &ProviderCallbackHost) {
    let host = &registered.host;
    assert!(is_written(host), "{registered:?}");
    let again = ProviderCallbackHost::parse(&registered.as_sent);
    assert_eq!(again.as_ref(), Some(registered), "what a GET shows can be registered again");
    for other in [host.to_string(), format!("https://{host}:8443/momo"), format!("{host}:8080")] {
        let other = ProviderCallbackHost::parse(&other).expect("a host");
        assert_eq!(other.host, *host, "{registered:?}");
    }
    let url = CallbackUrl::parse(&format!("http://{host}/paid")).expect("a host makes a URL");
    assert_eq!(url.host(), *host);
}

fn check_url(url: &CallbackUrl) {
    assert!(is_written(&url.host()), "{url}");
    let read = Url::parse(url.as_str()).expect("a URL");
    assert!(matches!(read.scheme(), "http" | "https"), "{url}");
    assert!(read.username().is_empty() && read.password().is_none(), "{url}");
    let authority = url.as_str().split('/').nth(2).expect("an authority");
    assert!(!authority.contains('@'), "{url}");
    assert_eq!(CallbackUrl::parse(&url.to_string()).as_ref(), Ok(url), "it is read as it is shown");
    let registered = ProviderCallbackHost::parse(url.as_str()).expect("it has a host");
    assert_eq!(registered.host, url.host(), "{url}");
    assert_eq!(url.is_https(), read.scheme() == "https");
    assert_eq!(url.is_ip_address(), !matches!(url.host(), Host::Domain(_)));
    assert_eq!(Some(url.port()), read.port_or_known_default());
    let _ = url.fault_in_production();
}
