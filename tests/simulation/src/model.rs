//! A small company and its bills, made from a seed; and what the auditor works out of them by itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dayone_domain::charge::{Charge, Cost, Dimension};
use dayone_domain::cube::{Cube, CubeBuilder};
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::{BillingPeriod, Currency, Exact};

use crate::chance::Dice;

/// The sources, each with its billing accounts.
pub const SOURCES: [(&str, [&str; 2]); 2] = [("aws", ["111", "112"]), ("azure", ["ea-1", "ea-2"])];
/// Cost groups that people own.
pub const GROUPS: [&str; 3] = ["shop", "search", "data"];
/// What the holding accounts of the tree begin with, and no expense account.
pub const HOLDING: &str = "149";
/// Days after which the policy of some companies reminds owners.
pub const REMINDED_AFTER: [i64; 2] = [3, 6];
/// Days after which it takes silence for a yes.
pub const DEEMED_AFTER: i64 = 12;
/// The shop's owner accepts no more, in cents; the owner of the group above does.
pub const SHOP_LIMIT: u128 = 40_000;
/// Values of the tag `team`: the groups, a pool, and nobody.
const TEAMS: [&str; 5] = ["shop", "search", "data", "shared", ""];

/// One charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    account: &'static str,
    team: &'static str,
    category: &'static str,
    service: &'static str,
    is_invoiced: bool,
    /// In ten thousandths of a dollar.
    units: i64,
}

/// A refresh of one source for one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// Place in [`SOURCES`].
    pub source: usize,
    /// The billing period.
    pub period: BillingPeriod,
    /// When it was made.
    pub modified: DateTime<Utc>,
    /// Its charges.
    pub rows: Vec<Row>,
}

/// The first refresh of a source's period.
pub fn first(dice: &mut Dice, source: usize, period: BillingPeriod, modified: DateTime<Utc>) -> Refresh {
    let count = 3 + dice.below(6);
    let rows = (0..count).map(|_| row(dice, source)).collect();
    Refresh { source, period, modified, rows }
}

/// A later refresh: some charges changed, some came, some went.
pub fn refreshed(dice: &mut Dice, before: &Refresh, modified: DateTime<Utc>, is_invoiced: bool) -> Refresh {
    let mut rows = before.rows.clone();
    if !rows.is_empty() && dice.chance(60) {
        let place = dice.below(rows.len());
        rows[place].units += dice.below(400_000) as i64 - 150_000;
    }
    if dice.chance(50) {
        rows.push(row(dice, before.source));
    }
    if rows.len() > 2 && dice.chance(20) {
        rows.swap_remove(dice.below(rows.len()));
    }
    rows.iter_mut().for_each(|row| row.is_invoiced |= is_invoiced);
    Refresh { rows, modified, ..before.clone() }
}

fn row(dice: &mut Dice, source: usize) -> Row {
    let category = dice.pick(&["Usage", "Usage", "Usage", "Purchase", "Credit", "Tax"]);
    let magnitude = 1 + dice.below(3_000_000) as i64;
    Row {
        account: SOURCES[source].1[dice.below(2)],
        team: dice.pick(&TEAMS),
        category,
        service: dice.pick(&["Compute", "Storage"]),
        is_invoiced: false,
        units: if category == "Credit" { -magnitude / 4 } else { magnitude },
    }
}

impl Refresh {
    /// What it costs, in ten thousandths of a dollar.
    pub fn units(&self) -> i128 {
        self.rows.iter().map(|row| i128::from(row.units)).sum()
    }
}

/// Charges of a source and billing period, as the product sums them.
pub fn summed(source: usize, period: BillingPeriod, rows: &[Row]) -> (Cube, ControlTotals) {
    let mut cube = CubeBuilder::new(vec!["team".to_owned()]);
    let mut control = ControlTotals::default();
    let month = period.to_string();
    let invoice = format!("INV-{}-{month}", SOURCES[source].0);
    for row in rows {
        let cost = Exact::from_i128(i128::from(row.units), 4);
        let mut values = [""; Dimension::COUNT];
        for (dimension, value) in [
            (Dimension::Source, SOURCES[source].0),
            (Dimension::Provider, SOURCES[source].0),
            (Dimension::BillingAccount, row.account),
            (Dimension::SubAccount, row.account),
            (Dimension::Service, row.service),
            (Dimension::ChargeCategory, row.category),
            (Dimension::ChargeType, row.category),
            (Dimension::ChargeMonth, &month),
            (Dimension::InvoiceId, if row.is_invoiced { &invoice } else { "" }),
        ] {
            values[dimension as usize] = value;
        }
        let tags = [("team", row.team)];
        let charge = Charge {
            billing_period: period,
            currency: usd(),
            values,
            billing_account_name: "",
            sub_account_name: "",
            tags: &tags,
            cost: Cost { billed: cost, effective: cost, list: None, contracted: None },
        };
        cube.add(&charge).expect("a small cube");
        control.add(&charge);
    }
    (cube.finish(), control)
}

