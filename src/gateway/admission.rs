//! The order of complaints: a list, one small function each (docs/contract.md#order-of-checks).
//!
//! A request passes the checks in the order of [`CHECKS`] and earns the first complaint that
//! applies. Checks 9 and 10 of docs/contract.md#order-of-checks, whether a reference was seen
//! before or is unknown, come last and are the platform's, since they hold only under a space's
//! lock.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::sync::Arc;

use http::header::AUTHORIZATION;

use crate::engine::spaces::Space;
use crate::gateway::Gateway;
use crate::gateway::authentication::{authenticate_basic, authenticate_bearer};
use crate::gateway::command::Task;
use crate::gateway::recording;
use crate::gateway::reply::Reply;
use crate::gateway::request::{GatewayRequest, header};
use crate::gateway::routes::Route;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::{CallbackUrl, CallbackUrlError};
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reason::Reason;
use momo_sandbox_core::model::reference::{ReferenceId, parse_uuid};
use momo_sandbox_core::model::transaction::{Submission, TransactionKind};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::{Authentication, Kind, Operation};
use momo_sandbox_core::operations::unreadable;
use momo_sandbox_core::platform::consent::ConsentNumber;
use momo_sandbox_core::platform::request::{AnsweredRequest, Refusal, RequestLine};

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
    pub caller: Option<Arc<Space>>,
    /// The product; none for provisioning.
    pub product: Option<Product>,
    /// What is asked for.
    pub task: Task,
}

/// A request under examination, with what the checks found out so far.
pub(super) struct Examination<'a> {
    gateway: &'a Gateway,
    pub(super) request: &'a GatewayRequest,
    route: Option<Route<'a>>,
    /// The transaction that the request names.
    pub(super) reference_id: Option<ReferenceId>,
    /// The products of the subscription key that provisions.
    pub(super) key_products: BTreeSet<Product>,
    /// Whose request it seems to be, whether or not its credentials are good.
    recognised: Option<Arc<Space>>,
    caller: Option<Caller>,
    /// Whether the caller may call this product in this target environment.
    is_allowed: bool,
    task: Option<Task>,
    /// What a submission asks for, once it is read.
    fingerprint: Option<NonZeroU64>,
}

/// Who calls.
pub(super) struct Caller {
    space: Arc<Space>,
    /// The consent that the token was issued for, and why what is submitted with it must fail.
    pub(super) consent: Option<ConsentNumber>,
    pub(super) consent_fault: Option<Reason>,
}

impl Caller {
    pub(super) fn api_user(&self) -> &ApiUser {
        self.space.api_user()
    }
}

impl<'a> Examination<'a> {
    /// Nothing is known yet.
    pub(super) fn of(gateway: &'a Gateway, request: &'a GatewayRequest) -> Self {
        Self {
            gateway,
            request,
            route: None,
            reference_id: None,
            key_products: BTreeSet::new(),
            recognised: None,
            caller: None,
            is_allowed: false,
            task: None,
            fingerprint: None,
        }
    }

    /// Runs the checks.
    ///
    /// # Errors
    ///
    /// The first complaint, in the order of docs/contract.md#order-of-checks.
    pub(super) fn run(&mut self) -> Result<Admitted, Rejection> {
        for check in CHECKS {
            check(self)?;
        }
        let caller = self.caller.take();
        Ok(Admitted {
            caller: caller.map(|caller| caller.space),
            product: self.route().way.product,
            task: self.task.take().expect("`request_is_well_formed` finds it"),
        })
    }

    /// Whose request it seems to be.
    pub(super) fn recognised(&self) -> Option<&Arc<Space>> {
        self.recognised.as_ref()
    }

