//! What a request asks for, read from its path, headers and body: check 6 of
//! docs/contract.md#order-of-checks.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use uuid::Uuid;

use crate::gateway::admission::Examination;
use crate::gateway::request::header;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::party::PartyIdType;
use momo_sandbox_core::model::reference::{ApiUserId, ReferenceId, parse_uuid};
use momo_sandbox_core::model::transaction::{CallbackMethod, Submission, TransactionKind};
use momo_sandbox_core::operations::reading::{
    message, optional_text, read_details, read_object, required_text,
};
use momo_sandbox_core::operations::rejection::{ConsentError, Rejection};
use momo_sandbox_core::operations::scalars::VALIDITY_SECONDS_MAX;
use momo_sandbox_core::operations::table::Kind;
use momo_sandbox_core::operations::unreadable;
use momo_sandbox_core::platform::consent::{ConsentNumber, ConsentRequest};

/// The grant type of a token for a consent.
pub const CIBA_GRANT: &str = "urn:openid:params:grant-type:ciba";

/// The grant type of a token for a refresh token.
pub const REFRESH_GRANT: &str = "refresh_token";

/// A UUID of version 4, to show how one is written.
const EXAMPLE: &str = "6f9619ff-8b86-4011-b42d-00c04fc964ff";

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
    IssueToken,
    /// Issue a token for the consent of this `auth_req_id`.
    RedeemConsent(Uuid),
    /// Issue a token for this refresh token.
    RefreshConsent(Uuid),
    /// Ask an account holder for consent.
    AskForConsent(ConsentRequest),
    /// Say what the account holder of this consent shows.
    ReadUserInfo(ConsentNumber),
    /// Accept a transaction.
    Submit(Box<Submission>),
    /// Say where a transaction stands.
    ReadStatus(TransactionKind, ReferenceId),
    /// Cancel an invoice.
    CancelInvoice(ReferenceId),
    /// Cancel a preapproval.
    CancelPreApproval(ReferenceId),
    /// List the preapprovals of an account holder.
    ListPreApprovals(PartyIdType, String),
    /// Pass a message on to the payer.
    NotifyDelivery(ReferenceId, Box<str>),
    /// Say what the account holds, in this currency if one is named.
    ReadBalance(Option<String>),
    /// Say whether an account holder is active.
    ReadAccountHolderActive(PartyIdType, String),
    /// Say who an account holder is.
    ReadBasicUserInfo(PartyIdType, String),
}

impl Task {
    /// Reads the task of a request whose caller is known.
    ///
    /// # Errors
    ///
    /// [`Rejection::Malformed`] or, for `/oauth2/token/`, the refusals of OAuth 2.0.
    pub(super) fn read(examination: &Examination<'_>) -> Result<Self, Rejection> {
        Ok(match examination.kind() {
            Kind::CreateApiUser => Self::CreateApiUser(read_api_user(examination)?),
            Kind::ReadApiUser => Self::ReadApiUser(api_user_in_path(examination)?),
            Kind::CreateApiKey => Self::CreateApiKey(api_user_in_path(examination)?),
            Kind::Token => Self::IssueToken,
            Kind::ConsentToken => read_grant(examination)?,
            Kind::Authorize => Self::AskForConsent(read_consent_request(examination)?),
            Kind::UserInfo => {
                let consent = examination.caller().consent;
                Self::ReadUserInfo(consent.expect("`caller_is_authenticated` refuses without"))
            }
            Kind::Submit(kind) => Self::Submit(Box::new(read_submission(examination, kind)?)),
            Kind::Status(kind) => Self::ReadStatus(kind, reference_in_path(examination)?),
            Kind::CancelInvoice => read_cancellation(examination)?,
            Kind::CancelPreApproval => Self::CancelPreApproval(reference_in_path(examination)?),
            Kind::ListPreApprovals => {
                let (id_type, id) = read_account_holder(examination)?;
                Self::ListPreApprovals(id_type, id)
            }
            Kind::DeliveryNotification => {
                let message = read_notification(examination)?;
                Self::NotifyDelivery(reference_in_path(examination)?, message)
            }
            Kind::Balance => Self::ReadBalance(None),
            // Clients write it in lower case too (docs/contract.md#what-clients-do).
            Kind::BalanceInCurrency => {
                Self::ReadBalance(Some(parameter(examination, 0).to_uppercase()))
            }
            Kind::AccountHolderActive => {
                let (id_type, id) = read_account_holder(examination)?;
                Self::ReadAccountHolderActive(id_type, id)
            }
            Kind::BasicUserInfo => {
                let (id_type, id) = read_account_holder(examination)?;
                Self::ReadBasicUserInfo(id_type, id)
            }
        })
    }
}

fn parameter<'a>(examination: &'a Examination<'_>, index: usize) -> &'a str {
    &examination.route().parameters[index]
}

/// The reference that the path names, of any version: an id that is not ours is not found.
fn reference_in_path(examination: &Examination<'_>) -> Result<ReferenceId, Rejection> {
    examination.reference_id.ok_or_else(|| not_a_uuid_in_path(examination))
}

