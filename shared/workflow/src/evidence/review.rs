//! The invoices as they were issued, and what people said to them.

use dayone_domain::review::{Acceptance, Dispute, InvoiceDocument, InvoiceState, Resolution, Revision};

use super::folder::{Folder, Table};
use super::{name, signed_in};
use crate::failure::Failure;
use crate::issuing::TrueUpRound;
use crate::keys;
use crate::review::LineNames;
use crate::tenant::Tenant;
use crate::views::{BillView, InvoiceView, digest};

/// Tables of what is said to invoices.
struct Tables {
    invoices: Table,
    acceptances: Table,
    disputes: Table,
    true_ups: Table,
}

/// What all rows of an invoice begin with.
struct Of<'a> {
    number: String,
    period: String,
    group: &'a str,
    name: &'a str,
    currency: String,
    /// Where its documents go: those of other periods apart.
    folder: String,
}

impl<'a> Of<'a> {
    fn new(view: &'a InvoiceView, folder: String) -> Of<'a> {
        Of {
            number: view.revision.invoice_number.map_or_else(String::new, |number| number.to_string()),
            period: view.of.bill.period.to_string(),
            group: &view.of.group,
            name: &view.group_name,
            currency: view.of.bill.currency.to_string(),
            folder,
        }
    }
}

impl Tables {
    fn new() -> Tables {
        Tables {
            invoices: Table::new(&[
                "invoice",
                "period",
                "cost_group",
                "name",
                "currency",
                "stage",
                "revision",
                "issued_on",
                "mode",
                "exact",
                "total",
                "true_ups",
                "newest",
                "accepted",
                "sha256",
                "file",
            ]),
            acceptances: Table::new(&[
                "invoice",
                "period",
                "cost_group",
                "currency",
                "revision",
                "what",
                "by",
                "signed_in",
                "at",
                "reopened",
                "sha256",
            ]),
            disputes: Table::new(&[
                "invoice",
                "period",
                "cost_group",
                "currency",
                "dispute",
                "revision",
                "line",
                "what",
                "amount",
                "by",
                "at",
                "reason",
                "outcome",
                "resolved_by",
                "resolved_at",
                "said",
            ]),
            true_ups: Table::new(&["corrects_period", "round", "cost_group", "currency", "amount", "carried_by", "sha256", "file"]),
        }
    }

    fn acceptances(&mut self, of: &Of<'_>, state: &InvoiceState) {
        let accepted = state.acceptances.iter().map(|yes| ("accepted", yes));
        for (what, yes) in accepted.chain(state.acknowledgements.iter().map(|yes| ("acknowledged", yes))) {
            let document = state.revisions.iter().find(|revision| revision.number == yes.revision);
            self.acceptances.row(acceptance(of, what, yes, document));
        }
    }
}

impl Tenant {
    /// The invoices of the period, and then those of later periods that charge it.
    pub(super) async fn add_invoices(&self, folder: &mut Folder, bills: &[BillView], carriers: &[InvoiceView]) -> Result<(), Failure> {
        let mut tables = Tables::new();
        for bill in bills {
            // Not the plan: an upheld dispute can give an invoice to a group that had none.
            for view in self.views::<InvoiceView>(&keys::invoices(&self.id, bill.bill), "").await? {
                let path = format!("invoices/{}", bill.bill.currency);
                self.add_invoice(folder, &mut tables, &view, path).await?;
            }
            self.add_true_ups(folder, &mut tables, bill).await?;
        }
        for view in carriers {
            let path = format!("invoices/{}/{}", view.of.bill.period, view.of.bill.currency);
            self.add_invoice(folder, &mut tables, view, path).await?;
        }
        let Tables { invoices, acceptances, disputes, true_ups } = tables;
        for (name, table) in [("invoices", invoices), ("acceptances", acceptances), ("disputes", disputes), ("true-ups", true_ups)] {
            folder.table(name, &table);
        }
        Ok(())
    }

    async fn add_invoice(&self, folder: &mut Folder, tables: &mut Tables, view: &InvoiceView, path: String) -> Result<(), Failure> {
        let state = self.invoice_state(&view.of).await?;
        let of = Of::new(view, path);
        self.add_revisions(folder, tables, &of, &state).await?;
        tables.acceptances(&of, &state);
        self.add_disputes(tables, &of, &state).await
    }