    /// The target environment.
    pub(super) fn environment(&self) -> &'static Environment {
        self.gateway.environment
    }

    /// The operation, where the path has one.
    fn operation(&self) -> Option<&'static Operation> {
        self.route.as_ref().map(|route| route.operation)
    }

    /// The caller, product and kind of a submission whose caller may submit, whatever is in it.
    pub(super) fn unread_submission(&self) -> Option<(&Arc<Space>, Product, TransactionKind)> {
        let caller = self.caller.as_ref().filter(|_| self.is_allowed)?;
        let route = self.route.as_ref()?;
        match route.operation.kind {
            Kind::Submit(kind) => Some((&caller.space, route.way.product?, kind)),
            _ => None,
        }
    }

    /// What the journal keeps of the request, which is counted with it.
    pub(super) fn record(&self, answered: &Result<Reply, Rejection>) -> AnsweredRequest {
        let (reply, rejection) = (answered.as_ref().ok(), answered.as_ref().err());
        let status = match answered {
            Ok(reply) => reply.answer.status,
            Err(rejection) => rejection.answer().status,
        };
        self.gateway.spaces.counters().answered(self.operation(), status, rejection);
        AnsweredRequest {
            line: self.line(),
            reference_id: self.reference_id,
            fingerprint: self.fingerprint,
            has_callback_url: self.request.headers.contains_key(&header::CALLBACK_URL),
            reported_status: reply.and_then(|reply| reply.told),
            status,
            refusal: self.refusal(answered).map(Box::new),
            fault: reply.and_then(|reply| reply.fault),
        }
    }

    /// Why there is no success, if there is none.
    fn refusal(&self, answered: &Result<Reply, Rejection>) -> Option<Refusal> {
        match answered {
            Ok(reply) => reply.asked_for_by.as_ref().map(recording::scenario_error),
            Err(rejection) => Some(recording::refusal(self.request, rejection)),
        }
    }

    /// What was asked for.
    fn line(&self) -> RequestLine {
        let request = self.request;
        let plain = self.route.as_ref().and_then(|route| {
            let Route { operation, way, .. } = route;
            RequestLine::plain(operation, *way, self.reference_id, request.path())
        });
        plain.unwrap_or_else(|| recording::line(&request.method, request.path(), self.operation()))
    }

    pub(super) fn route(&self) -> &Route<'a> {
        self.route.as_ref().expect("`path_is_known` finds it")
    }

    pub(super) fn kind(&self) -> Kind {
        self.route().operation.kind
    }

    pub(super) fn product(&self) -> Product {
        self.route().way.product.expect("only provisioning is outside all products")
    }

    pub(super) fn caller(&self) -> &Caller {
        self.caller.as_ref().expect("`caller_is_authenticated` finds it")
    }
}

/// Check 1.
fn length_is_declared(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let request = examination.request;
    if request.method != http::Method::POST {
        return Ok(());
    }
    request.fault_of_length().map_or(Ok(()), |fault| Err(Rejection::LengthRequired(fault)))
}

/// Check 2.
fn path_is_known(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let request = examination.request;
    let gateway = examination.gateway;
    let route = gateway.routes.find(&request.method, request.path())?;
    // Outside all products there is provisioning, and nothing else.
    if route.way.product.is_none() && !gateway.environment.has_provisioning() {
        return Err(Rejection::NoSuchPath(format!(
            "There is no provisioning in {}: API users of a market are made by its account portal. \
             Give them with --api-user.",
            gateway.environment.name
        )));
    }
    examination.reference_id = reference_id(&route, request);
    examination.route = Some(route);
    Ok(())
}

/// The transaction that a request names.
fn reference_id(route: &Route<'_>, request: &GatewayRequest) -> Option<ReferenceId> {
    let text = match route.operation.kind {
        Kind::Submit(_) => request.header(&header::REFERENCE_ID)?,
        Kind::Status(_)
        | Kind::CancelInvoice
        | Kind::CancelPreApproval
        | Kind::DeliveryNotification => route.parameters.first()?,
        _ => return None,
    };
    parse_uuid(text).map(ReferenceId)
}

/// Check 3. Provisioning is open to the keys of every product.
fn subscription_key_is_good(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let request = examination.request;
    let key = request
        .header(&header::SUBSCRIPTION_KEY)
        .map(Cow::Borrowed)
        .or_else(|| request.query_parameter("subscription-key").map(Cow::Owned))
        .filter(|key| !key.is_empty())
        .ok_or(Rejection::SubscriptionKeyMissing(examination.route().way.product))?;
    let keys = &examination.gateway.subscription_keys;
    let product = examination.route().way.product;
    let good = match product {
        Some(product) => keys.is_good(&key, product),
        None => {
            examination.key_products = keys.products_of(&key);
            !examination.key_products.is_empty()
        }
    };
    if good { Ok(()) } else { Err(Rejection::SubscriptionKeyInvalid(product)) }
}

/// Check 4.
fn caller_is_authenticated(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let header = examination.request.header(&AUTHORIZATION);
    let kind = examination.kind();
    let is_basic = match kind.authentication() {
        Authentication::SubscriptionKeyOnly => return Ok(()),
        Authentication::Basic => true,
        Authentication::Bearer => false,
        Authentication::BasicOrBearer => header.is_some_and(|header| has_scheme(header, "basic")),
    };
    let (gateway, recognised) = (examination.gateway, &mut examination.recognised);
    let (space, consent) = if is_basic {
        (authenticate_basic(gateway, recognised, header)?, None)
    } else {
        authenticate_bearer(gateway, recognised, header)?
    };
    if kind == Kind::UserInfo && consent.is_none() {
        return Err(Rejection::InvalidToken(
            "The token is an API user's. userinfo takes a token for a consent, which comes from \
             POST /{product}/oauth2/token/ after bc-authorize."
                .to_owned(),
        ));
    }
    let consent_fault = consent.and_then(|consent| {
        examination.gateway.spaces.enter(&space, |platform, _| platform.consent_fault(consent))
    });
    examination.caller = Some(Caller { space, consent, consent_fault });
    Ok(())
}

