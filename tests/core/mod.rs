//! What decides, without sockets: properties, simulations and what is fuzzed.

mod counts;
mod fuzz_corpora;
pub mod fuzzing;
mod golden_scenarios;
mod properties;
mod simulation;
mod submissions;
mod wallets;
