//! Evidence: everything that an auditor asks of a period, as one folder of plain files.

use std::borrow::Cow;
use std::collections::BTreeMap;

use dayone_domain::BillingPeriod;
use dayone_domain::currency::Money;
use dayone_domain::people::Role;
use dayone_domain::plain_text::text_cell;
use dayone_domain::review::{Acceptance, Actor, By, InvoiceEvent, InvoiceRef, InvoiceState, Resolution, SignIn};
use dayone_ports::{Digest, Key, Record};

use crate::deliveries::{DeliveredFile, Delivery, SourceEvent, SourceView};
use crate::failure::Failure;
use crate::issuing::{Plan, TrueUpRound};
use crate::keys;
use crate::review::folded;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::tie_out::PeriodTieOut;
use crate::views::{InvoiceView, JournalView, digest};

/// One file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its path below the folder, with slashes.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Rows of a CSV file, the header first.
struct Table(Vec<Vec<String>>);

impl Table {
    fn new(columns: &[&str]) -> Table {
        Table(vec![columns.iter().map(|column| (*column).to_owned()).collect()])
    }

    fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.to_vec());
    }

    /// RFC 4180; every cell is quoted. A text that a spreadsheet would take for a formula gets an apostrophe in
    /// front; an amount never begins like one that is not a number.
    fn csv(&self) -> Vec<u8> {
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        for row in &self.0 {
            writer.write_record(row.iter().map(|cell| in_table(cell).into_owned())).expect("INVARIANT: rows are as long as their header");
        }
        writer.into_inner().expect("INVARIANT: memory takes every row")
    }
}

/// A cell: a number as it is, a text so that no spreadsheet runs it.
fn in_table(cell: &str) -> Cow<'_, str> {
    let is_number = cell.strip_prefix('-').unwrap_or(cell).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number { Cow::Borrowed(cell) } else { text_cell(cell) }
}

