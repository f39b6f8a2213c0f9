//! Credentials that are given at the start, and whether they fit what is played.

use std::fmt;

use momo_sandbox_core::model::api_user::ApiUser;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::environment::Environment;
use momo_sandbox_core::model::escape::printable;
use momo_sandbox_core::model::ids::{ApiUserId, parse_uuid, parse_uuid_v4};
use momo_sandbox_core::model::mtn_platform::{MtnPlatform, PlayedPlatforms};
use momo_sandbox_core::model::product::Product;

/// The most characters of a User ID: as many as a label may have, because it becomes one.
const USER_ID_CHARS_MAX: usize = 100;

/// The most characters of a wallet's name.
const WALLET_CHARS_MAX: usize = 50;

/// The wallet of all credentials that name none, where both platforms are played.
pub const SHARED_WALLET: &str = "main";

/// What is played: a target environment, and in production MTN's platforms.
#[derive(Debug, Clone, Copy)]
pub struct Played {
    pub environment: &'static Environment,
    pub platforms: Option<PlayedPlatforms>,
}

/// The kinds of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// Of the sandbox, or in production of the legacy platform.
    ApiUser,
    /// Of the new platform.
    SystemCredential,
}

/// Credentials as they are given, not yet compared with what is played.
#[derive(Clone)]
pub struct GivenCredentials {
    pub kind: CredentialKind,
    pub user_id: String,
    /// The API key or the token.
    pub secret: String,
    pub callback_host: String,
    pub wallet: Option<String>,
}

/// An API user to provision at the start, with its API key or token.
#[derive(Clone)]
pub struct ApiUserWithKey {
    pub api_user: ApiUser,
    pub api_key: String,
}

/// Secrets are shown by nothing.
impl fmt::Debug for GivenCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenCredentials").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for ApiUserWithKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiUserWithKey").field("api_user", &self.api_user).finish_non_exhaustive()
    }
}

/// A part of credentials that a mistake is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    UserId,
    Secret,
    CallbackHost,
    Wallet,
}

/// A mistake in credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub part: Part,
    /// What is wrong.
    pub text: String,
    pub remedy: Remedy,
}

/// What to do about a mistake, where the text does not say it: flags and methods have other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    InTheText,
    /// Give credentials of the platform that is played, or play this one.
    Play(MtnPlatform),
    /// Name a market, since this is of production.
    NameAMarket,
}

/// Whether a text can be the name of a wallet: one that no host is likely to have.
pub fn is_wallet_name(text: &str) -> bool {
    let is_part = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_';
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.len() <= WALLET_CHARS_MAX
        && text.chars().all(is_part)
        && text != "localhost"
}

impl GivenCredentials {
    /// The mistakes that are ones whatever is played.
    pub fn mistakes_of_form(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut note = |part, text: String| {
            found.push(Mistake { part, text, remedy: Remedy::InTheText });
        };
        let (id, secret) = match self.kind {
            CredentialKind::ApiUser => ("the API user's id", "the API key"),
            CredentialKind::SystemCredential => ("the User ID", "the token"),
        };
        let is_part = |one: char| one != ':' && !one.is_whitespace() && !one.is_control();
        if self.user_id.is_empty() {
            note(Part::UserId, format!("{id} is empty"));
        } else if self.user_id.chars().count() > USER_ID_CHARS_MAX {
            note(Part::UserId, format!("{id} has more than {USER_ID_CHARS_MAX} characters"));
        } else if !self.user_id.chars().all(is_part) {
            note(Part::UserId, format!("{id} contains a space or `:`"));
        }
        if self.secret.is_empty() {
            note(Part::Secret, format!("{secret} is empty"));
        }
        if ProviderCallbackHost::parse(&self.callback_host).is_none() {
            // What is taken for the host may be the end of a token.
            let text = match self.kind {
                CredentialKind::ApiUser => {
                    format!("`{}` is not a host name", printable(&self.callback_host))
                }
                CredentialKind::SystemCredential => {
                    "what stands where the callback host is expected is not a host name".to_owned()
                }
            };
            note(Part::CallbackHost, text);
        }
        if self.wallet.as_deref().is_some_and(|wallet| !is_wallet_name(wallet)) {
            let text = format!(
                "the wallet's name is not one: it begins with a letter, and has at most \
                 {WALLET_CHARS_MAX} letters, digits, `-` and `_`"
            );
            note(Part::Wallet, text);
        }
        found
    }

