//! The end of a dispute: rejected, the amount stays; upheld, it goes to another cost group of the same bill.

use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::invoice::Invoice;
use dayone_domain::review::{
    By, Cause, InvoiceDocument, InvoiceEvent, InvoiceRef, Move, Recorded, Resolution, ReviewRefusal, Revision, Stage,
};
use dayone_domain::tree::Mode;
use dayone_domain::{BillingPeriod, Exact};

use super::decide::recorded;
use super::{LoadedInvoice, Reviewed, invoice_key, line_words, refused};
use crate::change::{Changes, Request};
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::issuing::{Plan, PlanEntry, mode_of};
use crate::keys;
use crate::ledger::Built;
use crate::mail::MailTask;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::InvoiceView;

/// Most characters of what is said to a resolution.
const MOST_TEXT: usize = 4000;

impl Tenant {
    /// Ends a dispute. Rejected, the held amount goes to the ledger in the same transaction where the invoice is
    /// accepted. Upheld, both invoices get a revision in one transaction; the central cost group, named by its
    /// identifier, receives a plain credit. `comment` is what is said beside it.
    pub async fn resolve(
        &self,
        request: &Request,
        of: &InvoiceRef,
        dispute: u32,
        resolution: Resolution,
        comment: Option<&str>,
    ) -> Result<Reviewed, Failure> {
        if let Some(reviewed) = self.reviewed_already(request, of).await? {
            return Ok(reviewed);
        }
        if comment.is_some_and(|comment| comment.chars().count() > MOST_TEXT) {
            return Err(refused(&ReviewRefusal::TooLong { what: "comment" }));
        }
        let settings = self.settings().await?;
        let mut loaded = self.invoice_to_change(&request.actor, of).await?;
        request.check_version(loaded.stream.version())?;
        let (bill, _) = self.bill_view(of.bill).await?;
        let plan: Plan = self.json_document(bill.plan).await?;
        let is_receiver = |group: &str| plan.entries.iter().any(|entry| entry.group == group);
        let outcome =
            loaded.state.resolve(&request.actor, dispute, resolution.clone(), is_receiver).map_err(|refusal| refused(&refusal))?;
        let why = match &resolution {
            Resolution::Rejected { reason } => Some(reason.as_str()),
            Resolution::Upheld { .. } => comment,
        };
        let mut changes = self.changes();
        changes.once(request)?;
        let mut events = recorded(&changes, request, outcome, why);
        let mut built = Built::default();
        if let (false, Resolution::Upheld { receiver }) = (events.is_empty(), &resolution) {
            events.push(self.uphold(&mut changes, request, &settings, &plan, &loaded, dispute, receiver).await?);
        } else if !events.is_empty() {
            let mut after = loaded.state.clone();
            events.iter().for_each(|event| after.apply(event));
            built = self.add_journals(&mut changes, &settings, &after, &request.actor.by()).await?;
            events.append(&mut built.events);
        }
        loaded.append(&mut changes, self, &events);
        changes.commit().await?;
        // The day's issuing sends what could not be sent now.
        if let Err(failure) = self.send_mail().await {
            tracing::warn!(%failure, "mail waits");
        }
        Ok(Reviewed { view: loaded.view, journals: built.references, note: built.refusal })
    }

    /// Writes the receiver's revision and gives the event of the disputing invoice's own.
    #[allow(clippy::too_many_arguments)]
    async fn uphold(
        &self,
        changes: &mut Changes<'_>,
        request: &Request,
        settings: &Settings,
        plan: &Plan,
        from: &LoadedInvoice,
        dispute: u32,
        receiver: &str,
    ) -> Result<Recorded<InvoiceEvent>, Failure> {
        let of = &from.state.of;
        let newest = from.state.newest().ok_or_else(|| refused(&ReviewRefusal::NotIssued))?;
        let document = self.invoice_document(of, &newest.document).await?;
        let known = from.state.disputes.iter().find(|known| known.number == dispute);
        let known = known.ok_or_else(|| refused(&ReviewRefusal::NoDispute(dispute)))?;
        let words = line_words(&document).remove(&known.line).unwrap_or_default();
        let gone = || Failure::broken(format!("the disputed line `{}` is gone from the newest revision", known.line));
        let to = InvoiceRef { bill: of.bill, group: receiver.to_owned() };
        let receiving = self.receiving(plan, &to).await?;
        let mode = match document.stated_line(&known.line).ok_or_else(gone)?.corrects {
            Some(period) => self.mode_in(settings, &to, period).await?,
            None => receiving.mode(),
        };
        let [taken, given] = document.moved(known, (receiver, mode), &words).ok_or_else(gone)?;
        let issue = Issue {
            cause: Cause::Dispute { invoice: of.clone(), dispute },
            issued_on: settings.policy.local_date(changes.now()),
            by: request.actor.by(),
        };
        match receiving {
            Receiving::Invoiced(invoiced) => {
                let Invoiced { mut loaded, before, document } = *invoiced;
                let event = self.next_revision(changes, &issue, &before, document, given).await?;
                loaded.append(changes, self, &[event]);
            }
            Receiving::Planned(entry) => self.first_revision(changes, &issue, plan, entry, &to, given).await?,
        }
        for (side, whose) in [("to", to), ("from", of.clone())] {
            MailTask::Revised { of: whose }.ask(changes, self, &format!("revised-{side}-{of}-{dispute}").replace('/', "-"));
        }
        self.next_revision(changes, &issue, newest, document, taken).await
    }

