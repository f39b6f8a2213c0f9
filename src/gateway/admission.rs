//! The checks of a request, in the order of docs/contract.md#order-of-checks.
//!
//! [`admit`] runs them. Each check takes what the check before it returns, so that another order
//! does not compile. The first check that fails decides the answer. Checks 9 and 10 ask whether a
//! reference is used already or unknown. The platform makes them last, since their result holds
//! only under a space's lock.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::space::Space;
use crate::gateway::Gateway;
use crate::gateway::authentication::{Caller, authenticate, recognise};
use crate::gateway::command::{
    Call, Command, Form, ProductForm, Provision, RoutedRequest, read_account_holder,
    read_submission, reference_in_header, reference_in_path,
};
use crate::gateway::nearest;
use crate::gateway::platforms::{check_front, check_new_payment};
use crate::gateway::request::{GatewayRequest, header};
use crate::gateway::request_context::RequestContext;
use crate::gateway::subscription_keys::ProductKey;
use momo_sandbox_core::model::callback_url::{CallbackUrl, CallbackUrlError};
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::ids::{ReferenceId, parse_uuid};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::submission::{Submission, TransactionKind};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::{Operation, OperationKind};
use momo_sandbox_core::operations::unreadable;

/// A request that passed all checks.
#[derive(Debug)]
pub enum AdmittedRequest {
    Provision(Provision),
    Command { caller: Arc<Space>, product: Product, command: Command },
}

/// The refusal of the first check that failed.
#[derive(Debug)]
pub struct NotAdmitted {
    pub rejection: Rejection,
    /// The submission, if its caller may submit and it failed a check of its form. A scenario may
    /// answer it without reading its body.
    pub unread: Option<UnreadSubmission>,
}

/// A submission whose body is not read.
#[derive(Debug)]
pub struct UnreadSubmission {
    pub caller: Arc<Space>,
    pub product: Product,
    pub kind: TransactionKind,
}

impl From<Rejection> for NotAdmitted {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, unread: None }
    }
}

/// Runs the checks in their order, and notes what they find in the context.
///
/// # Errors
///
/// [`NotAdmitted`], with the refusal of the first check that fails.
pub fn admit(
    gateway: &Gateway,
    context: &mut RequestContext<'_>,
) -> Result<AdmittedRequest, NotAdmitted> {
    let platform = check_front(gateway, context).inspect_err(|_| {
        context.recognised = recognise(gateway, context.request);
    })?;
    let request = check_length(context.request)?;
    let (routed, form) = check_path(gateway, &request, context)?;
    let (product, form) = match form {
        Form::Provision(read) => {
            let key = check_provisioning_key(gateway, &routed)?;
            return Ok(AdmittedRequest::Provision(read(&routed, key.products)?));
        }
        Form::Product(product, form) => (product, form),
    };
    let key = check_subscription_key(gateway, &routed, product)?;
    let caller = authenticate(gateway, &routed, (&key, platform), &mut context.recognised)?;
    let caller = check_target_environment(&routed, caller)?;
    if matches!(form, ProductForm::Submit(_)) {
        check_new_payment(gateway, platform)?;
    }
    let read = check_form(&routed, form, &caller, context)
        .and_then(|read| check_callback_url(&routed, &caller, read))
        .and_then(|read| check_currency(routed.environment, read));
    let caller = caller.0.space;
    match read {
        Ok(command) => Ok(AdmittedRequest::Command { caller, product, command }),
        Err(rejection) => {
            let unread = match form {
                ProductForm::Submit(kind) => Some(UnreadSubmission { caller, product, kind }),
                ProductForm::ReadStatus(_)
                | ProductForm::ReadUserInfo
                | ProductForm::AccountHolder(_)
                | ProductForm::Other(_) => None,
            };
            Err(NotAdmitted { rejection, unread })
        }
    }
}

/// A request whose body has a declared length.
struct WithLength<'a>(&'a GatewayRequest);

/// The products of a subscription key, one at least.
struct ProvisioningKey {
    products: BTreeSet<Product>,
}

/// A caller that may call its product in this target environment.
struct AllowedCaller(Caller);

/// A command that is well formed.
struct WellFormed(Command);

/// A well-formed command with the callback URL that it names.
struct WithCallbackUrl(Command);

/// Check 1.
fn check_length(request: &GatewayRequest) -> Result<WithLength<'_>, Rejection> {
    if request.method == http::Method::POST
        && let Some(fault) = request.fault_of_length()
    {
        return Err(Rejection::LengthRequired(fault));
    }
    Ok(WithLength(request))
}

