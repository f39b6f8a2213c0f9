//! Masks secrets in heads and bodies before they are kept: by the names of headers, parameters and
//! fields, and by the values that a request itself shows to be secret.

use std::borrow::Cow;

/// The text that replaces a secret.
pub const REDACTED: &str = "[redacted]";

/// The fewest characters of a secret that is looked for. Shorter texts are parts of ordinary words.
pub const SECRET_LENGTH_MIN: usize = 6;

/// What the name of a secret has in it, in lower case and without separators.
const SECRET_WORDS: [&str; 7] =
    ["apikey", "assertion", "password", "secret", "subscriptionkey", "token", "authreqid"];

/// The same, for names of headers alone.
const SECRET_HEADER_WORDS: [&str; 3] = ["auth", "cookie", "key"];

/// Names that have such a word and are no secrets.
const NO_SECRETS: [&str; 5] =
    ["idempotencykey", "tokentype", "tokenexpiresin", "tokenlifetime", "wwwauthenticate"];

/// The longest name that is looked at.
const NAME_BYTES_MAX: usize = 64;

/// A name in lower case, without what separates its words.
fn plain(name: &[u8]) -> Option<String> {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let text = || letters.map(|byte| char::from(byte.to_ascii_lowercase())).collect::<String>();
    (name.len() <= NAME_BYTES_MAX).then(text).filter(|text| !NO_SECRETS.contains(&&**text))
}

/// Whether a parameter or field of this name holds a secret.
fn is_secret_name(name: &[u8]) -> bool {
    let has_word = |plain: String| SECRET_WORDS.iter().any(|word| plain.contains(word));
    plain(name).is_some_and(has_word)
}

/// Whether a header of this name is one of those that almost every message has, and no secret. They
/// are told apart first, because a message has ten of them.
pub fn is_usual_header(name: &str) -> bool {
    matches!(
        name,
        "accept"
            | "accept-encoding"
            | "connection"
            | "content-length"
            | "content-type"
            | "date"
            | "host"
            | "request-context"
            | "user-agent"
            | "x-momo-sandbox-why"
            | "x-reference-id"
            | "x-target-environment"
            | "x-xss-protection"
    )
}

/// Whether a header of this name holds a secret.
pub fn is_secret_header(name: &str) -> bool {
    if matches!(name, "authorization" | "ocp-apim-subscription-key") {
        return true;
    }
    let words = || SECRET_WORDS.iter().chain(&SECRET_HEADER_WORDS);
    plain(name.as_bytes()).is_some_and(|plain| words().any(|word| plain.contains(word)))
}

/// The value of a secret header without the secret: credentials keep their scheme, and Basic ones
/// the user, where `user` knows it.
pub fn masked_header(value: &[u8], user: Option<&str>) -> Vec<u8> {
    let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_scheme = |known: &str| scheme.eq_ignore_ascii_case(known.as_bytes());
    let has_scheme = scheme.len() < value.len() && (is_scheme("basic") || is_scheme("bearer"));
    match (has_scheme, user) {
        (true, Some(user)) if is_scheme("basic") => {
            [scheme, b" ", user.as_bytes(), b":", REDACTED.as_bytes()].concat()
        }
        (true, _) => [scheme, b" ", REDACTED.as_bytes()].concat(),
        (false, _) => REDACTED.as_bytes().to_vec(),
    }
}

/// A text without these secrets, and without the values of fields and parameters whose names say
/// that they are secret.
pub fn masked<'t>(text: &'t [u8], secrets: &[String]) -> Cow<'t, [u8]> {
    let mut text = masked_values(text, secrets);
    if find(&text, b"://").is_some() && text.contains(&b'@') {
        text = Cow::Owned(without_user_information(&text));
    }
    if may_have_secret_name(&text) {
        text = Cow::Owned(without_named_values(&text));
    }
    text
}

/// A text without these secrets.
pub fn masked_values<'t>(text: &'t [u8], secrets: &[String]) -> Cow<'t, [u8]> {
    let mut text = Cow::Borrowed(text);
    for secret in secrets.iter().filter(|secret| secret.len() >= SECRET_LENGTH_MIN) {
        if find(&text, secret.as_bytes()).is_some() {
            text = Cow::Owned(replaced(&text, secret.as_bytes()));
        }
    }
    text
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let first = *part.first()?;
    // A token is longer than most of what it could stand in.
    if part.len() > text.len() {
        return None;
    }
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if text[at..].starts_with(part) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn replaced(text: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, secret) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(REDACTED.as_bytes());
        rest = &rest[at + secret.len()..];
    }
    result.extend_from_slice(rest);
    result
}

/// Whether a word of a secret's name stands somewhere: a quick look, since most texts have none.
fn may_have_secret_name(text: &[u8]) -> bool {
    let begins = |rest: &[u8], word: &str| {
        let there = rest.get(..word.len());
        there.is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes()))
    };
    // The first two letters tell almost all other words apart.
    text.windows(3).enumerate().any(|(at, first)| match [first[0] | 0x20, first[1] | 0x20] {
        [b'k', b'e'] => first[2] | 0x20 == b'y',
        [b't', b'o'] => begins(&text[at..], "token"),
        [b's', b'e'] => begins(&text[at..], "secret"),
        [b'p', b'a'] => begins(&text[at..], "password"),
        [b'a', b's'] => begins(&text[at..], "assertion"),
        [b'a', b'u'] => begins(&text[at..], "auth"),
        _ => false,
    })
}

