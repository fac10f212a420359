//! Billing files made up for a test, and charges kept after their file is gone.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use dayone_billing_files::{ChargeRefusal, FileFacts, ReadOptions, Refusal};
use dayone_domain::charge::{Charge, Cost, Dimension};
use dayone_domain::cube::{Cube, CubeBuilder};
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::{Currency, Exact};
use flate2::Compression;
use flate2::write::GzEncoder;

/// A charge that owns its texts.
#[derive(Clone, Debug)]
pub struct Kept {
    pub period: String,
    pub currency: String,
    pub values: Vec<String>,
    pub billing_account_name: String,
    pub sub_account_name: String,
    pub tags: Vec<(String, String)>,
    pub cost: Cost,
}

impl Kept {
    pub fn of(charge: &Charge<'_>) -> Kept {
        Kept {
            period: charge.billing_period.to_string(),
            currency: charge.currency.to_string(),
            values: charge.values.iter().map(|value| value.to_string()).collect(),
            billing_account_name: charge.billing_account_name.to_owned(),
            sub_account_name: charge.sub_account_name.to_owned(),
            tags: charge.tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
            cost: charge.cost,
        }
    }

    pub fn value(&self, dimension: Dimension) -> &str {
        &self.values[dimension as usize]
    }

    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

pub fn exact(text: &str) -> Exact {
    Exact::parse(text).unwrap()
}

pub const OPTIONS: ReadOptions<'static> = ReadOptions { source: "payer", currency_if_absent: None };

pub fn read(path: &Path) -> Result<(FileFacts, Vec<Kept>), Refusal> {
    read_with(path, &OPTIONS)
}

pub fn read_with(path: &Path, options: &ReadOptions<'_>) -> Result<(FileFacts, Vec<Kept>), Refusal> {
    let mut charges = Vec::new();
    let read = dayone_billing_files::read(path, options, &mut |charge| {
        charges.push(Kept::of(charge));
        Ok(())
    });
    sums_the_same(path, options, &read);
    let facts = read?;
    assert_eq!(facts.rows, charges.len() as u64);
    Ok((facts, charges))
}

/// A file summed is what its charges add up to, or is refused in the same words. Tags that nobody sums by are not
/// looked at.
pub fn sums_the_same(path: &Path, options: &ReadOptions<'_>, read: &Result<FileFacts, Refusal>) -> Option<&'static str> {
    let mut keys = BTreeSet::from(["team", "k", "CostCenter"].map(str::to_owned));
    // Whatever keys the charges have, those that are spelled otherwise in the file among them.
    let _ = dayone_billing_files::read(path, options, &mut |charge| {
        keys.extend(charge.tags.iter().filter(|(key, _)| !key.is_empty()).map(|(key, _)| key.to_string()).take(8));
        Ok(())
    });
    let keys: Vec<String> = keys.into_iter().take(20).collect();
    let mut added = CubeBuilder::new(keys.clone());
    let mut control = ControlTotals::default();
    let by_row = dayone_billing_files::read(path, options, &mut |charge| {
        added.add(charge).map_err(|error| ChargeRefusal::from(&error))?;
        control.add(charge);
        Ok(())
    });
    let added = added.finish().to_bytes();
    let mut by_row_why = None;
    for workers in [1, 2] {
        let mut builder = CubeBuilder::new(keys.clone());
        let workers = NonZeroUsize::new(workers).unwrap();
        match (dayone_billing_files::sum(path, options, workers, &mut |_| {}, &mut builder), read, &by_row) {
            (Ok(summed), Ok(facts), Ok(_)) => {
                assert_eq!(summed.facts, *facts);
                for ((key, sum), (other_key, other)) in summed.control.iter().zip(control.iter()) {
                    assert_eq!((key, sum), (other_key, other), "{workers} workers");
                }
                assert_eq!(summed.control, control);
                let summed_cube = builder.finish();
                if summed_cube.to_bytes() != added {
                    panic!(
                        "{}: other sums, {workers} workers: {}",
                        path.display(),
                        difference(&summed_cube, &Cube::from_bytes(&added).unwrap())
                    );
                }
                by_row_why = summed.by_row;
            }
            (Err(refusal), Err(of_read), _) => assert_eq!(refusal, *of_read),
            // Tags and names that nobody sums by are not looked at, be they wrong or on a damaged page.
            (Ok(_), Err(of_read), _) => {
                assert!(["tag", "damaged"].iter().any(|word| of_read.to_string().to_lowercase().contains(word)), "{of_read}");
            }
            // The cube refuses what the charges alone do not.
            (Err(refusal), Ok(_), Err(of_cube)) => assert_eq!(refusal, *of_cube),
            (summed, read, _) => panic!("{}: {:?} beside {read:?}", path.display(), summed.err()),
        }
    }
    by_row_why
}

/// Where two cubes differ first.
fn difference(one: &Cube, other: &Cube) -> String {
    for bill in one.bills().chain(other.bills()) {
        let rows = [one, other].map(|cube| (cube.scale_of(bill), cube.rows(bill).len()));
        if rows[0] != rows[1] {
            return format!("decimals and rows {rows:?}");
        }
        for (a, b) in one.rows(bill).zip(other.rows(bill)) {
            let [a, b] = [a, b].map(|row| format!("{} {:?} {:?}", row.charges(), Dimension::ALL.map(|of| row.value(of)), row.cost()));
            if a != b {
                return format!("\n{a}\n{b}");
            }
        }
    }
    "in names or tags".to_owned()
}

/// A folder that goes away with the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// Reads bytes as a file.
pub fn read_bytes(bytes: impl AsRef<[u8]>) -> Result<(FileFacts, Vec<Kept>), Refusal> {
    read(&Folder::new().file("bill.csv", bytes))
}

/// Columns in order and the rows' values.
#[derive(Clone, Debug)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// One row.
    pub fn of(row: &[(&str, &str)]) -> Table {
        Table {
            columns: row.iter().map(|(column, _)| column.to_string()).collect(),
            rows: vec![row.iter().map(|(_, value)| value.to_string()).collect()],
        }
    }

    /// Sets a value of the last row; a column that is new is empty in the rows before.
    pub fn with(mut self, column: &str, value: &str) -> Table {
        let place = self.columns.iter().position(|name| name == column).unwrap_or_else(|| {
            self.columns.push(column.to_owned());
            self.rows.iter_mut().for_each(|row| row.push(String::new()));
            self.columns.len() - 1
        });
        self.rows.last_mut().unwrap()[place] = value.to_owned();
        self
    }

    /// Sets several values of the last row.
    pub fn with_all(self, values: &[(&str, &str)]) -> Table {
        values.iter().fold(self, |table, (column, value)| table.with(column, value))
    }

    pub fn without(mut self, column: &str) -> Table {
        let place = self.columns.iter().position(|name| name == column).unwrap();
        self.columns.remove(place);
        self.rows.iter_mut().for_each(|row| {
            row.remove(place);
        });
        self
    }

    /// Repeats the last row.
    pub fn again(mut self) -> Table {
        self.rows.push(self.rows.last().unwrap().clone());
        self
    }

    pub fn no_rows(mut self) -> Table {
        self.rows.clear();
        self
    }

    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns).unwrap();
        for row in &self.rows {
            writer.write_record(row).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }

