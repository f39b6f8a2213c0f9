//! Credentials that flags and files give: of API users, and System Credentials.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::api_users_file;
use crate::cli::failure::Failure;
use crate::emulator::credentials::{
    ApiUserWithKey, CredentialKind, GivenCredentials, Mistake, Played, Remedy, is_wallet_name,
};
use momo_sandbox_core::model::escape::printable;
use momo_sandbox_core::model::mtn_platform::MtnPlatform;

const OF_API_USER: &str = "expected ID:APIKEY:HOST or ID:APIKEY:HOST:WALLET, for example \
                           c0ffee00-1111-4222-8333-444455556666:secret:localhost";

const OF_SYSTEM_CREDENTIAL: &str = "expected USERID:TOKEN:HOST or USERID:TOKEN:HOST:WALLET, for \
                                    example bW9tby11c2VyMQ==:to!k&n:shop.example; behind a \
                                    token that contains `:`, give the wallet too, or end with `:`";

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
    checked(given, OF_API_USER)
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
    checked(given, OF_SYSTEM_CREDENTIAL)
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
        let user = of_flag(given, played)?;
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

fn checked(given: GivenCredentials, expected: &str) -> Result<GivenCredentials, String> {
    match given.mistakes_of_form().into_iter().next() {
        None => Ok(given),
        Some(mistake) => Err(format!("{}; {expected}", mistake.text)),
    }
}

/// A mistake in words, with what to do.
pub fn told(mistake: Mistake) -> String {
    let Mistake { text, remedy, .. } = mistake;
    match remedy {
        Remedy::InTheText => text,
        Remedy::Play(MtnPlatform::Legacy) => format!(
            "{text}. Give System Credentials for the new platform (--system-credential), or play \
             the legacy one: --platform legacy or --platform both"
        ),
        Remedy::Play(MtnPlatform::New) => format!(
            "{text}. Give an API user for the legacy platform (--api-user), or play the new one: \
             --platform new or --platform both"
        ),
        Remedy::NameAMarket => {
            format!("{text}; for production, name a market by --target-environment")
        }
    }
}

/// The API user to provision where this is played, given by a flag.
///
/// # Errors
///
/// A mistake, with the flag.
pub fn of_flag(given: &GivenCredentials, played: Played) -> Result<ApiUserWithKey, Failure> {
    let flag = match given.kind {
        CredentialKind::ApiUser => "--api-user",
        CredentialKind::SystemCredential => "--system-credential",
    };
    given.read(played).map_err(|mistakes| {
        let all: Vec<String> = mistakes.into_iter().map(told).collect();
        Failure::user(format!("{flag}: {}", all.join("; ")))
    })
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
}
