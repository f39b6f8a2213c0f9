//! What the fuzz targets run, which `cargo test` runs too, on the corpora.

#[path = "../../tests/fuzzing/mod.rs"]
pub mod fuzzing;
