//! The demo tenant: *Meridian Retail*, a company that does not exist, with six closed months and a running one
//! of cloud bills from two providers, and the allocation tree that fits them.
//!
//! [`write()`] makes real files: AWS as a cost-and-usage report 2.0 in gzipped CSV with its manifests, Azure as
//! FOCUS 1.2 in Parquet. The same seed and month give the same bytes. Whoever reads them needs to know nothing
//! of this crate.
//!
//! ```text
//! aws-cur/data/BILLING_PERIOD=2026-05/meridian-cur-00001.csv.gz
//! aws-cur/metadata/BILLING_PERIOD=2026-05/meridian-cur-Manifest.json
//! azure-focus/2026-05/part-00000.parquet
//! tree.yaml  drivers.csv  provider-invoices.csv  README.txt
//! ```
//!
//! Money is integers throughout; see `money` for the scale.

mod aws;
mod aws_extras;
mod aws_services;
mod azure;
mod azure_extras;
mod azure_reservations;
mod azure_services;
mod company;
mod cur;
mod focus;
mod money;
mod paperwork;
mod random;
mod workload;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dayone_domain::BillingPeriod;

use crate::paperwork::ProviderInvoices;
use crate::workload::Month;

/// Name and folder of the AWS source.
pub const AWS_SOURCE: &str = "aws-cur";

/// Name and folder of the Azure source.
pub const AZURE_SOURCE: &str = "azure-focus";

/// Which demo to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoTenant {
    /// What chance begins with.
    pub seed: u64,
    /// The last of six closed months; the month after it is the running one.
    pub last_closed: BillingPeriod,
}

/// One export of one provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenSource {
    /// [`AWS_SOURCE`] or [`AZURE_SOURCE`].
    pub name: &'static str,
    /// Where it lies.
    pub folder: PathBuf,
    /// Its data files by billing period, oldest first.
    pub files: BTreeMap<BillingPeriod, Vec<PathBuf>>,
}

/// What was written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The sources, AWS first.
    pub sources: Vec<WrittenSource>,
    /// The allocation tree, YAML.
    pub tree: PathBuf,
    /// Driver quantities: CSV of driver, billing period, cost group and quantity.
    pub drivers: PathBuf,
    /// The providers' invoices and credit memos of the closed months: CSV of id, net, tax, currency and, for a
    /// credit memo, the id of what it corrects.
    pub provider_invoices: PathBuf,
    /// Charges in all files.
    pub charges: u64,
    /// The last closed month.
    pub last_closed: BillingPeriod,
}

/// Writes the demo tenant into `folder`, which is made where it is missing. Files of the same name are
/// replaced, others stay. `progress` is told how many of how many parts of the work are done: one for each
/// source and month.
pub fn write(tenant: &DemoTenant, folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> io::Result<Written> {
    let seed = tenant.seed;
    let months = Month::all(tenant.last_closed);
    let mut aws = WrittenSource { name: AWS_SOURCE, folder: folder.join(AWS_SOURCE), files: BTreeMap::new() };
    let mut azure = WrittenSource { name: AZURE_SOURCE, folder: folder.join(AZURE_SOURCE), files: BTreeMap::new() };
    let mut invoices = ProviderInvoices::default();
    let mut charges = 0;
    let parts = months.len() as u64 * 2;
    let mut done = 0;
    let mut step = || {
        done += 1;
        progress(done, parts);
    };
    for month in &months {
        charges += write_aws(seed, month, &mut aws, &mut invoices)?;
        step();
        charges += write_azure(seed, month, &mut azure, &mut invoices)?;
        step();
    }
    let beside = |name: &str, text: String| -> io::Result<PathBuf> {
        let path = folder.join(name);
        fs::write(&path, text)?;
        Ok(path)
    };
    beside("README.txt", paperwork::readme(&months))?;
    Ok(Written {
        sources: vec![aws, azure],
        tree: beside("tree.yaml", paperwork::tree(&months))?,
        drivers: beside("drivers.csv", paperwork::drivers(seed, &months))?,
        provider_invoices: beside("provider-invoices.csv", invoices.csv())?,
        charges,
        last_closed: tenant.last_closed,
    })
}

fn write_aws(seed: u64, month: &Month, source: &mut WrittenSource, invoices: &mut ProviderInvoices) -> io::Result<u64> {
    let charges = aws::charges(seed, month);
    let documents = paperwork::aws_documents(seed, month);
    invoices.add_aws(seed, month, &charges, &documents);
    let data = write_file(&source.folder, &cur::data_key(month), &cur::data_file(seed, month, &charges, &documents)?)?;
    // The manifest comes last: it says that the delivery is complete.
    write_file(&source.folder, &cur::manifest_key(month), &cur::manifest(seed, month))?;
    source.files.insert(month.period, vec![data]);
    Ok(charges.len() as u64)
}

fn write_azure(seed: u64, month: &Month, source: &mut WrittenSource, invoices: &mut ProviderInvoices) -> io::Result<u64> {
    let charges = azure::charges(seed, month);
    let ids = paperwork::azure_documents(seed, month);
    invoices.add_azure(&charges, &ids);
    let mut files = Vec::new();
    for (part, charges) in charges.chunks(focus::ROWS).enumerate() {
        files.push(write_file(&source.folder, &focus::data_key(month, part), &focus::data_file(month, charges, &ids)?)?);
    }
    source.files.insert(month.period, files);
    Ok(charges.len() as u64)
}

fn write_file(folder: &Path, key: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let path = folder.join(key);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, bytes)?;
    Ok(path)
}
