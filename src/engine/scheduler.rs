//! Wakes each space when something in it is due.

use crate::engine::spaces::Spaces;

/// Wakes spaces until the emulator stops.
pub async fn run(spaces: &Spaces) {
    let wake_ups = spaces.wake_ups();
    while !spaces.has_stopped() {
        let earlier = wake_ups.earlier.notified();
        match wake_ups.next() {
            None => earlier.await,
            Some(at) => tokio::select! {
                () = spaces.clock().sleep_until(at) => spaces.catch_up(),
                () = earlier => {}
            },
        }
    }
}
