//! `dayone tieout`: the proof.

use std::fs;
use std::io::Write;
use std::path::Path;

use dayone_configuration::read_provider_invoices;
use dayone_documents::amount::{self, money};
use dayone_domain::BillingPeriod;
use dayone_domain::exact::Exact;
use dayone_domain::tie_out::{ControlTotals, DocumentComparison, DocumentLine, FilesLine, ProviderInvoice, TieOut, compare_documents};
use serde_json::{Value, json};

use crate::args::{OutputFormat, TieoutArguments};
use crate::configured::{Configured, configure};
use crate::failure::Failure;
use crate::months::{in_period, invoice_all, note_early_bills};
use crate::tables::{self, count, exact};

/// Reads, invoices, compares and prints; fails on a difference.
pub fn run(arguments: &TieoutArguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let documents = arguments.provider_invoices.as_deref().map(read_documents).transpose();
    let configured = configure(&arguments.files, &arguments.allocation, false, err);
    let (documents, Configured { versions, drivers, loaded }) = Failure::both(documents, configured)?;
    let months = invoice_all(&loaded, &versions, arguments.allocation.basis, &drivers);
    note_early_bills(&months, &versions, err)?;
    let shown = in_period(&months, arguments.allocation.period)?;
    let comparison = documents.map(|documents| match arguments.allocation.period {
        Some(period) => {
            compare_documents(&loaded.control.of_period(period), &of_period(&documents, &loaded.control, period), arguments.tolerance)
        }
        None => compare_documents(&loaded.control, &documents, arguments.tolerance),
    });
    let mut differences: Vec<String> = shown.iter().flat_map(|month| month.tie_out.differences()).collect();
    differences.extend(comparison.iter().flat_map(DocumentComparison::differences));
    match arguments.format {
        OutputFormat::Table => {
            for month in &shown {
                let tie_out = &month.tie_out;
                let title = format!("{} · {} · {} cost", tie_out.key.period.name(), tie_out.key.currency, tie_out.basis);
                writeln!(out, "{title}\n{}\n", "═".repeat(title.chars().count()))?;
                write_proof(tie_out, true, out)?;
                writeln!(out)?;
            }
            write_documents(comparison.as_ref(), out)?;
            if differences.is_empty() {
                writeln!(out, "Everything ties out.")?;
            }
        }
        OutputFormat::Json => {
            let periods: Vec<Value> = shown.iter().map(|month| month_json(&month.tie_out)).collect();
            let document = json!({
                "periods": periods,
                "provider_invoices": comparison.as_ref().map(documents_json),
                "differences": differences,
            });
            writeln!(out, "{document:#}")?;
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(Failure::Differs(differences)) }
}

/// The provider's documents of a file.
pub fn read_documents(path: &Path) -> Result<Vec<ProviderInvoice>, Failure> {
    let bytes = fs::read(path).map_err(Failure::reading(path))?;
    read_provider_invoices(&path.display().to_string(), &bytes).map_err(Failure::texts)
}

/// The documents of a period: without those whose numbers are in charges of other periods only. A document that
/// no charge carries stays, since it may be of any; a credit memo of an earlier month's invoice stands alone.
fn of_period(documents: &[ProviderInvoice], control: &ControlTotals, period: BillingPeriod) -> Vec<ProviderInvoice> {
    let is_anywhere = |id: &str| control.periods_of(id).next().is_some();
    let is_here = |id: &str| control.periods_of(id).any(|other| other == period);
    let is_elsewhere = |id: &str| is_anywhere(id) && !is_here(id);
    let mut kept = Vec::new();
    for document in documents {
        let corrects_elsewhere = document.credit_memo_of.as_deref().is_some_and(is_elsewhere);
        // A memo whose rows carry its invoice's number is compared where the invoice is.
        let is_compared_elsewhere = is_elsewhere(&document.id) || (corrects_elsewhere && !is_anywhere(&document.id));
        if !is_compared_elsewhere {
            let credit_memo_of = document.credit_memo_of.clone().filter(|_| !corrects_elsewhere);
            kept.push(ProviderInvoice { credit_memo_of, ..document.clone() });
        }
    }
    kept
}

/// The proof of one bill; `in_full` lists the figures by source and provider invoice.
pub fn write_proof(tie_out: &TieOut, in_full: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let mark = |agrees: bool| if agrees { "✓" } else { "✗" };
    let currency = tie_out.key.currency;
    if in_full {
        let rows = tie_out.files.iter().map(|line| {
            let invoice = if line.invoice.is_empty() { "(none yet)".to_owned() } else { line.invoice.clone() };
            vec![
                line.source.clone(),
                if line.provider.is_empty() { "(not stated)".to_owned() } else { line.provider.clone() },
                invoice,
                amount::grouped(&line.charges.to_string()),
                exact(line.files, currency),
                exact(line.allocated, currency),
                mark(line.agrees()).to_owned(),
            ]
        });
        let columns = [
            ("Source", false),
            ("Provider", false),
            ("Provider invoice", false),
            ("Charges", true),
            ("Files", true),
            ("Allocated", true),
            ("", false),
        ];
        writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    }
    let sources: std::collections::BTreeSet<&str> = tie_out.files.iter().map(|line| line.source.as_str()).collect();
    let files_agree = tie_out.files.iter().all(FilesLine::agrees);
    writeln!(
        out,
        "  {} files = allocated, exactly: {} from {}, {}",
        mark(files_agree),
        exact(tie_out.files.iter().map(|line| line.files).sum(), currency),
        count(sources.len() as u64, "source"),
        provider_invoices(tie_out),
    )?;
    let pools_agree = tie_out.pools.iter().all(|pool| pool.into == pool.divided);
    if !tie_out.pools.is_empty() {
        writeln!(out, "  {} pools in = out, exactly: {}", mark(pools_agree), count(tie_out.pools.len() as u64, "shared pool"))?;
    }
    let invoices_agree =
        tie_out.bill_total == tie_out.invoiced && tie_out.master == tie_out.invoiced_exact && tie_out.unsound_invoices.is_empty();
    writeln!(
        out,
        "  {} allocated = invoiced: the bill rounds to {}, the invoices sum to {}, and their lines to them",
        mark(invoices_agree),
        money(tie_out.bill_total),
        money(tie_out.invoiced)
    )?;
    if let Some(bridge) = &tie_out.bridge {
        writeln!(out, "\n  From billed to effective cost, by billing account:")?;
        for line in bridge {
            let account = if line.billing_account.is_empty() { "(no billing account)" } else { &line.billing_account };
            let steps = [
                ("Billed", line.billed),
                ("Prepaid purchases", line.prepaid_purchases),
                ("Amortisation", line.amortisation),
                ("Unused commitment", line.unused_commitment),
                ("Residual", line.residual),
                ("Effective", line.effective),
            ];
            let rows = steps.into_iter().map(|(step, amount)| vec![step.to_owned(), exact(amount, currency)]).collect();
            writeln!(out, "\n  {} {account}", line.provider)?;
            write!(out, "{}", tables::indented(&tables::table(&[("", false), ("", true)], rows)))?;
        }
    }
    Ok(())
}

fn provider_invoices(tie_out: &TieOut) -> String {
    let invoiced = tie_out.files.iter().filter(|line| !line.invoice.is_empty()).count();
    match (invoiced, invoiced < tie_out.files.len()) {
        (0, _) => "not invoiced by the provider yet".to_owned(),
        (_, false) => count(invoiced as u64, "provider invoice"),
        (_, true) => format!("{} and charges that carry none", count(invoiced as u64, "provider invoice")),
    }
}

/// The comparison with the provider's documents, or that there was none.
pub fn write_documents(comparison: Option<&DocumentComparison>, out: &mut dyn Write) -> Result<(), Failure> {
    let Some(comparison) = comparison else {
        writeln!(out, "The provider's documents were not compared: none were given (--provider-invoices FILE).\n")?;
        return Ok(());
    };
    writeln!(out, "The provider's documents, within {} each:\n", comparison.tolerance)?;
    let figure = |amount: Option<Exact>, currency| amount.map_or_else(|| "–".to_owned(), |amount| exact(amount, currency));
    let rows = comparison.lines.iter().map(|line| {
        vec![
            name_of(line),
            line.currency.to_string(),
            figure(line.documents_net, line.currency),
            figure(line.files_net, line.currency),
            figure(line.documents_tax, line.currency),
            figure(line.files_tax, line.currency),
            if line.agrees { "✓" } else { "✗" }.to_owned(),
        ]
    });
    let columns = [
        ("Provider invoice", false),
        ("", false),
        ("Document net", true),
        ("Files net", true),
        ("Document tax", true),
        ("Files tax", true),
        ("", false),
    ];
    writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    for (bill, provider) in &comparison.not_invoiced_yet {
        writeln!(out, "  {bill}: {provider} has not invoiced it yet; not compared\n")?;
    }
    Ok(())
}

fn name_of(line: &DocumentLine) -> String {
    match line.ids.as_slice() {
        [id] if id.is_empty() => "(charges without invoice id)".to_owned(),
        [id] => id.clone(),
        [id, memos @ ..] => format!("{id} and credit memo {}", memos.join(", ")),
        [] => String::new(),
    }
}

/// The proof of one bill for scripts.
pub fn month_json(tie_out: &TieOut) -> Value {
    let files: Vec<Value> = tie_out
        .files
        .iter()
        .map(|line| {
            json!({
                "source": line.source, "provider": line.provider, "provider_invoice": line.invoice, "charges": line.charges, "allocated_charges": line.allocated_charges,
                "files": line.files.to_string(), "allocated": line.allocated.to_string(),
            })
        })
        .collect();
    let pools: Vec<Value> =
        tie_out.pools.iter().map(|pool| json!({"pool": pool.pool, "in": pool.into.to_string(), "out": pool.divided.to_string()})).collect();
    let bridge: Option<Vec<Value>> = tie_out.bridge.as_ref().map(|bridge| {
        bridge
            .iter()
            .map(|line| {
                json!({
                    "provider": line.provider, "billing_account": line.billing_account, "billed": line.billed.to_string(),
                    "prepaid_purchases": line.prepaid_purchases.to_string(), "amortisation": line.amortisation.to_string(),
                    "unused_commitment": line.unused_commitment.to_string(), "residual": line.residual.to_string(),
                    "effective": line.effective.to_string(),
                })
            })
            .collect()
    });
    json!({
        "billing_period": tie_out.key.period.to_string(), "currency": tie_out.key.currency.to_string(), "basis": tie_out.basis.to_string(),
        "files": files, "pools": pools,
        "master_bill": tie_out.master.to_string(), "invoiced_exact": tie_out.invoiced_exact.to_string(),
        "bill_total": tie_out.bill_total.to_string(), "invoiced_total": tie_out.invoiced.to_string(),
        "bridge": bridge, "ties_out": tie_out.differences().is_empty(),
    })
}

fn documents_json(comparison: &DocumentComparison) -> Value {
    let text = |amount: Option<Exact>| amount.map(|amount| amount.to_string());
    let lines: Vec<Value> = comparison
        .lines
        .iter()
        .map(|line| {
            json!({
                "ids": line.ids, "currency": line.currency.to_string(),
                "documents_net": text(line.documents_net), "files_net": text(line.files_net),
                "documents_tax": text(line.documents_tax), "files_tax": text(line.files_tax), "agrees": line.agrees,
            })
        })
        .collect();
    json!({
        "tolerance": comparison.tolerance.to_string(), "lines": lines,
        "not_invoiced_yet": comparison.not_invoiced_yet.iter().map(|(bill, provider)| json!({"billing_period": bill.period.to_string(), "currency": bill.currency.to_string(), "provider": provider})).collect::<Vec<_>>(),
    })
}
