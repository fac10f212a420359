//! The tie-out of a period that lives in a home: files, allocation, what was issued, where every minor unit stands,
//! and what the holding accounts carry.

mod holding;

use std::collections::{BTreeMap, BTreeSet};

use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::invoice::Invoice;
use dayone_domain::ledger::money_state::Keeper;
use dayone_domain::ledger::{JournalEntry, JournalStatus, MoneyState, states_of};
use dayone_domain::people::Role;
use dayone_domain::review::{Actor, InvoiceDocument, InvoiceRef, ModeState, Stage};
use dayone_domain::tie_out::TieOut;
use dayone_domain::tree::{Mode, Tree};
use dayone_domain::true_up::true_ups;
use dayone_ports::Record;

pub use holding::HoldingLine;
use holding::{Booked, booked};

use crate::audit::{AnchorFacts, LedgerDoubt};
use crate::configuration::Settings;
use crate::failure::{Failure, FailureKind};
use crate::issuing::{Decided, Plan, TrueUpRound, inputs};
use crate::keys;
use crate::ledger::journal_key;
use crate::review::mode_at;
use crate::tenant::Tenant;
use crate::views::{BillView, InvoiceView, JournalView, digest};

/// The tie-out of one issued bill.
#[derive(Clone, Debug)]
pub struct PeriodTieOut {
    /// The bill.
    pub bill: BillKey,
    /// Provisional or final.
    pub stage: Stage,
    /// Files = allocation = invoices, made anew from the deliveries that count now.
    pub proof: TieOut,
    /// What was issued: all invoices, after disputes.
    pub issued: Money,
    /// True-ups of earlier periods that these invoices carry: due with them, not of this bill.
    pub carries: Money,
    /// Whether a delivery counts that neither the invoices nor a true-up are of yet: nothing is wrong, and it does not
    /// tie out before it is issued.
    pub waits: bool,
    /// True-ups that name this bill, by round.
    pub true_ups: Vec<(u32, Money, Option<BillKey>)>,
    /// Where every minor unit of the bill and its true-ups stands, in the order of [`MoneyState::ALL`].
    pub states: Vec<(MoneyState, Money)>,
    /// What the holding accounts carry.
    pub holding: Vec<HoldingLine>,
    /// The head of the chain of anchors.
    pub head: Option<AnchorFacts>,
    /// What does not agree, each a sentence; empty where everything ties out.
    pub differences: Vec<String>,
}

impl PeriodTieOut {
    /// Whether everything agrees, the newest delivery included.
    pub fn ties_out(&self) -> bool {
        self.differences.is_empty() && !self.waits
    }

    /// What was issued, with the true-ups that name the bill: what the newest delivery has to come to.
    pub fn charged(&self) -> Money {
        self.true_ups.iter().fold(self.issued, |sum, (_, amount, _)| sum + *amount)
    }

    /// All that is asked for on these invoices: the bill, and the true-ups of earlier periods.
    pub fn due(&self) -> Money {
        self.issued + self.carries
    }

    /// What the sum of the states is of.
    pub fn sum_label(&self) -> &'static str {
        if self.true_ups.is_empty() { "the bill" } else { "the bill and the true-ups that correct it" }
    }

    /// That a newer delivery waits, a sentence.
    pub fn waiting(&self) -> Option<String> {
        let [newest, charged] = [self.proof.bill_total, self.charged()];
        self.waits.then(|| {
            format!(
                "{}: a newer delivery of {} waits for `dayone issue`: by it the bill is {newest}, and {charged} was issued",
                self.bill, self.bill.period
            )
        })
    }

    /// What of the amount that awaits acceptance is provisional: nobody can accept it before the final invoices.
    pub fn provisional(&self) -> Money {
        let waits = |(state, _): &&(MoneyState, Money)| self.stage == Stage::Provisional && *state == MoneyState::AwaitingAcceptance;
        self.states.iter().find(waits).map_or(Money::from_minor(0, self.bill.currency), |(_, amount)| *amount)
    }
}

/// A bill by the deliveries that count now.
struct Newest {
    proof: TieOut,
    /// Of the deliveries that were issued or found a true-up.
    booked: Booked,
    waits: bool,
    differences: Vec<String>,
}

