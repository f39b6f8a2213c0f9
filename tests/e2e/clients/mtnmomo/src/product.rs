//! What the client's three products have in common; the client has no trait for it.

use mtnmomo::common::http_client::MomoHttpClient;
use mtnmomo::common::token_manager::{ProductType, TokenManager};
use mtnmomo::{
    Balance, BasicUserInfoJsonResponse, Currency, Environment, MomoCollection, MomoDisbursements,
    MomoRemittance, TokenResponse,
};
use serde_json::json;

use crate::checks::{Outcome, answered, equal};

/// Whose a product is, and where.
pub struct Access {
    /// With the product's base path.
    pub url: String,
    pub environment: Environment,
    pub api_user: String,
    pub api_key: String,
    pub primary_key: String,
}

pub trait Product {
    const NAME: &'static str;
    const KIND: ProductType;

    fn access(&self) -> Access;
    /// The client's generic door: any GET below `/{product}/v1_0/`, read as any type.
    fn generic(&self) -> MomoHttpClient;
    async fn balance(&self) -> Outcome<Balance>;
    async fn balance_in(&self, currency: Currency) -> Outcome<Balance>;
    async fn basic_user_info(&self, msisdn: &str) -> Outcome<BasicUserInfoJsonResponse>;
    async fn user_info(&self, token: String) -> Outcome<BasicUserInfoJsonResponse>;
    async fn is_active(&self, id_type: &str, id: &str) -> Outcome<()>;
}

macro_rules! product {
    ($client:ty, $name:literal, $kind:ident) => {
        impl Product for $client {
            const NAME: &'static str = $name;
            const KIND: ProductType = ProductType::$kind;

            fn access(&self) -> Access {
                Access {
                    url: format!("{}/{}", self.url, $name),
                    environment: self.environment,
                    api_user: self.api_user.clone(),
                    api_key: self.api_key.clone(),
                    primary_key: self.primary_key.clone(),
                }
            }

            fn generic(&self) -> MomoHttpClient {
                let Access { environment, api_user, api_key, primary_key, .. } = self.access();
                let url = self.url.clone();
                MomoHttpClient::new(url, Self::KIND, environment, api_user, api_key, primary_key)
            }

            async fn balance(&self) -> Outcome<Balance> {
                self.get_account_balance().await
            }

            async fn balance_in(&self, currency: Currency) -> Outcome<Balance> {
                self.get_account_balance_in_specific_currency(currency).await
            }

            async fn basic_user_info(&self, msisdn: &str) -> Outcome<BasicUserInfoJsonResponse> {
                self.get_basic_user_info(msisdn).await
            }

            async fn user_info(&self, token: String) -> Outcome<BasicUserInfoJsonResponse> {
                self.get_user_info_with_consent(token).await
            }

            async fn is_active(&self, id_type: &str, id: &str) -> Outcome<()> {
                self.validate_account_holder_status(id, id_type).await
            }
        }
    };
}

product!(MomoCollection, "collection", Collection);
product!(MomoDisbursements, "disbursement", Disbursement);
product!(MomoRemittance, "remittance", Remittance);

/// A token as the client keeps it.
pub fn token(access_token: &str) -> TokenResponse {
    let answer = json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 3600});
    serde_json::from_value(answer).expect("a token")
}

/// Has the client use another token for a product than the one that it fetched.
pub async fn use_token(kind: ProductType, access_token: &str) {
    TokenManager::store_token(kind, token(access_token)).await;
}

/// The balance as a number; the amounts of this driver are exact in binary.
pub async fn funds(product: &impl Product) -> f64 {
    let balance = answered("balance", product.balance().await);
    balance.available_balance.parse().expect("a number")
}

/// The balance is what it was before, plus an amount.
pub async fn check_moved(what: &str, product: &impl Product, before: f64, amount: f64) {
    equal(&format!("{what}: balance moved"), funds(product).await - before, amount);
}
