//! FOCUS 1.0 to 1.3, the Cost and Usage data set. <https://focus.finops.org/focus-specification/v1-3/>

use std::borrow::Cow;

use dayone_domain::Currency;
use dayone_domain::charge::Dimension;
use dayone_domain::period::BillingPeriod;

use crate::ReadOptions;
use crate::charge_row::ChargeRow;
use crate::columns::{Columns, Header, Kind, Slot};
use crate::facets::{CostPlan, Draft, Effective, Facet, Term};
use crate::format::{FocusVersion, Format};
use crate::mapper::{Origins, absent_currency, absent_currency_note};
use crate::refusal::{NO_VALUE, Refusal};
use crate::tags::{Needed, TagReader};

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

/// What is read of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FocusFacet {
    Identifier(Dimension),
    Text(Dimension),
    Category,
    Provider,
    BillingAccountName,
    SubAccountName,
    Period,
    Currency,
    /// What all rows have alike: the source, and where costs stand.
    OfFile,
    Tags,
}

/// Maps rows of a FOCUS file.
pub(crate) struct FocusMapper {
    version: FocusVersion,
    columns: Columns,
    facets: Vec<Facet<FocusFacet>>,
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
    plan: CostPlan,
    tags: Option<Slot>,
    tag_reader: TagReader,
}

impl FocusMapper {
    pub(crate) fn try_new(
        version: FocusVersion,
        header: &Header,
        options: &ReadOptions<'_>,
        needed: &Needed,
    ) -> Result<FocusMapper, Refusal> {
        let mut columns = Columns::default();
        let category = columns.required(header, "ChargeCategory", Kind::Text)?;
        let mut origins = vec![(Dimension::ChargeCategory, Some(category)), (Dimension::ChargeType, Some(category))];
        let mut facets = Vec::new();
        let identifiers = IDENTIFIERS.map(|(dimension, name)| (FocusFacet::Identifier(dimension), dimension, name));
        let texts = TEXTS.map(|(dimension, name)| (FocusFacet::Text(dimension), dimension, name));
        for (of, dimension, name) in identifiers.into_iter().chain(texts) {
            let slot = columns.optional(header, name, Kind::Text)?;
            origins.push((dimension, slot));
            facets.push(Facet::new(of, [slot]));
        }
        let provider = columns.optional(header, "ProviderName", Kind::Text)?;
        let service_provider = columns.optional(header, "ServiceProviderName", Kind::Text)?;
        origins.push((Dimension::Provider, provider.or(service_provider)));
        let charge_start = columns.optional(header, "ChargePeriodStart", Kind::Month)?;
        origins.push((Dimension::ChargeMonth, charge_start));
        let billing_account_name = match needed.is_all() {
            true => columns.optional(header, "BillingAccountName", Kind::Text)?,
            false => None,
        };
        let sub_account_name = columns.optional(header, "SubAccountName", Kind::Text)?;
        let currency = columns.optional(header, "BillingCurrency", Kind::Text)?;
        let period_start = columns.required(header, "BillingPeriodStart", Kind::Moment)?;
        let period_end = columns.optional(header, "BillingPeriodEnd", Kind::Moment)?;
        let mut cost = |name| {
            let slot = columns.required(header, name, Kind::Money)?;
            Ok(Term::Required { slot, reason: Cow::Borrowed(NO_COST), what_to_do: NO_VALUE })
        };
        let plan = CostPlan {
            billed: cost("BilledCost")?,
            effective: Effective::Of(cost("EffectiveCost")?),
            list: columns.optional(header, "ListCost", Kind::Money)?,
            contracted: columns.optional(header, "ContractedCost", Kind::Money)?,
            is_fee_without_reservation_column: false,
            discount: None,
        };
        let tags = columns.optional(header, "Tags", Kind::Tags)?;
        facets.extend([
            Facet::new(FocusFacet::Category, [Some(category)]),
            Facet::new(FocusFacet::Provider, [provider, service_provider]),
            Facet::new(FocusFacet::BillingAccountName, [billing_account_name]),
            Facet::new(FocusFacet::SubAccountName, [sub_account_name]),
            Facet::new(FocusFacet::Period, [Some(period_start), period_end, charge_start]),
            Facet::new(FocusFacet::Currency, [currency]),
            Facet::new(FocusFacet::OfFile, []),
            Facet::new(FocusFacet::Tags, [tags]),
        ]);
        Ok(FocusMapper {
            version,
            facets,
            source: Box::from(options.source),
            absent_currency: absent_currency(options),
            origins: Origins::new(&origins),
            category,
            provider,
            service_provider,
            billing_account_name,
            sub_account_name,
            currency,
            period_start,
            period_end,
            charge_start,
            plan,
            tags,
            tag_reader: TagReader::verbatim(needed),
            columns,
        })
    }

    pub(crate) fn format(&self) -> Format {
        Format::Focus { version: self.version }
    }

    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(crate) fn facets(&self) -> &[Facet<FocusFacet>] {
        &self.facets
    }

    pub(crate) fn origins(&self) -> &Origins {
        &self.origins
    }

    pub(crate) fn tags_of(&self, slot: Slot) -> Option<&TagReader> {
        (self.tags == Some(slot)).then_some(&self.tag_reader)
    }

    pub(crate) fn has_list_and_contracted(&self) -> (bool, bool) {
        (self.plan.list.is_some(), self.plan.contracted.is_some())
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        match self.currency {
            Some(_) => Vec::new(),
            None => vec![absent_currency_note("BillingCurrency", self.absent_currency)],
        }
    }

    /// Reads a facet of a row, of which only the columns of the facet are looked at.
    pub(crate) fn read<'r>(&'r self, facet: FocusFacet, row: ChargeRow<'r>, draft: &mut Draft<'r>) -> Result<(), Refusal> {
        match facet {
            FocusFacet::Identifier(dimension) => draft.set(dimension, row.identifier(self.origins.slot(dimension))?),
            FocusFacet::Text(dimension) => draft.set(dimension, row.text(self.origins.slot(dimension))?),
            FocusFacet::Category => {
                let category = row.text(Some(self.category))?;
                draft.set(Dimension::ChargeType, category.clone());
                draft.set(Dimension::ChargeCategory, category);
            }
            FocusFacet::Provider => {
                let provider = row.text(self.provider)?;
                draft.set(Dimension::Provider, if provider.is_empty() { row.text(self.service_provider)? } else { provider });
            }
            FocusFacet::BillingAccountName => draft.billing_account_name = row.text(self.billing_account_name)?,
            FocusFacet::SubAccountName => draft.sub_account_name = row.text(self.sub_account_name)?,
            FocusFacet::Period => {
                let billing_period = row.billing_period(self.period_start, self.period_end)?;
                draft.billing_period = Some(billing_period);
                let month = row.moment(self.charge_start)?.map_or(billing_period, BillingPeriod::containing);
                draft.set(Dimension::ChargeMonth, month.to_string());
            }
            FocusFacet::Currency => draft.currency = Some(row.currency(self.currency, self.absent_currency)?),
            FocusFacet::OfFile => {
                draft.set(Dimension::Source, &*self.source);
                draft.plan = Some(Cow::Borrowed(&self.plan));
            }
            FocusFacet::Tags => draft.tags.lists[0] = Some(row.tags(self.tags, &self.tag_reader)?),
        }
        Ok(())
    }
}
