//! What became of late answers, for the journal.

use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::platform::arrival::LateAnswer;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::journal::Happened;

impl Spaces {
    /// Writes in the journal whether a client waited for a late answer: in that of its space, if it
    /// was not reset since, or in the global journal where there is no space.
    pub fn note_late_answer(
        &self,
        space: Option<(&Space, u64)>,
        answer: LateAnswer,
        is_awaited: bool,
    ) {
        match space {
            Some((space, generation)) => self.enter(space, |platform, _| {
                match (platform.generation() == generation, is_awaited) {
                    (false, _) => {}
                    (true, true) => platform.note_awaited(answer),
                    (true, false) => platform.note_not_awaited(answer),
                }
            }),
            None => {
                let kind =
                    if is_awaited { EventKind::AnswerAwaited } else { EventKind::AnswerNotAwaited };
                self.note_in_no_space(Happened::LateAnswer { kind, answer: Box::new(answer) });
            }
        }
    }
}
