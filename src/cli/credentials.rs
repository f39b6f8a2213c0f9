//! Credentials that flags and files give: of API users, and System Credentials.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::cli::api_users_file;
use crate::cli::failure::Failure;
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

const OF_API_USER: &str = "expected ID:APIKEY:HOST or ID:APIKEY:HOST:WALLET, for example \
                           c0ffee00-1111-4222-8333-444455556666:secret:localhost";

const OF_SYSTEM_CREDENTIAL: &str = "expected USERID:TOKEN:HOST or USERID:TOKEN:HOST:WALLET, for \
                                    example bW9tby11c2VyMQ==:to!k&n:shop.example; behind a \
                                    token that contains `:`, give the wallet too, or end with `:`";

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
pub type Mistake = (Part, String);

/// Parses `ID:APIKEY:HOST[:WALLET]`.
pub fn parse_api_user(text: &str) -> Result<GivenCredentials, String> {
    let (user_id, rest) = text.split_once(':').ok_or(OF_API_USER)?;
    let (api_key, rest) = rest.split_once(':').ok_or(OF_API_USER)?;
    let (host, wallet) = match rest.rsplit_once(':') {
        Some((host, "")) => (host, None),
        Some((host, wallet)) if is_wallet_name(wallet) => (host, Some(wallet)),
        _ => (rest, None),
    };
    let given = GivenCredentials {
        kind: CredentialKind::ApiUser,
        user_id: user_id.to_owned(),
        secret: api_key.to_owned(),
        callback_host: host.to_owned(),
        wallet: wallet.map(str::to_owned),
    };
    given.checked(OF_API_USER)
}

/// Parses `USERID:TOKEN:HOST[:WALLET]` from both ends, because a token may contain colons.
pub fn parse_system_credential(text: &str) -> Result<GivenCredentials, String> {
    let (user_id, rest) = text.split_once(':').ok_or(OF_SYSTEM_CREDENTIAL)?;
    let (rest, wallet) = match rest.rsplit_once(':') {
        Some((before, "")) if before.contains(':') => (before, None),
        Some((before, last)) if before.contains(':') && is_wallet_name(last) => {
            (before, Some(last))
        }
        _ => (rest, None),
    };
    let (token, host) = token_and_host(rest).ok_or(OF_SYSTEM_CREDENTIAL)?;
    let given = GivenCredentials {
        kind: CredentialKind::SystemCredential,
        user_id: user_id.to_owned(),
        secret: token.to_owned(),
        callback_host: host.to_owned(),
        wallet: wallet.map(str::to_owned),
    };
    given.checked(OF_SYSTEM_CREDENTIAL)
}

/// Reads the credentials of the flags and of the file of `--api-users`.
///
/// # Errors
///
/// A mistake in them, or an id that is given twice.
pub fn read_all(
    of_flags: &[GivenCredentials],
    file: Option<&Path>,
    played: Played,
) -> Result<Vec<ApiUserWithKey>, Failure> {
    let mut all = Vec::new();
    let mut ids = BTreeSet::new();
    for given in of_flags {
        let user = given.of_flag(played)?;
        if !ids.insert(user.api_user.id) {
            return Err(Failure::user(given.given_twice()));
        }
        all.push(user);
    }
    let of_file = file.map_or_else(|| Ok(Vec::new()), |file| api_users_file::read(file, played))?;
    if let Some(twice) = of_file.iter().find(|user| ids.contains(&user.api_user.id)) {
        return Err(Failure::user(format!(
            "{} is given twice, by a flag and in the file of --api-users",
            printable(&twice.api_user.shown_id())
        )));
    }
    all.extend(of_file);
    Ok(all)
}

/// Splits `TOKEN:HOST`. A host may be given with a port behind it, or as a URL.
fn token_and_host(text: &str) -> Option<(&str, &str)> {
    let (before, last) = text.rsplit_once(':')?;
    let is_second_half = last.starts_with("//") || last.bytes().all(|one| one.is_ascii_digit());
    match before.rsplit_once(':') {
        Some((token, _)) if is_second_half => Some((token, &text[token.len() + 1..])),
        _ => Some((before, last)),
    }
}

/// Whether a text can be the name of a wallet: one that no host is likely to have.
fn is_wallet_name(text: &str) -> bool {
    let is_part = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_';
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.len() <= WALLET_CHARS_MAX
        && text.chars().all(is_part)
        && text != "localhost"
}

impl GivenCredentials {
    fn checked(self, expected: &str) -> Result<Self, String> {
        match self.mistakes_of_form().into_iter().next() {
            None => Ok(self),
            Some((_, mistake)) => Err(format!("{mistake}; {expected}")),
        }
    }

