//! The OpenAPI 3.1 documents: one a product, and one for provisioning.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use crate::documents::evidence;
use crate::documents::examples::{Example, ExampleBody, Examples, examples_of, name_of};
use crate::documents::schemas;
use crate::gateway::command::{CIBA_GRANT, REFRESH_GRANT, SCOPES};
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{CallbackMethod, TransactionKind};
use momo_sandbox_core::operations::possible_refusals::PossibleRefusal;
use momo_sandbox_core::operations::rejection::RejectionKind;
use momo_sandbox_core::operations::responses::{
    ActiveAnswer, ApiKeyAnswer, ApiUserAnswer, AuthorizeAnswer, BalanceAnswer, BasicUserInfoAnswer,
    ConsentTokenAnswer, PreApprovalAnswer, TokenAnswer, UserInfoAnswer,
};
use momo_sandbox_core::operations::status_body::BodyPlace;
use momo_sandbox_core::operations::table::{
    Authentication, Method, OPERATIONS, Operation, OperationKind,
};

/// What a document is about: a target environment, and the platforms of production that are played.
type Played = (&'static Environment, Option<PlayedPlatforms>);

/// The documents of a target environment.
#[derive(Debug)]
pub struct Documents {
    environment: &'static Environment,
    played: Option<PlayedPlatforms>,
    made: OnceLock<BTreeMap<&'static str, Value>>,
}

impl Documents {
    /// The documents of an environment, where these platforms of production are played. They are
    /// made at the first request for one.
    pub fn of(environment: &'static Environment, played: Option<PlayedPlatforms>) -> Self {
        Self { environment, played, made: OnceLock::new() }
    }

    /// The names and products of all documents; `None` is provisioning.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, Option<Product>)> {
        let products = Product::ALL.into_iter().map(|product| (product.name(), Some(product)));
        let provisioning = self.environment.has_provisioning().then_some(("provisioning", None));
        provisioning.into_iter().chain(products)
    }

    pub fn named(&self, name: &str) -> Option<&Value> {
        let make = || {
            let (all, examples) = (self.names(), examples_of(self.environment));
            let played = (self.environment, self.played);
            all.map(|(name, product)| (name, document(product, played, &examples))).collect()
        };
        self.made.get_or_init(make).get(name)
    }
}

/// The document of a product, or of provisioning.
fn document(product: Option<Product>, played: Played, examples: &Examples) -> Value {
    let name = product.map_or("provisioning", Product::name);
    let mut paths = Map::new();
    for operation in operations_of(product) {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        let described = describe(operation, example_of(operation, product, examples), played);
        path[operation.method.name().to_lowercase()] = described;
    }
    let (schemas, examples) = refusal_components(product, played);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": format!("MTN MoMo {name}, as momo-sandbox speaks it"),
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Made from the emulator's own table of operations. Examples are real \
                            answers. An answer without content has an empty body; one with \
                            `x-may-be-empty` has the documented body or an empty one.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": product.map_or("/".to_owned(), |product| format!("/{product}"))}],
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "schemas": schemas,
            "examples": examples,
        },
    });
    evidence::annotate(&mut document, product, &|operation| all_refusals_of(operation, played));
    document
}

/// The operations of a product, or of the root.
pub fn operations_of(product: Option<Product>) -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().filter(move |operation| match product {
        Some(product) => operation.products.contains(&product),
        None => operation.products.is_empty(),
    })
}

fn security_schemes() -> Value {
    json!({
        "subscriptionKey": {
            "type": "apiKey",
            "in": "header",
            "name": "Ocp-Apim-Subscription-Key",
        },
        "subscriptionKeyInQuery": {"type": "apiKey", "in": "query", "name": "subscription-key"},
        "apiUserAndKey": {
            "type": "http",
            "scheme": "basic",
            "description": "API user and API key.",
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of any product, from /token/.",
        },
        "consentToken": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token for an account holder's consent, from /oauth2/token/.",
        },
    })
}

fn security(kind: OperationKind) -> Value {
    let callers: &[Option<&str>] = match (kind, kind.authentication()) {
        (_, Authentication::SubscriptionKeyOnly) => &[None],
        (_, Authentication::Basic) => &[Some("apiUserAndKey")],
        (OperationKind::UserInfo, Authentication::Bearer) => &[Some("consentToken")],
        (_, Authentication::Bearer) => &[Some("token")],
        (_, Authentication::BasicOrBearer) => &[Some("token"), Some("apiUserAndKey")],
    };
    let keys = ["subscriptionKey", "subscriptionKeyInQuery"];
    let ways = keys.into_iter().flat_map(|key| callers.iter().map(move |caller| (key, *caller)));
    ways.map(|(key, caller)| {
        let schemes = std::iter::once(key).chain(caller);
        schemes.map(|scheme| (scheme.to_owned(), json!([]))).collect::<Map<_, _>>()
    })
    .map(Value::Object)
    .collect()
}

