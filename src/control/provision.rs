//! An API user in one call: with its key, tokens, scenario and label, ready to be used.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::control::names::{self, Fields};
use crate::control::request::{ControlRequest, Refusal};
use crate::control::{Control, Scope, label, scenario};
use crate::engine::space::Space;
use crate::gateway::Gateway;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment_variables as variables;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::operations::answer::Answer;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::event::RuleScope;
use momo_sandbox_core::platform::label::Labels;
use momo_sandbox_core::scenario::rule::Scenario;
use momo_sandbox_core::scenario::seed::Purpose;

/// The fields of the body.
pub(super) const FIELDS: [&str; 4] = ["label", "provider_callback_host", "scenario", "products"];

/// The callback host where none is named.
const CALLBACK_HOST: &str = "localhost";

/// What the control plane needs of the gateway to provision.
#[derive(Debug)]
pub struct Provisioning {
    /// The gateway, which issues tokens and knows the subscription keys.
    pub gateway: std::sync::Arc<Gateway>,
    /// The port of the HTTPS front, if there is one.
    pub front_port: Option<u16>,
    /// How many API users were provisioned so.
    pub count: AtomicU32,
}

/// What is asked for.
struct Wanted {
    label: Option<Box<str>>,
    host: ProviderCallbackHost,
    scenarios: Vec<Scenario>,
    products: BTreeSet<Product>,
}

impl Control {
    /// Provisions an API user as the body says, and tells all that a program needs to be it.
    pub(super) fn provision(&self, request: &ControlRequest) -> Result<Answer, Refusal> {
        let Wanted { label, host, scenarios, products } = self.wanted(&request.json()?)?;
        let told_scenarios = scenario::told(&scenarios);
        let rules = (!scenarios.is_empty()).then(|| self.spaces.rules_to_come().with(scenarios));
        if let Some(rules) = &rules {
            self.make_room_for(&Scope::All, rules)?;
        }
        let space = self.provision_new(&host, &products)?;
        let labels = Labels { label: label.clone(), is_excluded: false };
        self.spaces.set_labels(&space, &labels);
        let id = space.api_user().id;
        let (api_key, session, now, lifetime) = self.spaces.enter(&space, |platform, now| {
            if let Some(rules) = rules {
                platform.put_rules(std::sync::Arc::new(rules), RuleScope::ThisSpace);
            }
            let api_key = platform.create_api_key();
            (api_key, platform.session(), now, platform.rules().token_lifetime)
        });
        let tokens = &self.provisioning.gateway.tokens;
        let token_of = |product: &Product| {
            let token = tokens.issue(id, session, now, lifetime);
            (product.name().to_owned(), Value::from(token))
        };
        let variables = self.variables(request, id, &api_key, &host);
        let export: String = variables
            .iter()
            .map(|(name, value)| format!("export {name}={}\n", quoted(value)))
            .collect();
        let environment: Map<String, Value> =
            variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let body = json!({
            "api_user": id.to_string(),
            "api_key": api_key,
            "label": label,
            "provider_callback_host": &*host.as_sent,
            "products": products.iter().map(|product| product.name()).collect::<Vec<_>>(),
            "tokens": products.iter().map(token_of).collect::<Map<_, _>>(),
            "expires_in": lifetime.as_secs(),
            "scenario": told_scenarios,
            "environment": environment,
            "export": export,
        });
        Ok(Answer::json(200, &body))
    }

    fn wanted(&self, body: &Map<String, Value>) -> Result<Wanted, Refusal> {
        let fields = Fields::of(body, "the body of `POST spaces`", &FIELDS)?;
        let host = fields.text("provider_callback_host")?.unwrap_or(CALLBACK_HOST);
        let parsed = ProviderCallbackHost::parse(host).ok_or_else(|| {
            let message = format!("`provider_callback_host` is `{host}`: write a host name");
            Refusal::bad(message)
        })?;
        if self.spaces.settings().environment.is_production() && parsed.is_ip_address() {
            return Err(Refusal::bad(format!(
                "`provider_callback_host` is `{host}`: in production it is a host name, never an \
                 IP address"
            )));
        }
        Ok(Wanted {
            label: label::read_label(fields.get("label"))?,
            host: parsed,
            scenarios: read_scenarios(fields.get("scenario"))?,
            products: read_products(fields.get("products"))?,
        })
    }

