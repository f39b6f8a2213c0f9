//! `momosandbox demo`: shows what happens to money when a callback is missed, or a platform closes.

use std::io::stdout;

use clap::{Args, ValueEnum};

use crate::cli::colour::ColourArguments;
use crate::cli::failure::Failure;
use crate::cli::runtime::start_runtime;
use crate::demonstration::cutover::cutover;
use crate::demonstration::output::Output;
use crate::demonstration::run::missed_callback;
use momo_sandbox_core::scenario::seed::Seed;

/// The speed of `--speed 1`: the twelve hours of the day take a minute.
const SPEED: f64 = 720.0;

/// The arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Which demonstration
    #[arg(value_name = "NAME")]
    pub name: DemoName,

    /// How many times faster; at 1 it takes a minute
    #[arg(
        long,
        default_value_t = 1,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub speed: u32,

    /// Seed; the same seed repeats the day
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,

    #[command(flatten)]
    pub colour: ColourArguments,
}

/// The demonstrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DemoName {
    /// Two shops over a day on which every third callback is lost.
    MissedCallback,
    /// Two shops on the day on which MTN moves to its new platform, with payments in flight.
    Cutover,
}

/// Runs a demonstration.
///
/// # Errors
///
/// The emulator or a listener of the demonstration does not start, or a request fails.
pub fn run(arguments: &DemoArguments) -> Result<(), Failure> {
    let mut output = Output::new(stdout(), arguments.colour.is_wanted(&stdout()));
    let runtime = start_runtime()?;
    let (seed, speed) = (Seed(arguments.seed), SPEED * f64::from(arguments.speed));
    let done = match arguments.name {
        DemoName::MissedCallback => runtime.block_on(missed_callback(seed, speed, &mut output)),
        DemoName::Cutover => runtime.block_on(cutover(seed, speed, &mut output)),
    };
    done.map_err(|error| Failure::environment(error.to_string()))
}
