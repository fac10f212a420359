//! The tie-out of a period that lives in a home: files, allocation, what was issued, where every minor unit stands,
//! and what the holding accounts carry.

use std::collections::{BTreeMap, BTreeSet};

use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::invoice::Invoice;
use dayone_domain::ledger::money_state::Keeper;
use dayone_domain::ledger::{JournalEntry, JournalStatus, MoneyState, Side, states_of};
use dayone_domain::people::Role;
use dayone_domain::review::{Actor, InvoiceDocument, InvoiceRef, ModeState, Stage};
use dayone_domain::tie_out::TieOut;
use dayone_domain::tree::{Mode, Tree};
use dayone_ports::{Key, Record};

use crate::audit::{AnchorFacts, LedgerDoubt};
use crate::configuration::Settings;
use crate::failure::{Failure, FailureKind};
use crate::issuing::{Plan, TrueUpRound};
use crate::keys;
use crate::review::mode_at;
use crate::tenant::Tenant;
use crate::views::{BillView, InvoiceView, JournalView, RoundView, digest};

/// What one holding account and cost centre carries of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingLine {
    /// Account.
    pub account: String,
    /// Cost centre.
    pub cost_center: String,
    /// What was invoiced of the billing accounts that are booked there, true-ups included.
    pub billed: Money,
    /// What the lines of journals in the ledger have taken out of it.
    pub posted: Money,
    /// The sum of all states but posted.
    pub carried: Money,
}

impl HoldingLine {
    /// Whether what is not posted is what the account still has.
    pub fn agrees(&self) -> bool {
        self.billed - self.posted == self.carried
    }
}

