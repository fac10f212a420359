//! The demo tenant: *Meridian Retail*, a company that does not exist, with six closed months and a running one
//! of cloud bills from three providers, the allocation tree that fits them, and what a home is configured with.
//!
//! [`write()`] makes real files: AWS as a cost-and-usage report 2.0 in gzipped CSV with its manifests, Azure as
//! FOCUS 1.2 in Parquet, Google Cloud as FOCUS 1.2 in gzipped CSV, in euros. The same seed and month give the same
//! bytes. Whoever reads them needs to know nothing of this crate.
//!
//! ```text
//! aws-cur/data/BILLING_PERIOD=2026-05/meridian-cur-00001.csv.gz
//! aws-cur/metadata/BILLING_PERIOD=2026-05/meridian-cur-Manifest.json
//! azure-focus/2026-05/part-00000.parquet
//! gcp-focus/2026-05/focus-000000000000.csv.gz
//! late/aws-cur/…                                  a month of AWS once more, as it is sent three weeks after
//! late/provider-invoices.csv
//! tree.yaml  drivers.csv  provider-invoices.csv  README.txt
//! people.yaml  sources.yaml  policy.yaml  calendar.yaml
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
mod focus_charge;
mod focus_service;
mod google;
mod google_focus;
mod google_services;
mod late;
mod money;
mod paperwork;
mod random;
mod workload;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use dayone_domain::BillingPeriod;

pub use crate::late::LateChange;

use crate::aws::AwsCharge;
use crate::late::LATE_MONTH;
use crate::paperwork::ProviderInvoices;
use crate::workload::Month;

/// Name and folder of the AWS source.
pub const AWS_SOURCE: &str = "aws-cur";

/// Name and folder of the Azure source.
pub const AZURE_SOURCE: &str = "azure-focus";

/// Name and folder of the Google Cloud source.
pub const GOOGLE_SOURCE: &str = "gcp-focus";

/// The folder of what arrives later; the folder of its source lies in it.
const LATE: &str = "late";

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
    /// [`AWS_SOURCE`], [`AZURE_SOURCE`] or [`GOOGLE_SOURCE`].
    pub name: &'static str,
    /// Where it lies.
    pub folder: PathBuf,
    /// Its data files by billing period, oldest first.
    pub files: BTreeMap<BillingPeriod, Vec<PathBuf>>,
}

/// A month that the provider sends again after it was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateDelivery {
    /// The source, with the one month in a folder of its own.
    pub source: WrittenSource,
    /// The providers' documents as they are after it, like [`Written::provider_invoices`].
    pub provider_invoices: PathBuf,
    /// Charges in its files.
    pub charges: u64,
    /// What it says otherwise than the first delivery of the month, which it repeats in all else.
    pub changes: Vec<LateChange>,
}

/// What was written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The sources: AWS, Azure, Google Cloud.
    pub sources: Vec<WrittenSource>,
    /// The allocation tree, YAML.
    pub tree: PathBuf,
    /// Driver quantities: CSV of driver, billing period, cost group and quantity.
    pub drivers: PathBuf,
    /// The providers' invoices and credit memos of the closed months, but for Google Cloud's of the last one, which
    /// comes later: CSV of id, net, tax, currency and, for a credit memo, the id of what it corrects.
    pub provider_invoices: PathBuf,
    /// Who signs in, YAML.
    pub people: PathBuf,
    /// Which sources are expected, YAML.
    pub source_list: PathBuf,
    /// The policy, YAML.
    pub policy: PathBuf,
    /// The ledger calendar, YAML.
    pub calendar: PathBuf,
    /// What AWS sends three weeks after the month before the last closed one; not among the sources.
    pub late: LateDelivery,
    /// Charges in all files of the sources.
    pub charges: u64,
    /// The last closed month.
    pub last_closed: BillingPeriod,
}

