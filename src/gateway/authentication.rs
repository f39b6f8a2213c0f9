//! Authentication of an API user by its API key or by a token (check 4 of
//! docs/contract.md#order-of-checks).

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::AUTHORIZATION;

use crate::engine::space::Space;
use crate::gateway::Gateway;
use crate::gateway::command::RoutedRequest;
use crate::gateway::request::{GatewayRequest, header};
use crate::gateway::subscription_keys::ProductKey;
use crate::gateway::system_credentials;
use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::ids::{ApiUserId, parse_uuid};
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reason::Reason;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::table::{Authentication, OperationKind};
use momo_sandbox_core::operations::unreadable;
use momo_sandbox_core::platform::consent::ConsentNumber;

/// An authenticated API user, and the product that it calls.
pub(super) struct Caller {
    pub(super) space: Arc<Space>,
    pub(super) product: Product,
    /// The consent that the token was issued for.
    consent: Option<ConsentNumber>,
    /// Why a submission with this consent must fail.
    pub(super) consent_fault: Option<Reason>,
}

impl Caller {
    pub(super) fn api_user(&self) -> &ApiUser {
        self.space.api_user()
    }

    /// The consent that the token was issued for.
    ///
    /// # Errors
    ///
    /// [`Rejection::InvalidToken`] for a token of the API user itself.
    pub(super) fn consent(&self) -> Result<ConsentNumber, Rejection> {
        self.consent.ok_or_else(|| {
            Rejection::InvalidToken(
                "The token is an API user's. userinfo takes a token for a consent, which comes \
                 from POST /{product}/oauth2/token/ after bc-authorize."
                    .to_owned(),
            )
        })
    }
}

/// Check 4: finds the caller. Notes the API user that the credentials name even if they are
/// refused.
///
/// # Errors
///
/// [`Rejection::LoginFailed`] or [`Rejection::InvalidToken`].
pub(super) fn authenticate(
    gateway: &Gateway,
    routed: &RoutedRequest<'_>,
    (key, platform): (&ProductKey, Option<MtnPlatform>),
    recognised: &mut Option<Arc<Space>>,
) -> Result<Caller, Rejection> {
    let header = routed.request.header(&AUTHORIZATION);
    let kind = routed.route.operation.kind;
    let is_basic = match kind.authentication() {
        Authentication::SubscriptionKeyOnly | Authentication::Bearer => false,
        Authentication::Basic => true,
        Authentication::BasicOrBearer => header.is_some_and(|header| has_scheme(header, "basic")),
    };
    let (space, consent) = if is_basic {
        let space = match platform {
            Some(MtnPlatform::New) => {
                *recognised = recognise(gateway, routed.request);
                if kind.issues_tokens() {
                    check_environment_of_token(routed)?;
                }
                system_credentials::authenticate(gateway, header)?
            }
            Some(MtnPlatform::Legacy) | None => {
                authenticate_basic(gateway, recognised, header, platform)?
            }
        };
        (space, None)
    } else {
        authenticate_bearer(gateway, recognised, header, platform)?
    };
    let consent_fault = consent.and_then(|consent| {
        gateway.spaces.enter(&space, |platform, _| platform.consent_fault(consent))
    });
    let caller = Caller { space, product: key.product(), consent, consent_fault };
    if kind == OperationKind::UserInfo {
        caller.consent()?;
    }
    Ok(caller)
}

fn has_scheme(header: &str, scheme: &str) -> bool {
    header.split_once(' ').is_some_and(|(sent, _)| sent.eq_ignore_ascii_case(scheme))
}

/// Finds the space of an API user by its API key.
fn authenticate_basic(
    gateway: &Gateway,
    recognised: &mut Option<Arc<Space>>,
    header: Option<&str>,
    platform: Option<MtnPlatform>,
) -> Result<Arc<Space>, Rejection> {
    let refused = |why: &str| Rejection::LoginFailed(why.to_owned());
    let header = header.ok_or_else(|| {
        refused(
            "The request has no Authorization header. Send Authorization: Basic with base64 of \
             apiUser:apiKey.",
        )
    })?;
    let (id, key) = basic_credentials(header).map_err(refused)?;
    if gateway.environment.has_provisioning() && parse_uuid(&id).is_none() {
        let why = "The API user in the Authorization header is not a UUID in its hyphenated form.";
        return Err(refused(why));
    }
    let space = gateway.spaces.get(ApiUserId::of_user_id(&id)).ok_or_else(|| {
        let create = if gateway.environment.has_provisioning() {
            "Create it by POST /v1_0/apiuser, or give it"
        } else {
            "Give it"
        };
        Rejection::LoginFailed(format!(
            "The API user {} is not known here. {create} at the start with --api-user.",
            unreadable::beginning(&id)
        ))
    })?;
    *recognised = Some(Arc::clone(&space));
    check_platform(&space, platform).map_err(Rejection::LoginFailed)?;
    if gateway.spaces.enter(&space, |platform, _| platform.has_api_key(&key)) {
        return Ok(space);
    }
    Err(refused(match &*key {
        "" => {
            "The API key is empty. Get one by POST /v1_0/apiuser/{X-Reference-Id}/apikey, and send \
             base64 of apiUser:apiKey."
        }
        _ => {
            "The API key is not the API user's latest: a new key ends the one before. Get one by \
             POST /v1_0/apiuser/{X-Reference-Id}/apikey."
        }
    }))
}

