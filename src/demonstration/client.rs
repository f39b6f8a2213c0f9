//! A shop's HTTP client of the MoMo API.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use momo_sandbox_core::model::environment::Environment;

/// A client with the credentials of an API user, or with System Credentials.
#[derive(Debug)]
pub struct MomoClient {
    base: String,
    environment: &'static Environment,
    user_id: String,
    secret: String,
    token: Option<String>,
    client: Client<HttpConnector, Full<Bytes>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("the emulator cannot be reached: {0}")]
    Connection(#[from] hyper_util::client::legacy::Error),
    #[error("the emulator's answer broke off: {0}")]
    Answer(#[from] hyper::Error),
    #[error("{operation} was answered {status}: {body}")]
    Unexpected { operation: &'static str, status: u16, body: String },
}

impl ApiError {
    /// The status of an answer that is not the expected one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unexpected { status, .. } => Some(*status),
            Self::Connection(_) | Self::Answer(_) => None,
        }
    }
}

/// What a shop asks a payer for.
#[derive(Debug)]
pub struct PaymentRequest {
    pub amount: Decimal,
    pub external_id: String,
    /// The payer's MSISDN.
    pub payer: String,
}

struct ApiRequest<'a> {
    method: Method,
    path: String,
    headers: Vec<(&'a str, String)>,
    body: String,
}

impl MomoClient {
    pub fn new(
        base: String,
        environment: &'static Environment,
        user_id: String,
        secret: String,
    ) -> Self {
        let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
        Self { base, environment, user_id, secret, token: None, client }
    }

    async fn send(
        &self,
        request: &ApiRequest<'_>,
        authorization: String,
    ) -> Result<(u16, String), ApiError> {
        let mut http_request = Request::builder()
            .method(&request.method)
            .uri(format!("{}{}", self.base, request.path))
            .header(AUTHORIZATION, authorization)
            .header("Ocp-Apim-Subscription-Key", "demonstration")
            .header("X-Target-Environment", self.environment.name)
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in &request.headers {
            http_request = http_request.header(*name, value);
        }
        let body = Full::new(Bytes::from(request.body.clone()));
        let http_request = http_request.body(body).expect("the demonstration's headers are plain");
        let answer = self.client.request(http_request).await?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    async fn renew_token(&mut self) -> Result<String, ApiError> {
        let pair = format!("{}:{}", self.user_id, self.secret);
        let basic = format!("Basic {}", BASE64_STANDARD.encode(pair));
        let request = ApiRequest {
            method: Method::POST,
            path: "/collection/token/".to_owned(),
            headers: Vec::new(),
            // The gateway refuses a POST without a body with 411.
            body: "{}".to_owned(),
        };
        let (status, body) = self.send(&request, basic).await?;
        let token = serde_json::from_str::<Value>(&body)
            .ok()
            .and_then(|body| body["access_token"].as_str().map(str::to_owned));
        let token = token.ok_or(ApiError::Unexpected { operation: "/token/", status, body })?;
        self.token = Some(token.clone());
        Ok(token)
    }

    /// Sends a request with an access token, and again with a new token after a 401.
    async fn send_with_token(
        &mut self,
        request: &ApiRequest<'_>,
    ) -> Result<(u16, String), ApiError> {
        let token = match self.token.clone() {
            Some(token) => token,
            None => self.renew_token().await?,
        };
        let (status, body) = self.send(request, format!("Bearer {token}")).await?;
        if status != 401 {
            return Ok((status, body));
        }
        let token = self.renew_token().await?;
        self.send(request, format!("Bearer {token}")).await
    }

    /// Requests a payment.
    ///
    /// # Errors
    ///
    /// Any answer but 202.
    pub async fn request_to_pay(
        &mut self,
        reference: Uuid,
        payment: &PaymentRequest,
        callback_url: Option<&str>,
    ) -> Result<(), ApiError> {
        let body = json!({
            "amount": payment.amount.to_string(),
            "currency": self.environment.currency,
            "externalId": payment.external_id,
            "payer": {"partyIdType": "MSISDN", "partyId": payment.payer},
            "payerMessage": "Thank you for your order",
            "payeeNote": "Thank you",
        });
        let callback_url = callback_url.map(|url| ("X-Callback-Url", url.to_owned()));
        let headers = std::iter::once(("X-Reference-Id", reference.to_string()));
        let request = ApiRequest {
            method: Method::POST,
            path: "/collection/v1_0/requesttopay".to_owned(),
            headers: headers.chain(callback_url).collect(),
            body: body.to_string(),
        };
        match self.send_with_token(&request).await? {
            (202, _) => Ok(()),
            (status, body) => Err(ApiError::Unexpected { operation: "requesttopay", status, body }),
        }
    }

    /// Gets the status of a payment.
    ///
    /// # Errors
    ///
    /// Any answer without a status in its body.
    pub async fn status(&mut self, reference: Uuid) -> Result<String, ApiError> {
        let request = ApiRequest {
            method: Method::GET,
            path: format!("/collection/v1_0/requesttopay/{reference}"),
            headers: Vec::new(),
            body: String::new(),
        };
        let (status, body) = self.send_with_token(&request).await?;
        let found = serde_json::from_str::<Value>(&body)
            .ok()
            .and_then(|body| body["status"].as_str().map(str::to_owned));
        found.ok_or(ApiError::Unexpected { operation: "the status", status, body })
    }
}
