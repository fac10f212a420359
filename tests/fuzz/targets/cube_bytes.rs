//! Stored charge cubes: what is read is written in the same bytes.
#![no_main]

use dayone_domain::cube::Cube;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(cube) = Cube::from_bytes(bytes) {
        assert_eq!(cube.to_bytes(), bytes);
    }
});
