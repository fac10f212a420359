//! What is read of a damaged file, and whether it may be that.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use dayone_billing_files::{ReadOptions, Refusal, read, sum};
use dayone_domain::cube::{BillKey, Cube, CubeBuilder};
use dayone_domain::exact::Exact;

use crate::cases::Oracle;
use crate::naive::{self, Decimal, NaiveSums};

/// The sums of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Charges.
    pub rows: u64,
    /// Whether the file has a list cost, and a contracted cost.
    pub has: (bool, bool),
    /// Charges, billed, effective, list and contracted cost of each bill.
    pub bills: BTreeMap<BillKey, (u64, [Exact; 4])>,
}

/// How a damaged file ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As it should most of the time.
    Refused,
    /// What was changed is read nowhere, or says the same.
    SameSums,
    /// Read, and rightly: a value is another.
    OtherSums,
}

/// Tags by which charges are told apart.
const TAG_KEYS: [&str; 2] = ["team", "env"];

const OPTIONS: ReadOptions<'static> = ReadOptions { source: "payer", currency_if_absent: None };

/// Reads a file row by row.
///
/// # Errors
/// As [`read`].
pub fn totals(path: &Path) -> Result<Totals, Refusal> {
    by_row(path).map(|(totals, _)| totals)
}

/// Likewise, with the cube of its charges.
fn by_row(path: &Path) -> Result<(Totals, Cube), Refusal> {
    let mut cube = CubeBuilder::new(TAG_KEYS.map(str::to_owned).to_vec());
    let mut bills: BTreeMap<BillKey, (u64, [Exact; 4])> = BTreeMap::new();
    let facts = read(path, &OPTIONS, &mut |charge| {
        let bill = bills.entry(BillKey { period: charge.billing_period, currency: charge.currency }).or_default();
        let cost = &charge.cost;
        bill.0 += 1;
        let costs = [cost.billed, cost.effective, cost.list.unwrap_or_default(), cost.contracted.unwrap_or_default()];
        for (sum, cost) in bill.1.iter_mut().zip(costs) {
            *sum += cost;
        }
        cube.add(charge).map_err(|error| (&error).into())
    })?;
    Ok((Totals { rows: facts.rows, has: (facts.has_list, facts.has_contracted), bills }, cube.finish()))
}

/// The cube of a file, summed in the way that is made for large ones.
fn summed(path: &Path) -> Result<Cube, Refusal> {
    let mut cube = CubeBuilder::new(TAG_KEYS.map(str::to_owned).to_vec());
    sum(path, &OPTIONS, NonZeroUsize::MIN, &mut |_| {}, &mut cube)?;
    Ok(cube.finish())
}

/// Charges and costs of each bill of a cube.
fn bills_of(cube: &Cube) -> BTreeMap<BillKey, (u64, [Exact; 4])> {
    let costs = |bill: BillKey| {
        let (charges, cost) = cube.master_bill(bill);
        (charges, [cost.billed, cost.effective, cost.list.unwrap_or_default(), cost.contracted.unwrap_or_default()])
    };
    cube.bills().map(|bill| (bill, costs(bill))).collect()
}

/// Both ways of reading end alike: in the same cube, or in a refusal. Only where the sums are those of the
/// file before it was damaged may it be refused by one of them: they do not look at the same bytes.
fn agree(by_row: &Result<(Totals, Cube), Refusal>, summed: &Result<Cube, Refusal>, before: Option<&Totals>) -> Result<(), String> {
    match (by_row, summed) {
        (Ok((_, one)), Ok(other)) if one.to_bytes() == other.to_bytes() => Ok(()),
        (Ok(_), Ok(_)) => Err("summed, it is another cube than read row by row".to_owned()),
        // Tags that nobody asks for are looked at by one of them alone: words and place may differ.
        (Err(_), Err(_)) => Ok(()),
        (Err(refusal), Ok(_)) if refusal.reason.contains("tag") => Ok(()),
        (Ok(_), Err(refusal)) => Err(format!("read row by row it is right, summed it is refused: {refusal}")),
        (Err(_), Ok(cube)) if before.is_some_and(|before| before.bills == bills_of(cube)) => Ok(()),
        (Err(refusal), Ok(_)) => Err(format!("summed it is right, read row by row it is refused: {refusal}")),
    }
}

/// Reads a damaged file and holds what comes of it against what is known; `of_seed` are the sums of a seed.
///
/// # Errors
/// Where it is read and may not be: what is wrong, for people.
pub fn judge(path: &Path, oracle: &Oracle, of_seed: &dyn Fn(usize) -> Totals) -> Result<Ending, String> {
    if *oracle == Oracle::Cube {
        return judge_cube(path);
    }
    let by_row = by_row(path);
    let before = match oracle {
        Oracle::OfSeed(place) | Oracle::Unknown(place) => Some(of_seed(*place)),
        Oracle::OfText(_) | Oracle::Cube => None,
    };
    agree(&by_row, &summed(path), before.as_ref())?;
    let found = match by_row {
        Ok((found, _)) => found,
        Err(refusal) => return judge_refusal(&refusal),
    };
    match oracle {
        Oracle::OfText(text) => {
            // What the naive sum cannot tell, it says nothing on: a value that is null where it may be, or dates.
            let Some(naive) = naive::sums(text) else { return Err("read, where a plain sum finds no numbers".to_owned()) };
            agrees(&found, &naive)?;
            Ok(Ending::OtherSums)
        }
        Oracle::OfSeed(_) | Oracle::Unknown(_) if before.as_ref() == Some(&found) => Ok(Ending::SameSums),
        Oracle::OfSeed(_) => Err(format!("a checksum covers what was changed, and it is read with other sums: {found:?}")),
        Oracle::Unknown(_) | Oracle::Cube => Ok(Ending::OtherSums),
    }
}

