//! Resets: what happened is forgotten, and who wants to see it a last time does.

use crate::engine::global_journal::GlobalJournal;
use crate::engine::spaces::{Space, Spaces};
use momo_sandbox_core::platform::Platform;
use momo_sandbox_core::platform::footprint::Kept;

/// What looks at all that a reset is about to forget. It holds a lock: it must be quick, and enter
/// no space.
pub trait LastLook {
    /// Looks at a space.
    fn at_space(&self, platform: &Platform);

    /// Looks at the journal of all, for the requests of callers who are nobody known.
    fn at_global_journal(&self, feed: &GlobalJournal);
}

/// Nobody wants to see it.
impl LastLook for () {
    fn at_space(&self, _: &Platform) {}

    fn at_global_journal(&self, _: &GlobalJournal) {}
}

impl Spaces {
    /// Forgets all that happened in a space, and what its refunds set aside in others. Returns how
    /// many transactions there were.
    pub fn reset(&self, space: &Space) -> usize {
        self.reset_after(space, &())
    }

    /// Forgets all that happened in a space, and what its refunds set aside in others, after a last
    /// look. Returns how many transactions there were.
    pub fn reset_after(&self, space: &Space, last_look: &impl LastLook) -> usize {
        let (count, refunds) = self.enter(space, |platform, _| {
            last_look.at_space(platform);
            let forgotten = (platform.transaction_count(), platform.refunds_elsewhere());
            self.counters().keep(platform.evicted(), platform.journal().evicted());
            platform.reset();
            forgotten
        });
        for refund in refunds {
            let elsewhere = refund.payment_elsewhere.as_deref().map(|there| there.api_user);
            if let Some(payer) = elsewhere.and_then(|payer| self.get(payer)) {
                self.enter(&payer, |platform, _| platform.release_refund(&refund));
            }
        }
        count
    }

    /// Forgets all that happened in every space, and every request, after a last look. Returns how
    /// many transactions there were.
    pub fn reset_all_after(&self, last_look: &impl LastLook) -> usize {
        let count = self.all().iter().map(|space| self.reset_after(space, last_look)).sum();
        let mut feed = self.feed.lock();
        last_look.at_global_journal(&feed);
        self.counters().keep(0, feed.evicted());
        self.memory().note(feed.kept(), Kept::default());
        feed.forget_all();
        count
    }
}
