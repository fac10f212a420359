//! `dayone deliveries`: what was delivered, and what waits for its files.

use std::io::Write;

use dayone_workflow::deliveries::{Awaited, SourceView};
use serde_json::{Value, json};

use super::{Open, Outside};
use crate::args::OutputFormat;
use crate::args::home::DeliveriesArguments;
use crate::failure::Failure;
use crate::tables::{self, count};

/// Lists them, for those who look after all invoices.
pub fn run(arguments: &DeliveriesArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    if !actor.sees_all() {
        let message =
            format!("`{}` looks after no deliveries. What to do: name a controller, FinOps or an auditor with --as.", actor.person.mail);
        return Err(Failure::refused(message));
    }
    let settings = open.wait(open.tenant.settings())?;
    let views = open.wait(open.tenant.source_periods())?;
    let awaited = open.wait(open.tenant.awaited(&settings))?;
    match arguments.format {
        OutputFormat::Json => {
            let views: Vec<Value> = views.iter().map(view_json).collect();
            writeln!(out, "{:#}", json!({ "deliveries": views, "awaited": awaited.iter().map(awaited_json).collect::<Vec<_>>() }))?;
        }
        OutputFormat::Table => write(&views, &awaited, out)?,
    }
    Ok(())
}

fn write(views: &[SourceView], awaited: &[Awaited], out: &mut dyn Write) -> Result<(), Failure> {
    if views.is_empty() {
        writeln!(out, "Nothing is delivered yet.")?;
    } else {
        let rows = views.iter().map(|view| {
            let closed = if view.closed.is_some() { "closed" } else { "" };
            let made = view.newest.modified.format("%Y-%m-%d %H:%M UTC").to_string();
            vec![view.period.to_string(), view.source.clone(), made, tables::number(view.newest.charges), closed.to_owned()]
        });
        let columns = [("Period", false), ("Source", false), ("Made", false), ("Charges", true), ("", false)];
        writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    }
    for awaited in awaited {
        let how = if awaited.is_late { "Late" } else { "Waits" };
        writeln!(out, "{how}: {}.", awaited.sentence())?;
    }
    match awaited.len() {
        0 if views.is_empty() => {}
        0 => writeln!(out, "Every delivery is complete.")?,
        several => writeln!(out, "{} not complete.", count(several as u64, "delivery"))?,
    }
    writeln!(out, "Next: `dayone ingest FOLDER` takes what has come.")?;
    Ok(())
}

fn view_json(view: &SourceView) -> Value {
    json!({
        "source": view.source, "billing_period": view.period.to_string(), "modified": view.newest.modified.to_rfc3339(),
        "known_at": view.known_at.to_rfc3339(), "deliveries": view.deliveries, "charges": view.newest.charges,
        "closed": view.closed.is_some(),
    })
}

fn awaited_json(awaited: &Awaited) -> Value {
    json!({
        "source": awaited.source, "billing_period": awaited.period.map(|period| period.to_string()), "manifest": awaited.manifest,
        "modified": awaited.modified.to_rfc3339(), "since": awaited.since.to_rfc3339(), "files": awaited.files, "read": awaited.read,
        "unread": awaited.unread, "refused": awaited.refused, "is_late": awaited.is_late, "sentence": awaited.sentence(),
    })
}
