//! AWS Cost and Usage Reports into the words of FOCUS: CUR 2.0 and the legacy CUR, which differ in how they
//! spell their columns and where they keep tags.

mod amortisation;
mod category;
mod columns;
mod parties;
mod service_category;
mod tag_columns;

use dayone_domain::Currency;
use dayone_domain::charge::{Charge, Cost, Dimension};
use dayone_domain::exact::Exact;
use dayone_domain::period::BillingPeriod;

use crate::cell::Row;
use crate::charge_row::{ChargeRow, MonthText, Values};
use crate::columns::{Columns, Header};
use crate::format::Format;
use crate::mapper::{Origins, absent_currency, absent_currency_note};
use crate::refusal::Refusal;
use crate::tags::{TagReader, Tags};
use crate::{ReadOptions, Sink};

use amortisation::Amortisation;
use columns::{CurColumns, Spelling};
use tag_columns::TagColumns;

/// [`Dimension::Provider`] of every CUR, as AWS writes it in its FOCUS exports.
const PROVIDER: &str = "AWS";

const NO_COST: &str = "the cost is null, and only shares of split cost allocation have none";

/// Maps rows of a CUR.
pub(crate) struct CurMapper {
    format: Format,
    spelling: Spelling,
    columns: Columns,
    source: Box<str>,
    absent_currency: Currency,
    at: CurColumns,
    origins: Origins,
    amortisation: Amortisation,
    tags: TagColumns,
    products: TagReader,
    month: MonthText,
    /// Fees of a file that does not tell reservations from other fees.
    fees_without_reservation_column: u64,
    /// Line items whose discount is neither in the unblended cost nor a row of its own.
    discounted_in_place: u64,
}