    pub fn read(&self) -> Result<(FileFacts, Vec<Kept>), Refusal> {
        read_bytes(self.csv())
    }

    /// The only charge.
    pub fn charge(&self) -> Kept {
        let (_, mut charges) = self.read().unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(charges.len(), 1);
        charges.remove(0)
    }

    pub fn refusal(&self) -> Refusal {
        self.read().expect_err("should be refused")
    }
}

/// A FOCUS row with all the columns that are read.
pub fn focus() -> Table {
    Table::of(&[
        ("ProviderName", "AWS"),
        ("PublisherName", "Amazon Web Services, Inc."),
        ("InvoiceIssuerName", "Amazon Web Services EMEA SARL"),
        ("InvoiceId", "INV-1"),
        ("BillingAccountId", "001234567890"),
        ("BillingAccountName", "payer"),
        ("SubAccountId", "000000000012"),
        ("SubAccountName", "shop"),
        ("BillingPeriodStart", "2026-04-01T00:00:00Z"),
        ("BillingPeriodEnd", "2026-05-01T00:00:00Z"),
        ("ChargePeriodStart", "2026-04-03T10:00:00Z"),
        ("ChargeCategory", "Usage"),
        ("ChargeClass", ""),
        ("BilledCost", "1.25"),
        ("EffectiveCost", "1.00"),
        ("ListCost", "2"),
        ("ContractedCost", "1.5"),
        ("BillingCurrency", "EUR"),
        ("ServiceName", "Amazon EC2"),
        ("ServiceCategory", "Compute"),
        ("RegionId", "eu-central-1"),
        ("CommitmentDiscountId", ""),
        ("CommitmentDiscountStatus", ""),
        ("Tags", "{\"team\":\"checkout\"}"),
    ])
}

pub fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes.as_ref()).unwrap();
    encoder.finish().unwrap()
}

pub fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        if name.ends_with('/') {
            writer.add_directory(*name, zip::write::SimpleFileOptions::default()).unwrap();
        } else {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

pub fn currency(code: &str) -> Currency {
    Currency::try_new(code).unwrap()
}

/// Where a refusal points: line or row, column, value.
pub fn pointed(refusal: &Refusal) -> (u64, &str, &str) {
    (refusal.place.map_or(0, |place| place.number()), refusal.column.as_deref().unwrap_or(""), refusal.value.as_deref().unwrap_or(""))
}
