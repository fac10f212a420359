//! What the period was made of: every file of every delivery, and the plans of its bills.

use dayone_domain::BillingPeriod;

use super::folder::{Folder, Table};
use super::name;
use crate::deliveries::{Delivery, SourceEvent, SourceView};
use crate::failure::Failure;
use crate::issuing::Plan;
use crate::keys;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::BillView;

impl Tenant {
    pub(super) async fn add_inputs(&self, folder: &mut Folder, period: BillingPeriod) -> Result<(), Failure> {
        let mut table = Table::new(&[
            "source",
            "delivery",
            "event",
            "modified",
            "known_at",
            "counts",
            "closed_by",
            "file",
            "sha256",
            "bytes",
            "charges",
        ]);
        let views: Vec<SourceView> = self.views(&keys::deliveries(&self.id), &format!("{period}/")).await?;
        for view in views {
            let stream: Stream<SourceEvent> = self.stream(StreamId::source(&view.source, period)).await?;
            let closed = view.closed.as_ref().map_or_else(String::new, |(by, _)| name(by));
            for (place, recorded) in stream.events.iter().enumerate() {
                let SourceEvent::Delivered { delivery } = &recorded.event else { continue };
                let delivery: &Delivery = delivery;
                for file in self.delivered_files(delivery).await? {
                    table.row([
                        view.source.clone(),
                        delivery.id.to_string(),
                        format!("{} {}", stream.id, place + 1),
                        delivery.modified.to_rfc3339(),
                        recorded.at.to_rfc3339(),
                        if *delivery == view.newest { "yes" } else { "no" }.to_owned(),
                        closed.clone(),
                        file.name,
                        file.sha256.to_string(),
                        file.bytes.to_string(),
                        delivery.charges.to_string(),
                    ]);
                }
            }
        }
        folder.table("inputs", &table);
        Ok(())
    }

    /// What each bill was issued from, and its plan: all cost groups with their amounts.
    pub(super) async fn add_bills(&self, folder: &mut Folder, bills: &[BillView]) -> Result<(), Failure> {
        let mut table = Table::new(&[
            "currency",
            "stage",
            "run",
            "basis",
            "tree",
            "issued_on",
            "exact_bill",
            "rounded_bill",
            "deliveries",
            "sha256",
            "file",
        ]);
        for bill in bills {
            let plan: Plan = self.json_document(bill.plan).await?;
            let currency = bill.bill.currency.to_string();
            let deliveries = plan.inputs.iter().map(|input| format!("{} {}", input.source, input.delivery));
            table.row([
                currency.clone(),
                bill.stage.label().to_owned(),
                bill.run.to_string(),
                bill.basis.to_string(),
                bill.tree.to_string(),
                plan.issued_on.to_string(),
                plan.master.to_string(),
                bill.total.to_string(),
                deliveries.collect::<Vec<_>>().join("; "),
                bill.plan.to_string(),
                folder.document(&format!("bills/{currency}-plan"), "json", self.document(bill.plan).await?),
            ]);
        }
        folder.table("bills", &table);
        Ok(())
    }
}
