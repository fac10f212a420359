//! Posting: each journal reaches the ERP once, also when an answer is lost, the process dies or two race.
//!
//! A journal's bytes and posting date are fixed, and it is known to be on its way, before it is first sent. Whoever
//! finds it on its way looks into the ERP before sending it again; where the ERP cannot keep a reference unique, it
//! is never sent again, and what is not found is for a person to look at.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use dayone_domain::ledger::life::JournalRefusal;
use dayone_domain::ledger::{JournalEntry, JournalEvent, JournalKind, JournalState, JournalStatus, LedgerCalendar, Posting, Route};
use dayone_domain::people::Role;
use dayone_domain::review::{By, InvoiceEvent, InvoiceRef, InvoiceState, Outcome};
use dayone_ports::{ErpAbility, ErpError, Key, OutgoingJournal};

use super::export::is_alone;
use super::journals::{LoadedJournal, Outbox, refused};
use super::lease::Lease;
use crate::change::{Changes, Request};
use crate::failure::{Failure, FailureKind, retried};
use crate::keys;
use crate::review::{check_role, folded};
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::{JournalView, digest};

/// Most times that a journal is sent in one posting.
const MOST_SENDS: usize = 3;
/// Most references of one request.
const MOST_REFERENCES: usize = 10_000;
/// Most characters that are kept of what an ERP says.
const MOST_SAID: usize = 1_000;

/// What a posting did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostReport {
    /// References of what the ledger has now, each with the ERP's number.
    pub posted: Vec<(String, String)>,
    /// What was left alone, each with the reason.
    pub skipped: Vec<(String, String)>,
    /// What the ERP will not take, each with its words.
    pub refused: Vec<(String, String)>,
    /// What may or may not have landed, each with what is known: the next posting looks again, and a person has to
    /// where the journal's outcome is unknown.
    pub unknown: Vec<(String, String)>,
    /// Accepted invoices of which no journal can be made, each with the reason.
    pub not_built: Vec<(InvoiceRef, String)>,
}

/// What the ERP says of a journal.
enum Answer {
    Landed(String),
    Refused(String),
    /// Not to be sent again; a person has to look.
    Unknown(String),
    /// The next posting looks first.
    Open(String),
}

pub(super) fn no_calendar() -> Failure {
    Failure::refused("not-configured", "there is no ledger calendar; put one with `dayone config put calendar FILE`")
}

impl Tenant {
    /// Sends journals to the ERP: these, or all that have not left for good.
    ///
    /// # Errors
    /// Forbidden for all but controllers; busy while another process posts or exports.
    pub async fn post(&self, request: &Request, references: Option<&[String]>) -> Result<PostReport, Failure> {
        check_role(&request.actor, &[Role::Controller])?;
        if references.is_some_and(|references| references.len() > MOST_REFERENCES) {
            return Err(Failure::invalid("too-many", format!("more than {MOST_REFERENCES} journals; name fewer, or none to post all")));
        }
        if let Some(once) = &request.once
            && let Some(about) = self.done(&request.actor.person.mail, once).await?
        {
            let looked_at: Vec<String> = match about {
                Some(about) => self.json_document(about).await?,
                None => Vec::new(),
            };
            return self.posted_before(&looked_at).await;
        }
        let settings = self.settings().await?;
        let calendar = settings.calendar.as_ref().ok_or_else(no_calendar)?;
        let built = self.build_journals().await?;
        let mut report = PostReport::default();
        report.not_built.extend(built.into_iter().filter_map(|(of, outcome)| Some((of, outcome.err()?))));
        let mut lease = self.take_lease().await?;
        let today = settings.policy.local_date(self.ports.clock.now());
        let done = match self.post_under(&mut lease, request, references, (calendar, today), &mut report).await {
            Ok(()) => self.put_json(&report.looked_at()).await,
            Err(failure) => Err(failure),
        };
        let done = match done {
            Ok(about) => self.end_lease(lease, Some((request, about))).await.map(|()| report),
            Err(failure) => {
                // Whoever comes next need not wait for one that gave up; a lease that cannot be given back runs out.
                let _ = self.end_lease(lease, None).await;
                Err(failure)
            }
        };
        self.anchor_what_left().await;
        done
    }

