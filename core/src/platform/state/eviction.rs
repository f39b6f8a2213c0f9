//! What a space keeps, in bytes, and what goes first when there is no room for more.
//!
//! Bytes are counted by plain additions: at acceptance, with each attempt of a callback, and when
//! something goes. The same function says at the end what it said at the beginning.

use super::Platform;
use crate::model::ids::ReferenceId;
use crate::model::time::Timestamp;
use crate::platform::event::Bookkeeping;
use crate::platform::footprint::{EMPTY_SPACE, Kept, shrink};
use crate::platform::transaction::Transaction;

impl Platform {
    /// How many bytes it keeps.
    pub fn kept(&self) -> Kept {
        let evictable = self.bytes_done + self.journal.bytes() + self.consents.bytes();
        let open = self.bytes - self.bytes_done;
        Kept { bytes: EMPTY_SPACE + self.bytes_from_outside() + open + evictable, evictable }
    }

    /// The bytes of what an owner says of a space, and of what scenarios count. A label is there
    /// twice, a host in two forms. Rules that a space shares with others count once for all.
    fn bytes_from_outside(&self) -> usize {
        let host = self.api_user.provider_callback_host.as_sent.len();
        let names = [&self.api_user.user_id, &self.api_user.wallet];
        let names: usize = names.into_iter().flatten().map(|name| name.len()).sum();
        let label = self.labels.label.as_deref().map_or(0, str::len);
        let rules = self.rules.own_bytes();
        let counted = self.counts.own.bytes() + size_of::<Timestamp>() * self.queries.len();
        2 * host + 2 * label + names + rules + counted
    }

    /// Evicts the oldest of what can go, until this many bytes are free or nothing is left. Returns
    /// how many became free.
    pub fn make_room(&mut self, bytes: usize) -> usize {
        let before = self.kept().evictable;
        self.apply(Bookkeeping::RoomMade { bytes });
        before - self.kept().evictable
    }

    /// Evicts the oldest of whichever takes the most: the transactions that are done, the journal
    /// or the consents.
    pub(super) fn evict(&mut self, bytes: usize) {
        let before = self.kept().evictable;
        loop {
            let evictable = self.kept().evictable;
            if before - evictable >= bytes || evictable == 0 {
                break;
            }
            let (journal, consents) = (self.journal.bytes(), self.consents.bytes());
            let most = self.bytes_done.max(journal).max(consents);
            if most == self.bytes_done {
                self.evict_oldest_done();
            } else if most == journal {
                self.journal.evict_oldest();
            } else {
                self.consents.evict_oldest();
            }
        }
        shrink(&mut self.done);
        self.journal.shrink();
        self.transactions.shrink();
    }

    /// Once a transaction is done, it may go when room is needed.
    pub(super) fn evict_if_done(&mut self, reference_id: ReferenceId) {
        let transaction = self.transaction_mut(reference_id);
        if !transaction.is_done() {
            return;
        }
        self.bytes_done += transaction.bytes();
        self.done.push_back(reference_id);
        if self.done.len() > self.settings.limits.settled {
            self.evict_oldest_done();
        }
    }

    fn evict_oldest_done(&mut self) {
        let Some(oldest) = self.done.pop_front() else { return };
        self.evicted += 1;
        if let Some(gone) = self.transactions.remove(oldest) {
            let bytes = gone.bytes();
            self.bytes -= bytes;
            self.bytes_done -= bytes;
            self.preapprovals.remove(&gone.acceptance);
        }
    }

    /// Makes a change that may change the bytes of a transaction.
    pub(super) fn resize(
        &mut self,
        reference_id: ReferenceId,
        change: impl FnOnce(&mut Transaction),
    ) {
        let transaction = self.transaction_mut(reference_id);
        let (before, is_done) = (transaction.bytes(), transaction.is_done());
        change(transaction);
        let after = transaction.bytes();
        self.bytes = self.bytes + after - before;
        if is_done {
            self.bytes_done = self.bytes_done + after - before;
        }
    }
}
