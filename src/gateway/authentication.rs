//! Who calls: an API user by its key, or by a token (check 4 of docs/contract.md#order-of-checks).

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::engine::spaces::Space;
use crate::gateway::Gateway;
use momo_sandbox_core::model::reference::{ApiUserId, parse_uuid};
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::platform::consent::ConsentNumber;

/// The space of an API user whose key is shown.
///
/// # Errors
///
/// [`Rejection::LoginFailed`].
pub(super) fn authenticate_basic(
    gateway: &Gateway,
    recognised: &mut Option<Arc<Space>>,
    header: Option<&str>,
) -> Result<Arc<Space>, Rejection> {
    let refused = |why: &str| Rejection::LoginFailed(why.to_owned());
    let header = header.ok_or_else(|| {
        refused(
            "The request has no Authorization header. Send Authorization: Basic with base64 of \
             apiUser:apiKey.",
        )
    })?;
    let (id, key) = basic_credentials(header).map_err(refused)?;
    let id = parse_uuid(&id).map(ApiUserId).ok_or_else(|| {
        refused("The API user in the Authorization header is not a UUID in its hyphenated form.")
    })?;
    let space = gateway.spaces.get(id).ok_or_else(|| {
        Rejection::LoginFailed(format!(
            "The API user {id} is not known here. Create it by POST /v1_0/apiuser, or give it at \
             the start with --api-user."
        ))
    })?;
    *recognised = Some(Arc::clone(&space));
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

/// The API user and key of a header, or why there are none.
fn basic_credentials(header: &str) -> Result<(String, String), &'static str> {
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

/// The space of an API user whose token is shown, and the consent that the token is for.
///
/// # Errors
///
/// [`Rejection::InvalidToken`].
pub(super) fn authenticate_bearer(
    gateway: &Gateway,
    recognised: &mut Option<Arc<Space>>,
    header: Option<&str>,
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
    let bearer = verified.at(gateway.spaces.now(&space))?;
    Ok((space, bearer.consent))
}
