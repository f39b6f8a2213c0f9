//! What is fuzzed, each a function of bytes that panics where a promise is broken. `fuzz/` runs
//! them on inputs that libFuzzer makes up, `tests/core/fuzz_corpora.rs` on those that are kept.

pub mod callback_url;
pub mod certificate_name;
pub mod form;
mod harness;
mod invariants;
pub mod request;
pub mod scenario;
mod script;

/// A target.
pub type Target = fn(&[u8]);

/// All targets, by the names of their programs and corpora.
pub const TARGETS: [(&str, Target); 5] = [
    ("callback_url", callback_url::run),
    ("certificate_name", certificate_name::run),
    ("form", form::run),
    ("request", request::run),
    ("scenario", scenario::run),
];
