//! Invoices as pages, CSV and JSON in a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use dayone_documents::{Book, INDEX_FILE, MONTHS_SHOWN, Status};
use dayone_domain::cube::BillKey;
use dayone_domain::tree::TreeVersions;
use dayone_domain::{BillingPeriod, Currency};

use crate::failure::Failure;
use crate::months::Month;

/// What was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// How many files.
    pub documents: usize,
    /// The page of each month.
    pub months: BTreeMap<BillKey, PathBuf>,
}

impl Written {
    /// The page to open first: of the newest month.
    pub fn first(&self) -> Option<&Path> {
        self.months.last_key_value().map(|(_, path)| path.as_path())
    }
}

/// The names of the documents of a folder, one a line: what a later run may replace.
const LIST: &str = ".dayone-documents";

/// Makes sure that documents can be written into a folder, before long work begins.
pub fn prepare(folder: &Path) -> Result<(), Failure> {
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::refused(format!(
            "{}: is a file, and invoices are written into a folder. What to do: name a folder with --out.",
            folder.display()
        )));
    }
    fs::create_dir_all(folder).map_err(Failure::writing(folder))
}

/// Writes the documents of every bill, or of those of one period, each bill into a folder of its own,
/// `2026-05-USD`. What an earlier run wrote there is replaced; a file of anybody else's is never touched, and
/// one that stands in the way is refused.
pub fn write(folder: &Path, trees: &TreeVersions, months: &[Month], period: Option<BillingPeriod>) -> Result<Written, Failure> {
    let mut by_currency: BTreeMap<Currency, Vec<&Month>> = BTreeMap::new();
    for month in months {
        by_currency.entry(month.invoices.key.currency).or_default().push(month);
    }
    let mut written = Written { documents: 0, months: BTreeMap::new() };
    for (currency, months) in &by_currency {
        for (place, month) in months.iter().enumerate() {
            let key = month.invoices.key;
            if period.is_some_and(|period| period != key.period) {
                continue;
            }
            let month_folder = folder.join(format!("{}-{currency}", key.period));
            let first = (place + 1).saturating_sub(MONTHS_SHOWN);
            let bills = months[first..=place].iter().map(|month| &month.invoices);
            let book = Book::try_new(trees.at(key.period).company(), bills, Status::Preview)
                .expect("INVARIANT: bills of one currency, oldest first");
            written.documents += write_book(&month_folder, &book, month)?;
            written.months.insert(key, month_folder.join(INDEX_FILE));
        }
    }
    Ok(written)
}

fn write_book(folder: &Path, book: &Book<'_>, month: &Month) -> Result<usize, Failure> {
    let stems: Vec<&str> = (0..month.invoices.invoices.len()).map(|place| book.file_stem(place)).collect();
    let endings = ["html", "csv", "json"];
    let documents = stems.iter().flat_map(|stem| endings.map(|ending| format!("{stem}.{ending}")));
    let names: Vec<String> = std::iter::once(INDEX_FILE.to_owned()).chain(documents).collect();
    make_way(folder, &names)?;
    let write = |name: String, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(Failure::writing(&path))
    };
    let refused = |error: dayone_documents::DocumentError| Failure::refused(error.to_string());
    write(INDEX_FILE.to_owned(), book.index(&month.tie_out).map_err(refused)?)?;
    for (place, stem) in stems.iter().enumerate() {
        write(format!("{stem}.html"), book.page(place).map_err(refused)?)?;
        write(format!("{stem}.csv"), book.csv(place))?;
        write(format!("{stem}.json"), book.json(place))?;
    }
    Ok(names.len())
}

/// Takes away what an earlier run wrote, so that no page of a cost group that the tree no longer has lies beside
/// the new ones, and lists what this run will write before it does.
fn make_way(folder: &Path, names: &[String]) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    let list = folder.join(LIST);
    let earlier = if list.exists() { fs::read_to_string(&list).map_err(Failure::reading(&list))? } else { String::new() };
    let earlier: BTreeSet<&str> = earlier.lines().filter(|name| !name.contains(['/', '\\'])).collect();
    if let Some(name) = names.iter().find(|name| !earlier.contains(name.as_str()) && folder.join(name).exists()) {
        return Err(Failure::refused(format!(
            "{}: the file is in the way of an invoice, and it is not one of an earlier run. What to do: move it, or name another folder with --out.",
            folder.join(name).display()
        )));
    }
    for name in earlier {
        let path = folder.join(name);
        if path.is_file() {
            fs::remove_file(&path).map_err(Failure::writing(&path))?;
        }
    }
    fs::write(&list, names.join("\n") + "\n").map_err(Failure::writing(&list))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_what_an_earlier_run_wrote_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("bill.csv"), "mine").unwrap();
        make_way(folder.path(), &names(&["index.html", "gone.csv"])).unwrap();
        for name in ["index.html", "gone.csv"] {
            fs::write(path(name), "of the first run").unwrap();
        }
        make_way(folder.path(), &names(&["index.html", "new.csv"])).unwrap();
        assert!(!path("gone.csv").exists() && !path("index.html").exists());
        assert_eq!(fs::read_to_string(path("bill.csv")).unwrap(), "mine");
    }

    #[test]
    fn a_file_of_somebody_elses_in_the_way_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let bill = folder.path().join("bill.csv");
        fs::write(&bill, "mine").unwrap();
        let refused = make_way(folder.path(), &names(&["index.html", "bill.csv"]));
        assert!(matches!(refused, Err(Failure::Refused(_))));
        assert_eq!(fs::read_to_string(bill).unwrap(), "mine");
    }

    #[test]
    fn a_file_is_no_folder_to_write_into() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(prepare(&file), Err(Failure::Refused(_))));
        prepare(&folder.path().join("new/deep")).unwrap();
        assert!(folder.path().join("new/deep").is_dir());
    }
}