/// Most periods that a refusal names.
const MOST_NAMED: usize = 6;

/// By state and billing account, in minor units.
type Standing = BTreeMap<(MoneyState, String), i128>;

impl Tenant {
    /// The tie-out of every issued bill of a period.
    pub async fn tie_out(&self, actor: &Actor, period: BillingPeriod) -> Result<Vec<PeriodTieOut>, Failure> {
        let may = [Role::Controller, Role::Finops, Role::Auditor].into_iter().any(|role| actor.has(role));
        if !may {
            return Err(Failure::forbidden("this takes the role controller, FinOps or auditor"));
        }
        if self.open_run().await?.is_some() {
            return Err(Failure::new(FailureKind::Busy, "busy", "invoices are being issued just now; ask again when that is done"));
        }
        let views = self.bills_of(period).await?;
        if views.is_empty() {
            return Err(self.not_issued(period).await?);
        }
        let settings = self.settings().await?;
        let mut tie_outs = Vec::new();
        for view in &views {
            tie_outs.push(self.tie_out_bill(&settings, view).await?);
        }
        Ok(tie_outs)
    }

    /// Why there is no proof of a period: it names the newest that have one.
    async fn not_issued(&self, period: BillingPeriod) -> Result<Failure, Failure> {
        let issued: BTreeSet<String> = self.bills().await?.iter().map(|view| view.bill.period.to_string()).collect();
        let newest: Vec<&str> = issued.iter().rev().take(MOST_NAMED).map(String::as_str).collect();
        let what = format!("issued bill of {period}");
        Ok(Failure::not_found(match newest.is_empty() {
            true => what,
            false => format!("{what}; issued are {}", newest.join(", ")),
        }))
    }

    async fn tie_out_bill(&self, settings: &Settings, view: &BillView) -> Result<PeriodTieOut, Failure> {
        let bill = view.bill;
        let plan: Plan = self.json_document(view.plan).await?;
        let modes = self.modes().await?;
        let decided = self.decide(settings, &modes, bill, plan.basis, &plan.inputs).await?;
        let drawn = self.drawn(plan.drawn).await?;
        let tree = settings.trees.at(bill.period);
        let mut differences = decided.tie_out.differences();
        if money_of(&drawn.invoices) != money_of(&decided.invoices.invoices) {
            differences.push(format!("{bill}: what was issued is not what its deliveries and its tree give today"));
        }

        let mut standing = Standing::new();
        let mut issued = Money::from_minor(0, bill.currency);
        let mut carries = issued;
        for invoice in self.views::<InvoiceView>(&keys::invoices(&self.id, bill), "").await? {
            issued = issued + invoice.revision.total;
            carries = carries + invoice.revision.true_ups;
            self.add_states(&mut standing, &invoice.of, bill.period, keeper(tree, &invoice.of.group)).await?;
        }
        if issued != plan.total {
            differences.push(format!("{bill}: the invoices sum to {issued}, the bill is {}", plan.total));
        }
        let mut true_ups = Vec::new();
        let mut rounds = Vec::new();
        let mut charged = plan.total;
        for round in &view.rounds {
            charged = charged + round.total;
            true_ups.push((round.round, round.total, round.carried_by));
            let document: TrueUpRound = self.json_document(round.document).await?;
            if round.carried_by.is_none() {
                add_waiting(&mut standing, &document, tree, &modes);
            }
            rounds.push(document);
        }
        let newest = self.by_newest(settings, &modes, &plan, &drawn.invoices, &rounds, decided).await?;
        differences.extend(newest.differences);
        if !newest.waits && newest.proof.bill_total != charged {
            let by_files = newest.proof.bill_total;
            differences.push(format!("{bill}: by the newest delivery the bill is {by_files}, and {charged} was issued with its true-ups"));
        }
        // An upheld dispute may have taken a true-up to a group that had none: every invoice of a carrier counts.
        let carriers: BTreeSet<BillKey> = view.rounds.iter().filter_map(|round| round.carried_by).collect();
        for carrier in carriers {
            for invoice in self.views::<InvoiceView>(&keys::invoices(&self.id, carrier), "").await? {
                self.add_states(&mut standing, &invoice.of, bill.period, keeper(tree, &invoice.of.group)).await?;
            }
        }
        let total: i128 = standing.values().sum();
        if total != charged.minor() {
            let total = Money::from_minor(total, bill.currency);
            differences.push(format!("{bill}: the states sum to {total}, the bill with its true-ups is {charged}"));
        }
        let journals = self.journals_of_bill(bill).await?;
        let holding = self.holding(tree, bill, (&newest.booked, &standing), &journals).await?;
        differences.extend(holding.iter().filter(|line| !line.agrees()).map(|line| {
            format!(
                "{bill}: holding account {} carries {}, and {} are not posted, with {} of rounding",
                line.account,
                line.carried(),
                line.not_posted,
                line.rounding
            )
        }));
        differences.extend(self.missing_in_ledger(bill, &journals).await);
        let states = MoneyState::ALL
            .into_iter()
            .map(|state| {
                let minor = standing.iter().filter(|((known, _), _)| *known == state).map(|(_, minor)| minor).sum();
                (state, Money::from_minor(minor, bill.currency))
            })
            .collect();
        let head = self.chain_head().await?;
        let Newest { proof, waits, .. } = newest;
        Ok(PeriodTieOut { bill, stage: view.stage, proof, issued, carries, waits, true_ups, states, holding, head, differences })
    }

