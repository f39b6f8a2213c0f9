//! Credentials that an emulator knows from its start.

use std::collections::BTreeSet;
use std::fmt;

use super::builder::StartError;
use crate::emulator::credentials::{
    ApiUserWithKey, CredentialKind, GivenCredentials, Mistake, Played, Remedy,
};

/// Credentials that an emulator knows from its start; [`Builder::credentials`] takes them.
///
/// Where several have the same [wallet](Self::wallet), they share its accounts. With
/// [`Builder::both_platforms`] those that name no wallet share one.
///
/// [`Builder::credentials`]: crate::Builder::credentials
/// [`Builder::both_platforms`]: crate::Builder::both_platforms
#[derive(Clone)]
pub struct Credentials(GivenCredentials);

/// The secret is not shown.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user_id", &self.0.user_id).finish_non_exhaustive()
    }
}

impl Credentials {
    /// System Credentials of MTN's new platform: a User ID and its token.
    pub fn system(user_id: impl Into<String>, token: impl Into<String>) -> Self {
        Self::of(CredentialKind::SystemCredential, user_id.into(), token.into())
    }

    /// An API user with its API key. In production it is of the legacy platform, and its id may be
    /// any text; in the sandbox it is a UUID of version 4.
    pub fn api_user(id: impl Into<String>, api_key: impl Into<String>) -> Self {
        Self::of(CredentialKind::ApiUser, id.into(), api_key.into())
    }

    fn of(kind: CredentialKind, user_id: String, secret: String) -> Self {
        let callback_host = "localhost".to_owned();
        Self(GivenCredentials { kind, user_id, secret, callback_host, wallet: None })
    }

    /// Sets the host that callback URLs must have; it is `localhost` where nothing is said.
    pub fn callback_host(mut self, host: impl Into<String>) -> Self {
        self.0.callback_host = host.into();
        self
    }

    /// Names the wallet whose accounts they share with others, in production.
    pub fn wallet(mut self, name: impl Into<String>) -> Self {
        self.0.wallet = Some(name.into());
        self
    }
}

/// The API users to provision where this is played.
pub(super) fn read_all(
    given: &[Credentials],
    played: Played,
) -> Result<Vec<ApiUserWithKey>, StartError> {
    let (mut all, mut ids) = (Vec::new(), BTreeSet::new());
    for Credentials(one) in given {
        let user = one.read(played).map_err(|mistakes| {
            let all: Vec<String> = mistakes.into_iter().map(told).collect();
            StartError::Credentials(all.join("; "))
        })?;
        if !ids.insert(user.api_user.id) {
            return Err(StartError::Credentials(one.given_twice()));
        }
        all.push(user);
    }
    Ok(all)
}

/// A mistake in words, with what to do.
fn told(mistake: Mistake) -> String {
    let Mistake { text, remedy, .. } = mistake;
    match remedy {
        Remedy::InTheText => text,
        Remedy::Play(platform) => format!(
            "{text}: give credentials of the one that is played, or play the {} one by \
             Builder::platform or Builder::both_platforms",
            platform.name()
        ),
        Remedy::NameAMarket => {
            format!("{text}; for production, name a market by Builder::target_environment")
        }
    }
}
