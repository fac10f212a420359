//! Values of FOCUS: the place of a column and a value for it, again and again, with 0xff behind each.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| dayone_fuzz::read_values("focus", input));
