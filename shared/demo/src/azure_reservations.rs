//! What the company reserves on Azure for a year: machines that it pays for month by month, and databases that it
//! has paid for at once, so that from that month on effective cost differs from billed cost.

use chrono::{Datelike, Weekday};

use crate::azure::contracted;
use crate::azure_services::find;
use crate::company::{SPENDERS, SUBSCRIPTIONS};
use crate::focus_charge::{Commitment, FocusCharge, QUANTITY_SCALE, Reservation};
use crate::money::{DOLLAR, RATE_SCALE, SCALE, at_scale};
use crate::random::Random;
use crate::workload::{Month, Tags};

/// The month, by index, on whose first day the databases are paid for. It is not the last closed one: that is the
/// month that people look at, and a year's price would outweigh the rest of it.
pub const PREPAID_MONTH: u32 = 2;

/// Dollars a month for twenty reserved machines.
const MACHINES_FEE: i128 = 2_640 * DOLLAR;

/// Dollars for a year of eight reserved vCores, about a third below list.
const DATABASES_PRICE: i128 = 11_664 * DOLLAR;

/// Who uses the reserved machines: team and subscription.
static MACHINE_USERS: [(&str, usize); 4] = [("tills", 0), ("store-devices", 0), ("recommendations", 5), ("inventory", 0)];

static MACHINES: Plan = Plan {
    reservation: Reservation {
        id: "/providers/Microsoft.Capacity/reservationOrders/0b5d7e19-64c3-4a2f-9d80-e7f1a3c65b42/reservations/3f8a1c60-92d4-4e7b-8b15-60c9d2e7a4f8",
        name: "stores-d4s-v5",
        unit: "Hours",
    },
    buyer: 0,
    service: "Virtual Machines",
    meter: "D4s v5",
    sku: "DZH318Z0D4S5",
    list_price: "0.192",
    what: "20 x Standard D4s v5",
    hours: 20 * 24,
};

/// Bought in a subscription without sales tax, so that the price is all that is prepaid.
static DATABASES: Plan = Plan {
    reservation: Reservation {
        id: "/providers/Microsoft.Capacity/reservationOrders/5e27c94a-1d86-4b03-a7f2-8c40d9b16e75/reservations/a94f03d2-7b58-4c61-9e0d-2f81c6a35b17",
        name: "stores-sql-gp",
        unit: "vCore Hours",
    },
    buyer: 3,
    service: "SQL Database",
    meter: "General Purpose vCore",
    sku: "DZH318Z0SQLG",
    list_price: "0.2522",
    what: "8 x SQL Database General Purpose vCore",
    hours: 8 * 24,
};

/// A reservation and what it is of.
struct Plan {
    reservation: Reservation,
    /// The place among the subscriptions of the one that bought it.
    buyer: usize,
    service: &'static str,
    meter: &'static str,
    sku: &'static str,
    /// Dollars at list of one of its hours.
    list_price: &'static str,
    /// What is reserved, for descriptions.
    what: &'static str,
    /// Hours reserved a day, in the reservation's unit.
    hours: i128,
}

/// What a team uses of a reservation in a day.
struct Used {
    team: &'static str,
    subscription: usize,
    hours: i128,
}

/// The purchase is billed once a month; its cost is spread over the machines that ran and the hours that nobody
/// used.
pub fn monthly(month: &Month, charges: &mut Vec<FocusCharge>, random: &mut Random) {
    let mut purchase = MACHINES.purchase(month, MACHINES_FEE, "Units/Month");
    purchase.frequency = "Recurring";
    purchase.description = format!("Reservation: {}, one year, monthly billing", MACHINES.what);
    purchase.length = month.all_days;
    charges.push(purchase);
    for day in 0..month.days {
        let mut left = MACHINES.hours;
        let used = MACHINE_USERS.map(|(team, subscription)| {
            let hours = random.between(94, 116).min(left);
            left -= hours;
            Used { team, subscription, hours }
        });
        MACHINES.amortise(month, day, MACHINES_FEE, &used, charges);
    }
}

