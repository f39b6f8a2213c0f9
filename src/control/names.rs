//! The fields and words that a call knows. Anything else is refused with the nearest known one: a
//! mistyped word would match nothing, and so pass wherever nothing is what was hoped for.

use serde_json::{Map, Value};
use wildmatch::WildMatch;

use crate::control::journal::reference_id;
use crate::control::request::Refusal;
use momo_sandbox_core::model::product::Product;
use momo_sandbox_core::model::reason::{Reason, UnseenCode};
use momo_sandbox_core::model::spelling::suggestion;
use momo_sandbox_core::model::status::StatusKind;
use momo_sandbox_core::model::transaction::TransactionKind;
use momo_sandbox_core::operations::table::{Kind, OPERATIONS};
use momo_sandbox_core::operations::unreadable::beginning;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::request::RefusalCause;
use momo_sandbox_core::platform::transaction::CallbackState;

/// The names of all statuses.
pub(super) const STATUSES: &[&str] = StatusKind::NAMES;

/// Refuses the first name that is not known.
pub(super) fn only_known<'a>(
    mut names: impl Iterator<Item = &'a str>,
    known: &[&str],
    what: &str,
) -> Result<(), Refusal> {
    let unknown = names.find(|name| !known.contains(name));
    unknown.map_or(Ok(()), |name| {
        let help = match known {
            [] => "it takes none".to_owned(),
            _ => suggestion(name, known),
        };
        let shown = beginning(name);
        Err(Refusal::bad(format!("unknown `{shown}` in {what}: {help}")))
    })
}

/// A word of those that are known, whatever the case of its letters.
pub(super) fn known_word<'a>(
    field: &str,
    word: &str,
    known: &[&'a str],
) -> Result<&'a str, Refusal> {
    let found = known.iter().find(|one| one.eq_ignore_ascii_case(word));
    found.copied().ok_or_else(|| unknown_word(field, word, known))
}

fn unknown_word(field: &str, word: &str, known: &[&str]) -> Refusal {
    let (shown, help) = (beginning(word), suggestion(word, known));
    Refusal::bad(format!("`{field}` cannot be `{shown}`: {help}"))
}

/// A status.
pub(super) fn status(field: &str, word: &str) -> Result<&'static str, Refusal> {
    known_word(field, word, STATUSES)
}

/// An event of the journal.
pub(super) fn event(word: &str) -> Result<EventKind, Refusal> {
    let name = known_word("event", word, EventKind::NAMES)?;
    Ok(name.parse().expect("a name is one of a kind"))
}

/// The state of a callback.
pub(super) fn callback_state(word: &str) -> Result<CallbackState, Refusal> {
    let name = known_word("callback", word, CallbackState::NAMES)?;
    Ok(name.parse().expect("a name is one of a state"))
}

/// The names of all refusals that the journal can have.
pub(super) fn refusals() -> Vec<&'static str> {
    RefusalCause::all().map(RefusalCause::name).collect()
}

/// A refusal.
pub(super) fn refusal(word: &str) -> Result<&'static str, Refusal> {
    known_word("refusal", word, &refusals())
}

/// The HTTP status of an answer, or 0 where there was none in HTTP.
pub(super) fn http_status(number: u64) -> Result<u64, Refusal> {
    let wrong = || {
        let known = "an HTTP status from 100 to 599, or 0 where there was no answer in HTTP";
        Refusal::bad(format!("`status` cannot be {number}: write {known}"))
    };
    (number == 0 || (100..=599).contains(&number)).then_some(number).ok_or_else(wrong)
}

/// The ids of all operations, and the names of the kinds of transaction that are not also an id.
pub(super) fn operation_words() -> Vec<&'static str> {
    let mut words: Vec<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
    words.extend(TransactionKind::ALL.map(TransactionKind::name));
    words.dedup();
    words
}

/// The ids of the operations that a word names: its own, or those that submit this kind of
/// transaction. `requesttopay` is `RequesttoPay`, `refund` is both versions of it.
pub(super) fn operations(word: &str) -> Result<Vec<&'static str>, Refusal> {
    let named = |is: &dyn Fn(&str) -> bool| -> Vec<&'static str> {
        let fits = |kind: Kind| matches!(kind, Kind::Submit(kind) if is(kind.name()));
        let found = OPERATIONS.iter().filter(|one| is(one.id) || fits(one.kind));
        found.map(|operation| operation.id).collect()
    };
    let exact = named(&|name| name == word);
    let found = match exact.is_empty() {
        true => named(&|name| name.eq_ignore_ascii_case(word)),
        false => exact,
    };
    match found.is_empty() {
        true => Err(unknown_word("operation", word, &operation_words())),
        false => Ok(found),
    }
}

/// The kind of transaction that a word names: its own name, or the id of an operation that submits
/// it.
pub(super) fn kind(word: &str) -> Result<TransactionKind, Refusal> {
    let is = |name: &str| name.eq_ignore_ascii_case(word);
    let by_name = TransactionKind::ALL.into_iter().find(|kind| is(kind.name()));
    let by_id = || {
        OPERATIONS.iter().find_map(|operation| match operation.kind {
            Kind::Submit(kind) if is(operation.id) => Some(kind),
            _ => None,
        })
    };
    let names = TransactionKind::ALL.map(TransactionKind::name);
    by_name.or_else(by_id).ok_or_else(|| unknown_word("operation", word, &names))
}