    /// Provisions under an id that nobody has yet.
    fn provision_new(
        &self,
        host: &ProviderCallbackHost,
        products: &BTreeSet<Product>,
    ) -> Result<std::sync::Arc<Space>, Refusal> {
        loop {
            let number = self.provisioning.count.fetch_add(1, Ordering::Relaxed);
            let seed = self.spaces.settings().seed;
            let id = ApiUserId(seed.uuid(Uuid::nil(), Purpose::ApiUser(number)));
            let api_user =
                ApiUser { id, provider_callback_host: host.clone(), products: products.clone() };
            match self.spaces.provision(api_user) {
                Ok(space) => return Ok(space),
                // Another instance of the same seed told it, and somebody used it here.
                Err(Rejection::Duplicate(_)) => {}
                Err(rejection) => return Err(Refusal::new(503, rejection.to_string())),
            }
        }
    }

    /// What a program finds in its environment.
    fn variables(
        &self,
        request: &ControlRequest,
        id: ApiUserId,
        api_key: &str,
        host: &ProviderCallbackHost,
    ) -> Vec<(&'static str, String)> {
        let Provisioning { gateway, front_port, .. } = &self.provisioning;
        let authority = request.authority.as_ref();
        let is_front =
            authority.is_some_and(|one| one.port_u16().is_some() && one.port_u16() == *front_port);
        let scheme = if is_front { "https" } else { "http" };
        let url = authority.map(|authority| format!("{scheme}://{authority}")).unwrap_or_default();
        let key_of = |product| gateway.subscription_keys.first_of(product).map(str::to_owned);
        let primary = Product::ALL.into_iter().find_map(key_of).unwrap_or_default();
        let told = [
            (variables::URL, url),
            (variables::API_USER_ID, id.to_string()),
            (variables::API_KEY, api_key.to_owned()),
            (variables::ENVIRONMENT, gateway.environment.name.to_owned()),
            (variables::CURRENCY, gateway.environment.currency.to_owned()),
            (variables::CALLBACK_HOST, host.as_sent.to_string()),
            (variables::PRIMARY_KEY, primary),
        ];
        let with_key = |product| key_of(product).map(|key| (variables::key_of(product), key));
        told.into_iter().chain(Product::ALL.into_iter().filter_map(with_key)).collect()
    }
}

/// A value as a shell reads it.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// The name of a scenario that ships, several, or a scenario.
fn read_scenarios(value: Option<&Value>) -> Result<Vec<Scenario>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Object(object)) => scenario::of_json(object),
        Some(Value::String(_)) => scenario::of_names(Some(&json!([value]))),
        Some(Value::Array(_)) => scenario::of_names(value),
        Some(_) => Err(Refusal::bad(
            "`scenario` must be the name of one that ships, a list of names, or a scenario",
        )),
    }
}

/// The products of a list; all where there is none.
fn read_products(value: Option<&Value>) -> Result<BTreeSet<Product>, Refusal> {
    let wrong = || Refusal::bad("`products` must be a list of names, such as [\"collection\"]");
    let list = match value {
        None | Some(Value::Null) => return Ok(Product::ALL.into()),
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(_) => return Err(wrong()),
    };
    let product = |name: &Value| {
        let name = name.as_str().ok_or_else(wrong)?;
        let name = names::known_word("products", name, &Product::ALL.map(Product::name))?;
        Ok(Product::named(name).expect("it is one of the names"))
    };
    list.iter().map(product).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_quoted_for_the_shell() {
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