    /// Anchors what a posting or an export has recorded. What left has left: where no anchor can be made now, the next
    /// one covers it.
    pub(super) async fn anchor_what_left(&self) {
        if let Err(failure) = self.anchor().await {
            tracing::warn!(%failure, "the anchor waits");
        }
    }

    async fn post_under(
        &self,
        lease: &mut Lease,
        request: &Request,
        references: Option<&[String]>,
        when: (&LedgerCalendar, NaiveDate),
        report: &mut PostReport,
    ) -> Result<(), Failure> {
        self.finish_export(lease).await?;
        let mut wanted: Vec<String> = match references {
            Some(references) => references.to_vec(),
            None => self.views::<Outbox>(&keys::outbox(&self.id), "").await?.into_iter().map(|outbox| outbox.reference).collect(),
        };
        wanted.sort();
        wanted.dedup();
        for reference in wanted {
            self.post_one(lease, request, &reference, when, report).await?;
        }
        Ok(())
    }

    async fn post_one(
        &self,
        lease: &mut Lease,
        request: &Request,
        reference: &str,
        (calendar, today): (&LedgerCalendar, NaiveDate),
        report: &mut PostReport,
    ) -> Result<(), Failure> {
        let mut skip = |reason: String| report.skipped.push((reference.to_owned(), reason));
        let LoadedJournal { state, view, .. } = match self.load_journal(reference).await {
            Err(failure) if failure.kind == FailureKind::NotFound => {
                skip(failure.message);
                return Ok(());
            }
            other => other?,
        };
        if let Some(reason) = has_left(&state) {
            skip(reason);
            return Ok(());
        }
        let entry = self.entry(&state.document).await?;
        let posting = calendar.posting(entry.facts().period, today);
        if let Some(reason) = retried!(self.freeze_unless_held(lease, request, &view, &entry, &posting))? {
            skip(reason);
            return Ok(());
        }
        let answer = match state.status {
            JournalStatus::OutcomeUnknown => self.look_again(reference).await,
            before => self.send(lease, reference, before).await?,
        };
        let by = request.actor.by();
        let answer = retried!(self.note_answer(lease, reference, &answer, &by))?;
        let reference = reference.to_owned();
        match answer {
            Answer::Landed(number) => report.posted.push((reference, number)),
            Answer::Refused(reason) => report.refused.push((reference, reason)),
            Answer::Unknown(reason) | Answer::Open(reason) => report.unknown.push((reference, reason)),
        }
        Ok(())
    }

