//! The environment variables by which a program learns of an emulator: `exec` sets them for its
//! command, and the control plane tells them with an API user that it provisions.

use crate::model::product::Product;

pub const URL: &str = "MOMO_SANDBOX_URL";
/// The base URL of the legacy platform, where both of MTN's are played: the others are then of the
/// new one.
pub const LEGACY_URL: &str = "MOMO_SANDBOX_LEGACY_URL";
/// The id of the API user of the legacy platform, where both are played.
pub const LEGACY_API_USER_ID: &str = "MOMO_SANDBOX_LEGACY_API_USER_ID";
pub const LEGACY_API_KEY: &str = "MOMO_SANDBOX_LEGACY_API_KEY";
/// The base URL of the HTTPS front.
pub const TLS_URL: &str = "MOMO_SANDBOX_TLS_URL";
/// The API user's id.
pub const API_USER_ID: &str = "MOMO_SANDBOX_API_USER_ID";
pub const API_KEY: &str = "MOMO_SANDBOX_API_KEY";
pub const ENVIRONMENT: &str = "MOMO_SANDBOX_ENVIRONMENT";
pub const CURRENCY: &str = "MOMO_SANDBOX_CURRENCY";
/// The API user's provider callback host.
pub const CALLBACK_HOST: &str = "MOMO_SANDBOX_CALLBACK_HOST";
pub const CONTROL_TOKEN: &str = "MOMO_SANDBOX_CONTROL_TOKEN";
/// A subscription key: collection's, if it has one.
pub const PRIMARY_KEY: &str = "MOMO_SANDBOX_PRIMARY_KEY";

pub const ALL: [&str; 15] = [
    URL,
    TLS_URL,
    API_USER_ID,
    API_KEY,
    LEGACY_URL,
    LEGACY_API_USER_ID,
    LEGACY_API_KEY,
    ENVIRONMENT,
    CURRENCY,
    CALLBACK_HOST,
    CONTROL_TOKEN,
    PRIMARY_KEY,
    key_of(Product::Collection),
    key_of(Product::Disbursement),
    key_of(Product::Remittance),
];

/// The subscription key of a product.
pub const fn key_of(product: Product) -> &'static str {
    match product {
        Product::Collection => "MOMO_SANDBOX_COLLECTION_KEY",
        Product::Disbursement => "MOMO_SANDBOX_DISBURSEMENT_KEY",
        Product::Remittance => "MOMO_SANDBOX_REMITTANCE_KEY",
    }
}
