//! The amortised cost of a line item: the standard rules of the AWS CUR Query Library,
//! <https://catalog.workshops.aws/cur-query-library>.

use std::borrow::Cow;

use crate::charge_row::ChargeRow;
use crate::columns::{Columns, Header, Kind, Slot};
use crate::cur::columns::Spelling;
use crate::facets::{Effective, Term};
use crate::refusal::{Refusal, shown};

/// The columns that the amortised cost of some line item types needs.
#[derive(Debug)]
pub(crate) struct Amortisation {
    spelling: Spelling,
    savings_plan_effective: Option<Slot>,
    total_commitment: Option<Slot>,
    used_commitment: Option<Slot>,
    reservation_effective: Option<Slot>,
    unused_upfront: Option<Slot>,
    unused_recurring: Option<Slot>,
    /// ARN of the reservation; a fee that has one pays it upfront.
    pub(crate) reservation: Option<Slot>,
    /// Whether a fee may be without [`reservation`](Self::reservation): a legacy CUR leaves a column out when
    /// no line item of the month has a value for it, a CUR 2.0 only when whoever made the export left it out.
    reservation_may_lack: bool,
}

const SAVINGS_PLAN_EFFECTIVE: &str = "savingsPlan/SavingsPlanEffectiveCost";
const TOTAL_COMMITMENT: &str = "savingsPlan/TotalCommitmentToDate";
const USED_COMMITMENT: &str = "savingsPlan/UsedCommitment";
const RESERVATION_EFFECTIVE: &str = "reservation/EffectiveCost";
const UNUSED_UPFRONT: &str = "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod";
const UNUSED_RECURRING: &str = "reservation/UnusedRecurringFee";
const RESERVATION: &str = "reservation/ReservationARN";

impl Amortisation {
    pub(crate) fn try_new(columns: &mut Columns, header: &Header, spelling: Spelling, legacy: bool) -> Result<Amortisation, Refusal> {
        let mut pick = |name, kind| columns.optional(header, &spelling.of_name(name), kind);
        Ok(Amortisation {
            spelling,
            savings_plan_effective: pick(SAVINGS_PLAN_EFFECTIVE, Kind::Money)?,
            total_commitment: pick(TOTAL_COMMITMENT, Kind::Money)?,
            used_commitment: pick(USED_COMMITMENT, Kind::Money)?,
            reservation_effective: pick(RESERVATION_EFFECTIVE, Kind::Money)?,
            unused_upfront: pick(UNUSED_UPFRONT, Kind::Money)?,
            unused_recurring: pick(UNUSED_RECURRING, Kind::Money)?,
            reservation: pick(RESERVATION, Kind::Text)?,
            reservation_may_lack: legacy,
        })
    }

    /// Where the amortised cost of a line item of type `kind` comes from. Of a share of split cost allocation nothing
    /// counts that is not stated: its parent carries the cost.
    pub(crate) fn effective(&self, kind: &str, is_share: bool, row: ChargeRow<'_>) -> Result<Effective, Refusal> {
        let or_nought = |slot: Option<Slot>, name: &str| match slot {
            Some(slot) => Ok(Term::OrNought(slot)),
            None if is_share => Ok(Term::Nought),
            None => Err(self.lacking(kind, name)),
        };
        let needed = |slot: Option<Slot>, name: &str| match slot {
            Some(slot) if !is_share => {
                let reason = format!("the amortised cost of a line item of type {} needs this value, and it is null", shown(kind, 80));
                let what_to_do = "export the file again, or ask AWS: it states this value in every line item of this type";
                Ok(Term::Required { slot, reason: Cow::Owned(reason), what_to_do })
            }
            _ => or_nought(slot, name),
        };
        Ok(match kind {
            "SavingsPlanCoveredUsage" => Effective::Of(needed(self.savings_plan_effective, SAVINGS_PLAN_EFFECTIVE)?),
            "SavingsPlanRecurringFee" => {
                Effective::Difference(needed(self.total_commitment, TOTAL_COMMITMENT)?, or_nought(self.used_commitment, USED_COMMITMENT)?)
            }
            "SavingsPlanUpfrontFee" | "SavingsPlanNegation" => Effective::Of(Term::Nought),
            "DiscountedUsage" => Effective::Of(needed(self.reservation_effective, RESERVATION_EFFECTIVE)?),
            // What was used up leaves nothing unused, and AWS writes that as null.
            "RIFee" => Effective::Sum(or_nought(self.unused_upfront, UNUSED_UPFRONT)?, or_nought(self.unused_recurring, UNUSED_RECURRING)?),
            "Fee" => match self.reservation {
                Some(slot) if !row.text(Some(slot))?.is_empty() => Effective::Of(Term::Nought),
                None if !self.reservation_may_lack && !is_share => return Err(self.lacking(kind, RESERVATION)),
                _ => Effective::AsBilled,
            },
            _ => Effective::AsBilled,
        })
    }

    fn lacking(&self, kind: &str, name: &str) -> Refusal {
        let reason = format!("the amortised cost of a line item of type {kind} needs this column, and the file does not have it");
        Refusal::new(reason, "export the file again with this column").column(&self.spelling.of_name(name))
    }
}
