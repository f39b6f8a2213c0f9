//! The program under test of these examples: a shop that takes payments by MTN MoMo.

#![allow(dead_code, reason = "each example uses a part of it")]

use std::error::Error;

use momo_sandbox::{ApiUser, Product, Sandbox};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

/// A shop, with the API user that it is to the gateway.
pub struct Shop {
    pub api_user: ApiUser,
    base_url: String,
    client: Client,
}

impl Shop {
    /// Opens a shop at an emulator: a real one would get its credentials from its configuration.
    pub async fn open(momo: &Sandbox) -> Result<Self, Box<dyn Error>> {
        let api_user = momo.provision("localhost").await?;
        Ok(Self { api_user, base_url: momo.url(), client: Client::new() })
    }

    /// Asks a payer for money, and returns the reference id of the payment.
    #[expect(clippy::disallowed_methods, reason = "a shop draws its own reference ids")]
    pub async fn ask_for_payment(&self, amount: &str) -> Result<Uuid, Box<dyn Error>> {
        let reference_id = Uuid::new_v4();
        let body = json!({
            "amount": amount,
            "currency": "EUR",
            "externalId": "order-1",
            "payer": {"partyIdType": "MSISDN", "partyId": "46733123999"},
            "payerMessage": "Thank you for your order",
            "payeeNote": "",
        });
        let request = self
            .client
            .post(format!("{}/collection/v1_0/requesttopay", self.base_url))
            .header("X-Reference-Id", reference_id.to_string())
            .header("X-Callback-Url", "http://localhost:9/momo")
            .body(body.to_string());
        self.with_credentials(request).send().await?.error_for_status()?;
        Ok(reference_id)
    }

    /// Asks the gateway for the status of a payment.
    pub async fn status(&self, reference_id: Uuid) -> Result<String, Box<dyn Error>> {
        let url = format!("{}/collection/v1_0/requesttopay/{reference_id}", self.base_url);
        let answer = self.with_credentials(self.client.get(url)).send().await?;
        let payment: Value = answer.error_for_status()?.json().await?;
        Ok(payment["status"].as_str().unwrap_or_default().to_owned())
    }

    fn with_credentials(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .bearer_auth(self.api_user.token(Product::Collection))
            .header(
                "Ocp-Apim-Subscription-Key",
                self.api_user.subscription_key(Product::Collection),
            )
            .header("X-Target-Environment", "sandbox")
    }
}
