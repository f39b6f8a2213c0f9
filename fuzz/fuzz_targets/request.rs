//! What tests/core/fuzzing/request.rs says, on whatever libFuzzer makes up.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    momo_sandbox_fuzz::fuzzing::request::run(input);
});
