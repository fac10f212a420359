//! The lease to post: one process at a time sends journals, and one that lost the lease cannot write.

use chrono::{DateTime, TimeDelta, Utc};
use dayone_ports::{Digest, Record};
use serde::{Deserialize, Serialize};

use crate::change::{Changes, Request, json};
use crate::failure::{Failure, FailureKind};
use crate::keys;
use crate::tenant::Tenant;

/// How long a lease holds.
const SECONDS: i64 = 60;
/// A lease with less time left than this is renewed before something is sent.
const SECONDS_TO_RENEW: i64 = 30;

/// The record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct LeaseRecord {
    /// Chance, new for each holder.
    holder: String,
    /// How often it was taken.
    fence: u64,
    /// Until when it holds.
    until: DateTime<Utc>,
}

/// A lease that this process holds.
pub(super) struct Lease {
    holder: String,
    fence: u64,
    until: DateTime<Utc>,
    record: Record,
}

impl Lease {
    /// Fails a transaction of whoever does not hold the lease any more.
    pub(super) fn fence(&self, changes: &mut Changes<'_>) {
        changes.unchanged(self.record.key.clone(), Some(&self.record));
    }
}

impl Tenant {
    /// Takes the lease.
    ///
    /// # Errors
    /// Busy while another process holds it.
    pub(super) async fn take_lease(&self) -> Result<Lease, Failure> {
        let mut bytes = [0; 16];
        self.ports.chance.fill(&mut bytes);
        let holder: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let before: Option<(LeaseRecord, Record)> = self.view(&keys::single(&self.id, keys::POST_LEASE)).await?;
        let now = self.ports.clock.now();
        if let Some((known, _)) = &before
            && known.until > now
        {
            let seconds = (known.until - now).num_seconds().max(1);
            let message = format!("journals are being posted or exported by another process; try again in {seconds} seconds");
            return Err(Failure::new(FailureKind::Busy, "posting", message));
        }
        let (fence, record) = before.map_or((1, None), |(known, record)| (known.fence + 1, Some(record)));
        self.write_lease(holder, fence, now + TimeDelta::seconds(SECONDS), record.as_ref(), None).await
    }

    /// Makes sure that the lease holds for a while.
    pub(super) async fn renew_lease(&self, lease: &mut Lease) -> Result<(), Failure> {
        let now = self.ports.clock.now();
        if lease.until - now >= TimeDelta::seconds(SECONDS_TO_RENEW) {
            return Ok(());
        }
        let until = now + TimeDelta::seconds(SECONDS);
        *lease = self.write_lease(lease.holder.clone(), lease.fence, until, Some(&lease.record), None).await?;
        Ok(())
    }

    /// Gives the lease back, and notes in the same transaction that the request was done, and the document that says
    /// what it was about.
    pub(super) async fn end_lease(&self, lease: Lease, done: Option<(&Request, Digest)>) -> Result<(), Failure> {
        let until = self.ports.clock.now();
        self.write_lease(lease.holder, lease.fence, until, Some(&lease.record), done).await.map(drop)
    }

    async fn write_lease(
        &self,
        holder: String,
        fence: u64,
        until: DateTime<Utc>,
        before: Option<&Record>,
        done: Option<(&Request, Digest)>,
    ) -> Result<Lease, Failure> {
        let key = keys::single(&self.id, keys::POST_LEASE);
        let body = LeaseRecord { holder: holder.clone(), fence, until };
        let mut changes = self.changes();
        if let Some((request, about)) = done {
            changes.once_about(request, Some(about))?;
        }
        changes.put(key.clone(), before, &body);
        changes.commit().await?;
        let version = before.map_or(1, |before| before.version + 1);
        Ok(Lease { holder, fence, until, record: Record { key, version, body: json(&body) } })
    }
}
