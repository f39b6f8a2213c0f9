//! A good request of any operation, with what must be before; and the same, made to meet a refusal.

use std::time::Duration;

use momo_sandbox_core::model::limits::Limits;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::operations::path::OperationPath;
use momo_sandbox_core::operations::possible_refusals::PossibleRefusal;
use momo_sandbox_core::operations::rejection::{ConsentError, RejectionKind};
use momo_sandbox_core::operations::table::{Authentication, Operation, OperationKind};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::emulator::{Emulator, Options};
use super::merchant::{Merchant, PAYER, body_of, new_reference, outcome};
use super::raw_requests::bodyless_post;

/// An emulator whose products have keys, and an API user with a token of each.
pub struct Fixture {
    pub emulator: Emulator,
    merchants: Vec<Merchant>,
}

/// A request that is good until something about it is changed.
#[derive(Clone)]
pub struct Draft {
    method: &'static str,
    path: String,
    key: Option<String>,
    authorization: Option<String>,
    environment: Option<String>,
    pub reference: Option<String>,
    pub callback_url: Option<String>,
    body: Option<Value>,
    form: Option<Vec<(String, String)>>,
}

impl Draft {
    /// What a path with a reference names.
    pub fn reference_in_path(&self) -> Option<&str> {
        self.path.rsplit('/').next().filter(|last| last.parse::<uuid::Uuid>().is_ok())
    }
}

impl Fixture {
    pub async fn start() -> Self {
        Self::start_with(Vec::new()).await
    }

    async fn start_with(scenarios: Vec<&'static str>) -> Self {
        Self::start_with_limits(scenarios, Limits::default()).await
    }

    async fn start_with_limits(scenarios: Vec<&'static str>, limits: Limits) -> Self {
        let keys = Product::ALL.map(|product| (product, "key")).into();
        let options = Options { keys, scenarios, limits, ..Options::default() };
        let emulator = Emulator::with(options).await;
        let collection = Merchant::of(&emulator, "collection").await;
        let disbursement = collection.under("disbursement").await;
        let remittance = collection.under("remittance").await;
        Self { emulator, merchants: vec![collection, disbursement, remittance] }
    }

    pub fn merchant(&self, product: Option<Product>) -> &Merchant {
        let name = product.map_or("collection", Product::name);
        let found = self.merchants.iter().find(|merchant| merchant.product == name);
        found.expect("a merchant of each product")
    }

    /// A submission of this kind under the product that has it, settled or not.
    async fn submitted(&self, kind: &str, settled: bool) -> String {
        let (product, path) = match kind {
            "invoice" | "payment" | "preapproval" => (Product::Collection, format!("/v2_0/{kind}")),
            "cashtransfer" => (Product::Remittance, format!("/v2_0/{kind}")),
            "deposit" | "refund" | "transfer" => (Product::Disbursement, format!("/v1_0/{kind}")),
            _ => (Product::Collection, format!("/v1_0/{kind}")),
        };
        let refunds = self.payment_for(kind).await;
        let body = body_of(kind, "5", PAYER, &refunds);
        let reference = self.merchant(Some(product)).submit_to(&path, &body).await;
        if settled {
            self.emulator.settle();
        }
        reference
    }

    /// What a refund refunds; nothing for other kinds.
    async fn payment_for(&self, kind: &str) -> String {
        if kind != "refund" {
            return String::new();
        }
        let body = body_of("requesttopay", "50", PAYER, "");
        let merchant = self.merchant(Some(Product::Collection));
        let payment = merchant.submit_to("/v1_0/requesttopay", &body).await;
        self.emulator.settle();
        payment
    }

    /// A good request, with what must be before.
    pub async fn draft(&self, operation: &Operation, operation_path: OperationPath) -> Draft {
        let (kind, merchant) = (operation.kind, self.merchant(operation_path.product));
        let parameters = self.parameters(operation, operation_path).await;
        let mut draft = Draft {
            method: operation.method.name(),
            path: filled(&operation_path.full_path(), &parameters),
            key: Some("key".to_owned()),
            authorization: None,
            environment: None,
            reference: None,
            callback_url: None,
            body: None,
            form: None,
        };
        match kind.authentication() {
            Authentication::SubscriptionKeyOnly => {}
            Authentication::Basic => draft.authorization = Some(basic(merchant)),
            Authentication::Bearer | Authentication::BasicOrBearer => {
                draft.authorization = Some(format!("Bearer {}", merchant.token));
            }
        }
        if kind != OperationKind::Token
            && kind.authentication() != Authentication::SubscriptionKeyOnly
        {
            draft.environment = Some("sandbox".to_owned());
        }
        match kind {
            OperationKind::CreateApiUser => {
                draft.reference = Some(new_reference());
                draft.body = Some(json!({"providerCallbackHost": "127.0.0.1"}));
            }
            OperationKind::Submit(transaction) => {
                let refunds = self.payment_for(transaction.name()).await;
                draft.reference = Some(new_reference());
                draft.body = Some(body_of(transaction.name(), "5", PAYER, &refunds));
            }
            OperationKind::CancelInvoice => {
                draft.reference = Some(new_reference());
                draft.body = Some(json!({"externalId": "order-1"}));
            }
            OperationKind::DeliveryNotification => {
                draft.body = Some(json!({"notificationMessage": "on its way"}));
            }
            OperationKind::Authorize => draft.form = Some(consent_form(PAYER)),
            OperationKind::ConsentToken => {
                let (_, asked) = merchant.ask_for_consent(PAYER, "offline").await;
                draft.form = Some(grant_form(&asked));
            }
            OperationKind::UserInfo => {
                draft.authorization = Some(self.token_of_a_consent(merchant, PAYER).await);
            }
            _ => {}
        }
        draft
    }

