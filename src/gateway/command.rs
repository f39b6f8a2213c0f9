//! The command of a request, read from its path, headers and body.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use crate::gateway::request::{GatewayRequest, header};
use crate::gateway::routes::Route;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::ids::{ApiUserId, ReferenceId, parse_uuid};
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reason::Reason;
use momo_sandbox_core::model::submission::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::operations::parse_body::{
    message, optional_text, read_details, read_object, required_text,
};
use momo_sandbox_core::operations::rejection::{ConsentError, Rejection};
use momo_sandbox_core::operations::scalars::VALIDITY_SECONDS_MAX;
use momo_sandbox_core::operations::table::OperationKind;
use momo_sandbox_core::operations::unreadable;
use momo_sandbox_core::platform::consent::{ConsentNumber, ConsentRequest};

/// The grant type of a token for a consent.
pub const CIBA_GRANT: &str = "urn:openid:params:grant-type:ciba";

/// The grant type of a token for a refresh token.
pub const REFRESH_GRANT: &str = "refresh_token";

/// A UUID of version 4, to show how one is written.
const EXAMPLE: &str = "6f9619ff-8b86-4011-b42d-00c04fc964ff";

/// A command of provisioning, which needs no API user.
#[derive(Debug)]
pub enum Provision {
    CreateApiUser(ApiUser),
    ReadApiUser(ApiUserId),
    CreateApiKey(ApiUserId),
}

/// A command of a product, from an API user.
#[derive(Debug)]
pub enum Command {
    Submit(Box<Submission>),
    ReadStatus(TransactionKind, ReferenceId),
    /// With the currency that the path names, if any.
    ReadBalance(Option<String>),
    Call(Call),
}

impl Provision {
    pub fn operation(&self) -> OperationKind {
        match self {
            Self::CreateApiUser(_) => OperationKind::CreateApiUser,
            Self::ReadApiUser(_) => OperationKind::ReadApiUser,
            Self::CreateApiKey(_) => OperationKind::CreateApiKey,
        }
    }
}

impl Command {
    /// The party that the path names.
    pub fn party(&self) -> Option<(PartyIdType, String)> {
        match self {
            Self::Call(
                Call::ListPreApprovals(id_type, id)
                | Call::ReadAccountHolderActive(id_type, id)
                | Call::ReadBasicUserInfo(id_type, id),
            ) => Some((*id_type, id.clone())),
            Self::Submit(_) | Self::ReadStatus(..) | Self::ReadBalance(_) | Self::Call(_) => None,
        }
    }
}

/// A command of a product that neither submits nor reads a status or balance.
#[derive(Debug)]
pub enum Call {
    IssueToken,
    /// Issues a token for the consent of this `auth_req_id`.
    RedeemConsent(Uuid),
    /// Issues a token for this refresh token.
    RefreshConsent(Uuid),
    AskForConsent(ConsentRequest),
    ReadUserInfo(ConsentNumber),
    CancelInvoice(ReferenceId),
    CancelPreApproval(ReferenceId),
    ListPreApprovals(PartyIdType, String),
    NotifyDelivery(ReferenceId, Box<str>),
    ReadAccountHolderActive(PartyIdType, String),
    ReadBasicUserInfo(PartyIdType, String),
}

/// A request whose path belongs to an operation.
#[derive(Debug)]
pub struct RoutedRequest<'a> {
    pub request: &'a GatewayRequest,
    pub route: Route<'a>,
    pub environment: &'static Environment,
    /// The transaction that the request names in its path, or in `X-Reference-Id` if it submits.
    pub reference_id: Option<ReferenceId>,
}

/// The operation of a path, and how its command is read.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    Provision(ReadProvision),
    Product(Product, ProductForm),
}

/// The operation of a path below a product, and how its command is read.
#[derive(Debug, Clone, Copy)]
pub enum ProductForm {
    Submit(TransactionKind),
    ReadStatus(TransactionKind),
    ReadUserInfo,
    /// A call about the account holder in the path.
    AccountHolder(fn(PartyIdType, String) -> Call),
    Other(ReadCommand),
}

