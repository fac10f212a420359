//! FOCUS 1.0 to 1.3, the Cost and Usage data set. <https://focus.finops.org/focus-specification/v1-3/>

use dayone_domain::Currency;
use dayone_domain::charge::{Charge, Cost, Dimension};
use dayone_domain::period::BillingPeriod;

use crate::cell::Row;
use crate::charge_row::{ChargeRow, MonthText, Values};
use crate::columns::{Columns, Header, Kind, Slot};
use crate::format::{FocusVersion, Format};
use crate::mapper::{Origins, absent_currency, absent_currency_note};
use crate::refusal::Refusal;
use crate::tags::TagReader;
use crate::{ReadOptions, Sink};

/// Dimensions that are a column as it stands.
const TEXTS: [(Dimension, &str); 8] = [
    (Dimension::InvoiceIssuer, "InvoiceIssuerName"),
    (Dimension::Publisher, "PublisherName"),
    (Dimension::Service, "ServiceName"),
    (Dimension::ServiceCategory, "ServiceCategory"),
    (Dimension::Region, "RegionId"),
    (Dimension::ChargeClass, "ChargeClass"),
    (Dimension::Commitment, "CommitmentDiscountId"),
    (Dimension::CommitmentStatus, "CommitmentDiscountStatus"),
];

/// Dimensions whose ids a spreadsheet may have mangled. They are read first: a mangled file is refused for
/// the digits that are gone, before anything that could be mended.
const IDENTIFIERS: [(Dimension, &str); 3] =
    [(Dimension::BillingAccount, "BillingAccountId"), (Dimension::SubAccount, "SubAccountId"), (Dimension::InvoiceId, "InvoiceId")];

const NO_COST: &str = "the cost is null, and FOCUS demands one in every row";

/// Maps rows of a FOCUS file.
pub(crate) struct FocusMapper {
    version: FocusVersion,
    columns: Columns,
    source: Box<str>,
    absent_currency: Currency,
    origins: Origins,
    category: Slot,
    provider: Option<Slot>,
    service_provider: Option<Slot>,
    billing_account_name: Option<Slot>,
    sub_account_name: Option<Slot>,
    currency: Option<Slot>,
    period_start: Slot,
    period_end: Option<Slot>,
    charge_start: Option<Slot>,
    billed: Slot,
    effective: Slot,
    list: Option<Slot>,
    contracted: Option<Slot>,
    tags: Option<Slot>,
    tag_reader: TagReader,
    month: MonthText,
}

impl FocusMapper {
    pub(crate) fn try_new(version: FocusVersion, header: &Header, options: &ReadOptions<'_>) -> Result<FocusMapper, Refusal> {
        let mut columns = Columns::default();
        let category = columns.required(header, "ChargeCategory", Kind::Text)?;
        let mut origins = vec![(Dimension::ChargeCategory, Some(category)), (Dimension::ChargeType, Some(category))];
        for (dimension, name) in IDENTIFIERS.into_iter().chain(TEXTS) {
            origins.push((dimension, columns.optional(header, name, Kind::Text)?));
        }
        let provider = columns.optional(header, "ProviderName", Kind::Text)?;
        let service_provider = columns.optional(header, "ServiceProviderName", Kind::Text)?;
        origins.push((Dimension::Provider, provider.or(service_provider)));
        let charge_start = columns.optional(header, "ChargePeriodStart", Kind::Moment)?;
        origins.push((Dimension::ChargeMonth, charge_start));
        Ok(FocusMapper {
            version,
            source: Box::from(options.source),
            absent_currency: absent_currency(options),
            origins: Origins::new(&origins),
            category,
            provider,
            service_provider,
            billing_account_name: columns.optional(header, "BillingAccountName", Kind::Text)?,
            sub_account_name: columns.optional(header, "SubAccountName", Kind::Text)?,
            currency: columns.optional(header, "BillingCurrency", Kind::Text)?,
            period_start: columns.required(header, "BillingPeriodStart", Kind::Moment)?,
            period_end: columns.optional(header, "BillingPeriodEnd", Kind::Moment)?,
            charge_start,
            billed: columns.required(header, "BilledCost", Kind::Money)?,
            effective: columns.required(header, "EffectiveCost", Kind::Money)?,
            list: columns.optional(header, "ListCost", Kind::Money)?,
            contracted: columns.optional(header, "ContractedCost", Kind::Money)?,
            tags: columns.optional(header, "Tags", Kind::Tags)?,
            tag_reader: TagReader::verbatim(),
            month: MonthText::default(),
            columns,
        })
    }

    pub(crate) fn format(&self) -> Format {
        Format::Focus { version: self.version }
    }

    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(crate) fn has_list_and_contracted(&self) -> (bool, bool) {
        (self.list.is_some(), self.contracted.is_some())
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        match self.currency {
            Some(_) => Vec::new(),
            None => vec![absent_currency_note("BillingCurrency", self.absent_currency)],
        }
    }

    pub(crate) fn charge(&mut self, row: &dyn Row, sink: &mut Sink<'_>) -> Result<(), Refusal> {
        let row = ChargeRow { columns: &self.columns, row };
        let mut values = Values::new();
        values.set(Dimension::Source, &*self.source);
        for (dimension, _) in IDENTIFIERS {
            values.set(dimension, row.identifier(self.origins.slot(dimension))?);
        }
        for (dimension, _) in TEXTS {
            values.set(dimension, row.text(self.origins.slot(dimension))?);
        }
        let category = row.text(Some(self.category))?;
        values.set(Dimension::ChargeType, category.clone());
        values.set(Dimension::ChargeCategory, category);
        let provider = row.text(self.provider)?;
        values.set(Dimension::Provider, if provider.is_empty() { row.text(self.service_provider)? } else { provider });
        let (billing_account_name, sub_account_name) = (row.text(self.billing_account_name)?, row.text(self.sub_account_name)?);
        let billing_period = row.billing_period(self.period_start, self.period_end)?;
        let month = row.moment(self.charge_start)?.map_or(billing_period, BillingPeriod::containing);
        values.set(Dimension::ChargeMonth, self.month.of(month));
        let currency = row.currency(self.currency, self.absent_currency)?;
        let cost = Cost {
            billed: row.required_amount(self.billed, NO_COST)?,
            effective: row.required_amount(self.effective, NO_COST)?,
            list: row.amount_or_nought(self.list)?,
            contracted: row.amount_or_nought(self.contracted)?,
        };
        let tags = row.tags(self.tags, &mut self.tag_reader)?;
        let tags: Vec<(&str, &str)> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
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
