//! Review: what people read of invoices, and what they say to them.
//!
//! Whatever an issuing run has written is not there for people until that run is complete: they see what was before,
//! and a decision in the meantime is refused as busy.

mod changes;
mod decide;
mod mode;
mod resolve;
mod silence;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use dayone_domain::cube::BillKey;
use dayone_domain::people::Role;
use dayone_domain::review::{Actor, Cause, InvoiceDocument, InvoiceEvent, InvoiceRef, InvoiceState, Recorded, ReviewRefusal, Standing};
use dayone_domain::tree::is_identifier;
use dayone_ports::{Digest, Key, Record};

use crate::change::Changes;
use crate::failure::{Failure, FailureKind};
use crate::keys;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::{InvoiceView, digest};

pub use changes::{LineChange, compared_with, revision_changes};
pub use dayone_domain::review::line_words;
pub use decide::Reviewed;
pub use mode::mode_at;
pub use silence::SilenceSays;

/// Most readings of what a run changes meanwhile.
const MOST_LOOKS: usize = 8;

/// Which invoices of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// Of this bill.
    pub bill: Option<BillKey>,
    /// Of this cost group.
    pub group: Option<String>,
    /// That wait for this.
    pub standing: Option<Standing>,
}

/// One invoice with all that was said to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoicePage {
    /// Its line in lists.
    pub view: InvoiceView,
    /// What its events come to.
    pub state: InvoiceState,
    /// The newest revision.
    pub document: InvoiceDocument,
    /// Events of its stream: its ETag.
    pub version: u64,
}

/// An invoice as it was loaded, for changing it.
pub(crate) struct LoadedInvoice {
    pub stream: Stream<InvoiceEvent>,
    pub state: InvoiceState,
    pub view: InvoiceView,
    pub record: Record,
}

impl LoadedInvoice {
    /// Appends events and rewrites the view with them.
    pub(crate) fn append(&mut self, changes: &mut Changes<'_>, tenant: &Tenant, events: &[Recorded<InvoiceEvent>]) {
        if events.is_empty() {
            return;
        }
        changes.append(&self.stream, events);
        events.iter().for_each(|recorded| self.state.apply(recorded));
        let version = self.stream.version() + events.len() as u64;
        let view = InvoiceView::of(&self.state, version, &self.view.group_name, self.view.parent.as_deref());
        self.view = view.expect("INVARIANT: a view is written with the first revision");
        changes.put(invoice_key(tenant, &self.view.of), Some(&self.record), &self.view);
    }
}

/// Where the view of an invoice lies.
pub(crate) fn invoice_key(tenant: &Tenant, of: &InvoiceRef) -> Key {
    Key::new(keys::invoices(&tenant.id, of.bill), of.group.as_str())
}

/// The state that events come to.
pub(crate) fn folded(of: &InvoiceRef, events: &[Recorded<InvoiceEvent>]) -> InvoiceState {
    let mut state = InvoiceState::new(of.clone());
    events.iter().for_each(|recorded| state.apply(recorded));
    state
}

fn no_invoice(of: &InvoiceRef) -> Failure {
    Failure::not_found(format!("invoice of `{}` for {}", of.group, of.bill))
}

/// Refuses whoever does not see the cost group as if it were not there.
fn check_sees(actor: &Actor, of: &InvoiceRef) -> Result<(), Failure> {
    if is_identifier(&of.group) && actor.sees(&of.group) { Ok(()) } else { Err(no_invoice(of)) }
}

/// Refuses whoever has none of these roles.
pub(crate) fn check_role(actor: &Actor, roles: &[Role]) -> Result<(), Failure> {
    if roles.iter().any(|role| actor.has(*role)) {
        return Ok(());
    }
    let words: Vec<&str> = roles.iter().map(|role| role.word()).collect();
    Err(Failure::forbidden(format!("this takes the role {}", words.join(" or "))))
}

/// Whether the newest revision was made by the run that is under way.
fn is_of_run(state: &InvoiceState, open_run: Option<u64>) -> bool {
    let cause = state.newest().map(|revision| &revision.cause);
    matches!((cause, open_run), (Some(Cause::Run { run }), Some(open)) if *run == open)
}

/// What the lines of documents are for, by the document and the line's identifier.
pub(crate) type LineNames = BTreeMap<Digest, BTreeMap<String, String>>;

