//! Random users, hundreds of seeds of them: whatever they do, the promises hold after every step.
//!
//! A failure prints its seed and the command that repeats it.

mod invariants;
mod random_users;
mod regressions;
mod scenarios;

use random_users::{Coverage, Simulation};

const SEEDS: u64 = 500;
const STEPS: usize = 250;

/// Says how to repeat the run that panicked.
struct Repeat(u64);

impl Drop for Repeat {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.0;
            eprintln!(
                "seed {seed} fails; repeat it with\n  \
                 MOMO_SANDBOX_SEED={seed} cargo test --test suite -- simulation"
            );
        }
    }
}

/// The seed to repeat, or hundreds.
fn seeds() -> Vec<u64> {
    #[expect(clippy::disallowed_methods, reason = "the seed of a failure that is repeated")]
    let wanted = std::env::var("MOMO_SANDBOX_SEED");
    match wanted {
        Ok(seed) => vec![seed.parse().expect("MOMO_SANDBOX_SEED is a number")],
        Err(_) => (0..SEEDS).collect(),
    }
}

/// Plays a seed to its end; returns what was written down, and what was seen.
fn play(seed: u64) -> (String, Coverage) {
    let _repeat = Repeat(seed);
    let mut simulation = Simulation::new(seed);
    for _ in 0..STEPS {
        simulation.step();
    }
    let journal = simulation.journal();
    simulation.end();
    (journal, simulation.coverage)
}

#[test]
fn whatever_random_users_do_the_promises_hold() {
    let seeds = seeds();
    let mut coverage = Coverage::new();
    for seed in &seeds {
        for (case, count) in play(*seed).1 {
            *coverage.entry(case).or_default() += count;
        }
    }
    if seeds.len() > 1 {
        // A simulation in which nothing happens proves nothing.
        for case in COVERED {
            let count = coverage.get(case).copied().unwrap_or_default();
            assert!(count >= 20, "{case} was seen {count} times only: {coverage:#?}");
        }
    }
}

#[test]
fn the_same_seed_writes_the_same_journal() {
    for seed in seeds().into_iter().take(60) {
        let _repeat = Repeat(seed);
        let (first, second) = (play(seed).0, play(seed).0);
        assert!(first == second, "two runs of one seed differ");
        assert!(first != play(seed + 1_000_000).0, "another seed is another run");
    }
}

/// What must have been seen.
const COVERED: &[&str] = &[
    "an acceptance",
    "a callback",
    "a status",
    "a payout",
    "a payout refused",
    "a refund",
    "a refund of another's payment",
    "a refund of a payout",
    "a payout without a ledger",
    "a duplicate reference",
    "a full space",
    "a submission that creates nothing",
    "a rate limit",
    "a payer's act",
    "a callback by hand",
    "the end of a callback by hand",
    "a cancelled invoice",
    "a cancelled preapproval",
    "a consent",
    "another scenario",
    "a reset",
    "a reset of a wallet",
    "the end of a callback from before a reset",
];
