//! The order of complaints: a list, one small function each (contract, section 3).
//!
//! A request passes the checks in the order of [`CHECKS`] and earns the first complaint that
//! applies. The contract's checks 9 and 10, whether a reference was seen before or is unknown, come
//! last and are the platform's, since they hold only under a space's lock.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::engine::spaces::Space;
use crate::gateway::Gateway;
use crate::gateway::incoming::IncomingRequest;
use crate::gateway::routes::Route;
use crate::model::api_user::ApiUser;
use crate::model::callback_url::{CallbackUrl, ProviderCallbackHost};
use crate::model::party::PartyIdType;
use crate::model::product::Product;
use crate::model::reference::{ApiUserId, ReferenceId, parse_uuid, parse_uuid_v4};
use crate::model::transaction::{Submission, TransactionKind};
use crate::operations::body;
use crate::operations::rejection::Rejection;
use crate::operations::table::{Authentication, Kind};

/// One check: it may find something out for those behind it, or complain.
type Check = fn(&mut Examination<'_>) -> Result<(), Rejection>;

/// The checks, in order.
const CHECKS: &[Check] = &[
    length_is_declared,
    path_is_known,
    subscription_key_is_good,
    caller_is_authenticated,
    target_environment_is_allowed,
    request_is_well_formed,
    callback_url_is_registered,
    currency_is_supported,
];

/// A request that passed all checks: what is asked for, by whom.
#[derive(Debug)]
pub struct Admitted {
    /// The caller's space; none for provisioning.
    pub space: Option<Arc<Space>>,
    /// The product; none for provisioning.
    pub product: Option<Product>,
    /// What is asked for.
    pub task: Task,
}

/// What is asked for, typed.
#[derive(Debug)]
pub enum Task {
    /// Create an API user.
    CreateApiUser(ApiUser),
    /// Show an API user.
    ReadApiUser(ApiUserId),
    /// Give an API user a new key.
    CreateApiKey(ApiUserId),
    /// Issue a token to the caller.
    IssueToken(ApiUserId),
    /// Accept a transaction.
    Submit(Box<Submission>),
    /// Say where a transaction stands.
    ReadStatus(TransactionKind, ReferenceId),
    /// Pass a message on to the payer.
    NotifyDelivery(ReferenceId, Box<str>),
    /// Say what the account holds.
    ReadBalance,
    /// Say whether an account holder is active.
    ReadAccountHolderActive(PartyIdType, String),
}

/// A request under examination, with what the checks found out so far.
struct Examination<'a> {
    gateway: &'a Gateway,
    request: &'a IncomingRequest,
    route: Option<Route>,
    key_products: BTreeSet<Product>,
    caller: Option<(Arc<Space>, ApiUser)>,
    task: Option<Task>,
    currency: Option<String>,
}

/// Examines a request.
///
/// # Errors
///
/// The first complaint, in the order of the contract.
pub fn examine(gateway: &Gateway, request: &IncomingRequest) -> Result<Admitted, Rejection> {
    let mut examination = Examination {
        gateway,
        request,
        route: None,
        key_products: BTreeSet::new(),
        caller: None,
        task: None,
        currency: None,
    };
    for check in CHECKS {
        check(&mut examination)?;
    }
    let product = examination.route().product;
    Ok(Admitted {
        space: examination.caller.map(|(space, _)| space),
        product,
        task: examination.task.expect("`request_is_well_formed` finds it"),
    })
}

impl Examination<'_> {
    fn route(&self) -> &Route {
        self.route.as_ref().expect("`path_is_known` finds it")
    }

    fn kind(&self) -> Kind {
        self.route().operation.kind
    }

    fn product(&self) -> Product {
        self.route().product.expect("only provisioning is outside all products")
    }

    fn caller(&self) -> &ApiUser {
        &self.caller.as_ref().expect("`caller_is_authenticated` finds it").1
    }

    fn parameter(&self, index: usize) -> &str {
        &self.route().parameters[index]
    }

    /// The reference that the path names, of any version: an id that is not ours is not found.
    fn reference_in_path(&self) -> Result<ReferenceId, Rejection> {
        let text = self.parameter(0);
        parse_uuid(text).map(ReferenceId).ok_or_else(|| not_a_uuid("the path", "a UUID", text))
    }

    fn api_user_in_path(&self) -> Result<ApiUserId, Rejection> {
        self.reference_in_path().map(|reference_id| ApiUserId(reference_id.0))
    }

    fn reference_in_header(&self) -> Result<ReferenceId, Rejection> {
        const NAME: &str = "X-Reference-Id";
        if !self.request.headers.contains_key(NAME) {
            return Err(Rejection::malformed(NAME, "is required"));
        }
        let text = self.request.header(NAME).unwrap_or_default();
        parse_uuid_v4(text)
            .map(ReferenceId)
            .ok_or_else(|| not_a_uuid(NAME, "a UUID of version 4", text))
    }
}

