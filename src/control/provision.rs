//! `POST spaces`: an API user in one call, with its key, tokens, scenario and label.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::control::base_urls::Ports;
use crate::control::decode::{self, Raw};
use crate::control::label::ShortText;
use crate::control::names::Word;
use crate::control::parts::{CalledAs, Texts, part};
use crate::control::refusal::Refusal;
use crate::control::scenario::{PutScenarios, ScenarioSource};
use crate::control::{Control, Scope};
use crate::engine::space::Space;
use crate::gateway::Gateway;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment_variables as variables;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::label::Labels;
use momo_sandbox_core::platform::rules_in_force::Lasting;
use momo_sandbox_core::scenario::seed::Purpose;
use momo_sandbox_core::scenario::system_credentials::system_credential;

const CALLBACK_HOST: &str = "localhost";

/// What the control plane needs from the gateway to provision API users.
#[derive(Debug)]
pub struct Provisioning {
    /// The gateway, which issues tokens and knows the subscription keys.
    pub gateway: Arc<Gateway>,
    pub ports: Ports,
    /// How many API users were provisioned by this call.
    pub count: AtomicU32,
}

/// The API user to provision. Fields that are left out have defaults.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisionRequest {
    #[serde(default)]
    pub label: ShortText,
    pub provider_callback_host: Option<String>,
    /// The platform that it is of, where MTN's two platforms are told apart.
    #[serde(default)]
    pub platform: Option<Word<MtnPlatform>>,
    /// The wallet whose accounts it shares with all others of that name.
    #[serde(default)]
    pub wallet: ShortText,
    #[serde(default, deserialize_with = "read_scenario")]
    pub scenario: Option<ScenarioSource>,
    #[serde(default, deserialize_with = "read_products")]
    #[schemars(extend("minItems" = 1))]
    pub products: Option<Vec<Word<Product>>>,
}

part!(body ProvisionRequest);

fn read_scenario<'de, D>(deserializer: D) -> Result<Option<ScenarioSource>, D::Error>
where
    D: Deserializer<'de>,
{
    let raw = Raw::deserialize(deserializer)?;
    match raw.0.as_str() {
        "null" => Ok(None),
        _ => ScenarioSource::of_json(raw).map(Some),
    }
}

fn read_products<'de, D>(deserializer: D) -> Result<Option<Vec<Word<Product>>>, D::Error>
where
    D: Deserializer<'de>,
{
    const NAMES: &str = r#"a list of names, such as ["collection"]"#;
    match decode::list_or_null(deserializer, NAMES)? {
        Some(names) if names.is_empty() => Err(D::Error::invalid_length(0, &NAMES)),
        names => Ok(names),
    }
}

/// A new API user, with everything that a program needs to act as it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Provisioned {
    pub api_user: ApiUserId,
    /// The User ID of its System Credentials, of which `api_key` is the Credential Token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Box<str>>,
    pub api_key: String,
    /// The platform that it is of, where MTN's two platforms are told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Word<MtnPlatform>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wallet: Option<Box<str>>,
    pub label: ShortText,
    pub provider_callback_host: String,
    pub products: Vec<Word<Product>>,
    /// An access token for each product.
    pub tokens: Texts,
    /// The lifetime of the tokens, in seconds.
    pub expires_in: u64,
    pub scenario: PutScenarios,
    /// The variables of a program's environment.
    pub environment: Texts,
    /// The same as commands of a shell.
    pub export: String,
}

impl Control {
    /// Provisions an API user, and answers everything that a program needs to act as it.
    ///
    /// # Errors
    ///
    /// 400 for a wrong host, platform or scenario, 503 if there is no room.
    pub async fn provision(
        self: Arc<Self>,
        called_as: CalledAs,
        request: ProvisionRequest,
    ) -> Result<Provisioned, Refusal> {
        let host = self.callback_host(&request)?;
        let platform = self.platform(request.platform.map(|word| word.0))?;
        let ProvisionRequest { label, scenario, products, wallet, .. } = request;
        let products = products.map_or(Product::ALL.into(), |all| {
            all.into_iter().map(|product| product.0).collect::<BTreeSet<_>>()
        });
        let scenarios = scenario.map_or(Ok(Vec::new()), ScenarioSource::read)?;
        let scenario = PutScenarios::of(&scenarios);
        let rules = (!scenarios.is_empty()).then(|| self.spaces.rules_to_come().with(scenarios));
        if let Some(rules) = &rules {
            self.make_room_for(&Scope::All, rules)?;
        }
        let wallet = wallet.0;
        let (space, token) = self.provision_new(|number| {
            let wallet = wallet.clone();
            let (drawn, token) = self.draw(number, &host, &products, platform);
            (ApiUser { wallet, ..drawn }, token)
        })?;
        self.spaces.set_labels(&space, &Labels { label: label.0, is_excluded: false });
        let api_user = space.api_user();
        let id = api_user.id;
        let (api_key, session, now, lifetime) = self.spaces.enter(&space, |platform, now| {
            if let Some(rules) = rules {
                platform.put_own_rules(Arc::new(rules), Lasting::ForGood);
            }
            let api_key = match token {
                Some(token) => {
                    platform.set_api_key(&token);
                    token
                }
                None => platform.create_api_key(),
            };
            (api_key, platform.session(), now, platform.rules().token_lifetime)
        });
        let issued = &self.provisioning.gateway.tokens;
        let token = |product: &Product| (product.name(), issued.issue(id, session, now, lifetime));
        let environment = self.variables(&called_as, api_user, &api_key);
        let line = |(name, value): &(&str, String)| format!("export {name}={}\n", quoted(value));
        Ok(Provisioned {
            api_user: id,
            user_id: api_user.user_id.clone(),
            platform: platform.map(Word),
            wallet: api_user.wallet.clone(),
            label: ShortText(space.labels().label),
            provider_callback_host: host.as_sent.to_string(),
            products: products.iter().copied().map(Word).collect(),
            tokens: Texts::named(products.iter().map(token)),
            expires_in: lifetime.as_secs(),
            scenario,
            export: environment.iter().map(line).collect(),
            environment: Texts::named(environment),
            api_key,
        })
    }

