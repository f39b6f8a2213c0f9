//! The closed vocabularies of the control plane: each is an enum in the OpenAPI document, and a
//! word that is not in it is refused with the nearest one.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use strum::VariantArray;
use wildmatch::WildMatch;

use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::model::mtn_platform::{LegacyPhase, MtnPlatform};
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reason::{Reason, UnseenCode};
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::submission::TransactionKind;
use momo_sandbox_core::operations::table::{OPERATIONS, OperationKind};
use momo_sandbox_core::platform::callback::DeliveryFailure;
use momo_sandbox_core::platform::callback_verdict::CallbackVerdict;
use momo_sandbox_core::platform::event::{EventKind, PayerAct};
use momo_sandbox_core::platform::request::RefusalCause;
use momo_sandbox_core::platform::transaction::CallbackState;

/// A closed set of values, each with a word.
pub trait Vocabulary: Copy + PartialEq + 'static {
    const NAME: &'static str;

    fn all() -> Vec<Self>;

    fn words() -> &'static [&'static str];

    fn word(self) -> &'static str;

    /// What the value means, in a sentence, where the word does not say it.
    fn meaning(self) -> Option<&'static str> {
        None
    }

    /// The value of a word, in upper or lower case.
    fn read(sent: &str) -> Option<Self> {
        Self::all().into_iter().find(|one| one.word().eq_ignore_ascii_case(sent))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<V>(pub V);

impl<'de, V: Vocabulary> Deserialize<'de> for Word<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = String::deserialize(deserializer)?;
        let unknown = || D::Error::unknown_variant(&sent, V::words());
        V::read(&sent).map(Self).ok_or_else(unknown)
    }
}

impl<V: Vocabulary> Serialize for Word<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<V: Vocabulary> JsonSchema for Word<V> {
    fn schema_name() -> Cow<'static, str> {
        V::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let meanings = V::all().into_iter().filter_map(|one| Some((one.word(), one.meaning()?)));
        let lines: Vec<_> = meanings.map(|(word, told)| format!("- `{word}`: {told}")).collect();
        let mut schema = json_schema!({"type": "string", "enum": V::words()});
        if !lines.is_empty() {
            schema.insert("description".to_owned(), lines.join("\n").into());
        }
        schema
    }
}

/// The operations that a word names: the one with this id, or those that submit this kind of
/// transaction. `requesttopay` names `RequesttoPay`, and `refund` names both versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationWord(&'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationId(pub &'static str);

/// A kind of transaction, by its name or by the id of an operation that submits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindWord(pub TransactionKind);

/// The code of a reason that the emulator knows. A scenario may name others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonCode(&'static str);

/// The code of a reason for which a request can fail at its payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayerReason(pub Reason);

/// The values of an enum by their names.
fn parsed<V: FromStr>(names: &[&str]) -> Vec<V> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

fn ids() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().map(|operation| operation.id)
}

/// The ids of operations, and the kinds of transaction that are not also an id.
fn operation_words() -> Vec<OperationWord> {
    let mut words: Vec<_> = ids().chain(TransactionKind::ALL.map(TransactionKind::name)).collect();
    words.dedup();
    words.into_iter().map(OperationWord).collect()
}

fn reason_codes() -> Vec<ReasonCode> {
    Reason::ALL.map(Reason::code).into_iter().chain(UnseenCode::texts()).map(ReasonCode).collect()
}

impl Vocabulary for CallbackVerdict {
    const NAME: &'static str = "CallbackVerdict";

    fn all() -> Vec<Self> {
        Self::ALL.to_vec()
    }

    fn words() -> &'static [&'static str] {
        Self::NAMES
    }

    fn word(self) -> &'static str {
        self.name()
    }

    fn meaning(self) -> Option<&'static str> {
        Some(self.sentence())
    }
}

/// Makes a type a vocabulary. It takes the name of the schema, all values, and the word of one.
macro_rules! vocabulary {
    ($($type:ident, $all:expr, |$one:ident| $word:expr $(, $read:ident)?;)*) => { $(
        impl Vocabulary for $type {
            const NAME: &'static str = stringify!($type);

            fn all() -> Vec<Self> {
                $all
            }

            fn words() -> &'static [&'static str] {
                use std::sync::LazyLock;
                static WORDS: LazyLock<Vec<&'static str>> =
                    LazyLock::new(|| $type::all().into_iter().map(Vocabulary::word).collect());
                &WORDS
            }

            fn word(self) -> &'static str {
                let $one = self;
                $word
            }

            $(fn read(sent: &str) -> Option<Self> {
                $read(sent)
            })?
        }
    )* };
}
pub(super) use vocabulary;