/// The example of an operation under a product. It is empty if none was played, which a test
/// notices.
fn example_of<'a>(
    operation: &Operation,
    product: Option<Product>,
    examples: &'a Examples,
) -> &'a Example {
    static NONE: Example = Example {
        path_parameters: Vec::new(),
        headers: Vec::new(),
        body: None,
        answer: Value::Null,
    };
    examples.get(&name_of(operation, product)).unwrap_or(&NONE)
}

fn describe(operation: &Operation, example: &Example, played: Played) -> Value {
    let (environment, _) = played;
    let kind = operation.kind;
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "security": security(kind),
        "parameters": parameters(operation, example, played),
        "responses": responses(operation, example, played),
    });
    if let Some(body) = request_body(kind, example, environment) {
        described["requestBody"] = body;
    }
    if let OperationKind::Submit(transaction) = kind {
        described["callbacks"] = callbacks(transaction, operation.path, environment);
    }
    if !operation.aliases.is_empty() {
        described["x-also-at"] = json!(operation.aliases);
    }
    described
}

fn parameters(operation: &Operation, example: &Example, (environment, platforms): Played) -> Value {
    let names = operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')));
    let in_path = names.zip(&example.path_parameters).map(|(name, value)| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "schema": path_parameter(name, environment),
            "example": value,
        })
    });
    let in_headers = example.headers.iter().map(|(name, value)| {
        let (schema, description) = header(name, environment);
        json!({
            "name": name,
            "in": "header",
            "required": name.starts_with("X-") && *name != "X-Callback-Url",
            "schema": schema,
            "description": description,
            "example": value,
        })
    });
    let is_token = operation.kind == OperationKind::Token;
    let of_token = platforms.filter(|all| is_token && all.plays(MtnPlatform::New));
    let of_token = of_token.map(|all| {
        let (schema, _) = header(TARGET_ENVIRONMENT, environment);
        json!({
            "name": TARGET_ENVIRONMENT,
            "in": "header",
            "required": all == PlayedPlatforms::Only(MtnPlatform::New),
            "schema": schema,
            "description": "The new platform wants it; on the legacy platform it is optional.",
            "example": environment.name,
        })
    });
    in_path.chain(in_headers).chain(of_token).collect()
}

const TARGET_ENVIRONMENT: &str = "X-Target-Environment";

fn path_parameter(name: &str, environment: &Environment) -> Value {
    match name {
        "accountHolderIdType" => {
            json!({"type": "string", "enum": ["msisdn", "email", "alias", "id", "party_code"]})
        }
        "accountHolderId" => json!({"type": "string", "minLength": 1, "maxLength": 254}),
        "accountHolderMSISDN" => json!({"type": "string", "pattern": "^\\+?[0-9]{1,15}$"}),
        "currency" => json!({"type": "string", "const": environment.currency}),
        _ => json!({"type": "string", "format": "uuid"}),
    }
}

fn header(name: &str, environment: &Environment) -> (Value, &'static str) {
    match name {
        TARGET_ENVIRONMENT => {
            (json!({"type": "string", "const": environment.name}), "The emulated environment.")
        }
        "X-Reference-Id" => (
            json!({"type": "string", "format": "uuid", "pattern": schemas::UUID}),
            "A UUID, the caller's choice; it names what is created. MTN asks for version 4.",
        ),
        "notificationMessage" => (
            json!({"type": "string", "pattern": "^[ -&(-~]{0,160}$"}),
            "The message too, as MTN's document asks for; the body's counts.",
        ),
        "Language" => (json!({"type": "string", "pattern": "^[a-z]{2,3}$"}), "ISO 639."),
        _ => (
            json!({"type": "string", "format": "uri", "pattern": callback_scheme(environment)}),
            "Where the one callback goes; its host must be the API user's.",
        ),
    }
}

fn callback_scheme(environment: &Environment) -> &'static str {
    if environment.is_production() { "^https://[a-z]" } else { "^https?://" }
}

