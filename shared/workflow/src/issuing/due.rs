//! What is due on a day. Twice on one day does nothing twice.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::policy::Silence;
use dayone_domain::review::{By, InvoiceEvent, InvoiceRef, ModeState, Stage, Standing};
use dayone_domain::source::Finality;
use dayone_ports::Record;

use super::Plan;
use super::bill::{BillEvent, BillState};
use super::decide::{deciding, fingerprint, inputs};
use super::run::{MOST_CARRIED, Proposal};
use crate::configuration::Settings;
use crate::deliveries::{Awaited, SourceView};
use crate::failure::{Failure, retried};
use crate::keys;
use crate::mail::MailTask;
use crate::review::{folded, invoice_key};
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::{BillView, InvoiceView};

/// What a day's issuing goes by.
#[derive(Clone, Copy)]
struct Known<'a> {
    by: &'a By,
    settings: &'a Settings,
    modes: &'a BTreeMap<String, ModeState>,
    sources: &'a [SourceView],
    bills: &'a [BillKey],
}

/// What the policy did about an invoice that nobody answers.
enum FollowUp {
    Nothing,
    Reminded,
    Deemed,
    /// There is nobody to remind who may accept it.
    Nobody,
}

/// A bill that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The bill.
    pub bill: BillKey,
    /// Provisional or final.
    pub stage: Stage,
}

/// What a day's issuing did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueReport {
    /// A run that had been left behind and was completed first.
    pub resumed: Option<u64>,
    /// Sources that the policy closed.
    pub closed: Vec<(String, BillingPeriod)>,
    /// Closed bills with a newer delivery: the bill and its round of true-ups.
    pub true_ups: Vec<(BillKey, u32)>,
    /// Bills that were issued.
    pub issued: Vec<Issued>,
    /// Bills that wait, and for what, in words.
    pub waiting: Vec<(BillKey, String)>,
    /// Owners were reminded of these.
    pub reminded: Vec<InvoiceRef>,
    /// The policy took silence for a yes.
    pub deemed: Vec<InvoiceRef>,
    /// Deliveries that are late: each a sentence that says what it waits for.
    pub late: Vec<String>,
}

impl IssueReport {
    /// Whether nothing was due.
    pub fn is_empty(&self) -> bool {
        IssueReport { waiting: Vec::new(), late: Vec::new(), ..self.clone() } == IssueReport::default()
    }
}

impl Tenant {
    /// Does whatever is due on a day of the tenant's time zone; today's, where none is given. Runs are recorded as begun
    /// by whoever asks, [`By::Machine`] where a schedule does; what the policy decides stays the policy's.
    ///
    /// # Errors
    /// `as-of-in-the-future` for a day that has not come: what is due then would be done for good before its
    /// deliveries are there.
    pub async fn issue(&self, by: &By, as_of: Option<NaiveDate>) -> Result<IssueReport, Failure> {
        if let Some(day) = as_of {
            self.check_has_come(day).await?;
        }
        let mut report = IssueReport::default();
        // What goes wrong with a delivery must not keep the bills.
        let completed = self.complete_refused(by).await;
        // What was done stays done and is not due again: a configuration that was put meanwhile only means to go on.
        let issued = retried!(self.issue_day(by, as_of, &mut report));
        // A bill that cannot be issued must not keep the mail and the anchor of those that were, nor what is late.
        let late = self.late().await;
        self.send_mail().await?;
        self.anchor().await?;
        report.late = late?.iter().map(Awaited::sentence).collect();
        completed?;
        issued.map(|()| report)
    }

    async fn check_has_come(&self, day: NaiveDate) -> Result<(), Failure> {
        let today = self.settings().await?.policy.local_date(self.ports.clock.now());
        if day <= today {
            return Ok(());
        }
        let message =
            format!("`{day}` has not come yet: today is {today} in the tenant's time zone; name today or a day before it, or none");
        Err(Failure::refused("as-of-in-the-future", message))
    }