/// The text without what stands before an `@` in the authority of a URL.
fn without_user_information(text: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = find(rest, b"://") {
        let (before, after) = rest.split_at(at + 3);
        result.extend_from_slice(before);
        let end = after.iter().take_while(|byte| !b"/?#\"'\\ \t\r\n<>".contains(byte)).count();
        rest = match after[..end].iter().rposition(|byte| *byte == b'@') {
            Some(at) => {
                result.extend_from_slice(REDACTED.as_bytes());
                &after[at..]
            }
            None => after,
        };
    }
    result.extend_from_slice(rest);
    result
}

/// The text with the value of each secret name replaced, in JSON (whole or broken), in forms and in
/// queries.
fn without_named_values(text: &[u8]) -> Vec<u8> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let mut result = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|byte| is_name(byte)).count();
        if length == 0 {
            result.push(text[at]);
            at += 1;
            continue;
        }
        let name = &text[at..at + length];
        at += length;
        result.extend_from_slice(name);
        if !is_secret_name(name) {
            continue;
        }
        if let Some((begin, end)) = value_after(text, at) {
            result.extend_from_slice(&text[at..begin]);
            result.extend_from_slice(REDACTED.as_bytes());
            at = end;
        }
    }
    result
}

/// Where the value of a name begins and ends that ends at this place.
fn value_after(text: &[u8], name_end: usize) -> Option<(usize, usize)> {
    let skip = |from: usize, is: fn(&u8) -> bool| {
        from + text[from.min(text.len())..].iter().take_while(|byte| is(byte)).count()
    };
    if text.get(name_end) == Some(&b'=') {
        let begin = name_end + 1;
        return Some((begin, skip(begin, |byte| !b"&# \t\r\n\"<>".contains(byte))));
    }
    if text.get(name_end) != Some(&b'"') {
        return None;
    }
    let colon = skip(name_end + 1, u8::is_ascii_whitespace);
    if text.get(colon) != Some(&b':') {
        return None;
    }
    let begin = skip(colon + 1, u8::is_ascii_whitespace);
    if text.get(begin) != Some(&b'"') {
        return Some((begin, skip(begin, |byte| !b",}] \t\r\n".contains(byte))));
    }
    let mut end = begin + 1;
    while let Some(byte) = text.get(end) {
        match byte {
            b'"' => break,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    Some((begin + 1, end.min(text.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: &str, secrets: &[&str]) -> String {
        let secrets: Vec<String> = secrets.iter().map(|one| (*one).to_owned()).collect();
        String::from_utf8(masked(of.as_bytes(), &secrets).into_owned()).expect("text")
    }

    #[test]
    fn a_value_goes_by_the_name_of_its_field_also_in_what_is_no_json() {
        let cases = [
            (r#"{"apiKey":"s3"}"#, r#"{"apiKey":"[redacted]"}"#),
            (
                r#"{"access_token" : "a\"b", "token_type":"Bearer"}"#,
                r#"{"access_token" : "[redacted]", "token_type":"Bearer"}"#,
            ),
            (r#"{"API-KEY": 12, "a":[1]}"#, r#"{"API-KEY": [redacted], "a":[1]}"#),
            (r#"{"client_secret":"cut"#, r#"{"client_secret":"[redacted]"#),
            (r#"{"client_secret":"cut\"#, r#"{"client_secret":"[redacted]"#),
            ("refresh_token=r1&a=b", "refresh_token=[redacted]&a=b"),
            ("GET /p?subscription-key=k HTTP/1.1", "GET /p?subscription-key=[redacted] HTTP/1.1"),
            ("http://u:p@[::1]/?a=http://b@c", "http://[redacted]@[::1]/?a=http://[redacted]@c"),
            ("mail a@b.c, http://d/e@f", "mail a@b.c, http://d/e@f"),
            (r#"{"payerMessage":"a token of love"}"#, r#"{"payerMessage":"a token of love"}"#),
        ];
        for (of, expected) in cases {
            assert_eq!(text(of, &[]), expected);
        }
    }

    #[test]
    fn a_value_that_the_request_shows_to_be_secret_goes_wherever_it_stands() {
        assert_eq!(text("x hunter2! y hunter2!", &["hunter2!"]), "x [redacted] y [redacted]");
        assert_eq!(text("aahunter2! key", &["hunter2!"]), "aa[redacted] key");
        assert_eq!(text("any", &["any"]), "any", "too short to be told from words");
    }

    #[test]
    fn headers_with_secrets_are_known_by_name_and_credentials_keep_their_scheme() {
        for name in ["authorization", "ocp-apim-subscription-key", "x-api-key", "cookie"] {
            assert!(is_secret_header(name), "{name}");
        }
        for name in ["x-reference-id", "www-authenticate", "idempotency-key", "user-agent"] {
            assert!(!is_secret_header(name), "{name}");
        }
        let told = |value: &str, user| {
            String::from_utf8(masked_header(value.as_bytes(), user)).expect("text")
        };
        assert_eq!(told("Bearer abc", None), "Bearer [redacted]");
        assert_eq!(told("Basic dTpr", Some("u")), "Basic u:[redacted]");
        assert_eq!(told("abc", None), "[redacted]");
        assert_eq!(told("abc def", None), "[redacted]");
    }
}