fn has_scheme(header: &str, scheme: &str) -> bool {
    header.split_once(' ').is_some_and(|(sent, _)| sent.eq_ignore_ascii_case(scheme))
}

/// Check 5.
fn target_environment_is_allowed(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let forbidden = |why| Err(Rejection::TargetEnvironmentForbidden(why));
    let kind = examination.kind();
    if kind.needs_target_environment() {
        let product = examination.product();
        let products = &examination.caller().api_user().products;
        // Recorded 2026, of an API user that asks under another product than its key's.
        if !products.contains(&product) {
            let own: Vec<&str> = products.iter().map(|product| product.name()).collect();
            return forbidden(format!(
                "The API user was created with a subscription key of {}, not of {product}. Create \
                 one with a key of {product}.",
                own.join(" and ")
            ));
        }
        let expected = examination.gateway.environment.name;
        match examination.request.headers.get(&header::TARGET_ENVIRONMENT) {
            None => {
                return forbidden(format!(
                    "The request has no X-Target-Environment header. Send X-Target-Environment: \
                     {expected}."
                ));
            }
            Some(sent) if sent != expected => {
                let sent = String::from_utf8_lossy(sent.as_bytes());
                return forbidden(format!(
                    "X-Target-Environment is `{}`; this emulator is `{expected}`. Send that, or \
                     start the emulator with --target-environment.",
                    unreadable::beginning(&sent)
                ));
            }
            Some(_) => {}
        }
    }
    examination.is_allowed = true;
    Ok(())
}

/// Check 6.
fn request_is_well_formed(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let task = Task::read(examination)?;
    if let Task::Submit(submission) = &task {
        examination.fingerprint = Some(submission.order());
        amount_fits(examination.gateway.environment, submission)?;
    }
    examination.task = Some(task);
    Ok(())
}

/// A market's money has as many decimals as ISO 4217 gives it.
fn amount_fits(environment: &Environment, submission: &Submission) -> Result<(), Rejection> {
    let currency = &submission.details.currency;
    let decimals = environment.decimals_of(&currency.0);
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
fn callback_url_is_registered(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    const NAME: &str = "X-Callback-Url";
    let request = examination.request;
    let Some(value) = request.headers.get(&header::CALLBACK_URL) else { return Ok(()) };
    if !examination.kind().takes_callback_url() {
        return Ok(());
    }
    // A client without a callback URL sends an empty one (docs/contract.md#headers).
    if value.is_empty() {
        return Err(Rejection::malformed(NAME, "is empty; leave it out for no callback"));
    }
    let text = value.to_str().map_err(|_| {
        Rejection::CallbackHost(format!("{NAME} is not plain ASCII. Encode other characters."))
    })?;
    // Its query may have a secret, and its user information is one.
    let shown = text.split(['?', '#']).next().unwrap_or_default();
    let url = CallbackUrl::parse(text).map_err(|error| {
        Rejection::CallbackHost(match error {
            CallbackUrlError::UserInformation => format!("{NAME} {error}. Take it out."),
            _ => format!("{NAME} `{shown}` {error}. Send one such as http://shop.example/paid."),
        })
    })?;
    let registered = &examination.caller().api_user().provider_callback_host.host;
    if url.host() != *registered {
        return Err(Rejection::CallbackHost(format!(
            "{NAME} has the host `{}`; the API user's providerCallbackHost is `{registered}`. Send \
             a URL of that host, or create an API user for the other.",
            url.host()
        )));
    }
    if examination.gateway.environment.is_production()
        && let Some(why) = url.fault_in_production()
    {
        return Err(Rejection::CallbackHost(format!("{NAME} `{shown}` {why}.")));
    }
    if let Some(Task::Submit(submission)) = &mut examination.task {
        submission.callback_url = Some(url);
    }
    Ok(())
}

/// Check 8.
fn currency_is_supported(examination: &mut Examination<'_>) -> Result<(), Rejection> {
    let environment = examination.gateway.environment;
    let (received, is_taken, expected) = match &examination.task {
        Some(Task::Submit(submission)) => {
            let received = &*submission.details.currency.0;
            (received, environment.takes(received), environment.currencies_in_words())
        }
        // There is one account of a product, in the main currency.
        Some(Task::ReadBalance(Some(received))) => {
            let main = environment.currency;
            (received.as_str(), received == main, main.to_owned())
        }
        _ => return Ok(()),
    };
    match is_taken {
        true => Ok(()),
        false => {
            let received = unreadable::beginning(received).to_owned();
            Err(Rejection::Currency { received, expected })
        }
    }
}
