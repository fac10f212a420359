//! What moved in the ledger, and the proof that it agrees with all the rest.

use dayone_domain::BillingPeriod;
use dayone_domain::currency::Money;

use super::folder::{Folder, Table};
use super::{name, signed_in};
use crate::failure::Failure;
use crate::keys;
use crate::ledger::corrected_by;
use crate::tenant::Tenant;
use crate::tie_out::PeriodTieOut;
use crate::views::{JournalView, digest};

impl Tenant {
    /// The journals of a period's cost, and those of its invoices.
    pub(super) async fn journals_of(&self, period: BillingPeriod) -> Result<Vec<JournalView>, Failure> {
        let views: Vec<JournalView> = self.views(&keys::journals(&self.id), "").await?;
        let is_of = |view: &JournalView| view.period == period || view.state.invoice.bill.period == period;
        Ok(views.into_iter().filter(is_of).collect())
    }

    pub(super) async fn add_journals_of(&self, folder: &mut Folder, views: &[JournalView]) -> Result<(), Failure> {
        let mut table = Table::new(&[
            "journal",
            "kind",
            "period",
            "invoice",
            "cost_group",
            "status",
            "currency",
            "turnover",
            "net",
            "corrects",
            "corrected_by",
            "posting_date",
            "ledger_period",
            "erp_number",
            "accepted_by",
            "sent_by",
            "sent_signed_in",
            "sha256",
            "file",
        ]);
        let corrected = corrected_by(views);
        for view in views {
            let frozen = view.state.frozen.as_ref();
            let body = frozen.map_or(&view.state.document, |frozen| &frozen.body);
            table.row([
                view.state.reference.clone(),
                view.state.kind.label().to_owned(),
                view.period.to_string(),
                view.state.invoice.to_string(),
                view.state.invoice.group.clone(),
                view.state.status.label().to_owned(),
                view.turnover.currency().to_string(),
                view.turnover.to_string(),
                view.moved.to_string(),
                view.state.of_journal.clone().unwrap_or_default(),
                corrected.get(&view.state.reference).map(|by| by.join(" ")).unwrap_or_default(),
                frozen.map_or_else(String::new, |frozen| frozen.posting_date.to_string()),
                frozen.map_or_else(String::new, |frozen| frozen.ledger_period.to_string()),
                view.state.number.clone().unwrap_or_default(),
                view.accepted_by.iter().map(name).collect::<Vec<_>>().join(" "),
                frozen.map_or_else(String::new, |frozen| name(&frozen.by)),
                frozen.map_or_else(String::new, |frozen| signed_in(&frozen.by)),
                body.clone(),
                folder.document(&format!("journals/{}", view.state.reference), "json", self.document(digest(body)?).await?),
            ]);
        }
        folder.table("journals", &table);
        Ok(())
    }
}

/// The sums that must agree, and where every minor unit stands.
pub fn add_tie_out(folder: &mut Folder, tie_outs: &[PeriodTieOut]) {
    let mut files =
        Table::new(&["currency", "source", "provider", "provider_invoice", "charges", "allocated_charges", "files", "allocated", "agrees"]);
    let mut states = Table::new(&["currency", "state", "amount"]);
    let mut holding =
        Table::new(&["currency", "account", "cost_center", "billed", "posted", "carried", "not_posted", "rounding", "agrees"]);
    let mut sums = Table::new(&["currency", "what", "amount"]);
    let yes = |agrees: bool| if agrees { "yes" } else { "NO" }.to_owned();
    for tie_out in tie_outs {
        let currency = tie_out.bill.currency.to_string();
        for line in &tie_out.proof.files {
            files.row([
                currency.clone(),
                line.source.clone(),
                line.provider.clone(),
                line.invoice.clone(),
                line.charges.to_string(),
                line.allocated_charges.to_string(),
                line.files.to_string(),
                line.allocated.to_string(),
                yes(line.agrees()),
            ]);
        }
        for (state, amount) in &tie_out.states {
            states.row([currency.clone(), state.label().to_owned(), amount.to_string()]);
        }
        for line in &tie_out.holding {
            holding.row([
                currency.clone(),
                line.account.clone(),
                line.cost_center.clone(),
                line.billed.to_string(),
                line.posted.to_string(),
                line.carried().to_string(),
                line.not_posted.to_string(),
                line.rounding.to_string(),
                yes(line.agrees()),
            ]);
        }
        let total: Money = tie_out.states.iter().fold(Money::from_minor(0, tie_out.bill.currency), |sum, (_, amount)| sum + *amount);
        for (what, amount) in [
            ("exact master bill", tie_out.proof.master.to_string()),
            ("exact invoices", tie_out.proof.invoiced_exact.to_string()),
            ("rounded master bill", tie_out.proof.bill_total.to_string()),
            ("issued", tie_out.issued.to_string()),
            ("issued with true-ups", tie_out.charged().to_string()),
            ("sum of the states", total.to_string()),
        ] {
            sums.row([currency.clone(), what.to_owned(), amount]);
        }
        for (round, amount, _) in &tie_out.true_ups {
            sums.row([currency.clone(), format!("true-up {round}"), amount.to_string()]);
        }
    }
    for (name, table) in [("tie-out-files", files), ("states", states), ("holding", holding), ("tie-out", sums)] {
        folder.table(name, &table);
    }
    folder.text("chain.txt", chain_text(tie_outs).into_bytes());
}

fn chain_text(tie_outs: &[PeriodTieOut]) -> String {
    match tie_outs.iter().find_map(|tie_out| tie_out.head.as_ref()) {
        Some(head) => format!(
            "anchor {}\nsha256 {}\nmade   {}\nstreams {}\nevents {}\n",
            head.number, head.digest, head.at, head.streams, head.events
        ),
        None => "no anchor yet\n".to_owned(),
    }
}