impl CurMapper {
    pub(crate) fn try_new(format: Format, header: &Header, options: &ReadOptions<'_>) -> Result<CurMapper, Refusal> {
        let spelling = Spelling::of(header);
        let mut columns = Columns::default();
        let at = CurColumns::try_new(&mut columns, header, spelling)?;
        let amortisation = Amortisation::try_new(&mut columns, header, spelling, format == Format::LegacyCur)?;
        let tags = TagColumns::try_new(&mut columns, header, spelling)?;
        let origins = Origins::new(&[
            (Dimension::BillingAccount, at.billing_account),
            (Dimension::InvoiceIssuer, at.invoicing_entity.or(at.billing_entity)),
            (Dimension::Publisher, at.legal_entity),
            (Dimension::SubAccount, at.sub_account),
            (Dimension::Service, at.product_name.or(at.product).or(at.service_name).or(at.product_code)),
            (Dimension::ServiceCategory, at.product_code),
            (Dimension::Region, at.region_code.or(at.region).or(at.product)),
            (Dimension::ChargeCategory, Some(at.line_item_type)),
            (Dimension::ChargeType, Some(at.line_item_type)),
            (Dimension::ChargeMonth, at.usage_start),
            (Dimension::InvoiceId, at.invoice_id),
            (Dimension::Commitment, at.savings_plan.or(at.reservation)),
            (Dimension::CommitmentStatus, Some(at.line_item_type)),
        ]);
        Ok(CurMapper {
            format,
            spelling,
            source: Box::from(options.source),
            absent_currency: absent_currency(options),
            at,
            origins,
            amortisation,
            tags,
            products: TagReader::verbatim(),
            month: MonthText::default(),
            fees_without_reservation_column: 0,
            discounted_in_place: 0,
            columns,
        })
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(crate) fn has_list(&self) -> bool {
        self.at.list.is_some()
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.at.currency.is_none() {
            notes.push(absent_currency_note(&self.spelling.of_name("lineItem/CurrencyCode"), self.absent_currency));
        }
        if self.fees_without_reservation_column > 0 {
            notes.push(format!(
                "The file has {} fees and no column {}: in the effective cost each counts as an ordinary fee, \
                 none as the upfront payment of a reservation.",
                self.fees_without_reservation_column,
                self.spelling.of_name("reservation/ReservationARN")
            ));
        }
        if let Some(slot) = self.at.discount.filter(|_| self.discounted_in_place > 0) {
            notes.push(format!(
                "{} line items have a discount in column {}, which their unblended cost does not contain: the billed cost is before it. \
                 An export with manual discount compatibility states discounts as line items.",
                self.discounted_in_place,
                self.columns.name(slot)
            ));
        }
        notes
    }

    pub(crate) fn charge(&mut self, row: &dyn Row, sink: &mut Sink<'_>) -> Result<(), Refusal> {
        let row = ChargeRow { columns: &self.columns, row };
        let at = &self.at;
        let mut values = Values::new();
        values.set(Dimension::Source, &*self.source);
        values.set(Dimension::Provider, PROVIDER);
        for (dimension, slot) in [
            (Dimension::BillingAccount, at.billing_account),
            (Dimension::SubAccount, at.sub_account),
            (Dimension::InvoiceId, at.invoice_id),
        ] {
            values.set(dimension, row.identifier(slot)?);
        }
        let billing_period = row.billing_period(at.period_start, at.period_end)?;
        let month = row.moment(at.usage_start)?.map_or(billing_period, BillingPeriod::containing);
        values.set(Dimension::ChargeMonth, self.month.of(month));

        let kind = row.text(Some(at.line_item_type))?;
        let product: Tags = row.tags(at.product, &mut self.products)?;
        let product = |key: &str| product.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str());
        let product_code = row.text(at.product_code)?;
        let (product_name, service_name) = (row.text(at.product_name)?, row.text(at.service_name)?);
        let (region_code, region) = (row.text(at.region_code)?, row.text(at.region)?);
        let service = first_of([&product_name, product("product_name"), &service_name, product("servicename"), &product_code]);
        let entities = [row.text(at.billing_entity)?, row.text(at.invoicing_entity)?, row.text(at.legal_entity)?];
        let commitments = [row.text(at.savings_plan)?, row.text(at.reservation)?, row.text(at.subscription)?];
        let [savings_plan, reservation, subscription] = commitments.each_ref().map(|text| text.as_ref());

        values.set(Dimension::Service, service);
        values.set(Dimension::ServiceCategory, service_category::of(&product_code));
        values.set(Dimension::Region, first_of([&region_code, &region, product("region")]));
        values.set(Dimension::ChargeType, &*kind);
        values.set(Dimension::ChargeCategory, category::of(&kind));
        values.set(Dimension::CommitmentStatus, category::commitment_status(&kind));
        values.set(Dimension::Commitment, category::commitment(&kind, savings_plan, reservation, subscription));
        let parties = parties::of(entities.each_ref().map(|text| text.as_ref()));
        values.set(Dimension::InvoiceIssuer, parties.issuer);
        values.set(Dimension::Publisher, parties.publisher);

        let currency = row.currency(at.currency, self.absent_currency)?;
        let billed = row.amount(at.billed)?;
        if billed.is_none() && !at.is_share(row) {
            return Err(row.null(at.billed, NO_COST));
        }
        let cost = Cost {
            billed: billed.unwrap_or(Exact::ZERO),
            effective: self.amortisation.effective(&kind, billed, row)?,
            list: row.amount_or_nought(at.list)?,
            contracted: None,
        };
        if kind == "Fee" && self.amortisation.reservation.is_none() {
            self.fees_without_reservation_column += 1;
        }
        if row.amount_or_nought(at.discount)?.is_some_and(|discount| !discount.is_zero()) {
            self.discounted_in_place += 1;
        }
        let (billing_account_name, sub_account_name) = (row.text(at.billing_account_name)?, row.text(at.sub_account_name)?);
        let tags = self.tags.read(row)?;
        let tags = tags.borrowed();
        let charge = Charge {
            billing_period,
            currency,
            values: values.borrowed(),
            billing_account_name: &billing_account_name,
            sub_account_name: &sub_account_name,
            tags: &tags,
            cost,
        };
        sink(&charge).map_err(|refused| self.origins.refusal(&self.columns, refused))
    }
}

/// The first text that is not null.
fn first_of<const N: usize>(texts: [&str; N]) -> &str {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or("")
}
