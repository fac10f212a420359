//! Corrections of what the ledger has: a posted journal is never edited, it is reversed or recoded by another one.

use dayone_domain::ledger::journal::Coding;
use dayone_domain::ledger::recharge::reference_of;
use dayone_domain::ledger::{JournalEntry, JournalKind, JournalLine, JournalState, JournalStatus};
use dayone_domain::people::Role;
use dayone_domain::review::{InvoiceEvent, Recorded};
use dayone_domain::tree::LedgerCoding;

use super::journals::{JournalPage, LoadedJournal, refused};
use super::post::add_events;
use crate::change::Request;
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::review::{LoadedInvoice, check_role};
use crate::tenant::Tenant;
use crate::views::JournalView;

/// Most characters of a reason.
const MOST_REASON: usize = 1_000;
/// Most characters of a part of a coding.
const MOST_CODING: usize = 256;

/// A posted journal that is to be corrected, with its invoice.
struct Correctable {
    settings: Settings,
    journal: LoadedJournal,
    entry: JournalEntry,
    invoice: LoadedInvoice,
    /// The other journals of the invoice that correct this one.
    corrections: Vec<JournalView>,
    reason: String,
    /// The reference of the correction.
    reference: String,
}

impl Tenant {
    /// A controller takes a posted journal back by a reversal; where it posted what was accepted, the invoice is open
    /// again for its owner. Gives the reversal.
    pub async fn reverse(&self, request: &Request, reference: &str, reason: &str) -> Result<JournalView, Failure> {
        check_role(&request.actor, &[Role::Controller])?;
        if let Some(before) = self.corrected_before(request, reference, JournalKind::Reversal).await? {
            return Ok(before);
        }
        let mut of = self.correctable(request, reference, reason).await?;
        if let Some(reclass) = of.standing_reclasses().next() {
            let message = format!("journal `{}` recoded it; reverse that one first", reclass.state.reference);
            return Err(Failure::refused("recoded", message));
        }
        let today = of.settings.policy.local_date(self.ports.clock.now());
        let entry = of.entry.reversal(of.reference.clone(), today, &of.reason);
        let mut events = Vec::new();
        if matches!(of.entry.kind(), JournalKind::Recharge | JournalKind::TrueUp) {
            let revision = of.invoice.state.newest().map_or(of.entry.facts().revision, |newest| newest.number);
            events.push(InvoiceEvent::Reopened { revision, journal: reference.to_owned() });
        }
        self.correct(request, &mut of, &entry, events).await
    }

    /// A controller takes a line of a posted journal (`line` is its place, from 0) to another coding. Gives the
    /// reclass.
    pub async fn reclass(&self, request: &Request, reference: &str, line: usize, to: Coding, reason: &str) -> Result<JournalView, Failure> {
        check_role(&request.actor, &[Role::Controller])?;
        if let Some(before) = self.corrected_before(request, reference, JournalKind::Reclass).await? {
            return Ok(before);
        }
        let mut of = self.correctable(request, reference, reason).await?;
        let moved = of.entry.lines().get(line).ok_or_else(|| Failure::invalid("no-line", format!("the journal has no line {line}")))?;
        check_coding(&of, &moved.coding, &to)?;
        for reclass in of.standing_reclasses() {
            let known = self.entry(&reclass.state.document).await?;
            if takes_away(&known, moved) {
                let message = format!("journal `{}` recoded that line; recode or reverse that one", reclass.state.reference);
                return Err(Failure::refused("recoded", message));
            }
        }
        let today = of.settings.policy.local_date(self.ports.clock.now());
        let same = || Failure::invalid("same-coding", "the line has that coding already; name another account or cost centre");
        let entry = of.entry.reclass(of.reference.clone(), today, line, to, &of.reason).ok_or_else(same)?;
        self.correct(request, &mut of, &entry, Vec::new()).await
    }