impl Tenant {
    /// The state of an invoice, from its stream.
    pub(crate) async fn invoice_state(&self, of: &InvoiceRef) -> Result<InvoiceState, Failure> {
        let stream: Stream<InvoiceEvent> = self.stream(StreamId::invoice(of)).await?;
        Ok(folded(of, &stream.events))
    }

    /// The view of an invoice that something else says is there.
    pub(crate) async fn invoice_view(&self, of: &InvoiceRef) -> Result<InvoiceView, Failure> {
        let view: Option<(InvoiceView, Record)> = self.view(&invoice_key(self, of)).await?;
        view.map(|(view, _)| view).ok_or_else(|| Failure::broken(format!("the invoice {of} has no view")))
    }

    /// What the lines of an invoice's document are for, read once.
    pub(crate) async fn line_names<'a>(&self, known: &'a mut LineNames, document: Digest) -> Result<&'a BTreeMap<String, String>, Failure> {
        Ok(match known.entry(document) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(line_words(&self.json_document::<InvoiceDocument>(document).await?)),
        })
    }

    /// The invoices that the person sees, in the order of bills and cost groups.
    pub async fn invoices(&self, actor: &Actor, filter: InvoiceFilter) -> Result<Vec<InvoiceView>, Failure> {
        let mut look = Look::at(self.open_run().await?);
        let (views, open_run) = loop {
            let views = self.all_invoices(&filter).await?;
            if look.is_settled(self.open_run().await?)? {
                break (views, look.open_run);
            }
        };
        let views = views.into_iter().filter(|view| actor.sees(&view.of.group)).filter_map(|view| shown(view, open_run));
        Ok(views.filter(|view| filter.standing.is_none_or(|standing| view.standing == standing)).collect())
    }

    async fn all_invoices(&self, filter: &InvoiceFilter) -> Result<Vec<InvoiceView>, Failure> {
        let bills = self.bills().await?;
        let wanted = bills.iter().map(|view| view.bill).filter(|bill| filter.bill.is_none_or(|only| only == *bill));
        let mut found = Vec::new();
        for bill in wanted {
            let views: Vec<InvoiceView> = self.views(&keys::invoices(&self.id, bill), "").await?;
            let of_group = |view: &InvoiceView| filter.group.as_ref().is_none_or(|group| view.of.group == *group);
            found.extend(views.into_iter().filter(of_group));
        }
        Ok(found)
    }

    /// One invoice, as people may see it.
    pub async fn invoice(&self, actor: &Actor, of: &InvoiceRef) -> Result<InvoicePage, Failure> {
        let (view, events) = self.visible(actor, of).await?;
        let state = folded(of, &events);
        let newest = state.newest().ok_or_else(|| no_invoice(of))?;
        let document = self.invoice_document(of, &newest.document).await?;
        let version = events.len() as u64;
        Ok(InvoicePage { view: InvoiceView { version, ..view }, document, version, state })
    }

    /// The document of one revision, as it was issued.
    pub async fn revision_document(&self, actor: &Actor, of: &InvoiceRef, revision: u32) -> Result<InvoiceDocument, Failure> {
        let (_, events) = self.visible(actor, of).await?;
        let state = folded(of, &events);
        let known = state.revisions.iter().find(|known| known.number == revision);
        let known = known.ok_or_else(|| Failure::not_found(format!("revision {revision} of that invoice")))?;
        self.invoice_document(of, &known.document).await
    }

    /// The view and the events of an invoice without what an open run has written.
    async fn visible(&self, actor: &Actor, of: &InvoiceRef) -> Result<(InvoiceView, Vec<Recorded<InvoiceEvent>>), Failure> {
        check_sees(actor, of)?;
        let mut look = Look::at(self.open_run().await?);
        let (loaded, open_run) = loop {
            let loaded = self.load_invoice(of).await?;
            if look.is_settled(self.open_run().await?)? {
                break (loaded, look.open_run);
            }
        };
        let LoadedInvoice { stream, view, .. } = loaded.ok_or_else(|| no_invoice(of))?;
        let mut events = stream.events;
        let is_hidden = |recorded: &Recorded<InvoiceEvent>| match (&recorded.event, open_run) {
            (InvoiceEvent::Issued { revision }, Some(open)) => revision.cause == Cause::Run { run: open },
            _ => false,
        };
        if let Some(first) = events.iter().position(is_hidden) {
            events.truncate(first);
        }
        let view = shown(view, open_run).ok_or_else(|| no_invoice(of))?;
        Ok((view, events))
    }

    /// The stored document of a revision of this invoice.
    pub(crate) async fn invoice_document(&self, of: &InvoiceRef, stored: &str) -> Result<InvoiceDocument, Failure> {
        let document: InvoiceDocument = self.json_document(digest(stored)?).await?;
        if document.of != *of {
            return Err(Failure::broken(format!("the document {stored} is of another invoice than {of}")));
        }
        Ok(document)
    }

    /// An invoice with its stream; `None` before its first issue.
    pub(crate) async fn load_invoice(&self, of: &InvoiceRef) -> Result<Option<LoadedInvoice>, Failure> {
        let Some((view, record)) = self.view::<InvoiceView>(&invoice_key(self, of)).await? else { return Ok(None) };
        let stream: Stream<InvoiceEvent> = self.stream(StreamId::invoice(of)).await?;
        let state = folded(of, &stream.events);
        Ok(Some(LoadedInvoice { stream, state, view, record }))
    }

    /// An invoice that somebody wants to change.
    ///
    /// # Errors
    /// Where the person does not see it; busy while the run that made its newest revision is under way.
    pub(crate) async fn invoice_to_change(&self, actor: &Actor, of: &InvoiceRef) -> Result<LoadedInvoice, Failure> {
        check_sees(actor, of)?;
        let loaded = self.load_invoice(of).await?.ok_or_else(|| no_invoice(of))?;
        // The run is looked up after the stream: one that began since has not made what was loaded.
        if is_of_run(&loaded.state, self.open_run().await?) {
            return Err(Failure::new(FailureKind::Busy, "busy", "the invoice is being issued; try again in a moment"));
        }
        Ok(loaded)
    }
}

