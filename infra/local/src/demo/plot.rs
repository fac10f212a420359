//! The story: six months of Meridian Retail, from its founding to the eighth day after October.
//!
//! | of | what happens |
//! |---|---|
//! | May | the first invoices, in showback |
//! | June | a dispute is upheld; then the cost groups that the tree wants in chargeback are promoted, one by override |
//! | July | the last month in showback for all |
//! | August | the first in chargeback: a dispute is rejected, all else accepted, posted |
//! | September | a dispute is upheld to another cost group; weeks after the ledger has closed, late charges arrive |
//! | October | carries September's true-up; some is posted, much still waits for its owners |
//!
//! Times are in UTC: Oslo is two hours ahead, from 25 October on one.

use chrono::{DateTime, Days, Utc};
use dayone_demo::GOOGLE_SOURCE;
use dayone_domain::cube::BillKey;
use dayone_domain::review::{InvoiceRef, Resolution, Standing};
use dayone_domain::tree::Mode;
use dayone_domain::{BillingPeriod, Currency};

use self::people::{CATALOGUE, CHECKOUT, FINOPS, FIRST_CONTROLLER, FRAUD, INVENTORY, SECOND_CONTROLLER, STORE_DEVICES};
use super::arrivals::Arrivals;
use super::story::{Part, Story, is_direct, is_of_pool, moment};
use crate::failure::Failure;

/// Who acts.
pub mod people {
    /// Ines Duarte.
    pub const FIRST_CONTROLLER: &str = "controller@meridian.example";
    /// Aron Vik, who posts.
    pub const SECOND_CONTROLLER: &str = "aron.vik@meridian.example";
    /// Lena Hoffmann.
    pub const FINOPS: &str = "finops@meridian.example";
    /// Mei Tanaka.
    pub const AUDITOR: &str = "audit@meridian.example";
    /// Emil Novak of Catalogue.
    pub const CATALOGUE: &str = "emil.novak@meridian.example";
    /// Nadia Haddad of Checkout.
    pub const CHECKOUT: &str = "nadia.haddad@meridian.example";
    /// Wen Zhao of Fraud.
    pub const FRAUD: &str = "wen.zhao@meridian.example";
    /// Jonas Lindqvist of Inventory.
    pub const INVENTORY: &str = "jonas.lindqvist@meridian.example";
    /// Chiara Conti of Loyalty.
    pub const LOYALTY: &str = "chiara.conti@meridian.example";
    /// Deniz Arslan of Store devices.
    pub const STORE_DEVICES: &str = "deniz.arslan@meridian.example";
    /// Liam Gallagher of Storefront.
    pub const STOREFRONT: &str = "liam.gallagher@meridian.example";
}

/// The closed months of the demo tenant.
const CLOSED: u32 = 6;
/// Whose owners have accepted October when Aron posts.
const PROMPT: [&str; 7] = ["delivery", "fraud", "ingestion", "inventory", "payments", "store-devices", "stores"];
/// Whose owner accepts it after that.
const AFTER_POSTING: &str = "tills";
/// Whose owner has not come to reading it.
const UNREAD: &str = "loyalty";

/// A billing period in the story: its days are those of the month after, in which it is invoiced.
#[derive(Clone, Copy)]
struct Month(BillingPeriod);

impl Month {
    fn at(self, day: u64, hour: u32, minute: u32) -> DateTime<Utc> {
        moment(self.0.next().first_day() + Days::new(day - 1), hour, minute)
    }

    fn invoice(self, group: &str) -> InvoiceRef {
        InvoiceRef { bill: self.usd(), group: group.to_owned() }
    }

    fn usd(self) -> BillKey {
        BillKey { period: self.0, currency: Currency::try_new("USD").expect("INVARIANT: a currency code") }
    }
}

/// When the home is made, before the first month is over.
pub fn beginning(last_closed: BillingPeriod) -> DateTime<Utc> {
    let first = closed(last_closed)[0];
    moment(first.first_day() + Days::new(19), 8, 0)
}

/// The closed months, oldest first.
pub fn closed(last: BillingPeriod) -> Vec<BillingPeriod> {
    let mut months: Vec<BillingPeriod> = std::iter::successors(Some(last), |month| Some(month.previous())).take(CLOSED as usize).collect();
    months.reverse();
    months
}