    async fn parameters(
        &self,
        operation: &Operation,
        operation_path: OperationPath,
    ) -> Vec<String> {
        let merchant = self.merchant(operation_path.product);
        match operation.kind {
            OperationKind::ReadApiUser | OperationKind::CreateApiKey => {
                // A key of its own: a new one ends the one before.
                vec![Merchant::of(&self.emulator, "collection").await.api_user]
            }
            OperationKind::Status(_)
                if merchant.product == "remittance"
                    && operation_path.template.contains("transfer") =>
            {
                let kind = operation.path.split('/').nth(2).expect("a name");
                let body = body_of(kind, "5", PAYER, "");
                let path = operation_path.template.rsplit_once('/').expect("a parameter").0;
                vec![merchant.submit_to(path, &body).await]
            }
            OperationKind::Status(kind) => vec![self.submitted(kind.name(), true).await],
            OperationKind::CancelInvoice => vec![self.submitted("invoice", false).await],
            OperationKind::CancelPreApproval => vec![self.submitted("preapproval", true).await],
            OperationKind::DeliveryNotification => vec![self.submitted("requesttopay", true).await],
            OperationKind::BalanceInCurrency => vec!["EUR".to_owned()],
            OperationKind::BasicUserInfo if operation_path.product == Some(Product::Remittance) => {
                vec![PAYER.to_owned()]
            }
            OperationKind::AccountHolderActive
            | OperationKind::BasicUserInfo
            | OperationKind::ListPreApprovals => {
                vec!["msisdn".to_owned(), PAYER.to_owned()]
            }
            _ => Vec::new(),
        }
    }

    async fn token_of_a_consent(&self, merchant: &Merchant, msisdn: &str) -> String {
        let (_, asked) = merchant.ask_for_consent(msisdn, "offline").await;
        let id = asked["auth_req_id"].as_str().expect("an id");
        let (status, token) = merchant.redeem(id).await;
        assert_eq!(status, 200, "{token}");
        format!("Bearer {}", token["access_token"].as_str().expect("a token"))
    }