/// Writes the demo tenant into `folder`, which is made where it is missing. Files of the same name are
/// replaced, others stay. `progress` is told how many of how many parts of the work are done: one for each
/// source and month, and one for the late delivery.
pub fn write(tenant: &DemoTenant, folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> io::Result<Written> {
    let seed = tenant.seed;
    let months = Month::all(tenant.last_closed);
    let source = |name: &'static str| WrittenSource { name, folder: folder.join(name), files: BTreeMap::new() };
    let (mut aws, mut azure, mut google) = (source(AWS_SOURCE), source(AZURE_SOURCE), source(GOOGLE_SOURCE));
    let mut invoices = ProviderInvoices::default();
    let mut charges = 0;
    let parts = months.len() as u64 * 3 + 1;
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
        charges += write_google(seed, month, &mut google, &mut invoices)?;
        step();
    }
    let beside = |name: &str, text: &str| write_file(folder, name, text.as_bytes());
    beside("README.txt", &paperwork::readme(&months))?;
    let tree = beside("tree.yaml", &paperwork::tree(&months))?;
    let drivers = beside("drivers.csv", &paperwork::drivers(seed, &months))?;
    let provider_invoices = beside("provider-invoices.csv", &invoices.csv())?;
    let people = beside("people.yaml", paperwork::PEOPLE)?;
    let source_list = beside("sources.yaml", &paperwork::sources(&months))?;
    let policy = beside("policy.yaml", paperwork::POLICY)?;
    let calendar = beside("calendar.yaml", paperwork::CALENDAR)?;
    // Written last, so that the files' times say that it is the newer delivery.
    let late = write_late(seed, &months[LATE_MONTH as usize], &folder.join(LATE), invoices)?;
    step();
    Ok(Written {
        sources: vec![aws, azure, google],
        tree,
        drivers,
        provider_invoices,
        people,
        source_list,
        policy,
        calendar,
        late,
        charges,
        last_closed: tenant.last_closed,
    })
}

fn write_aws(seed: u64, month: &Month, source: &mut WrittenSource, invoices: &mut ProviderInvoices) -> io::Result<u64> {
    deliver_aws(seed, month, 0, &aws::charges(seed, month), source, invoices)
}

/// Writes one delivery of a month of AWS; `delivery` counts from 0.
fn deliver_aws(
    seed: u64,
    month: &Month,
    delivery: u32,
    charges: &[AwsCharge],
    source: &mut WrittenSource,
    invoices: &mut ProviderInvoices,
) -> io::Result<u64> {
    let documents = paperwork::aws_documents(seed, month);
    invoices.add_aws(seed, month, charges, &documents);
    let data = write_file(&source.folder, &cur::data_key(month), &cur::data_file(seed, month, charges, &documents)?)?;
    // The manifest comes last: it says that the delivery is complete.
    write_file(&source.folder, &cur::manifest_key(month), &cur::manifest(seed, month, delivery))?;
    source.files.insert(month.period, vec![data]);
    Ok(charges.len() as u64)
}

/// `invoices` are those before it.
fn write_late(seed: u64, month: &Month, folder: &Path, mut invoices: ProviderInvoices) -> io::Result<LateDelivery> {
    let mut source = WrittenSource { name: AWS_SOURCE, folder: folder.join(AWS_SOURCE), files: BTreeMap::new() };
    let mut charges = aws::charges(seed, month);
    let changes = late::change(seed, month, &mut charges);
    invoices.take_out_aws(&paperwork::aws_documents(seed, month));
    let charges = deliver_aws(seed, month, 1, &charges, &mut source, &mut invoices)?;
    let provider_invoices = write_file(folder, "provider-invoices.csv", invoices.csv().as_bytes())?;
    Ok(LateDelivery { source, provider_invoices, charges, changes })
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

fn write_google(seed: u64, month: &Month, source: &mut WrittenSource, invoices: &mut ProviderInvoices) -> io::Result<u64> {
    let charges = google::charges(seed, month);
    let id = paperwork::google_document(seed, month);
    if let Some(id) = &id {
        invoices.add_google(&charges, id);
    }
    let data = write_file(&source.folder, &google_focus::data_key(month), &google_focus::data_file(month, &charges, id.as_deref())?)?;
    source.files.insert(month.period, vec![data]);
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