    /// Makes a bill anew of the deliveries that count now. What was issued and the true-ups that name it have to be the
    /// delivery that they were found in; a newer one waits where issuing would do something about it.
    async fn by_newest(
        &self,
        settings: &Settings,
        modes: &BTreeMap<String, ModeState>,
        plan: &Plan,
        issued: &[Invoice],
        rounds: &[TrueUpRound],
        decided: Decided,
    ) -> Result<Newest, Failure> {
        let bill = plan.bill;
        let last = rounds.last();
        let known = last.map_or(&plan.inputs, |round| &round.inputs);
        let known_by = if *known == plan.inputs { decided } else { self.decide(settings, modes, bill, plan.basis, known).await? };
        let mut differences = if last.is_some() { not_trued_up(bill, issued, rounds, &known_by.invoices.invoices) } else { Vec::new() };
        let booked = booked(&known_by.tie_out, &known_by.invoices);
        let counting = inputs(&self.source_periods().await?, bill);
        if counting == *known {
            return Ok(Newest { proof: known_by.tie_out, booked, waits: false, differences });
        }
        let newest = match self.decide(settings, modes, bill, plan.basis, &counting).await {
            Err(failure) if failure.kind != FailureKind::Refused => return Err(failure),
            Err(failure) => {
                differences.push(format!("{bill}: a newer delivery counts and cannot be issued: {}", failure.message));
                return Ok(Newest { proof: known_by.tie_out, booked, waits: false, differences });
            }
            Ok(newest) => newest,
        };
        let waits = match plan.stage {
            Stage::Provisional => true,
            Stage::Final => {
                let baseline = self.drawn(last.map_or(plan.drawn, |round| round.drawn)).await?;
                !true_ups(&baseline.invoices, &newest.invoices).is_empty()
            }
        };
        Ok(Newest { proof: newest.tie_out, booked, waits, differences })
    }

    /// Adds where an invoice's amounts of one billing period stand.
    async fn add_states(&self, standing: &mut Standing, of: &InvoiceRef, period: BillingPeriod, keeper: Keeper) -> Result<(), Failure> {
        let state = self.invoice_state(of).await?;
        let Some(newest) = state.newest() else { return Ok(()) };
        let document: InvoiceDocument = self.json_document(digest(&newest.document)?).await?;
        let mut entries: Vec<(JournalEntry, JournalStatus)> = Vec::new();
        for (reference, entry) in &state.journals {
            let view: Option<(JournalView, Record)> = self.view(&journal_key(self, reference)).await?;
            let (view, _) = view.ok_or_else(|| Failure::broken(format!("the journal {reference} has no view")))?;
            entries.push((self.json_document(digest(entry)?).await?, view.state.status));
        }
        for ((of_period, money_state, account), minor) in states_of(&state, &document, &entries, keeper) {
            if of_period == period {
                *standing.entry((money_state, account)).or_default() += minor;
            }
        }
        Ok(())
    }