fn not_a_uuid(place: &str, expected: &str, text: &str) -> Rejection {
    let shown: String = text.chars().take(64).collect();
    Rejection::malformed(
        format!("the reference id in {place}"),
        format!("must be {expected}, not `{shown}`"),
    )
}

/// Check 1.
fn length_is_declared(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let request = examination.request;
    if request.method == http::Method::POST && !request.declares_length() {
        return Err(Rejection::LengthRequired);
    }
    Ok(())
}

/// Check 2.
fn path_is_known(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let request = examination.request;
    examination.route = Some(examination.gateway.routes.find(&request.method, &request.path)?);
    Ok(())
}

/// Check 3. Provisioning is open to the keys of every product.
fn subscription_key_is_good(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let request = examination.request;
    let key = request
        .header("Ocp-Apim-Subscription-Key")
        .map(str::to_owned)
        .or_else(|| request.query_parameter("subscription-key"))
        .filter(|key| !key.is_empty())
        .ok_or(Rejection::SubscriptionKeyMissing)?;
    let products = examination.gateway.subscription_keys.products_of(&key);
    let (good, asked) = match examination.route().product {
        Some(product) => (products.contains(&product), product.name()),
        None => (!products.is_empty(), "any product"),
    };
    if !good {
        return Err(Rejection::SubscriptionKeyInvalid(asked.to_owned()));
    }
    examination.key_products = products;
    Ok(())
}

/// Check 4.
fn caller_is_authenticated(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let header = examination.request.header("Authorization");
    let caller = match examination.kind().authentication() {
        Authentication::SubscriptionKeyOnly => return Ok(()),
        Authentication::Basic => authenticate_basic(examination.gateway, header)?,
        Authentication::Bearer => {
            authenticate_bearer(examination.gateway, examination.product(), header)?
        }
    };
    let api_user =
        examination.gateway.spaces.enter(&caller, |platform, _| platform.api_user().clone());
    examination.caller = Some((caller, api_user));
    Ok(())
}

fn authenticate_basic(gateway: &Gateway, header: Option<&str>) -> Result<Arc<Space>, Rejection> {
    let header = header.ok_or(Rejection::LoginFailed("no `Authorization` header"))?;
    let (id, key) = basic_credentials(header)
        .ok_or(Rejection::LoginFailed("`Authorization` is not `Basic base64(apiUser:apiKey)`"))?;
    let id = parse_uuid(&id)
        .map(ApiUserId)
        .ok_or(Rejection::LoginFailed("the API user in `Authorization` is not a UUID"))?;
    let space = gateway
        .spaces
        .get(id)
        .ok_or(Rejection::LoginFailed("the API user in `Authorization` was not provisioned"))?;
    if gateway.spaces.enter(&space, |platform, _| platform.has_api_key(&key)) {
        Ok(space)
    } else {
        Err(Rejection::LoginFailed("the API key is not the API user's latest"))
    }
}

fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(user, key)| (user.to_owned(), key.to_owned()))
}

fn authenticate_bearer(
    gateway: &Gateway,
    product: Product,
    header: Option<&str>,
) -> Result<Arc<Space>, Rejection> {
    let invalid = |why: &str| Rejection::InvalidToken(why.to_owned());
    let header = header.ok_or_else(|| invalid("no `Authorization` header"))?;
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| invalid("`Authorization` is not `Bearer <token>`"))?;
    let id = gateway.tokens.verify(token, product, gateway.spaces.clock().now())?;
    gateway.spaces.get(id).ok_or_else(|| invalid("the token's API user is not provisioned here"))
}

