//! The file of `--api-users`.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::cli::credentials::told;
use crate::cli::failure::Failure;
use crate::emulator::credentials::{
    ApiUserWithKey, CredentialKind, GivenCredentials, Part, Played,
};
use crate::files;
use momo_sandbox_core::model::ids::ApiUserId;

/// The most bytes of a file of API users: several hundred thousand of them.
const API_USERS_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

const FORM: &str = "each API user is [[api_users]] with id, api_key and provider_callback_host, \
                    and System Credentials are [[system_credentials]] with user_id, token and \
                    provider_callback_host, all of them texts; in production wallet too, if you \
                    like";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiUsersFile {
    api_users: Option<Vec<ApiUserInFile>>,
    system_credentials: Option<Vec<SystemCredentialInFile>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiUserInFile {
    id: Spanned<String>,
    api_key: Spanned<String>,
    provider_callback_host: Spanned<String>,
    wallet: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SystemCredentialInFile {
    user_id: Spanned<String>,
    token: Spanned<String>,
    provider_callback_host: Spanned<String>,
    wallet: Option<Spanned<String>>,
}

/// Credentials with their places in the file.
struct Placed {
    given: GivenCredentials,
    /// The places of the User ID, secret, callback host and wallet.
    places: [Range<usize>; 4],
}

/// Reads the API users and System Credentials of a file.
///
/// # Errors
///
/// All mistakes in the file, each with its line. No message contains a secret.
pub fn read(file: &Path, played: Played) -> Result<Vec<ApiUserWithKey>, Failure> {
    let shown = file.display();
    let text = files::read_text(file, API_USERS_FILE_BYTES_MAX)
        .map_err(|error| Failure::user(format!("--api-users: cannot read {shown}: {error}")))?;
    let read: ApiUsersFile = toml::from_str(&text).map_err(|error| {
        let line = line_of(&text, error.span().unwrap_or_default().start);
        Failure::user(format!("--api-users: {shown}:{line}: {}; {FORM}", error.message()))
    })?;
    if read.api_users.is_none() && read.system_credentials.is_none() {
        return Err(Failure::user(format!(
            "--api-users: {shown}:1: the file has no credentials; {FORM}"
        )));
    }
    let (mut users, mut ids, mut mistakes) = (Vec::new(), BTreeSet::new(), Vec::new());
    for placed in read.placed() {
        let mut note = |part, mistake: String| {
            let line = line_of(&text, placed.place(part).start);
            mistakes.push(format!("{shown}:{line}: {mistake}"));
        };
        if !ids.insert(ApiUserId::of_user_id(&placed.given.user_id)) {
            note(Part::UserId, placed.given.given_twice());
        }
        match placed.given.read(played) {
            Ok(user) => users.push(user),
            Err(mistakes) => mistakes.into_iter().for_each(|one| note(one.part, told(one))),
        }
    }
    if mistakes.is_empty() {
        return Ok(users);
    }
    Err(Failure::user(format!("--api-users: {}", mistakes.join("\n"))))
}

impl ApiUsersFile {
    fn placed(self) -> impl Iterator<Item = Placed> {
        let api_users = self.api_users.into_iter().flatten().map(|user| {
            let parts = [user.id, user.api_key, user.provider_callback_host];
            Placed::of(CredentialKind::ApiUser, parts, user.wallet)
        });
        let system_credentials = self.system_credentials.into_iter().flatten().map(|user| {
            let parts = [user.user_id, user.token, user.provider_callback_host];
            Placed::of(CredentialKind::SystemCredential, parts, user.wallet)
        });
        api_users.chain(system_credentials)
    }
}

impl Placed {
    fn of(
        kind: CredentialKind,
        [user_id, secret, callback_host]: [Spanned<String>; 3],
        wallet: Option<Spanned<String>>,
    ) -> Self {
        let place_of_wallet = wallet.as_ref().map_or_else(Range::default, Spanned::span);
        let places = [user_id.span(), secret.span(), callback_host.span(), place_of_wallet];
        let given = GivenCredentials {
            kind,
            user_id: user_id.into_inner(),
            secret: secret.into_inner(),
            callback_host: callback_host.into_inner(),
            wallet: wallet.map(Spanned::into_inner),
        };
        Self { given, places }
    }

    fn place(&self, part: Part) -> &Range<usize> {
        let [user_id, secret, callback_host, wallet] = &self.places;
        match part {
            Part::UserId => user_id,
            Part::Secret => secret,
            Part::CallbackHost => callback_host,
            Part::Wallet => wallet,
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
