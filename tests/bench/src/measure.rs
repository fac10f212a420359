//! What a contender of the bench says of its run.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

/// Most memory that this process has held at once, in KiB; nought where the system does not say (`/proc` of Linux).
pub fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Processor time of this process, all threads together, in milliseconds; nought where the system does not say. The
/// system counts it in hundredths of a second.
pub fn cpu_milliseconds() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program comes second, in brackets; of what follows, user and system time are the 12th and 13th.
    let after_name = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks = after_name.split_ascii_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    ticks.sum::<u64>() * 10
}

/// The line that a contender prints: whole microseconds, processor time, memory, charges, and sums by cost group where it made any.
pub fn report(took: Duration, charges: u64, groups: &Value) -> Value {
    let microseconds = u64::try_from(took.as_micros()).expect("INVARIANT: less than an age");
    json!({ "microseconds": microseconds, "cpu_milliseconds": cpu_milliseconds(), "peak_kib": peak_kib(), "charges": charges, "groups": groups })
}
