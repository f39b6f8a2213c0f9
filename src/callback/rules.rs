//! Where a callback may go at all, before anything is sent (contract, section 6).

use crate::callback::settings::CallbackSettings;
use crate::model::callback_url::CallbackUrl;
use crate::model::environment::Environment;

/// Why a callback to that URL is not sent, if it is not.
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

#[cfg(test)]
mod tests {
    use crate::model::environment::{MARKETS, SANDBOX};

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
}
