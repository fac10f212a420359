//! The clock of a home whose months were lived in a story: it goes on from where the story ended.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use dayone_ports::Clock;

use crate::failure::Failure;

/// The file of a home that says how far its clock is ahead of the machine's: whole seconds, below nought behind it. A
/// home that has it was made by `dayone demo`.
pub const CLOCK_FILE: &str = "demo-clock";
/// Longer than any number of seconds.
const MOST_BYTES: u64 = 32;

/// A clock that stands where the story has come to.
#[derive(Debug)]
pub struct StoryClock(Mutex<DateTime<Utc>>);

impl StoryClock {
    /// A clock that stands at the beginning of the story.
    pub fn at(beginning: DateTime<Utc>) -> StoryClock {
        StoryClock(Mutex::new(beginning))
    }

    /// Goes on to a moment.
    ///
    /// # Panics
    /// Where the moment has passed: whoever reads a trail relies on the order of its dates.
    pub fn go_to(&self, moment: DateTime<Utc>) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(*now <= moment, "the story is at {now} and does not go back to {moment}");
        *now = moment;
    }

    /// Goes on by some minutes.
    pub fn go_on(&self, minutes: i64) {
        self.go_to(self.now() + TimeDelta::minutes(minutes));
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The clock of the machine, put ahead or back.
struct Shifted {
    machine: Arc<dyn Clock>,
    by: TimeDelta,
}

impl Clock for Shifted {
    fn now(&self) -> DateTime<Utc> {
        // Out of range only where the machine's own clock is thousands of years off.
        self.machine.now().checked_add_signed(self.by).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// Notes in a home that its time goes on from here.
pub fn keep(folder: &Path, story: DateTime<Utc>, machine: DateTime<Utc>) -> Result<(), Failure> {
    let path = folder.join(CLOCK_FILE);
    fs::write(&path, format!("{}\n", (story - machine).num_seconds())).map_err(Failure::writing(&path))
}

/// The clock of a home: the machine's, or what the home's story makes of it.
pub fn of_home(folder: &Path, machine: &Arc<dyn Clock>) -> Result<Arc<dyn Clock>, Failure> {
    let path = folder.join(CLOCK_FILE);
    let metadata = match fs::metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Arc::clone(machine)),
        Err(error) => return Err(Failure::reading(&path)(error)),
    };
    let text = if metadata.len() <= MOST_BYTES { fs::read_to_string(&path).map_err(Failure::reading(&path))? } else { String::new() };
    let by = text.trim_end().parse().ok().and_then(TimeDelta::try_seconds);
    let by = by.ok_or_else(|| {
        Failure::refused(format!(
            "{}: says no number of seconds, and the demo's time is unknown. What to do: run `dayone demo` again.",
            path.display()
        ))
    })?;
    Ok(Arc::new(Shifted { machine: Arc::clone(machine), by }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn machine(text: &str) -> Arc<dyn Clock> {
        Arc::new(StoryClock::at(moment(text)))
    }

    #[test]
    fn the_time_of_a_story_goes_on_with_the_time_of_the_machine() {
        let home = tempfile::tempdir().unwrap();
        for today in ["2026-07-01T10:00:00Z", "2031-01-01T00:00:00Z"] {
            keep(home.path(), moment("2026-11-08T08:00:00Z"), moment(today)).unwrap();
            let an_hour_later: Arc<dyn Clock> = Arc::new(StoryClock::at(moment(today) + TimeDelta::hours(1)));
            assert_eq!(of_home(home.path(), &an_hour_later).unwrap().now(), moment("2026-11-08T09:00:00Z"));
        }
    }

    #[test]
    fn a_home_without_a_story_goes_by_the_machine() {
        let home = tempfile::tempdir().unwrap();
        let today = machine("2026-07-01T10:00:00Z");
        assert_eq!(of_home(home.path(), &today).unwrap().now(), today.now());
    }

    #[test]
    fn a_file_that_says_no_number_of_seconds_is_refused() {
        let home = tempfile::tempdir().unwrap();
        for text in ["", "soon", "1.5", "99999999999999999999", &"1".repeat(100)] {
            fs::write(home.path().join(CLOCK_FILE), text).unwrap();
            let refused = of_home(home.path(), &machine("2026-07-01T10:00:00Z"));
            assert!(matches!(refused, Err(Failure::Refused(messages)) if messages[0].contains("What to do")), "{text}");
        }
    }

    #[test]
    #[should_panic(expected = "does not go back")]
    fn a_story_does_not_go_back() {
        StoryClock::at(moment("2026-07-01T10:00:00Z")).go_on(-1);
    }
}
