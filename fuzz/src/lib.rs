//! What the fuzz targets run, which `cargo test` runs too, on the corpora.

#[path = "../../tests/core/fuzzing/mod.rs"]
pub mod fuzzing;
