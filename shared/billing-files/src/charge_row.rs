//! Cells of a row as the texts, amounts and moments of a charge, or a refusal that names the column.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDateTime};
use dayone_domain::period::{BillingPeriod, parse_moment};
use dayone_domain::{Currency, Exact};

use crate::cell::{Cell, Row};
use crate::columns::{Columns, Slot};
use crate::limits::{MAX_FIELD_BYTES, MAX_KEY_BYTES};
use crate::refusal::{NO_VALUE, Refusal};
use crate::tags::{TagReader, Tags};

const EXPORT_AGAIN: &str =
    "export the file again from the provider and hand it over as it comes, without opening and saving it in a spreadsheet";

/// A row with the columns that are read of it.
#[derive(Clone, Copy)]
pub(crate) struct ChargeRow<'r> {
    pub(crate) columns: &'r Columns,
    pub(crate) row: &'r dyn Row,
}

impl<'r> ChargeRow<'r> {
    fn cell(self, slot: Slot) -> Result<Cell<'r>, Refusal> {
        let cell = self.row.cell(slot.0);
        match cell {
            Cell::Text(text) if text.len() > MAX_FIELD_BYTES => {
                let reason = format!("is {} bytes long, and no more than {MAX_FIELD_BYTES} are read (MAX_FIELD_BYTES)", text.len());
                Err(self.wrong(slot, text, &reason, "check the export at this row"))
            }
            cell => Ok(cell),
        }
    }

    /// A refusal of the value in this column.
    pub(crate) fn wrong(self, slot: Slot, value: &str, reason: &str, what_to_do: &str) -> Refusal {
        Refusal::new(reason, what_to_do).column(self.columns.name(slot)).value(value)
    }

    /// A refusal of a null in this column.
    pub(crate) fn null(self, slot: Slot, reason: &str) -> Refusal {
        Refusal::new(reason, NO_VALUE).column(self.columns.name(slot))
    }

    /// Whether the cell is null.
    pub(crate) fn is_null(self, slot: Slot) -> bool {
        self.row.cell(slot.0) == Cell::Null
    }

    /// Null, or no such column, is the empty text. Charges are summed by it, so it is kept, and has the limit for that.
    pub(crate) fn text(self, slot: Option<Slot>) -> Result<Cow<'r, str>, Refusal> {
        let Some(slot) = slot else { return Ok(Cow::Borrowed("")) };
        match self.cell(slot)? {
            Cell::Text(text) if text.len() > MAX_KEY_BYTES => {
                let reason =
                    format!("is {} bytes long, and charges are summed by no more than {MAX_KEY_BYTES} (MAX_KEY_BYTES)", text.len());
                Err(self.wrong(slot, text, &reason, "check the export at this row"))
            }
            Cell::Text(text) => Ok(Cow::Borrowed(text)),
            cell @ (Cell::Null | Cell::Integer(_) | Cell::Decimal(_)) => Ok(cell.to_text()),
            cell @ (Cell::Single(_) | Cell::Double(_)) => Err(self.wrong(
                slot,
                &cell.to_text(),
                "is a floating-point number where a text is needed, so that leading zeros and last digits may be gone",
                "write this column as a string",
            )),
            cell => Err(self.wrong(slot, &cell.to_text(), "is no text", "write this column as a string")),
        }
    }

    /// As [`text`](Self::text), for account and invoice ids, which a spreadsheet turns into numbers.
    pub(crate) fn identifier(self, slot: Option<Slot>) -> Result<Cow<'r, str>, Refusal> {
        let id = self.text(slot)?;
        match slot {
            Some(slot) if is_mangled(&id) => {
                let reason = "a spreadsheet has rewritten this id as a rounded number, and its last digits are gone";
                Err(self.wrong(slot, &id, reason, EXPORT_AGAIN))
            }
            _ => Ok(id),
        }
    }

    /// `None` is null.
    pub(crate) fn amount(self, slot: Slot) -> Result<Option<Exact>, Refusal> {
        let cell = self.cell(slot)?;
        let text = match cell {
            Cell::Null => return Ok(None),
            Cell::Moment(_) | Cell::Map(_) | Cell::Tags(_) => Cow::Borrowed("?"),
            _ => cell.to_text(),
        };
        Exact::parse(&text).map(Some).map_err(|error| {
            let what_to_do =
                "export the file again with plain decimal numbers: a point for the decimals, no thousands separator, no currency sign";
            self.wrong(slot, &cell.to_text(), &format!("the cost {error}"), what_to_do)
        })
    }

    /// A cost that counts as nought where it is null; `None` where the file has no such column.
    pub(crate) fn amount_or_nought(self, slot: Option<Slot>) -> Result<Option<Exact>, Refusal> {
        slot.map(|slot| Ok(self.amount(slot)?.unwrap_or(Exact::ZERO))).transpose()
    }

    /// `None` is null, or no such column.
    pub(crate) fn moment(self, slot: Option<Slot>) -> Result<Option<NaiveDateTime>, Refusal> {
        let Some(slot) = slot else { return Ok(None) };
        let cell = self.cell(slot)?;
        let moment = match &cell {
            Cell::Null => return Ok(None),
            Cell::Text(text) => parse_moment(text),
            Cell::Moment(moment) => Some(*moment),
            _ => None,
        };
        match moment {
            // A billing period must have months before and after it.
            Some(moment) if (1901..=9998).contains(&moment.year()) => Ok(Some(moment)),
            _ => {
                let text = cell.to_text();
                if text.contains('/') {
                    let reason =
                        "is no date as billing files write them (2026-04-01T00:00:00Z); it looks as if a spreadsheet has rewritten it";
                    return Err(self.wrong(slot, &text, reason, EXPORT_AGAIN));
                }
                let what_to_do = "export the file again with dates in ISO 8601";
                Err(self.wrong(slot, &text, "is no date as billing files write them (2026-04-01T00:00:00Z)", what_to_do))
            }
        }
    }

    /// The month of the period's start. An end, where the file has one, must agree with it: inclusive (the
    /// last second of the month) or exclusive.
    pub(crate) fn billing_period(self, start: Slot, end: Option<Slot>) -> Result<BillingPeriod, Refusal> {
        let first = self.moment(Some(start))?.ok_or_else(|| self.null(start, "the start of the billing period is null"))?;
        let period = BillingPeriod::containing(first);
        let Some((end, last)) = end.zip(self.moment(end)?) else { return Ok(period) };
        let limit = period.next().first_day().and_hms_opt(0, 0, 0).expect("midnight is in every day");
        let reason = if last <= first {
            format!("the billing period ends before it starts ({first})")
        } else if last > limit {
            format!("the billing period reaches beyond {}, the month it starts in; only calendar months (UTC) are read", period.name())
        } else {
            return Ok(period);
        };
        Err(self.wrong(end, &self.row.cell(end.0).to_text(), &reason, "export one calendar month (UTC) for each billing period"))
    }

    /// The billing currency, or `absent` where the file has no such column.
    pub(crate) fn currency(self, slot: Option<Slot>, absent: Currency) -> Result<Currency, Refusal> {
        let Some(slot) = slot else { return Ok(absent) };
        let code = self.text(Some(slot))?;
        if code.is_empty() {
            return Err(self.null(slot, "the billing currency is null"));
        }
        Currency::try_new(&code).map_err(|error| self.wrong(slot, &code, &error.to_string(), "export the file again with ISO 4217 codes"))
    }

    /// The tags of a cell; none where the file has no such column.
    pub(crate) fn tags(self, slot: Option<Slot>, reader: &TagReader) -> Result<Tags, Refusal> {
        let cell = slot.map_or(Ok(Cell::Null), |slot| self.cell(slot))?;
        reader.read(&cell).map_err(|trouble| {
            let slot = slot.expect("INVARIANT: null is read");
            self.wrong(slot, &cell.to_text(), &trouble.reason, trouble.what_to_do)
        })
    }
}

/// An id as a spreadsheet writes a long number: `1.23457E+12`.
fn is_mangled(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once("E+") else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    whole.len() == 1 && digits(whole) && digits(fraction) && digits(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_a_spreadsheet_rewrote_is_recognised() {
        for id in ["1.23457E+12", "1E+11", "9,8E+15"] {
            assert!(is_mangled(id), "{id}");
        }
        for id in ["", "123456789012", "1E11", "12.3E+4", "a1.2E+3", "1.2E+3a", "1.2E+", "E+12", "1234E+5678", "1.E+12"] {
            assert!(!is_mangled(id), "{id}");
        }
    }
}
