//! What a space is given at its start, and how much it keeps.

use std::sync::Arc;

use crate::model::environment::Environment;
use crate::model::limits::Limits;
use crate::scenario::rule_book::RuleBook;
use crate::scenario::seed::Seed;

/// What a space is given at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The rules in force.
    pub rules: Arc<RuleBook>,
    /// The seed of all draws.
    pub seed: Seed,
    /// The target environment.
    pub environment: &'static Environment,
    /// How much is kept, among the other limits.
    pub limits: Limits,
}
