//! A shop's client of the MoMo API: what a merchant's program needs, over HTTP.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use uuid::Uuid;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::demonstration::day::Order;

/// What a shop is to the gateway.
#[derive(Debug)]
pub struct MomoClient {
    base: String,
    api_user: Uuid,
    api_key: String,
    token: Option<String>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The connection.
    #[error("the emulator cannot be reached: {0}")]
    Connection(#[from] hyper_util::client::legacy::Error),
    /// The answer broke off.
    #[error("the emulator's answer broke off: {0}")]
    Answer(#[from] hyper::Error),
    /// Another answer than one that is expected.
    #[error("{call} was answered {status}: {body}")]
    Unexpected {
        /// The call.
        call: &'static str,
        /// The status of the answer.
        status: u16,
        /// Its body.
        body: String,
    },
}

struct Call<'a> {
    method: Method,
    path: String,
    headers: Vec<(&'a str, String)>,
    body: String,
}

impl MomoClient {
    /// A client of an API user.
    pub fn new(base: String, api_user: Uuid, api_key: String) -> Self {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { base, api_user, api_key, token: None, client }
    }

    async fn send(
        &self,
        call: &Call<'_>,
        authorization: String,
    ) -> Result<(u16, String), CallError> {
        let mut request = Request::builder()
            .method(&call.method)
            .uri(format!("{}{}", self.base, call.path))
            .header(AUTHORIZATION, authorization)
            .header("Ocp-Apim-Subscription-Key", "demonstration")
            .header("X-Target-Environment", "sandbox")
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let body = Full::new(Bytes::from(call.body.clone()));
        let request = request.body(body).expect("the demonstration's headers are plain");
        let answer = self.client.request(request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    async fn renew_token(&mut self) -> Result<String, CallError> {
        let pair = format!("{}:{}", self.api_user, self.api_key);
        let basic = format!("Basic {}", BASE64_STANDARD.encode(pair));
        let call = Call {
            method: Method::POST,
            path: "/collection/token/".to_owned(),
            headers: Vec::new(),
            // A POST without a body meets a 411 on the real gateway too.
            body: "{}".to_owned(),
        };
        let (status, body) = self.send(&call, basic).await?;
        let token = serde_json::from_str::<Value>(&body)
            .ok()
            .and_then(|body| body["access_token"].as_str().map(str::to_owned));
        let token = token.ok_or(CallError::Unexpected { call: "/token/", status, body })?;
        self.token = Some(token.clone());
        Ok(token)
    }

    /// Calls with a token; with a new one if the old one has ended.
    async fn call(&mut self, call: &Call<'_>) -> Result<(u16, String), CallError> {
        let token = match self.token.clone() {
            Some(token) => token,
            None => self.renew_token().await?,
        };
        let (status, body) = self.send(call, format!("Bearer {token}")).await?;
        if status != 401 {
            return Ok((status, body));
        }
        let token = self.renew_token().await?;
        self.send(call, format!("Bearer {token}")).await
    }

    /// Asks a payer for the money of an order.
    ///
    /// # Errors
    ///
    /// Anything but a 202.
    pub async fn request_to_pay(
        &mut self,
        reference: Uuid,
        order: &Order,
        callback_url: &str,
    ) -> Result<(), CallError> {
        let body = json!({
            "amount": order.amount.to_string(),
            "currency": "EUR",
            "externalId": order.external_id(),
            "payer": {"partyIdType": "MSISDN", "partyId": order.payer()},
            "payerMessage": "Thank you for your order",
            "payeeNote": "",
        });
        let call = Call {
            method: Method::POST,
            path: "/collection/v1_0/requesttopay".to_owned(),
            headers: vec![
                ("X-Reference-Id", reference.to_string()),
                ("X-Callback-Url", callback_url.to_owned()),
            ],
            body: body.to_string(),
        };
        match self.call(&call).await? {
            (202, _) => Ok(()),
            (status, body) => Err(CallError::Unexpected { call: "requesttopay", status, body }),
        }
    }

    /// The status of a payment.
    ///
    /// # Errors
    ///
    /// Anything but a 200 with a status in it.
    pub async fn status(&mut self, reference: Uuid) -> Result<String, CallError> {
        let call = Call {
            method: Method::GET,
            path: format!("/collection/v1_0/requesttopay/{reference}"),
            headers: Vec::new(),
            body: String::new(),
        };
        let (status, body) = self.call(&call).await?;
        let told = serde_json::from_str::<Value>(&body)
            .ok()
            .and_then(|body| body["status"].as_str().map(str::to_owned));
        told.ok_or(CallError::Unexpected { call: "the status", status, body })
    }
}