/// Lives all months; `progress` is told the one that is being closed.
pub fn live(story: &Story, arrivals: &mut Arrivals, last: BillingPeriod, progress: &mut dyn FnMut(BillingPeriod)) -> Result<(), Failure> {
    for (place, period) in closed(last).into_iter().enumerate() {
        progress(period);
        let month = Month(period);
        story.deliver(arrivals.take(period), month.at(1, 3, 0))?;
        story.issue(month.at(2, 5, 0))?;
        match place {
            0 | 2 => in_showback(story, month)?,
            1 => june(story, month)?,
            3 => august(story, month)?,
            4 => september(story, month, arrivals)?,
            _ => october(story, month, arrivals)?,
        }
    }
    Ok(())
}

/// From the provisional invoices to the final ones: the policy closes Azure and AWS, a controller Google.
fn make_final(story: &Story, month: Month) -> Result<(), Failure> {
    story.issue(month.at(4, 5, 0))?;
    story.clock.go_to(month.at(5, 9, 12));
    let controller = story.request(FIRST_CONTROLLER)?;
    story.open.wait(story.open.tenant.close_source(&controller, GOOGLE_SOURCE, month.0))?;
    story.issue(month.at(6, 5, 0)).map(|_| ())
}

/// Owners read what is for their information, but those of some cost groups.
fn read_all(story: &Story, month: Month, but: &[&str]) -> Result<(), Failure> {
    for view in story.invoices(month.0, Standing::ToRead)? {
        if !but.contains(&view.of.group.as_str()) {
            story.clock.go_on(4);
            story.read(&view)?;
        }
    }
    Ok(())
}

/// Owners accept what waits for them, but those of some cost groups.
fn accept_all(story: &Story, month: Month, but: &[&str]) -> Result<(), Failure> {
    for view in story.invoices(month.0, Standing::ToAccept)? {
        if !but.contains(&view.of.group.as_str()) {
            story.clock.go_on(4);
            story.accept(&view)?;
        }
    }
    Ok(())
}

fn in_showback(story: &Story, month: Month) -> Result<(), Failure> {
    make_final(story, month)?;
    story.clock.go_to(month.at(7, 7, 30));
    read_all(story, month, &[])
}

fn june(story: &Story, month: Month) -> Result<(), Failure> {
    make_final(story, month)?;
    let catalogue = month.invoice("catalogue");
    story.clock.go_to(month.at(7, 7, 30));
    let reason = "Half of what was untagged in our accounts this month was the re-indexing that Search ran. It has nothing to do with us.";
    story.dispute(CATALOGUE, &catalogue, is_of_pool("web-shop-shared"), Part(2), reason)?;
    story.clock.go_to(month.at(8, 8, 5));
    let upheld = Resolution::Upheld { receiver: "search".to_owned() };
    story.resolve(FINOPS, &catalogue, upheld, Some("Priya Raman confirms it: the cluster was Search's, and is tagged now."))?;
    read_all(story, month, &[])?;
    promote(story, month)
}

/// Whatever the tree wants in chargeback is promoted, from the month after the running one on. Catalogue's upheld
/// dispute is against the policy: two controllers override it.
fn promote(story: &Story, month: Month) -> Result<(), Failure> {
    let reason = "The one dispute was about a missing tag, which is there now; all of Online changes together.";
    let tree = story.settings.trees.at(month.0.next());
    let wanted: Vec<&str> = tree.groups().iter().filter(|group| group.mode == Mode::Chargeback).map(|group| group.id.as_str()).collect();
    story.clock.go_to(month.at(9, 7, 0));
    let first = story.request(FIRST_CONTROLLER)?;
    let mut asked = Vec::new();
    for group in wanted {
        story.clock.go_on(2);
        let facts = story.open.wait(story.open.tenant.promotion_facts(group))?;
        let is_met = facts.missing(&story.settings.policy.promotion).is_empty();
        story.open.wait(story.open.tenant.promote(&first, group, None, (!is_met).then_some(reason)))?;
        if !is_met {
            asked.push(group);
        }
    }
    story.clock.go_to(month.at(9, 12, 40));
    let second = story.request(SECOND_CONTROLLER)?;
    for group in asked {
        story.clock.go_on(2);
        let agreed = "Agreed: the tag is there, and the other teams of the web shop change as well.";
        story.open.wait(story.open.tenant.promote(&second, group, None, Some(agreed)))?;
    }
    Ok(())
}

