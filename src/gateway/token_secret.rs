//! The token secret, which several instances may share so that each accepts the tokens of all.

/// A secret that signs access tokens. It is never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenSecret(String);

/// The error for a secret that is short enough to be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it has {bytes} bytes, and at least {} are expected; `openssl rand -hex 32` makes a good one",
    TokenSecret::BYTES_MIN
)]
pub struct SecretTooShort {
    bytes: usize,
}

impl TokenSecret {
    /// The fewest bytes of a secret. With fewer, tokens could be forged by trying.
    pub const BYTES_MIN: usize = 16;

    /// A secret with this text.
    ///
    /// # Errors
    ///
    /// [`SecretTooShort`], which does not repeat the text.
    pub fn new(text: String) -> Result<Self, SecretTooShort> {
        if text.len() < Self::BYTES_MIN {
            return Err(SecretTooShort { bytes: text.len() });
        }
        Ok(Self(text))
    }

    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_sixteen_bytes_and_is_not_shown() {
        let secret = TokenSecret::new("sixteen bytes ok".to_owned()).expect("long enough");
        assert_eq!(secret.bytes(), b"sixteen bytes ok");
        assert_eq!(format!("{secret:?}"), "TokenSecret");
        let short = TokenSecret::new("fifteen bytes..".to_owned()).expect_err("too short");
        assert!(short.to_string().starts_with("it has 15 bytes, and at least 16"), "{short}");
        assert!(!short.to_string().contains("fifteen"), "{short}");
    }
}