/// Check 2.
fn check_path<'a>(
    gateway: &Gateway,
    request: &WithLength<'a>,
    context: &mut RequestContext<'_>,
) -> Result<(RoutedRequest<'a>, Form), Rejection> {
    let (request, environment) = (request.0, gateway.environment);
    let route = gateway.routes.find(&request.method, request.path())?;
    let form = Form::of(route.operation.kind, route.operation_path.product)
        .ok_or_else(|| nearest::no_such_path(&request.method, request.path()))?;
    if matches!(form, Form::Provision(_)) && !environment.has_provisioning() {
        return Err(Rejection::NoSuchPath(format!(
            "There is no provisioning in {}: API users of a market are made by its account portal. \
             Give them with --api-user.",
            environment.name
        )));
    }
    let reference_id = reference_id(route.operation, &route.parameters, request);
    context.operation = Some((route.operation, route.operation_path));
    context.reference_id = reference_id;
    Ok((RoutedRequest { request, route, environment, reference_id }, form))
}

/// The transaction that a request names.
pub(super) fn reference_id(
    operation: &Operation,
    parameters: &[Cow<'_, str>],
    request: &GatewayRequest,
) -> Option<ReferenceId> {
    match operation.kind {
        OperationKind::Submit(_) => reference_in_header(request),
        OperationKind::Status(_)
        | OperationKind::CancelInvoice
        | OperationKind::CancelPreApproval
        | OperationKind::DeliveryNotification => {
            parameters.first().and_then(|text| parse_uuid(text))
        }
        OperationKind::CreateApiUser
        | OperationKind::ReadApiUser
        | OperationKind::CreateApiKey
        | OperationKind::Token
        | OperationKind::ConsentToken
        | OperationKind::Authorize
        | OperationKind::UserInfo
        | OperationKind::ListPreApprovals
        | OperationKind::Balance
        | OperationKind::BalanceInCurrency
        | OperationKind::AccountHolderActive
        | OperationKind::BasicUserInfo => None,
    }
    .map(ReferenceId)
}

fn subscription_key(request: &GatewayRequest) -> Option<Cow<'_, str>> {
    let in_header = request.header(&header::SUBSCRIPTION_KEY).map(Cow::Borrowed);
    in_header
        .or_else(|| request.query_parameter("subscription-key").map(Cow::Owned))
        .filter(|key| !key.is_empty())
}

/// Check 3.
fn check_subscription_key(
    gateway: &Gateway,
    routed: &RoutedRequest<'_>,
    product: Product,
) -> Result<ProductKey, Rejection> {
    let key = subscription_key(routed.request);
    let key = key.ok_or(Rejection::SubscriptionKeyMissing(Some(product)))?;
    let checked = gateway.subscription_keys.check(&key, product);
    checked.ok_or(Rejection::SubscriptionKeyInvalid(Some(product)))
}

/// Check 3 of provisioning, which takes the keys of every product.
fn check_provisioning_key(
    gateway: &Gateway,
    routed: &RoutedRequest<'_>,
) -> Result<ProvisioningKey, Rejection> {
    let key = subscription_key(routed.request).ok_or(Rejection::SubscriptionKeyMissing(None))?;
    let products = gateway.subscription_keys.products_of(&key);
    if products.is_empty() {
        Err(Rejection::SubscriptionKeyInvalid(None))
    } else {
        Ok(ProvisioningKey { products })
    }
}

/// Check 5.
fn check_target_environment(
    routed: &RoutedRequest<'_>,
    caller: Caller,
) -> Result<AllowedCaller, Rejection> {
    let forbidden = |why| Err(Rejection::TargetEnvironmentForbidden(why));
    if !routed.route.operation.kind.needs_target_environment() {
        return Ok(AllowedCaller(caller));
    }
    let product = caller.product;
    let products = &caller.api_user().products;
    // Recorded in 2026, for an API user that calls another product than that of its subscription
    // key.
    if !products.contains(&product) {
        let own: Vec<&str> = products.iter().map(|product| product.name()).collect();
        return forbidden(format!(
            "The API user was created with a subscription key of {}, not of {product}. Create one \
             with a key of {product}.",
            own.join(" and ")
        ));
    }
    let expected = routed.environment.name;
    match routed.request.headers.get(&header::TARGET_ENVIRONMENT) {
        None => forbidden(format!(
            "The request has no X-Target-Environment header. Send X-Target-Environment: {expected}."
        )),
        Some(sent) if sent != expected => {
            let sent = String::from_utf8_lossy(sent.as_bytes());
            forbidden(format!(
                "X-Target-Environment is `{}`; this emulator is `{expected}`. Send that, or start \
                 the emulator with --target-environment.",
                unreadable::beginning(&sent)
            ))
        }
        Some(_) => Ok(AllowedCaller(caller)),
    }
}

