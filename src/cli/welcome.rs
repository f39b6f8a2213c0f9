//! What is printed at the start: where it listens, what is in force, how to try it.

use std::fmt::{self, Write};
use std::net::SocketAddr;

use uuid::Uuid;

use crate::cli::to_connect;
use crate::gateway::subscription_keys::SubscriptionKeys;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::escape::printable;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::scenario::rule_book::RuleBook;
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

/// What the start says.
#[derive(Debug)]
pub struct Welcome<'a> {
    /// Where it listens.
    pub address: SocketAddr,
    /// Whether the clock stands until it is advanced.
    pub clock_stands: bool,
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
    /// What the control plane must be shown, if anything.
    pub control_token: Option<ToldToken<'a>>,
}

/// What is said of the control token.
#[derive(Clone, Copy)]
pub enum ToldToken<'a> {
    /// It was given: who gave it knows it, and it does not belong in the log of a CI run.
    Given,
    /// It was drawn, and is printed here only.
    Drawn(&'a str),
}

impl fmt::Debug for ToldToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ToldToken")
    }
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
            let (name, about) = (printable(&scenario.name), printable(about));
            let _ = writeln!(text, "scenario `{name}`: {about}");
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
        if !self.rules.keeps_ledger {
            let _ = writeln!(text, "no ledger: payouts and refunds of any amount succeed");
        }
        let _ = writeln!(text, "seed {0} (repeat this run with --seed {0})", self.seed.0);
        let needed = "/_sandbox needs the header Authorization: Bearer";
        let _ = match self.control_token {
            None => Ok(()),
            Some(ToldToken::Drawn(token)) => writeln!(text, "{needed} {token}"),
            Some(ToldToken::Given) => {
                writeln!(text, "{needed} TOKEN, with --control-token's TOKEN")
            }
        };
        let base = format!("http://{}", to_connect(self.address));
        let _ = writeln!(text, "console: {base}/_sandbox/");
        if self.clock_stands {
            let advance = self.advance(&base, "1m", "");
            let _ = writeln!(text, "the clock is paused; advance it:\n{advance}");
        }
        for product in self.keys.products_without_key() {
            let _ = writeln!(text, "no subscription key for {product}: its calls are refused");
        }
        if self.environment.has_provisioning() {
            self.say_example(&mut text);
        }
        text
    }

    fn say_market(&self, text: &mut String) {
        let (name, currencies) = (self.environment.name, self.environment.currencies_in_words());
        let _ = writeln!(
            text,
            "target environment {name}: {currencies}, callbacks to https URLs only, no provisioning"
        );
        if let Some(note) = self.environment.note {
            let _ = writeln!(text, "known of {name}: {note}");
        }
        let _ = match self.api_users {
            0 => writeln!(
                text,
                "no API user was given, so nobody gets a token: add --api-user or --api-users"
            ),
            1 => writeln!(text, "1 API user was given"),
            several => writeln!(text, "{several} API users were given"),
        };
    }

    /// A key that was given is a secret: the example has it in a variable.
    fn say_example(&self, text: &mut String) {
        let is_any_key_good = !self.keys.products_of("any-key").is_empty();
        let is_collection_open = !self.keys.products_without_key().contains(&Product::Collection);
        let _ = match (is_any_key_good, is_collection_open) {
            (true, _) => writeln!(text, "try it:\n{}", self.example("any-key")),
            (false, true) => {
                let example = self.example("$KEY");
                writeln!(
                    text,
                    "with KEY set to a subscription key of collection, try it:\n{example}"
                )
            }
            (false, false) => Ok(()),
        };
    }

    /// The call that advances the clock, for a shell; `output` says where its answer goes.
    fn advance(&self, base: &str, by: &str, output: &str) -> String {
        let token = match self.control_token {
            None => String::new(),
            Some(ToldToken::Given) => " \\\n    -H 'Authorization: Bearer TOKEN'".to_owned(),
            Some(ToldToken::Drawn(token)) => {
                format!(" \\\n    -H 'Authorization: Bearer {token}'")
            }
        };
        format!(
            "  curl -s {base}/_sandbox/clock/advance -d '{{\"by\":\"{by}\"}}' \\\n    \
             {output}-H 'Content-Type: application/json'{token}"
        )
    }

    /// Lines of at most 80 columns for a shell: an API user with its key, a token, a payment and
    /// its status.
    fn example(&self, key: &str) -> String {
        let uuid = |number| self.seed.uuid(Uuid::nil(), Purpose::Example(number));
        let (user, reference, address) = (uuid(1), uuid(2), to_connect(self.address));
        let pause = if self.clock_stands {
            format!("{}\n  ", self.advance("$M", "1s", "-o /dev/null "))
        } else {
            "  sleep 1; ".to_owned()
        };
        format!(
            r#"  M=http://{address}
  U={user}
  S="Ocp-Apim-Subscription-Key: {key}"
  curl -s $M/v1_0/apiuser -H "$S" -H "X-Reference-Id: $U" \
    -d '{{"providerCallbackHost":"localhost"}}'
  K=$(curl -s $M/v1_0/apiuser/$U/apikey -H "$S" -d '' | cut -d'"' -f4)
  T=$(curl -s $M/collection/token/ -u $U:$K -H "$S" -d '' | cut -d'"' -f4)
  pay() {{ curl -s "$@" -H "$S" -H "Authorization: Bearer $T" \
    -H 'X-Target-Environment: sandbox'; }}
  R={reference}
  P=$M/collection/v1_0/requesttopay
  pay $P -H "X-Reference-Id: $R" -d '{{"amount":"12.50","currency":"EUR",
    "externalId":"1","payer":{{"partyIdType":"MSISDN","partyId":"46733123999"}}}}'
{pause}pay $P/$R; echo"#
        )
    }
}