fn august(story: &Story, month: Month) -> Result<(), Failure> {
    make_final(story, month)?;
    let devices = month.invoice("store-devices");
    story.clock.go_to(month.at(7, 6, 50));
    let reason = "15 % of the network hub is more than the lines to our shops carry; the routers count a tenth.";
    story.dispute(STORE_DEVICES, &devices, is_of_pool("network"), Part(3), reason)?;
    // Mateo Silva is away: he is reminded.
    accept_all(story, month, &["delivery", "store-devices"])?;
    read_all(story, month, &[])?;
    story.clock.go_to(month.at(8, 9, 20));
    let reason =
        "The key of 15 % was agreed with Stores and stands in the tree that August was issued with. A new key holds from a later month on.";
    story.resolve(FINOPS, &devices, Resolution::Rejected { reason: reason.to_owned() }, None)?;
    story.clock.go_to(month.at(8, 12, 15));
    accept_all(story, month, &["delivery"])?;
    story.issue(month.at(9, 5, 0))?;
    story.clock.go_to(month.at(9, 7, 10));
    accept_all(story, month, &[])?;
    story.clock.go_to(month.at(10, 12, 0));
    story.post(SECOND_CONTROLLER).map(|_| ())
}

fn september(story: &Story, month: Month, arrivals: &mut Arrivals) -> Result<(), Failure> {
    make_final(story, month)?;
    let fraud = month.invoice("fraud");
    story.clock.go_to(month.at(7, 6, 40));
    let reason = "A third of this runs for Payments since the middle of the month; the tags were changed only in October.";
    story.dispute(FRAUD, &fraud, is_direct, Part(3), reason)?;
    accept_all(story, month, &["fraud"])?;
    read_all(story, month, &[])?;
    story.clock.go_to(month.at(8, 8, 30));
    let upheld = Resolution::Upheld { receiver: "payments".to_owned() };
    story.resolve(FINOPS, &fraud, upheld, Some("Victor Lang knows of it, and takes it."))?;
    story.clock.go_to(month.at(8, 11, 0));
    // Fraud its rest, and Payments the revision with what came to it.
    accept_all(story, month, &[])?;
    story.clock.go_to(month.at(9, 12, 0));
    story.post(SECOND_CONTROLLER)?;
    story.deliver(arrivals.take_late(), month.at(20, 3, 0))?;
    story.issue(month.at(20, 5, 0)).map(|_| ())
}

fn october(story: &Story, month: Month, arrivals: &mut Arrivals) -> Result<(), Failure> {
    let inventory = month.invoice("inventory");
    story.clock.go_to(month.at(3, 7, 15));
    let question = "We pay at AWS and at Azure. Is the move counted twice?";
    story.open.wait(story.open.tenant.ask(&story.request(INVENTORY)?, &inventory, question))?;
    story.clock.go_to(month.at(3, 8, 40));
    let answer = "Not twice: each provider bills what runs there. Until the move is done you run on both sides; compare the two over the six months.";
    story.open.wait(story.open.tenant.answer(&story.request(FINOPS)?, &inventory, 1, answer))?;
    story.issue(month.at(4, 6, 0))?;
    // Azure and AWS are closed by policy, Google's invoice is not here yet: dollars are final, euros are not.
    story.issue(month.at(6, 6, 0))?;
    story.clock.go_to(month.at(6, 7, 30));
    read_all(story, month, &[UNREAD])?;
    accept(story, month, &PROMPT)?;
    story.clock.go_to(month.at(6, 13, 0));
    story.post(SECOND_CONTROLLER)?;
    let checkout = month.invoice("checkout");
    story.clock.go_to(month.at(6, 13, 50));
    let reason = "The load test of the gateway on 14 October ran with our key. About a quarter of the requests that were counted for us are not ours.";
    story.dispute(CHECKOUT, &checkout, is_of_pool("gateway"), Part(4), reason)?;
    accept(story, month, &[AFTER_POSTING])?;
    story.clock.go_to(month.at(6, 15, 5));
    let comment = "I have asked Ruth Adeyemi for the gateway's own count of that day.";
    story.open.wait(story.open.tenant.comment(&story.request(FINOPS)?, &checkout, 1, comment))?;
    story.deliver(arrivals.take(month.0.next()), month.at(8, 3, 0))?;
    story.issue(month.at(8, 6, 0))?;
    story.clock.go_to(month.at(8, 8, 0));
    Ok(())
}

/// The owners of some cost groups accept.
fn accept(story: &Story, month: Month, groups: &[&str]) -> Result<(), Failure> {
    for view in story.invoices(month.0, Standing::ToAccept)? {
        if groups.contains(&view.of.group.as_str()) {
            story.clock.go_on(9);
            story.accept(&view)?;
        }
    }
    Ok(())
}
