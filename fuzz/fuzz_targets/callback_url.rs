//! What tests/core/fuzzing/callback_url.rs says, on whatever libFuzzer makes up.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    momo_sandbox_fuzz::fuzzing::callback_url::run(input);
});
