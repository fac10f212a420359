//! AWS Cost and Usage Reports into the words of FOCUS: CUR 2.0 and the legacy CUR, which differ in how they
//! spell their columns and where they keep tags.

mod amortisation;
mod category;
mod columns;
mod parties;
mod service_category;
mod tag_columns;

use std::borrow::Cow;

use dayone_domain::Currency;
use dayone_domain::charge::Dimension;
use dayone_domain::period::BillingPeriod;

use crate::ReadOptions;
use crate::charge_row::ChargeRow;
use crate::columns::{Columns, Header, Slot};
use crate::facets::{CostPlan, Counts, Draft, Facet, Term};
use crate::format::Format;
use crate::mapper::{Origins, absent_currency, absent_currency_note};
use crate::refusal::{NO_VALUE, Refusal};
use crate::tags::{Needed, TagReader, Tags};

use amortisation::Amortisation;
use columns::{CurColumns, Spelling};
use tag_columns::TagColumns;

/// [`Dimension::Provider`] of every CUR, as AWS writes it in its FOCUS exports.
const PROVIDER: &str = "AWS";

const NO_COST: &str = "the cost is null, and only shares of split cost allocation have none";

/// Attributes of the product that are read out of its map.
const ATTRIBUTES: [&str; 3] = ["product_name", "servicename", "region"];

/// What is read of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CurFacet {
    Identifier(Dimension, Option<Slot>),
    Period,
    /// What the line item type says alone.
    Kind,
    ServiceCategory,
    Service,
    Region,
    Commitment,
    Parties,
    Currency,
    BillingAccountName,
    SubAccountName,
    /// The source, and where costs stand.
    Costs,
    Tags,
}

/// Maps rows of a CUR.
pub(crate) struct CurMapper {
    format: Format,
    spelling: Spelling,
    columns: Columns,
    facets: Vec<Facet<CurFacet>>,
    source: Box<str>,
    absent_currency: Currency,
    at: CurColumns,
    origins: Origins,
    amortisation: Amortisation,
    tags: TagColumns,
    products: TagReader,
}

