//! Resets: everything that happened is forgotten, after a last look for callers that keep something
//! of it.

use crate::engine::global_journal::GlobalJournal;
use crate::engine::space::{GlobalEntries, Space};
use crate::engine::spaces::Spaces;
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::footprint::Kept;

/// A last look at everything that a reset is about to forget. It runs under a lock, so it must be
/// quick and enter no space.
pub trait LastLook {
    fn at_space(&self, platform: &Platform);

    /// Looks at the global journal, for the unauthenticated requests.
    fn at_global_journal(&self, journal: &GlobalJournal);
}

/// Keeps nothing.
impl LastLook for () {
    fn at_space(&self, _: &Platform) {}

    fn at_global_journal(&self, _: &GlobalJournal) {}
}

impl Spaces {
    /// Forgets everything that happened in a space, and releases what its refunds reserved in
    /// others. Returns how many transactions there were.
    pub fn reset(&self, space: &Space) -> usize {
        self.reset_after(space, &())
    }

    /// Resets a space after a last look. Returns how many transactions there were.
    pub fn reset_after(&self, space: &Space, last_look: &impl LastLook) -> usize {
        self.reset_space(space, last_look, GlobalEntries::Forget)
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
