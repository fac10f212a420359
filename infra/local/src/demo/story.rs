//! What people and the policy do in the story: the same use cases as everybody's, at the moments of its clock.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use dayone_demo::Written;
use dayone_domain::BillingPeriod;
use dayone_domain::currency::Money;
use dayone_domain::invoice::{Line, LineKind};
use dayone_domain::review::{By, DisputeOf, InvoiceRef, Resolution, SignIn, Standing};
use dayone_workflow::Request;
use dayone_workflow::configuration::{ConfigKind, Settings};
use dayone_workflow::issuing::IssueReport;
use dayone_workflow::review::{InvoiceFilter, InvoicePage, Reviewed};
use dayone_workflow::views::InvoiceView;

use super::arrivals::Arrival;
use super::plot::people::{FINOPS, FIRST_CONTROLLER};
use crate::failure::Failure;
use crate::home::clock::StoryClock;
use crate::home::{Open, Outside, init};

/// The tenant of the demo.
const TENANT: &str = "meridian";
/// The account that the story's decisions are recorded under: nobody has really signed in.
pub const ACCOUNT: &str = "dayone-demo";
/// What everybody signs in with.
pub const PASSWORD: &str = "meridian-demo-2026";

/// A home in which the story happens.
pub struct Story {
    /// The home.
    pub open: Open,
    /// Its time.
    pub clock: Arc<StoryClock>,
    /// What is configured.
    pub settings: Settings,
}

/// An outside whose time is the story's.
fn outside(clock: &Arc<StoryClock>) -> Outside {
    let nobody = |_: &str| Err(Failure::refused("nobody is asked for a password here. What to do: use `dayone config password`."));
    Outside { clock: Arc::clone(clock) as Arc<_>, account: ACCOUNT.to_owned(), password: Box::new(nobody), is_asked: false }
}

/// A moment, in UTC.
pub fn moment(date: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    date.and_time(NaiveTime::from_hms_opt(hour, minute, 0).expect("INVARIANT: the plot names times of a day")).and_utc()
}

impl Story {
    /// Makes the home and puts all of its configuration; the people, who need all else, come last.
    pub fn found(written: &Written, home: &Path, url: Option<&str>, beginning: DateTime<Utc>) -> Result<Story, Failure> {
        let clock = Arc::new(StoryClock::at(beginning));
        let tenant = TENANT.parse().expect("INVARIANT: a tenant's name");
        let mut open = init::create(home, Some(tenant), &outside(&clock))?;
        if let Some(url) = url {
            open = open.move_to(url)?;
        }
        let founder = open.founder()?;
        let founder = founder.ok_or_else(|| Failure::refused("the home has people already. What to do: name another with --home."))?;
        let files = [
            (ConfigKind::Drivers, &written.drivers),
            (ConfigKind::Tree, &written.tree),
            (ConfigKind::Sources, &written.source_list),
            (ConfigKind::Policy, &written.policy),
            (ConfigKind::Calendar, &written.calendar),
            (ConfigKind::People, &written.people),
        ];
        for (kind, path) in files {
            let bytes = fs::read(path).map_err(Failure::reading(path))?;
            open.wait(open.tenant.put_configuration(&founder, kind, &path.display().to_string(), &bytes))?;
            clock.go_on(1);
        }
        let settings = open.wait(open.tenant.settings())?;
        Ok(Story { open, clock, settings })
    }

    /// Gives everybody the password that is printed, each with a salt of their own.
    pub fn give_passwords(&self) -> Result<(), Failure> {
        let controller = self.request(FIRST_CONTROLLER)?;
        for person in self.settings.people.iter() {
            self.open.wait(self.open.tenant.set_password(&controller, &person.mail, PASSWORD))?;
        }
        Ok(())
    }

    /// Somebody with what they may do.
    pub fn request(&self, mail: &str) -> Result<Request, Failure> {
        let signed_in = SignIn::CommandLine { account: ACCOUNT.to_owned() };
        self.open.wait(self.open.tenant.actor(mail, signed_in)).map(Request::of)
    }

    /// What a month's sources deliver, in one night.
    pub fn deliver(&self, arrivals: Vec<Arrival>, at: DateTime<Utc>) -> Result<(), Failure> {
        self.clock.go_to(at);
        for arrival in arrivals {
            let new = arrival.at(at)?;
            self.open.wait(self.open.tenant.deliver(&By::Policy, &self.settings, new))?;
        }
        Ok(())
    }

    /// The scheduler's run of a day.
    pub fn issue(&self, at: DateTime<Utc>) -> Result<IssueReport, Failure> {
        self.clock.go_to(at);
        self.open.wait(self.open.tenant.issue(&By::Policy, None))
    }

