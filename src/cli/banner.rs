//! The output of `serve` at startup: its address, the rules in force, an example.

use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

use uuid::Uuid;

use crate::emulator::ports::connectable;
use crate::gateway::subscription_keys::SubscriptionKeys;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::escape::printable;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::scenario::rule_book::RuleBook;
use momo_sandbox_core::scenario::seed::{Purpose, Seed};

/// The facts that the banner shows.
#[derive(Debug)]
pub struct Banner<'a> {
    pub address: SocketAddr,
    /// The configuration file in force.
    pub configuration_file: Option<&'a Path>,
    pub is_clock_paused: bool,
    /// The address of the HTTPS server.
    pub https: Option<SocketAddr>,
    pub environment: &'a Environment,
    /// The lines about MTN's platforms and their credentials, in production.
    pub platforms: Option<&'a str>,
    pub rules: &'a RuleBook,
    pub seed: Seed,
    pub keys: &'a SubscriptionKeys,
    pub control_token: Option<BannerToken<'a>>,
}

/// The control token in the banner.
#[derive(Clone, Copy)]
pub enum BannerToken<'a> {
    /// A token of the user's, which is not printed: it does not belong in the log of a CI run.
    Given,
    /// A token of this run, which is printed only here.
    Drawn(&'a str),
}

impl fmt::Debug for BannerToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BannerToken")
    }
}

impl Banner<'_> {
    /// The text. Its first line says that the emulator is ready.
    pub fn text(&self) -> String {
        let mut text = format!(
            "momo-sandbox {} listening on http://{}\n",
            env!("CARGO_PKG_VERSION"),
            self.address
        );
        if let Some(file) = self.configuration_file {
            let _ = writeln!(text, "configuration: {}", printable(&file.display().to_string()));
        }
        if let Some(https) = self.https {
            let _ = writeln!(
                text,
                "HTTPS front on https://{https}; its root is at http://{}/_sandbox/ca.pem",
                self.address
            );
        }
        if self.environment.is_production() {
            self.write_market(&mut text);
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
            Some(BannerToken::Drawn(token)) => writeln!(text, "{needed} {token}"),
            Some(BannerToken::Given) => {
                writeln!(text, "{needed} TOKEN, with --control-token's TOKEN")
            }
        };
        let base = format!("http://{}", connectable(self.address));
        let _ = writeln!(text, "console: {base}/_sandbox/");
        if self.is_clock_paused {
            let advance = self.advance(&base, "1m", "");
            let _ = writeln!(text, "the clock is paused; advance it:\n{advance}");
        }
        for product in self.keys.products_without_key() {
            let _ = writeln!(text, "no subscription key for {product}: its calls are refused");
        }
        if self.environment.has_provisioning() {
            self.write_example(&mut text);
        }
        text
    }

    fn write_market(&self, text: &mut String) {
        let (name, currencies) = (self.environment.name, self.environment.currencies_in_words());
        let _ = writeln!(
            text,
            "target environment {name}: {currencies}, callbacks to https URLs only, no provisioning"
        );
        if let Some(note) = self.environment.note {
            let _ = writeln!(text, "known of {name}: {note}");
        }
        text.push_str(self.platforms.unwrap_or_default());
    }

    /// Writes the example. A key of the user's is a secret, so a variable stands for it.
    fn write_example(&self, text: &mut String) {
        let takes_any_key = !self.keys.products_of("any-key").is_empty();
        let has_collection = !self.keys.products_without_key().contains(&Product::Collection);
        if takes_any_key {
            let _ = writeln!(text, "try it:\n{}", self.example("any-key"));
        } else if has_collection {
            let _ = writeln!(
                text,
                "with KEY set to a subscription key of collection, try it:\n{}",
                self.example("$KEY")
            );
        }
    }

    /// The shell command that advances the clock; `output` is an option of curl, or empty.
    fn advance(&self, base: &str, by: &str, output: &str) -> String {
        let token = match self.control_token {
            None => String::new(),
            Some(BannerToken::Given) => " \\\n    -H 'Authorization: Bearer TOKEN'".to_owned(),
            Some(BannerToken::Drawn(token)) => {
                format!(" \\\n    -H 'Authorization: Bearer {token}'")
            }
        };
        format!(
            "  curl -s {base}/_sandbox/clock/advance -d '{{\"by\":\"{by}\"}}' \\\n    \
             {output}-H 'Content-Type: application/json'{token}"
        )
    }

    /// Shell commands of at most 80 columns: they create an API user with its key, a token and a
    /// payment, and get its status.
    fn example(&self, key: &str) -> String {
        let uuid = |number| self.seed.uuid(Uuid::nil(), Purpose::Example(number));
        let (user, reference, address) = (uuid(1), uuid(2), connectable(self.address));
        let pause = if self.is_clock_paused {
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