    /// All revisions, and the documents of the newest and of those that somebody said yes to.
    async fn add_revisions(&self, folder: &mut Folder, tables: &mut Tables, of: &Of<'_>, state: &InvoiceState) -> Result<(), Failure> {
        let newest = state.newest().map(|newest| newest.number);
        for revision in &state.revisions {
            let is_of = |yes: &&Acceptance| yes.revision == revision.number;
            let is_accepted = state.acceptances.iter().any(|yes| is_of(&yes));
            let is_kept = is_accepted || Some(revision.number) == newest || state.acknowledgements.iter().any(|yes| is_of(&yes));
            let bytes = self.document(digest(&revision.document)?).await?;
            let document: InvoiceDocument = serde_json::from_slice(&bytes).map_err(Failure::broken)?;
            let file = if is_kept {
                let stem = format!("{}/{}-r{}", of.folder, of.group, revision.number);
                folder.document(&stem, "json", bytes)
            } else {
                String::new()
            };
            let yes = |is: bool| if is { "yes" } else { "" }.to_owned();
            tables.invoices.row([
                of.number.clone(),
                of.period.clone(),
                of.group.to_owned(),
                of.name.to_owned(),
                of.currency.clone(),
                revision.stage.label().to_owned(),
                revision.number.to_string(),
                revision.issued_on.to_string(),
                revision.mode.to_string(),
                document.invoice.exact.to_string(),
                revision.total.to_string(),
                revision.true_ups.to_string(),
                yes(Some(revision.number) == newest),
                yes(is_accepted),
                revision.document.clone(),
                file,
            ]);
        }
        Ok(())
    }

    async fn add_disputes(&self, tables: &mut Tables, of: &Of<'_>, state: &InvoiceState) -> Result<(), Failure> {
        let mut names = LineNames::new();
        for dispute in &state.disputes {
            let mut what = String::new();
            if let Some(revision) = state.revisions.iter().find(|revision| revision.number == dispute.revision) {
                let names = self.line_names(&mut names, digest(&revision.document)?).await?;
                what = names.get(&dispute.line).cloned().unwrap_or_default();
            }
            tables.disputes.row(dispute_row(of, dispute, what));
        }
        Ok(())
    }

    async fn add_true_ups(&self, folder: &mut Folder, tables: &mut Tables, bill: &BillView) -> Result<(), Failure> {
        let currency = bill.bill.currency.to_string();
        for round in &bill.rounds {
            let document: TrueUpRound = self.json_document(round.document).await?;
            let stem = format!("true-ups/{currency}-{}", round.round);
            let file = folder.document(&stem, "json", self.document(round.document).await?);
            for true_up in &document.true_ups {
                tables.true_ups.row([
                    bill.bill.period.to_string(),
                    round.round.to_string(),
                    true_up.group.id.clone(),
                    currency.clone(),
                    true_up.total.to_string(),
                    round.carried_by.map_or_else(|| "not yet".to_owned(), |bill| bill.to_string()),
                    round.document.to_string(),
                    file.clone(),
                ]);
            }
        }
        Ok(())
    }
}

fn acceptance(of: &Of<'_>, what: &str, yes: &Acceptance, revision: Option<&Revision>) -> [String; 11] {
    let signed_in = if yes.by.mail().is_none() { "deemed by the policy".to_owned() } else { signed_in(&yes.by) };
    [
        of.number.clone(),
        of.period.clone(),
        of.group.to_owned(),
        of.currency.clone(),
        yes.revision.to_string(),
        what.to_owned(),
        name(&yes.by),
        signed_in,
        yes.at.to_rfc3339(),
        if yes.is_reopened { "yes" } else { "" }.to_owned(),
        revision.map(|revision| revision.document.clone()).unwrap_or_default(),
    ]
}

fn dispute_row(of: &Of<'_>, dispute: &Dispute, what: String) -> [String; 16] {
    let (outcome, by, at) = match &dispute.resolution {
        None => ("open".to_owned(), String::new(), String::new()),
        Some((Resolution::Upheld { receiver }, said)) => (format!("upheld, to {receiver}"), name(&said.by), said.at.to_rfc3339()),
        Some((Resolution::Rejected { reason }, said)) => (format!("rejected: {reason}"), name(&said.by), said.at.to_rfc3339()),
    };
    let said: Vec<String> = dispute.comments.iter().map(|comment| format!("{}: {}", name(&comment.by), comment.text)).collect();
    [
        of.number.clone(),
        of.period.clone(),
        of.group.to_owned(),
        of.currency.clone(),
        dispute.number.to_string(),
        dispute.revision.to_string(),
        dispute.line.clone(),
        what,
        dispute.amount.to_string(),
        name(&dispute.raised.by),
        dispute.raised.at.to_rfc3339(),
        dispute.raised.text.clone(),
        outcome,
        by,
        at,
        said.join("\n"),
    ]
}
