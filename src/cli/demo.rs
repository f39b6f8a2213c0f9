//! `momo-sandbox demo`: what happens to money when a callback is missed, to watch.

use std::io::stdout;

use crate::cli::arguments::{Demo, DemoName};
use crate::cli::{Failure, start_runtime};
use crate::demonstration::show::Show;
use crate::demonstration::stage::missed_callback;
use momo_sandbox_core::scenario::seed::Seed;

/// How much faster than real time the twelve hours of the day go: they take a minute.
const SPEED: f64 = 720.0;

/// Gives a demonstration.
///
/// # Errors
///
/// What the machine does not allow.
pub fn demo(arguments: &Demo) -> Result<(), Failure> {
    let mut show = Show::new(stdout(), arguments.colour.suits(&stdout()));
    let runtime = start_runtime()?;
    let (seed, speed) = (Seed(arguments.seed), SPEED * f64::from(arguments.speed));
    let given = match arguments.name {
        DemoName::MissedCallback => runtime.block_on(missed_callback(seed, speed, &mut show)),
    };
    given.map_err(|error| Failure::world(error.to_string()))
}
