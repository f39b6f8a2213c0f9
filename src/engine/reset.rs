//! Resets: everything that happened is forgotten, after a last look for callers that keep something
//! of it.

use crate::engine::global_journal::GlobalJournal;
use crate::engine::space::{GlobalEntries, Space};
use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::footprint::Kept;

/// A last look at everything that a reset is about to forget. It runs under a lock, so it must be
/// quick and enter no space.
pub trait LastLook {
    fn at_space(&self, platform: &Platform);

    /// Looks at the global journal, for the unauthenticated requests.
    fn at_global_journal(&self, journal: &GlobalJournal);
}

/// What a reset of one API user has forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// How many transactions there were, those of `others` among them.
    pub transactions: usize,
    /// The other API users of its wallet, which were reset too.
    pub others: Vec<ApiUserId>,
}

/// Keeps nothing.
impl LastLook for () {
    fn at_space(&self, _: &Platform) {}

    fn at_global_journal(&self, _: &GlobalJournal) {}
}

impl Spaces {
    /// Forgets everything that happened in a space and in the others of its wallet, and releases
    /// what their refunds reserved elsewhere. Returns how many transactions there were.
    pub fn reset(&self, space: &Space) -> usize {
        self.reset_after(space, &()).transactions
    }

    /// Resets a space and the others of its wallet after a last look.
    ///
    /// A wallet is reset whole, because a balance is that of all its transactions: whoever resets
    /// an API user expects the opening balance. The spaces are entered one after the other, and
    /// each takes back from the accounts what it brought. So at every moment the balance is that
    /// of the transactions which are still there, whatever is accepted meanwhile. The space that
    /// was named is the last, so its rules say with how much the accounts are opened.
    pub fn reset_after(&self, space: &Space, last_look: &impl LastLook) -> Forgotten {
        let mut forgotten = Forgotten::default();
        for other in self.others_of_wallet(space) {
            forgotten.transactions += self.reset_space(&other, last_look, GlobalEntries::Forget);
            forgotten.others.push(other.id());
        }
        forgotten.transactions += self.reset_space(space, last_look, GlobalEntries::Forget);
        forgotten
    }

    fn reset_space(
        &self,
        space: &Space,
        last_look: &impl LastLook,
        entries: GlobalEntries,
    ) -> usize {
        let (count, refunds) = self.enter_with(space, entries, |platform, now| {
            platform.advance(now);
            last_look.at_space(platform);
            let forgotten = (platform.transaction_count(), platform.refunds_elsewhere());
            self.metrics().keep(platform.evicted(), platform.journal().evicted());
            platform.reset();
            forgotten
        });
        self.shared.references.shrink();
        for refund in refunds {
            let elsewhere = refund.payment_elsewhere.as_deref().map(|there| there.api_user);
            if let Some(payer) = elsewhere.and_then(|payer| self.get(payer)) {
                self.enter(&payer, |platform, _| platform.release_refund(&refund));
            }
        }
        count
    }

    /// Resets every space, and forgets the unauthenticated requests, after a last look. Returns how
    /// many transactions there were.
    pub fn reset_all_after(&self, last_look: &impl LastLook) -> usize {
        // The global journal is forgotten as a whole, not space by space. So the time of a reset
        // grows with the number of API users, not with its square.
        self.forget_global_journal(last_look);
        let spaces = self.all();
        let reset = |space| self.reset_space(space, last_look, GlobalEntries::Leave);
        let count = spaces.iter().map(|space| reset(space)).sum();
        self.forget_provisioning_counts();
        self.shared.shared_counts.lock().clear();
        // Forgets what came meanwhile.
        self.forget_global_journal(last_look);
        count
    }

    fn forget_global_journal(&self, last_look: &impl LastLook) {
        let mut journal = self.shared.global_journal.lock();
        last_look.at_global_journal(&journal);
        self.metrics().keep(0, journal.evicted());
        self.memory().note(journal.kept(), Kept::default());
        journal.forget_all();
        self.shared.recorded.forget_all();
    }
}
