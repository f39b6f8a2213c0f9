//! Credentials that are drawn from the seed, where none are given: they look like MTN's.

use uuid::Uuid;

use crate::emulator::credentials::{CredentialKind, GivenCredentials};
use momo_sandbox_core::model::mtn_platform::MtnPlatform;
use momo_sandbox_core::scenario::seed::{Purpose, Seed};
use momo_sandbox_core::scenario::system_credentials::system_credential;

/// The number of the System Credentials of the start, which those of the control plane never reach.
const NUMBER: u32 = u32::MAX;

/// Draws the credentials of a platform; those of an API user where platforms are not told apart.
pub fn draw(seed: Seed, platform: Option<MtnPlatform>, callback_host: &str) -> GivenCredentials {
    let (kind, (user_id, secret)) = match platform {
        Some(MtnPlatform::New) => {
            (CredentialKind::SystemCredential, system_credential(seed, NUMBER))
        }
        Some(MtnPlatform::Legacy) | None => (CredentialKind::ApiUser, api_user(seed)),
    };
    let (callback_host, wallet) = (callback_host.to_owned(), None);
    GivenCredentials { kind, user_id, secret, callback_host, wallet }
}

/// An id and an API key.
fn api_user(seed: Seed) -> (String, String) {
    let id = seed.uuid(Uuid::nil(), Purpose::Example(0));
    (id.to_string(), seed.hex_key(id, Purpose::ApiKey(0)))
}
