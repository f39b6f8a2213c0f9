//! Authentication by System Credentials, as the new platform does it
//! (docs/contract.md#new-platform).

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::engine::space::Space;
use crate::gateway::Gateway;
use crate::gateway::authentication::{basic_credentials, check_platform};
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::operations::rejection::Rejection;
use momo_sandbox_core::operations::unreadable;

/// Finds the space of System Credentials.
///
/// # Errors
///
/// [`Rejection::InvalidClient`] or [`Rejection::EncodedCredentials`].
pub(super) fn authenticate(
    gateway: &Gateway,
    header: Option<&str>,
) -> Result<Arc<Space>, Rejection> {
    let invalid = |why: &str| Rejection::InvalidClient(why.to_owned());
    let header = header.ok_or_else(|| {
        invalid(
            "The request has no Authorization header. Send Authorization: Basic with base64 of \
             userId:token.",
        )
    })?;
    let (user_id, token) = basic_credentials(header).map_err(invalid)?;
    let space = gateway.spaces.get(ApiUserId::of_user_id(&user_id));
    let Some(space) = space else {
        return Err(match (decoded(&user_id), decoded(&token)) {
            (None, None) => Rejection::InvalidClient(format!(
                "The User ID {} is not known here. Create System Credentials in the Partner \
                 Portal; here give them at the start with --system-credential.",
                unreadable::beginning(&user_id)
            )),
            _ => encoded(),
        });
    };
    check_platform(&space, Some(MtnPlatform::New)).map_err(Rejection::InvalidClient)?;
    if gateway.spaces.enter(&space, |platform, _| platform.has_api_key(&token)) {
        return Ok(space);
    }
    Err(match decoded(&token) {
        Some(raw) if gateway.spaces.enter(&space, |one, _| one.has_api_key(&raw)) => encoded(),
        _ => invalid(
            "The Credential Token is not that of the User ID. Copy both again as the portal shows \
             them; a token is shown once, so a lost one must be made anew.",
        ),
    })
}

fn encoded() -> Rejection {
    Rejection::EncodedCredentials(
        "The credentials were URL-encoded before base64, as some helpers for Basic authentication \
         do. The new platform breaks on that. Send base64 of userId:token as they are."
            .to_owned(),
    )
}

/// A text without its URL-encoding; `None` if it has none.
pub(super) fn decoded(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (decoded != text).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_encoded_text_is_decoded() {
        assert_eq!(decoded("bW9tbw%3D%3D").as_deref(), Some("bW9tbw=="));
        assert_eq!(decoded("bW9tbw=="), None);
        assert_eq!(decoded("100%"), None);
    }
}