vocabulary! {
    CallbackState, parsed(CallbackState::NAMES), |one| one.into();
    DeliveryFailure, DeliveryFailure::VARIANTS.to_vec(), |one| one.name();
    EventKind, parsed(EventKind::NAMES), |one| one.name();
    LegacyPhase, LegacyPhase::VARIANTS.to_vec(), |one| one.into();
    MtnPlatform, MtnPlatform::VARIANTS.to_vec(), |one| one.name();
    KindWord, TransactionKind::ALL.map(KindWord).into(), |one| one.0.name(), read_kind;
    OperationId, ids().map(OperationId).collect(), |one| one.0;
    OperationWord, operation_words(), |one| one.0, read_operation;
    PayerAct, parsed(PayerAct::NAMES), |one| one.into();
    PayerReason, Reason::AT_PAYER.map(PayerReason).into(), |one| one.0.code();
    Product, Product::ALL.into(), |one| one.name();
    ReasonCode, reason_codes(), |one| one.0;
    RefusalCause, RefusalCause::all().collect(), |one| one.name();
    StatusKind, StatusKind::ALL.to_vec(), |one| one.as_str();
    TransactionKind, TransactionKind::ALL.into(), |one| one.name();
}

/// An id and the kind that it submits may differ in case only, so the exact spelling counts first.
fn read_operation(sent: &str) -> Option<OperationWord> {
    let words = OperationWord::words().iter();
    let same = words.clone().find(|one| **one == sent);
    let found = same.or_else(|| words.clone().find(|one| one.eq_ignore_ascii_case(sent)));
    found.map(|word| OperationWord(word))
}

fn read_kind(sent: &str) -> Option<KindWord> {
    let by_id = || {
        OPERATIONS.iter().find_map(|operation| match operation.kind {
            OperationKind::Submit(kind) if operation.id.eq_ignore_ascii_case(sent) => Some(kind),
            _ => None,
        })
    };
    TransactionKind::read(sent).or_else(by_id).map(KindWord)
}

impl OperationWord {
    pub fn ids(self) -> impl Iterator<Item = &'static str> + Clone {
        let submits = move |kind: OperationKind| match kind {
            OperationKind::Submit(kind) => kind.name() == self.0,
            _ => false,
        };
        let named = OPERATIONS.iter().filter(move |one| one.id == self.0 || submits(one.kind));
        named.map(|one| one.id)
    }
}

/// A filter for a field: a word, any text, or a pattern with `*`.
#[derive(Debug, Clone)]
pub struct Filter<F> {
    text: String,
    pattern: Option<WildMatch>,
    field: PhantomData<F>,
}

impl<F> Filter<F> {
    pub fn passes(&self, value: Option<&str>) -> bool {
        value.is_some_and(|value| match &self.pattern {
            Some(pattern) => pattern.matches(value),
            None => self.text == value,
        })
    }
}

/// A type of a transaction's field that a [`Filter`] can be for.
pub trait Filtered {
    /// All words of the field; empty for free text.
    const WORDS: fn() -> &'static [&'static str];

    /// The text of a filter in the spelling of the field.
    fn read<E: Error>(sent: &str) -> Result<String, E>;

    fn schema() -> Schema;
}

#[derive(Debug, Clone)]
pub struct Text;

impl Filtered for Text {
    const WORDS: fn() -> &'static [&'static str] = || &[];

    fn read<E: Error>(sent: &str) -> Result<String, E> {
        Ok(sent.to_owned())
    }

    fn schema() -> Schema {
        json_schema!({"type": "string", "minLength": 1})
    }
}

impl Filtered for ReferenceId {
    const WORDS: fn() -> &'static [&'static str] = || &[];

    fn read<E: Error>(sent: &str) -> Result<String, E> {
        let deserializer = serde::de::value::StrDeserializer::<E>::new(sent);
        if sent.contains('*') {
            Ok(sent.to_ascii_lowercase())
        } else {
            Self::deserialize(deserializer).map(|id| id.to_string())
        }
    }

    fn schema() -> Schema {
        json_schema!({"anyOf": [{"type": "string", "format": "uuid"}, {"const": "*"}]})
    }
}