/// Reads a command of provisioning, given the products of its subscription key.
pub type ReadProvision = fn(&RoutedRequest<'_>, BTreeSet<Product>) -> Result<Provision, Rejection>;

/// Reads a command of a product.
pub type ReadCommand = fn(&RoutedRequest<'_>, Product) -> Result<Command, Rejection>;

impl Form {
    /// The form of an operation; `None` for an operation of a product outside all products.
    pub fn of(kind: OperationKind, product: Option<Product>) -> Option<Self> {
        let form = match kind {
            OperationKind::CreateApiUser => return Some(Self::Provision(read_api_user)),
            OperationKind::ReadApiUser => {
                return Some(Self::Provision(|routed, _| {
                    api_user_in_path(routed).map(Provision::ReadApiUser)
                }));
            }
            OperationKind::CreateApiKey => {
                return Some(Self::Provision(|routed, _| {
                    api_user_in_path(routed).map(Provision::CreateApiKey)
                }));
            }
            OperationKind::Submit(kind) => ProductForm::Submit(kind),
            OperationKind::Status(kind) => ProductForm::ReadStatus(kind),
            OperationKind::UserInfo => ProductForm::ReadUserInfo,
            OperationKind::Token => ProductForm::Other(|_, _| Ok(Command::Call(Call::IssueToken))),
            OperationKind::ConsentToken => ProductForm::Other(|routed, _| read_grant(routed)),
            OperationKind::Authorize => ProductForm::Other(read_consent_request),
            OperationKind::CancelInvoice => {
                ProductForm::Other(|routed, _| read_cancellation(routed))
            }
            OperationKind::CancelPreApproval => ProductForm::Other(|routed, _| {
                reference_in_path(routed).map(Call::CancelPreApproval).map(Command::Call)
            }),
            OperationKind::ListPreApprovals => ProductForm::AccountHolder(Call::ListPreApprovals),
            OperationKind::DeliveryNotification => ProductForm::Other(|routed, _| {
                let message = read_notification(routed)?;
                Ok(Command::Call(Call::NotifyDelivery(reference_in_path(routed)?, message)))
            }),
            OperationKind::Balance => ProductForm::Other(|_, _| Ok(Command::ReadBalance(None))),
            // Clients write the currency in lower case too (docs/contract.md#what-clients-do).
            OperationKind::BalanceInCurrency => ProductForm::Other(|routed, _| {
                Ok(Command::ReadBalance(Some(parameter(routed, 0).to_uppercase())))
            }),
            OperationKind::AccountHolderActive => {
                ProductForm::AccountHolder(Call::ReadAccountHolderActive)
            }
            OperationKind::BasicUserInfo => ProductForm::AccountHolder(Call::ReadBasicUserInfo),
        };
        Some(Self::Product(product?, form))
    }
}

fn parameter<'a>(routed: &'a RoutedRequest<'_>, index: usize) -> &'a str {
    &routed.route.parameters[index]
}

/// The reference id in the path, a UUID of any version.
pub fn reference_in_path(routed: &RoutedRequest<'_>) -> Result<ReferenceId, Rejection> {
    routed.reference_id.ok_or_else(|| not_a_uuid_in_path(routed))
}

fn api_user_in_path(routed: &RoutedRequest<'_>) -> Result<ApiUserId, Rejection> {
    parse_uuid(parameter(routed, 0)).map(ApiUserId).ok_or_else(|| not_a_uuid_in_path(routed))
}

fn not_a_uuid_in_path(routed: &RoutedRequest<'_>) -> Rejection {
    not_a_uuid("the path", parameter(routed, 0))
}

/// The id in `X-Reference-Id`, a UUID of any version. No refusal of a version was recorded, and
/// payouts with version 5 are known (docs/contract.md#headers).
pub fn reference_in_header(request: &GatewayRequest) -> Option<Uuid> {
    parse_uuid(request.header(&header::REFERENCE_ID)?)
}

/// Why there is no [`reference_in_header`].
fn fault_of_reference(request: &GatewayRequest) -> Rejection {
    const NAME: &str = "X-Reference-Id";
    match request.headers.get(&header::REFERENCE_ID) {
        None => Rejection::malformed(NAME, "is required"),
        Some(value) => not_a_uuid(NAME, value.to_str().unwrap_or_default()),
    }
}

fn not_a_uuid(place: &str, text: &str) -> Rejection {
    let shown = unreadable::beginning(text);
    Rejection::malformed(
        format!("The reference id in {place}"),
        format!("must be a UUID such as {EXAMPLE}, not `{shown}`"),
    )
}

fn read_api_user(
    routed: &RoutedRequest<'_>,
    products: BTreeSet<Product>,
) -> Result<Provision, Rejection> {
    const HOST: &str = "providerCallbackHost";
    let id = reference_in_header(routed.request);
    let id = ApiUserId(id.ok_or_else(|| fault_of_reference(routed.request))?);
    let object = read_object(&routed.request.body)?;
    let host = required_text(&object, HOST)?;
    let provider_callback_host = ProviderCallbackHost::parse(&host).ok_or_else(|| {
        let shown = unreadable::beginning(&host);
        Rejection::malformed(
            HOST,
            format!("must be a host name, such as clinic.com, not `{shown}`"),
        )
    })?;
    Ok(Provision::CreateApiUser(ApiUser::new(id, provider_callback_host, products)))
}

/// Reads a submission of an API user, which has no callback URL yet.
pub fn read_submission(
    routed: &RoutedRequest<'_>,
    (product, kind): (Product, TransactionKind),
    api_user: ApiUserId,
    consent_fault: Option<Reason>,
) -> Result<Submission, Rejection> {
    let reference_id = routed.reference_id.ok_or_else(|| fault_of_reference(routed.request))?;
    if reference_id.0 == api_user.0 {
        return Err(Rejection::malformed("X-Reference-Id", "must not be the API user's id"));
    }
    Ok(Submission {
        reference_id,
        product,
        kind,
        details: read_details(routed.environment, kind, &routed.request.body)?,
        callback_url: None,
        callback_method: CallbackMethod::of_path(routed.route.operation_path.template),
        consent_fault,
        payment_elsewhere: None,
        is_manual: false,
    })
}

/// Reads the `DELETE` of an invoice. It takes `{"externalId"}` and a reference of its own
/// (docs/contract.md#invoices-payments-and-approvals). Neither decides anything, so a body may be
/// left out.
fn read_cancellation(routed: &RoutedRequest<'_>) -> Result<Command, Rejection> {
    reference_in_header(routed.request).ok_or_else(|| fault_of_reference(routed.request))?;
    let body = &routed.request.body;
    if !body.is_empty() {
        let object = read_object(body)?;
        optional_text(&object, "externalId")?;
    }
    Ok(Command::Call(Call::CancelInvoice(reference_in_path(routed)?)))
}

fn read_notification(routed: &RoutedRequest<'_>) -> Result<Box<str>, Rejection> {
    const NAME: &str = "notificationMessage";
    // MTN's document asks for the message in a header and in the body; clients send one or both.
    let in_header = routed.request.header(NAME);
    if let Some(text) = in_header {
        message(NAME, text)?;
    }
    let body = &routed.request.body;
    let in_body = match in_header {
        // Clients put the text in the header alone, with a body of `{}`, `null` or none
        // (docs/contract.md#delivery-notifications).
        Some(_) if body.is_empty() || body.trim_ascii() == b"null" => None,
        Some(_) => optional_text(&read_object(body)?, NAME)?.map(Cow::into_owned),
        None => Some(required_text(&read_object(body)?, NAME)?.into_owned()),
    };
    let text = in_body.as_deref().or(in_header).unwrap_or_default();
    message(NAME, text).map(|text| text.as_str().into())
}

/// The account holder of a path: its type and id, or a phone number alone.
pub fn read_account_holder(routed: &RoutedRequest<'_>) -> Result<(PartyIdType, String), Rejection> {
    let (type_name, id) = match &routed.route.parameters[..] {
        [msisdn] => ("msisdn", msisdn),
        parameters => (&*parameters[0], &parameters[1]),
    };
    let id_type = account_holder_type("accountHolderIdType", type_name)?;
    match id_type.fault_of(id) {
        Some(fault) => {
            let shown = unreadable::beginning(id);
            Err(Rejection::malformed("accountHolderId", format!("{fault}, not `{shown}`")))
        }
        None => Ok((id_type, id.clone().into_owned())),
    }
}

fn account_holder_type(place: &str, name: &str) -> Result<PartyIdType, Rejection> {
    PartyIdType::named(name, &PartyIdType::IN_PATHS).ok_or_else(|| {
        let shown = unreadable::beginning(name);
        Rejection::malformed(
            place,
            format!("must be msisdn, email, alias, id or party_code, not `{shown}`"),
        )
    })
}

/// The fields of a form body. If a field occurs twice, the last counts.
fn read_form(routed: &RoutedRequest<'_>) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&routed.request.body).into_owned().collect()
}

fn read_consent_request(
    routed: &RoutedRequest<'_>,
    product: Product,
) -> Result<Command, Rejection> {
    let form = read_form(routed);
    let field = |name: &str| {
        let text = form.get(name).map(String::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| {
            Rejection::malformed(
                name,
                "is required, in a body of application/x-www-form-urlencoded",
            )
        })
    };
    let hint = field("login_hint")?;
    let (id, type_name) =
        hint.strip_prefix("ID:").and_then(|rest| rest.rsplit_once('/')).ok_or_else(|| {
            let shown = unreadable::beginning(hint);
            Rejection::malformed(
                "login_hint",
                format!("must be like ID:46733123454/MSISDN, not `{shown}`"),
            )
        })?;
    let id_type = account_holder_type("The type in login_hint", type_name)?;
    if let Some(fault) = id_type.fault_of(id) {
        let shown = unreadable::beginning(id);
        return Err(Rejection::malformed(
            "The id in login_hint",
            format!("{fault}, not `{shown}`"),
        ));
    }
    let offline = match form.get("access_type").map(String::as_str) {
        None | Some("online") => false,
        Some("offline") => true,
        Some(other) => {
            let shown = unreadable::beginning(other);
            return Err(Rejection::malformed(
                "access_type",
                format!("must be online or offline, not `{shown}`"),
            ));
        }
    };
    let valid_for = match form.get("consent_valid_in").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match text.parse::<u64>() {
            Ok(seconds @ 1..=VALIDITY_SECONDS_MAX) => Some(Duration::from_secs(seconds)),
            Ok(_) | Err(_) => {
                let shown = unreadable::beginning(text);
                return Err(Rejection::malformed(
                    "consent_valid_in",
                    format!("must be a number of seconds, not `{shown}`"),
                ));
            }
        },
    };
    Ok(Command::Call(Call::AskForConsent(ConsentRequest {
        product,
        id_type,
        id: id.into(),
        scope: known_scopes(field("scope")?)?.into(),
        offline,
        valid_for,
    })))
}

/// The known scopes: those of OpenID Connect, MTN's own that were recorded, and one that a
/// published client asks for.
pub const SCOPES: &[&str] =
    &["profile", "all_info", "openid", "email", "phone", "address", "offline_access", "transfer"];

/// An unknown scope breaks the real platform (seen in a client, 2023).
fn known_scopes(scope: &str) -> Result<&str, Rejection> {
    match scope.split(' ').find(|word| !SCOPES.contains(word)) {
        None => Ok(scope),
        Some(unknown) => Err(Rejection::server_error(
            "scope",
            format!(
                "has `{}`, which is not known; known are {}",
                unreadable::beginning(unknown),
                SCOPES.join(", ")
            ),
        )),
    }
}

/// Reads the form of `/oauth2/token/`. Its refusals have the codes of OAuth 2.0.
fn read_grant(routed: &RoutedRequest<'_>) -> Result<Command, Rejection> {
    let refusal = |error, why| Rejection::Consent { error, why };
    let form = read_form(routed);
    let id = |name: &str, missing| {
        let text = form.get(name).ok_or(refusal(ConsentError::InvalidRequest, missing))?;
        parse_uuid(text).ok_or(refusal(
            ConsentError::InvalidGrant,
            "The id is not a UUID. Send the one that was given, as it is.",
        ))
    };
    let call = match form.get("grant_type").map(String::as_str) {
        Some(CIBA_GRANT) => {
            id("auth_req_id", "The form has no auth_req_id. Send the one that bc-authorize gave.")
                .map(Call::RedeemConsent)
        }
        Some(REFRESH_GRANT) => id(
            "refresh_token",
            "The form has no refresh_token. Send the one that came with the token.",
        )
        .map(Call::RefreshConsent),
        Some(_) => Err(refusal(
            ConsentError::UnsupportedGrantType,
            "The grant_type is neither urn:openid:params:grant-type:ciba nor refresh_token.",
        )),
        None => Err(refusal(
            ConsentError::InvalidRequest,
            "There is no grant_type in the body. Send a form, that is \
             application/x-www-form-urlencoded, with \
             grant_type=urn:openid:params:grant-type:ciba and auth_req_id.",
        )),
    };
    call.map(Command::Call)
}
