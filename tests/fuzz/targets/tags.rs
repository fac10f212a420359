//! Tags as JSON, in a charge that is right otherwise.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// Column `Tags` of the FOCUS seed.
const TAGS: u8 = 22;

fuzz_target!(|tags: &[u8]| {
    if !tags.contains(&0xff) {
        dayone_fuzz::read_values("focus", &[&[TAGS], tags].concat());
    }
});
