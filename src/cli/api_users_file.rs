//! The file of `--api-users`.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::cli::failure::Failure;
use crate::cli::parse::{ApiUserWithKey, NOT_AN_ID};
use crate::files;
use momo_sandbox_core::model::callback_url::ProviderCallbackHost;
use momo_sandbox_core::model::ids::{ApiUserId, parse_uuid_v4};

/// The most bytes of a file of API users: several hundred thousand of them.
const API_USERS_FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiUsersFile {
    api_users: Vec<ApiUserInFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiUserInFile {
    id: Spanned<String>,
    api_key: Spanned<String>,
    provider_callback_host: Spanned<String>,
}

/// Reads the API users of a file.
///
/// # Errors
///
/// All mistakes in the file, each with its line. No message contains an API key.
pub fn read(file: &Path) -> Result<Vec<ApiUserWithKey>, Failure> {
    let shown = file.display();
    let text = files::read_text(file, API_USERS_FILE_BYTES_MAX)
        .map_err(|error| Failure::user(format!("--api-users: cannot read {shown}: {error}")))?;
    let read: ApiUsersFile = toml::from_str(&text).map_err(|error| {
        let line = line_of(&text, error.span().unwrap_or_default().start);
        Failure::user(format!(
            "--api-users: {shown}:{line}: {}; each API user is [[api_users]] with id, api_key and \
             provider_callback_host, all of them texts",
            error.message()
        ))
    })?;
    let (mut users, mut ids, mut mistakes) = (Vec::new(), BTreeSet::new(), Vec::new());
    for user in read.api_users {
        let mut note = |field: &Spanned<String>, mistake: String| {
            mistakes.push(format!("{shown}:{}: {mistake}", line_of(&text, field.span().start)));
        };
        let (id, host) = (user.id.get_ref(), user.provider_callback_host.get_ref());
        let known_id = parse_uuid_v4(id).map(ApiUserId);
        match known_id {
            None => note(&user.id, format!("`id` is `{id}`, which is {NOT_AN_ID}")),
            Some(known) if !ids.insert(known) => {
                note(&user.id, format!("the API user {id} is there already"));
            }
            Some(_) => {}
        }
        let known_host = ProviderCallbackHost::parse(host);
        if known_host.is_none() {
            let mistake = format!("`provider_callback_host` is `{host}`, which is not a host name");
            note(&user.provider_callback_host, mistake);
        }
        if user.api_key.get_ref().is_empty() {
            note(&user.api_key, "`api_key` is empty".to_owned());
        }
        if let (Some(id), Some(provider_callback_host)) = (known_id, known_host) {
            let api_key = user.api_key.into_inner();
            users.push(ApiUserWithKey::new(id, provider_callback_host, api_key));
        }
    }
    if mistakes.is_empty() {
        return Ok(users);
    }
    Err(Failure::user(format!("--api-users: {}", mistakes.join("\n"))))
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