impl CurMapper {
    pub(crate) fn try_new(format: Format, header: &Header, options: &ReadOptions<'_>, needed: &Needed) -> Result<CurMapper, Refusal> {
        let spelling = Spelling::of(header);
        let mut columns = Columns::default();
        let at = CurColumns::try_new(&mut columns, header, spelling, needed.is_all())?;
        let amortisation = Amortisation::try_new(&mut columns, header, spelling, format == Format::LegacyCur)?;
        let tags = TagColumns::try_new(&mut columns, header, spelling, needed)?;
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
            facets: facets(&at, &amortisation, &tags),
            source: Box::from(options.source),
            absent_currency: absent_currency(options),
            at,
            origins,
            amortisation,
            tags,
            products: TagReader::verbatim(&Needed::keys(&ATTRIBUTES)),
            columns,
        })
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    pub(crate) fn facets(&self) -> &[Facet<CurFacet>] {
        &self.facets
    }

    pub(crate) fn origins(&self) -> &Origins {
        &self.origins
    }

    pub(crate) fn tags_of(&self, slot: Slot) -> Option<&TagReader> {
        if self.at.product == Some(slot) { Some(&self.products) } else { self.tags.reader(slot) }
    }

    pub(crate) fn has_list(&self) -> bool {
        self.at.list.is_some()
    }

    pub(crate) fn notes(&self, counts: &Counts) -> Vec<String> {
        let mut notes = Vec::new();
        if self.at.currency.is_none() {
            notes.push(absent_currency_note(&self.spelling.of_name("lineItem/CurrencyCode"), self.absent_currency));
        }
        if counts.fees_without_reservation_column > 0 {
            notes.push(format!(
                "The file has {} fees and no column {}: in the effective cost each counts as an ordinary fee, \
                 none as the upfront payment of a reservation.",
                counts.fees_without_reservation_column,
                self.spelling.of_name("reservation/ReservationARN")
            ));
        }
        if let Some(slot) = self.at.discount.filter(|_| counts.discounted_in_place > 0) {
            notes.push(format!(
                "{} line items have a discount in column {}, which their unblended cost does not contain: the billed cost is before it. \
                 An export with manual discount compatibility states discounts as line items.",
                counts.discounted_in_place,
                self.columns.name(slot)
            ));
        }
        notes
    }

    /// Reads a facet of a row, of which only the columns of the facet are looked at.
    pub(crate) fn read<'r>(&'r self, facet: CurFacet, row: ChargeRow<'r>, draft: &mut Draft<'r>) -> Result<(), Refusal> {
        let at = &self.at;
        match facet {
            CurFacet::Identifier(dimension, slot) => draft.set(dimension, row.identifier(slot)?),
            CurFacet::Period => {
                let billing_period = row.billing_period(at.period_start, at.period_end)?;
                draft.billing_period = Some(billing_period);
                let month = row.moment(at.usage_start)?.map_or(billing_period, BillingPeriod::containing);
                draft.set(Dimension::ChargeMonth, month.to_string());
            }
            CurFacet::Kind => {
                let kind = row.text(Some(at.line_item_type))?;
                draft.set(Dimension::ChargeCategory, category::of(&kind).to_owned());
                draft.set(Dimension::CommitmentStatus, category::commitment_status(&kind));
                draft.set(Dimension::ChargeType, kind);
            }
            CurFacet::ServiceCategory => draft.set(Dimension::ServiceCategory, service_category::of(&row.text(at.product_code)?)),
            CurFacet::Service => {
                let product = row.tags(at.product, &self.products)?;
                let (name, service_name, code) = (row.text(at.product_name)?, row.text(at.service_name)?, row.text(at.product_code)?);
                let texts = [&*name, attribute(&product, "product_name"), &*service_name, attribute(&product, "servicename"), &*code];
                draft.set(Dimension::Service, first_of(texts).to_owned());
            }
            CurFacet::Region => {
                let product = row.tags(at.product, &self.products)?;
                let (code, region) = (row.text(at.region_code)?, row.text(at.region)?);
                draft.set(Dimension::Region, first_of([&*code, &*region, attribute(&product, "region")]).to_owned());
            }
            CurFacet::Commitment => {
                let kind = row.text(Some(at.line_item_type))?;
                let ids = [row.text(at.savings_plan)?, row.text(at.reservation)?, row.text(at.subscription)?];
                let [savings_plan, reservation, subscription] = ids.each_ref().map(|text| text.as_ref());
                draft.set(Dimension::Commitment, category::commitment(&kind, savings_plan, reservation, subscription).to_owned());
            }
            CurFacet::Parties => {
                let entities = [row.text(at.billing_entity)?, row.text(at.invoicing_entity)?, row.text(at.legal_entity)?];
                let parties = parties::of(entities.each_ref().map(|text| text.as_ref()));
                draft.set(Dimension::InvoiceIssuer, parties.issuer.to_owned());
                draft.set(Dimension::Publisher, parties.publisher.to_owned());
            }
            CurFacet::Currency => draft.currency = Some(row.currency(at.currency, self.absent_currency)?),
            CurFacet::BillingAccountName => draft.billing_account_name = row.text(at.billing_account_name)?,
            CurFacet::SubAccountName => draft.sub_account_name = row.text(at.sub_account_name)?,
            CurFacet::Costs => {
                draft.set(Dimension::Source, &*self.source);
                draft.set(Dimension::Provider, PROVIDER);
                draft.plan = Some(Cow::Owned(self.plan(row)?));
            }
            CurFacet::Tags => draft.tags = self.tags.read(row)?,
        }
        Ok(())
    }

    fn plan(&self, row: ChargeRow<'_>) -> Result<CostPlan, Refusal> {
        let at = &self.at;
        let kind = row.text(Some(at.line_item_type))?;
        let is_stated = at.billed_presence.is_none_or(|slot| !row.is_null(slot));
        let is_share = !is_stated && at.is_share(row);
        let billed = match is_share {
            true => Term::OrNought(at.billed),
            false => Term::Required { slot: at.billed, reason: Cow::Borrowed(NO_COST), what_to_do: NO_VALUE },
        };
        Ok(CostPlan {
            billed,
            effective: self.amortisation.effective(&kind, is_share, row)?,
            list: at.list,
            contracted: None,
            is_fee_without_reservation_column: kind == "Fee" && self.amortisation.reservation.is_none(),
            discount: at.discount,
        })
    }
}

/// All facets, ids first: a mangled file is refused for the digits that are gone, before anything that could be mended.
fn facets(at: &CurColumns, amortisation: &Amortisation, tags: &TagColumns) -> Vec<Facet<CurFacet>> {
    let identifier = |dimension, slot| Facet::new(CurFacet::Identifier(dimension, slot), [slot]);
    let kind = Some(at.line_item_type);
    let costs = [kind, amortisation.reservation, at.billed_presence].into_iter().chain(at.shares.iter().map(|slot| Some(*slot)));
    vec![
        identifier(Dimension::BillingAccount, at.billing_account),
        identifier(Dimension::SubAccount, at.sub_account),
        identifier(Dimension::InvoiceId, at.invoice_id),
        Facet::new(CurFacet::Period, [Some(at.period_start), at.period_end, at.usage_start]),
        Facet::new(CurFacet::Kind, [kind]),
        Facet::new(CurFacet::ServiceCategory, [at.product_code]),
        Facet::new(CurFacet::Service, [at.product, at.product_name, at.service_name, at.product_code]),
        Facet::new(CurFacet::Region, [at.product, at.region_code, at.region]),
        Facet::new(CurFacet::Commitment, [kind, at.savings_plan, at.reservation, at.subscription]),
        Facet::new(CurFacet::Parties, [at.billing_entity, at.invoicing_entity, at.legal_entity]),
        Facet::new(CurFacet::Currency, [at.currency]),
        Facet::new(CurFacet::Costs, costs),
        Facet::new(CurFacet::BillingAccountName, [at.billing_account_name]),
        Facet::new(CurFacet::SubAccountName, [at.sub_account_name]),
        Facet::new(CurFacet::Tags, tags.slots().map(Some)),
    ]
}

/// An attribute of a product; the empty text where it has none.
fn attribute<'t>(product: &'t Tags, key: &str) -> &'t str {
    product.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str())
}

/// The first text that is not null.
fn first_of<const N: usize>(texts: [&str; N]) -> &str {
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or("")
}