    /// Why a journal does not leave by this person now; `None` where it may. `is_along` says which leave with it.
    pub(super) async fn held_back(
        &self,
        view: &JournalView,
        entry: &JournalEntry,
        invoice: &InvoiceState,
        mail: &str,
        is_along: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, Failure> {
        let accepted_by: Vec<By> = match entry.kind() {
            JournalKind::Recharge | JournalKind::TrueUp => {
                if let Some(reversal) = self.open_reversal(invoice, entry.reference(), is_along).await? {
                    let message = format!("the ledger still has what it replaces: {reversal} undoes that and has to be posted before");
                    return Ok(Some(message));
                }
                // A later revision that is accepted has the same amounts beside what disputes moved.
                let holds = invoice.acceptances.iter().filter(|yes| !yes.is_reopened && yes.revision >= entry.facts().revision);
                holds.map(|yes| yes.by.clone()).collect()
            }
            JournalKind::Reversal | JournalKind::Reclass => view.accepted_by.clone(),
        };
        let is_new = matches!(view.state.status, JournalStatus::Ready | JournalStatus::Refused);
        let is_recharge = matches!(entry.kind(), JournalKind::Recharge | JournalKind::TrueUp);
        if is_new && is_recharge && accepted_by.is_empty() {
            return Ok(Some("its invoice was opened again by a reversal and waits for its owner's acceptance".to_owned()));
        }
        if is_alone(&accepted_by, mail) {
            return Ok(Some(format!("{mail} alone accepted it, and nobody posts what they alone accepted; another controller has to")));
        }
        Ok(None)
    }

    /// A reversal made before a journal of the same invoice that neither is in the ledger nor leaves along.
    async fn open_reversal(&self, state: &InvoiceState, before: &str, is_along: impl Fn(&str) -> bool) -> Result<Option<String>, Failure> {
        for (reference, _) in state.journals.iter().take_while(|(reference, _)| reference != before) {
            let (view, _) = self.journal_view(reference).await?;
            let is_open = view.state.kind == JournalKind::Reversal && !view.state.status.is_in_ledger();
            if is_open && !is_along(reference) {
                return Ok(Some(reference.clone()));
            }
        }
        Ok(None)
    }

    /// Fixes a journal that was not fixed yet; the reason where it does not leave by this person now. A reversal may
    /// take the acceptance back at the same time: what is fixed is held against the invoice that was judged.
    async fn freeze_unless_held(
        &self,
        lease: &mut Lease,
        request: &Request,
        view: &JournalView,
        entry: &JournalEntry,
        posting: &Posting,
    ) -> Result<Option<String>, Failure> {
        let invoice: Stream<InvoiceEvent> = self.stream(StreamId::invoice(entry.invoice())).await?;
        let state = folded(entry.invoice(), &invoice.events);
        if let Some(reason) = self.held_back(view, entry, &state, &request.actor.person.mail, |_| false).await? {
            return Ok(Some(reason));
        }
        if !matches!(view.state.status, JournalStatus::Ready | JournalStatus::Refused) {
            return Ok(None);
        }
        let body = self.put_document(&self.ports.forms.entry(entry, posting)).await?;
        self.renew_lease(lease).await?;
        let mut journal = self.load_journal(entry.reference()).await?;
        let outcome = journal.state.freeze(Route::Call, posting, body.to_string()).map_err(|refusal| refused(&refusal))?;
        let mut changes = self.changes();
        add_events(&mut changes, self, &mut journal, outcome, &request.actor.by());
        changes.check(&invoice);
        lease.fence(&mut changes);
        changes.commit().await?;
        Ok(None)
    }

    /// Sends a journal that is fixed, as often as it may be, and looks whenever it is not known what came of it.
    /// `before` is where it stood before this posting.
    async fn send(&self, lease: &mut Lease, reference: &str, before: JournalStatus) -> Result<Answer, Failure> {
        let journal = self.outgoing(reference).await?;
        let erp = &self.ports.erp;
        let mut may_have_landed = before == JournalStatus::Sending;
        let mut sends = 0;
        let mut said = "it was on its way when an earlier posting ended".to_owned();
        loop {
            if may_have_landed {
                match self.look(reference).await {
                    Ok(Some(number)) => return Ok(Answer::Landed(number)),
                    Ok(None) => {}
                    Err(error) => return Ok(Answer::Open(error.to_string())),
                }
                if erp.ability() == ErpAbility::SearchOnly {
                    return Ok(Answer::Unknown(format!("{said}; the ERP does not have it, and it may still arrive")));
                }
                if sends == MOST_SENDS {
                    return Ok(Answer::Open(said));
                }
            }
            self.renew_lease(lease).await?;
            sends += 1;
            match erp.post(&journal).await {
                Ok(receipt) => return Ok(Answer::Landed(receipt.number)),
                // An ERP may refuse a journal because it has it: from a try without an answer, or from one that it
                // had refused.
                Err(ErpError::Refused(reason)) if may_have_landed || before == JournalStatus::Refused => {
                    return Ok(match erp.find(self.id.as_str(), reference).await {
                        Ok(Some(receipt)) => Answer::Landed(receipt.number),
                        Ok(None) => Answer::Refused(reason),
                        Err(error) => Answer::Open(error.to_string()),
                    });
                }
                Err(ErpError::Refused(reason)) => return Ok(Answer::Refused(reason)),
                Err(ErpError::Unclear(reason)) => {
                    said = reason;
                    may_have_landed = true;
                }
            }
        }
    }

    /// The bytes that were fixed.
    async fn outgoing(&self, reference: &str) -> Result<OutgoingJournal, Failure> {
        let journal = self.load_journal(reference).await?;
        let frozen = journal.state.frozen.ok_or_else(|| Failure::broken(format!("journal `{reference}` is sent before it is fixed")))?;
        let body = self.document(digest(&frozen.body)?).await?;
        Ok(OutgoingJournal { tenant: self.id.to_string(), reference: reference.to_owned(), body })
    }

    /// The ERP's number of a journal, where it has landed; an ERP that takes a journal twice is asked twice.
    async fn look(&self, reference: &str) -> Result<Option<String>, ErpError> {
        let erp = &self.ports.erp;
        let mut found = erp.find(self.id.as_str(), reference).await?;
        if found.is_none() && erp.ability() == ErpAbility::SearchOnly {
            found = erp.find(self.id.as_str(), reference).await?;
        }
        Ok(found.map(|receipt| receipt.number))
    }

    /// Looks for a journal of which nobody can tell; it is not sent.
    async fn look_again(&self, reference: &str) -> Answer {
        match self.look(reference).await {
            Ok(Some(number)) => Answer::Landed(number),
            Ok(None) => Answer::Unknown("the ERP still does not have it; look there, and record its number if it has".to_owned()),
            Err(error) => Answer::Open(error.to_string()),
        }
    }

    /// Records what the ERP said.
    async fn note_answer(&self, lease: &Lease, reference: &str, answer: &Answer, by: &By) -> Result<Answer, Failure> {
        let mut journal = self.load_journal(reference).await?;
        let mut changes = self.changes();
        let noted = match answer {
            Answer::Open(reason) => return Ok(Answer::Open(reason.clone())),
            Answer::Landed(number) => match self.add_landed(&mut changes, &mut journal, number, by).await? {
                Ok(()) => Answer::Landed(number.clone()),
                Err(refusal) => {
                    let reason = shortened(&format!("the ERP has it under the number `{number}`: {refusal}"));
                    let outcome = unknown(&reason, &journal.state)?;
                    add_events(&mut changes, self, &mut journal, outcome, by);
                    Answer::Unknown(reason)
                }
            },
            Answer::Refused(reason) => {
                let reason = shortened(reason);
                let outcome = journal.state.refused(reason.clone()).map_err(|refusal| refused(&refusal))?;
                add_events(&mut changes, self, &mut journal, outcome, by);
                Answer::Refused(reason)
            }
            Answer::Unknown(reason) => {
                let reason = shortened(reason);
                let outcome = unknown(&reason, &journal.state)?;
                add_events(&mut changes, self, &mut journal, outcome, by);
                Answer::Unknown(reason)
            }
        };
        if !changes.is_empty() {
            lease.fence(&mut changes);
            changes.commit().await?;
        }
        Ok(noted)
    }

    /// Adds that the ledger has a journal: it leaves the outbox, and what it reverses is reversed. The inner error is
    /// why its number cannot be taken; then nothing was added.
    pub(super) async fn add_landed(
        &self,
        changes: &mut Changes<'_>,
        journal: &mut LoadedJournal,
        number: &str,
        by: &By,
    ) -> Result<Result<(), JournalRefusal>, Failure> {
        let outcome = match journal.state.landed(number) {
            Ok(Outcome::AlreadyApplied) => return Ok(Ok(())),
            Ok(outcome) => outcome,
            Err(refusal) => return Ok(Err(refusal)),
        };
        add_events(changes, self, journal, outcome, by);
        let reference = journal.state.reference.as_str();
        if let Some(record) = self.ports.store.get(&Key::new(keys::outbox(&self.id), reference)).await? {
            changes.delete(&record);
        }
        if let (JournalKind::Reversal, Some(reversed)) = (journal.state.kind, &journal.state.of_journal) {
            let mut reversed = self.load_journal(reversed).await?;
            let event = JournalEvent::Reversed { by: reference.to_owned() };
            add_events(changes, self, &mut reversed, Outcome::Executed(vec![event]), by);
        }
        Ok(Ok(()))
    }

    /// Where the journals stand now that a request which was done before has looked at.
    async fn posted_before(&self, references: &[String]) -> Result<PostReport, Failure> {
        let mut report = PostReport::default();
        for reference in references {
            match self.load_journal(reference).await {
                Err(failure) if failure.kind == FailureKind::NotFound => report.skipped.push((reference.clone(), failure.message)),
                loaded => report.add(loaded?.state),
            }
        }
        Ok(report)
    }
}

impl PostReport {
    /// The invoices of which no journal can be made, by the reason.
    pub fn not_built_by_reason(&self) -> BTreeMap<&str, Vec<&InvoiceRef>> {
        let mut by_reason: BTreeMap<&str, Vec<&InvoiceRef>> = BTreeMap::new();
        for (of, reason) in &self.not_built {
            by_reason.entry(reason).or_default().push(of);
        }
        by_reason
    }

