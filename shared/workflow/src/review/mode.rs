//! Showback and chargeback: what the policy looks at, promotion, demotion.

use std::collections::BTreeMap;

use dayone_domain::BillingPeriod;
use dayone_domain::exact::Exact;
use dayone_domain::review::mode::{ModeRefusal, Promote};
use dayone_domain::review::{GroupEvent, InvoiceRef, ModeState, Outcome, PromotionFacts, Resolution, Stage};
use dayone_domain::tree::{Mode, TreeVersions, is_identifier};
use dayone_ports::{Key, Record};

use super::invoice_key;
use crate::change::Request;
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::issuing::Plan;
use crate::keys;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::{BillView, GroupView, InvoiceView};

/// Most characters of a reason.
const MOST_REASON: usize = 4000;

impl Tenant {
    /// What the policy looks at before a cost group is promoted.
    ///
    /// A period counts as final once all its bills are.
    pub async fn promotion_facts(&self, group: &str) -> Result<PromotionFacts, Failure> {
        let settings = self.settings().await?;
        self.facts(&settings, group).await
    }

    async fn facts(&self, settings: &Settings, group: &str) -> Result<PromotionFacts, Failure> {
        let periods = self.final_periods().await?;
        let mut facts = PromotionFacts { period: None, undisputed_periods: 0, unallocated_permille: Exact::ZERO };
        let Some((newest, bills)) = periods.iter().next_back() else { return Ok(facts) };
        facts.unallocated_permille = self.unallocated(settings, bills).await?;
        let mut expected = *newest;
        let mut in_a_row = true;
        for (period, bills) in periods.iter().rev() {
            let (is_there, is_undisputed) = self.look_at(group, bills).await?;
            if is_there && facts.period.is_none() {
                facts.period = Some(*period);
            }
            in_a_row &= *period == expected && is_there && is_undisputed;
            facts.undisputed_periods += u32::from(in_a_row);
            if !in_a_row && facts.period.is_some() {
                break;
            }
            expected = period.previous();
        }
        Ok(facts)
    }

    /// The periods of which every bill is final, with their bills.
    async fn final_periods(&self) -> Result<BTreeMap<BillingPeriod, Vec<BillView>>, Failure> {
        let mut periods: BTreeMap<BillingPeriod, Vec<BillView>> = BTreeMap::new();
        for bill in self.bills().await? {
            periods.entry(bill.bill.period).or_default().push(bill);
        }
        periods.retain(|_, bills| bills.iter().all(|bill| bill.stage == Stage::Final));
        Ok(periods)
    }

    /// Whether the cost group was part of a period, and whether no dispute of it is open there or was upheld.
    async fn look_at(&self, group: &str, bills: &[BillView]) -> Result<(bool, bool), Failure> {
        let (mut is_there, mut is_undisputed) = (false, true);
        for bill in bills {
            let plan: Plan = self.json_document(bill.plan).await?;
            is_there |= plan.entries.iter().any(|entry| entry.group == group);
            let state = self.invoice_state(&InvoiceRef { bill: bill.bill, group: group.to_owned() }).await?;
            let counts = |resolution: Option<&Resolution>| matches!(resolution, None | Some(Resolution::Upheld { .. }));
            is_undisputed &= !state.disputes.iter().any(|dispute| counts(dispute.resolution.as_ref().map(|(how, _)| how)));
        }
        Ok((is_there, is_undisputed))
    }

    /// The unallocated share of the ledger currency's bill, in tenths of a percent; without such a bill, the largest
    /// share of any.
    async fn unallocated(&self, settings: &Settings, bills: &[BillView]) -> Result<Exact, Failure> {
        let currency = settings.calendar.as_ref().map(|calendar| calendar.currency());
        let of_ledger: Vec<&BillView> = bills.iter().filter(|bill| Some(bill.bill.currency) == currency).collect();
        let looked_at = if of_ledger.is_empty() { bills.iter().collect() } else { of_ledger };
        let mut largest = Exact::ZERO;
        for bill in looked_at {
            let tree = settings.trees.at(bill.bill.period);
            let of = InvoiceRef { bill: bill.bill, group: tree.groups()[tree.unallocated()].id.clone() };
            let view: Option<(InvoiceView, Record)> = self.view(&invoice_key(self, &of)).await?;
            let part = view.map_or(Exact::ZERO, |(view, _)| view.revision.total.exact().abs());
            let whole = bill.total.exact().abs();
            let all = Exact::from_i128(1000, 0);
            let share = if part.is_zero() { Exact::ZERO } else { all.proportion(part, whole, 1).unwrap_or(all) };
            if share > largest {
                largest = share;
            }
        }
        Ok(largest)
    }

    /// A controller promotes a cost group to chargeback from a billing period on, by default the first whose mode
    /// can still change. Against the policy it takes a reason and a second controller.
    pub async fn promote(
        &self,
        request: &Request,
        group: &str,
        from: Option<BillingPeriod>,
        reason: Option<&str>,
    ) -> Result<GroupView, Failure> {
        let Some(change) = self.mode_change(request, group, from).await? else { return self.group_view(group).await };
        let facts = self.facts(&change.settings, group).await?;
        let wish = Promote {
            group,
            keeps_cost: keeps_cost(&change.settings.trees, group, change.from),
            from: change.from,
            first_open: change.first_open,
            reason,
            facts: &facts,
        };
        let outcome = change.state.promote(&request.actor, wish, &change.settings.policy.promotion);
        self.change_mode(request, group, &change, outcome, reason).await
    }

