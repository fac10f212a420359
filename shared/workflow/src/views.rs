//! What pages and lists read: summaries, written in the transaction of the events that they show.

use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::ledger::JournalState;
use dayone_domain::review::{By, InvoiceRef, InvoiceState, ModeState, Revision, Stage, Standing};
use dayone_domain::{BillingPeriod, CostBasis};
use dayone_ports::{Digest, Key, Record};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::keys;
use crate::tenant::Tenant;

/// An invoice in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceView {
    /// Which.
    pub of: InvoiceRef,
    /// Name of the cost group.
    pub group_name: String,
    /// Identifier of the group above.
    pub parent: Option<String>,
    /// Events of its stream: its ETag.
    pub version: u64,
    /// The newest revision.
    pub revision: Revision,
    /// What it waits for.
    pub standing: Standing,
    /// Disputes that have not ended.
    pub open_disputes: u32,
    /// Questions without an answer.
    pub open_questions: u32,
    /// Who accepted the newest revision.
    pub accepted_by: Vec<By>,
    /// The view before the issuing run that made the newest revision; what people see until that run is complete.
    pub before: Option<Box<InvoiceView>>,
}

impl InvoiceView {
    /// The view of a state with at least one revision; `None` of any other.
    pub fn of(state: &InvoiceState, version: u64, group_name: &str, parent: Option<&str>) -> Option<InvoiceView> {
        Some(InvoiceView {
            of: state.of.clone(),
            group_name: group_name.to_owned(),
            parent: parent.map(str::to_owned),
            version,
            revision: state.newest()?.clone(),
            standing: state.standing()?,
            open_disputes: count(state.open_disputes().count()),
            open_questions: count(state.questions.iter().filter(|question| !question.is_answered()).count()),
            accepted_by: state.holding().map(|acceptance| acceptance.by.clone()).collect(),
            before: None,
        })
    }

    /// The stored document of the newest revision.
    pub fn document(&self) -> Result<Digest, Failure> {
        digest(&self.revision.document)
    }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).expect("INVARIANT: the lists of an invoice are short")
}

/// A digest that the domain keeps as text.
pub fn digest(text: &str) -> Result<Digest, Failure> {
    text.parse().map_err(|error| Failure::broken(format!("`{text}` {error}")))
}

/// A bill and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillView {
    /// Which.
    pub bill: BillKey,
    /// Provisional or final.
    pub stage: Stage,
    /// The run that issued it last.
    pub run: u64,
    /// That run's plan: [`Plan`](crate::issuing::Plan).
    pub plan: Digest,
    /// The cost that counts.
    pub basis: CostBasis,
    /// First billing period of the tree's version.
    pub tree: BillingPeriod,
    /// The rounded bill.
    pub total: Money,
    /// True-ups of the closed bill, oldest first.
    pub rounds: Vec<RoundView>,
    /// Events of its stream.
    pub version: u64,
}

/// One newer delivery of a closed bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundView {
    /// From 1.
    pub round: u32,
    /// [`TrueUpRound`](crate::issuing::TrueUpRound).
    pub document: Digest,
    /// The sum of its true-ups.
    pub total: Money,
    /// The final bill whose invoices carry it.
    pub carried_by: Option<BillKey>,
}

/// A journal entry in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalView {
    /// Where it stands.
    pub state: JournalState,
    /// The sum of one side.
    pub turnover: Money,
    /// What it moves out of the holding accounts; below nought where it moves back.
    pub moved: Money,
    /// The billing period whose cost it is.
    pub period: BillingPeriod,
    /// Who accepted what it posts.
    pub accepted_by: Vec<By>,
    /// Events of its stream.
    pub version: u64,
}

/// A cost group's mode over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    /// Identifier.
    pub group: String,
    /// The changes.
    pub mode: ModeState,
    /// Events of its stream.
    pub version: u64,
}

impl Tenant {
    /// A view and the record that it is in.
    pub(crate) async fn view<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<(T, Record)>, Failure> {
        let Some(record) = self.ports.store.get(key).await? else { return Ok(None) };
        Ok(Some((parsed(&record)?, record)))
    }

    /// All views of a partition whose sort keys begin with `prefix`.
    pub(crate) async fn views<T: DeserializeOwned>(&self, partition: &str, prefix: &str) -> Result<Vec<T>, Failure> {
        let records = self.records(partition, prefix).await?;
        records.iter().map(parsed).collect()
    }

    /// All records of a partition whose sort keys begin with `prefix`.
    pub(crate) async fn records(&self, partition: &str, prefix: &str) -> Result<Vec<Record>, Failure> {
        let mut records: Vec<Record> = Vec::new();
        loop {
            let after = records.last().map(|record| record.key.sort.clone());
            let page = self.ports.store.query(partition, prefix, after.as_deref(), usize::MAX).await?;
            records.extend(page.records);
            if !page.has_more {
                return Ok(records);
            }
        }
    }

    /// Every bill that was issued, in the order of period and currency.
    pub async fn bills(&self) -> Result<Vec<BillView>, Failure> {
        self.views(&keys::bills(&self.id), "").await
    }

    /// The bills of a period that were issued.
    pub(crate) async fn bills_of(&self, period: BillingPeriod) -> Result<Vec<BillView>, Failure> {
        self.views(&keys::bills(&self.id), &format!("{period}/")).await
    }

    /// The run that is under way.
    pub(crate) async fn open_run(&self) -> Result<Option<u64>, Failure> {
        let open: Option<(crate::issuing::OpenRun, Record)> = self.view(&keys::single(&self.id, keys::OPEN_RUN)).await?;
        Ok(open.map(|(open, _)| open.run))
    }
}

/// A view from its record.
pub(crate) fn parsed<T: DeserializeOwned>(record: &Record) -> Result<T, Failure> {
    serde_json::from_slice(&record.body).map_err(|error| Failure::broken(format!("the record `{}`: {error}", record.key)))
}