impl Tenant {
    /// The evidence of a period: `README.txt`, `inputs.csv` (every file of every delivery with its hash),
    /// `configuration/` (the texts that decided), `invoices.csv`, `acceptances.csv` (with how each person signed in),
    /// `disputes.csv`, `true-ups.csv`, `journals.csv` with the bytes of each in `journals/`, `tie-out.csv`,
    /// `states.csv`, `holding.csv` and `chain.txt`. For controllers, FinOps and auditors.
    pub async fn evidence(&self, actor: &Actor, period: BillingPeriod) -> Result<Vec<EvidenceFile>, Failure> {
        if ![Role::Controller, Role::Finops, Role::Auditor].into_iter().any(|role| actor.has(role)) {
            return Err(Failure::forbidden("this takes the role controller, FinOps or auditor"));
        }
        let tie_outs = self.tie_out(actor, period).await?;
        let mut files = vec![self.inputs_file(period).await?];
        files.extend(self.configuration_files(period).await?);
        files.extend(self.review_files(period).await?);
        files.extend(self.journal_files(period).await?);
        files.extend(tie_out_files(&tie_outs));
        files.push(EvidenceFile { path: "chain.txt".to_owned(), bytes: chain_text(&tie_outs).into_bytes() });
        let mut list: Vec<String> = files.iter().map(|file| format!("{}  {}\n", Digest::of(&file.bytes), file.path)).collect();
        list.sort_by(|a, b| a[64..].cmp(&b[64..]));
        files.push(EvidenceFile { path: "SHA256SUMS".to_owned(), bytes: list.concat().into_bytes() });
        files.push(EvidenceFile { path: "README.txt".to_owned(), bytes: readme(self, period, &tie_outs).into_bytes() });
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    async fn inputs_file(&self, period: BillingPeriod) -> Result<EvidenceFile, Failure> {
        let mut table =
            Table::new(&["source", "delivery", "modified", "known_at", "counts", "closed_by", "file", "sha256", "bytes", "charges"]);
        let views: Vec<SourceView> = self.views(&keys::deliveries(&self.id), &format!("{period}/")).await?;
        for view in views {
            let stream: Stream<SourceEvent> = self.stream(StreamId::source(&view.source, period)).await?;
            for recorded in &stream.events {
                let SourceEvent::Delivered { delivery } = &recorded.event else { continue };
                let delivery: &Delivery = delivery;
                let files: Vec<DeliveredFile> = self.delivered_files(delivery).await?;
                let closed = view.closed.as_ref().map_or_else(String::new, |(by, _)| name(by));
                for file in files {
                    table.row([
                        view.source.clone(),
                        delivery.id.to_string(),
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
        Ok(EvidenceFile { path: "inputs.csv".to_owned(), bytes: table.csv() })
    }

    /// The texts of the configuration that each bill's plan names.
    async fn configuration_files(&self, period: BillingPeriod) -> Result<Vec<EvidenceFile>, Failure> {
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for bill in self.bills_of(period).await? {
            let plan: Plan = self.json_document(bill.plan).await?;
            for (kind, text) in &plan.configuration {
                let short = &text.to_string()[..12];
                files.insert(format!("configuration/{}-{short}.txt", kind.replace('/', "-")), self.document(*text).await?);
            }
        }
        Ok(files.into_iter().map(|(path, bytes)| EvidenceFile { path, bytes }).collect())
    }

    async fn review_files(&self, period: BillingPeriod) -> Result<Vec<EvidenceFile>, Failure> {
        let mut invoices = Table::new(&[
            "invoice",
            "cost_group",
            "name",
            "currency",
            "stage",
            "revision",
            "issued_on",
            "mode",
            "total",
            "true_ups",
            "document",
        ]);
        let mut acceptances = Table::new(&["invoice", "cost_group", "currency", "revision", "what", "by", "signed_in", "at", "reopened"]);
        let mut disputes = Table::new(&[
            "invoice",
            "cost_group",
            "currency",
            "dispute",
            "line",
            "amount",
            "by",
            "at",
            "reason",
            "outcome",
            "resolved_by",
            "resolved_at",
        ]);
        let mut true_ups = Table::new(&["corrects_period", "round", "cost_group", "currency", "amount", "carried_by"]);
        for bill in self.bills_of(period).await? {
            let currency = bill.bill.currency.to_string();
            // Not the plan: an upheld dispute can give an invoice to a group that had none.
            for view in self.views::<InvoiceView>(&keys::invoices(&self.id, bill.bill), "").await? {
                let state = self.invoice_state(&view.of).await?;
                let number = view.revision.invoice_number.map_or_else(String::new, |number| number.to_string());
                for revision in &state.revisions {
                    invoices.row([
                        number.clone(),
                        view.of.group.clone(),
                        view.group_name.clone(),
                        currency.clone(),
                        revision.stage.label().to_owned(),
                        revision.number.to_string(),
                        revision.issued_on.to_string(),
                        revision.mode.to_string(),
                        revision.total.to_string(),
                        revision.true_ups.to_string(),
                        revision.document.clone(),
                    ]);
                }
                let yes = state.acceptances.iter().map(|yes| ("accepted", yes));
                for (what, acceptance) in yes.chain(state.acknowledgements.iter().map(|yes| ("acknowledged", yes))) {
                    acceptances.row(acceptance_row(&number, &view.of.group, &currency, what, acceptance));
                }
                for dispute in &state.disputes {
                    let (outcome, by, at) = match &dispute.resolution {
                        None => ("open".to_owned(), String::new(), String::new()),
                        Some((Resolution::Upheld { receiver }, said)) => {
                            (format!("upheld, to {receiver}"), name(&said.by), said.at.to_rfc3339())
                        }
                        Some((Resolution::Rejected { reason }, said)) => {
                            (format!("rejected: {reason}"), name(&said.by), said.at.to_rfc3339())
                        }
                    };
                    disputes.row([
                        number.clone(),
                        view.of.group.clone(),
                        currency.clone(),
                        dispute.number.to_string(),
                        dispute.line.clone(),
                        dispute.amount.to_string(),
                        name(&dispute.raised.by),
                        dispute.raised.at.to_rfc3339(),
                        dispute.raised.text.clone(),
                        outcome,
                        by,
                        at,
                    ]);
                }
            }
            for round in &bill.rounds {
                let document: TrueUpRound = self.json_document(round.document).await?;
                for true_up in &document.true_ups {
                    true_ups.row([
                        period.to_string(),
                        round.round.to_string(),
                        true_up.group.id.clone(),
                        currency.clone(),
                        true_up.total.to_string(),
                        round.carried_by.map_or_else(|| "not yet".to_owned(), |bill| bill.to_string()),
                    ]);
                }
            }
        }
        let tables = [("invoices", invoices), ("acceptances", acceptances), ("disputes", disputes), ("true-ups", true_ups)];
        Ok(tables.into_iter().map(|(name, table)| EvidenceFile { path: format!("{name}.csv"), bytes: table.csv() }).collect())
    }

    async fn journal_files(&self, period: BillingPeriod) -> Result<Vec<EvidenceFile>, Failure> {
        let mut table = Table::new(&[
            "journal",
            "kind",
            "cost_group",
            "status",
            "currency",
            "turnover",
            "posting_date",
            "ledger_period",
            "erp_number",
            "accepted_by",
            "sent_by",
            "document",
        ]);
        let mut files = Vec::new();
        for view in self.views::<JournalView>(&keys::journals(&self.id), "").await? {
            if view.period != period && view.state.invoice.bill.period != period {
                continue;
            }
            let frozen = view.state.frozen.as_ref();
            let body = frozen.map_or(&view.state.document, |frozen| &frozen.body);
            files
                .push(EvidenceFile { path: format!("journals/{}.json", view.state.reference), bytes: self.document(digest(body)?).await? });
            table.row([
                view.state.reference.clone(),
                view.state.kind.label().to_owned(),
                view.state.invoice.group.clone(),
                view.state.status.label().to_owned(),
                view.turnover.currency().to_string(),
                view.turnover.to_string(),
                frozen.map_or_else(String::new, |frozen| frozen.posting_date.to_string()),
                frozen.map_or_else(String::new, |frozen| frozen.ledger_period.to_string()),
                view.state.number.clone().unwrap_or_default(),
                view.accepted_by.iter().map(name).collect::<Vec<_>>().join(" "),
                frozen.map_or_else(String::new, |frozen| name(&frozen.by)),
                body.clone(),
            ]);
        }
        files.push(EvidenceFile { path: "journals.csv".to_owned(), bytes: table.csv() });
        Ok(files)
    }

    /// The state of an invoice, from its stream.
    pub(crate) async fn invoice_state(&self, of: &InvoiceRef) -> Result<InvoiceState, Failure> {
        let stream: Stream<InvoiceEvent> = self.stream(StreamId::invoice(of)).await?;
        Ok(folded(of, &stream.events))
    }

    /// One journal's view.
    pub(crate) async fn journal_view(&self, reference: &str) -> Result<(JournalView, Record), Failure> {
        let view = self.view(&Key::new(keys::journals(&self.id), reference)).await?;
        view.ok_or_else(|| Failure::not_found(format!("journal `{reference}`")))
    }
}

fn acceptance_row(number: &str, group: &str, currency: &str, what: &str, acceptance: &Acceptance) -> [String; 9] {
    let signed_in = match &acceptance.by {
        By::Policy => "deemed by the policy".to_owned(),
        By::Person { signed_in: SignIn::Password, .. } => "password".to_owned(),
        By::Person { signed_in: SignIn::Token { issuer }, .. } => format!("token of {issuer}"),
        By::Person { signed_in: SignIn::CommandLine { account }, .. } => format!("command line, account {account}"),
    };
    [
        number.to_owned(),
        group.to_owned(),
        currency.to_owned(),
        acceptance.revision.to_string(),
        what.to_owned(),
        name(&acceptance.by),
        signed_in,
        acceptance.at.to_rfc3339(),
        if acceptance.is_reopened { "yes" } else { "" }.to_owned(),
    ]
}

fn name(by: &By) -> String {
    by.mail().unwrap_or("policy").to_owned()
}

fn tie_out_files(tie_outs: &[PeriodTieOut]) -> Vec<EvidenceFile> {
    let mut files =
        Table::new(&["currency", "source", "provider", "provider_invoice", "charges", "allocated_charges", "files", "allocated", "agrees"]);
    let mut states = Table::new(&["currency", "state", "amount"]);
    let mut holding = Table::new(&["currency", "account", "cost_center", "billed", "posted", "carried", "agrees"]);
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
                line.carried.to_string(),
                yes(line.agrees()),
            ]);
        }
        let total: Money = tie_out.states.iter().fold(Money::from_minor(0, tie_out.bill.currency), |sum, (_, amount)| sum + *amount);
        for (what, amount) in [
            ("exact master bill", tie_out.proof.master.to_string()),
            ("exact invoices", tie_out.proof.invoiced_exact.to_string()),
            ("rounded master bill", tie_out.proof.bill_total.to_string()),
            ("issued", tie_out.issued.to_string()),
            ("sum of the states", total.to_string()),
        ] {
            sums.row([currency.clone(), what.to_owned(), amount]);
        }
        for (round, amount, _) in &tie_out.true_ups {
            sums.row([currency.clone(), format!("true-up {round}"), amount.to_string()]);
        }
    }
    let tables = [("tie-out-files", files), ("states", states), ("holding", holding), ("tie-out", sums)];
    tables.into_iter().map(|(name, table)| EvidenceFile { path: format!("{name}.csv"), bytes: table.csv() }).collect()
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

fn readme(tenant: &Tenant, period: BillingPeriod, tie_outs: &[PeriodTieOut]) -> String {
    let mut text = format!("Evidence of {}, tenant {}\n\n", period.name(), tenant.id);
    for tie_out in tie_outs {
        let outcome = if tie_out.differences.is_empty() { "everything ties out" } else { "DOES NOT TIE OUT" };
        text += &format!("{} ({}): {outcome}\n", tie_out.bill, tie_out.stage.label());
        tie_out.differences.iter().for_each(|difference| text += &format!("  - {difference}\n"));
    }
    text += "\ninputs.csv          every file of every delivery, with its SHA-256 and whether it counts\n\
             configuration/      the allocation tree, drivers and policy that decided\n\
             invoices.csv        every revision of every invoice\n\
             acceptances.csv     who accepted or acknowledged what, and how they had signed in\n\
             disputes.csv        every dispute and how it ended\n\
             true-ups.csv        what newer deliveries of the closed period changed\n\
             journals.csv        every journal of the period, and journals/ its bytes as they were sent\n\
             tie-out.csv         the sums that must agree; tie-out-files.csv by file source and provider invoice\n\
             states.csv          where every minor unit stands\n\
             holding.csv         what the holding accounts carry\n\
             chain.txt           the head of the chain of anchors: `dayone audit verify` checks it\n\
             SHA256SUMS          of these files: `sha256sum -c SHA256SUMS`\n";
    text
}
