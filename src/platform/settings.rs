//! What a space is given at its start, and how much it keeps.

use std::sync::Arc;

use crate::model::environment::Environment;
use crate::scenario::dice::Seed;
use crate::scenario::rule_book::RuleBook;

/// What a space is given at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The rules in force.
    pub rules: Arc<RuleBook>,
    /// The seed of all draws.
    pub seed: Seed,
    /// The target environment.
    pub environment: &'static Environment,
    /// How much is kept.
    pub limits: Limits,
}

/// How much a space keeps, so that memory is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many settled transactions; the oldest goes first.
    pub settled: usize,
    /// How many entries of the journal; the oldest goes first.
    pub journal: usize,
    /// How many pending transactions; beyond it a POST meets a 503.
    pub pending: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { settled: 100_000, journal: 100_000, pending: 1_000_000 }
    }
}
