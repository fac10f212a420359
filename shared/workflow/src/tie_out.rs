//! The tie-out of a period that lives in a home: files, allocation, what was issued, where every minor unit stands,
//! and what the holding accounts carry.

use std::collections::{BTreeMap, BTreeSet};

use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::invoice::Invoice;
use dayone_domain::ledger::money_state::Keeper;
use dayone_domain::ledger::{JournalEntry, JournalStatus, MoneyState, Route, Side, states_of};
use dayone_domain::people::Role;
use dayone_domain::review::{Actor, InvoiceDocument, InvoiceRef, ModeState, Stage};
use dayone_domain::tie_out::TieOut;
use dayone_domain::tree::{Mode, Tree};
use dayone_ports::{Key, Record};

use crate::audit::AnchorFacts;
use crate::configuration::Settings;
use crate::failure::{Failure, FailureKind};
use crate::issuing::{Plan, TrueUpRound};
use crate::keys;
use crate::review::mode_at;
use crate::tenant::Tenant;
use crate::views::{BillView, InvoiceView, JournalView, digest};

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

    /// Asks the ERP for every journal of a bill that it was called with: what is recorded as posted has to be there.
    /// What was exported is in the ERP under a number that people recorded, and cannot be asked for by reference.
    async fn missing_in_ledger(&self, bill: BillKey) -> Result<Vec<String>, Failure> {
        let mut missing = Vec::new();
        for view in self.views::<JournalView>(&keys::journals(&self.id), "").await? {
            let was_called = view.state.frozen.as_ref().is_some_and(|frozen| frozen.route == Route::Call);
            let is_of_bill = view.period == bill.period && view.state.invoice.bill.currency == bill.currency;
            if !is_of_bill || !was_called || !view.state.status.is_in_ledger() {
                continue;
            }
            let reference = &view.state.reference;
            match self.ports.erp.find(self.id.as_str(), reference).await {
                Ok(Some(receipt)) if view.state.number.as_deref() == Some(receipt.number.as_str()) => {}
                Ok(Some(receipt)) => missing.push(format!("{bill}: the ERP has {reference} under {}, not as recorded", receipt.number)),
                Ok(None) => missing.push(format!("{bill}: {reference} is recorded as posted, and the ERP does not have it")),
                Err(error) => missing.push(format!("{bill}: whether the ERP has {reference} cannot be told: {error}")),
            }
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

/// Amounts by group and line: modes and names may have changed since.
fn money_of(invoices: &[Invoice]) -> Vec<(String, Vec<(String, i128)>)> {
    let of = |invoice: &Invoice| {
        let lines = invoice.lines.iter().map(|line| (line.key().id(), line.amount.minor())).collect();
        (invoice.group.id.clone(), lines)
    };
    invoices.iter().map(of).collect()
}
