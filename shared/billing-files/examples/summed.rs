//! Sums a billing file by what a cube tells apart: `cargo run --release --example summed -- FILE WORKERS TAG...`.

use std::num::NonZeroUsize;
use std::time::Instant;

use dayone_billing_files::{ReadOptions, sum};
use dayone_domain::cube::CubeBuilder;

#[allow(clippy::print_stdout)]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(workers)) = (arguments.next(), arguments.next().and_then(|workers| workers.parse::<NonZeroUsize>().ok())) else {
        eprintln!("name a billing file, a number of threads and tag keys");
        return;
    };
    let mut builder = CubeBuilder::new(arguments.collect());
    let options = ReadOptions { source: "example", currency_if_absent: None };
    let start = Instant::now();
    match sum(file.as_ref(), &options, workers, &mut |_| {}, &mut builder) {
        Ok(summed) => {
            let read = start.elapsed();
            let cube = builder.finish();
            println!(
                "{}, {} rows, by row: {:?}, read in {read:?}, finished in {:?}",
                summed.facts.format,
                summed.facts.rows,
                summed.by_row,
                start.elapsed()
            );
            for bill in cube.bills() {
                let (charges, cost) = cube.master_bill(bill);
                println!(
                    "{bill}: {charges} charges in {} rows, billed {}, effective {}",
                    cube.rows(bill).len(),
                    cube_text(cost.billed),
                    cube_text(cost.effective)
                );
            }
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or(""));
        }
        Err(refusal) => eprintln!("{refusal}"),
    }
}

fn cube_text(amount: dayone_domain::Exact) -> String {
    amount.to_string()
}
