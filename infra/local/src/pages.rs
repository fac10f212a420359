//! Invoices as pages, CSV and JSON in a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dayone_documents::{Book, INDEX_FILE, Status};
use dayone_domain::cube::BillKey;
use dayone_domain::invoice::Invoices;
use dayone_domain::tie_out::TieOut;
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

/// Writes the documents of every bill, or of those of one period, each bill into a folder of its own,
/// `2026-05-USD`. Documents of an earlier run there are replaced, other files stay.
pub fn write(folder: &Path, trees: &TreeVersions, months: &[Month], period: Option<BillingPeriod>) -> Result<Written, Failure> {
    let mut by_currency: BTreeMap<Currency, (Vec<Invoices>, Vec<&TieOut>)> = BTreeMap::new();
    for month in months {
        let (invoices, tie_outs) = by_currency.entry(month.invoices.key.currency).or_default();
        invoices.push(month.invoices.clone());
        tie_outs.push(&month.tie_out);
    }
    let mut written = Written { documents: 0, months: BTreeMap::new() };
    for (currency, (invoices, tie_outs)) in &by_currency {
        for place in 0..invoices.len() {
            let shown = invoices[place].key.period;
            if period.is_some_and(|period| period != shown) {
                continue;
            }
            let month_folder = folder.join(format!("{shown}-{currency}"));
            let company = trees.at(shown).company();
            let book =
                Book::try_new(company, &invoices[..=place], Status::Preview).expect("INVARIANT: bills of one currency, oldest first");
            written.documents += write_book(&month_folder, &book, &invoices[place], tie_outs[place])?;
            written.months.insert(invoices[place].key, month_folder.join(INDEX_FILE));
        }
    }
    Ok(written)
}

fn write_book(folder: &Path, book: &Book<'_>, invoices: &Invoices, tie_out: &TieOut) -> Result<usize, Failure> {
    fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    remove_documents(folder)?;
    let write = |name: String, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(Failure::writing(&path))
    };
    let refused = |error: dayone_documents::DocumentError| Failure::refused(error.to_string());
    write(INDEX_FILE.to_owned(), book.index(tie_out).map_err(refused)?)?;
    for place in 0..invoices.invoices.len() {
        let stem = book.file_stem(place);
        write(format!("{stem}.html"), book.page(place).map_err(refused)?)?;
        write(format!("{stem}.csv"), book.csv(place))?;
        write(format!("{stem}.json"), book.json(place))?;
    }
    Ok(1 + 3 * invoices.invoices.len())
}

/// A page of a cost group that the tree no longer has must not lie beside the new ones.
fn remove_documents(folder: &Path) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(Failure::reading(folder))? {
        let path = entry.map_err(Failure::reading(folder))?.path();
        let is_document = path.extension().is_some_and(|extension| ["html", "csv", "json"].iter().any(|known| extension == *known));
        if is_document && path.is_file() {
            fs::remove_file(&path).map_err(Failure::writing(&path))?;
        }
    }
    Ok(())
}
