//! Cost groups and their modes.

use chrono::{DateTime, Utc};
use dayone_domain::BillingPeriod;
use dayone_domain::review::{GroupEvent, ModeState};
use dayone_domain::tree::is_identifier;
use dayone_workflow::stream::{Stream, StreamId};
use dayone_workflow::views::GroupView;
use dayone_workflow::{Failure, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::ask::{At, Deciding, MaybeJson, Reading};
use super::bodies::{Who, stated_period};
use crate::problem::Problem;

/// A change of mode.
#[derive(Serialize, ToSchema)]
pub struct ModeChange {
    /// From which billing period.
    from: String,
    /// `showback` or `chargeback`.
    mode: String,
}

/// A wish for promotion against the policy, which waits for a second controller.
#[derive(Serialize, ToSchema)]
pub struct WishBody {
    /// By whom.
    by: Who,
    /// When.
    at: DateTime<Utc>,
    /// From which billing period.
    from: String,
    /// Why.
    reason: String,
}

/// The mode of a cost group over time.
#[derive(Serialize, ToSchema)]
pub struct ModeBody {
    /// In the running month: `showback` or `chargeback`.
    mode: String,
    /// Changes, in the order in which they were made; none means showback ever since.
    changes: Vec<ModeChange>,
    /// A wish that waits.
    asked: Option<WishBody>,
}

impl ModeBody {
    fn of(state: &ModeState, now: BillingPeriod) -> ModeBody {
        ModeBody {
            mode: state.at(now).to_string(),
            changes: state.changes.iter().map(|(from, mode)| ModeChange { from: from.to_string(), mode: mode.to_string() }).collect(),
            asked: state.asked.as_ref().map(|asked| WishBody {
                by: (&asked.by).into(),
                at: asked.at,
                from: asked.from.to_string(),
                reason: asked.reason.clone(),
            }),
        }
    }
}

/// A cost group of the newest tree.
#[derive(Serialize, ToSchema)]
pub struct GroupBody {
    /// Identifier.
    id: String,
    /// Name.
    name: String,
    /// Identifier of the group above.
    parent: Option<String>,
    /// Mail addresses of its owners.
    owners: Vec<String>,
    /// Whether it keeps what no rule gives to anybody.
    is_unallocated: bool,
    /// Whether it keeps cost in the middle.
    is_central: bool,
    /// Its mode.
    #[serde(flatten)]
    mode: ModeBody,
}

async fn this_month(tenant: &Tenant) -> Result<BillingPeriod, Failure> {
    let today = tenant.settings().await?.policy.local_date(tenant.ports().clock.now());
    Ok(BillingPeriod::containing(today.into()))
}

/// The cost groups of the newest tree that the person sees, each with its mode.
#[utoipa::path(get, path = "/groups", operation_id = "list_groups", tag = "Cost groups", responses((status = 200, body = Vec<GroupBody>)))]
pub async fn list(reading: Reading) -> Answer {
    let settings = reading.tenant.settings().await?;
    let modes = reading.tenant.modes().await?;
    let now = this_month(&reading.tenant).await?;
    let Some(tree) = settings.trees.all().last() else { return answer::json(&Vec::<GroupBody>::new()) };
    let groups = tree.groups();
    let unchanged = ModeState::default();
    let seen = groups.iter().enumerate().filter(|(_, group)| reading.actor.sees(&group.id));
    let shown: Vec<GroupBody> = seen
        .map(|(place, group)| GroupBody {
            id: group.id.clone(),
            name: group.name.clone(),
            parent: group.parent.map(|above| groups[above].id.clone()),
            owners: group.owners.to_vec(),
            is_unallocated: place == tree.unallocated(),
            is_central: tree.is_central(place),
            mode: ModeBody::of(modes.get(&group.id).unwrap_or(&unchanged), now),
        })
        .collect();
    answer::json(&shown)
}

/// The cost group of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct GroupPath {
    /// Identifier of the cost group.
    pub group: String,
}

/// A cost group's mode, and what the policy says to its promotion.
#[derive(Serialize, ToSchema)]
pub struct PromotionBody {
    /// The cost group.
    group: String,
    /// Its mode.
    #[serde(flatten)]
    mode: ModeBody,
    /// What the policy looks at.
    facts: FactsBody,
    /// What the policy asks for.
    policy: PolicyBody,
    /// What of it is not met, each a sentence; empty where all is.
    missing: Vec<String>,
}

