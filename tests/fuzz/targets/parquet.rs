//! Parquet, whatever its footer and pages claim.
#![no_main]

use dayone_mutation::cases::Oracle;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The magic bytes are given: to find them would be a waste.
    let file = [b"PAR1", bytes.strip_prefix(b"PAR1").unwrap_or(bytes)].concat();
    dayone_fuzz::read(&file, &Oracle::Unknown(0));
});
