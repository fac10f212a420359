//! Values of CUR 2.0 and of the legacy CUR: as in `focus`, behind a byte that says which.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let [which, values @ ..] = input {
        dayone_fuzz::read_values(if which % 2 == 0 { "cur-2" } else { "legacy" }, values);
    }
});
