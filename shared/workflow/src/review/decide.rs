//! What owners and those who look after invoices say: ask, answer, acknowledge, accept, dispute, comment.

use dayone_domain::review::{DisputeOf, InvoiceEvent, InvoiceRef, InvoiceState, Outcome, Recorded, ReviewRefusal};

use super::{check_sees, invoice_key, refused};
use crate::change::Request;
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::ledger::Built;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::InvoiceView;

/// An invoice after a decision that may let journals go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    /// The invoice.
    pub view: InvoiceView,
    /// References of the journal entries that were made.
    pub journals: Vec<String>,
    /// Why none were made although something could go: the decision stands, and the next posting or export tries
    /// again.
    pub note: Option<String>,
}

type Decision = Result<Outcome<InvoiceEvent>, ReviewRefusal>;

impl Tenant {
    /// Asks something about the newest revision, provisional or final.
    pub async fn ask(&self, request: &Request, of: &InvoiceRef, text: &str) -> Result<InvoiceView, Failure> {
        self.say(request, of, Some(text), |state| state.ask(&request.actor, text)).await
    }

    /// Answers a question.
    pub async fn answer(&self, request: &Request, of: &InvoiceRef, question: u32, text: &str) -> Result<InvoiceView, Failure> {
        self.say(request, of, Some(text), |state| state.answer(&request.actor, question, text)).await
    }

    /// An owner has read a revision; in showback.
    pub async fn acknowledge(&self, request: &Request, of: &InvoiceRef, revision: u32) -> Result<InvoiceView, Failure> {
        self.say(request, of, None, |state| state.acknowledge(&request.actor, revision)).await
    }

    /// Says something to a dispute.
    pub async fn comment(&self, request: &Request, of: &InvoiceRef, dispute: u32, text: &str) -> Result<InvoiceView, Failure> {
        self.say(request, of, Some(text), |state| state.comment(&request.actor, dispute, text)).await
    }

    /// An owner disputes a line, or a part of it.
    pub async fn dispute(&self, request: &Request, of: &InvoiceRef, dispute: DisputeOf<'_>) -> Result<InvoiceView, Failure> {
        if let Some(view) = self.already(request, of).await? {
            return Ok(view);
        }
        let mut loaded = self.invoice_to_change(&request.actor, of).await?;
        request.check_version(loaded.stream.version())?;
        let newest = loaded.state.newest().ok_or_else(|| refused(&ReviewRefusal::NotIssued))?;
        let document = self.invoice_document(of, &newest.document).await?;
        let outcome = loaded.state.dispute(&request.actor, &document, dispute).map_err(|refusal| refused(&refusal))?;
        let mut changes = self.changes();
        changes.once(request)?;
        let mut events = recorded(&changes, request, outcome, Some(dispute.reason));
        for event in &mut events {
            event.input = Some(newest.document.clone());
        }
        loaded.append(&mut changes, self, &events);
        changes.commit().await?;
        Ok(loaded.view)
    }

    /// An owner accepts the newest final revision. In the same transaction the journal entries of what is not
    /// disputed are made; where the ledger refuses them, the acceptance stands and says why.
    pub async fn accept(&self, request: &Request, of: &InvoiceRef, revision: u32) -> Result<Reviewed, Failure> {
        if let Some(reviewed) = self.reviewed_already(request, of).await? {
            return Ok(reviewed);
        }
        let settings = self.settings().await?;
        let mut loaded = self.invoice_to_change(&request.actor, of).await?;
        request.check_version(loaded.stream.version())?;
        let outcome = loaded.state.accept(&request.actor, revision).map_err(|refusal| match &refusal {
            ReviewRefusal::AboveLimit(limit) => above_limit(limit, &settings, &loaded.view),
            _ => refused(&refusal),
        })?;
        let mut changes = self.changes();
        changes.once(request)?;
        let mut events = recorded(&changes, request, outcome, None);
        let mut built = Built::default();
        if !events.is_empty() {
            let mut after = loaded.state.clone();
            events.iter_mut().for_each(|event| event.input = loaded.state.newest().map(|newest| newest.document.clone()));
            events.iter().for_each(|event| after.apply(event));
            self.note_acceptance(&mut changes, &loaded.state, &after).await?;
            built = self.add_journals(&mut changes, &settings, &after, &request.actor.by()).await?;
            events.append(&mut built.events);
        }
        loaded.append(&mut changes, self, &events);
        changes.commit().await?;
        Ok(Reviewed { view: loaded.view, journals: built.references, note: built.refusal })
    }

