//! `dayone issue` and `dayone close`: the days of a billing period.

use std::io::Write;

use dayone_domain::people::Role;
use dayone_domain::review::InvoiceRef;
use dayone_workflow::issuing::IssueReport;

use super::{Open, Outside};
use crate::args::home::{CloseArguments, IssueArguments};
use crate::failure::Failure;
use crate::tables::count;

/// Does what is due, and says what that was.
pub fn run(arguments: &IssueArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let by = open.by_or_account(&arguments.who, &[Role::Controller])?;
    let report = open.wait(open.tenant.issue(&by, arguments.as_of))?;
    write_report(&report, out)
}

/// What a day's issuing did, in sentences.
pub fn write_report(report: &IssueReport, out: &mut dyn Write) -> Result<(), Failure> {
    if let Some(run) = report.resumed {
        writeln!(out, "Run {run} had been left behind; it is complete now.")?;
    }
    for (source, period) in &report.closed {
        writeln!(out, "The policy closed source `{source}` for {period}.")?;
    }
    for (bill, round) in &report.true_ups {
        writeln!(
            out,
            "{bill}: closed, and a newer delivery differs from what was issued. True-up {round} goes on the next invoices that become final."
        )?;
    }
    for issued in &report.issued {
        writeln!(out, "{}: {} invoices issued; their owners have mail.", issued.bill, issued.stage.label())?;
    }
    write_invoices("Reminded of", &report.reminded, out)?;
    write_invoices("Taken as accepted, for want of an answer:", &report.deemed, out)?;
    if report.is_empty() {
        writeln!(out, "Nothing is due.")?;
    }
    for (bill, what) in &report.waiting {
        writeln!(out, "{bill} stays provisional: {what}.")?;
    }
    for late in &report.late {
        writeln!(out, "Late: {late}.")?;
    }
    let next = match report.waiting.is_empty() {
        false => "Next: `dayone close SOURCE PERIOD` once a source's billing period is complete, then `dayone issue`.",
        true if report.issued.is_empty() => "Next: `dayone invoices` shows what waits for whom.",
        true => "Next: `dayone invoices`; once they are accepted, `dayone journals post`.",
    };
    writeln!(out, "{next}")?;
    Ok(())
}

fn write_invoices(what: &str, invoices: &[InvoiceRef], out: &mut dyn Write) -> Result<(), Failure> {
    const SHOWN: usize = 5;
    if invoices.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = invoices.iter().take(SHOWN).map(InvoiceRef::to_string).collect();
    let more = if invoices.len() > SHOWN { format!(" and {} more", invoices.len() - SHOWN) } else { String::new() };
    writeln!(out, "{what} {}: {}{more}.", count(invoices.len() as u64, "invoice"), names.join(", "))?;
    Ok(())
}

/// A controller says that a source's billing period is complete.
pub fn close(arguments: &CloseArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.request(&arguments.who)?;
    let view = open.wait(open.tenant.close_source(&request, &arguments.source, arguments.period))?;
    writeln!(out, "Source `{}` is closed for {}, with {}.", view.source, view.period, count(view.newest.charges, "charge"))?;
    writeln!(out, "Next: `dayone issue` makes the invoices final once every source of the billing period is closed.")?;
    Ok(())
}
