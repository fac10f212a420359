//! Reads the cases of a range, one after the other.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dayone_mutation::cases::{Case, Oracle, case};
use dayone_mutation::check::{Ending, Totals, judge, totals};
use dayone_mutation::seeds::{self, Body, Seed};

/// Longest that one file may take; a thousand times of what they take.
const LONGEST: Duration = Duration::from_secs(2);

/// Cases between two lines that say how far the work is.
const CASES_A_LINE: u64 = 64;

/// The folder in which files stay that something is wrong with.
pub fn kept_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    target.join("mutation")
}

/// Reads the cases; says on standard output what it finds and how far it is. The file that is being read lies in
/// `folder` under the number of its case.
pub fn work(run: u64, from: u64, to: u64, folder: &Path) -> Result<(), String> {
    let seeds = seeds::all();
    let of_seeds = sums_of_seeds(&seeds, folder)?;
    let mut endings = [0u64; 3];
    let mut out = io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string());
    for number in from..to {
        let case = case(&seeds, run, number);
        let path = folder.join(number.to_string());
        write(&path, &case.bytes)?;
        let begin = Instant::now();
        let judged = judge(&path, &case.oracle, &|place| of_seeds[place].clone().expect("INVARIANT: only bills are held against seeds"));
        let took = begin.elapsed();
        match judged {
            Ok(ending) => endings[ending as usize] += 1,
            Err(what) => say(format!("found {number} {}: {what}", case.name))?,
        }
        if took > LONGEST {
            say(format!("found {number} {}: it took {} ms", case.name, took.as_millis()))?;
        }
        fs::remove_file(&path).map_err(|error| error.to_string())?;
        if (number + 1) % CASES_A_LINE == 0 || number + 1 == to {
            say(format!("done {} {} {} {}", number + 1, endings[0], endings[1], endings[2]))?;
        }
    }
    Ok(())
}

/// Makes the file of one case and reads it here; whether it goes right.
pub fn only(run: u64, number: u64) -> Result<bool, String> {
    let seeds = seeds::all();
    let Case { name, bytes, oracle } = case(&seeds, run, number);
    let folder = kept_folder();
    fs::create_dir_all(&folder).map_err(|error| format!("`{}` cannot be made: {error}", folder.display()))?;
    let of_seeds = sums_of_seeds(&seeds, &folder)?;
    let path = folder.join(format!("{number}-{name}"));
    write(&path, &bytes)?;
    let what = match &oracle {
        Oracle::OfText(_) => "the sums of its text".to_owned(),
        Oracle::OfSeed(place) => format!("the sums of {}", seeds[*place].name),
        other => format!("{other:?}"),
    };
    crate::say(&format!("{}: {} bytes, held against: {what}", path.display(), bytes.len()));
    let begin = Instant::now();
    let judged = judge(&path, &oracle, &|place| of_seeds[place].clone().expect("INVARIANT: only bills are held against seeds"));
    crate::say(&format!("{judged:?} after {} ms", begin.elapsed().as_millis()));
    if let (Ok(Ending::Refused), false) = (&judged, oracle == Oracle::Cube) {
        totals(&path).map_or_else(|refusal| crate::say(&refusal.to_string()), |_| ());
    }
    Ok(judged.is_ok())
}

fn sums_of_seeds(seeds: &[Seed], folder: &Path) -> Result<Vec<Option<Totals>>, String> {
    let path = folder.join("seed");
    let of = |seed: &Seed| match seed.body {
        Body::Cube(_) => Ok(None),
        _ => write(&path, seed.bytes()).and_then(|()| totals(&path).map(Some).map_err(|refusal| format!("{}: {refusal}", seed.name))),
    };
    let sums = seeds.iter().map(of).collect::<Result<_, _>>()?;
    fs::remove_file(&path).map_err(|error| error.to_string())?;
    Ok(sums)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("`{}` cannot be written: {error}", path.display()))
}
