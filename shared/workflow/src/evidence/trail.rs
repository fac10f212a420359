//! The trail of the period: every event of its bills, sources, invoices, journals and cost groups, with what its hash is
//! over, and the anchor that states the heads.

use std::collections::BTreeSet;

use dayone_domain::BillingPeriod;

use super::folder::{Folder, Table};
use super::{name, signed_in};
use crate::audit::{AnchorFacts, TrailEvent};
use crate::failure::Failure;
use crate::issuing::Plan;
use crate::keys;
use crate::stream::StreamId;
use crate::tenant::Tenant;
use crate::views::{BillView, InvoiceView, JournalView};

impl Tenant {
    /// The events, oldest first; with those of invoices of later periods that charge this one.
    pub(super) async fn period_events(
        &self,
        period: BillingPeriod,
        bills: &[BillView],
        carriers: &[InvoiceView],
        journals: &[JournalView],
    ) -> Result<Vec<TrailEvent>, Failure> {
        let mut streams = BTreeSet::new();
        for view in self.source_periods().await?.into_iter().filter(|view| view.period == period) {
            streams.insert(StreamId::source(&view.source, period));
        }
        for bill in bills {
            streams.insert(StreamId::bill(bill.bill));
            let plan: Plan = self.json_document(bill.plan).await?;
            streams.extend(plan.entries.iter().map(|entry| StreamId::group(&entry.group)));
            let views: Vec<InvoiceView> = self.views(&keys::invoices(&self.id, bill.bill), "").await?;
            streams.extend(views.iter().map(|view| StreamId::invoice(&view.of)));
        }
        streams.extend(carriers.iter().flat_map(|view| [StreamId::invoice(&view.of), StreamId::group(&view.of.group)]));
        streams.extend(journals.iter().map(|view| StreamId::journal(&view.state.reference)));
        self.trail_of(&streams).await
    }

    pub(super) async fn add_trail(&self, folder: &mut Folder, events: &[TrailEvent], head: Option<&AnchorFacts>) -> Result<(), Failure> {
        let mut table = Table::new(&["at", "by", "signed_in", "what", "why", "input", "stream", "version", "hash", "event"]);
        for TrailEvent { entry, stored, .. } in events {
            table.row([
                entry.at.to_rfc3339(),
                name(&entry.by),
                signed_in(&entry.by),
                entry.what.clone(),
                entry.why.clone().unwrap_or_default(),
                entry.input.clone().unwrap_or_default(),
                entry.stream.to_string(),
                entry.version.to_string(),
                entry.hash.to_string(),
                String::from_utf8(stored.clone()).map_err(Failure::broken)?,
            ]);
        }
        folder.table("trail", &table);
        // The anchor that the tie-out states, not one that was made since.
        if let Some(head) = head
            && let Some(bytes) = self.ports.anchors.get(self.id.as_str(), head.number).await?
        {
            folder.document("anchor", "json", bytes);
        }
        Ok(())
    }
}