    async fn issue_day(&self, by: &By, as_of: Option<NaiveDate>, report: &mut IssueReport) -> Result<(), Failure> {
        let settings = self.settings().await?;
        let as_of = as_of.unwrap_or_else(|| settings.policy.local_date(self.ports.clock.now()));
        report.waiting.clear();
        if let Some(run) = retried!(self.resume_run())? {
            report.resumed = Some(run);
        }
        self.close_by_policy(&settings, as_of, report).await?;
        let sources = self.source_periods().await?;
        let modes = self.modes().await?;
        let issued = self.bills().await?;
        let bills = bills_of(&settings, &sources, &issued);
        // What is wrong with one bill is told at the end: the others do not wait for it.
        let mut wrong = None;
        for bill in &bills {
            match retried!(self.find_true_ups(by, &settings, &modes, &sources, *bill)) {
                Ok(found) => report.true_ups.extend(found.map(|round| (*bill, round))),
                Err(failure) if failure.is_retryable() => return Err(failure),
                Err(failure) => wrong = wrong.or(Some(about(*bill, failure))),
            }
        }
        let known = Known { by, settings: &settings, modes: &modes, sources: &sources, bills: &bills };
        for bill in &bills {
            match self.issue_bill(&known, *bill, as_of, report).await {
                Err(failure) if failure.is_retryable() => return Err(failure),
                Err(failure) => wrong = wrong.or(Some(about(*bill, failure))),
                Ok(()) => {}
            }
        }
        self.follow_up(&settings, as_of, report).await?;
        wrong.map_or(Ok(()), Err)
    }

    async fn close_by_policy(&self, settings: &Settings, as_of: NaiveDate, report: &mut IssueReport) -> Result<(), Failure> {
        for view in self.source_periods().await? {
            let Some(source) = settings.sources.get(&view.source) else { continue };
            let Finality::WhenInvoicedAndUnchanged { days } = source.finality else { continue };
            let unchanged = (as_of - settings.policy.local_date(view.known_at)).num_days();
            let is_due = view.closed.is_none() && as_of > view.period.last_day() && view.newest.is_invoiced && unchanged >= i64::from(days);
            if is_due {
                retried!(self.close(None, By::Policy, &view.source, view.period))?;
                report.closed.push((view.source.clone(), view.period));
            }
        }
        Ok(())
    }

    async fn issue_bill(&self, known: &Known<'_>, bill: BillKey, as_of: NaiveDate, report: &mut IssueReport) -> Result<(), Failure> {
        let Known { by, settings, modes, sources, bills } = *known;
        if as_of <= bill.period.last_day() {
            return Ok(());
        }
        let stream: Stream<BillEvent> = self.stream(StreamId::bill(bill)).await?;
        let state = BillState::of(&stream.events);
        if state.is_final() {
            return Ok(());
        }
        let missing = missing(settings, sources, bill);
        if let Some(missing) = &missing {
            report.waiting.push((bill, missing.clone()));
        }
        let stage = if missing.is_none() { Stage::Final } else { Stage::Provisional };
        let inputs = inputs(sources, bill);
        let views = self.bills().await?;
        let mut rounds = self.uncarried(bills, &views, bill).await?;
        rounds.truncate(MOST_CARRIED);
        let carries: Vec<(BillKey, u32)> = rounds.iter().map(|round| (round.bill, round.round)).collect();
        let configuration = deciding(settings);
        let fingerprint = fingerprint(&inputs, &configuration, &carries);
        if state.issued.is_some_and(|last| last.stage == stage && last.fingerprint == fingerprint) {
            return Ok(());
        }
        let last: Option<Plan> = match &state.issued {
            Some(last) => Some(self.json_document(last.plan).await?),
            None => None,
        };
        // The basis is chosen with the first issue of a period.
        let basis = last.as_ref().map_or(settings.policy.cost_basis, |last| last.basis);
        let decided = self.decide(settings, modes, bill, basis, &inputs).await?;
        let tree = settings.trees.at(bill.period);
        if let Some(last) = &last
            && (last.stage, &last.inputs, &last.carries) == (stage, &inputs, &carries)
            && (last.company.as_str(), last.tree) == (tree.company(), tree.valid_from())
            && self.drawn(last.drawn).await? == decided.invoices
        {
            // Only how the configuration is written has changed: what people have read is what they would get.
            return Ok(());
        }
        let corrections = self.corrections(settings, &rounds, modes).await?;
        // Where somebody else issued the bill meanwhile, this decision is of yesterday: the day begins again.
        self.begin(Proposal {
            by,
            settings,
            bill,
            seen: stream.version(),
            stage,
            issued_on: as_of,
            company: tree.company().to_owned(),
            inputs,
            configuration,
            fingerprint,
            tree: tree.valid_from(),
            invoices: &decided.invoices,
            corrections,
            carries,
            modes,
        })
        .await?;
        retried!(self.resume_run())?;
        report.issued.push(Issued { bill, stage });
        Ok(())
    }

    /// Reminders and deemed acceptance, where the policy has any.
    async fn follow_up(&self, settings: &Settings, as_of: NaiveDate, report: &mut IssueReport) -> Result<(), Failure> {
        let Some(silence) = &settings.policy.silence else { return Ok(()) };
        let bills = self.bills().await?;
        for bill in bills.iter().filter(|bill| bill.stage == Stage::Final) {
            let views: Vec<InvoiceView> = self.views(&keys::invoices(&self.id, bill.bill), "").await?;
            for view in views.into_iter().filter(|view| view.standing == Standing::ToAccept) {
                match retried!(self.follow_up_on(settings, silence, &view, as_of))? {
                    FollowUp::Reminded => report.reminded.push(view.of),
                    FollowUp::Deemed => report.deemed.push(view.of),
                    FollowUp::Nobody => report.waiting.push((bill.bill, nobody_to_remind(&view))),
                    FollowUp::Nothing => {}
                }
            }
        }
        Ok(())
    }

