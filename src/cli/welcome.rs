//! What is printed at the start: where it listens, what is in force, how to try it.

use std::fmt::Write;
use std::net::SocketAddr;

use uuid::Uuid;

use crate::gateway::access::SubscriptionKeys;
use crate::model::environment::Environment;
use crate::scenario::dice::{Purpose, Seed};
use crate::scenario::rule_book::RuleBook;

/// What the start says.
#[derive(Debug)]
pub struct Welcome<'a> {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where the HTTPS front listens.
    pub front: Option<SocketAddr>,
    /// The target environment.
    pub environment: &'a Environment,
    /// How many API users were given.
    pub api_users: usize,
    /// The rules in force.
    pub rules: &'a RuleBook,
    /// The seed.
    pub seed: Seed,
    /// The keys in force.
    pub keys: &'a SubscriptionKeys,
    /// A key that is good for collection, for the example.
    pub collection_key: Option<&'a str>,
    /// What the control plane must be shown.
    pub control_token: Option<&'a str>,
}

impl Welcome<'_> {
    /// The lines, the first of which says that it is ready.
    pub fn text(&self) -> String {
        let mut text = format!(
            "momo-sandbox {} listening on http://{}\n",
            env!("CARGO_PKG_VERSION"),
            self.address
        );
        if let Some(front) = self.front {
            let _ = writeln!(
                text,
                "HTTPS front on https://{front}; its root is at http://{}/_sandbox/ca.pem",
                self.address
            );
        }
        if self.environment.is_production() {
            self.say_market(&mut text);
        }
        for scenario in &self.rules.scenarios {
            let about = scenario.description.as_deref().unwrap_or("no description");
            let _ = writeln!(text, "scenario `{}`: {about}", scenario.name);
        }
        let settle_after = jiff::SignedDuration::try_from(self.rules.settle_after);
        let settle_after = settle_after.map(|time| format!("{time:#}")).unwrap_or_default();
        let first = if self.rules.scenarios.is_empty() { "scenario: " } else { "then " };
        let _ = writeln!(
            text,
            "{first}MTN's own test numbers; anything else succeeds after {settle_after}"
        );
        if self.rules.opening_balance != RuleBook::OPENING_BALANCE {
            let _ = writeln!(text, "each account holds {} at first", self.rules.opening_balance);
        }
        let _ = writeln!(text, "seed {0} (repeat this run with --seed {0})", self.seed.0);
        if let Some(token) = self.control_token {
            let _ = writeln!(text, "/_sandbox needs the header Authorization: Bearer {token}");
        }
        for product in self.keys.products_without_key() {
            let _ = writeln!(text, "no subscription key for {product}: its calls are refused");
        }
        if let Some(key) = self.example_key().filter(|_| self.environment.has_provisioning()) {
            let _ = writeln!(text, "try it:\n{}", self.example(key));
        }
        text
    }

    fn say_market(&self, text: &mut String) {
        let Environment { name, currency, .. } = self.environment;
        let _ = writeln!(
            text,
            "target environment {name}: {currency}, callbacks to https URLs only, no provisioning"
        );
        let _ = match self.api_users {
            0 => writeln!(
                text,
                "no API user was given, so nobody gets a token: add --api-user or --api-users"
            ),
            1 => writeln!(text, "1 API user was given"),
            several => writeln!(text, "{several} API users were given"),
        };
    }

    fn example_key(&self) -> Option<&str> {
        if self.keys.products_of("any-key").is_empty() {
            self.collection_key
        } else {
            Some("any-key")
        }
    }

    /// Three lines for a shell: an API user with its key, a token, a payment and its status.
    fn example(&self, key: &str) -> String {
        let uuid = |number| self.seed.dice(Uuid::nil(), Purpose::Example(number)).uuid();
        let (user, reference, url) = (uuid(1), uuid(2), self.address);
        // It stands between single quotes for the shell.
        let key = format!("Ocp-Apim-Subscription-Key: {key}").replace('\'', r"'\''");
        [
            format!(
                "  M=http://{url}; S='{key}'; U={user}; curl -s $M/v1_0/apiuser -H \"$S\" -H \
                 \"X-Reference-Id: $U\" -d '{{\"providerCallbackHost\":\"localhost\"}}'; \
                 K=$(curl -s $M/v1_0/apiuser/$U/apikey -H \"$S\" -d '' | cut -d'\"' -f4)"
            ),
            "  T=$(curl -s $M/collection/token/ -u $U:$K -H \"$S\" -d '' | cut -d'\"' -f4); \
             pay() { curl -s \"$@\" -H \"$S\" -H \"Authorization: Bearer $T\" -H \
             'X-Target-Environment: sandbox'; }"
                .to_owned(),
            format!(
                "  R={reference}; P=$M/collection/v1_0/requesttopay; pay $P -H \"X-Reference-Id: \
                 $R\" -d '{{\"amount\":\"12.50\",\"currency\":\"EUR\",\"externalId\":\"1\",\
                 \"payer\":{{\"partyIdType\":\"MSISDN\",\"partyId\":\"46733123999\"}}}}'; \
                 sleep 1; pay $P/$R; echo"
            ),
        ]
        .join("\n")
    }
}