/// Check 6.
fn check_form(
    routed: &RoutedRequest<'_>,
    form: ProductForm,
    AllowedCaller(caller): &AllowedCaller,
    context: &mut RequestContext<'_>,
) -> Result<WellFormed, Rejection> {
    let command = match form {
        ProductForm::Submit(kind) => {
            let what = (caller.product, kind);
            let api_user = caller.api_user().id;
            let submission = read_submission(routed, what, api_user, caller.consent_fault)?;
            context.fingerprint = Some(submission.order());
            check_decimals(routed.environment, &submission)?;
            Command::Submit(Box::new(submission))
        }
        ProductForm::ReadStatus(kind) => Command::ReadStatus(kind, reference_in_path(routed)?),
        ProductForm::ReadUserInfo => Command::Call(Call::ReadUserInfo(caller.consent()?)),
        ProductForm::AccountHolder(call) => {
            let (id_type, id) = read_account_holder(routed)?;
            Command::Call(call(id_type, id))
        }
        ProductForm::Other(read) => read(routed, caller.product)?,
    };
    Ok(WellFormed(command))
}

/// A market's money has as many decimals as ISO 4217 gives it.
fn check_decimals(environment: &Environment, submission: &Submission) -> Result<(), Rejection> {
    let currency = &submission.details.currency;
    let decimals = environment.decimals_of(currency.code());
    let (Some(amount), Some(decimals)) = (submission.details.amount, decimals) else {
        return Ok(());
    };
    if amount.decimals() <= decimals {
        return Ok(());
    }
    let rule = match decimals {
        0 => format!("must be a whole number: {currency} has no decimals"),
        _ => format!("must have at most {decimals} decimals: {currency} has no more"),
    };
    Err(Rejection::malformed("amount", rule))
}

/// Check 7.
fn check_callback_url(
    routed: &RoutedRequest<'_>,
    AllowedCaller(caller): &AllowedCaller,
    WellFormed(mut command): WellFormed,
) -> Result<WithCallbackUrl, Rejection> {
    if routed.route.operation.kind.takes_callback_url() {
        let url = callback_url(routed, caller)?;
        if let Command::Submit(submission) = &mut command {
            submission.callback_url = url;
        }
    }
    Ok(WithCallbackUrl(command))
}

/// The callback URL of a request, whose host must be the registered one of its API user.
fn callback_url(
    routed: &RoutedRequest<'_>,
    caller: &Caller,
) -> Result<Option<CallbackUrl>, Rejection> {
    const NAME: &str = "X-Callback-Url";
    let Some(value) = routed.request.headers.get(&header::CALLBACK_URL) else { return Ok(None) };
    // A client without a callback URL sends an empty one (docs/contract.md#headers).
    if value.is_empty() {
        return Err(Rejection::malformed(NAME, "is empty; leave it out for no callback"));
    }
    let text = value.to_str().map_err(|_| {
        Rejection::CallbackHost(format!("{NAME} is not plain ASCII. Encode other characters."))
    })?;
    // Only this part is shown: the query may contain a secret, and user information is one.
    let shown = text.split(['?', '#']).next().unwrap_or_default();
    let url = CallbackUrl::parse(text).map_err(|error| {
        Rejection::CallbackHost(match error {
            CallbackUrlError::UserInformation => format!("{NAME} {error}. Take it out."),
            _ => format!("{NAME} `{shown}` {error}. Send one such as http://shop.example/paid."),
        })
    })?;
    let registered = &caller.api_user().provider_callback_host.host;
    if url.host() != registered {
        return Err(Rejection::CallbackHost(format!(
            "{NAME} has the host `{}`; the API user's providerCallbackHost is `{registered}`. Send \
             a URL of that host, or create an API user for the other.",
            url.host()
        )));
    }
    if routed.environment.is_production()
        && let Some(why) = url.fault_in_production()
    {
        return Err(Rejection::CallbackHost(format!("{NAME} `{shown}` {why}.")));
    }
    Ok(Some(url))
}

/// Check 8.
fn check_currency(
    environment: &Environment,
    WithCallbackUrl(command): WithCallbackUrl,
) -> Result<Command, Rejection> {
    let (received, expected) = match &command {
        Command::Submit(submission) if !environment.takes(submission.details.currency.code()) => {
            (submission.details.currency.code(), environment.currencies_in_words())
        }
        // A product has one account, in the main currency.
        Command::ReadBalance(Some(received)) if received != environment.currency => {
            (received.as_str(), environment.currency.to_owned())
        }
        Command::Submit(_)
        | Command::ReadBalance(_)
        | Command::ReadStatus(..)
        | Command::Call(_) => return Ok(command),
    };
    let received = unreadable::beginning(received).to_owned();
    Err(Rejection::Currency { received, expected })
}
