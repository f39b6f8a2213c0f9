//! The emulator's clock, and the only place that reads the machine's time.

#![expect(clippy::disallowed_methods, reason = "this is the place that the ban points to")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use momo_sandbox_core::model::time::Timestamp;

/// The machine's monotonic time, for what happens on sockets, which no manual clock stops.
pub fn monotonic() -> Instant {
    Instant::now()
}

/// The emulator's clock. It only moves forward: by itself while it runs, and by being advanced.
#[derive(Debug)]
pub struct Clock {
    /// How many times faster than the machine it runs, when it runs.
    factor: u32,
    /// Whether it was started as a manual clock. Its mode stays `manual` even while it runs.
    is_manual: bool,
    state: watch::Sender<State>,
}

/// The time at some moment, and the monotonic time of that moment unless the clock is paused.
#[derive(Debug, Clone, Copy)]
struct State {
    at: Timestamp,
    running_since: Option<Instant>,
}

impl State {
    fn now(self, factor: u32) -> Timestamp {
        let run = self.running_since.map(|since| since.elapsed().saturating_mul(factor));
        self.at.after(run.unwrap_or_default())
    }
}

impl Clock {
    fn new(factor: u32, is_manual: bool, at: Timestamp) -> Self {
        let running_since = (!is_manual).then(Instant::now);
        Self { factor, is_manual, state: watch::Sender::new(State { at, running_since }) }
    }

    /// A clock that runs with the machine: the wall clock at the start, and monotonic time from
    /// there, so that a correction of the wall clock never moves it back.
    pub fn real() -> Self {
        Self::times(1)
    }

    /// A clock that starts with the machine's and runs `factor` times faster.
    pub fn times(factor: u32) -> Self {
        Self::new(factor, false, wall_clock())
    }

    /// A clock that is paused at `start`.
    pub fn manual(start: Timestamp) -> Self {
        Self::new(1, true, start)
    }

    /// A clock that is paused at the machine's time.
    pub fn paused_now() -> Self {
        Self::manual(wall_clock())
    }

    /// The mode that it was started in: `real`, `manual`, or a factor such as `x60`.
    pub fn mode(&self) -> String {
        match (self.is_manual, self.factor) {
            (true, _) => "manual".to_owned(),
            (false, 1) => "real".to_owned(),
            (false, factor) => format!("x{factor}"),
        }
    }

    /// Whether it moves only by being advanced.
    pub fn is_paused(&self) -> bool {
        self.state.borrow().running_since.is_none()
    }

    pub fn now(&self) -> Timestamp {
        self.state.borrow().now(self.factor)
    }

    pub fn advance(&self, by: Duration) {
        self.state.send_modify(|state| state.at = state.at.after(by));
    }

    /// Moves forward to `target`, unless it is past that already.
    pub fn advance_to(&self, target: Timestamp) {
        let factor = self.factor;
        self.state.send_if_modified(|state| {
            let left = target.since(state.now(factor));
            state.at = state.at.after(left);
            !left.is_zero()
        });
    }

    pub fn pause(&self) {
        let factor = self.factor;
        self.state.send_modify(|state| {
            *state = State { at: state.now(factor), running_since: None };
        });
    }

    /// Resumes from the time at which it was paused. A manual clock then runs with the machine.
    pub fn run(&self) {
        self.state.send_modify(|state| {
            state.running_since.get_or_insert_with(Instant::now);
        });
    }

    /// Waits until the clock shows `at`.
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut moved = self.state.subscribe();
        loop {
            let left = at.since(self.now());
            if left.is_zero() {
                return;
            }
            let is_paused = moved.borrow_and_update().running_since.is_none();
            let run = async {
                if is_paused {
                    std::future::pending::<()>().await;
                } else {
                    // A millisecond more: what is left was rounded.
                    tokio::time::sleep(left / self.factor + Duration::from_millis(1)).await;
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

/// The machine's wall clock. Certificates and dates go by it, whatever the emulator's clock says.
pub fn wall_clock() -> Timestamp {
    Timestamp(0).after(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
