//! Newer deliveries of closed bills.

use std::collections::BTreeMap;

use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::review::{By, Correction, ModeState, Stage};
use dayone_domain::true_up::true_ups;
use dayone_ports::Record;

use super::bill::{BillEvent, BillState};
use super::decide::{inputs, mode_of};
use super::{Plan, TrueUpRound};
use crate::configuration::Settings;
use crate::deliveries::SourceView;
use crate::failure::Failure;
use crate::keys;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::{BillView, RoundView};

impl Tenant {
    /// Holds the newest deliveries of a closed bill against what was issued of it; the number of the round that is
    /// new. Allocated with that period's tree; a configuration that decides on amounts is fixed for closed periods,
    /// so that only deliveries can differ.
    pub(super) async fn find_true_ups(
        &self,
        by: &By,
        settings: &Settings,
        modes: &BTreeMap<String, ModeState>,
        sources: &[SourceView],
        bill: BillKey,
    ) -> Result<Option<u32>, Failure> {
        let stream: Stream<BillEvent> = self.stream(StreamId::bill(bill)).await?;
        let state = BillState::of(&stream.events);
        let Some(last) = state.issued.filter(|last| last.stage == Stage::Final) else { return Ok(None) };
        let plan: Plan = self.json_document(last.plan).await?;
        let last: Option<TrueUpRound> = match state.rounds.last() {
            Some(document) => Some(self.json_document(*document).await?),
            None => None,
        };
        let (known, drawn) = last.as_ref().map_or((&plan.inputs, plan.drawn), |last| (&last.inputs, last.drawn));
        let now = inputs(sources, bill);
        if *known == now {
            return Ok(None);
        }
        let baseline = self.drawn(drawn).await?;
        let decided = self.decide(settings, modes, bill, plan.basis, &now).await?;
        let found = true_ups(&baseline.invoices, &decided.invoices);
        if found.is_empty() {
            // Other files, and no minor unit moves: there is nothing to charge or to tell anybody.
            return Ok(None);
        }
        let nothing = Money::from_minor(0, bill.currency);
        let round = u32::try_from(state.rounds.len()).expect("INVARIANT: a bill has few rounds") + 1;
        let document = TrueUpRound {
            bill,
            round,
            inputs: now,
            drawn: self.keep_drawn(&decided.invoices).await?,
            total: found.iter().fold(nothing, |sum, true_up| sum + true_up.total),
            true_ups: found,
        };
        let digest = self.put_json(&document).await?;
        let mut changes = self.changes();
        let event = changes.recorded(by.clone(), BillEvent::TrueUpFound { round, document: digest });
        changes.append(&stream, &[event]);
        let (mut view, record) = self.bill_view(bill).await?;
        view.rounds.push(RoundView { round, document: digest, total: document.total, carried_by: None });
        view.version = stream.version() + 1;
        changes.put(keys::bill(&self.id, bill), Some(&record), &view);
        changes.commit().await?;
        Ok(Some(round))
    }

    /// The view of a bill that was issued.
    pub(crate) async fn bill_view(&self, bill: BillKey) -> Result<(BillView, Record), Failure> {
        let view = self.view(&keys::bill(&self.id, bill)).await?;
        view.ok_or_else(|| Failure::not_found(format!("bill of {bill}")))
    }

    /// True-up rounds of closed bills that no final bill carries yet and that this bill has to: it is the first open
    /// one after the closed. `bills` are all of which something was delivered, `issued` the views of those issued.
    pub(super) async fn uncarried(&self, bills: &[BillKey], issued: &[BillView], bill: BillKey) -> Result<Vec<TrueUpRound>, Failure> {
        let is_open = |key: &BillKey| !issued.iter().any(|view| view.bill == *key && view.stage == Stage::Final);
        let carrier = |closed: BillKey| {
            let later = bills.iter().filter(|key| key.currency == closed.currency && key.period > closed.period);
            later.filter(|key| is_open(key)).min().copied()
        };
        let mut rounds = Vec::new();
        for closed in issued.iter().filter(|closed| !closed.rounds.is_empty() && carrier(closed.bill) == Some(bill)) {
            for round in closed.rounds.iter().filter(|round| round.carried_by.is_none()) {
                rounds.push(self.json_document(round.document).await?);
            }
        }
        Ok(rounds)
    }

    /// The corrections of each cost group that rounds bring, with the number of the invoice that they correct.
    pub(super) async fn corrections(
        &self,
        settings: &Settings,
        rounds: &[TrueUpRound],
        modes: &BTreeMap<String, ModeState>,
    ) -> Result<BTreeMap<String, Vec<Correction>>, Failure> {
        let mut by_group: BTreeMap<String, Vec<Correction>> = BTreeMap::new();
        for round in rounds {
            let (closed, _) = self.bill_view(round.bill).await?;
            let plan: Plan = self.json_document(closed.plan).await?;
            let numbers: BTreeMap<&str, Option<u64>> =
                plan.entries.iter().map(|entry| (entry.group.as_str(), entry.invoice_number)).collect();
            let tree = settings.trees.at(round.bill.period);
            for true_up in &round.true_ups {
                let correction = Correction {
                    period: round.bill.period,
                    invoice_number: numbers.get(true_up.group.id.as_str()).copied().flatten(),
                    round: round.round,
                    mode: mode_of(tree, modes, &true_up.group.id, round.bill),
                    true_up: true_up.clone(),
                };
                by_group.entry(true_up.group.id.clone()).or_default().push(correction);
            }
        }
        Ok(by_group)
    }
}
