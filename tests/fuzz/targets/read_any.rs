//! Any bytes: container and format are told from the content.
#![no_main]

use dayone_mutation::cases::Oracle;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| dayone_fuzz::read(bytes, &Oracle::Unknown(0)));