/// Check 5.
fn target_environment_is_allowed(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let forbidden = |why| Err(Rejection::TargetEnvironmentForbidden(why));
    let authentication = examination.kind().authentication();
    if authentication == Authentication::SubscriptionKeyOnly {
        return Ok(());
    }
    let product = examination.product();
    if authentication == Authentication::Bearer {
        if !examination.caller().products.contains(&product) {
            return forbidden(format!(
                "the API user was provisioned with a key of another product than {product}"
            ));
        }
        let expected = examination.gateway.target_environment.as_str();
        match examination.request.header("X-Target-Environment") {
            None => return forbidden(format!("no `X-Target-Environment: {expected}`")),
            Some(sent) if sent != expected => {
                return forbidden(format!("`X-Target-Environment` is `{sent}`, not `{expected}`"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Check 6.
fn request_is_well_formed(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let task = match examination.kind() {
        Kind::CreateApiUser => Task::CreateApiUser(read_api_user(examination)?),
        Kind::ReadApiUser => Task::ReadApiUser(examination.api_user_in_path()?),
        Kind::CreateApiKey => Task::CreateApiKey(examination.api_user_in_path()?),
        Kind::Token => Task::IssueToken(examination.caller().id),
        Kind::Submit { .. } => Task::Submit(Box::new(read_submission(examination)?)),
        Kind::Status(kind) => Task::ReadStatus(kind, examination.reference_in_path()?),
        Kind::DeliveryNotification => {
            let message = read_notification(examination)?;
            Task::NotifyDelivery(examination.reference_in_path()?, message)
        }
        Kind::Balance => Task::ReadBalance,
        Kind::BalanceInCurrency => {
            // Clients write it in lower case too (contract, section 7).
            examination.currency = Some(examination.parameter(0).to_uppercase());
            Task::ReadBalance
        }
        Kind::AccountHolderActive => {
            let (id_type, id) = read_account_holder(examination)?;
            Task::ReadAccountHolderActive(id_type, id)
        }
    };
    examination.task = Some(task);
    Ok(())
}

fn read_api_user(examination: &Examination<'_>) -> Result<ApiUser, Rejection> {
    const HOST: &str = "providerCallbackHost";
    let id = ApiUserId(examination.reference_in_header()?.0);
    let object = body::read_object(&examination.request.body)?;
    let host = body::required_text(&object, HOST)?;
    let provider_callback_host = ProviderCallbackHost::parse(host)
        .ok_or_else(|| Rejection::malformed(HOST, "must be a host name, such as clinic.com"))?;
    Ok(ApiUser { id, provider_callback_host, products: examination.key_products.clone() })
}

fn read_submission(examination: &Examination<'_>) -> Result<Submission, Rejection> {
    let Kind::Submit { transaction, callback } = examination.kind() else {
        unreachable!("only a submission is read as one")
    };
    let reference_id = examination.reference_in_header()?;
    if reference_id.0 == examination.caller().id.0 {
        return Err(Rejection::malformed("X-Reference-Id", "must not be the API user's id"));
    }
    Ok(Submission {
        reference_id,
        product: examination.product(),
        kind: transaction,
        details: body::read_details(transaction, &examination.request.body)?,
        callback_url: None,
        callback_method: callback,
    })
}

fn read_notification(examination: &Examination<'_>) -> Result<Box<str>, Rejection> {
    const NAME: &str = "notificationMessage";
    // MTN's document asks for the message in a header and in the body; clients send one or both.
    let in_header = examination.request.header(NAME);
    if let Some(text) = in_header {
        body::message(NAME, text)?;
    }
    let text = match in_header {
        Some(text) if examination.request.body.is_empty() => text.to_owned(),
        _ => {
            let object = body::read_object(&examination.request.body)?;
            body::required_text(&object, NAME)?.to_owned()
        }
    };
    body::message(NAME, &text)
}

fn read_account_holder(examination: &Examination<'_>) -> Result<(PartyIdType, String), Rejection> {
    let (type_name, id) = (examination.parameter(0), examination.parameter(1));
    let id_type = PartyIdType::named(type_name, &PartyIdType::IN_PATHS).ok_or_else(|| {
        Rejection::malformed(
            "accountHolderIdType",
            "must be msisdn, email, alias, id or party_code",
        )
    })?;
    match id_type.fault_of(id) {
        Some(fault) => Err(Rejection::malformed("accountHolderId", fault)),
        None => Ok((id_type, id.to_owned())),
    }
}

/// Check 7.
fn callback_url_is_registered(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    const NAME: &str = "X-Callback-Url";
    let request = examination.request;
    let Some(value) = request.headers.get(NAME) else { return Ok(()) };
    let Some(Task::Submit(_)) = examination.task else { return Ok(()) };
    let text = value.to_str().map_err(|_| {
        Rejection::CallbackHost(format!("{NAME} is not plain ASCII: encode other characters"))
    })?;
    let url = CallbackUrl::parse(text)
        .map_err(|error| Rejection::CallbackHost(format!("{NAME} `{text}` {error}")))?;
    let registered = &examination.caller().provider_callback_host.host;
    if url.host() != *registered {
        return Err(Rejection::CallbackHost(format!(
            "{NAME} has the host `{}`; registered is `{registered}`",
            url.host()
        )));
    }
    if let Some(Task::Submit(submission)) = &mut examination.task {
        submission.callback_url = Some(url);
    }
    Ok(())
}

/// Check 8.
fn currency_is_supported(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let received = match &examination.task {
        Some(Task::Submit(submission)) => Some(&*submission.details.money.currency.0),
        _ => examination.currency.as_deref(),
    };
    let expected = &examination.gateway.spaces.settings().currency;
    match received {
        Some(received) if received != &*expected.0 => Err(Rejection::Currency {
            received: received.to_owned(),
            expected: expected.to_string(),
        }),
        Some(_) | None => Ok(()),
    }
}
