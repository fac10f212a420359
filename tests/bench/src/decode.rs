//! The limit: the columns that Day One reads, decoded by arrow-rs with dictionaries kept, and dropped.

use std::error::Error;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use arrow_schema::{DataType, Field, FieldRef, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

/// Columns of FOCUS that the mapping reads, where a file has them.
const FOCUS: [&str; 27] = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargePeriodStart",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
    "SubAccountId",
    "SubAccountName",
    "Tags",
    "HostProviderName",
    "BillingCurrencyCode",
];

/// Columns of CUR 2.0 that the mapping reads, where a file has them.
const CUR: [&str; 41] = [
    "bill_billing_entity",
    "bill_billing_period_end_date",
    "bill_billing_period_start_date",
    "bill_invoice_id",
    "bill_invoicing_entity",
    "bill_payer_account_id",
    "bill_payer_account_name",
    "cost_category",
    "discount_total_discount",
    "line_item_currency_code",
    "line_item_legal_entity",
    "line_item_line_item_type",
    "line_item_product_code",
    "line_item_unblended_cost",
    "line_item_usage_account_id",
    "line_item_usage_account_name",
    "line_item_usage_start_date",
    "pricing_public_on_demand_cost",
    "product",
    "product_product_name",
    "product_region",
    "product_region_code",
    "product_servicename",
    "reservation_effective_cost",
    "reservation_reservation_a_r_n",
    "reservation_subscription_id",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "resource_tags",
    "savings_plan_savings_plan_a_r_n",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
    "split_line_item_net_split_cost",
    "split_line_item_net_unused_cost",
    "split_line_item_parent_resource_id",
    "split_line_item_public_on_demand_split_cost",
    "split_line_item_public_on_demand_unused_cost",
    "split_line_item_split_cost",
    "split_line_item_unused_cost",
    "tags",
];

/// Divides a row group of 2²⁰ rows, so that no batch holds two dictionaries.
const BATCH_ROWS: usize = 8_192;

/// What a thread may fail with.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A row group of a file.
struct Piece {
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    group: usize,
}

/// Decodes the files on so many threads, a row group at a time; how many charges they hold.
///
/// # Errors
/// Where a file cannot be read.
pub fn decode(files: &[PathBuf], threads: usize) -> Result<u64, Failure> {
    let mut pieces = Vec::new();
    for path in files {
        let metadata = with_dictionaries(path)?;
        let groups = metadata.metadata().num_row_groups();
        pieces.extend((0..groups).map(|group| Piece { path: path.clone(), metadata: metadata.clone(), group }));
    }
    let next = AtomicUsize::new(0);
    let work = || -> Result<u64, Failure> {
        let mut rows = 0;
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            rows += decode_group(piece)?;
        }
        Ok(rows)
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work()?;
        others.into_iter().try_fold(own, |sum, other| Ok(sum + other.join().expect("INVARIANT: decoding does not panic")?))
    })
}

fn decode_group(piece: &Piece) -> Result<u64, Failure> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(&piece.path)?, piece.metadata.clone());
    let needed = |field: &FieldRef| FOCUS.contains(&field.name().as_str()) || CUR.contains(&field.name().as_str());
    let places = builder.schema().fields().iter().enumerate().filter(|(_, field)| needed(field)).map(|(place, _)| place);
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let reader = builder.with_projection(mask).with_row_groups(vec![piece.group]).with_batch_size(BATCH_ROWS).build()?;
    let mut rows = 0;
    for batch in reader {
        rows += batch?.num_rows() as u64;
    }
    Ok(rows)
}

fn with_dictionaries(path: &Path) -> Result<ArrowReaderMetadata, Failure> {
    let metadata = ArrowReaderMetadata::load(&File::open(path)?, ArrowReaderOptions::new())?;
    let fields: Vec<FieldRef> = metadata.schema().fields().iter().map(coded).collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    Ok(ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)?)
}

/// The field with texts as dictionaries, also inside of a map.
fn coded(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Utf8 => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        DataType::Map(entries, sorted) => DataType::Map(coded(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(coded).collect()),
        other => other.clone(),
    };
    Arc::new(Field::new(field.name(), data_type, field.is_nullable()))
}
