//! Prints the format, the rows and the exact sums of a billing file: `cargo run --example totals -- FILE`.

use std::process::ExitCode;

use dayone_billing_files::{ReadOptions, read};
use dayone_domain::Exact;

#[allow(clippy::print_stdout)]
fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("name a billing file");
        return ExitCode::FAILURE;
    };
    let options = ReadOptions { source: "example", currency_if_absent: None };
    let mut sums = [Exact::ZERO; 4];
    let facts = read(file.as_ref(), &options, &mut |charge| {
        let cost = &charge.cost;
        let costs = [cost.billed, cost.effective, cost.list.unwrap_or_default(), cost.contracted.unwrap_or_default()];
        for (sum, cost) in sums.iter_mut().zip(costs) {
            *sum += cost;
        }
        Ok(())
    });
    match facts {
        Ok(facts) => {
            println!("{}, {}, {} rows, {} columns", facts.format, facts.container, facts.rows, facts.columns);
            println!("billed     {}\neffective  {}", sums[0], sums[1]);
            if facts.has_list {
                println!("list       {}", sums[2]);
            }
            if facts.has_contracted {
                println!("contracted {}", sums[3]);
            }
            for note in facts.notes {
                println!("{note}");
            }
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::FAILURE
        }
    }
}
