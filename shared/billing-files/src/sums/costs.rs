//! From money columns to the four costs of each row.

use std::collections::HashMap;

use dayone_domain::Exact;

use super::GiveUp;
use super::memo::Amounts;
use super::money::{Integers, MoneyColumn, Nulls};
use super::pieces::Codes;
use crate::columns::Slot;
use crate::facets::{CostPlan, Effective, Term};

/// Billed, effective, list and contracted.
pub(crate) const COSTS: usize = 4;

/// A term of a cost: a column, and whether it is taken away.
type Signed = (Slot, bool);

/// A plan as what each cost adds up.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) of_cost: [Vec<Signed>; COSTS],
    required: Vec<Slot>,
    pub(crate) discount: Option<Slot>,
}

impl Terms {
    pub(crate) fn of(plan: &CostPlan) -> Terms {
        let billed = signed(&plan.billed, false);
        let (effective, of_effective): (Vec<Signed>, Vec<&Term>) = match &plan.effective {
            Effective::AsBilled => (billed.clone(), Vec::new()),
            Effective::Of(term) => (signed(term, false), vec![term]),
            Effective::Sum(a, b) => ([signed(a, false), signed(b, false)].concat(), vec![a, b]),
            Effective::Difference(a, b) => ([signed(a, false), signed(b, true)].concat(), vec![a, b]),
        };
        let terms = [&plan.billed].into_iter().chain(of_effective);
        let required = terms.filter(|term| matches!(term, Term::Required { .. })).filter_map(Term::slot).collect();
        let single = |slot: Option<Slot>| slot.map(|slot| (slot, false)).into_iter().collect();
        Terms { of_cost: [billed, effective, single(plan.list), single(plan.contracted)], required, discount: plan.discount }
    }
}

fn signed(term: &Term, is_taken_away: bool) -> Vec<Signed> {
    term.slot().map(|slot| (slot, is_taken_away)).into_iter().collect()
}

/// Terms with the columns that they are, and whether each is taken away.
fn columns_of<'b>(terms: &[Signed], money: &'b HashMap<usize, MoneyColumn>) -> Vec<(&'b Integers, bool)> {
    terms.iter().map(|(slot, is_taken_away)| (&money[&slot.0].units, *is_taken_away)).collect()
}

/// The costs of a batch, as integers; and what of them has more digits, by row and cost.
#[derive(Default)]
pub(crate) struct Costs {
    zeros: Vec<i64>,
    wide_zeros: Vec<i128>,
    narrow: [Vec<i64>; COSTS],
    wide: [Vec<i128>; COSTS],
    /// Where each cost is: nowhere, in a column as it stands, or in the buffer.
    at: [At; COSTS],
    is_wide: bool,
    /// Ascending by row.
    pub(crate) exceptions: Vec<(usize, usize, Exact)>,
}

#[derive(Clone, Copy, Debug, Default)]
enum At {
    #[default]
    Nowhere,
    Column(Slot),
    Buffer,
}

impl Costs {
    /// Works out the costs of a batch. `plans` says by row which of `terms` counts.
    pub(crate) fn of(&mut self, rows: usize, money: &HashMap<usize, MoneyColumn>, plans: &Codes, terms: &[Terms]) -> Result<(), GiveUp> {
        self.zeros.resize(rows.max(self.zeros.len()), 0);
        self.exceptions.clear();
        self.is_wide = money.values().any(|column| matches!(column.units, Integers::Wide(_)));
        match (plans, plans.by_row()) {
            (_, Some(plans)) => self.of_plans(rows, money, &plans[..rows], terms)?,
            (Codes::Same(plan), None) => self.of_one_plan(rows, money, &terms[*plan as usize])?,
            (_, None) => unreachable!("INVARIANT: all rows have the same, or each its own"),
        }
        if self.is_wide {
            self.widen(rows, money);
        }
        self.exceptions.sort_by_key(|(row, ..)| *row);
        Ok(())
    }

    fn of_one_plan(&mut self, rows: usize, money: &HashMap<usize, MoneyColumn>, terms: &Terms) -> Result<(), GiveUp> {
        if terms.required.iter().any(|slot| money[&slot.0].nulls != Nulls::None) {
            return Err(GiveUp("a null cost"));
        }
        for cost in 0..COSTS {
            self.at[cost] = match terms.of_cost[cost][..] {
                [] => At::Nowhere,
                [(slot, false)] => match money[&slot.0].units {
                    Integers::Nought => At::Nowhere,
                    _ => At::Column(slot),
                },
                _ => {
                    self.clear(cost, rows);
                    let terms = columns_of(&terms.of_cost[cost], money);
                    for row in 0..rows {
                        self.put(cost, row, &terms)?;
                    }
                    At::Buffer
                }
            };
            for (slot, is_taken_away) in &terms.of_cost[cost] {
                let exceptions = money[&slot.0].exceptions.iter();
                self.exceptions.extend(exceptions.map(|(row, amount)| (*row, cost, if *is_taken_away { -*amount } else { *amount })));
            }
        }
        Ok(())
    }