/// A refusal says why and what to do, in bounded length, and is final: nothing was wrong but the file.
fn judge_refusal(refusal: &Refusal) -> Result<Ending, String> {
    let text = refusal.to_string();
    let is_plain = !text.chars().any(char::is_control);
    if refusal.reason.is_empty() || refusal.what_to_do.is_empty() || refusal.retryable || text.len() > 4_000 || !is_plain {
        return Err(format!("refused in words that do not do: {text:?}"));
    }
    Ok(Ending::Refused)
}

fn agrees(found: &Totals, naive: &NaiveSums) -> Result<(), String> {
    if found.rows != naive.rows {
        return Err(format!("{} rows are read, and there are {}", found.rows, naive.rows));
    }
    let sum = |cost: usize| {
        let mut sum = Decimal::default();
        for (_, costs) in found.bills.values() {
            sum.add(&Decimal::parse(&costs[cost].to_string()).expect("INVARIANT: an exact sum is a number"));
        }
        sum
    };
    let expected = [Some(&naive.billed), naive.effective.as_ref(), naive.list.as_ref(), naive.contracted.as_ref()];
    for (cost, expected) in expected.into_iter().enumerate() {
        if expected.is_some_and(|expected| *expected != sum(cost)) {
            let name = ["billed", "effective", "list", "contracted"][cost];
            return Err(format!("the {name} cost is {:?}, and the column sums to {expected:?}", sum(cost)));
        }
    }
    Ok(())
}

fn judge_cube(path: &Path) -> Result<Ending, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    match Cube::from_bytes(&bytes) {
        Err(_) => Ok(Ending::Refused),
        Ok(cube) if cube.to_bytes() == bytes => Ok(Ending::OtherSums),
        Ok(_) => Err("a cube is read that is written in other bytes".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::case;
    use crate::pack::Packing;
    use crate::seeds::{self, Body};

    fn judged(bytes: &[u8], oracle: &Oracle) -> Result<Ending, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bill");
        std::fs::write(&path, bytes).unwrap();
        judge(&path, oracle, &|place| {
            let seed = folder.path().join("seed");
            std::fs::write(&seed, seeds::all()[place].bytes()).unwrap();
            totals(&seed).unwrap()
        })
    }

    #[test]
    fn every_seed_is_read_in_every_container_and_its_sums_are_known() {
        for (place, seed) in seeds::all().iter().enumerate() {
            for (name, bytes) in seed.files() {
                let oracle = match &seed.body {
                    Body::Text(text) => Oracle::OfText(text.clone()),
                    Body::Parquet { .. } => Oracle::OfSeed(place),
                    Body::Cube(_) => Oracle::Cube,
                };
                let ending = judged(&bytes, &oracle).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_ne!(ending, Ending::Refused, "{name}");
            }
        }
    }

    #[test]
    fn a_wrong_sum_is_found() {
        let seeds = seeds::all();
        let Body::Text(text) = &seeds[0].body else { panic!("the first seed is a text") };
        let other = String::from_utf8(text.clone()).unwrap().replace("103.109499375", "103.109499376").into_bytes();
        let said = judged(&other, &Oracle::OfText(text.clone())).unwrap_err();
        assert!(said.contains("the billed cost"), "{said}");
        let said = judged(&Packing::Gzip.pack(&other), &Oracle::OfSeed(0)).unwrap_err();
        assert!(said.contains("a checksum covers"), "{said}");
        let first = text.split_inclusive(|byte| *byte == b'\n').nth(1).unwrap();
        assert!(judged(&[text, first].concat(), &Oracle::OfText(text.clone())).unwrap_err().contains("rows are read"));
    }

    #[test]
    fn a_changed_byte_of_a_checked_page_that_is_read_is_refused() {
        let seeds = seeds::all();
        let (place, seed) = seeds.iter().enumerate().find(|(_, seed)| seed.name == "focus-pages").unwrap();
        let Body::Parquet { bytes, pages } = &seed.body else { panic!("a file with pages") };
        let mut refused = 0;
        for page in pages {
            let mut bytes = bytes.clone();
            bytes[page.start + 4] ^= 1;
            refused += u32::from(judged(&bytes, &Oracle::OfSeed(place)).unwrap() == Ending::Refused);
        }
        assert_eq!(refused as usize, pages.len() - 1, "all but the column that nobody reads");
    }

    #[test]
    fn cases_of_every_kind_end_in_every_way() {
        let seeds = seeds::all();
        let mut endings = [0; 3];
        for number in 0..400 {
            let case = case(&seeds, 7, number);
            endings[judged(&case.bytes, &case.oracle).unwrap_or_else(|error| panic!("{number} {}: {error}", case.name)) as usize] += 1;
        }
        assert!(endings.iter().all(|count| *count > 0), "{endings:?}");
    }
}