    fn request(&self, draft: &Draft) -> RequestBuilder {
        let method = draft.method.parse().expect("a method");
        let mut request =
            Client::new().request(method, format!("{}{}", self.emulator.url, draft.path));
        let headers = [
            ("Ocp-Apim-Subscription-Key", &draft.key),
            ("Authorization", &draft.authorization),
            ("X-Target-Environment", &draft.environment),
            ("X-Reference-Id", &draft.reference),
            ("X-Callback-Url", &draft.callback_url),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        match (&draft.body, &draft.form) {
            // The client itself would leave the length of an empty body out.
            (Some(Value::Null), _) => request.header("Content-Length", "0"),
            (Some(body), _) => request.json(body),
            (None, Some(form)) => request.form(form),
            (None, None) if draft.method == "POST" => request.body("{}"),
            (None, None) => request,
        }
    }

    /// The request over HTTP/1.1, to the byte; the connection ends with its answer.
    pub fn bytes(&self, draft: &Draft) -> Vec<u8> {
        let request = self.request(draft).build().expect("a good request");
        let path = request.url().path();
        let mut head =
            format!("{} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", draft.method);
        for (name, value) in request.headers() {
            head += &format!("{name}: {}\r\n", value.to_str().expect("ASCII"));
        }
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        if !request.headers().contains_key("content-length") {
            head += &format!("content-length: {}\r\n", body.len());
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }

    pub async fn send(&self, draft: &Draft) -> (u16, String) {
        outcome(self.request(draft)).await
    }

    /// Makes the request meet this refusal, where that is a matter of the request alone, or brings
    /// about what it meets.
    #[expect(clippy::too_many_lines, reason = "one arm for each refusal")]
    pub async fn provoke(
        &self,
        operation: &Operation,
        operation_path: OperationPath,
        refusal: PossibleRefusal,
    ) -> (u16, String) {
        if let PossibleRefusal::Of(RejectionKind::RateLimited) = refusal {
            let limit = "rate_limit = { requests = 1, per = \"1s\" }";
            let limited = Self::start_with(vec![limit]).await;
            let draft = limited.draft(operation, operation_path).await;
            assert_eq!(limited.send(&draft).await.0, 200);
            return limited.send(&draft).await;
        }
        if let PossibleRefusal::Of(RejectionKind::LimitReached) = refusal {
            // The fixture's own API user is the last for whom there is a place.
            let limits = Limits { pending: 0, api_users: 1, ..Limits::default() };
            let full = Self::start_with_limits(Vec::new(), limits).await;
            let mut draft = self.draft(operation, operation_path).await;
            let token = &full.merchant(operation_path.product).token;
            if draft.authorization.is_some() {
                draft.authorization = Some(format!("Bearer {token}"));
            }
            return full.send(&draft).await;
        }
        if let PossibleRefusal::Of(RejectionKind::NotifiedTooLate) = refusal {
            // A fixture of its own: a day later all tokens have ended.
            let late = Self::start().await;
            let mut draft = late.draft(operation, operation_path).await;
            late.emulator.advance(Duration::from_secs(24 * 60 * 60));
            let merchant = late.merchant(operation_path.product);
            let token = merchant.under(merchant.product).await.token;
            draft.authorization = Some(format!("Bearer {token}"));
            return late.send(&draft).await;
        }
        let mut draft = self.draft(operation, operation_path).await;
        match refusal {
            PossibleRefusal::Of(RejectionKind::LengthRequired) => {
                let (status, page) = bodyless_post(&self.emulator, &draft.path).await;
                assert_eq!(status, "HTTP/1.1 411 Length Required");
                return (411, page);
            }
            PossibleRefusal::Of(RejectionKind::NoSuchPath) => draft.path.push_str("/no/where"),
            PossibleRefusal::Of(RejectionKind::SubscriptionKeyMissing) => draft.key = None,
            PossibleRefusal::Of(RejectionKind::SubscriptionKeyInvalid) => {
                draft.key = Some("stolen".to_owned());
            }
            PossibleRefusal::Of(RejectionKind::LoginFailed) => {
                draft.authorization = Some("Basic YTpi".to_owned());
            }
            PossibleRefusal::Of(RejectionKind::InvalidToken) => {
                // A token, but of another emulator.
                let elsewhere = Self::start_with(vec!["name = \"elsewhere\""]).await;
                let token = &elsewhere.merchant(operation_path.product).token;
                draft.authorization = Some(format!("Bearer {token}"));
            }
            PossibleRefusal::Of(RejectionKind::TargetEnvironmentForbidden) => {
                draft.environment = None;
            }
            PossibleRefusal::Of(RejectionKind::Malformed) => malform(&mut draft, operation.kind),
            PossibleRefusal::Of(RejectionKind::CallbackHost) => {
                draft.callback_url = Some("http://elsewhere.example/".to_owned());
            }
            PossibleRefusal::Of(RejectionKind::ServerError)
                if operation.kind == OperationKind::Authorize =>
            {
                let mut form = consent_form(PAYER);
                form[1].1 = "invalid".to_owned();
                draft.form = Some(form);
            }
            PossibleRefusal::Of(RejectionKind::ServerError) => draft.body = Some(Value::Null),
            PossibleRefusal::Of(RejectionKind::NotifiedBefore) => {
                assert_eq!(self.send(&draft).await.0, 200);
            }
            PossibleRefusal::Of(RejectionKind::Currency) => change_currency(&mut draft),
            PossibleRefusal::Of(RejectionKind::Duplicate) => {
                assert_eq!(self.send(&draft).await.0, operation.kind.success());
            }
            PossibleRefusal::Of(RejectionKind::NotFound) => match operation.kind {
                OperationKind::AccountHolderActive => last_parameter(&mut draft, "46733123450"),
                OperationKind::DeliveryNotification => {
                    let unknown = format!("/requesttopay/{}/", new_reference());
                    let known = draft.path.split('/').nth(4).expect("a reference").to_owned();
                    draft.path = draft.path.replace(&format!("/requesttopay/{known}/"), &unknown);
                }
                OperationKind::CreateApiKey => {
                    draft.path = format!("/v1_0/apiuser/{}/apikey", new_reference());
                }
                _ => last_parameter(&mut draft, &new_reference()),
            },
            PossibleRefusal::Of(RejectionKind::NotSuccessful) => {
                let pending = self.submitted("requesttopay", false).await;
                let known = draft.path.split('/').nth(4).expect("a reference").to_owned();
                draft.path = draft.path.replace(&known, &pending);
            }
            PossibleRefusal::Of(RejectionKind::NotCancellable) => {
                // One that nobody has approved yet.
                let reference = self.submitted("preapproval", false).await;
                last_parameter(&mut draft, &reference);
            }
            PossibleRefusal::Of(RejectionKind::NotAllowed) => holder(&mut draft, "46733123452"),
            PossibleRefusal::Of(RejectionKind::InternalProcessingError) => {
                holder(&mut draft, "46733123454");
            }
            PossibleRefusal::Of(RejectionKind::ServiceUnavailable) => {
                holder(&mut draft, "46733123455");
            }
            PossibleRefusal::Consent(error) => {
                self.refuse_consent(&mut draft, operation_path, error).await;
            }
            other => panic!("{other:?} is not provoked"),
        }
        self.send(&draft).await
    }

    async fn refuse_consent(
        &self,
        draft: &mut Draft,
        operation_path: OperationPath,
        error: ConsentError,
    ) {
        let merchant = self.merchant(operation_path.product);
        let msisdn = match error {
            ConsentError::UnknownUserId => {
                draft.form = Some(consent_form("46733123450"));
                return;
            }
            ConsentError::InsufficientScope => {
                let token = self.token_of_a_consent(merchant, "46733123456").await;
                draft.authorization = Some(token);
                return;
            }
            ConsentError::InvalidRequest => {
                draft.form = Some(vec![("scope".to_owned(), "profile".to_owned())]);
                return;
            }
            ConsentError::UnsupportedGrantType => {
                draft.form = Some(vec![("grant_type".to_owned(), "password".to_owned())]);
                return;
            }
            ConsentError::AccessDenied => "46733123451",
            ConsentError::AuthorizationPending => "46733123452",
            ConsentError::ExpiredToken => "46733123453",
            ConsentError::InvalidGrant => "46733123457",
        };
        let (_, asked) = merchant.ask_for_consent(msisdn, "offline").await;
        draft.form = Some(grant_form(&asked));
    }
}

fn basic(merchant: &Merchant) -> String {
    use base64::Engine;
    let pair = format!("{}:{}", merchant.api_user, merchant.api_key);
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(pair))
}

fn consent_form(msisdn: &str) -> Vec<(String, String)> {
    let hint = format!("ID:{msisdn}/MSISDN");
    let fields = [("login_hint", hint.as_str()), ("scope", "profile"), ("access_type", "online")];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn grant_form(asked: &Value) -> Vec<(String, String)> {
    let id = asked["auth_req_id"].as_str().expect("an id");
    let fields = [("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", id)];
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// A path with its parameters filled in.
pub fn filled(path: &str, parameters: &[String]) -> String {
    let mut values = parameters.iter();
    let mut part = |part: &str| {
        if part.starts_with('{') {
            values.next().expect("a value for each parameter").clone()
        } else {
            part.to_owned()
        }
    };
    path.split('/').map(&mut part).collect::<Vec<_>>().join("/")
}

fn last_parameter(draft: &mut Draft, value: &str) {
    if draft.path.ends_with("/active") {
        return holder(draft, value);
    }
    let (before, _) = draft.path.rsplit_once('/').expect("a parameter");
    draft.path = format!("{before}/{value}");
}

fn holder(draft: &mut Draft, msisdn: &str) {
    draft.path = draft.path.replace(PAYER, msisdn);
}

/// Breaks a rule of form: of the reference in the header, a parameter of the path, or the form.
fn malform(draft: &mut Draft, kind: OperationKind) {
    if draft.reference.is_some() {
        draft.reference = Some("1".to_owned());
    } else if kind == OperationKind::Authorize {
        draft.form = Some(vec![("scope".to_owned(), "profile".to_owned())]);
    } else {
        let position = match kind {
            OperationKind::CreateApiKey
            | OperationKind::DeliveryNotification
            | OperationKind::AccountHolderActive => 1,
            OperationKind::BasicUserInfo => 1,
            _ => 0,
        };
        let mut parts: Vec<&str> = draft.path.split('/').collect();
        let index = parts.len() - 1 - position;
        parts[index] = "%ff";
        draft.path = parts.join("/");
    }
}

fn change_currency(draft: &mut Draft) {
    match &mut draft.body {
        None => last_parameter(draft, "UGX"),
        Some(body) => {
            let place = ["/currency", "/money/currency", "/payerCurrency"]
                .into_iter()
                .find(|place| body.pointer(place).is_some())
                .expect("a currency");
            *body.pointer_mut(place).expect("a currency") = json!("UGX");
        }
    }
}
