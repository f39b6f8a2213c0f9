//! What became of late answers, for the journal.

use std::time::Duration;

use tokio::sync::watch;

use crate::engine::space::Space;
use crate::engine::spaces::Spaces;
use momo_sandbox_core::platform::arrival::LateAnswer;
use momo_sandbox_core::platform::event::EventKind;
use momo_sandbox_core::platform::journal::Happened;

impl Spaces {
    /// How many clients wait for answers that are not due yet.
    pub fn waiting_clients(&self) -> &watch::Sender<usize> {
        &self.shared.waiting_clients
    }

    /// Waits until no client waits for a late answer, or until so much of the machine's time is
    /// over: whether a program that has ended gave up an answer is known a little later.
    pub async fn no_client_waits(&self, within: Duration) {
        let mut waiting = self.waiting_clients().subscribe();
        // The sender is that of the spaces, so it is still there.
        let _ = tokio::time::timeout(within, waiting.wait_for(|count| *count == 0)).await;
    }

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
