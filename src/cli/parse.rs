//! Parsers of values that more than one command, or a flag and a file, has.

use std::net::SocketAddr;
use std::time::Duration;

use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::scenario::duration::parse_duration;

/// The value of `--subscription-key`, `PRODUCT=KEY`.
#[derive(Debug, Clone)]
pub struct SubscriptionKey {
    pub product: Product,
    pub key: String,
}

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
