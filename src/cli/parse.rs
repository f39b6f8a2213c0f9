//! Parsers of values that more than one command, or a flag and a file, has.

use std::net::SocketAddr;
use std::time::Duration;

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::ids::{ApiUserId, parse_uuid_v4};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::scenario::duration::parse_duration;

/// The value of `--subscription-key`, `PRODUCT=KEY`.
#[derive(Debug, Clone)]
pub struct SubscriptionKey {
    pub product: Product,
    pub key: String,
}

/// An API user to provision at startup, of `--api-user` or of the file of `--api-users`.
#[derive(Debug, Clone)]
pub struct ApiUserWithKey {
    pub api_user: ApiUser,
    pub api_key: String,
}

/// The end of a message about an API user's id that is not a UUID (docs/contract.md#markets).
pub const NOT_AN_ID: &str = "not a UUID of version 4: other ids of API users are not supported \
                             here, although MTN's production may give them";

pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "expected an IP address and a port, for example 127.0.0.1:4673 or 0.0.0.0:4673".to_owned()
    })
}

/// Parses a duration as scenario files write it.
pub fn parse_duration_flag(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|why| format!("`{text}` {why}; write for example `5s`"))
}

pub fn parse_subscription_key(text: &str) -> Result<SubscriptionKey, String> {
    let expected = "expected PRODUCT=KEY, for example collection=abc123";
    let (product, key) = text.split_once('=').ok_or(expected)?;
    let product = Product::named(product).ok_or_else(|| {
        format!("unknown product `{product}`; expected one of collection, disbursement, remittance")
    })?;
    if key.is_empty() {
        return Err(format!("the key is empty; {expected}"));
    }
    Ok(SubscriptionKey { product, key: key.to_owned() })
}

/// Parses `UUID:APIKEY:HOST`.
pub fn parse_api_user(text: &str) -> Result<ApiUserWithKey, String> {
    let expected = "expected UUID:APIKEY:HOST, for example \
                    c0ffee00-1111-4222-8333-444455556666:secret:localhost";
    let (id, rest) = text.split_once(':').ok_or(expected)?;
    let (api_key, host) = rest.split_once(':').ok_or(expected)?;
    let id = parse_uuid_v4(id)
        .map(ApiUserId)
        .ok_or_else(|| format!("`{id}` is {NOT_AN_ID}; {expected}"))?;
    if api_key.is_empty() {
        return Err(format!("the API key is empty; {expected}"));
    }
    let provider_callback_host = ProviderCallbackHost::parse(host)
        .ok_or_else(|| format!("`{host}` is not a host name; {expected}"))?;
    Ok(ApiUserWithKey::new(id, provider_callback_host, api_key.to_owned()))
}

impl ApiUserWithKey {
    /// An API user that may use all products.
    pub fn new(
        id: ApiUserId,
        provider_callback_host: ProviderCallbackHost,
        api_key: String,
    ) -> Self {
        Self { api_user: ApiUser::new(id, provider_callback_host, Product::ALL), api_key }
    }
}