    fn of_plans(&mut self, rows: usize, money: &HashMap<usize, MoneyColumn>, plans: &[u32], terms: &[Terms]) -> Result<(), GiveUp> {
        for cost in 0..COSTS {
            // Most often all plans agree on a cost, and it is one column.
            let first = &terms[plans[0] as usize].of_cost[cost];
            let agree = terms.iter().all(|terms| terms.of_cost[cost] == *first);
            self.at[cost] = match first[..] {
                [] if agree => At::Nowhere,
                [(slot, false)] if agree => match money[&slot.0].units {
                    Integers::Nought => At::Nowhere,
                    _ => At::Column(slot),
                },
                _ => {
                    self.clear(cost, rows);
                    let terms: Vec<_> = terms.iter().map(|terms| columns_of(&terms.of_cost[cost], money)).collect();
                    for (row, plan) in plans.iter().enumerate() {
                        self.put(cost, row, &terms[*plan as usize])?;
                    }
                    At::Buffer
                }
            };
        }
        for slot in money.iter().filter(|(_, column)| column.nulls != Nulls::None).map(|(slot, _)| Slot(*slot)) {
            let is_required: Vec<bool> = terms.iter().map(|terms| terms.required.contains(&slot)).collect();
            let nulls = &money[&slot.0].nulls;
            if is_required.contains(&true) && (0..rows).any(|row| is_required[plans[row] as usize] && nulls.is_null(row)) {
                return Err(GiveUp("a null cost"));
            }
        }
        for (slot, column) in money {
            for (row, amount) in &column.exceptions {
                for (cost, of_cost) in terms[plans[*row] as usize].of_cost.iter().enumerate() {
                    for (_, is_taken_away) in of_cost.iter().filter(|(of, _)| of.0 == *slot) {
                        self.exceptions.push((*row, cost, if *is_taken_away { -*amount } else { *amount }));
                    }
                }
            }
        }
        Ok(())
    }

    fn clear(&mut self, cost: usize, rows: usize) {
        self.narrow[cost].clear();
        self.wide[cost].clear();
        if self.is_wide {
            self.wide[cost].resize(rows, 0);
        } else {
            self.narrow[cost].resize(rows, 0);
        }
    }

    fn put(&mut self, cost: usize, row: usize, terms: &[(&Integers, bool)]) -> Result<(), GiveUp> {
        const TOO_WIDE: GiveUp = GiveUp("a cost beyond its integers");
        for (units, is_taken_away) in terms {
            match (units, self.is_wide) {
                (Integers::Nought, _) => {}
                (Integers::Narrow(units), false) => {
                    let sum = &mut self.narrow[cost][row];
                    *sum = if *is_taken_away { sum.checked_sub(units[row]) } else { sum.checked_add(units[row]) }.ok_or(TOO_WIDE)?;
                }
                (units, _) => {
                    let units = match units {
                        Integers::Narrow(units) => i128::from(units[row]),
                        Integers::Wide(units) => units[row],
                        Integers::Nought => 0,
                    };
                    let sum = &mut self.wide[cost][row];
                    *sum = if *is_taken_away { sum.checked_sub(units) } else { sum.checked_add(units) }.ok_or(TOO_WIDE)?;
                }
            }
        }
        Ok(())
    }

    /// Where one column is wide, all are.
    fn widen(&mut self, rows: usize, money: &HashMap<usize, MoneyColumn>) {
        self.wide_zeros.resize(rows.max(self.wide_zeros.len()), 0);
        for cost in 0..COSTS {
            if let At::Column(slot) = self.at[cost]
                && let Integers::Narrow(units) = &money[&slot.0].units
            {
                self.wide[cost].clear();
                self.wide[cost].extend(units.iter().map(|units| i128::from(*units)));
                self.at[cost] = At::Buffer;
            }
        }
    }

    /// The integers, by row.
    pub(crate) fn amounts<'c>(&'c self, rows: usize, money: &'c HashMap<usize, MoneyColumn>) -> Amounts<'c> {
        if self.is_wide {
            return Amounts::Wide(std::array::from_fn(|cost| match self.at[cost] {
                At::Nowhere => &self.wide_zeros[..rows],
                At::Buffer => &self.wide[cost][..rows],
                At::Column(slot) => match &money[&slot.0].units {
                    Integers::Wide(units) => &units[..rows],
                    _ => unreachable!("INVARIANT: narrow columns were widened"),
                },
            }));
        }
        Amounts::Narrow(std::array::from_fn(|cost| match self.at[cost] {
            At::Nowhere => &self.zeros[..rows],
            At::Buffer => &self.narrow[cost][..rows],
            At::Column(slot) => match &money[&slot.0].units {
                Integers::Narrow(units) => &units[..rows],
                _ => unreachable!("INVARIANT: no column is wide"),
            },
        }))
    }
}
