//! The closed vocabularies of the control plane: each is an enum in the OpenAPI document, and a
//! word that is not in it is refused with the nearest one.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};
use wildmatch::WildMatch;

use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reason::{Reason, UnseenCode};
use momo_sandbox_core::model::reference::ReferenceId;
use momo_sandbox_core::model::status::StatusName;
use momo_sandbox_core::model::transaction::TransactionKind;
use momo_sandbox_core::operations::http_fault::HttpFault;
use momo_sandbox_core::operations::rejection;
use momo_sandbox_core::operations::table::{Kind, OPERATIONS};
use momo_sandbox_core::platform::callback::Failure;
use momo_sandbox_core::platform::event::{self, PayerAct};
use momo_sandbox_core::platform::request::Breakage;
use momo_sandbox_core::platform::transaction::CallbackProgress;

/// A closed set of words.
pub trait Vocabulary: Sized + 'static {
    /// The name of its schema.
    const NAME: &'static str;

    /// All words.
    fn words() -> &'static [&'static str];

    /// What a word of [`Self::words`] says.
    fn of(word: &'static str) -> Option<Self>;

    /// The word for this.
    fn word(&self) -> &'static str;

    /// What a word says, whatever the case of its letters.
    fn read(sent: &str) -> Option<Self> {
        let is_sent = |word: &&&'static str| word.eq_ignore_ascii_case(sent);
        Self::words().iter().find(is_sent).and_then(|word| Self::of(word))
    }
}

/// A word of a vocabulary.
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
        json_schema!({"type": "string", "enum": V::words()})
    }
}

macro_rules! vocabulary {
    ($name:literal, $type:ty, $words:expr, $of:expr, $word:expr) => {
        impl Vocabulary for $type {
            const NAME: &'static str = $name;

            fn words() -> &'static [&'static str] {
                static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| $words.to_vec());
                &WORDS
            }

            fn of(word: &'static str) -> Option<Self> {
                ($of)(word)
            }

            fn word(&self) -> &'static str {
                ($word)(self)
            }
        }
    };
}

/// The name of an event of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventName(pub &'static str);

/// The name of a refusal in the journal: of the gateway, of HTTP, or of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalName(pub &'static str);

/// The state of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackState(pub &'static str);

/// The id of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationId(pub &'static str);

/// Why an attempt of a callback failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureName(pub &'static str);

/// The operations that a word names: the one whose id it is, or those that submit that kind of
/// transaction. `requesttopay` is `RequesttoPay`, `refund` is both versions of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationWord(&'static str);

/// A kind of transaction, by its name or by the id of an operation that submits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindWord(pub TransactionKind);

/// The code of a reason that the emulator knows. A scenario may name others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReasonCode(pub &'static str);

const STATUSES: [StatusName; 4] =
    [StatusName::Created, StatusName::Pending, StatusName::Successful, StatusName::Failed];

fn is_named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, word: &str) -> Option<T> {
    all.iter().copied().find(|one| name(*one) == word)
}

/// All words for operations: the ids, and the kinds of transaction that are not also an id.
fn operation_words() -> Vec<&'static str> {
    let mut words: Vec<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
    words.extend(TransactionKind::ALL.map(TransactionKind::name));
    words.dedup();
    words
}

fn refusals() -> Vec<&'static str> {
    rejection::NAMES.into_iter().chain(HttpFault::NAMES).chain(["scenario"]).collect()
}

vocabulary!("event", EventName, event::NAMES, |word| Some(Self(word)), |one: &Self| one.0);
vocabulary!("refusal", RefusalName, refusals(), |word| Some(Self(word)), |one: &Self| one.0);
vocabulary!(
    "callback_state",
    CallbackState,
    CallbackProgress::NAMES,
    |word| Some(Self(word)),
    |one: &Self| one.0
);
vocabulary!(
    "operation_id",
    OperationId,
    OPERATIONS.iter().map(|one| one.id).collect::<Vec<_>>(),
    |word| Some(Self(word)),
    |one: &Self| one.0
);
vocabulary!(
    "callback_failure",
    FailureName,
    Failure::ALL.map(Failure::name),
    |word| Some(Self(word)),
    |one: &Self| one.0
);
vocabulary!(
    "reason",
    ReasonCode,
    Reason::ALL.map(Reason::code).into_iter().chain(UnseenCode::texts()).collect::<Vec<_>>(),
    |word| Some(Self(word)),
    |one: &Self| one.0
);
vocabulary!("status", StatusName, STATUSES.map(StatusName::as_str), Self::named, |one: &Self| one
    .as_str());
vocabulary!("product", Product, Product::ALL.map(Product::name), Self::named, |one: &Self| one
    .name());
