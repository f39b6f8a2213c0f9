//! The target environments, with what differs between them: one table.

use std::sync::LazyLock;
use std::time::Duration;

use crate::model::amount::Currency;

/// A target environment: what `X-Target-Environment` names (docs/contract.md#headers).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The name in the header.
    pub name: &'static str,
    /// The currency of the accounts, by ISO 4217.
    pub currency: &'static str,
    /// The most digits after the point of an amount; the sandbox accepts any number.
    pub decimals: Option<u32>,
    /// The currencies that it takes beside the main one, each with its decimals
    /// (docs/contract.md#markets, one source: Liberia takes USD beside LRD).
    pub other_currencies: &'static [(&'static str, u32)],
    /// The only fields of `basicuserinfo`, where fewer are known than the sandbox has
    /// (docs/contract.md#markets, one source: Congo).
    pub basic_user_info_fields: Option<&'static [&'static str]>,
    /// Whether an empty `payerMessage` or `payeeNote` meets a 500 without a body
    /// (docs/contract.md#malformed-requests, check 6; recording `prod-rtp-empty-note-2022-02-08`,
    /// whose country is not named).
    pub refuses_empty_notes: bool,
    /// What else is known of it, and has no effect here (docs/contract.md#markets).
    pub note: Option<&'static str>,
    /// The set of rules that applies.
    pub profile: Profile,
    /// Whether `reason` is an object `{code, message}`, as MTN's schema alone has it, and not the
    /// text that was recorded in the sandbox and in production (docs/contract.md#reasons).
    pub reason_objects: bool,
}

/// The two sets of rules of MTN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Sandbox,
    Production,
}

const fn market(name: &'static str, currency: &'static str, decimals: u32) -> Environment {
    Environment {
        name,
        currency,
        decimals: Some(decimals),
        other_currencies: &[],
        basic_user_info_fields: None,
        refuses_empty_notes: true,
        note: None,
        profile: Profile::Production,
        reason_objects: false,
    }
}

/// The sandbox; its only currency is EUR (docs/contract.md#order-of-checks, check 8).
pub static SANDBOX: Environment = Environment {
    name: "sandbox",
    currency: "EUR",
    decimals: None,
    other_currencies: &[],
    basic_user_info_fields: None,
    refuses_empty_notes: false,
    note: None,
    profile: Profile::Sandbox,
    reason_objects: false,
};

/// The markets: the names of docs/contract.md#markets; the decimals of ISO 4217; what is known of
/// single ones.
pub static MARKETS: [Environment; 14] = [
    market("mtnuganda", "UGX", 0),
    market("mtnghana", "GHS", 2),
    Environment {
        note: Some("The payer gets an SMS and dials *133# to approve."),
        ..market("mtnivorycoast", "XOF", 0)
    },
    market("mtnzambia", "ZMW", 2),
    market("mtncameroon", "XAF", 0),
    market("mtnbenin", "XOF", 0),
    Environment {
        basic_user_info_fields: Some(&["sub", "given_name", "family_name"]),
        ..market("mtncongo", "XAF", 0)
    },
    market("mtnswaziland", "SZL", 2),
    market("mtnguineaconakry", "GNF", 0),
    market("mtnsouthafrica", "ZAR", 2),
    Environment { other_currencies: &[("USD", 2)], ..market("mtnliberia", "LRD", 2) },
    market("mtnsouthsudan", "SSP", 2),
    market("mtnnigeria", "NGN", 2),
    market("mtnrwanda", "RWF", 0),
];

impl Environment {
    /// All target environments: the sandbox, then the markets.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        std::iter::once(&SANDBOX).chain(&MARKETS)
    }

    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|environment| environment.name == name)
    }

    /// Whether this is the environment of a market.
    pub fn is_production(&self) -> bool {
        self.profile == Profile::Production
    }

    pub fn currency(&self) -> Currency {
        Currency::new(self.currency)
    }

    /// The codes of all currencies that it takes, the main one first.
    pub fn currencies(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.currency).chain(self.other_currencies.iter().map(|(code, _)| *code))
    }

    /// Returns the codes of all currencies for a sentence: `LRD or USD`.
    pub fn currencies_in_words(&self) -> String {
        self.currencies().collect::<Vec<_>>().join(" or ")
    }

    /// Whether requests may use this currency.
    pub fn takes(&self, code: &str) -> bool {
        self.currencies().any(|taken| taken == code)
    }

    /// How many digits an amount of a currency may have behind the point. `None` where any may be,
    /// and for a currency that it does not take.
    pub fn decimals_of(&self, code: &str) -> Option<u32> {
        if code == self.currency {
            return self.decimals;
        }
        let other = self.other_currencies.iter().find(|(other, _)| *other == code);
        other.map(|(_, decimals)| *decimals)
    }

    /// Returns the same environment with every `reason` as an object.
    pub fn with_reason_objects(&self) -> &'static Self {
        static TWINS: LazyLock<Vec<Environment>> = LazyLock::new(|| {
            let all = Environment::all().cloned();
            all.map(|own| Environment { reason_objects: true, ..own }).collect()
        });
        let twin = TWINS.iter().find(|twin| twin.name == self.name);
        twin.expect("every environment has a twin")
    }

    /// Whether API users are made by the provisioning API; those of a market are made by the
    /// account portal.
    pub fn has_provisioning(&self) -> bool {
        !self.is_production()
    }

    /// The number of status queries allowed in a time (docs/contract.md#rate-limits).
    pub fn query_limit(&self) -> Option<(u32, Duration)> {
        self.is_production().then_some((10, Duration::from_secs(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_environment_is_found_by_its_name_and_has_a_currency_of_iso_4217() {
        for environment in Environment::all() {
            assert_eq!(Environment::named(environment.name), Some(environment));
            for code in environment.currencies() {
                assert!(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()));
                assert!(environment.takes(code));
                assert_eq!(environment.decimals_of(code).is_some(), environment.is_production());
            }
            assert!(!environment.takes("XXX"));
            assert_eq!(environment.decimals_of("XXX"), None);
        }
        assert_eq!(Environment::named("mtnatlantis"), None);
        assert!(SANDBOX.with_reason_objects().reason_objects);
        assert_eq!(MARKETS[3].with_reason_objects().name, MARKETS[3].name);
    }

    /// What is known of single markets (docs/contract.md#malformed-requests and #markets).
    #[test]
    fn single_markets_differ_in_what_is_known_of_them() {
        let market = |name: &str| Environment::named(name).expect("a market");
        assert_eq!(market("mtnliberia").currencies_in_words(), "LRD or USD");
        assert_eq!(market("mtnliberia").decimals_of("USD"), Some(2));
        let fields = market("mtncongo").basic_user_info_fields;
        assert_eq!(fields, Some(&["sub", "given_name", "family_name"][..]));
        assert!(market("mtnivorycoast").note.is_some_and(|note| note.contains("*133#")));
        assert!(MARKETS.iter().all(|market| market.refuses_empty_notes));
        assert!(!SANDBOX.refuses_empty_notes && SANDBOX.basic_user_info_fields.is_none());
    }
}
