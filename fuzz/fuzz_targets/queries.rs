//! Bytes from outside for `properties::queries`. Must not say what has to hold.
#![no_main]

#[path = "../properties.rs"]
#[allow(dead_code, reason = "each target runs one of them")]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| properties::queries(bytes));
