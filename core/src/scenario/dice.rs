//! Random draws that depend on nothing but the seed and what they are for.
//!
//! There is no shared stream: each draw has a generator of its own, seeded by (seed, id, purpose),
//! so neither arrival order nor concurrency changes a run. ChaCha's stream is stable across
//! versions; a golden test pins it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

/// The seed of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// What a draw is for; draws for different purposes are independent of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The financial transaction id of a reference.
    FinancialTransactionId,
    /// The n-th API key of an API user.
    ApiKey(u32),
    /// The secret that signs access tokens.
    TokenSecret,
    /// Whether a rule's chance comes up: of the n-th rule of the rule book.
    Chance(u32),
    /// How long a transaction takes to settle, or its n-th stage lasts.
    SettleAfter,
    /// How long the answer to the submission takes.
    AnswerAfter,
    /// How long the answer to a query takes.
    QueryAfter,
    /// The reference id of a callback for an unknown reference.
    UnknownReference,
    /// The numbers of an invoice.
    InvoiceNumbers,
    /// The n-th request for consent of an API user.
    ConsentRequest(u32),
    /// The refresh token of a consent.
    RefreshToken,
    /// The session of an access token.
    Session,
    /// The order in which the answers to queries of the balance come: of the n-th rule of the rule
    /// book.
    BalanceAnswers(u32),
    /// The id of the n-th API user that the control plane provisions.
    ApiUser(u32),
    /// The n-th id of the example that is printed at the start.
    Example(u32),
}

impl Purpose {
    fn number(self) -> u64 {
        match self {
            Self::FinancialTransactionId => 1,
            Self::TokenSecret => 2,
            Self::InvoiceNumbers => 5,
            Self::RefreshToken => 7,
            Self::SettleAfter => 8,
            Self::AnswerAfter => 9,
            Self::QueryAfter => 10,
            Self::UnknownReference => 11,
            Self::Session => 20,
            Self::Chance(rule) => (12 << 32) | u64::from(rule),
            Self::BalanceAnswers(rule) => (13 << 32) | u64::from(rule),
            Self::ConsentRequest(count) => (6 << 32) | u64::from(count),
            Self::Example(number) => (4 << 32) | u64::from(number),
            Self::ApiUser(number) => (14 << 32) | u64::from(number),
            Self::ApiKey(count) => (3 << 32) | u64::from(count),
        }
    }
}

impl Seed {
    /// The generator for that id and purpose.
    pub fn dice(self, id: Uuid, purpose: Purpose) -> Dice {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.0.to_le_bytes());
        key[8..24].copy_from_slice(id.as_bytes());
        key[24..].copy_from_slice(&purpose.number().to_le_bytes());
        Dice(ChaCha8Rng::from_seed(key))
    }
}

/// A generator for one purpose.
#[derive(Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "an empty range");
        let width = u128::from(high - low) + 1;
        let offset = (u128::from(self.0.next_u64()) * width) >> 64;
        low + u64::try_from(offset).expect("the offset is below the width of a u64 range")
    }

    /// A number of [0, 1), of 53 bits.
    pub fn fraction(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds")]
        let numerator = (self.0.next_u64() >> 11) as f64;
        numerator / 9_007_199_254_740_992.0
    }

    /// A random UUID of version 4.
    pub fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// Sixteen random bytes.
    pub fn bytes(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_pinned() {
        let id = Uuid::from_u128(0x6f96_19ff_8b86_4011_b42d_00c0_4fc9_64ff);
        let mut dice = Seed(8472).dice(id, Purpose::FinancialTransactionId);
        let drawn: Vec<u64> = (0..3).map(|_| dice.between(1, 1_000_000)).collect();
        assert_eq!(drawn, [52_507, 518_417, 222_171]);
    }

    #[test]
    fn another_seed_id_or_purpose_is_another_stream() {
        let id = Uuid::from_u128(1);
        let first = |seed: u64, id, purpose| Seed(seed).dice(id, purpose).between(0, u64::MAX);
        let base = first(1, id, Purpose::ApiKey(1));
        assert_eq!(base, first(1, id, Purpose::ApiKey(1)));
        assert_ne!(base, first(2, id, Purpose::ApiKey(1)));
        assert_ne!(base, first(1, Uuid::from_u128(2), Purpose::ApiKey(1)));
        assert_ne!(base, first(1, id, Purpose::ApiKey(2)));
    }
}
