//! Text: what is read has the sums of its columns.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Other containers are other targets.
    let magic: [&[u8]; 4] = [b"\x1f\x8b", b"PK", b"PAR1", b"PARE"];
    if !magic.iter().any(|magic| bytes.starts_with(magic)) {
        dayone_fuzz::read_text(bytes);
    }
});