    /// The places of a journal's lines that a reclass may take to another coding: expense that no other reclass has
    /// taken away.
    pub async fn recodable_lines(&self, page: &JournalPage) -> Result<Vec<usize>, Failure> {
        let corrections = self.corrections_of(&page.state).await?;
        let mut known = Vec::new();
        for reclass in corrections.iter().filter(|view| is_standing_reclass(view)) {
            known.push(self.entry(&reclass.state.document).await?);
        }
        let may_go = |line: &JournalLine| !line.is_holding && !known.iter().any(|reclass| takes_away(reclass, line));
        let lines = page.entry.lines().iter().enumerate();
        Ok(lines.filter(|(_, line)| may_go(line)).map(|(place, _)| place).collect())
    }

    /// A controller records the ERP's number of a journal that was handed over, or of which nobody could tell.
    pub async fn record_number(&self, request: &Request, reference: &str, number: &str) -> Result<JournalView, Failure> {
        check_role(&request.actor, &[Role::Controller])?;
        let mut journal = self.load_journal(reference).await?;
        if let Some(once) = &request.once
            && self.was_done(&request.actor.person.mail, once).await?
        {
            return Ok(journal.view);
        }
        request.check_version(journal.stream.version())?;
        if journal.state.status == JournalStatus::Sending {
            let message = "the journal is on its way; post again, and it is looked for in the ERP";
            return Err(Failure::refused("journal-status", message));
        }
        let mut changes = self.changes();
        changes.once(request)?;
        self.check_batch_closed(&mut changes, &journal.state).await?;
        let added = self.add_landed(&mut changes, &mut journal, number, &request.actor.by()).await?;
        added.map_err(|refusal| refused(&refusal))?;
        changes.commit().await?;
        Ok(journal.view)
    }

    /// A controller has looked: the ERP has nothing of a journal that was handed over, or of which nobody could tell.
    /// It can leave anew.
    pub async fn record_missing(&self, request: &Request, reference: &str, reason: &str) -> Result<JournalView, Failure> {
        check_role(&request.actor, &[Role::Controller])?;
        let mut journal = self.load_journal(reference).await?;
        if let Some(once) = &request.once
            && self.was_done(&request.actor.person.mail, once).await?
        {
            return Ok(journal.view);
        }
        request.check_version(journal.stream.version())?;
        let outcome = journal.state.missing(reason).map_err(|refusal| refused(&refusal))?;
        let mut changes = self.changes();
        changes.once(request)?;
        self.check_batch_closed(&mut changes, &journal.state).await?;
        add_events(&mut changes, self, &mut journal, outcome, &request.actor.by());
        changes.commit().await?;
        Ok(journal.view)
    }

    /// The correction that a request which was done before has made.
    async fn corrected_before(&self, request: &Request, reference: &str, kind: JournalKind) -> Result<Option<JournalView>, Failure> {
        let Some(once) = &request.once else { return Ok(None) };
        if !self.was_done(&request.actor.person.mail, once).await? {
            return Ok(None);
        }
        let journal = self.load_journal(reference).await?;
        let corrections = self.corrections_of(&journal.state).await?;
        let made = corrections.into_iter().rfind(|view| view.state.kind == kind);
        Ok(Some(made.unwrap_or(journal.view)))
    }