    /// The mistakes that are ones whatever is played.
    pub fn mistakes_of_form(&self) -> Vec<Mistake> {
        let (id, host) = (self.id_name(), &self.callback_host);
        let mut found = Vec::new();
        let is_part = |one: char| one != ':' && !one.is_whitespace() && !one.is_control();
        if self.user_id.is_empty() {
            found.push((Part::UserId, format!("{id} is empty")));
        } else if self.user_id.chars().count() > USER_ID_CHARS_MAX {
            found
                .push((Part::UserId, format!("{id} has more than {USER_ID_CHARS_MAX} characters")));
        } else if !self.user_id.chars().all(is_part) {
            found.push((Part::UserId, format!("{id} contains a space or `:`")));
        }
        if self.secret.is_empty() {
            let secret = match self.kind {
                CredentialKind::ApiUser => "the API key is empty",
                CredentialKind::SystemCredential => "the token is empty",
            };
            found.push((Part::Secret, secret.to_owned()));
        }
        if ProviderCallbackHost::parse(host).is_none() {
            // What is taken for the host may be the end of a token.
            let mistake = match self.kind {
                CredentialKind::ApiUser => format!("`{}` is not a host name", printable(host)),
                CredentialKind::SystemCredential => {
                    "what stands where the callback host is expected is not a host name".to_owned()
                }
            };
            found.push((Part::CallbackHost, mistake));
        }
        if self.wallet.as_deref().is_some_and(|wallet| !is_wallet_name(wallet)) {
            let mistake = format!(
                "the wallet's name is not one: it begins with a letter, and has at most \
                 {WALLET_CHARS_MAX} letters, digits, `-` and `_`"
            );
            found.push((Part::Wallet, mistake));
        }
        found
    }

