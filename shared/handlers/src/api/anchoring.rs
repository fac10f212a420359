//! Anchors of the trail, made when somebody asks.

use dayone_domain::people::Role;
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{self, Answer};
use super::ask::{Deciding, MaybeJson, takes_one_of};
use super::issuing::Nothing;
use super::proof::HeadBody;
use crate::apart::apart;

/// What anchoring did.
#[derive(Serialize, ToSchema)]
pub struct AnchorBody {
    /// Whether something had happened since the last anchor; otherwise none was made.
    is_new: bool,
    /// The newest anchor: keep its digest where nobody who can write to this tenant's home can change it.
    chain_head: Option<HeadBody>,
}

/// Anchors the heads of all streams now, as it is done after each run. For controllers and auditors.
#[utoipa::path(post, path = "/audit/anchor", operation_id = "anchor", tag = "Proof", request_body = Nothing, responses((status = 200, body = AnchorBody)))]
pub async fn anchor(deciding: Deciding<MaybeJson<Nothing>>) -> Answer {
    let MaybeJson(Nothing {}) = deciding.body;
    takes_one_of(&deciding.request.actor, &[Role::Controller, Role::Auditor])?;
    if deciding.is_replay {
        let head = deciding.tenant.chain_head().await?;
        return answer::changed(true, None, &AnchorBody { is_new: false, chain_head: head.as_ref().map(HeadBody::from) });
    }
    let tenant = deciding.tenant.clone();
    let made = apart(move || async move { tenant.anchor().await }).await?;
    let head = match made {
        Some(_) => made.clone(),
        None => deciding.tenant.chain_head().await?,
    };
    // An anchor is no event: the key is all that is noted of the request.
    let mut changes = deciding.tenant.changes();
    changes.once(&deciding.request)?;
    changes.commit().await?;
    answer::changed(false, None, &AnchorBody { is_new: made.is_some(), chain_head: head.as_ref().map(HeadBody::from) })
}
