//! Reads the global journal: the order from there, each entry from its space.

use std::ops::ControlFlow;

use crate::engine::global_journal::{GlobalJournal, Position};
use crate::engine::spaces::Spaces;
use momo_sandbox_core::model::ids::ApiUserId;
use momo_sandbox_core::platform::journal::{Journal, JournalEntry};

/// How many positions are read at once, so that reading a part does not copy the whole order.
const POSITIONS_AT_ONCE: usize = 256;

impl Spaces {
    /// Gives the entries from a number on to `take`, until it breaks: the number in the global
    /// journal, the API user of the space, and the entry. Entries that are written meanwhile are
    /// not shown, and those that are evicted meanwhile are left out.
    pub fn read_entries(
        &self,
        mut from: u64,
        mut take: impl FnMut(u64, Option<ApiUserId>, &JournalEntry) -> ControlFlow<()>,
    ) {
        let until = self.read_global_journal(GlobalJournal::written);
        while from < until {
            let mut positions =
                self.read_global_journal(|all| all.positions_from(from, POSITIONS_AT_ONCE));
            positions.retain(|position| position.number < until);
            let Some(last) = positions.last() else { return };
            from = last.number + 1;
            // Neighbours of the same journal are read under one lock.
            for run in positions.chunk_by(|one, next| one.api_user == next.api_user) {
                if self.read_run(run, &mut take).is_break() {
                    return;
                }
            }
        }
    }

    fn read_run(
        &self,
        run: &[Position],
        take: &mut impl FnMut(u64, Option<ApiUserId>, &JournalEntry) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(first) = run.first() else { return ControlFlow::Continue(()) };
        let mut show = |journal: &Journal| {
            let shown =
                run.iter().filter_map(|position| Some((position, entry(journal, position)?)));
            for (position, entry) in shown {
                take(position.number, position.api_user, entry)?;
            }
            ControlFlow::Continue(())
        };
        match first.api_user {
            None => self.read_global_journal(|all| show(all.unauthenticated())),
            Some(id) => match self.get(id) {
                Some(space) => self.look_into(&space, |platform| show(platform.journal())),
                None => ControlFlow::Continue(()),
            },
        }
    }
}

/// The entry at a position, if its journal still has it.
fn entry<'a>(journal: &'a Journal, position: &Position) -> Option<&'a JournalEntry> {
    let entry = journal.entries_from(position.entry).next();
    entry.filter(|entry| entry.number == position.entry)
}