    /// The API user to provision where this is played.
    ///
    /// # Errors
    ///
    /// All mistakes.
    pub fn read(&self, played: Played) -> Result<ApiUserWithKey, Vec<Mistake>> {
        let mut mistakes = self.mistakes_of_form();
        mistakes.extend(match played.platforms {
            None => self.mistakes_in_the_sandbox(),
            Some(platforms) => self.mistakes_in_production(platforms),
        });
        let host = ProviderCallbackHost::parse(&self.callback_host).filter(|_| mistakes.is_empty());
        let Some(host) = host else { return Err(mistakes) };
        let id = ApiUserId::of_user_id(&self.user_id);
        let is_shared = played.platforms == Some(PlayedPlatforms::Both);
        let wallet = self.wallet.as_deref().or(is_shared.then_some(SHARED_WALLET));
        let api_user = ApiUser {
            user_id: parse_uuid(&self.user_id).is_none().then(|| self.user_id.as_str().into()),
            platform: played.platforms.map(|_| self.platform()),
            wallet: wallet.map(Into::into),
            ..ApiUser::new(id, host, Product::ALL)
        };
        Ok(ApiUserWithKey { api_user, api_key: self.secret.clone() })
    }

    /// The platform of production that the credentials are of.
    fn platform(&self) -> MtnPlatform {
        match self.kind {
            CredentialKind::ApiUser => MtnPlatform::Legacy,
            CredentialKind::SystemCredential => MtnPlatform::New,
        }
    }

    /// Whose they are, in words.
    fn owner(&self) -> String {
        let id = printable(&self.user_id);
        match self.kind {
            CredentialKind::ApiUser => format!("the API user {id}"),
            CredentialKind::SystemCredential => format!("the User ID `{id}`"),
        }
    }

    fn mistakes_in_production(&self, platforms: PlayedPlatforms) -> Vec<Mistake> {
        let mut found = Vec::new();
        let own = self.platform();
        if !platforms.plays(own) {
            let text = format!(
                "{} is of the {} platform, and only the {} one is played",
                self.owner(),
                own.name(),
                own.other().name()
            );
            found.push(Mistake { part: Part::UserId, text, remedy: Remedy::Play(own) });
        }
        let host = ProviderCallbackHost::parse(&self.callback_host);
        if host.is_some_and(|host| host.is_ip_address()) {
            let text = format!(
                "the callback host of {} is `{}`: in production it is a host name, never an IP \
                 address",
                printable(&self.user_id),
                printable(&self.callback_host)
            );
            let part = Part::CallbackHost;
            found.push(Mistake { part, text, remedy: Remedy::InTheText });
        }
        found
    }

    fn mistakes_in_the_sandbox(&self) -> Vec<Mistake> {
        let (owner, mut found) = (self.owner(), Vec::new());
        let mut note = |part, text| {
            found.push(Mistake { part, text, remedy: Remedy::NameAMarket });
        };
        if self.kind == CredentialKind::SystemCredential {
            let text = format!(
                "{owner} is of System Credentials, which MTN's new platform of production has; \
                 the target environment is sandbox, which is not part of the migration"
            );
            note(Part::UserId, text);
        } else if parse_uuid_v4(&self.user_id).is_none() {
            let text = format!(
                "`{}` is not a UUID of version 4, which the id of an API user is in the sandbox",
                printable(&self.user_id)
            );
            note(Part::UserId, text);
        }
        if let Some(wallet) = &self.wallet {
            let text = format!(
                "{owner} has the wallet `{}`, and the target environment is sandbox, where each \
                 API user has accounts of its own: leave the wallet out",
                printable(wallet)
            );
            note(Part::Wallet, text);
        }
        found
    }

    /// The message about an id that was given before.
    pub fn given_twice(&self) -> String {
        format!("{} is given twice", self.owner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_get_the_platform_and_wallet_of_what_is_played() {
        let environment = Environment::named("mtnuganda").expect("a market");
        let read = |platforms, wallet: Option<&str>| {
            let given = GivenCredentials {
                kind: CredentialKind::SystemCredential,
                user_id: "u=".to_owned(),
                secret: "token".to_owned(),
                callback_host: "localhost".to_owned(),
                wallet: wallet.map(str::to_owned),
            };
            let user = given.read(Played { environment, platforms: Some(platforms) });
            let ApiUserWithKey { api_user, .. } = user.expect("good credentials");
            (api_user.platform, api_user.wallet, api_user.user_id)
        };
        let (new, id) = (Some(MtnPlatform::New), Some("u=".into()));
        let only = PlayedPlatforms::Only(MtnPlatform::New);
        assert_eq!(read(only, None), (new, None, id.clone()));
        let named = (new, Some("blue".into()), id.clone());
        assert_eq!(read(only, Some("blue")), named);
        assert_eq!(read(PlayedPlatforms::Both, Some("blue")), named);
        let shared = (new, Some(SHARED_WALLET.into()), id);
        assert_eq!(read(PlayedPlatforms::Both, None), shared);
    }
}
