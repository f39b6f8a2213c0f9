//! Log lines of payments: one when a payment is accepted, when it settles, and when it is called
//! back. They cost one comparison where the log excludes them.

use tracing::{Level, info};

use momo_sandbox_core::model::amount::Amount;
use momo_sandbox_core::model::ids::ReferenceId;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::journal::JournalEntry;
use momo_sandbox_core::platform::transaction::Transaction;

/// The tracing target of these lines: a log includes or excludes them by it.
pub const PAYMENTS: &str = "payments";

#[derive(Debug)]
pub(super) struct Line {
    what: &'static str,
    reference_id: ReferenceId,
    detail: String,
}

/// The lines about the entries of a journal from that number on.
pub(super) fn lines_of(platform: &Platform, from: u64) -> Vec<Line> {
    if !tracing::enabled!(target: PAYMENTS, Level::INFO) {
        return Vec::new();
    }
    let entries = platform.journal().entries_from(from);
    entries.filter_map(|entry| line_of(platform, entry)).collect()
}

/// Writes the lines. The caller holds no lock, since a log may block.
pub(super) fn write(lines: Vec<Line>) {
    for Line { what, reference_id, detail } in lines {
        info!(target: PAYMENTS, %reference_id, "{what}: {detail}");
    }
}

fn line_of(platform: &Platform, entry: &JournalEntry) -> Option<Line> {
    let reference_id = entry.reference_id()?;
    let transaction = platform.transaction(reference_id)?;
    let (what, detail) = match entry.kind() {
        EventKind::Accepted => ("accepted", described(transaction)),
        EventKind::StatusReached => ("settled", ended(transaction, entry)?),
        EventKind::CallbackLost => {
            ("not called back", "the scenario loses the callback".to_owned())
        }
        _ => return None,
    };
    Some(Line { what, reference_id, detail })
}

/// The kind, amount, party and external id of a transaction.
fn described(transaction: &Transaction) -> String {
    let submission = &transaction.submission;
    let details = &submission.details;
    let amount = details.amount.map(Amount::decimal).map(|amount| {
        let currency = &details.currency;
        format!(" of {} {currency}", amount.normalize())
    });
    let party = details.party.as_ref().map(|party| format!(", party {}", party.id));
    let external_id = details.external_id.as_ref().map(|id| format!(", external id {id}"));
    let [amount, party, external_id] = [amount, party, external_id].map(Option::unwrap_or_default);
    format!("{}{amount}{party}{external_id}", submission.kind.name())
}

/// The final status of a transaction, if the entry is about it.
fn ended(transaction: &Transaction, entry: &JournalEntry) -> Option<String> {
    let (at, status) = transaction.latest();
    if at != entry.at {
        return None;
    }
    status.is_final().then(|| status.to_string())
}