vocabulary!(
    "transaction_kind",
    TransactionKind,
    TransactionKind::ALL.map(TransactionKind::name),
    Self::named,
    |one: &Self| one.name()
);
vocabulary!(
    "payer_act",
    PayerAct,
    PayerAct::ALL.map(|(name, _)| name),
    |word| Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, act)| act),
    |one: &Self| Self::ALL.into_iter().find(|(_, act)| act == one).map_or("", |(name, _)| name)
);
const BREAKAGES: [Breakage; 3] = [Breakage::Reset, Breakage::Hang, Breakage::CutOff];
vocabulary!(
    "breakage",
    Breakage,
    BREAKAGES.map(Breakage::name),
    |word| is_named(&BREAKAGES, Self::name, word),
    |one: &Self| one.name()
);

impl Vocabulary for OperationWord {
    const NAME: &'static str = "operation";

    fn words() -> &'static [&'static str] {
        static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(operation_words);
        &WORDS
    }

    fn of(word: &'static str) -> Option<Self> {
        Some(Self(word))
    }

    fn word(&self) -> &'static str {
        self.0
    }

    /// An id and the kind that it submits may differ in case only: the spelling counts first.
    fn read(sent: &str) -> Option<Self> {
        let is_same = |one: &&&'static str| **one == sent;
        let is_like = |one: &&&'static str| one.eq_ignore_ascii_case(sent);
        let words = Self::words();
        words.iter().find(is_same).or_else(|| words.iter().find(is_like)).map(|word| Self(word))
    }
}

impl OperationWord {
    /// The ids of the operations.
    pub fn ids(self) -> impl Iterator<Item = &'static str> + Clone {
        let submits = move |kind: Kind| matches!(kind, Kind::Submit(kind) if kind.name() == self.0);
        let named = OPERATIONS.iter().filter(move |one| one.id == self.0 || submits(one.kind));
        named.map(|one| one.id)
    }
}

impl Vocabulary for KindWord {
    const NAME: &'static str = TransactionKind::NAME;

    fn words() -> &'static [&'static str] {
        TransactionKind::words()
    }

    fn of(word: &'static str) -> Option<Self> {
        TransactionKind::of(word).map(Self)
    }

    fn word(&self) -> &'static str {
        self.0.name()
    }

    fn read(sent: &str) -> Option<Self> {
        let by_id = || {
            OPERATIONS.iter().find_map(|operation| match operation.kind {
                Kind::Submit(kind) if operation.id.eq_ignore_ascii_case(sent) => Some(kind),
                _ => None,
            })
        };
        TransactionKind::read(sent).or_else(by_id).map(Self)
    }
}

/// What a field may be for a filter to let it pass: a word, any text, or a pattern with `*`.
#[derive(Debug, Clone)]
pub struct Filter<F> {
    text: String,
    pattern: Option<WildMatch>,
    field: PhantomData<F>,
}

impl<F> Filter<F> {
    /// Whether a value passes.
    pub fn passes(&self, value: Option<&str>) -> bool {
        value.is_some_and(|value| match &self.pattern {
            Some(pattern) => pattern.matches(value),
            None => self.text == value,
        })
    }
}

/// What a field of a transaction holds, for a [`Filter`].
pub trait Filtered {
    /// The words that it can be; none where it is free text.
    const WORDS: fn() -> &'static [&'static str];

    /// The text as the field has it.
    fn read<E: Error>(sent: &str) -> Result<String, E>;

    /// The schema of the filter.
    fn schema() -> Schema;
}

/// Free text.
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
        match sent.contains('*') {
            true => Ok(sent.to_ascii_lowercase()),
            false => Self::deserialize(deserializer).map(|id| id.to_string()),
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
        // A scenario may name other reasons.
        match V::NAME == ReasonCode::NAME {
            true => Text::schema(),
            false => {
                let words: Vec<&str> = V::words().iter().copied().chain(["*"]).collect();
                json_schema!({"enum": words})
            }
        }
    }
}

impl<'de, F: Filtered> Deserialize<'de> for Filter<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = String::deserialize(deserializer)?;
        let (words, is_pattern) = ((F::WORDS)(), sent.contains('*'));
        // As a variable of a script that is not set.
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
        assert_eq!(taken::<Word<StatusName>>("pending").as_deref(), Some("PENDING"));
        assert_eq!(taken::<Word<KindWord>>("RequesttoPay").as_deref(), Some("requesttopay"));
        assert_eq!(taken::<Word<ReasonCode>>("E*").as_deref(), Some("E*"));
        assert_eq!(taken::<Text>("anybody").as_deref(), Some("anybody"));
        let reference = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
        let upper = reference.to_uppercase();
        assert_eq!(taken::<ReferenceId>(&upper).as_deref(), Some(reference));
        assert_eq!(taken::<ReferenceId>("6F96*").as_deref(), Some("6f96*"));
        for unknown in ["SUCESSFUL", "suc*", ""] {
            assert_eq!(taken::<Word<StatusName>>(unknown), None, "{unknown}");
        }
        assert_eq!(taken::<Word<CallbackState>>(""), None);
        assert_eq!(taken::<Word<Product>>("collections"), None);
        assert_eq!(taken::<Word<ReasonCode>>("EXPIERD"), None);
        assert_eq!(taken::<ReferenceId>("6f9619ff"), None);
        assert_eq!(taken::<Text>(""), None);
    }
}