    /// What is there of whoever receives an amount.
    async fn receiving<'a>(&self, plan: &'a Plan, to: &InvoiceRef) -> Result<Receiving<'a>, Failure> {
        let Some(loaded) = self.load_invoice(to).await? else {
            let entry = plan.entries.iter().find(|entry| entry.group == to.group);
            return entry.map(Receiving::Planned).ok_or_else(|| refused(&ReviewRefusal::BadReceiver(to.group.clone())));
        };
        let before = loaded.state.newest().cloned().ok_or_else(|| Failure::broken(format!("{to} has a view and no revision")))?;
        let document = self.invoice_document(to, &before.document).await?;
        Ok(Receiving::Invoiced(Box::new(Invoiced { loaded, before, document })))
    }

    /// The mode of a receiver in a closed period: what would have been shown there is not charged now, whatever the mode
    /// is in the period that carries it.
    async fn mode_in(&self, settings: &Settings, to: &InvoiceRef, period: BillingPeriod) -> Result<Mode, Failure> {
        let modes = self.modes().await?;
        Ok(mode_of(settings.trees.at(period), &modes, &to.group, BillKey { period, ..to.bill }))
    }

    /// The same invoice with one more move.
    async fn next_revision(
        &self,
        changes: &Changes<'_>,
        issue: &Issue,
        before: &Revision,
        mut document: InvoiceDocument,
        moved: Move,
    ) -> Result<Recorded<InvoiceEvent>, Failure> {
        document.revision = before.number + 1;
        document.issued_on = issue.issued_on;
        document.moves.push(moved);
        let revision = Revision {
            number: document.revision,
            cause: issue.cause.clone(),
            document: self.put_json(&document).await?.to_string(),
            total: document.total(),
            true_ups: document.true_ups(),
            charged: document.charged(),
            mode: document.mode(),
            issued_on: issue.issued_on,
            ..before.clone()
        };
        Ok(changes.recorded(issue.by.clone(), InvoiceEvent::Issued { revision }))
    }

    /// The first revision of a cost group that was charged nothing of this bill: its number is the next free one.
    async fn first_revision(
        &self,
        changes: &mut Changes<'_>,
        issue: &Issue,
        plan: &Plan,
        entry: &PlanEntry,
        of: &InvoiceRef,
        moved: Move,
    ) -> Result<(), Failure> {
        let stream: Stream<InvoiceEvent> = self.stream(StreamId::invoice(of)).await?;
        if stream.version() > 0 {
            return Err(Failure::broken(format!("{of} has events and no view")));
        }
        let number = self.counter(keys::INVOICE_COUNTER).await?;
        changes.put(keys::single(&self.id, keys::INVOICE_COUNTER), number.record.as_ref(), &(number.next + 1));
        let document = InvoiceDocument {
            of: of.clone(),
            company: plan.company.clone(),
            basis: plan.basis,
            revision: 1,
            stage: Stage::Final,
            invoice_number: Some(number.next),
            issued_on: issue.issued_on,
            tree: plan.tree,
            invoice: self.empty_invoice(plan, entry).await?,
            moves: vec![moved],
            corrections: Vec::new(),
        };
        let revision = Revision {
            number: 1,
            stage: document.stage,
            cause: issue.cause.clone(),
            document: self.put_json(&document).await?.to_string(),
            invoice_number: document.invoice_number,
            total: document.total(),
            true_ups: document.true_ups(),
            charged: document.charged(),
            mode: document.mode(),
            issued_on: issue.issued_on,
        };
        let event = changes.recorded(issue.by.clone(), InvoiceEvent::Issued { revision });
        let state = super::folded(of, std::slice::from_ref(&event));
        changes.append(&stream, &[event]);
        changes.put(invoice_key(self, of), None, &InvoiceView::of(&state, 1, &entry.name, entry.parent.as_deref()));
        Ok(())
    }

    /// The invoice over nothing of a cost group of the plan.
    async fn empty_invoice(&self, plan: &Plan, entry: &PlanEntry) -> Result<Invoice, Failure> {
        let drawn = self.drawn(plan.drawn).await?;
        let known = drawn.of(&entry.group).ok_or_else(|| Failure::broken(format!("`{}` was planned and not drawn", entry.group)))?;
        let mut group = known.group.clone();
        group.mode = entry.mode;
        Ok(Invoice {
            group,
            charges: 0,
            direct: Exact::ZERO,
            shared: Exact::ZERO,
            exact: Exact::ZERO,
            total: Money::from_minor(0, plan.bill.currency),
            lines: Vec::new(),
        })
    }
}

/// What is there of whoever receives an amount: an invoice, or the plan's word that nothing is charged.
enum Receiving<'a> {
    Invoiced(Box<Invoiced>),
    Planned(&'a PlanEntry),
}

/// An invoice with its newest revision and that one's document.
struct Invoiced {
    loaded: LoadedInvoice,
    before: Revision,
    document: InvoiceDocument,
}

impl Receiving<'_> {
    /// The mode in the bill's own period.
    fn mode(&self) -> Mode {
        match self {
            Receiving::Invoiced(invoiced) => invoiced.document.invoice.group.mode,
            Receiving::Planned(entry) => entry.mode,
        }
    }
}

/// What the revisions of both sides have in common.
struct Issue {
    cause: Cause,
    issued_on: chrono::NaiveDate,
    by: By,
}
