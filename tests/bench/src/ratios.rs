//! Medians and ratios, and what each ratio must be. In whole hundredths: nothing here is finer than the noise.

use std::collections::BTreeMap;

use crate::contender::{Contender, Run};
use crate::data::Data;

/// Runs of one set of files, by contender and cores.
pub type Runs = BTreeMap<(Contender, usize), Vec<Run>>;

/// A ratio or a measure, beside what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What is measured.
    pub what: String,
    /// By wall time, or the measure.
    pub wall: String,
    /// By processor time, which others on the same cores disturb less; empty where that says nothing.
    pub cpu: String,
    /// What it must be.
    pub must: &'static str,
    /// Whether it is.
    pub holds: Option<bool>,
}

/// The median; of an even number of runs the lower one of the two in the middle.
pub fn median(runs: &[Run], of: fn(&Run) -> u64) -> u64 {
    let mut values: Vec<u64> = runs.iter().map(of).collect();
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// `183` → `1.83`.
fn shown(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

struct Ratios<'a>(&'a Runs);

impl Ratios<'_> {
    fn hundredths(&self, above: (Contender, usize), below: (Contender, usize), of: fn(&Run) -> u64) -> Option<u64> {
        let (above, below) = (median(self.0.get(&above)?, of), median(self.0.get(&below)?, of));
        (above * 100 + below / 2).checked_div(below)
    }

    fn line(
        &self,
        what: &str,
        [above, below]: [(Contender, usize); 2],
        must: &'static str,
        holds: impl Fn(u64) -> Option<bool>,
    ) -> Option<Line> {
        let wall = self.hundredths(above, below, |run| run.microseconds)?;
        // Two cores take the time of both; that ratio says nothing.
        let cpu = (above.1 == below.1).then(|| self.hundredths(above, below, |run| run.cpu_milliseconds)).flatten();
        Some(Line { what: what.to_owned(), wall: shown(wall), cpu: cpu.map(shown).unwrap_or_default(), must, holds: holds(wall) })
    }

    fn peak(&self, cores: usize, must: &'static str, most: Option<u64>) -> Option<Line> {
        let mebibytes = median(self.0.get(&(Contender::Job, cores))?, |run| run.peak_kib).div_ceil(1_024);
        let what = format!("peak memory of Day One, {}", of_cores(cores));
        Some(Line { what, wall: format!("{mebibytes} MiB"), cpu: String::new(), must, holds: most.map(|most| mebibytes <= most) })
    }
}

/// `1 core`, `2 cores`.
pub fn of_cores(cores: usize) -> String {
    format!("{cores} core{}", if cores == 1 { "" } else { "s" })
}

/// The ratios of one set of files. What must hold is asked of 10 million charges of Parquet, and of csv.gz.
pub fn lines(data: &Data, runs: &Runs) -> Vec<Line> {
    use Contender::{DuckDb, DuckDbCube, Job, Limit, Polars};
    let ratios = Ratios(runs);
    let (one, two) = (1, 2);
    let is_asked = data.millions == 10 || data.is_gzip();
    let at_most = |most: u64| move |ratio: u64| is_asked.then_some(ratio <= most);
    let against_peers = [
        ratios.line("DuckDB ÷ Day One, 1 core", [(DuckDb, one), (Job, one)], "at least 4, reach 5", |ratio| {
            (is_asked && !data.is_gzip()).then_some(ratio >= 400)
        }),
        ratios.line("DuckDB ÷ Day One, 2 cores", [(DuckDb, two), (Job, two)], "", |_| None),
        ratios.line("DuckDB with a cube ÷ Day One, 1 core", [(DuckDbCube, one), (Job, one)], "", |_| None),
        ratios.line("Polars ÷ Day One, 1 core", [(Polars, one), (Job, one)], "", |_| None),
        ratios.line("Polars ÷ Day One, 2 cores", [(Polars, two), (Job, two)], "", |_| None),
    ];
    let own = if data.is_gzip() {
        vec![
            ratios.line("Day One ÷ zlib-rs, 1 core", [(Job, one), (Limit, one)], "at most 1.25, reach below 1", at_most(125)),
            ratios.line("Day One ÷ zlib-rs, 2 cores", [(Job, two), (Limit, two)], "", |_| None),
            ratios.peak(one, "", None),
            ratios.peak(two, "", None),
        ]
    } else {
        vec![
            ratios.line("Day One ÷ limit, 1 core", [(Job, one), (Limit, one)], "at most 2, reach 1.5", at_most(200)),
            ratios.line("Day One ÷ limit, 2 cores", [(Job, two), (Limit, two)], "", |_| None),
            ratios.line("Day One, 1 core ÷ 2 cores", [(Job, one), (Job, two)], "reach 1.7", |_| None),
            ratios.peak(one, "at most 160 MiB", is_asked.then_some(160)),
            ratios.peak(two, "at most 256 MiB", is_asked.then_some(256)),
        ]
    };
    own.into_iter().chain(against_peers).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Format;

    fn run(milliseconds: u64) -> Run {
        Run { microseconds: milliseconds * 1_000, cpu_milliseconds: milliseconds, peak_kib: 1_024 * 161 }
    }

    #[test]
    fn the_median_leaves_outliers_alone() {
        let runs = [run(5), run(900), run(4)];
        assert_eq!(median(&runs, |run| run.cpu_milliseconds), 5);
        assert_eq!(median(&[], |run| run.cpu_milliseconds), 0);
    }

    #[test]
    fn a_ratio_that_fails_what_it_must_be_says_so() {
        let of = |job| Runs::from([((Contender::Limit, 1), vec![run(1_000)]), ((Contender::Job, 1), vec![run(job)])]);
        let data = Data::new(Format::Focus, 10);
        for (job, ratio, holds) in [(2_000, "2.00", true), (2_010, "2.01", false)] {
            let lines = lines(&data, &of(job));
            assert_eq!((lines[0].wall.as_str(), lines[0].holds), (ratio, Some(holds)));
            assert_eq!((lines[1].wall.as_str(), lines[1].holds), ("161 MiB", Some(false)));
        }
        assert_eq!(lines(&Data::new(Format::Focus, 1), &of(2_010))[0].holds, None, "asked of 10 million");
        let gzip = lines(&Data::new(Format::Legacy, 1), &of(1_260));
        assert_eq!((gzip[0].wall.as_str(), gzip[0].holds), ("1.26", Some(false)));
    }
}
