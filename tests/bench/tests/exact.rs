//! What is read of generated files equals what was generated, to the last digit.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use dayone_bench::charge::{Charges, GeneratedCharge};
use dayone_bench::check::exactly;
use dayone_bench::columns::Column;
use dayone_bench::company::Company;
use dayone_bench::control::{Control, Sums};
use dayone_bench::{cur, focus, job, legacy, parquet_file, rules};
use serde_json::json;

const CHARGES: u64 = 20_000;

fn holds(write: impl Fn(&Path, &mut Charges<'_>, &mut Control)) {
    let folder = tempfile::tempdir().unwrap();
    let (file, tree) = (folder.path().join("file"), folder.path().join("tree.yaml"));
    let company = Company::new();
    let mut control = Control::default();
    write(&file, &mut Charges::new(&company, 7), &mut control);
    fs::write(&tree, rules::tree()).unwrap();
    let trees = job::read(&tree).unwrap();
    for threads in [1, 2] {
        let found = job::run(std::slice::from_ref(&file), &trees, NonZeroUsize::new(threads).unwrap()).unwrap();
        let found = json!({ "charges": found.charges, "groups": found.groups });
        assert_eq!(exactly(&[control.to_json()], &found), Ok(()));
    }
}

fn parquet(columns: &[Column], costs: fn(&GeneratedCharge) -> Sums) {
    holds(|file, charges, control| parquet_file::write(file, columns, costs, charges, CHARGES, control).unwrap());
}

#[test]
fn of_focus_as_parquet() {
    parquet(&focus::columns(), focus::costs);
}

#[test]
fn of_cur_2_as_parquet() {
    parquet(&cur::columns(), cur::costs);
}

#[test]
fn of_a_legacy_cur_as_csv_gz() {
    holds(|file, charges, control| legacy::write(file, charges, CHARGES, control).unwrap());
}