fn request_body(
    kind: OperationKind,
    example: &Example,
    environment: &Environment,
) -> Option<Value> {
    let text = || json!({"type": "string"});
    let schema = match kind {
        OperationKind::Submit(transaction) => schemas::of_submission(transaction, environment),
        OperationKind::CreateApiUser => json!({
            "type": "object",
            "required": ["providerCallbackHost"],
            "properties": {"providerCallbackHost": {
                "type": "string",
                "pattern": "^[a-z][a-z0-9]{0,20}(\\.[a-z][a-z0-9]{0,20}){0,3}$",
                "description": "A bare host name. Of a URL, the host is used.",
            }},
        }),
        OperationKind::DeliveryNotification => json!({
            "type": "object",
            "required": ["notificationMessage"],
            "properties": {"notificationMessage": schemas::of_message()},
        }),
        OperationKind::CancelInvoice => {
            json!({"type": "object", "properties": {"externalId": text()}})
        }
        OperationKind::Token => json!({"type": "object", "properties": {"grant_type": text()}}),
        OperationKind::Authorize => json!({
            "type": "object",
            "required": ["login_hint", "scope"],
            "properties": {
                "login_hint": {
                    "type": "string",
                    "pattern": "^ID:[0-9]{1,15}/MSISDN$",
                    "description": "Who is asked.",
                },
                "scope": of_scope(),
                "access_type": {"type": "string", "enum": ["online", "offline"]},
                "consent_valid_in": {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"},
                "client_notification_token": text(),
                "scope_instruction": text(),
            },
        }),
        OperationKind::ConsentToken => json!({
            "type": "object",
            "required": ["grant_type"],
            "properties": {
                "grant_type": {"type": "string", "enum": [CIBA_GRANT, REFRESH_GRANT]},
                "auth_req_id": {"type": "string", "format": "uuid"},
                "refresh_token": {"type": "string", "format": "uuid"},
            },
        }),
        _ => return None,
    };
    let is_required = !matches!(kind, OperationKind::Token | OperationKind::CancelInvoice);
    let (media_type, example) = match example.body.as_ref()? {
        ExampleBody::Json(body) => ("application/json", body),
        ExampleBody::Form(body) => ("application/x-www-form-urlencoded", body),
    };
    let content = json!({media_type: {"schema": schema, "example": example}});
    Some(json!({"required": is_required, "content": content}))
}

/// Scopes, in any number.
fn of_scope() -> Value {
    let known = SCOPES.join("|");
    json!({"type": "string", "pattern": format!("^({known})( ({known}))*$")})
}

/// The schema of the body of a success; `None` if it is empty.
fn success_schema(kind: OperationKind, environment: &Environment) -> Option<Value> {
    Some(match kind {
        OperationKind::CreateApiUser
        | OperationKind::Submit(_)
        | OperationKind::CancelInvoice
        | OperationKind::DeliveryNotification => return None,
        OperationKind::ReadApiUser => schemas::of_type::<ApiUserAnswer>(),
        OperationKind::CreateApiKey => schemas::of_type::<ApiKeyAnswer>(),
        OperationKind::Token => schemas::of_type::<TokenAnswer>(),
        OperationKind::ConsentToken => schemas::of_type::<ConsentTokenAnswer>(),
        OperationKind::Authorize => schemas::of_type::<AuthorizeAnswer>(),
        OperationKind::UserInfo => schemas::of_type::<UserInfoAnswer>(),
        OperationKind::Status(transaction) => {
            schemas::of_status(transaction, BodyPlace::Status, environment)
        }
        OperationKind::CancelPreApproval => {
            json!({"type": "object", "additionalProperties": false})
        }
        OperationKind::ListPreApprovals => schemas::of_type::<Vec<PreApprovalAnswer>>(),
        OperationKind::Balance | OperationKind::BalanceInCurrency => {
            schemas::of_type::<BalanceAnswer>()
        }
        OperationKind::AccountHolderActive => schemas::of_type::<ActiveAnswer>(),
        OperationKind::BasicUserInfo => schemas::of_type::<BasicUserInfoAnswer>(),
    })
}

fn responses(operation: &Operation, example: &Example, played: Played) -> Value {
    let mut responses = Map::new();
    let mut success = json!({"description": description(operation.kind.success())});
    if let Some(schema) = success_schema(operation.kind, played.0) {
        let body = &example.answer;
        success["content"] = json!({"application/json": {"schema": schema, "example": body}});
    }
    responses.insert(operation.kind.success().to_string(), success);
    let mut by_status = BTreeMap::<u16, Vec<PossibleRefusal>>::new();
    for refusal in all_refusals_of(operation, played) {
        by_status.entry(refusal.answer().status).or_default().push(refusal);
    }
    for (status, refusals) in by_status {
        responses.insert(status.to_string(), refused(status, &refusals));
    }
    Value::Object(responses)
}

/// The refusals of docs/contract.md, and those of the gateway's own limits.
fn all_refusals_of(operation: &Operation, (_, platforms): Played) -> Vec<PossibleRefusal> {
    let mut refusals = operation.possible_refusals();
    refusals.extend(platforms.into_iter().flat_map(|all| operation.possible_refusals_on(all)));
    if operation.method != Method::Get {
        refusals.push(PossibleRefusal::Of(RejectionKind::BodyTooLarge));
        refusals.push(PossibleRefusal::Of(RejectionKind::BodyTooSlow));
    }
    refusals
}

/// The extension that says that an answer has the documented body, or none and no content type.
/// OpenAPI has no words for that.
const MAY_BE_EMPTY: &str = "x-may-be-empty";

/// All refusals of one status: their bodies, where they have any.
fn refused(status: u16, refusals: &[PossibleRefusal]) -> Value {
    let (pages, refusals): (Vec<PossibleRefusal>, Vec<PossibleRefusal>) =
        refusals.iter().partition(|refusal| is_page(**refusal));
    let (empty, with_body): (Vec<PossibleRefusal>, Vec<PossibleRefusal>) =
        refusals.iter().partition(|refusal| refusal.answer().body.is_empty());
    let mut response = json!({"description": description(status)});
    if !pages.is_empty() {
        response["content"] = json!({"text/html": {"schema": {"type": "string"}}});
    }
    if !empty.is_empty() && !with_body.is_empty() {
        response[MAY_BE_EMPTY] = json!(true);
        response["description"] = json!(format!("{} The body may be empty.", description(status)));
    }
    let names: BTreeSet<String> = with_body.into_iter().map(refusal_name).collect();
    let reference = |kind, name| json!({"$ref": format!("#/components/{kind}/{name}")});
    let mut schemas: Vec<Value> = names.iter().map(|name| reference("schemas", name)).collect();
    let examples: Map<String, Value> =
        names.iter().map(|name| (name.clone(), reference("examples", name))).collect();
    let schema = match schemas.len() {
        0 => return response,
        1 => schemas.remove(0),
        _ => json!({"anyOf": schemas}),
    };
    let content = json!({"schema": schema, "examples": examples});
    response["content"]["application/json"] = content;
    response
}

/// Whether the answer of a refusal is a page for people.
fn is_page(refusal: PossibleRefusal) -> bool {
    refusal.answer().content_type.is_some_and(|content_type| content_type.starts_with("text/html"))
}

/// A name for a refusal that is unique to its body.
fn refusal_name(refusal: PossibleRefusal) -> String {
    let answer = refusal.answer();
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let word = match refusal {
        PossibleRefusal::Of(
            kind @ (RejectionKind::SubscriptionKeyMissing | RejectionKind::SubscriptionKeyInvalid),
        ) => kind.name(),
        _ => body["code"].as_str().or(body["error"].as_str()).unwrap_or("api_management"),
    };
    format!("{}.{word}", answer.status)
}

/// The schemas and examples of all refusals that the operations of a document can meet.
fn refusal_components(
    product: Option<Product>,
    played: Played,
) -> (Map<String, Value>, Map<String, Value>) {
    let (mut schemas, mut examples) = (Map::new(), Map::new());
    for refusal in operations_of(product).flat_map(|one| all_refusals_of(one, played)) {
        let (name, answer) = (refusal_name(refusal), refusal.answer());
        // The answer to a POST without a body is a page, not JSON.
        if let Ok(body) = serde_json::from_str::<Value>(&answer.body) {
            schemas.insert(name.clone(), schemas::of_refusal(refusal, &body));
            examples.insert(name, json!({"value": body}));
        }
    }
    schemas.sort_keys();
    examples.sort_keys();
    (schemas, examples)
}

fn description(status: u16) -> &'static str {
    match status {
        200 => "Done.",
        201 => "Created.",
        202 => "Accepted: what becomes of it is told by the callback and the status.",
        400 => "The request breaks a rule of form, or there is no token to be had.",
        401 => "The credentials are not good.",
        403 => "The consent does not cover this.",
        404 => "There is nothing here.",
        408 => "The body took too long.",
        409 => "The state does not allow it.",
        410 => "It is too late for this.",
        411 => "The length of the body was not declared.",
        413 => "The body is too large.",
        429 => "Asked for too often, or a second time.",
        500 => "Refused by the wallet platform, for a reason of the caller's.",
        502 => "The legacy platform is gone.",
        503 => "The wallet platform is down: a test value, or a limit is reached.",
        _ => "Refused.",
    }
}

/// The one callback: the status body, sent to the URL of the request.
fn callbacks(kind: TransactionKind, path: &str, environment: &Environment) -> Value {
    let method = match CallbackMethod::of_path(path) {
        CallbackMethod::Post => Method::Post.name().to_lowercase(),
        CallbackMethod::Put => "put".to_owned(),
    };
    let schema = schemas::of_status(kind, BodyPlace::Callback, environment);
    let content = json!({"application/json": {"schema": schema}});
    json!({"finalStatus": {"{$request.header.X-Callback-Url}": {method: {
        "summary": "Sent once, when the status is final; never again, whatever the answer.",
        "requestBody": {"required": true, "content": content},
        "responses": {"200": {"description": "Taken note of."}},
    }}}})
}