/// The whole price is billed in the month of purchase; a twelfth of it is spread over each month from then on. The
/// tills need their half at all hours, the stock system is scaled down at weekends.
pub fn prepaid(seed: u64, month: &Month, charges: &mut Vec<FocusCharge>) {
    if month.index < PREPAID_MONTH {
        return;
    }
    if month.index == PREPAID_MONTH {
        let mut purchase = DATABASES.purchase(month, DATABASES_PRICE, "Units");
        purchase.frequency = "One-Time";
        purchase.description = format!("Reservation: {}, one year, all upfront", DATABASES.what);
        purchase.length = 1;
        charges.push(purchase);
    }
    // A stream of its own: all other rows stay what they would be without it.
    let mut random = Random::new(seed, 5000 + u64::from(month.index));
    let half = DATABASES.hours / 2;
    for day in 0..month.days {
        let is_weekend = matches!(month.date(day).weekday(), Weekday::Sat | Weekday::Sun);
        let stock = if is_weekend { random.between(half / 3, half * 3 / 4) } else { half };
        let used = [Used { team: "tills", subscription: 0, hours: half }, Used { team: "inventory", subscription: 0, hours: stock }];
        DATABASES.amortise(month, day, DATABASES_PRICE / 12, &used, charges);
    }
}

impl Plan {
    /// The charge that is billed for it.
    fn purchase(&'static self, month: &Month, price: i128, unit: &'static str) -> FocusCharge {
        let mut purchase = self.charge(month, self.buyer, "Purchase", "");
        let unit_price = price / 10i128.pow(SCALE - RATE_SCALE);
        (purchase.quantity, purchase.prices, purchase.unit) = (Some(10i128.pow(QUANTITY_SCALE)), Some((unit_price, unit_price)), unit);
        (purchase.billed, purchase.list, purchase.contracted) = (price, price, price);
        purchase
    }

    /// Spreads one day of what a month costs over what was used of it and the hours that nobody used, to the last
    /// digit.
    fn amortise(&'static self, month: &Month, day: u32, fee: i128, used: &[Used], charges: &mut Vec<FocusCharge>) {
        let one = 10i128.pow(QUANTITY_SCALE);
        let days = i128::from(month.all_days);
        // What days divide unevenly falls to the last one.
        let share = fee / days;
        let mut left = if day + 1 == month.all_days { fee - share * (days - 1) } else { share };
        let mut hours_left = self.hours;
        for used in used {
            let mut charge = self.used(month, used);
            hours_left -= used.hours;
            assert!(hours_left >= 0, "nobody uses more than was reserved");
            // What hours divide unevenly falls to whoever comes last.
            charge.effective = if hours_left == 0 { left } else { share * used.hours / self.hours };
            (charge.day, charge.length) = (day, 1);
            left -= charge.effective;
            charges.push(charge);
        }
        if hours_left > 0 {
            let mut unused = self.charge(month, self.buyer, "Usage", "Unused");
            unused.description = format!("Reservation: {}, unused hours", self.what);
            (unused.effective, unused.unit) = (left, self.reservation.unit);
            unused.commitment = Some(Commitment { reservation: &self.reservation, status: "Unused", hours: hours_left * one });
            (unused.day, unused.length) = (day, 1);
            charges.push(unused);
        }
    }

    fn used(&'static self, month: &Month, used: &Used) -> FocusCharge {
        let service = find(self.service);
        let team = used.team;
        let spender = SPENDERS.iter().find(|spender| spender.team == team).expect("a team of the company");
        let hours = used.hours * 10i128.pow(QUANTITY_SCALE);
        let mut charge = self.charge(month, used.subscription, "Usage", "Used");
        charge.tags = Tags { team, product: spender.product, env: "prod", cost_center: spender.cost_center, experiment: "" };
        charge.description = format!("{} - {}, reservation", service.name, self.meter);
        charge.resource = (
            format!("{}/resourceGroups/rg-{team}-prod/providers/{}/{team}-reserved", charge.account.id, service.path),
            format!("{team}-reserved"),
            service.resource_type,
        );
        let list_price = at_scale(self.list_price, RATE_SCALE);
        charge.priced(hours, list_price, contracted(list_price), self.reservation.unit);
        charge.pricing = "Committed";
        charge.billed = 0;
        charge.commitment = Some(Commitment { reservation: &self.reservation, status: "Used", hours });
        charge
    }

    /// A charge of the reservation without cost; no status on a purchase.
    fn charge(&'static self, month: &Month, subscription: usize, category: &'static str, status: &'static str) -> FocusCharge {
        let mut charge = FocusCharge::plain(category, &SUBSCRIPTIONS[subscription], find(self.service), month, 0);
        charge.frequency = "Usage-Based";
        charge.pricing = if status.is_empty() { "Standard" } else { "Committed" };
        charge.meter = self.meter;
        charge.sku = self.sku.to_owned();
        charge.region = ("westeurope", "West Europe");
        charge.resource = (self.reservation.id.to_owned(), self.reservation.name.to_owned(), "Reservation");
        charge.commitment = Some(Commitment { reservation: &self.reservation, status, hours: 0 });
        charge
    }
}
