//! System Credentials of the new platform, drawn from the seed, that look like MTN's
//! (docs/contract.md#new-platform).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rand::{Rng, RngExt};
use uuid::Uuid;

use crate::scenario::seed::{Purpose, Seed, SeededRng};

/// The random bytes of a User ID. Their base64 text ends in one `=`.
const USER_ID_BYTES: usize = 20;

const TOKEN_CHARS: usize = 40;

const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Neither `:`, which ends a User ID, nor `%`, which would make a token look URL-encoded, nor
/// quotes and backslashes, which shells take away.
const PUNCTUATION: &[u8] = b"!#$&*+-.?@^_~";

/// Draws the User ID and the Credential Token of the `number`-th System Credentials.
///
/// Each fourth character of the token is punctuation. It begins and ends with a letter or digit,
/// so that no command line takes it for a flag.
pub fn system_credential(seed: Seed, number: u32) -> (String, String) {
    let mut rng = seed.rng(Uuid::nil(), Purpose::SystemCredential(number));
    let mut bytes = [0; USER_ID_BYTES];
    rng.fill_bytes(&mut bytes);
    let token = (0..TOKEN_CHARS).map(|position| match position % 4 {
        2 => one_of(PUNCTUATION, &mut rng),
        _ => one_of(LETTERS_AND_DIGITS, &mut rng),
    });
    let token = token.collect();
    (BASE64_STANDARD.encode(bytes), token)
}

fn one_of(characters: &[u8], rng: &mut SeededRng) -> char {
    char::from(characters[rng.random_range(0..characters.len())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::parse_uuid;

    #[test]
    fn system_credentials_are_pinned() {
        let (user_id, token) = system_credential(Seed(8472), 3);
        assert_eq!(user_id, "Mj1IZJ+nmNQ6+yF2V6KEC9opJkk=");
        assert_eq!(token, "y1$ZXH!tYb+eb1^l5z~qZ4+7eC!oKg#UMK_Qp9&f");
    }

    #[test]
    fn system_credentials_look_like_those_of_the_portal() {
        for number in 0..200 {
            let (user_id, token) = system_credential(Seed(1), number);
            assert!(user_id.ends_with('=') && !user_id.ends_with("=="), "{user_id}");
            assert_eq!(BASE64_STANDARD.decode(&user_id).map(|bytes| bytes.len()), Ok(20));
            assert_eq!(parse_uuid(&user_id), None);
            let is_known =
                |byte: u8| LETTERS_AND_DIGITS.contains(&byte) || PUNCTUATION.contains(&byte);
            assert!(token.len() == TOKEN_CHARS && token.bytes().all(is_known), "{token}");
            assert!(token.bytes().any(|byte| PUNCTUATION.contains(&byte)), "{token}");
            assert!(token.starts_with(|c: char| c.is_ascii_alphanumeric()), "{token}");
            assert!(token.ends_with(|c: char| c.is_ascii_alphanumeric()), "{token}");
        }
    }

    #[test]
    fn another_seed_or_number_gives_others() {
        let base = system_credential(Seed(1), 1);
        assert_eq!(base, system_credential(Seed(1), 1));
        for other in [system_credential(Seed(2), 1), system_credential(Seed(1), 2)] {
            assert!(base.0 != other.0 && base.1 != other.1, "{other:?}");
        }
    }
}
