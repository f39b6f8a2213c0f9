//! A rate limit for requests: when the next one may be sent, as a function of time.

use std::time::Duration;

use momo_sandbox_core::model::time::Timestamp;

/// The most requests a second to any gateway.
pub const REQUESTS_PER_SECOND_MAX: u32 = 5;

/// The time of each request: one interval after the one before, or now.
#[derive(Debug, Clone)]
pub struct Pace {
    interval: Duration,
    free_at: Option<Timestamp>,
}

impl Pace {
    /// At most `requests` requests a second; 0 counts as 1.
    pub fn per_second(requests: u32) -> Self {
        let milliseconds = 1000_u32.div_ceil(requests.max(1));
        Self { interval: Duration::from_millis(milliseconds.into()), free_at: None }
    }

    /// No bound: for an emulator in the same process.
    pub fn unbounded() -> Self {
        Self { interval: Duration::ZERO, free_at: None }
    }

    /// How long the next request must wait from now on. It counts as sent then.
    pub fn next(&mut self, now: Timestamp) -> Duration {
        let at = self.free_at.map_or(now, |free_at| free_at.max(now));
        self.free_at = Some(at.after(self.interval));
        at.since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_has_more_than_five_requests_however_they_come() {
        // The times at which requests ask to be sent: a burst, a pause, another burst.
        let asked: Vec<u64> = [vec![0; 20], vec![9000; 12], vec![9050, 9060, 12_000]].concat();
        let mut pace = Pace::per_second(REQUESTS_PER_SECOND_MAX);
        let sent: Vec<Timestamp> = asked
            .iter()
            .map(|asked| Timestamp(0).after(Duration::from_millis(*asked)))
            .map(|now| now.after(pace.next(now)))
            .collect();
        for (index, first) in sent.iter().enumerate() {
            let end = first.after(Duration::from_secs(1));
            let in_a_second = sent[index..].iter().filter(|at| **at < end).count();
            assert!(in_a_second <= 5, "{in_a_second} requests within a second of {first}");
        }
        assert_eq!(sent[19], Timestamp(0).after(Duration::from_millis(3800)));
        assert_eq!(sent[20], Timestamp(0).after(Duration::from_secs(9)), "a pause earns no burst");
    }

    #[test]
    fn a_gateway_that_is_our_own_is_not_waited_for() {
        let mut pace = Pace::unbounded();
        let waits = (0..100).map(|_| pace.next(Timestamp(5)));
        assert!(waits.into_iter().all(|wait| wait.is_zero()));
    }
}