fn api_user_in_path(examination: &Examination<'_>) -> Result<ApiUserId, Rejection> {
    parse_uuid(parameter(examination, 0))
        .map(ApiUserId)
        .ok_or_else(|| not_a_uuid_in_path(examination))
}

fn not_a_uuid_in_path(examination: &Examination<'_>) -> Rejection {
    not_a_uuid("the path", parameter(examination, 0))
}

fn reference_in_header(examination: &Examination<'_>) -> Result<ReferenceId, Rejection> {
    const NAME: &str = "X-Reference-Id";
    let Some(value) = examination.request.headers.get(&header::REFERENCE_ID) else {
        return Err(Rejection::malformed(NAME, "is required"));
    };
    let text = value.to_str().unwrap_or_default();
    // Of any version: nobody recorded a refusal, and payouts with version 5 are known
    // (docs/contract.md#headers).
    parse_uuid(text).map(ReferenceId).ok_or_else(|| not_a_uuid(NAME, text))
}

fn not_a_uuid(place: &str, text: &str) -> Rejection {
    let shown = unreadable::beginning(text);
    Rejection::malformed(
        format!("The reference id in {place}"),
        format!("must be a UUID such as {EXAMPLE}, not `{shown}`"),
    )
}

fn read_api_user(examination: &Examination<'_>) -> Result<ApiUser, Rejection> {
    const HOST: &str = "providerCallbackHost";
    let id = ApiUserId(reference_in_header(examination)?.0);
    let object = read_object(&examination.request.body)?;
    let host = required_text(&object, HOST)?;
    let provider_callback_host = ProviderCallbackHost::parse(&host).ok_or_else(|| {
        let shown = unreadable::beginning(&host);
        Rejection::malformed(
            HOST,
            format!("must be a host name, such as clinic.com, not `{shown}`"),
        )
    })?;
    Ok(ApiUser { id, provider_callback_host, products: examination.key_products.clone() })
}

fn read_submission(
    examination: &Examination<'_>,
    kind: TransactionKind,
) -> Result<Submission, Rejection> {
    let reference_id = reference_in_header(examination)?;
    if reference_id.0 == examination.caller().api_user().id.0 {
        return Err(Rejection::malformed("X-Reference-Id", "must not be the API user's id"));
    }
    let environment = examination.environment();
    Ok(Submission {
        reference_id,
        product: examination.product(),
        kind,
        details: read_details(environment, kind, &examination.request.body)?,
        callback_url: None,
        callback_method: CallbackMethod::of_path(examination.route().way.path),
        consent_fault: examination.caller().consent_fault,
        payment_elsewhere: None,
    })
}

/// `DELETE` of an invoice takes `{"externalId"}` and a reference of its own
/// (docs/contract.md#invoices-payments-and-approvals); neither decides anything, so a body may be
/// left out.
fn read_cancellation(examination: &Examination<'_>) -> Result<Task, Rejection> {
    reference_in_header(examination)?;
    let body = &examination.request.body;
    if !body.is_empty() {
        let object = read_object(body)?;
        optional_text(&object, "externalId")?;
    }
    Ok(Task::CancelInvoice(reference_in_path(examination)?))
}

fn read_notification(examination: &Examination<'_>) -> Result<Box<str>, Rejection> {
    const NAME: &str = "notificationMessage";
    // MTN's document asks for the message in a header and in the body; clients send one or both.
    let in_header = examination.request.header(NAME);
    if let Some(text) = in_header {
        message(NAME, text)?;
    }
    let body = &examination.request.body;
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
fn read_account_holder(examination: &Examination<'_>) -> Result<(PartyIdType, String), Rejection> {
    let (type_name, id) = match &examination.route().parameters[..] {
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

/// The fields of a form body; of a field that is there twice, the last counts.
fn read_form(examination: &Examination<'_>) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&examination.request.body).into_owned().collect()
}

fn read_consent_request(examination: &Examination<'_>) -> Result<ConsentRequest, Rejection> {
    let form = read_form(examination);
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
    Ok(ConsentRequest {
        product: examination.product(),
        id_type,
        id: id.into(),
        scope: known_scopes(field("scope")?)?.into(),
        offline,
        valid_for,
    })
}

/// The scopes that are known: those of OpenID Connect, MTN's own that were recorded, and one that a
/// client asks for.
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

/// What `/oauth2/token/` is asked for; it refuses in the words of OAuth 2.0.
fn read_grant(examination: &Examination<'_>) -> Result<Task, Rejection> {
    let refusal = |error, why| Rejection::Consent { error, why };
    let form = read_form(examination);
    let id = |name: &str, missing| {
        let text = form.get(name).ok_or(refusal(ConsentError::InvalidRequest, missing))?;
        parse_uuid(text).ok_or(refusal(
            ConsentError::InvalidGrant,
            "The id is not a UUID. Send the one that was given, as it is.",
        ))
    };
    match form.get("grant_type").map(String::as_str) {
        Some(CIBA_GRANT) => {
            id("auth_req_id", "The form has no auth_req_id. Send the one that bc-authorize gave.")
                .map(Task::RedeemConsent)
        }
        Some(REFRESH_GRANT) => id(
            "refresh_token",
            "The form has no refresh_token. Send the one that came with the token.",
        )
        .map(Task::RefreshConsent),
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
    }
}
