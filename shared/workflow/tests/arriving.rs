//! What lands: registered, read and made deliveries, in any order, twice, and cut off anywhere.
#![allow(missing_docs)]

#[path = "arriving/bucket.rs"]
mod bucket;
mod company;
mod memory;

#[path = "arriving/lone.rs"]
mod lone;
#[path = "arriving/manifests.rs"]
mod manifests;
#[path = "arriving/orders.rs"]
mod orders;
#[path = "arriving/refreshed.rs"]
mod refreshed;

use std::collections::BTreeMap;

use dayone_domain::review::By;
use dayone_workflow::Failure;
use dayone_workflow::deliveries::{Arriving, Awaited, Completed, FileState, Registered, SourceView, Work};

use crate::bucket::{Bucket, Texts};
use crate::company::{Company, bill};

/// A company, and the bucket that its bills land in.
pub struct Place {
    pub company: Company,
    pub bucket: Bucket,
    pub texts: Texts,
}

impl Place {
    pub async fn new() -> Place {
        let company = Company::new().await;
        company.set("2026-01-10T08:00:00Z");
        Place { company, bucket: Bucket::default(), texts: Texts::default() }
    }

    pub fn arriving(&self) -> Arriving<'_> {
        Arriving { landing: &self.bucket, files: &self.texts, currency_if_absent: None }
    }

    pub async fn register(&self, key: &str) -> Registered {
        self.company.tenant.register(&self.arriving(), None, key).await.unwrap()
    }

    pub async fn parse(&self, work: &Work) -> FileState {
        self.company.tenant.parse(&self.arriving(), work).await.unwrap()
    }

    /// All that an event leads to, one after the other.
    pub async fn lands(&self, key: &str) -> Result<Vec<Completed>, Failure> {
        let Registered::Awaited { work, .. } = self.company.tenant.register(&self.arriving(), None, key).await? else {
            return Ok(Vec::new());
        };
        let mut completed = Vec::new();
        for work in work {
            self.company.tenant.parse(&self.arriving(), &work).await?;
            completed.extend(self.company.tenant.complete_after(&By::Policy, &work).await?.unwrap_or_default());
        }
        Ok(completed)
    }

    pub async fn awaited(&self) -> Vec<Awaited> {
        let settings = self.company.tenant.settings().await.unwrap();
        self.company.tenant.awaited(&settings).await.unwrap()
    }

    /// What counts: by source and billing period.
    pub async fn counts(&self) -> BTreeMap<String, SourceView> {
        let views = self.company.tenant.source_periods().await.unwrap();
        views.into_iter().map(|view| (format!("{} {}", view.source, view.period), view)).collect()
    }

    /// The billed cost of what counts.
    pub async fn billed(&self, of: &str) -> String {
        let counts = self.counts().await;
        let Some(view) = counts.get(of) else { return "nothing".to_owned() };
        let bytes = self.company.tenant.packed_document(view.newest.cube).await.unwrap();
        let cube = dayone_domain::cube::Cube::from_bytes(&bytes).unwrap();
        cube.master_bill(bill(&view.period.to_string())).1.billed.to_string()
    }
}

/// The work that something that was registered leads to.
pub fn work(registered: Registered) -> Vec<Work> {
    match registered {
        Registered::Awaited { work, .. } => work,
        other => panic!("no work: {other:?}"),
    }
}