    /// References of all journals that the posting looked at.
    fn looked_at(&self) -> BTreeSet<&str> {
        let lists = [&self.posted, &self.skipped, &self.refused, &self.unknown];
        lists.into_iter().flatten().map(|(reference, _)| reference.as_str()).collect()
    }

    /// Takes in where a journal stands.
    fn add(&mut self, state: JournalState) {
        let left = has_left(&state);
        let JournalState { reference, status, number, said, .. } = state;
        let said = said.unwrap_or_default();
        match status {
            JournalStatus::Posted | JournalStatus::Reversed => self.posted.push((reference, number.unwrap_or_default())),
            JournalStatus::Refused => self.refused.push((reference, said)),
            JournalStatus::OutcomeUnknown => self.unknown.push((reference, said)),
            JournalStatus::Sending => self.unknown.push((reference, "it is on its way; post again, and it is looked for".to_owned())),
            JournalStatus::Ready | JournalStatus::HandedOver => {
                self.skipped.push((reference, left.unwrap_or_else(|| "it was not sent; post again".to_owned())));
            }
        }
    }
}

/// Why a journal that has left is not sent.
fn has_left(state: &JournalState) -> Option<String> {
    let number = state.number.as_deref().unwrap_or_default();
    match (state.status, &state.frozen) {
        (JournalStatus::Posted | JournalStatus::Reversed, _) => {
            Some(format!("it is in the ledger already, under the ERP number `{number}`"))
        }
        (JournalStatus::HandedOver, Some(frozen)) => match frozen.route {
            Route::Export { batch } => Some(JournalRefusal::Exported(batch).to_string()),
            Route::Call => None,
        },
        _ => None,
    }
}

fn unknown(reason: &str, state: &JournalState) -> Result<Outcome<JournalEvent>, Failure> {
    state.unknown(reason.to_owned()).map_err(|refusal| refused(&refusal))
}

pub(super) fn add_events(changes: &mut Changes<'_>, tenant: &Tenant, journal: &mut LoadedJournal, outcome: Outcome<JournalEvent>, by: &By) {
    let events: Vec<_> = outcome.events().into_iter().map(|event| changes.recorded(by.clone(), event)).collect();
    journal.append(changes, tenant, &events);
}

fn shortened(said: &str) -> String {
    said.chars().take(MOST_SAID).collect()
}
