//! Payers and payees: account holders named by phone number, e-mail address or party code.

use compact_str::{CompactString, format_compact};
use strum::{Display, IntoStaticStr};

use crate::model::ids::ApiUserId;

/// How a party is named: `partyIdType` in bodies, `accountHolderIdType` in paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", const_into_str)]
pub enum PartyIdType {
    /// A phone number, digits with an optional leading `+`.
    Msisdn,
    Email,
    /// A code of the wallet platform, often a UUID.
    PartyCode,
    Alias,
    /// An id; paths only.
    Id,
}

impl PartyIdType {
    /// The types that a body may name, in any case (docs/contract.md#request-bodies).
    pub const IN_BODIES: [Self; 4] = [Self::Msisdn, Self::Email, Self::PartyCode, Self::Alias];
    /// The types that a path may name, in any case (docs/contract.md#request-bodies).
    pub const IN_PATHS: [Self; 5] =
        [Self::Msisdn, Self::Email, Self::Alias, Self::Id, Self::PartyCode];

    /// The name in capitals, as MTN's schema writes it.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// The type of that name among `allowed`, without regard to case.
    pub fn named(name: &str, allowed: &[Self]) -> Option<Self> {
        allowed.iter().copied().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// What an id of this type must look like, or `None` if `id` does.
    pub fn fault_of(self, id: &str) -> Option<&'static str> {
        const LONGEST: usize = 254;
        let fits = match self {
            Self::Msisdn => {
                let digits = id.strip_prefix('+').unwrap_or(id);
                (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
            }
            Self::Email => {
                id.chars().count() <= LONGEST
                    && id.split_once('@').is_some_and(|(name, host)| {
                        !name.is_empty() && !host.is_empty() && !host.contains('@')
                    })
                    && !id.contains(char::is_whitespace)
            }
            Self::PartyCode | Self::Alias | Self::Id => (1..=LONGEST).contains(&id.chars().count()),
        };
        if fits {
            return None;
        }
        Some(match self {
            Self::Msisdn => "must be 1 to 15 digits, with an optional leading +",
            Self::Email => "must be an e-mail address",
            Self::PartyCode | Self::Alias | Self::Id => "must be 1 to 254 characters",
        })
    }
}

/// A payer or payee, as the request named it; the text of both fields is echoed as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub id_type: PartyIdType,
    /// `partyIdType` as sent, in the client's own case.
    pub id_type_as_sent: CompactString,
    pub id: CompactString,
}

impl Party {
    /// An API user as a party (recorded 2020 to 2026).
    pub fn of_api_user(id: ApiUserId) -> Self {
        let id_type = PartyIdType::PartyCode;
        let id_type_as_sent = id_type.name().into();
        Self { id_type, id_type_as_sent, id: format_compact!("{id}") }
    }

    /// The id to compare with: an MSISDN without its leading `+`, anything else as it is.
    pub fn comparable_id(&self) -> &str {
        comparable_id(self.id_type, &self.id)
    }
}

/// An id as it is compared: an MSISDN without its leading `+`, anything else as it is.
pub fn comparable_id(id_type: PartyIdType, id: &str) -> &str {
    match id_type {
        PartyIdType::Msisdn => id.strip_prefix('+').unwrap_or(id),
        PartyIdType::Email | PartyIdType::PartyCode | PartyIdType::Alias | PartyIdType::Id => id,
    }
}

/// The side of a transaction on which the other party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyRole {
    /// The party pays the merchant.
    Payer,
    /// The party is paid by the merchant.
    Payee,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_must_look_like_its_type() {
        assert_eq!(PartyIdType::Msisdn.fault_of("46733123450"), None);
        assert_eq!(PartyIdType::Msisdn.fault_of("+46733123450"), None);
        assert!(PartyIdType::Msisdn.fault_of("+").is_some());
        assert!(PartyIdType::Msisdn.fault_of("0733 123").is_some());
        assert!(PartyIdType::Msisdn.fault_of("1234567890123456").is_some());
        assert_eq!(PartyIdType::Email.fault_of("a@b.example"), None);
        assert!(PartyIdType::Email.fault_of("a@b@c").is_some());
        assert!(PartyIdType::PartyCode.fault_of("").is_some());
    }

    #[test]
    fn names_are_matched_without_regard_to_case() {
        let named = |name| PartyIdType::named(name, &PartyIdType::IN_BODIES);
        assert_eq!(named("msisdn"), Some(PartyIdType::Msisdn));
        assert_eq!(named("Party_Code"), Some(PartyIdType::PartyCode));
        assert_eq!(named("alias"), Some(PartyIdType::Alias));
        assert_eq!(named("id"), None);
    }
}