    /// The invoices of a billing period that wait for this, in all currencies.
    pub fn invoices(&self, period: BillingPeriod, standing: Standing) -> Result<Vec<InvoiceView>, Failure> {
        let actor = self.request(FINOPS)?.actor;
        let filter = InvoiceFilter { standing: Some(standing), ..InvoiceFilter::default() };
        let mut views = self.open.wait(self.open.tenant.invoices(&actor, filter))?;
        views.retain(|view| view.of.bill.period == period);
        Ok(views)
    }

    /// An owner who may accept an invoice: of its cost group, or of one above where the amount is beyond theirs.
    pub fn acceptor(&self, view: &InvoiceView) -> Result<Request, Failure> {
        let groups = self.settings.trees.at(view.of.bill.period).groups();
        let mut place = groups.iter().position(|group| group.id == view.of.group);
        while let Some(here) = place {
            for owner in groups[here].owners.iter() {
                let request = self.request(owner)?;
                if request.actor.person.may_accept(view.revision.at_stake()).is_ok() {
                    return Ok(request);
                }
            }
            place = groups[here].parent;
        }
        Err(Failure::refused(format!("nobody may accept the invoice {}. What to do: try another --seed.", view.of)))
    }

    /// The first owner of a cost group says that they have read their invoices of a period.
    pub fn read(&self, view: &InvoiceView) -> Result<(), Failure> {
        let owners = self.settings.owners(&view.of.group);
        let request = self.request(owners.first().map_or(FINOPS, String::as_str))?;
        self.open.wait(self.open.tenant.acknowledge(&request, &view.of, view.revision.number)).map(|_| ())
    }

    /// Whoever may accepts an invoice as it is now.
    pub fn accept(&self, view: &InvoiceView) -> Result<Reviewed, Failure> {
        let request = self.acceptor(view)?;
        self.open.wait(self.open.tenant.accept(&request, &view.of, view.revision.number))
    }

    /// One invoice, whole.
    pub fn page(&self, of: &InvoiceRef) -> Result<InvoicePage, Failure> {
        let actor = self.request(FINOPS)?.actor;
        self.open.wait(self.open.tenant.invoice(&actor, of))
    }

    /// Somebody disputes a part of the largest line that is wanted; of the largest at all, where none is.
    pub fn dispute(
        &self,
        who: &str,
        of: &InvoiceRef,
        is_wanted: impl Fn(&LineKind) -> bool,
        part: Part,
        reason: &str,
    ) -> Result<(), Failure> {
        let document = self.page(of)?.document;
        let lines = &document.invoice.lines;
        let largest = |wanted: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| wanted(line)).max_by_key(|line| line.amount.minor());
        let line = largest(&|line| is_wanted(&line.what)).or_else(|| largest(&|_| true));
        let line = line.ok_or_else(|| Failure::refused(format!("the invoice {of} has no line. What to do: try another --seed.")))?;
        let amount = Money::from_minor(line.amount.minor() / part.0, line.amount.currency());
        let id = line.key().id();
        let dispute = DisputeOf { revision: document.revision, line: &id, amount, reason };
        self.open.wait(self.open.tenant.dispute(&self.request(who)?, of, dispute)).map(|_| ())
    }

    /// Somebody ends the first dispute of an invoice.
    pub fn resolve(&self, who: &str, of: &InvoiceRef, resolution: Resolution, comment: Option<&str>) -> Result<(), Failure> {
        self.open.wait(self.open.tenant.resolve(&self.request(who)?, of, 1, resolution, comment)).map(|_| ())
    }

    /// A controller posts all that is ready.
    ///
    /// # Errors
    /// Where the ledger does not take a journal.
    pub fn post(&self, who: &str) -> Result<usize, Failure> {
        let report = self.open.wait(self.open.tenant.post(&self.request(who)?, None))?;
        let left: Vec<String> = report
            .skipped
            .iter()
            .chain(&report.refused)
            .chain(&report.unknown)
            .map(|(journal, reason)| format!("journal {journal} was not posted: {reason}. What to do: try another --seed."))
            .collect();
        if left.is_empty() { Ok(report.posted.len()) } else { Err(Failure::Refused(left)) }
    }
}

/// One part of so many equal ones.
#[derive(Clone, Copy, Debug)]
pub struct Part(pub i128);

/// Whether a line is the share of a pool.
pub fn is_of_pool(id: &str) -> impl Fn(&LineKind) -> bool {
    move |what| matches!(what, LineKind::Shared(line) if line.pool == id)
}

/// Whether a line is of the cost group's own charges.
pub fn is_direct(what: &LineKind) -> bool {
    matches!(what, LineKind::Direct(_))
}
