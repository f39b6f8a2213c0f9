//! The one door through which time comes in.

#![expect(clippy::disallowed_methods, reason = "this is the door that the ban points to")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::model::time::Timestamp;

/// The emulator's clock. It only moves forward: by itself, and by being advanced.
#[derive(Debug)]
pub struct Clock {
    origin: Timestamp,
    /// Monotonic time at the start, and how many times faster this clock runs; a manual clock does
    /// not run.
    runs: Option<(Instant, u32)>,
    ahead: watch::Sender<Duration>,
}

impl Clock {
    /// A clock that runs with the machine: the wall clock at the start, and monotonic time from
    /// there, so that a correction of the wall clock never moves it back.
    pub fn real() -> Self {
        Self::times(1)
    }

    /// A clock that starts with the machine's and runs so many times faster.
    pub fn times(factor: u32) -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            origin: Timestamp(0).after(since_epoch),
            runs: Some((Instant::now(), factor)),
            ahead: watch::Sender::default(),
        }
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn manual(start: Timestamp) -> Self {
        Self { origin: start, runs: None, ahead: watch::Sender::default() }
    }

    /// A clock that stands at the machine's time until it is advanced.
    pub fn standing_now() -> Self {
        Self { runs: None, ..Self::real() }
    }

    /// `real`, `manual` or such as `x60`.
    pub fn mode(&self) -> String {
        match self.runs {
            None => "manual".to_owned(),
            Some((_, 1)) => "real".to_owned(),
            Some((_, factor)) => format!("x{factor}"),
        }
    }

    /// Whether it stands until it is advanced.
    pub fn stands(&self) -> bool {
        self.runs.is_none()
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        let run = match self.runs {
            Some((started, factor)) => started.elapsed().saturating_mul(factor),
            None => Duration::ZERO,
        };
        self.origin.after(run).after(*self.ahead.borrow())
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.ahead.send_modify(|ahead| *ahead = ahead.saturating_add(by));
    }

    /// Waits until that time.
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut moved = self.ahead.subscribe();
        loop {
            let left = at.since(self.now());
            if left.is_zero() {
                return;
            }
            let run = async {
                match self.runs {
                    // A millisecond more: what is left was rounded.
                    Some((_, factor)) => {
                        tokio::time::sleep(left / factor + Duration::from_millis(1)).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = run => {}
                // The sender is `self`, so the channel cannot close while we wait.
                _ = moved.changed() => {}
            }
        }
    }
}