    async fn correctable(&self, request: &Request, reference: &str, reason: &str) -> Result<Correctable, Failure> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > MOST_REASON {
            return Err(Failure::invalid("reason", format!("say why, in 1 to {MOST_REASON} characters")));
        }
        let journal = self.load_journal(reference).await?;
        request.check_version(journal.stream.version())?;
        journal.state.may_be_reversed().map_err(|refusal| refused(&refusal))?;
        let corrections = self.corrections_of(&journal.state).await?;
        if let Some(known) = corrections.iter().find(|view| view.state.kind == JournalKind::Reversal) {
            let message = format!("journal `{}` reverses it already", known.state.reference);
            return Err(Failure::refused("reversed", message));
        }
        let entry = self.entry(&journal.state.document).await?;
        let invoice = self.invoice_to_change(&request.actor, entry.invoice()).await?;
        Ok(Correctable {
            settings: self.settings().await?,
            reference: reference_of(entry.facts().invoice_number, invoice.state.journals.len() + 1),
            journal,
            entry,
            invoice,
            corrections,
            reason: reason.to_owned(),
        })
    }

    /// The journals of the same invoice that reverse or recode a journal, oldest first.
    async fn corrections_of(&self, journal: &JournalState) -> Result<Vec<JournalView>, Failure> {
        let invoice = self.invoice_state(&journal.invoice).await?;
        let mut corrections = Vec::new();
        for (other, _) in &invoice.journals {
            let (view, _) = self.journal_view(other).await?;
            if view.state.of_journal.as_ref() == Some(&journal.reference) {
                corrections.push(view);
            }
        }
        Ok(corrections)
    }

    /// Writes a correction: the entry, and its invoice with `events`.
    async fn correct(
        &self,
        request: &Request,
        of: &mut Correctable,
        entry: &JournalEntry,
        events: Vec<InvoiceEvent>,
    ) -> Result<JournalView, Failure> {
        let by = request.actor.by();
        let mut changes = self.changes();
        changes.once(request)?;
        // The journal must not be corrected otherwise at the same time, or by an earlier reversal that lands.
        changes.check(&of.journal.stream);
        let accepted_by = &of.journal.view.accepted_by;
        let journaled = self.add_journal(&mut changes, entry, &by, accepted_by, Some(&of.reason)).await?;
        let others = events.into_iter().map(|event| Recorded { why: Some(of.reason.clone()), ..changes.recorded(by.clone(), event) });
        let events: Vec<_> = std::iter::once(journaled).chain(others).collect();
        of.invoice.append(&mut changes, self, &events);
        changes.commit().await?;
        Ok(self.journal_view(entry.reference()).await?.0)
    }
}

impl Correctable {
    /// Reclasses that no posted reversal has undone.
    fn standing_reclasses(&self) -> impl Iterator<Item = &JournalView> {
        self.corrections.iter().filter(|view| is_standing_reclass(view))
    }
}

fn is_standing_reclass(view: &JournalView) -> bool {
    view.state.kind == JournalKind::Reclass && view.state.status != JournalStatus::Reversed
}

/// Whether a reclass takes a line away from its coding.
fn takes_away(reclass: &JournalEntry, line: &JournalLine) -> bool {
    reclass.lines().iter().any(|back| back.coding == line.coding && back.side != line.side)
}

/// Only expense is recoded, to expense of a legal entity that may be charged: what the holding accounts carry follows
/// the acceptance of invoices alone.
fn check_coding(of: &Correctable, from: &Coding, to: &Coding) -> Result<(), Failure> {
    let parts = [Some(&to.account), Some(&to.cost_center), to.department.as_ref(), to.legal_entity.as_ref()];
    let is_plain = |part: &String| !part.trim().is_empty() && part.chars().count() <= MOST_CODING;
    if !parts.into_iter().flatten().all(is_plain) {
        return Err(Failure::invalid(
            "coding",
            format!("a coding has an account and a cost centre; each part is 1 to {MOST_CODING} characters"),
        ));
    }
    let tree = of.settings.trees.at(of.entry.invoice().bill.period);
    if let Some(coding) = tree.ledger()
        && (is_holding(coding, from) || is_holding(coding, to))
    {
        let message = "a holding account is not recoded: it carries what is not posted; reverse the journal instead";
        return Err(Failure::refused("holding-account", message));
    }
    let may_charge = of.settings.calendar.as_ref().is_none_or(|calendar| calendar.may_charge(to.legal_entity.as_deref()));
    if !may_charge {
        let entity = to.legal_entity.as_deref().unwrap_or_default();
        let message = format!("`{entity}` is another legal entity; allow it under `also_charge` of the ledger calendar");
        return Err(Failure::refused("crosses-legal-entity", message));
    }
    Ok(())
}

fn is_holding(coding: &LedgerCoding, of: &Coding) -> bool {
    let of_accounts = coding.holding_by_billing_account.iter().map(|(_, holding)| holding);
    std::iter::once(&coding.default_holding)
        .chain(of_accounts)
        .any(|holding| holding.account == of.account && holding.cost_center == of.cost_center)
}
