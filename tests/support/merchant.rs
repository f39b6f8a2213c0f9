//! A merchant's program: an API user with a token for each product.

use momo_sandbox_core::model::environment::{Environment, SANDBOX};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::emulator::Emulator;

/// A party that is none of MTN's test values.
pub const PAYER: &str = "46733123999";

/// A new reference id.
#[expect(clippy::disallowed_methods, reason = "a merchant draws its own references")]
pub fn new_reference() -> String {
    Uuid::new_v4().to_string()
}

/// A good body of an asynchronous operation; `refunds` is for a refund only.
pub fn body_of(operation: &str, amount: &str, party: &str, refunds: &str) -> Value {
    let party = json!({"partyIdType": "MSISDN", "partyId": party});
    let mut body = match operation {
        "payment" => {
            return json!({
                "externalTransactionId": "order-1",
                "money": {"amount": amount, "currency": "EUR"},
                "customerReference": party["partyId"],
                "serviceProviderUserName": "Electricity Inc.",
            });
        }
        "preapproval" => {
            return json!({
                "payer": party,
                "payerCurrency": "EUR",
                "payerMessage": "for the goods",
                "validityTime": 3600,
            });
        }
        "invoice" => {
            return json!({
                "externalId": "order-1",
                "amount": amount,
                "currency": "EUR",
                "validityDuration": "3600",
                "intendedPayer": party,
                "payee": {"partyIdType": "MSISDN", "partyId": "46733123998"},
                "description": "for the goods",
            });
        }
        _ => json!({
            "amount": amount,
            "currency": "EUR",
            "externalId": "order-1",
            "payerMessage": "for the goods",
            "payeeNote": "thanks",
        }),
    };
    match operation {
        "requesttopay" | "requesttowithdraw" => body["payer"] = party,
        "refund" => body["referenceIdToRefund"] = json!(refunds),
        "transfer" | "deposit" | "cashtransfer" => body["payee"] = party,
        other => unreachable!("no body for {other}"),
    }
    body
}

pub struct Merchant {
    pub api_user: String,
    pub api_key: String,
    pub token: String,
    pub product: &'static str,
    environment: &'static Environment,
    base: String,
    client: Client,
}