    /// A controller takes a cost group back to showback from a billing period on, by default the first whose mode
    /// can still change.
    pub async fn demote(
        &self,
        request: &Request,
        group: &str,
        from: Option<BillingPeriod>,
        reason: Option<&str>,
    ) -> Result<GroupView, Failure> {
        let Some(change) = self.mode_change(request, group, from).await? else { return self.group_view(group).await };
        let outcome = change.state.demote(&request.actor, change.from, change.first_open);
        self.change_mode(request, group, &change, outcome, reason).await
    }

    /// What a change of mode is decided on; `None` where the request was done before.
    async fn mode_change(&self, request: &Request, group: &str, from: Option<BillingPeriod>) -> Result<Option<ModeChange>, Failure> {
        let unknown = || Failure::not_found(format!("cost group `{group}`"));
        if !is_identifier(group) || !request.actor.sees(group) {
            return Err(unknown());
        }
        if let Some(once) = &request.once
            && self.was_done(&request.actor.person.mail, once).await?
        {
            return Ok(None);
        }
        let settings = self.settings().await?;
        let first_open = self.first_open(&settings).await?;
        let from = from.unwrap_or(first_open);
        if settings.trees.at(from).place_of(group).is_none() {
            return Err(unknown());
        }
        let stream: Stream<GroupEvent> = self.stream(StreamId::group(group)).await?;
        request.check_version(stream.version())?;
        let mut state = ModeState::default();
        stream.events.iter().for_each(|recorded| state.apply(recorded));
        Ok(Some(ModeChange { settings, first_open, from, stream, state }))
    }

    /// The first billing period whose mode can still change: after the running month, and after all that was issued.
    async fn first_open(&self, settings: &Settings) -> Result<BillingPeriod, Failure> {
        let today = settings.policy.local_date(self.ports.clock.now());
        let running = BillingPeriod::containing(today.and_time(chrono::NaiveTime::MIN));
        let bills = self.bills().await?;
        let newest = bills.iter().map(|bill| bill.bill.period).max();
        Ok(newest.map_or(running, |newest| newest.max(running)).next())
    }

    async fn change_mode(
        &self,
        request: &Request,
        group: &str,
        change: &ModeChange,
        outcome: Result<Outcome<GroupEvent>, ModeRefusal>,
        reason: Option<&str>,
    ) -> Result<GroupView, Failure> {
        if reason.is_some_and(|reason| reason.chars().count() > MOST_REASON) {
            return Err(refused(&ModeRefusal::TooLong));
        }
        let mut state = change.state.clone();
        let mut changes = self.changes();
        changes.once(request)?;
        let mut events = Vec::new();
        for event in outcome.map_err(|refusal| refused(&refusal))?.events() {
            let mut recorded = changes.recorded(request.actor.by(), event);
            recorded.why = reason.map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
            state.apply(&recorded);
            events.push(recorded);
        }
        changes.append(&change.stream, &events);
        let version = change.stream.version() + events.len() as u64;
        let view = GroupView { group: group.to_owned(), mode: state, version };
        if !events.is_empty() {
            let key = Key::new(keys::groups(&self.id), group);
            let before: Option<(GroupView, Record)> = self.view(&key).await?;
            changes.put(key, before.as_ref().map(|(_, record)| record), &view);
        }
        changes.commit().await?;
        Ok(view)
    }

    /// A cost group's changes of mode; none for one that was never promoted.
    async fn group_view(&self, group: &str) -> Result<GroupView, Failure> {
        let known: Option<(GroupView, Record)> = self.view(&Key::new(keys::groups(&self.id), group)).await?;
        Ok(known.map_or_else(|| GroupView { group: group.to_owned(), mode: ModeState::default(), version: 0 }, |(view, _)| view))
    }

    /// The changes of mode of every cost group that has any.
    pub async fn modes(&self) -> Result<BTreeMap<String, ModeState>, Failure> {
        let views: Vec<GroupView> = self.views(&keys::groups(&self.id), "").await?;
        Ok(views.into_iter().map(|view| (view.group, view.mode)).collect())
    }
}

/// The mode of a cost group in a billing period: showback where nothing was ever changed.
pub fn mode_at(modes: &BTreeMap<String, ModeState>, group: &str, period: BillingPeriod) -> Mode {
    modes.get(group).map_or(Mode::Showback, |mode| mode.at(period))
}

struct ModeChange {
    settings: Settings,
    first_open: BillingPeriod,
    from: BillingPeriod,
    stream: Stream<GroupEvent>,
    state: ModeState,
}

/// Whether the group is unallocated or central in any version of the tree that holds from the period on.
fn keeps_cost(trees: &TreeVersions, group: &str, from: BillingPeriod) -> bool {
    let later = trees.all().iter().filter(|tree| tree.valid_from() > from);
    std::iter::once(trees.at(from)).chain(later).any(|tree| tree.place_of(group).is_some_and(|place| tree.keeps_cost(place)))
}

fn refused(refusal: &ModeRefusal) -> Failure {
    match refusal {
        ModeRefusal::NeedsController | ModeRefusal::SamePerson => Failure::forbidden(refusal),
        ModeRefusal::NeverPromoted(_) => Failure::refused("never-promoted", refusal),
        ModeRefusal::TooLong => Failure::invalid("too-long", refusal),
        ModeRefusal::PolicyNotMet(_) => Failure::refused("policy-not-met", refusal),
        ModeRefusal::PeriodBegan(_) => Failure::refused("period-began", refusal),
    }
}