/// What the policy looks at.
#[derive(Serialize, ToSchema)]
pub struct FactsBody {
    /// The newest final billing period of the group.
    period: Option<String>,
    /// Final periods in a row, up to the newest, without an open or upheld dispute.
    undisputed_periods: u32,
    /// Share of the newest final period's cost that is unallocated, in tenths of a percent.
    #[schema(example = "12.5")]
    unallocated_permille: String,
}

/// What the policy asks for.
#[derive(Serialize, ToSchema)]
pub struct PolicyBody {
    /// Undisputed final periods.
    undisputed_periods: u32,
    /// Most of the cost that may be unallocated, in tenths of a percent.
    unallocated_at_most_permille: String,
}

/// What the policy says to a promotion. Its ETag holds more than the version, as other bills change the facts.
#[utoipa::path(get, path = "/groups/{group}/promotion", operation_id = "read_promotion", tag = "Cost groups", params(GroupPath), responses((status = 200, body = PromotionBody)))]
pub async fn promotion(reading: Reading, At(path): At<GroupPath>) -> Answer {
    let group = &path.group;
    let unknown = || Problem::from(Failure::not_found("such cost group"));
    if !is_identifier(group) || !reading.actor.sees(group) {
        return Err(unknown());
    }
    let settings = reading.tenant.settings().await?;
    let is_known = settings.trees.all().iter().any(|tree| tree.groups().iter().any(|known| known.id == *group));
    if !is_known {
        return Err(unknown());
    }
    let stream: Stream<GroupEvent> = reading.tenant.stream(StreamId::group(group)).await?;
    let mut state = ModeState::default();
    stream.events.iter().for_each(|recorded| state.apply(recorded));
    let facts = reading.tenant.promotion_facts(group).await?;
    let policy = &settings.policy.promotion;
    let body = PromotionBody {
        group: group.clone(),
        mode: ModeBody::of(&state, this_month(&reading.tenant).await?),
        missing: facts.missing(policy),
        facts: FactsBody {
            period: facts.period.map(|period| period.to_string()),
            undisputed_periods: facts.undisputed_periods,
            unallocated_permille: facts.unallocated_permille.to_string(),
        },
        policy: PolicyBody {
            undisputed_periods: policy.undisputed_periods,
            unallocated_at_most_permille: policy.unallocated_at_most_permille.to_string(),
        },
    };
    answer::partly_versioned(&reading, stream.version(), &body)
}

/// A wish for another mode.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// From which billing period, `2026-10`; the first whose mode can still change, where it is not stated.
    #[serde(default)]
    from: Option<String>,
    /// Why: what the policy does not allow takes a reason, and a second controller.
    #[serde(default)]
    reason: Option<String>,
}

impl Wish {
    fn from(&self) -> Result<Option<BillingPeriod>, Problem> {
        self.from.as_deref().map(stated_period).transpose()
    }
}

/// A cost group after a change of its mode.
#[derive(Serialize, ToSchema)]
pub struct ChangedMode {
    /// The cost group.
    group: String,
    /// Its mode.
    #[serde(flatten)]
    mode: ModeBody,
}

async fn changed(tenant: &Tenant, is_replay: bool, view: &GroupView) -> Answer {
    let mode = ModeBody::of(&view.mode, this_month(tenant).await?);
    answer::changed(is_replay, Some(view.version), &ChangedMode { group: view.group.clone(), mode })
}

/// A controller promotes a cost group to chargeback.
#[utoipa::path(post, path = "/groups/{group}/promotion", operation_id = "promote_group", tag = "Cost groups", params(GroupPath), request_body = Wish,
    responses((status = 200, body = ChangedMode)))]
pub async fn promote(At(path): At<GroupPath>, deciding: Deciding<MaybeJson<Wish>>) -> Answer {
    let wish = &deciding.body.0;
    let view = deciding.tenant.promote(&deciding.request, &path.group, wish.from()?, wish.reason.as_deref()).await?;
    changed(&deciding.tenant, deciding.is_replay, &view).await
}

/// A controller takes a cost group back to showback.
#[utoipa::path(post, path = "/groups/{group}/demotion", operation_id = "demote_group", tag = "Cost groups", params(GroupPath), request_body = Wish,
    responses((status = 200, body = ChangedMode)))]
pub async fn demote(At(path): At<GroupPath>, deciding: Deciding<MaybeJson<Wish>>) -> Answer {
    let wish = &deciding.body.0;
    let view = deciding.tenant.demote(&deciding.request, &path.group, wish.from()?, wish.reason.as_deref()).await?;
    changed(&deciding.tenant, deciding.is_replay, &view).await
}
