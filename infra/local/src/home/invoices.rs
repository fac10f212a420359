//! `dayone invoices`: the list.

use std::io::Write;

use dayone_documents::amount::money;
use dayone_domain::cube::BillKey;
use dayone_domain::review::Standing;
use dayone_workflow::review::InvoiceFilter;
use dayone_workflow::views::InvoiceView;
use serde_json::{Value, json};

use super::{Open, Outside};
use crate::args::OutputFormat;
use crate::args::review::InvoicesArguments;
use crate::failure::Failure;
use crate::tables::{self, count};

/// Lists the invoices that the person sees.
pub fn run(arguments: &InvoicesArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let bill = arguments.period.zip(arguments.currency).map(|(period, currency)| BillKey { period, currency });
    let filter = InvoiceFilter { bill, group: arguments.group.clone(), standing: arguments.standing.map(Standing::from) };
    let mut views = open.wait(open.tenant.invoices(&actor, filter))?;
    views.retain(|view| {
        arguments.period.is_none_or(|period| view.of.bill.period == period)
            && arguments.currency.is_none_or(|currency| view.of.bill.currency == currency)
    });
    match arguments.format {
        OutputFormat::Json => writeln!(out, "{:#}", json!({ "invoices": views.iter().map(view_json).collect::<Vec<_>>() }))?,
        OutputFormat::Table => write_views(&views, out)?,
    }
    Ok(())
}

fn write_views(views: &[InvoiceView], out: &mut dyn Write) -> Result<(), Failure> {
    if views.is_empty() {
        writeln!(out, "There is no such invoice among those that you see.\nNext: `dayone issue` issues what is due.")?;
        return Ok(());
    }
    let rows = views.iter().map(|view| {
        let revision = &view.revision;
        vec![
            view.of.bill.period.to_string(),
            view.of.bill.currency.to_string(),
            view.of.group.clone(),
            revision.invoice_number.map_or_else(String::new, |number| number.to_string()),
            revision.number.to_string(),
            money(revision.total),
            if revision.true_ups.is_zero() { String::new() } else { money(revision.true_ups) },
            revision.mode.to_string(),
            standing_words(view),
        ]
    });
    let columns = [
        ("Period", false),
        ("", false),
        ("Cost group", false),
        ("Invoice", true),
        ("Rev.", true),
        ("Total", true),
        ("True-ups", true),
        ("Mode", false),
        ("Standing", false),
    ];
    writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    let waiting = views.iter().filter(|view| view.standing == Standing::ToAccept).count();
    match waiting {
        0 => writeln!(out, "{}.\nNext: `dayone invoice show PERIOD GROUP`.", count(views.len() as u64, "invoice"))?,
        _ => writeln!(
            out,
            "{}, {waiting} to accept.\nNext: `dayone invoice show PERIOD GROUP`, then `dayone invoice accept` or `dispute`.",
            count(views.len() as u64, "invoice")
        )?,
    }
    Ok(())
}

fn standing_words(view: &InvoiceView) -> String {
    let mut words = vec![view.standing.label().to_owned()];
    if view.open_disputes > 1 {
        words.push(format!("{} disputes", view.open_disputes));
    }
    if view.open_questions > 0 {
        words.push(count(u64::from(view.open_questions), "open question"));
    }
    words.join(", ")
}

fn view_json(view: &InvoiceView) -> Value {
    let revision = &view.revision;
    json!({
        "billing_period": view.of.bill.period.to_string(), "currency": view.of.bill.currency.to_string(),
        "cost_group": view.of.group, "name": view.group_name, "parent": view.parent,
        "stage": revision.stage.label(), "revision": revision.number, "invoice_number": revision.invoice_number,
        "issued_on": revision.issued_on.to_string(), "mode": revision.mode.to_string(), "standing": view.standing,
        "total": revision.total.to_string(), "true_ups": revision.true_ups.to_string(), "due": revision.due().to_string(),
        "charged": revision.charged.sum().to_string(),
        "open_disputes": view.open_disputes, "open_questions": view.open_questions,
        "accepted_by": view.accepted_by.iter().map(|by| by.label()).collect::<Vec<_>>(),
    })
}