/// The currency of everything here.
pub fn usd() -> Currency {
    Currency::try_new("USD").expect("a currency")
}

/// Ten thousandths of a dollar in cents, halves away from zero.
pub fn cents(units: i128) -> i128 {
    let (whole, rest) = (units.abs() / 100, units.abs() % 100);
    (whole + i128::from(rest >= 50)) * units.signum()
}

/// The newest refresh of each source and period, by the auditor's own book.
pub fn newest(book: &[Refresh]) -> BTreeMap<(usize, BillingPeriod), &Refresh> {
    let mut newest: BTreeMap<(usize, BillingPeriod), &Refresh> = BTreeMap::new();
    for refresh in book {
        let known = newest.entry((refresh.source, refresh.period)).or_insert(refresh);
        if refresh.modified > known.modified {
            *known = refresh;
        }
    }
    newest
}

/// The configuration texts: kind, file name, text.
pub fn configuration(dice: &mut Dice) -> Vec<(&'static str, String)> {
    let split = dice.pick(&["proportional", "even"]);
    let tree = format!(
        r#"company: Simulated
valid_from: 2026-01
legal_entity: Simulated Inc.
unallocated: {{ id: unallocated, name: Unallocated, owners: [finops@sim.example], cost_center: "9000" }}
central: finance
groups:
  - id: online
    name: Online
    owners: [online@sim.example]
    cost_center: "4000"
    groups:
      - {{ id: shop, name: Shop, owners: [shop@sim.example], cost_center: "4100" }}
      - {{ id: search, name: Search, owners: [search@sim.example, second@sim.example], cost_center: "4200" }}
  - {{ id: data, name: Data, owners: [data@sim.example], cost_center: "4300" }}
  - {{ id: finance, name: Finance, owners: [controller@sim.example], cost_center: "9100" }}
pools:
  - {{ id: platform, name: Platform, owners: [finops@sim.example], split: {split}, to: [shop, search, data], fallback: even, account: "6480" }}
rules:
  - {{ to: shop, when: {{ tags: {{ team: shop }} }} }}
  - {{ to: search, when: {{ tags: {{ team: search }} }} }}
  - {{ to: data, when: {{ tags: {{ team: data }} }} }}
  - {{ to: platform, when: {{ tags: {{ team: shared }} }} }}
treatment: {{ credits: follow, tax: finance, discounts: follow, marketplace: follow, unused_commitment: follow }}
ledger:
  accounts:
    default: "6400"
    by_service: {{ Storage: "6410" }}
  holding:
    default: {{ account: "1490", cost_center: "9000" }}
    by_billing_account:
      "111": {{ account: "1491", cost_center: "9000" }}
      "ea-1": {{ account: "1492", cost_center: "9100" }}
"#
    );
    // The owner of data may have left: then nobody can be reminded of its invoices.
    let data = if dice.chance(75) { "  - { mail: data@sim.example, name: Data }\n" } else { "" };
    let limit = format!("{}.{:02}", SHOP_LIMIT / 100, SHOP_LIMIT % 100);
    let people = format!(
        r#"people:
  - {{ mail: controller@sim.example, name: Controller One, roles: [controller] }}
  - {{ mail: second-controller@sim.example, name: Controller Two, roles: [controller] }}
  - {{ mail: finops@sim.example, name: Finops, roles: [finops] }}
  - {{ mail: auditor@sim.example, name: Auditor, roles: [auditor] }}
  - {{ mail: online@sim.example, name: Online }}
  - {{ mail: shop@sim.example, name: Shop, accepts_up_to: {{ USD: "{limit}" }} }}
  - {{ mail: search@sim.example, name: Search }}
  - {{ mail: second@sim.example, name: Second }}
{data}"#
    );
    let finality = if dice.chance(50) { "final: { unchanged_for_days: 3 }" } else { "final: when_closed" };
    let sources = format!(
        r#"sources:
  - {{ id: aws, provider: AWS, billing_accounts: ["111", "112"], currencies: [USD], from: 2026-01, {finality} }}
  - {{ id: azure, provider: Azure, billing_accounts: ["ea-1", "ea-2"], currencies: [USD], from: 2026-01, final: when_closed }}
"#
    );
    let silence = if dice.chance(50) {
        format!("acceptance: {{ remind_after_days: {REMINDED_AFTER:?}, deemed_after_days: {DEEMED_AFTER} }}\n")
    } else {
        String::new()
    };
    let policy =
        format!("time_zone: Europe/Oslo\ncost_basis: billed\npromotion: {{ undisputed_periods: 1, unallocated_at_most: 30 % }}\n{silence}");
    let calendar = "currency: USD\nlegal_entity: Simulated Inc.\ncloses_on_day: 10\n";
    vec![("tree", tree), ("people", people), ("sources", sources), ("policy", policy), ("calendar", calendar.to_owned())]
}