    /// The invoice as it is, where the request was done before.
    pub(super) async fn already(&self, request: &Request, of: &InvoiceRef) -> Result<Option<InvoiceView>, Failure> {
        check_sees(&request.actor, of)?;
        let Some(once) = &request.once else { return Ok(None) };
        if !self.was_done(&request.actor.person.mail, once).await? {
            return Ok(None);
        }
        let view = self.view::<InvoiceView>(&invoice_key(self, of)).await?;
        Ok(view.map(|(view, _)| view))
    }

    /// The same with the journals that the decision has made: those of its transaction, which have its moment.
    pub(super) async fn reviewed_already(&self, request: &Request, of: &InvoiceRef) -> Result<Option<Reviewed>, Failure> {
        let Some(view) = self.already(request, of).await? else { return Ok(None) };
        let Some(once) = &request.once else { return Ok(None) };
        let mail = request.actor.person.mail.as_str();
        let at = self.done_at(mail, once).await?;
        let stream: Stream<InvoiceEvent> = self.stream(StreamId::invoice(of)).await?;
        let of_decision = stream.events.into_iter().filter(|event| Some(event.at) == at && event.by.mail() == Some(mail));
        let journals = of_decision.filter_map(|event| match event.event {
            InvoiceEvent::Journaled { journal, .. } => Some(journal),
            _ => None,
        });
        Ok(Some(Reviewed { view, journals: journals.collect(), note: None }))
    }

    /// A decision that changes nothing but the invoice.
    async fn say(
        &self,
        request: &Request,
        of: &InvoiceRef,
        why: Option<&str>,
        decide: impl FnOnce(&InvoiceState) -> Decision,
    ) -> Result<InvoiceView, Failure> {
        if let Some(view) = self.already(request, of).await? {
            return Ok(view);
        }
        let mut loaded = self.invoice_to_change(&request.actor, of).await?;
        request.check_version(loaded.stream.version())?;
        let outcome = decide(&loaded.state).map_err(|refusal| refused(&refusal))?;
        let mut changes = self.changes();
        changes.once(request)?;
        let events = recorded(&changes, request, outcome, why);
        loaded.append(&mut changes, self, &events);
        changes.commit().await?;
        Ok(loaded.view)
    }
}

/// The refusal of an amount above somebody's limit, which names those who may accept it.
fn above_limit(limit: &str, settings: &Settings, view: &InvoiceView) -> Failure {
    let may = settings.people.iter().map(|person| person.mail.as_str()).filter(|mail| settings.may_accept(mail, view));
    match may.collect::<Vec<_>>().as_slice() {
        [] => Failure::forbidden(limit),
        may => Failure::forbidden(format!("{limit}: {}", may.join(", "))),
    }
}

/// The events of an outcome by whoever asked for it.
pub(super) fn recorded(
    changes: &crate::change::Changes<'_>,
    request: &Request,
    outcome: Outcome<InvoiceEvent>,
    why: Option<&str>,
) -> Vec<Recorded<InvoiceEvent>> {
    let why = why.map(str::trim).filter(|why| !why.is_empty());
    let event = |event| Recorded { why: why.map(str::to_owned), ..changes.recorded(request.actor.by(), event) };
    outcome.events().into_iter().map(event).collect()
}