/// Reads the API user and key from a header.
pub(super) fn basic_credentials(header: &str) -> Result<(String, String), &'static str> {
    let encoded = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .map(|(_, encoded)| encoded.trim())
        .ok_or("The Authorization header does not begin with Basic and a space.")?;
    let decoded = BASE64_STANDARD.decode(encoded).map_err(|_| {
        "What follows Basic in the Authorization header is not base64. Encode apiUser:apiKey as \
         it is."
    })?;
    let decoded = String::from_utf8(decoded)
        .map_err(|_| "The credentials in the Authorization header are not UTF-8.")?;
    let (user, key) = decoded
        .split_once(':')
        .ok_or("The credentials in the Authorization header have no colon: apiUser:apiKey.")?;
    Ok((user.to_owned(), key.to_owned()))
}

/// Finds the space of an API user by its token, and the consent that the token is for.
fn authenticate_bearer(
    gateway: &Gateway,
    recognised: &mut Option<Arc<Space>>,
    header: Option<&str>,
    platform: Option<MtnPlatform>,
) -> Result<(Arc<Space>, Option<ConsentNumber>), Rejection> {
    let invalid = |why: &str| Rejection::InvalidToken(why.to_owned());
    let header = header.ok_or_else(|| {
        invalid("The request has no Authorization header. Send Authorization: Bearer TOKEN.")
    })?;
    let token = header
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| {
            invalid(
                "The Authorization header does not begin with Bearer and a space. Send \
                 Authorization: Bearer TOKEN.",
            )
        })?;
    let verified = gateway.tokens.verify(token)?;
    let space = gateway.spaces.get(verified.bearer.api_user);
    let space = space.ok_or_else(|| {
        invalid(
            "The API user of the token is not known here: it was provisioned in another run. \
             Create it again, or give it at the start with --api-user.",
        )
    })?;
    *recognised = Some(Arc::clone(&space));
    check_platform(&space, platform).map_err(Rejection::InvalidToken)?;
    let bearer = verified.at(gateway.spaces.now(&space))?;
    Ok((space, bearer.consent))
}

/// Checks that credentials or a token are of the platform that a request is for.
///
/// # Errors
///
/// Why they are not, in sentences.
pub(super) fn check_platform(space: &Space, platform: Option<MtnPlatform>) -> Result<(), String> {
    match (space.api_user().platform, platform) {
        (Some(own), Some(asked)) if own != asked => Err(format!(
            "The credentials are of the {} platform; this is the {} platform, which does not know \
             them. Call {}, or use the credentials that the {} platform gave you.",
            own.name(),
            asked.name(),
            own.host(),
            asked.name()
        )),
        _ => Ok(()),
    }
}

/// The space that a request's credentials or token name, whether or not they are good: so that a
/// refusal which comes before they are checked stands in the journal of its caller.
pub(super) fn recognise(gateway: &Gateway, request: &GatewayRequest) -> Option<Arc<Space>> {
    let header = request.header(&AUTHORIZATION)?;
    if let Ok((user_id, _)) = basic_credentials(header) {
        let of = |user_id: &str| gateway.spaces.get(ApiUserId::of_user_id(user_id));
        return of(&user_id).or_else(|| of(&system_credentials::decoded(&user_id)?));
    }
    let (_, token) = header.split_once(' ').filter(|_| has_scheme(header, "bearer"))?;
    let verified = gateway.tokens.verify(token.trim()).ok()?;
    gateway.spaces.get(verified.bearer.api_user)
}

/// The new platform wants the header X-Target-Environment with a request for a token
/// (docs/contract.md#new-platform). It is checked before the credentials, which is our choice.
fn check_environment_of_token(routed: &RoutedRequest<'_>) -> Result<(), Rejection> {
    let expected = routed.environment.name;
    let refused = |received: &str| {
        Err(Rejection::TokenEnvironment(format!(
            "{received}. The new platform wants X-Target-Environment with a request for a token \
             too; the legacy one did not. Send X-Target-Environment: {expected}."
        )))
    };
    match routed.request.headers.get(&header::TARGET_ENVIRONMENT) {
        None => refused("The request has no X-Target-Environment header"),
        Some(sent) if sent != expected => {
            let sent = String::from_utf8_lossy(sent.as_bytes());
            refused(&format!("X-Target-Environment is `{}`", unreadable::beginning(&sent)))
        }
        Some(_) => Ok(()),
    }
}
