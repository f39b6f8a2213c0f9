//! The ids that a merchant's program chooses.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::ser::{Serialize, Serializer};
use uuid::{Uuid, Version};

/// The `X-Reference-Id` of an asynchronous POST: a UUID that becomes the transaction's id, matched
/// without regard to case (docs/contract.md#headers).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReferenceId(pub Uuid);

/// The order of the texts; written out, because references are compared twenty times to find one
/// of a million, and as numbers that is quicker than byte by byte.
impl Ord for ReferenceId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_u128().cmp(&other.0.as_u128())
    }
}

impl PartialOrd for ReferenceId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl ReferenceId {
    /// Whether the id is a UUID of version 4, as MTN's documents require.
    pub fn is_version_4(self) -> bool {
        self.0.get_version() == Some(Version::Random)
    }
}

/// The id of an API user: the `X-Reference-Id` of `POST /v1_0/apiuser`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiUserId(pub Uuid);

/// The namespace of ids that are made of texts, drawn once.
const USER_IDS: Uuid = Uuid::from_u128(0x8d0f_5a39_6c3e_4b52_9f6a_3b0c_71d2_e84d);

impl ApiUserId {
    /// The id of whoever has this User ID in its credentials. Production gives others than UUIDs
    /// (docs/contract.md#markets and #new-platform); theirs is the UUID of version 5 of the text.
    pub fn of_user_id(text: &str) -> Self {
        Self(parse_uuid(text).unwrap_or_else(|| Uuid::new_v5(&USER_IDS, text.as_bytes())))
    }
}

/// Reads a UUID of any version in its hyphenated form, which is the only one clients send.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// Reads a UUID of version 4.
pub fn parse_uuid_v4(text: &str) -> Option<Uuid> {
    parse_uuid(text).filter(|uuid| uuid.get_version() == Some(Version::Random))
}

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ApiUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Gives an id the JSON form of its UUID: written in lower case, read in its hyphenated form only.
macro_rules! json_form {
    ($id:ident) => {
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let wrong = || D::Error::invalid_value(Unexpected::Str(&text), &"a UUID");
                parse_uuid(&text).map(Self).ok_or_else(wrong)
            }
        }

        impl JsonSchema for $id {
            fn schema_name() -> Cow<'static, str> {
                stringify!($id).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "format": "uuid"})
            }
        }
    };
}

json_form!(ReferenceId);
json_form!(ApiUserId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_that_is_not_a_uuid_has_an_id_of_its_own() {
        let of = ApiUserId::of_user_id;
        let uuid = "6F9619FF-8B86-4011-B42D-00C04FC964FF";
        assert_eq!(of(uuid), of(&uuid.to_lowercase()));
        assert_eq!(of("bW9tby11c2Vy="), of("bW9tby11c2Vy="));
        assert_ne!(of("bW9tby11c2Vy="), of("bw9tby11c2Vy="));
    }

    #[test]
    fn only_the_hyphenated_form_of_version_four_is_a_reference() {
        assert!(parse_uuid_v4("6f9619ff-8b86-4011-b42d-00c04fc964ff").is_some());
        assert!(parse_uuid_v4("6F9619FF-8B86-4011-B42D-00C04FC964FF").is_some());
        assert!(parse_uuid_v4("6f9619ff-8b86-1011-b42d-00c04fc964ff").is_none());
        assert!(parse_uuid_v4("6f9619ff8b864011b42d00c04fc964ff").is_none());
        assert!(parse_uuid_v4("{6f9619ff-8b86-4011-b42d-00c04fc964ff}").is_none());
        assert!(parse_uuid_v4("not-a-uuid").is_none());
        assert!(parse_uuid("6f9619ff-8b86-1011-b42d-00c04fc964ff").is_some());
    }
}
