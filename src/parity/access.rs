//! API users and tokens, made when an exchange first needs one.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::parity::comparison::Answer;
use crate::parity::difference::shown;
use crate::parity::gateway::{Call, Framing};
use crate::parity::replay::{Replay, Stop};
use crate::parity::replay_result::Obstacle;
use momo_sandbox_core::model::product::Product;

/// The header of the subscription key.
pub(super) const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";

/// The account holder whose consent is asked for.
const CONSENTING: &str = "46733123499";

#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub id: String,
    pub key: String,
}

/// Hides the key.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    pub(super) fn basic(&self) -> String {
        format!("Basic {}", self.pair())
    }

    /// Id and key in Basic encoding, which is as secret as the key.
    pub(super) fn pair(&self) -> String {
        BASE64_STANDARD.encode(format!("{}:{}", self.id, self.key))
    }
}

/// The API users by the product of their subscription key and their host, and the tokens by product
/// and owner.
#[derive(Debug, Default)]
pub struct Access {
    users: Mutex<BTreeMap<(Product, String), Credentials>>,
    tokens: Mutex<BTreeMap<(Product, String), String>>,
}

impl Access {
    pub(super) fn has_users(&self) -> bool {
        !self.users.lock().is_empty()
    }
}

impl Replay<'_> {
    /// The host that the API user of this exchange is registered with.
    fn user_host(&self) -> String {
        let settings = &self.player.settings;
        let own = self.recording.api_user_host.as_ref();
        let given = own.or(settings.callback_host.as_ref());
        given.map_or_else(|| "127.0.0.1".to_owned(), Clone::clone)
    }

    /// The API user of a product.
    pub(super) async fn user(&self, product: Product) -> Result<Credentials, Stop> {
        if let Some(given) = &self.player.settings.api_user {
            return Ok(given.clone());
        }
        let place = (product, self.user_host());
        if let Some(found) = self.access.users.lock().get(&place) {
            return Ok(found.clone());
        }
        let (id, key) = (self.player.new_id().to_string(), self.player.key(product)?);
        let mut headers = vec![
            (KEY_HEADER.to_owned(), key),
            ("X-Reference-Id".to_owned(), id.clone()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        let body = json!({ "providerCallbackHost": place.1 }).to_string();
        let call = post("/v1_0/apiuser".to_owned(), headers.clone(), Some(body));
        self.prepared(&call, 201).await?;
        headers.truncate(1);
        let call = post(format!("/v1_0/apiuser/{id}/apikey"), headers, None);
        let answer = self.prepared(&call, 201).await?;
        let api_key = self.text_in(&call, &answer, "apiKey")?;
        self.player.remember(&id, "api_user");
        self.player.remember(&api_key, "api_key");
        let user = Credentials { id, key: api_key };
        self.player.remember(&user.pair(), "text");
        self.access.users.lock().insert(place, user.clone());
        Ok(user)
    }

    /// The product whose API user calls this one: the same product, except in recordings of a
    /// single API user.
    pub(super) fn owner(&self, product: Product) -> Product {
        if self.recording.one_user { self.main } else { product }
    }

    /// A token of a product, for the API user of another one or of its own.
    pub(super) async fn token(&self, product: Product, owner: Product) -> Result<String, Stop> {
        let user = self.user(owner).await?;
        let place = (product, user.id.clone());
        if let Some(found) = self.access.tokens.lock().get(&place) {
            return Ok(found.clone());
        }
        let headers = vec![
            (KEY_HEADER.to_owned(), self.player.key(product)?),
            ("Authorization".to_owned(), user.basic()),
            self.target(),
        ];
        let call = post(format!("/{product}/token/"), headers, None);
        let answer = self.prepared(&call, 200).await?;
        let token = self.text_in(&call, &answer, "access_token")?;
        self.player.remember(&token, "token");
        self.access.tokens.lock().insert(place, token.clone());
        Ok(token)
    }

    fn target(&self) -> (String, String) {
        ("X-Target-Environment".to_owned(), self.player.settings.target.name.to_owned())
    }

    /// The headers of an ordinary call under a product.
    pub(super) async fn common(&self, product: Product) -> Result<Vec<(String, String)>, Stop> {
        let token = self.token(product, self.owner(product)).await?;
        Ok(vec![
            (KEY_HEADER.to_owned(), self.player.key(product)?),
            ("Authorization".to_owned(), format!("Bearer {token}")),
            self.target(),
        ])
    }

    /// The id of a consent, which this requests.
    pub(super) async fn consent(&self, product: Product) -> Result<String, Stop> {
        let scope = self.recording.consent.as_deref().unwrap_or("profile");
        let mut headers = self.common(product).await?;
        headers.push(form());
        let body = format!("login_hint=ID:{CONSENTING}/MSISDN&scope={scope}&access_type=offline");
        let call = post(format!("/{product}/v1_0/bc-authorize"), headers, Some(body));
        let answer = self.prepared(&call, 200).await?;
        let id = self.text_in(&call, &answer, "auth_req_id")?;
        self.player.remember(&id, "uuid");
        Ok(id)
    }

    pub(super) async fn consent_token(
        &self,
        product: Product,
        consent: &str,
    ) -> Result<String, Stop> {
        let headers = vec![
            (KEY_HEADER.to_owned(), self.player.key(product)?),
            ("Authorization".to_owned(), self.user(product).await?.basic()),
            self.target(),
            form(),
        ];
        let body = format!("grant_type=urn:openid:params:grant-type:ciba&auth_req_id={consent}");
        let call = post(format!("/{product}/oauth2/token/"), headers, Some(body));
        let answer = self.prepared(&call, 200).await?;
        let token = self.text_in(&call, &answer, "access_token")?;
        self.player.remember(&token, "token");
        Ok(token)
    }

    /// The answer to a request that prepares an exchange.
    async fn prepared(&self, call: &Call, expected: u16) -> Result<Answer, Stop> {
        let answer = self.player.gateway.send(call).await?;
        if answer.status == expected { Ok(answer) } else { Err(not_prepared(call, &answer)) }
    }

    /// A text of such an answer, on which the exchange depends.
    fn text_in(&self, call: &Call, answer: &Answer, name: &str) -> Result<String, Stop> {
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let found = body[name].as_str().map(str::to_owned);
        found.ok_or_else(|| not_prepared(call, answer))
    }
}

pub(super) fn not_prepared(call: &Call, answer: &Answer) -> Stop {
    Stop::Obstacle(Obstacle::Preparation {
        request: format!("{} {}", call.method, call.path),
        status: answer.status,
        body: shown(&answer.body, 80),
    })
}

fn form() -> (String, String) {
    ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())
}

fn post(path: String, headers: Vec<(String, String)>, body: Option<String>) -> Call {
    Call { method: "POST".to_owned(), path, headers, body, framing: Framing::Length }
}
