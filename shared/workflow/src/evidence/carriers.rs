//! Invoices of later billing periods that charge a period: they carry its true-ups, and people say yes or no to them
//! there.

use std::collections::BTreeSet;

use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::review::InvoiceDocument;

use crate::failure::Failure;
use crate::keys;
use crate::tenant::Tenant;
use crate::views::{BillView, InvoiceView, JournalView};

impl Tenant {
    /// The invoices of other periods that have a journal of this one, and those of the final bills that carry its true-ups
    /// which state any of them, in the order of their bills.
    pub(super) async fn carriers(
        &self,
        period: BillingPeriod,
        bills: &[BillView],
        journals: &[JournalView],
    ) -> Result<Vec<InvoiceView>, Failure> {
        let of_journals = journals.iter().map(|view| &view.state.invoice);
        let mut found: BTreeSet<_> = of_journals.filter(|of| of.bill.period != period).cloned().collect();
        let carrying: BTreeSet<BillKey> = bills.iter().flat_map(|bill| &bill.rounds).filter_map(|round| round.carried_by).collect();
        for bill in carrying {
            for view in self.views::<InvoiceView>(&keys::invoices(&self.id, bill), "").await? {
                if !found.contains(&view.of) && corrects(&self.json_document(view.document()?).await?, period) {
                    found.insert(view.of);
                }
            }
        }
        let mut carriers = Vec::new();
        for of in found {
            carriers.push(self.invoice_view(&of).await?);
        }
        Ok(carriers)
    }
}

/// Whether an invoice states a true-up of a period, or what an upheld dispute moved of one.
fn corrects(document: &InvoiceDocument, period: BillingPeriod) -> bool {
    let is_corrected = document.corrections.iter().any(|correction| correction.period == period);
    is_corrected || document.moves.iter().any(|moved| moved.corrects() == Some(period))
}