    async fn follow_up_on(
        &self,
        settings: &Settings,
        silence: &Silence,
        view: &InvoiceView,
        as_of: NaiveDate,
    ) -> Result<FollowUp, Failure> {
        let stream: Stream<InvoiceEvent> = self.stream(StreamId::invoice(&view.of)).await?;
        let mut state = folded(&view.of, &stream.events);
        if !state.is_followed_up(silence) {
            return Ok(FollowUp::Nothing);
        }
        if !settings.can_remind(view) {
            return Ok(FollowUp::Nobody);
        }
        let may_accept = |mail: &str| settings.may_accept(mail, view);
        let mut events = state.remind(silence, as_of, may_accept).events();
        if events.is_empty() {
            events = state.deem_accepted(silence, as_of, may_accept).events();
        }
        let Some(event) = events.pop() else { return Ok(FollowUp::Nothing) };
        let mut changes = self.changes();
        let mut recorded = changes.recorded(By::Policy, event.clone());
        recorded.why = Some(match &event {
            InvoiceEvent::Accepted { .. } => "no answer by the policy's day, after every reminder".to_owned(),
            _ => "no answer yet".to_owned(),
        });
        changes.append(&stream, &[recorded.clone()]);
        state.apply(&recorded);
        let key = invoice_key(self, &view.of);
        let before: Option<(InvoiceView, Record)> = self.view(&key).await?;
        let now = InvoiceView::of(&state, stream.version() + 1, &view.group_name, view.parent.as_deref());
        changes.put(key, before.as_ref().map(|(_, record)| record), &now);
        let done = if let InvoiceEvent::Reminded { revision, reminder, on } = &event {
            let task = MailTask::Reminder { of: view.of.clone(), revision: *revision, reminder: *reminder };
            // With the day: reminders may begin anew while one of before still waits for an address.
            task.ask(&mut changes, self, &format!("reminder-{}-{revision}-{reminder}-{on}", view.of).replace('/', "-"));
            FollowUp::Reminded
        } else {
            FollowUp::Deemed
        };
        changes.commit().await?;
        Ok(done)
    }
}

/// What a controller has to hear of: nobody's silence says anything of this invoice.
fn nobody_to_remind(view: &InvoiceView) -> String {
    format!(
        "nobody can be reminded of the invoice of `{}`: no owner of it is among the people and may accept {} {}; \
         put an owner into the allocation tree and the people, or raise a limit",
        view.of.group,
        view.revision.at_stake().currency(),
        view.revision.at_stake()
    )
}

/// A failure that says which bill it is about.
fn about(bill: BillKey, failure: Failure) -> Failure {
    Failure { message: format!("{bill} is not issued: {}", failure.message), ..failure }
}

/// Every bill of which something was delivered or issued, oldest first: what a refresh has emptied is a bill, too.
fn bills_of(settings: &Settings, sources: &[SourceView], issued: &[BillView]) -> Vec<BillKey> {
    let known = sources.iter().filter(|view| settings.sources.get(&view.source).is_some());
    let bills: BTreeSet<BillKey> =
        known.flat_map(|view| view.newest.currencies.iter().map(|currency| BillKey { period: view.period, currency: *currency })).collect();
    bills.into_iter().chain(issued.iter().map(|view| view.bill)).collect::<BTreeSet<BillKey>>().into_iter().collect()
}

/// What keeps a bill from being final, in words.
fn missing(settings: &Settings, sources: &[SourceView], bill: BillKey) -> Option<String> {
    let view = |id: &str| sources.iter().find(|view| view.source == id && view.period == bill.period);
    let expected = settings.sources.expected(bill.period, bill.currency).map(|source| source.id.as_str());
    let delivering = sources
        .iter()
        .filter(|view| view.period == bill.period && view.newest.currencies.contains(&bill.currency))
        .map(|view| view.source.as_str());
    let all: BTreeSet<&str> = expected.chain(delivering).collect();
    let waits: Vec<String> = all
        .into_iter()
        .filter_map(|id| match view(id) {
            None => Some(format!("source `{id}` has not delivered")),
            Some(view) if view.closed.is_none() => Some(format!("source `{id}` is not closed")),
            Some(_) => None,
        })
        .collect();
    (!waits.is_empty()).then(|| waits.join(", "))
}
