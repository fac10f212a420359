//! The rows of the specification's examples, and what they sum to, by other means than the product's.

use std::collections::BTreeMap;
use std::path::Path;

use rust_decimal::{Decimal, RoundingStrategy};

/// What a group is charged.
pub type ByGroup = BTreeMap<String, Decimal>;

/// A file of the examples: no field of theirs holds a comma or a quote.
#[derive(Clone, Debug)]
pub struct Charges(String);

impl Charges {
    /// Reads an example of the samples' folder.
    pub fn of(samples: &Path, name: &str) -> Charges {
        let path = samples.join("focus-corrections").join(name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", path.display()));
        assert!(!text.contains('"'), "`{name}` has quotes now; read it with a CSV reader");
        Charges(text)
    }

    /// May as it was invoiced.
    pub fn original(samples: &Path) -> Charges {
        Charges::of(samples, "closed-billing-period/scenario_1_partial_reallocation_original.csv")
    }

    /// July as it was replaced while it was open.
    pub fn replacement(samples: &Path) -> Charges {
        Charges::of(samples, "open-billing-period-current/scenario_1_partial_reallocation_replacement.csv")
    }

    /// All corrections of May that June's bill carries in a style.
    pub fn corrections(samples: &Path, style: &str) -> Charges {
        let of = |scenario: &str| Charges::of(samples, &format!("closed-billing-period/{scenario}_{style}.csv"));
        of("scenario_1_partial_reallocation").and(&of("scenario_4_bulk_cost_only"))
    }

    /// These and others, in one file.
    pub fn and(&self, others: &Charges) -> Charges {
        let (header, rows) = others.0.split_once('\n').expect("a header");
        assert_eq!(self.0.lines().next(), Some(header), "the examples have one set of columns");
        Charges(format!("{}\n{rows}", self.0.trim_end()))
    }

    /// The same with one text in place of another, which must be there.
    pub fn with(&self, text: &str, other: &str) -> Charges {
        assert!(self.0.contains(text), "`{text}` is not in the example");
        Charges(self.0.replace(text, other))
    }

    /// The same in the billing period of another month; charge periods stay.
    pub fn billed_in_may(&self) -> Charges {
        let [start, end] = [("2025-06-01T", "2025-05-01T"), ("2025-07-01T", "2025-06-01T")];
        self.with(start.0, start.1).with(end.0, end.1).with("INV-20250601-20250701", "INV-20250501-20250601")
    }

    /// July's rows as May's, whole.
    pub fn july_as_may(&self) -> Charges {
        let dated = self.with("2025-07-01T", "2025-05-01T").with("2025-08-01T", "2025-06-01T");
        dated.with("INV-20250701-20250801", "INV-20250501-20250601")
    }

    /// The file as it stands.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The file with a column `SubAccountId` that says which resource a row is of. The examples show only the columns
    /// that matter to a correction, and resources are no dimension that cost is allocated by.
    pub fn by_sub_account(&self) -> String {
        let resource = self.column("ResourceId");
        let line = |(place, line): (usize, &str)| {
            let value = if place == 0 { "SubAccountId" } else { line.split(',').nth(resource).expect("every row has it") };
            format!("{line},{value}\n")
        };
        self.0.lines().enumerate().map(line).collect()
    }

    /// The billed cost of all rows.
    pub fn total(&self) -> Decimal {
        self.costs().map(|(_, cost)| cost).sum()
    }

    /// The billed cost by group, where each resource belongs to one; what has no resource goes to the last.
    pub fn by_group(&self, r111: &str, r222: &str, other: &str) -> ByGroup {
        let mut groups = ByGroup::new();
        for (resource, cost) in self.costs() {
            let group = match resource {
                "R-111" => r111,
                "R-222" => r222,
                "" => other,
                unknown => panic!("`{unknown}` is new among the examples"),
            };
            *groups.entry(group.to_owned()).or_default() += cost;
        }
        groups
    }

    fn column(&self, name: &str) -> usize {
        let header = self.0.lines().next().expect("a header");
        header.split(',').position(|column| column == name).unwrap_or_else(|| panic!("no column `{name}`"))
    }

    /// The resource and the billed cost of each row.
    fn costs(&self) -> impl Iterator<Item = (&str, Decimal)> {
        let (resource, cost) = (self.column("ResourceId"), self.column("BilledCost"));
        self.0.lines().skip(1).map(move |line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[resource], cells[cost].parse().expect("a cost"))
        })
    }
}

/// To cents, half away from zero.
pub fn cents(exact: Decimal) -> Decimal {
    exact.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// What both are, group by group, to cents and without noughts. Every group's part of the examples is whole cents but
/// for the bulk correction, which rounds to nothing.
pub fn summed(all: &[&ByGroup]) -> ByGroup {
    let mut sum = ByGroup::new();
    for (group, amount) in all.iter().copied().flatten() {
        *sum.entry(group.clone()).or_default() += *amount;
    }
    sum.values_mut().for_each(|amount| *amount = cents(*amount));
    sum.retain(|_, amount| !amount.is_zero());
    sum
}

/// What the first has beyond the second, to cents and without noughts.
pub fn difference(now: &ByGroup, before: &ByGroup) -> ByGroup {
    let taken = before.iter().map(|(group, amount)| (group.clone(), -*amount)).collect();
    summed(&[now, &taken])
}