/// Two looks at the open run with a reading between them, again until they agree: a run that completes meanwhile
/// would show a half.
struct Look {
    open_run: Option<u64>,
    left: usize,
}

impl Look {
    fn at(open_run: Option<u64>) -> Look {
        Look { open_run, left: MOST_LOOKS }
    }

    /// Whether what was read since the last look is of one moment.
    fn is_settled(&mut self, open_run: Option<u64>) -> Result<bool, Failure> {
        if self.open_run == open_run {
            return Ok(true);
        }
        self.open_run = open_run;
        self.left -= 1;
        if self.left == 0 {
            return Err(Failure::new(FailureKind::Busy, "busy", "invoices are being issued; try again"));
        }
        Ok(false)
    }
}

/// The view that people see while a run is under way.
fn shown(view: InvoiceView, open_run: Option<u64>) -> Option<InvoiceView> {
    let is_hidden = matches!((&view.revision.cause, open_run), (Cause::Run { run }, Some(open)) if *run == open);
    match is_hidden {
        true => view.before.map(|before| *before),
        false => Some(InvoiceView { before: None, ..view }),
    }
}

/// A refusal of the domain for whoever asked.
pub(crate) fn refused(refusal: &ReviewRefusal) -> Failure {
    let code = match refusal {
        ReviewRefusal::NotOwner(_) | ReviewRefusal::NeedsRole(_) | ReviewRefusal::AboveLimit(_) | ReviewRefusal::OwnDispute => {
            return Failure::forbidden(refusal);
        }
        ReviewRefusal::NotIssued | ReviewRefusal::NoDispute(_) | ReviewRefusal::NoQuestion(_) => {
            return Failure::new(FailureKind::NotFound, "not-found", refusal);
        }
        ReviewRefusal::Empty(_) => return Failure::invalid("empty-text", refusal),
        ReviewRefusal::TooLong { .. } => return Failure::invalid("too-long", refusal),
        ReviewRefusal::NoLine(_) => return Failure::invalid("no-line", refusal),
        ReviewRefusal::AmountAboveLine { .. } => return Failure::invalid("amount-above-line", refusal),
        ReviewRefusal::BadReceiver(_) => return Failure::invalid("bad-receiver", refusal),
        ReviewRefusal::Outdated { .. } => "outdated",
        ReviewRefusal::Provisional(_) => "provisional",
        ReviewRefusal::Showback => "showback",
        ReviewRefusal::Chargeback => "chargeback",
        ReviewRefusal::Accepted(_) => "accepted",
        ReviewRefusal::Resolved(_) => "resolved",
        ReviewRefusal::TooMany(_) => "too-many",
    };
    Failure::refused(code, refusal)
}