/// The words that a field of a transaction can have; `None` where it can be any text.
pub(super) fn words_of(field: &str) -> Option<Vec<&'static str>> {
    Some(match field {
        "status" => STATUSES.to_vec(),
        "operation" => TransactionKind::ALL.map(TransactionKind::name).to_vec(),
        "product" => Product::ALL.map(Product::name).to_vec(),
        "callback" => CallbackState::NAMES.to_vec(),
        "reason" => Reason::ALL.map(Reason::code).into_iter().chain(UnseenCode::texts()).collect(),
        _ => return None,
    })
}

/// What a filter wants a field of a transaction to be, as the field has it; `*` stands for
/// anything. An empty one finds nothing, as a script's variable that is not set.
pub(super) fn filter(field: &str, sent: &str) -> Result<String, Refusal> {
    if sent.is_empty() {
        let message = format!("`{field}` is empty, and finds nothing: write a value, or leave it");
        return Err(Refusal::bad(format!("{message} out")));
    }
    if field == "reference_id" {
        return match sent.contains('*') {
            true => Ok(sent.to_ascii_lowercase()),
            false => reference_id(sent).map(|id| id.to_string()),
        };
    }
    let Some(known) = words_of(field) else { return Ok(sent.to_owned()) };
    if sent.contains('*') {
        let glob = WildMatch::new(sent);
        return match known.iter().any(|word| glob.matches(word)) {
            true => Ok(sent.to_owned()),
            false => Err(unknown_word(field, sent, &known)),
        };
    }
    match field {
        "operation" => kind(sent).map(|kind| kind.name().to_owned()),
        _ => known_word(field, sent, &known).map(str::to_owned),
    }
}

/// The refusal of a value that is of another type.
pub(super) fn wrong_type(name: &str, expected: &str, sent: &Value) -> Refusal {
    let sent = sent.to_string();
    Refusal::bad(format!("`{name}` must be {expected}, not {}", beginning(&sent)))
}

/// The fields of a body or of a part of one, all of them known.
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The fields of `what`, which has these.
    pub(super) fn of(
        fields: &'a Map<String, Value>,
        what: &str,
        known: &[&str],
    ) -> Result<Self, Refusal> {
        only_known(fields.keys().map(String::as_str), known, what)?;
        Ok(Self(fields))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(name, "text", other)),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        match self.get(name).map(Value::as_u64) {
            None => Ok(None),
            Some(Some(number)) => Ok(Some(number)),
            Some(None) => Err(wrong_type(name, "a whole number", &self.0[name])),
        }
    }

    /// `true` or `false`; where nothing is said, `false`.
    pub(super) fn switch(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(switch)) => Ok(*switch),
            Some(other) => Err(wrong_type(name, "true or false", other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_named_by_its_id_or_by_its_kind_in_any_case() {
        let ids = |word: &str| operations(word).expect("an operation");
        assert_eq!(ids("requesttopay"), ["RequesttoPay"]);
        assert_eq!(ids("RequesttoPay"), ["RequesttoPay"]);
        assert_eq!(ids("requestToPay"), ["RequesttoPay"]);
        assert_eq!(ids("refund"), ["Refund-V1", "Refund-V2"]);
        assert_eq!(ids("Refund-V2"), ["Refund-V2"]);
        assert_eq!(ids("invoice"), ["CreateInvoice"]);
        assert!(operations("requestopay").is_err());
        for operation in OPERATIONS {
            assert!(ids(operation.id).iter().all(|id| *id == operation.id), "{}", operation.id);
        }
        for transaction in TransactionKind::ALL {
            assert!(!ids(transaction.name()).is_empty());
            assert_eq!(kind(transaction.name()).ok(), Some(transaction));
        }
        assert_eq!(kind("Deposit-V2").ok(), Some(TransactionKind::Deposit));
        assert!(kind("GetDepositStatus").is_err());
    }

    #[test]
    fn a_filter_is_taken_as_the_field_has_it_or_refused() {
        let taken = |field, sent| filter(field, sent).ok();
        assert_eq!(taken("status", "pending").as_deref(), Some("PENDING"));
        assert_eq!(taken("operation", "RequesttoPay").as_deref(), Some("requesttopay"));
        assert_eq!(taken("reason", "E*").as_deref(), Some("E*"));
        assert_eq!(taken("party", "anybody").as_deref(), Some("anybody"));
        let reference = "6f9619ff-8b86-4011-b42d-00c04fc964ff";
        let upper = reference.to_uppercase();
        assert_eq!(taken("reference_id", &upper).as_deref(), Some(reference));
        assert_eq!(taken("reference_id", "6F96*").as_deref(), Some("6f96*"));
        for (field, unknown) in [
            ("status", "SUCESSFUL"),
            ("status", "suc*"),
            ("callback", ""),
            ("product", "collections"),
            ("reason", "EXPIERD"),
            ("reference_id", "6f9619ff"),
            ("party", ""),
            ("external_id", ""),
        ] {
            assert_eq!(taken(field, unknown), None, "{field}={unknown}");
        }
    }
}