    /// Asks the ERP for every journal of a bill that it was called with: what is recorded as posted has to be there, as
    /// it was sent.
    async fn missing_in_ledger(&self, bill: BillKey, journals: &[JournalView]) -> Vec<String> {
        let mut missing = Vec::new();
        for view in journals {
            let reference = &view.state.reference;
            missing.extend(self.doubt_in_ledger(&view.state).await.map(|doubt| match doubt {
                LedgerDoubt::Missing => format!("{bill}: {reference} is recorded as posted, and the ERP does not have it"),
                LedgerDoubt::OtherNumber(number) => format!("{bill}: the ERP has {reference} under {number}, not as recorded"),
                LedgerDoubt::Changed => format!("{bill}: what the ERP has as {reference} is not what was sent"),
                LedgerDoubt::Untold(reason) => format!("{bill}: whether the ERP has {reference} cannot be told: {reason}"),
            }));
        }
        missing
    }

    /// The journals of a bill's cost, on whichever invoices they are.
    async fn journals_of_bill(&self, bill: BillKey) -> Result<Vec<JournalView>, Failure> {
        let views: Vec<JournalView> = self.views(&keys::journals(&self.id), "").await?;
        let is_of_bill = |view: &JournalView| view.period == bill.period && view.state.invoice.bill.currency == bill.currency;
        Ok(views.into_iter().filter(is_of_bill).collect())
    }
}

/// Adds the true-ups of a closed bill that no final bill carries yet.
fn add_waiting(standing: &mut Standing, round: &TrueUpRound, tree: &Tree, modes: &BTreeMap<String, ModeState>) {
    for true_up in &round.true_ups {
        let group = &true_up.group.id;
        let state = match (keeper(tree, group), mode_at(modes, group, round.bill.period)) {
            (Keeper::Unallocated, _) => MoneyState::Unallocated,
            (Keeper::Central, _) => MoneyState::Central,
            (Keeper::Group, Mode::Showback) => MoneyState::Showback,
            (Keeper::Group, Mode::Chargeback) => MoneyState::AwaitingAcceptance,
        };
        for (account, amount) in true_up.lines.iter().flat_map(|line| &line.by_billing_account) {
            *standing.entry((state, account.clone())).or_default() += amount.minor();
        }
    }
}

/// What kind of group it is, by the tree of the bill.
fn keeper(tree: &Tree, group: &str) -> Keeper {
    match tree.place_of(group) {
        Some(place) if place == tree.unallocated() => Keeper::Unallocated,
        Some(place) if tree.is_central(place) => Keeper::Central,
        _ => Keeper::Group,
    }
}

/// Holds what every group was issued with its true-ups against what the deliveries of the last round give it.
fn not_trued_up(bill: BillKey, issued: &[Invoice], rounds: &[TrueUpRound], newest: &[Invoice]) -> Vec<String> {
    let mut charged = totals_of(issued);
    for true_up in rounds.iter().flat_map(|round| &round.true_ups) {
        *charged.entry(true_up.group.id.clone()).or_default() += true_up.total.minor();
    }
    let newest = totals_of(newest);
    let groups: BTreeSet<&String> = charged.keys().chain(newest.keys()).collect();
    let differs = groups.into_iter().filter_map(|group| {
        let [charged, newest] = [&charged, &newest].map(|totals| totals.get(group).copied().unwrap_or_default());
        (charged != newest).then(|| {
            let [charged, newest] = [charged, newest].map(|minor| Money::from_minor(minor, bill.currency));
            format!("{bill}: `{group}` was issued {charged} with its true-ups, and by the newest delivery it is {newest}")
        })
    });
    differs.collect()
}

/// Totals by group, in minor units.
fn totals_of(invoices: &[Invoice]) -> BTreeMap<String, i128> {
    invoices.iter().map(|invoice| (invoice.group.id.clone(), invoice.total.minor())).collect()
}

/// Amounts by group and line: modes and names may have changed since.
fn money_of(invoices: &[Invoice]) -> Vec<(String, Vec<(String, i128)>)> {
    let of = |invoice: &Invoice| {
        let lines = invoice.lines.iter().map(|line| (line.key().id(), line.amount.minor())).collect();
        (invoice.group.id.clone(), lines)
    };
    invoices.iter().map(of).collect()
}
