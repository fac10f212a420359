//! The texts that decided: those that the bills' plans name, and all that were in force from the first issue of the bills
//! to the last that happened to them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dayone_domain::BillingPeriod;
use dayone_ports::Digest;

use super::folder::{Folder, Table};
use super::{name, signed_in};
use crate::audit::TrailEvent;
use crate::configuration::{ConfigKind, ConfigPut, ConfigView};
use crate::failure::Failure;
use crate::issuing::Plan;
use crate::stream::StreamId;
use crate::tenant::Tenant;
use crate::views::BillView;

/// From the first issue of a bill to the last event of the period.
struct Life {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Life {
    fn of(events: &[TrailEvent]) -> Option<Life> {
        let at = |prefixes: &'static [&'static str]| {
            let is_of = move |event: &&TrailEvent| prefixes.iter().any(|prefix| event.entry.stream.as_str().starts_with(prefix));
            events.iter().filter(is_of).map(|event| event.entry.at)
        };
        Some(Life { from: at(&["bill/"]).min()?, to: at(&["bill/", "invoice/", "journal/", "source/"]).max()? })
    }
}

impl Tenant {
    pub(super) async fn add_configuration(&self, folder: &mut Folder, bills: &[BillView], events: &[TrailEvent]) -> Result<(), Failure> {
        let mut table = Table::new(&[
            "kind",
            "version",
            "event",
            "valid_from",
            "file_name",
            "put_by",
            "signed_in",
            "put_at",
            "replaced_at",
            "decided",
            "sha256",
            "file",
        ]);
        let decided = self.decided(bills).await?;
        let Some(life) = Life::of(events) else { return Ok(()) };
        let last = bills.iter().map(|bill| bill.bill.period).max();
        for kind in ConfigKind::ALL {
            let view: Option<(ConfigView, _)> = self.view(&kind.key(&self.id)).await?;
            let puts = view.map(|(view, _)| view.puts).unwrap_or_default();
            for (put, replaced) in with_end(&puts) {
                let by = decided.get(&(kind.as_str().to_owned(), put.text)).filter(|_| is_of(put, replaced, &life));
                if by.is_none() && !is_in_force(put, replaced, &life, last) {
                    continue;
                }
                let extension = if kind == ConfigKind::Drivers { "csv" } else { "yaml" };
                let text = self.document(put.text).await?;
                table.row([
                    kind.to_string(),
                    put.version.to_string(),
                    format!("{} {}", StreamId::configuration(kind.as_str()), put.version),
                    put.valid_from.map(|period| period.to_string()).unwrap_or_default(),
                    put.file_name.clone(),
                    name(&put.by),
                    signed_in(&put.by),
                    put.at.to_rfc3339(),
                    replaced.map(|at| at.to_rfc3339()).unwrap_or_default(),
                    by.cloned().unwrap_or_default(),
                    put.text.to_string(),
                    folder.document(&format!("configuration/{kind}-{}", put.version), extension, text),
                ]);
            }
        }
        folder.table("configuration", &table);
        Ok(())
    }

    /// The kind and text of what the plans name, with the currencies of their bills.
    async fn decided(&self, bills: &[BillView]) -> Result<BTreeMap<(String, Digest), String>, Failure> {
        let mut decided: BTreeMap<(String, Digest), String> = BTreeMap::new();
        for bill in bills {
            let plan: Plan = self.json_document(bill.plan).await?;
            for named in plan.configuration {
                let currencies = decided.entry(named).or_default();
                let between = if currencies.is_empty() { "" } else { " " };
                *currencies += &format!("{between}{}", bill.bill.currency);
            }
        }
        Ok(decided)
    }
}

/// Each put with the moment of the next of the same first billing period.
fn with_end(puts: &[ConfigPut]) -> impl Iterator<Item = (&ConfigPut, Option<DateTime<Utc>>)> {
    let end = |place: usize| puts[place + 1..].iter().find(|next| next.valid_from == puts[place].valid_from).map(|next| next.at);
    puts.iter().enumerate().map(move |(place, put)| (put, end(place)))
}

/// Whether a text was the newest of its kind at some moment of the bills' life.
fn is_of(put: &ConfigPut, replaced: Option<DateTime<Utc>>, life: &Life) -> bool {
    put.at <= life.to && replaced.is_none_or(|at| at > life.from)
}

/// The same, and of a tree that it is not for later bills.
fn is_in_force(put: &ConfigPut, replaced: Option<DateTime<Utc>>, life: &Life, last: Option<BillingPeriod>) -> bool {
    is_of(put, replaced, life) && put.valid_from <= last
}
