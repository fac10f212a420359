//! Memory does not grow with the file: twenty times the charges of the same few keys take no more of it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use dayone_tests::{Tools, run, succeed};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// Rows that are written over and over.
const BLOCK: u32 = 20_000;
/// Times that they are, for the smaller and the larger file.
const FEW: u32 = 5;
const MANY: u32 = 20 * FEW;
/// What an allocator may keep beside, in KiB.
const SLACK: u64 = 8 * 1024;

const HEADER: &str = "BillingAccountId,BillingPeriodStart,BillingCurrency,ChargeCategory,InvoiceId,BilledCost,EffectiveCost,ProviderName,SubAccountId,ServiceName,ResourceId,Tags\n";

/// Every row has a resource and a tag of its own, which no sum is kept by.
fn block() -> String {
    let mut text = String::new();
    for row in 0..BLOCK {
        let (team, account) = (row % 20, row % 7);
        writeln!(
            text,
            "111122223333,2026-04-01T00:00:00Z,USD,Usage,INV-1,0.25,0.25,AWS,44445555000{account},Amazon EC2,i-{row:08},\"{{\"\"team\"\":\"\"team-{team}\"\",\"\"job\"\":\"\"{row:08}\"\"}}\""
        )
        .expect("memory can be written to");
    }
    text
}

fn write_csv(to: impl Write, times: u32) -> io::Result<()> {
    let block = block();
    let mut to = BufWriter::new(to);
    to.write_all(HEADER.as_bytes())?;
    for _ in 0..times {
        to.write_all(block.as_bytes())?;
    }
    to.flush()
}

struct Bench {
    tools: Tools,
    folder: tempfile::TempDir,
}

impl Bench {
    fn find(test: &str) -> Option<Bench> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the target folder can be written to");
        Some(Bench { tools: Tools::find(test)?, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The most memory that a preview holds, in KiB, once the preview is found to be right.
    fn peak(&self, bill: &Path, times: u32, options: &[&Path]) -> u64 {
        let mut command = self.tools.python("../cli/peak.py");
        command.arg(self.tools.dayone().get_program()).args(["preview", "--format", "json"]).arg(bill);
        for tree in options {
            command.arg("--tree").arg(tree);
        }
        let output = run(&mut command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let preview: Value = serde_json::from_slice(&output.stdout).expect("the preview is JSON");
        let charges = BLOCK * times;
        assert_eq!(preview["periods"][0]["charges"], charges);
        // A quarter for each.
        assert_eq!(preview["periods"][0]["invoiced_total"], format!("{}.00", charges / 4));
        said.trim().parse().unwrap_or_else(|_| panic!("a clean run says nothing but its peak: {said}"))
    }

    /// Writes a small and a large file and holds their peaks against each other.
    fn assert_flat(&self, name: &str, options: &[&Path], write: impl Fn(&Path, u32)) {
        let [few, many] = [FEW, MANY].map(|times| {
            let path = self.path(name);
            write(&path, times);
            let peak = self.peak(&path, times, options);
            fs::remove_file(&path).expect("a file can be removed");
            peak
        });
        let limit = few + few / 5 + SLACK;
        assert!(many < limit, "{name}: {} charges take {few} KiB, {} take {many}; the limit is {limit}", BLOCK * FEW, BLOCK * MANY);
    }
}

/// Through Python, since nothing else on every machine tells the peak of a process that has ended. Its own few MiB
/// are the least that can be measured.
#[test]
fn the_measure_sees_what_a_process_holds() {
    let Some(bench) = Bench::find("the_measure_sees_what_a_process_holds") else { return };
    let peak = |megabytes: u32| -> u64 {
        let mut command = bench.tools.python("../cli/peak.py");
        let python = command.get_program().to_owned();
        command.arg(python).args(["-c", &format!("b'x' * ({megabytes} << 20)")]);
        let said = run(&mut command).stderr;
        String::from_utf8_lossy(&said).trim().parse().expect("a number of KiB")
    };
    let (small, large) = (peak(1), peak(101));
    assert!((90_000..120_000).contains(&(large - small)), "100 MiB more are {small} and {large} KiB");
}

fn create(path: &Path) -> File {
    File::create(path).expect("the target folder can be written to")
}

#[test]
fn memory_does_not_grow_with_a_csv() {
    let Some(bench) = Bench::find("memory_does_not_grow_with_a_csv") else { return };
    bench.assert_flat("bill.csv", &[], |path, times| write_csv(create(path), times).expect("a file can be written"));
}

#[test]
fn memory_does_not_grow_with_a_gzip() {
    let Some(bench) = Bench::find("memory_does_not_grow_with_a_gzip") else { return };
    let tree = bench.path("tree.yaml");
    let text = "valid_from: 2026-01\nowners: [team@example.com]\nunallocated: { id: unallocated, owners: [finops@example.com] }\ngroups: [{ id: web }]\nrules: [{ to: web, when: { tags: { team: { prefix: team-1 } } } }]\n";
    fs::write(&tree, text).expect("a file can be written");
    bench.assert_flat("bill.csv.gz", &[&tree], |path, times| {
        let mut encoder = GzEncoder::new(create(path), Compression::fast());
        write_csv(&mut encoder, times).and_then(|()| encoder.finish()).expect("a file can be written");
    });
}

#[test]
fn memory_does_not_grow_with_a_parquet_file() {
    let Some(bench) = Bench::find("memory_does_not_grow_with_a_parquet_file") else { return };
    let rows = bench.path("block.csv");
    write_csv(create(&rows), 1).expect("a file can be written");
    bench.assert_flat("bill.parquet", &[], |path, times| {
        succeed(bench.tools.python("../cli/csv_to_parquet.py").arg(&rows).arg(times.to_string()).arg(path));
    });
}
