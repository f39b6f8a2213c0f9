//! Random draws that depend only on the run's seed and their purpose.
//!
//! There is no shared stream: each draw has a generator of its own, seeded by (seed, id, purpose),
//! so neither arrival order nor concurrency changes a run. Golden tests pin every kind of draw,
//! because a seed that somebody wrote down must give the same run in a later version.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

/// The seed of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

/// The purpose of a draw. Draws for different purposes are independent of each other.
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
    /// The time until a transaction settles, or the length of its n-th stage.
    SettleAfter,
    /// The delay of the answer to the submission.
    AnswerAfter,
    /// The delay of the answer to a query.
    QueryAfter,
    /// The reference id of a callback for an unknown reference.
    UnknownReference,
    InvoiceNumbers,
    /// The n-th request for consent of an API user.
    ConsentRequest(u32),
    RefreshToken,
    Session,
    /// The order in which the answers to queries of the balance come: of the n-th rule of the rule
    /// book.
    BalanceAnswers(u32),
    /// Whether a rule's chance comes up for a call: of the n-th rule of the rule book.
    ChanceOfCall(u32),
    /// The delay of the answer to a call: of the n-th rule of the rule book.
    AnswerOfCall(u32),
    /// The id of the n-th API user that the control plane provisions.
    ApiUser(u32),
    /// The n-th id of the example that is printed at the start.
    Example(u32),
    /// The time from the final status to the n-th callback of a transaction.
    CallbackAfter(u32),
    /// The n-th System Credentials of the new platform.
    SystemCredential(u32),
    /// The reference id of a request that is submitted again by hand, after so many acceptances.
    Replay(u64),
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
            Self::ChanceOfCall(rule) => (15 << 32) | u64::from(rule),
            Self::AnswerOfCall(rule) => (16 << 32) | u64::from(rule),
            Self::CallbackAfter(number) => (21 << 32) | u64::from(number),
            Self::SystemCredential(number) => (22 << 32) | u64::from(number),
            Self::Replay(acceptances) => (23 << 32) | (acceptances & 0xffff_ffff),
            Self::ApiKey(count) => (3 << 32) | u64::from(count),
        }
    }
}

/// The generator of one draw, or of a row of draws for one purpose. Its stream is the same on every
/// platform and in every version.
pub type SeededRng = ChaCha8Rng;

impl Seed {
    /// Returns the generator for this id and purpose.
    pub fn rng(self, id: Uuid, purpose: Purpose) -> SeededRng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.0.to_le_bytes());
        key[8..24].copy_from_slice(id.as_bytes());
        key[24..].copy_from_slice(&purpose.number().to_le_bytes());
        ChaCha8Rng::from_seed(key)
    }

    /// Draws a UUID of version 4.
    pub fn uuid(self, id: Uuid, purpose: Purpose) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes(id, purpose)).into_uuid()
    }

    /// Draws a key of 32 hexadecimal digits.
    pub fn hex_key(self, id: Uuid, purpose: Purpose) -> String {
        format!("{:032x}", u128::from_be_bytes(self.bytes(id, purpose)))
    }

    pub fn bytes(self, id: Uuid, purpose: Purpose) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.rng(id, purpose).fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    const ID: Uuid = Uuid::from_u128(0x6f96_19ff_8b86_4011_b42d_00c0_4fc9_64ff);

    #[test]
    fn the_stream_is_pinned() {
        let mut rng = Seed(8472).rng(ID, Purpose::FinancialTransactionId);
        let drawn: Vec<u64> = (0..3).map(|_| rng.random_range(1..=1_000_000)).collect();
        assert_eq!(drawn, [52_507, 518_417, 222_171]);
    }

    #[test]
    fn every_kind_of_draw_is_pinned() {
        let seed = Seed(8472);
        let mut whole = seed.rng(ID, Purpose::FinancialTransactionId);
        let ranges = [10_000_000..=2_147_483_647, 7..=7, 0..=u64::MAX, 0..=59_999];
        let drawn = ranges.map(|range| whole.random_range(range));
        assert_eq!(drawn, [122_232_594, 7, 4_098_315_544_935_027_511, 39_279]);
        let mut fraction = seed.rng(ID, Purpose::SettleAfter);
        let drawn = [(); 3].map(|()| fraction.random::<f64>());
        assert_eq!(
            drawn,
            [0.038_309_635_419_380_93, 0.991_488_720_584_242_6, 0.815_404_596_883_610_4]
        );
        let uuid = seed.uuid(ID, Purpose::ApiUser(3));
        assert_eq!(uuid.to_string(), "dbb7959d-7955-4b65-b5cb-d6f52658fa4b");
        let key = seed.hex_key(ID, Purpose::TokenSecret);
        assert_eq!(key, "e781bc20a4d9b4ee14525cf5b7c81cbc");
        let comes_up = |rule| seed.rng(ID, Purpose::Chance(rule)).random_bool(0.4);
        let rules: Vec<u32> = (0..12).filter(|rule| comes_up(*rule)).collect();
        assert_eq!(rules, [1, 4, 5, 7, 8, 9]);
        let mut callback = seed.rng(ID, Purpose::CallbackAfter(1));
        assert_eq!(callback.random_range(0..=59_999), 29_584);
    }

    #[test]
    fn another_seed_id_or_purpose_is_another_stream() {
        let id = Uuid::from_u128(1);
        let base = Seed(1).bytes(id, Purpose::ApiKey(1));
        assert_eq!(base, Seed(1).bytes(id, Purpose::ApiKey(1)));
        assert_ne!(base, Seed(2).bytes(id, Purpose::ApiKey(1)));
        assert_ne!(base, Seed(1).bytes(Uuid::from_u128(2), Purpose::ApiKey(1)));
        assert_ne!(base, Seed(1).bytes(id, Purpose::ApiKey(2)));
    }
}