    fn id_name(&self) -> &'static str {
        match self.kind {
            CredentialKind::ApiUser => "the API user's id",
            CredentialKind::SystemCredential => "the User ID",
        }
    }

    /// The API user to provision where this is played.
    ///
    /// # Errors
    ///
    /// All mistakes.
    pub fn read(&self, played: Played) -> Result<ApiUserWithKey, Vec<Mistake>> {
        let mut mistakes = self.mistakes_of_form();
        mistakes.extend(self.mistakes_where(played));
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

    /// The mistakes where this is played.
    fn mistakes_where(&self, played: Played) -> Vec<Mistake> {
        let Some(platforms) = played.platforms else { return self.mistakes_in_the_sandbox() };
        let mut found = Vec::new();
        let id = printable(&self.user_id);
        if !platforms.plays(self.platform()) {
            found.push((Part::UserId, self.of_another_platform()));
        }
        let host = ProviderCallbackHost::parse(&self.callback_host);
        if host.is_some_and(|host| host.is_ip_address()) {
            let mistake = format!(
                "the callback host of {id} is `{}`: in production it is a host name, never an IP \
                 address",
                printable(&self.callback_host)
            );
            found.push((Part::CallbackHost, mistake));
        }
        found
    }

    fn mistakes_in_the_sandbox(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let id = printable(&self.user_id);
        if self.kind == CredentialKind::SystemCredential {
            let mistake = format!(
                "the User ID `{id}` is of System Credentials, which MTN's new platform of \
                 production has; the target environment is sandbox, which is not part of the \
                 migration. Name a market by --target-environment, or give an API user"
            );
            return vec![(Part::UserId, mistake)];
        }
        if parse_uuid_v4(&self.user_id).is_none() {
            let mistake = format!(
                "`{id}` is not a UUID of version 4, which the id of an API user is in the \
                 sandbox; other ids are of production (--target-environment with a market)"
            );
            found.push((Part::UserId, mistake));
        }
        if let Some(wallet) = &self.wallet {
            let mistake = format!(
                "the API user {id} has the wallet `{}`, and the target environment is sandbox, \
                 where each API user has accounts of its own. Leave the wallet out, or name a \
                 market by --target-environment",
                printable(wallet)
            );
            found.push((Part::Wallet, mistake));
        }
        found
    }

    fn of_another_platform(&self) -> String {
        let id = printable(&self.user_id);
        match self.kind {
            CredentialKind::ApiUser => format!(
                "the API user {id} is of the legacy platform, and only the new one is played. \
                 Give System Credentials for the new platform (--system-credential), or play the \
                 legacy one: --platform legacy or --platform both"
            ),
            CredentialKind::SystemCredential => format!(
                "the User ID `{id}` is of System Credentials of the new platform, and only the \
                 legacy one is played. Give an API user for the legacy platform (--api-user), or \
                 play the new one: --platform new or --platform both"
            ),
        }
    }

    /// The message about an id that was given before.
    pub fn given_twice(&self) -> String {
        let id = printable(&self.user_id);
        match self.kind {
            CredentialKind::ApiUser => format!("the API user {id} is given twice"),
            CredentialKind::SystemCredential => format!("the User ID `{id}` is given twice"),
        }
    }

    /// The API user to provision where this is played, given by a flag.
    ///
    /// # Errors
    ///
    /// A mistake, with the flag.
    pub fn of_flag(&self, played: Played) -> Result<ApiUserWithKey, Failure> {
        let flag = match self.kind {
            CredentialKind::ApiUser => "--api-user",
            CredentialKind::SystemCredential => "--system-credential",
        };
        self.read(played).map_err(|mistakes| {
            let all: Vec<String> = mistakes.into_iter().map(|(_, mistake)| mistake).collect();
            Failure::user(format!("{flag}: {}", all.join("; ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(given: &GivenCredentials) -> [&str; 4] {
        let wallet = given.wallet.as_deref().unwrap_or("-");
        [&given.user_id, &given.secret, &given.callback_host, wallet]
    }

    #[test]
    fn system_credentials_are_read_from_both_ends() {
        for (text, expected) in [
            ("dXNlcg==:to,k!n:shop.example", ["dXNlcg==", "to,k!n", "shop.example", "-"]),
            ("dXNlcg==:token:localhost:main", ["dXNlcg==", "token", "localhost", "main"]),
            // Colons in the token.
            ("u=:to:ken:shop.example", ["u=", "to:ken", "shop.example", "-"]),
            ("u=:to:ken:localhost", ["u=", "to:ken", "localhost", "-"]),
            ("u=:to:ken:shop:main", ["u=", "to:ken", "shop", "main"]),
            ("u=:to:ken:shop:", ["u=", "to:ken", "shop", "-"]),
            ("u=::token:shop.example", ["u=", ":token", "shop.example", "-"]),
            // A host with a port, and a URL.
            ("u=:token:localhost:3000", ["u=", "token", "localhost:3000", "-"]),
            ("u=:token:https://a.example", ["u=", "token", "https://a.example", "-"]),
        ] {
            let given = parse_system_credential(text).expect(text);
            assert_eq!(parts(&given), expected, "{text}");
        }
    }

    #[test]
    fn an_api_user_may_have_a_wallet_and_a_host_with_a_port() {
        for (text, expected) in [
            ("user-1:key:localhost", ["user-1", "key", "localhost", "-"]),
            ("user-1:key:localhost:main", ["user-1", "key", "localhost", "main"]),
            ("user-1:key:localhost:3000", ["user-1", "key", "localhost:3000", "-"]),
            ("user-1:key:https://a.example", ["user-1", "key", "https://a.example", "-"]),
            ("user-1:key:[::1]", ["user-1", "key", "[::1]", "-"]),
        ] {
            assert_eq!(parts(&parse_api_user(text).expect(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_told_without_a_secret() {
        for (text, part) in [
            ("hunter2", "expected USERID:TOKEN:HOST"),
            ("u=:hunter2", "expected USERID:TOKEN:HOST"),
            ("u=::shop.example", "the token is empty"),
            (":hunter2:shop.example", "the User ID is empty"),
            ("u =:hunter2:shop.example", "contains a space"),
            ("u=:one:hunter2 hunter2:shop", "is not a host name"),
        ] {
            let why = parse_system_credential(text).expect_err(text);
            assert!(why.contains(part) && !why.contains("hunter2"), "{text}: {why}");
        }
        let long = format!("{}:hunter2:localhost", "u".repeat(101));
        for (text, part) in [
            ("id:hunter2", "expected ID:APIKEY:HOST"),
            ("id::localhost", "the API key is empty"),
            ("id:hunter2:a b", "`a b` is not a host name"),
            (&long, "more than 100 characters"),
        ] {
            let why = parse_api_user(text).expect_err(text);
            assert!(why.contains(part) && !why.contains("hunter2"), "{text}: {why}");
        }
    }

    #[test]
    fn credentials_get_the_platform_and_wallet_of_what_is_played() {
        let environment = Environment::named("mtnuganda").expect("a market");
        let read = |platforms, text: &str| {
            let played = Played { environment, platforms: Some(platforms) };
            let user = parse_system_credential(text).expect(text).read(played).expect(text);
            (user.api_user.platform, user.api_user.wallet, user.api_user.user_id)
        };
        let (new, id) = (Some(MtnPlatform::New), Some("u=".into()));
        let only = PlayedPlatforms::Only(MtnPlatform::New);
        assert_eq!(read(only, "u=:t:localhost"), (new, None, id.clone()));
        let named = (new, Some("blue".into()), id.clone());
        assert_eq!(read(only, "u=:t:localhost:blue"), named);
        assert_eq!(read(PlayedPlatforms::Both, "u=:t:localhost:blue"), named);
        let shared = (new, Some(SHARED_WALLET.into()), id);
        assert_eq!(read(PlayedPlatforms::Both, "u=:t:localhost"), shared);
    }
}
