//! The target environments, with what differs between them: one table.

use std::sync::LazyLock;
use std::time::Duration;

use crate::model::amount::Currency;

/// A target environment: what `X-Target-Environment` names (contract, section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name in the header.
    pub name: &'static str,
    /// Its only currency, by ISO 4217.
    pub currency: &'static str,
    /// How many digits an amount may have behind the point; the sandbox takes any.
    pub decimals: Option<u32>,
    /// Which rules hold.
    pub profile: Profile,
    /// Whether `reason` is an object `{code, message}`, as MTN's schema alone has it, and not the
    /// text that was recorded in the sandbox and in production (contract, section 5).
    pub reason_objects: bool,
}

/// Which of MTN's two sets of rules holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Those of the sandbox.
    Sandbox,
    /// Those of a market.
    Production,
}

const fn market(name: &'static str, currency: &'static str, decimals: u32) -> Environment {
    Environment {
        name,
        currency,
        decimals: Some(decimals),
        profile: Profile::Production,
        reason_objects: false,
    }
}

/// The sandbox; its only currency is EUR (contract, section 3, check 8).
pub static SANDBOX: Environment = Environment {
    name: "sandbox",
    currency: "EUR",
    decimals: None,
    profile: Profile::Sandbox,
    reason_objects: false,
};

/// The markets: the names of contract, section 2; the decimals of ISO 4217.
pub static MARKETS: [Environment; 14] = [
    market("mtnuganda", "UGX", 0),
    market("mtnghana", "GHS", 2),
    market("mtnivorycoast", "XOF", 0),
    market("mtnzambia", "ZMW", 2),
    market("mtncameroon", "XAF", 0),
    market("mtnbenin", "XOF", 0),
    market("mtncongo", "XAF", 0),
    market("mtnswaziland", "SZL", 2),
    market("mtnguineaconakry", "GNF", 0),
    market("mtnsouthafrica", "ZAR", 2),
    market("mtnliberia", "LRD", 2),
    market("mtnsouthsudan", "SSP", 2),
    market("mtnnigeria", "NGN", 2),
    market("mtnrwanda", "RWF", 0),
];

impl Environment {
    /// The one of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        std::iter::once(&SANDBOX).chain(&MARKETS).find(|environment| environment.name == name)
    }

    /// Whether it is a market's.
    pub fn is_production(&self) -> bool {
        self.profile == Profile::Production
    }

    /// Its currency.
    pub fn currency(&self) -> Currency {
        Currency::new(self.currency)
    }

    /// The same environment with every `reason` as an object.
    pub fn with_reason_objects(&self) -> &'static Self {
        static TWINS: LazyLock<Vec<Environment>> = LazyLock::new(|| {
            let all = std::iter::once(&SANDBOX).chain(&MARKETS).cloned();
            all.map(|own| Environment { reason_objects: true, ..own }).collect()
        });
        let twin = TWINS.iter().find(|twin| twin.name == self.name);
        twin.expect("every environment has a twin")
    }

    /// Whether an empty `payerMessage` or `payeeNote` breaks the platform (seen in a client, 2022).
    pub fn refuses_empty_notes(&self) -> bool {
        self.is_production()
    }

    /// Whether API users are made by the provisioning API; those of a market are made by the
    /// account portal.
    pub fn has_provisioning(&self) -> bool {
        !self.is_production()
    }

    /// How many status queries there may be in how long (contract, section 6, at its end).
    pub fn query_limit(&self) -> Option<(u32, Duration)> {
        self.is_production().then_some((10, Duration::from_secs(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_environment_is_found_by_its_name_and_has_a_currency_of_iso_4217() {
        for environment in std::iter::once(&SANDBOX).chain(&MARKETS) {
            assert_eq!(Environment::named(environment.name), Some(environment));
            let code = environment.currency;
            assert!(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()));
        }
        assert_eq!(Environment::named("mtnatlantis"), None);
        assert!(SANDBOX.with_reason_objects().reason_objects);
        assert_eq!(MARKETS[3].with_reason_objects().name, MARKETS[3].name);
    }
}