    fn callback_host(&self, request: &ProvisionRequest) -> Result<ProviderCallbackHost, Refusal> {
        let host = request.provider_callback_host.as_deref().unwrap_or(CALLBACK_HOST);
        let parsed = ProviderCallbackHost::parse(host).ok_or_else(|| {
            Refusal::bad(format!("`provider_callback_host` is `{host}`: write a host name"))
        })?;
        if self.spaces.settings().environment.is_production() && parsed.is_ip_address() {
            return Err(Refusal::bad(format!(
                "`provider_callback_host` is `{host}`: in production it is a host name, never an \
                 IP address"
            )));
        }
        Ok(parsed)
    }

    /// The platform that the new API user is of: that which is asked for, else that which is
    /// played, else the new one.
    fn platform(&self, asked: Option<MtnPlatform>) -> Result<Option<MtnPlatform>, Refusal> {
        let refused =
            |name: &str, why: &str| Err(Refusal::bad(format!("`platform` is `{name}`, but {why}")));
        match (self.provisioning.gateway.platforms, asked) {
            (None, None) => Ok(None),
            (None, Some(asked)) if self.spaces.settings().environment.is_production() => refused(
                asked.name(),
                "this emulator does not tell MTN's platforms apart: leave it out",
            ),
            (None, Some(asked)) => refused(
                asked.name(),
                "the sandbox is not part of MTN's platform migration: leave it out, or start the \
                 emulator with a market as --target-environment",
            ),
            (Some(PlayedPlatforms::Only(only)), None) => Ok(Some(only)),
            (Some(PlayedPlatforms::Both), None) => Ok(Some(MtnPlatform::New)),
            (Some(played), Some(asked)) if played.plays(asked) => Ok(Some(asked)),
            (Some(_), Some(asked)) => {
                let (name, other) = (asked.name(), asked.other().name());
                let why = format!(
                    "this emulator plays the {other} platform alone: write `{other}` or leave it \
                     out, or start the emulator with --platform {name} or --platform both"
                );
                refused(name, &why)
            }
        }
    }

    /// Draws an API user; if it is of the new platform, with its Credential Token.
    fn draw(
        &self,
        number: u32,
        host: &ProviderCallbackHost,
        products: &BTreeSet<Product>,
        platform: Option<MtnPlatform>,
    ) -> (ApiUser, Option<String>) {
        let seed = self.spaces.settings().seed;
        let new = |id| ApiUser { platform, ..ApiUser::new(id, host.clone(), products.clone()) };
        match platform {
            Some(MtnPlatform::New) => {
                let (user_id, token) = system_credential(seed, number);
                let api_user = new(ApiUserId::of_user_id(&user_id));
                (ApiUser { user_id: Some(user_id.into()), ..api_user }, Some(token))
            }
            Some(MtnPlatform::Legacy) | None => {
                (new(ApiUserId(seed.uuid(Uuid::nil(), Purpose::ApiUser(number)))), None)
            }
        }
    }

    /// Provisions under an id that is not taken; returns what `draw` gives beside the API user.
    fn provision_new<T>(
        &self,
        draw: impl Fn(u32) -> (ApiUser, T),
    ) -> Result<(Arc<Space>, T), Refusal> {
        loop {
            let number = self.provisioning.count.fetch_add(1, Ordering::Relaxed);
            let (api_user, beside) = draw(number);
            match self.spaces.provision(api_user) {
                Ok(space) => return Ok((space, beside)),
                // The id is taken: another instance with the same seed gave it to a caller that
                // created it here, or it was given at the start.
                Err(Rejection::Duplicate(_)) => {}
                Err(rejection) => return Err(Refusal::new(503, rejection.to_string())),
            }
        }
    }

    /// The environment variables for the program under test.
    fn variables(
        &self,
        called_as: &CalledAs,
        api_user: &ApiUser,
        api_key: &str,
    ) -> Vec<(&'static str, String)> {
        let Provisioning { gateway, ports, .. } = &self.provisioning;
        let authority = called_as.0.as_ref();
        let is_both = gateway.platforms == Some(PlayedPlatforms::Both);
        let platform = api_user.platform.filter(|_| is_both);
        let url = authority.map(|authority| ports.url(authority, platform)).unwrap_or_default();
        let front = authority.and_then(|authority| ports.front_url(authority, platform));
        let key_of = |product| gateway.subscription_keys.first_of(product).map(str::to_owned);
        let primary = Product::ALL.into_iter().find_map(key_of).unwrap_or_default();
        let exported = [
            (variables::URL, url),
            (variables::API_USER_ID, api_user.shown_id().into_owned()),
            (variables::API_KEY, api_key.to_owned()),
            (variables::ENVIRONMENT, gateway.environment.name.to_owned()),
            (variables::CURRENCY, gateway.environment.currency.to_owned()),
            (variables::CALLBACK_HOST, api_user.provider_callback_host.as_sent.to_string()),
            (variables::PRIMARY_KEY, primary),
        ];
        let front = front.map(|url| (variables::TLS_URL, url));
        let with_key = |product| key_of(product).map(|key| (variables::key_of(product), key));
        let keys = Product::ALL.into_iter().filter_map(with_key);
        exported.into_iter().chain(front).chain(keys).collect()
    }
}

/// A value quoted for a shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_quoted_for_the_shell() {
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
