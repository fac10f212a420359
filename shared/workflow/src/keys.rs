//! The key layout of the store. A partition begins with its tenant, so that no key of one tenant is another's.
//!
//! | partition | sort | holds |
//! |---|---|---|
//! | `T/stream/<stream>` | `<version, 10 digits>` | an event: its chain hash, a newline, its JSON |
//! | `T/heads/<shard>` | `<stream>` | version and hash of a stream's newest event |
//! | `T/<kind of view>…` | see the functions | views: JSON, written in the transaction of what they show |
//!
//! `T` is `t/<tenant>`. Heads and documents are spread so that no partition grows hot.

use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_ports::{Digest, Key};

use crate::stream::StreamId;
use crate::tenant::TenantId;

/// Partitions that the heads of a tenant's streams are spread over.
pub const HEAD_SHARDS: u8 = 16;

fn partition(tenant: &TenantId, rest: &str) -> String {
    format!("t/{tenant}/{rest}")
}

/// The partition of a stream's events.
pub fn stream(tenant: &TenantId, stream: &StreamId) -> String {
    partition(tenant, &format!("stream/{stream}"))
}

/// The sort key of an event. Versions begin with 1.
pub fn event_sort(version: u64) -> String {
    format!("{version:010}")
}

/// One event.
pub fn event(tenant: &TenantId, id: &StreamId, version: u64) -> Key {
    Key::new(stream(tenant, id), event_sort(version))
}

/// A partition of heads.
pub fn heads(tenant: &TenantId, shard: u8) -> String {
    partition(tenant, &format!("heads/{shard:02}"))
}

/// The head of a stream.
pub fn head(tenant: &TenantId, id: &StreamId) -> Key {
    let shard = Digest::of(id.as_str().as_bytes()).as_bytes()[0] % HEAD_SHARDS;
    Key::new(heads(tenant, shard), id.as_str())
}

/// The partition of configuration: `<kind>` → [`ConfigView`](crate::configuration::ConfigView).
pub fn configuration(tenant: &TenantId) -> String {
    partition(tenant, "configuration")
}

/// The partition of deliveries' views: `<period>/<source>`.
pub fn deliveries(tenant: &TenantId) -> String {
    partition(tenant, "deliveries")
}

/// The view of a source in a period.
pub fn delivery(tenant: &TenantId, source: &str, period: BillingPeriod) -> Key {
    Key::new(deliveries(tenant), format!("{period}/{source}"))
}

/// Partitions that the markers of a delivery's files, and the files that were read, are spread over.
pub const FILE_SHARDS: u8 = 16;

/// A delivery that a manifest has announced: [`Announcement`](crate::deliveries::Announcement).
pub fn announced(tenant: &TenantId, id: Digest) -> Key {
    Key::new(partition(tenant, &format!("announced/{:02}", shard(id))), id.to_string())
}

/// The partition of the announced deliveries that are not complete: `<source>/<id>`.
pub fn awaited(tenant: &TenantId) -> String {
    partition(tenant, "awaited")
}

/// A partition of what became of the files of a delivery: `<place, 6 digits>` →
/// [`FileState`](crate::deliveries::FileState).
pub fn file_states(tenant: &TenantId, delivery: Digest, shard: u8) -> String {
    partition(tenant, &format!("files/{delivery}/{shard:02}"))
}

/// What became of a file of a delivery.
pub fn file_state(tenant: &TenantId, delivery: Digest, place: u32) -> Key {
    let shard = u8::try_from(place % u32::from(FILE_SHARDS)).expect("INVARIANT: fewer than 256 shards");
    Key::new(file_states(tenant, delivery, shard), format!("{place:06}"))
}

/// A version of a file that was read: the digest of what it was, and of how it was read →
/// [`ParsedFile`](crate::deliveries::ParsedFile).
pub fn read_file(tenant: &TenantId, digest: Digest) -> Key {
    Key::new(partition(tenant, &format!("read/{:02}", shard(digest))), digest.to_string())
}

/// The partition of the files of a source that no manifest names: `<SHA-256 of the key>`.
pub fn lone_files(tenant: &TenantId, source: &str) -> String {
    partition(tenant, &format!("lone/{source}"))
}

/// How often the files of a source that no manifest names have changed.
pub fn lone_revision(tenant: &TenantId, source: &str) -> Key {
    single(tenant, &format!("lone/{source}"))
}

fn shard(digest: Digest) -> u8 {
    digest.as_bytes()[0] % FILE_SHARDS
}

/// The partition of bills' views: `<period>/<currency>`.
pub fn bills(tenant: &TenantId) -> String {
    partition(tenant, "bills")
}

/// The view of a bill.
pub fn bill(tenant: &TenantId, bill: BillKey) -> Key {
    Key::new(bills(tenant), format!("{}/{}", bill.period, bill.currency))
}

/// The partition of a bill's invoices' views: `<cost group>`.
pub fn invoices(tenant: &TenantId, bill: BillKey) -> String {
    partition(tenant, &format!("invoices/{}/{}", bill.period, bill.currency))
}

/// The partition of cost groups' modes: `<cost group>`.
pub fn groups(tenant: &TenantId) -> String {
    partition(tenant, "groups")
}

/// The partition of journals' views: `<reference>`.
pub fn journals(tenant: &TenantId) -> String {
    partition(tenant, "journals")
}

/// The partition of journals that have not left for good: `<reference>`.
pub fn outbox(tenant: &TenantId) -> String {
    partition(tenant, "outbox")
}

/// The partition of export batches: `<number, 6 digits>`.
pub fn batches(tenant: &TenantId) -> String {
    partition(tenant, "batches")
}

/// The partition of issuing runs: `<number, 10 digits>`.
pub fn runs(tenant: &TenantId) -> String {
    partition(tenant, "runs")
}

/// A single record of the tenant: `counter/invoice`, `open-run`, `lease/post`.
pub fn single(tenant: &TenantId, name: &str) -> Key {
    Key::new(partition(tenant, "single"), name)
}

/// The partition of idempotency keys: `<person>/<key>`.
pub fn once(tenant: &TenantId) -> String {
    partition(tenant, "once")
}

/// The partition of requests that were begun and write in several transactions: `<person>/<key>`.
pub fn begun(tenant: &TenantId) -> String {
    partition(tenant, "begun")
}

/// The partition of password hashes: `<mail>`.
pub fn credentials(tenant: &TenantId) -> String {
    partition(tenant, "credentials")
}

/// The partition of sessions: `<SHA-256 of the token>`.
pub fn sessions(tenant: &TenantId) -> String {
    partition(tenant, "sessions")
}

/// The partition of mail that was asked for: `<id>`.
pub fn mail(tenant: &TenantId) -> String {
    partition(tenant, "mail")
}

/// The single record of the run that is under way.
pub const OPEN_RUN: &str = "open-run";
/// The single record of the next invoice number.
pub const INVOICE_COUNTER: &str = "counter/invoice";
/// The single record of the next run number.
pub const RUN_COUNTER: &str = "counter/run";
/// The single record of the next batch number.
pub const BATCH_COUNTER: &str = "counter/batch";
/// The single record of the export that is under way.
pub const OPEN_BATCH: &str = "open-batch";
/// The single record of the lease to post.
pub const POST_LEASE: &str = "lease/post";