impl<V: Vocabulary> Filtered for Word<V> {
    const WORDS: fn() -> &'static [&'static str] = V::words;

    fn read<E: Error>(sent: &str) -> Result<String, E> {
        let word = V::read(sent).map(|one| one.word().to_owned());
        word.ok_or_else(|| E::unknown_variant(sent, V::words()))
    }

    fn schema() -> Schema {
        let words: Vec<&str> = V::words().iter().copied().chain(["*"]).collect();
        json_schema!({"enum": words})
    }
}

impl Filtered for ReasonCode {
    const WORDS: fn() -> &'static [&'static str] = Self::words;

    fn read<E: Error>(sent: &str) -> Result<String, E> {
        Word::<Self>::read(sent)
    }

    /// A scenario may name other reasons.
    fn schema() -> Schema {
        Text::schema()
    }
}

impl<'de, F: Filtered> Deserialize<'de> for Filter<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = String::deserialize(deserializer)?;
        let (words, is_pattern) = ((F::WORDS)(), sent.contains('*'));
        // An empty value, as a script sends it for a variable that is not set.
        if sent.is_empty() {
            let message = "is empty, and finds nothing: write a value, or leave it out";
            return Err(D::Error::custom(message));
        }
        if is_pattern && !words.is_empty() {
            let pattern = WildMatch::new(&sent);
            if !words.iter().any(|word| pattern.matches(word)) {
                return Err(D::Error::unknown_variant(&sent, words));
            }
        }
        let text = if is_pattern && !words.is_empty() { sent } else { F::read(&sent)? };
        let pattern = is_pattern.then(|| WildMatch::new(&text));
        Ok(Self { text, pattern, field: PhantomData })
    }
}

impl<F: Filtered> JsonSchema for Filter<F> {
    fn schema_name() -> Cow<'static, str> {
        "filter".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        F::schema()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_named_by_its_id_or_by_its_kind_in_any_case() {
        let ids = |word: &str| {
            let word = OperationWord::read(word).expect("an operation");
            word.ids().collect::<Vec<_>>()
        };
        assert_eq!(ids("requesttopay"), ["RequesttoPay"]);
        assert_eq!(ids("RequesttoPay"), ["RequesttoPay"]);
        assert_eq!(ids("requestToPay"), ["RequesttoPay"]);
        assert_eq!(ids("refund"), ["Refund-V1", "Refund-V2"]);
        assert_eq!(ids("Refund-V2"), ["Refund-V2"]);
        assert_eq!(ids("invoice"), ["CreateInvoice"]);
        assert_eq!(OperationWord::read("requestopay"), None);
        for operation in OPERATIONS {
            assert!(ids(operation.id).iter().all(|id| *id == operation.id), "{}", operation.id);
        }
        for kind in TransactionKind::ALL {
            assert!(!ids(kind.name()).is_empty());
            assert_eq!(KindWord::read(kind.name()), Some(KindWord(kind)));
        }
        assert_eq!(KindWord::read("Deposit-V2"), Some(KindWord(TransactionKind::Deposit)));
        assert_eq!(KindWord::read("GetDepositStatus"), None);
    }

    #[test]
    fn a_filter_is_taken_as_the_field_has_it_or_refused() {
        fn taken<F: Filtered>(sent: &str) -> Option<String> {
            let sent = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(sent);
            Filter::<F>::deserialize(sent).ok().map(|filter| filter.text)
        }
        assert_eq!(taken::<Word<StatusKind>>("pending").as_deref(), Some("PENDING"));
        assert_eq!(taken::<Word<KindWord>>("RequesttoPay").as_deref(), Some("requesttopay"));
        assert_eq!(taken::<ReasonCode>("E*").as_deref(), Some("E*"));
        assert_eq!(taken::<Text>("anybody").as_deref(), Some("anybody"));
        let reference = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
        let upper = reference.to_uppercase();
        assert_eq!(taken::<ReferenceId>(&upper).as_deref(), Some(reference));
        assert_eq!(taken::<ReferenceId>("6F96*").as_deref(), Some("6f96*"));
        for unknown in ["SUCESSFUL", "suc*", ""] {
            assert_eq!(taken::<Word<StatusKind>>(unknown), None, "{unknown}");
        }
        assert_eq!(taken::<Word<CallbackState>>(""), None);
        assert_eq!(taken::<Word<Product>>("collections"), None);
        assert_eq!(taken::<ReasonCode>("EXPIERD"), None);
        assert_eq!(taken::<ReferenceId>("6f9619ff"), None);
        assert_eq!(taken::<Text>(""), None);
    }
}