impl Merchant {
    /// Provisions an API user with the host `127.0.0.1` and gets a token of the product.
    pub async fn of(emulator: &Emulator, product: &'static str) -> Self {
        let mut merchant = Self {
            api_user: new_reference(),
            api_key: String::new(),
            token: String::new(),
            product,
            environment: &SANDBOX,
            base: emulator.url.clone(),
            client: Client::new(),
        };
        let created = merchant
            .provisioning(Method::POST, "/v1_0/apiuser")
            .header("X-Reference-Id", &merchant.api_user)
            .json(&json!({"providerCallbackHost": "127.0.0.1"}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(created.status(), 201);
        merchant.renew_api_key().await;
        merchant.renew_token().await;
        merchant
    }

    /// An API user that was provisioned at the start, with a token of collection.
    pub async fn given(
        emulator: &Emulator,
        environment: &'static Environment,
        api_user: &str,
        api_key: &str,
    ) -> Self {
        Self::at(&emulator.url, environment, api_user, api_key).await
    }

    /// The same, of an emulator at this address.
    pub async fn at(
        url: &str,
        environment: &'static Environment,
        api_user: &str,
        api_key: &str,
    ) -> Self {
        let mut merchant = Self {
            api_user: api_user.to_owned(),
            api_key: api_key.to_owned(),
            token: String::new(),
            product: "collection",
            environment,
            base: url.to_owned(),
            client: Client::new(),
        };
        merchant.renew_token().await;
        merchant
    }

    /// The same API user, with a token of another product.
    pub async fn under(&self, product: &'static str) -> Self {
        let mut other = Self {
            api_user: self.api_user.clone(),
            api_key: self.api_key.clone(),
            token: String::new(),
            product,
            environment: self.environment,
            base: self.base.clone(),
            client: self.client.clone(),
        };
        other.renew_token().await;
        other
    }

    /// Submits this operation, such as `/v2_0/invoice`, and returns its reference.
    pub async fn submit_to(&self, path: &str, body: &Value) -> String {
        let reference = new_reference();
        let answer = outcome(self.submission(path, &reference, body)).await;
        assert_eq!(answer, (202, String::new()), "{path}");
        reference
    }

    /// A form posted with all headers of a product call.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        self.call(Method::POST, path).form(fields)
    }

    /// Asks for consent; returns the answer.
    pub async fn ask_for_consent(&self, msisdn: &str, access_type: &str) -> (u16, Value) {
        let hint = format!("ID:{msisdn}/MSISDN");
        let fields =
            [("login_hint", hint.as_str()), ("scope", "profile"), ("access_type", access_type)];
        let (status, body) = outcome(self.form("/v1_0/bc-authorize", &fields)).await;
        (status, serde_json::from_str(&body).expect("JSON"))
    }

    /// Asks `/oauth2/token/` with these fields; returns the answer.
    pub async fn consent_token(&self, fields: &[(&str, &str)]) -> (u16, Value) {
        let request = self
            .provisioning(Method::POST, &format!("/{}/oauth2/token/", self.product))
            .basic_auth(&self.api_user, Some(&self.api_key))
            .header("X-Target-Environment", self.environment.name)
            .form(fields);
        let (status, body) = outcome(request).await;
        (status, serde_json::from_str(&body).expect("JSON"))
    }

    /// Asks for the token of a consent.
    pub async fn redeem(&self, auth_req_id: &str) -> (u16, Value) {
        let grant_type = "urn:openid:params:grant-type:ciba";
        self.consent_token(&[("grant_type", grant_type), ("auth_req_id", auth_req_id)]).await
    }

    /// Asks for the next token of a refresh token.
    pub async fn refresh(&self, refresh_token: &str) -> (u16, Value) {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.consent_token(&fields).await
    }

    /// What is left to pay out.
    pub async fn balance(&self) -> String {
        let balance = self.get("/v1_0/account/balance").await;
        balance["availableBalance"].as_str().expect("a balance").to_owned()
    }

    pub async fn renew_api_key(&mut self) {
        let path = format!("/v1_0/apiuser/{}/apikey", self.api_user);
        let answer = self.provisioning(Method::POST, &path).body("{}").send().await.expect("a key");
        assert_eq!(answer.status(), 201);
        let body: Value = answer.json().await.expect("JSON");
        self.api_key = body["apiKey"].as_str().expect("a key").to_owned();
    }

    pub async fn renew_token(&mut self) {
        let answer = self.token_request().send().await.expect("a token");
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.expect("JSON");
        self.token = body["access_token"].as_str().expect("a token").to_owned();
    }

    /// A request for a token. In production it names the target environment, which MTN's new
    /// platform wants.
    pub fn token_request(&self) -> RequestBuilder {
        let request = self
            .client
            .post(format!("{}/{}/token/", self.base, self.product))
            .basic_auth(&self.api_user, Some(&self.api_key))
            .header("Ocp-Apim-Subscription-Key", "key")
            .body("{}");
        if self.environment.is_production() {
            request.header("X-Target-Environment", self.environment.name)
        } else {
            request
        }
    }

    /// A request with the subscription key and nothing else.
    pub fn provisioning(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.base))
            .header("Ocp-Apim-Subscription-Key", "key")
    }

    /// A request with all headers of a product call; `path` is below the product.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.provisioning(method, &format!("/{}{path}", self.product))
            .bearer_auth(&self.token)
            .header("X-Target-Environment", self.environment.name)
    }

    /// A submission with this reference and body.
    pub fn submission(&self, path: &str, reference: &str, body: &Value) -> RequestBuilder {
        self.call(Method::POST, path).header("X-Reference-Id", reference).json(body)
    }

    /// Submits an ordinary requesttopay or transfer for this party, and returns its reference.
    pub async fn submit(&self, party: &str, callback_url: Option<&str>) -> String {
        let reference = new_reference();
        let mut request = self.submission(self.path(), &reference, &self.body("5", party));
        if let Some(url) = callback_url {
            request = request.header("X-Callback-Url", url);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        assert_eq!((status.as_u16(), answer.content_length()), (202, Some(0)));
        reference
    }

    /// The path of this product's ordinary operation.
    pub fn path(&self) -> &'static str {
        if self.product == "collection" { "/v1_0/requesttopay" } else { "/v1_0/transfer" }
    }

    /// The body of this product's ordinary operation.
    pub fn body(&self, amount: &str, party: &str) -> Value {
        let mut body = body_of(self.path().trim_start_matches("/v1_0/"), amount, party, "");
        body["currency"] = json!(self.environment.currency);
        body
    }

    /// The status body of a reference.
    pub async fn status(&self, reference: &str) -> Value {
        let path = format!("{}/{reference}", self.path());
        self.get(&path).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        let content_type = answer.headers()["content-type"].to_str().expect("text").to_owned();
        assert_eq!(content_type, "application/json;charset=utf-8");
        answer.json().await.expect("JSON")
    }
}

/// The status and body of an answer.
pub async fn outcome(request: RequestBuilder) -> (u16, String) {
    let answer: Response = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

/// The status, body and explanation of a refusal.
pub async fn refusal(request: RequestBuilder) -> (u16, String, String) {
    let answer: Response = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let why = answer.headers().get("x-momo-sandbox-why").cloned();
    let why = why.expect("every refusal is explained").to_str().expect("ASCII").to_owned();
    (status, answer.text().await.expect("a body"), why)
}