/// The tie-out of one issued bill.
#[derive(Clone, Debug)]
pub struct PeriodTieOut {
    /// The bill.
    pub bill: BillKey,
    /// Provisional or final.
    pub stage: Stage,
    /// Files = allocation = invoices, made anew from the deliveries that were issued.
    pub proof: TieOut,
    /// What was issued: all invoices, after disputes.
    pub issued: Money,
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
    /// What of the amount that awaits acceptance is provisional: nobody can accept it before the final invoices.
    pub fn provisional(&self) -> Money {
        let waits = |(state, _): &&(MoneyState, Money)| self.stage == Stage::Provisional && *state == MoneyState::AwaitingAcceptance;
        self.states.iter().find(waits).map_or(Money::from_minor(0, self.bill.currency), |(_, amount)| *amount)
    }
}

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
            return Err(Failure::not_found(format!("issued bill of {period}")));
        }
        let settings = self.settings().await?;
        let mut tie_outs = Vec::new();
        for view in &views {
            tie_outs.push(self.tie_out_bill(&settings, view).await?);
        }
        Ok(tie_outs)
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
        for invoice in self.views::<InvoiceView>(&keys::invoices(&self.id, bill), "").await? {
            issued = issued + invoice.revision.total;
            self.add_states(&mut standing, &invoice.of, bill.period, keeper(tree, &invoice.of.group)).await?;
        }
        if issued != plan.total {
            differences.push(format!("{bill}: the invoices sum to {issued}, the bill is {}", plan.total));
        }
        let mut true_ups = Vec::new();
        let mut newest = plan.total;
        for round in &view.rounds {
            newest = newest + round.total;
            true_ups.push((round.round, round.total, round.carried_by));
            if round.carried_by.is_none() {
                add_waiting(&mut standing, &self.json_document(round.document).await?, tree, &modes);
            }
        }
        differences.extend(self.not_trued_up(settings, &modes, &plan, &drawn.invoices, &view.rounds).await?);
        // An upheld dispute may have taken a true-up to a group that had none: every invoice of a carrier counts.
        let carriers: BTreeSet<BillKey> = view.rounds.iter().filter_map(|round| round.carried_by).collect();
        for carrier in carriers {
            for invoice in self.views::<InvoiceView>(&keys::invoices(&self.id, carrier), "").await? {
                self.add_states(&mut standing, &invoice.of, bill.period, keeper(tree, &invoice.of.group)).await?;
            }
        }
        let total: i128 = standing.values().sum();
        if total != newest.minor() {
            let total = Money::from_minor(total, bill.currency);
            differences.push(format!("{bill}: the states sum to {total}, the bill with its true-ups is {newest}"));
        }
        let holding = self.holding(tree, bill, &standing).await?;
        differences.extend(holding.iter().filter(|line| !line.agrees()).map(|line| {
            format!(
                "{bill}: holding account {} carries {}, and {} of it are not posted",
                line.account,
                line.billed - line.posted,
                line.carried
            )
        }));
        differences.extend(self.missing_in_ledger(bill).await?);
        let states = MoneyState::ALL
            .into_iter()
            .map(|state| {
                let minor = standing.iter().filter(|((known, _), _)| *known == state).map(|(_, minor)| minor).sum();
                (state, Money::from_minor(minor, bill.currency))
            })
            .collect();
        let head = self.chain_head().await?;
        Ok(PeriodTieOut { bill, stage: view.stage, proof: decided.tie_out, issued, true_ups, states, holding, head, differences })
    }

    /// Holds what was issued and the true-ups that name it against the newest delivery that they were found in.
    async fn not_trued_up(
        &self,
        settings: &Settings,
        modes: &BTreeMap<String, ModeState>,
        plan: &Plan,
        issued: &[Invoice],
        rounds: &[RoundView],
    ) -> Result<Vec<String>, Failure> {
        let mut charged = totals_of(issued);
        let mut inputs = None;
        for round in rounds {
            let round: TrueUpRound = self.json_document(round.document).await?;
            for true_up in &round.true_ups {
                *charged.entry(true_up.group.id.clone()).or_default() += true_up.total.minor();
            }
            inputs = Some(round.inputs);
        }
        let Some(inputs) = inputs else { return Ok(Vec::new()) };
        let newest = totals_of(&self.decide(settings, modes, plan.bill, plan.basis, &inputs).await?.invoices.invoices);
        let groups: BTreeSet<&String> = charged.keys().chain(newest.keys()).collect();
        let differs = groups.into_iter().filter_map(|group| {
            let [charged, newest] = [&charged, &newest].map(|totals| totals.get(group).copied().unwrap_or_default());
            (charged != newest).then(|| {
                let [charged, newest] = [charged, newest].map(|minor| Money::from_minor(minor, plan.bill.currency));
                format!("{}: `{group}` was issued {charged} with its true-ups, and by the newest delivery it is {newest}", plan.bill)
            })
        });
        Ok(differs.collect())
    }

    /// Adds where an invoice's amounts of one billing period stand.
    async fn add_states(&self, standing: &mut Standing, of: &InvoiceRef, period: BillingPeriod, keeper: Keeper) -> Result<(), Failure> {
        let state = self.invoice_state(of).await?;
        let Some(newest) = state.newest() else { return Ok(()) };
        let document: InvoiceDocument = self.json_document(digest(&newest.document)?).await?;
        let mut entries: Vec<(JournalEntry, JournalStatus)> = Vec::new();
        for (reference, entry) in &state.journals {
            let view: Option<(JournalView, Record)> = self.view(&Key::new(keys::journals(&self.id), reference)).await?;
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
    async fn missing_in_ledger(&self, bill: BillKey) -> Result<Vec<String>, Failure> {
        let mut missing = Vec::new();
        for view in self.views::<JournalView>(&keys::journals(&self.id), "").await? {
            let is_of_bill = view.period == bill.period && view.state.invoice.bill.currency == bill.currency;
            if !is_of_bill {
                continue;
            }
            let reference = &view.state.reference;
            missing.extend(self.doubt_in_ledger(&view.state).await.map(|doubt| match doubt {
                LedgerDoubt::Missing => format!("{bill}: {reference} is recorded as posted, and the ERP does not have it"),
                LedgerDoubt::OtherNumber(number) => format!("{bill}: the ERP has {reference} under {number}, not as recorded"),
                LedgerDoubt::Changed => format!("{bill}: what the ERP has as {reference} is not what was sent"),
                LedgerDoubt::Untold(reason) => format!("{bill}: whether the ERP has {reference} cannot be told: {reason}"),
            }));
        }
        Ok(missing)
    }

    /// Holds the states against the lines of journals: two ways to the same amounts.
    async fn holding(&self, tree: &Tree, bill: BillKey, standing: &Standing) -> Result<Vec<HoldingLine>, Failure> {
        let Some(coding) = tree.ledger() else { return Ok(Vec::new()) };
        let mut lines: BTreeMap<(String, String), [i128; 3]> = BTreeMap::new();
        for ((state, account), minor) in standing {
            let holding = coding.holding(account);
            let sums = lines.entry((holding.account.clone(), holding.cost_center.clone())).or_default();
            sums[0] += minor;
            if *state != MoneyState::Posted {
                sums[2] += minor;
            }
        }
        let holding_accounts: BTreeSet<(String, String)> = lines.keys().cloned().collect();
        for view in self.views::<JournalView>(&keys::journals(&self.id), "").await? {
            let is_of_bill = view.period == bill.period && view.state.invoice.bill.currency == bill.currency;
            if !is_of_bill || !view.state.status.is_in_ledger() {
                continue;
            }
            let entry: JournalEntry = self.json_document(digest(&view.state.document)?).await?;
            for line in entry.lines() {
                let key = (line.coding.account.clone(), line.coding.cost_center.clone());
                if holding_accounts.contains(&key) {
                    let minor = if line.side == Side::Credit { line.amount.minor() } else { -line.amount.minor() };
                    lines.entry(key).or_default()[1] += minor;
                }
            }
        }
        let money = |minor| Money::from_minor(minor, bill.currency);
        let lines = lines.into_iter().map(|((account, cost_center), [billed, posted, carried])| HoldingLine {
            account,
            cost_center,
            billed: money(billed),
            posted: money(posted),
            carried: money(carried),
        });
        Ok(lines.collect())
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
