//! Draws from the system's randomness: the seed of a run that has none, and secrets.

use rand::RngExt;
use rand::rngs::ThreadRng;

use crate::control::guard::ControlToken;
use momo_sandbox_core::scenario::seed::Seed;

/// A seed for a run without `--seed`: six digits, which are easy to read out and to type.
pub fn random_seed() -> Seed {
    Seed(system_rng().random_range(0..1_000_000))
}

/// A seed for ids that must be new to a gateway which others use too.
pub fn random_wide_seed() -> Seed {
    Seed(system_rng().random())
}

/// A control token for a run without `--control-token`.
pub fn random_control_token() -> ControlToken {
    let token = format!("{:032x}", system_rng().random::<u128>());
    ControlToken::parse(&token).expect("hexadecimal digits are visible ASCII")
}

#[expect(clippy::disallowed_methods, reason = "the one place that draws without a seed")]
fn system_rng() -> ThreadRng {
    rand::rng()
}
