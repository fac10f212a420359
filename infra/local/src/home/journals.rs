//! `dayone journals`: what moves into the ledger.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use dayone_documents::amount::money;
use dayone_domain::ledger::journal::Coding;
use dayone_domain::ledger::{JournalKind, JournalStatus, Side};
use dayone_workflow::ledger::{JournalFilter, JournalPage, PostReport, corrected_by, net_by_currency};
use dayone_workflow::views::JournalView;
use serde_json::{Value, json};

use super::invoice::{one_line, who};
use super::{Open, Outside};
use crate::args::OutputFormat;
use crate::args::journals::{
    BatchArguments, JournalArguments, JournalsCommand, JournalsListArguments, OutArguments, PostArguments, ReclassArguments,
    RecordArguments, ReverseArguments,
};
use crate::failure::Failure;
use crate::tables::{self, count};

/// Invoices that a line names.
const MOST_NAMED: usize = 3;

const NOTHING_READY: &str = "No journal is ready: one is made when a final invoice in chargeback is accepted.";

/// Does one of the commands.
pub fn run(command: &JournalsCommand, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        JournalsCommand::List(arguments) => list(arguments, outside, out),
        JournalsCommand::Show(arguments) => show(arguments, outside, out),
        JournalsCommand::Post(arguments) => post(arguments, outside, out),
        JournalsCommand::Export(arguments) => export(arguments, outside, out),
        JournalsCommand::Batch(arguments) => batch(arguments, outside, out),
        JournalsCommand::Reverse(arguments) => reverse(arguments, outside, out),
        JournalsCommand::Reclass(arguments) => reclass(arguments, outside, out),
        JournalsCommand::Record(arguments) => record(arguments, outside, out),
    }
}

fn list(arguments: &JournalsListArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let filter = JournalFilter { status: None, group: arguments.group.clone(), period: arguments.period };
    let views = open.wait(open.tenant.journals(&actor, filter))?;
    match arguments.format {
        OutputFormat::Json => writeln!(out, "{:#}", json!({ "journals": views_json(&views) }))?,
        OutputFormat::Table if views.is_empty() => {
            writeln!(out, "There is no journal yet: one is made when a final invoice in chargeback is accepted.")?;
            writeln!(out, "Next: `dayone invoices --standing to-accept`.")?;
        }
        OutputFormat::Table => write_views(&views, out)?,
    }
    Ok(())
}

fn write_views(views: &[JournalView], out: &mut dyn Write) -> Result<(), Failure> {
    let corrected = corrected_by(views);
    let rows = views.iter().map(|view| {
        let state = &view.state;
        vec![
            state.reference.clone(),
            state.kind.label().to_owned(),
            view.period.to_string(),
            state.invoice.group.clone(),
            view.turnover.currency().to_string(),
            money(view.turnover),
            money(view.moved),
            state.status.label().to_owned(),
            state.number.clone().unwrap_or_default(),
            state.of_journal.clone().unwrap_or_default(),
            corrected.get(&state.reference).map(|by| by.join(" ")).unwrap_or_default(),
        ]
    });
    let columns = [
        ("Journal", false),
        ("Kind", false),
        ("Period", false),
        ("Cost group", false),
        ("", false),
        ("Amount", true),
        ("Net", true),
        ("Status", false),
        ("ERP number", false),
        ("Corrects", false),
        ("Corrected by", false),
    ];
    writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    let ready = views.iter().filter(|view| view.state.status == JournalStatus::Ready).count();
    let next = if ready > 0 { "`dayone journals post`, or `export` for an import by hand" } else { "`dayone journals show REF`" };
    let net = net_by_currency(views).into_iter().map(|(currency, net)| format!("{currency} {}", money(net))).collect::<Vec<_>>().join(", ");
    writeln!(out, "{}, {ready} ready; {net} net to cost centres.\nNext: {next}.", count(views.len() as u64, "journal"))?;
    Ok(())
}

fn views_json(views: &[JournalView]) -> Vec<Value> {
    let corrected = corrected_by(views);
    views.iter().map(|view| view_json(view, corrected.get(&view.state.reference).map(Vec::as_slice).unwrap_or_default())).collect()
}

fn view_json(view: &JournalView, corrected_by: &[String]) -> Value {
    let state = &view.state;
    json!({
        "journal": state.reference, "kind": state.kind.label(), "status": state.status, "billing_period": view.period.to_string(),
        "cost_group": state.invoice.group, "currency": view.turnover.currency().to_string(), "turnover": view.turnover.to_string(),
        "moved": view.moved.to_string(), "posting_date": state.frozen.as_ref().map(|frozen| frozen.posting_date.to_string()),
        "erp_number": state.number, "of_journal": state.of_journal, "reversed_by": state.reversed_by, "corrected_by": corrected_by,
    })
}

fn show(arguments: &JournalArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let page = open.wait(open.tenant.journal(&actor, &arguments.reference))?;
    let filter = JournalFilter { group: Some(page.state.invoice.group.clone()), ..JournalFilter::default() };
    let corrected = corrected_by(&open.wait(open.tenant.journals(&actor, filter))?);
    write_page(&page, corrected.get(&arguments.reference).map(Vec::as_slice).unwrap_or_default(), out)
}

fn write_page(page: &JournalPage, corrected_by: &[String], out: &mut dyn Write) -> Result<(), Failure> {
    let (facts, state) = (page.entry.facts(), &page.state);
    writeln!(out, "{} · {} · {}", facts.reference, facts.kind.label(), state.status.label())?;
    let number = facts.invoice_number.map_or_else(String::new, |number| format!("invoice {number}, "));
    writeln!(out, "{number}{}, revision {}, document of {}", facts.invoice, facts.revision, facts.document_date)?;
    writeln!(out, "{}", one_line(&facts.text))?;
    if let Some(frozen) = &state.frozen {
        let original = frozen.original_period.map_or_else(String::new, |original| format!("; {original} was closed already"));
        writeln!(out, "Posting date {}, ledger period {}{original}", frozen.posting_date, frozen.ledger_period)?;
    }
    if let Some(number) = &state.number {
        writeln!(out, "ERP number {}", one_line(number))?;
    }
    if let Some(said) = &state.said {
        writeln!(out, "The ERP said: {}", one_line(said))?;
    }
    if let Some(corrected) = &state.of_journal {
        writeln!(out, "Corrects {corrected}")?;
    }
    if !corrected_by.is_empty() {
        writeln!(out, "Corrected by {}", corrected_by.join(", "))?;
    }
    for by in &page.view.accepted_by {
        writeln!(out, "Accepted by {}", who(by))?;
    }
    writeln!(out)?;
    let rows = page.entry.lines().iter().enumerate().map(|(place, line)| {
        let on = |side| if line.side == side { money(line.amount) } else { String::new() };
        let coding = &line.coding;
        vec![
            (place + 1).to_string(),
            coding.account.clone(),
            coding.cost_center.clone(),
            coding.department.clone().unwrap_or_default(),
            coding.legal_entity.clone().unwrap_or_default(),
            on(Side::Debit),
            on(Side::Credit),
            line.text.clone(),
        ]
    });
    let columns = [
        ("Line", true),
        ("Account", false),
        ("Cost centre", false),
        ("Department", false),
        ("Legal entity", false),
        ("Debit", true),
        ("Credit", true),
        ("", false),
    ];
    write!(out, "{}", tables::table(&columns, rows.collect()))?;
    Ok(())
}

fn post(arguments: &PostArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.request(&arguments.who)?;
    let references = (!arguments.references.is_empty()).then_some(arguments.references.as_slice());
    let report = open.wait(open.tenant.post(&request, references))?;
    write_report(&report, out)
}

/// What was posted and left out; fails where the ledger refused something, or nobody can tell.
fn write_report(report: &PostReport, out: &mut dyn Write) -> Result<(), Failure> {
    for (reference, number) in &report.posted {
        writeln!(out, "{reference}: posted as {}.", one_line(number))?;
    }
    write_left_out(&report.skipped, out)?;
    write_not_built(report, out)?;
    if *report == PostReport::default() {
        writeln!(out, "{NOTHING_READY}")?;
    }
    writeln!(out, "Next: `dayone tieout PERIOD` shows what is still not posted.")?;
    let refused = report.refused.iter().map(|(reference, reason)| {
        format!(
            "{reference}: the ledger refuses it: {}. What to do: mend what it names, and `dayone journals post` again.",
            sentence(reason)
        )
    });
    let unknown = report.unknown.iter().map(|(reference, reason)| {
        format!(
            "{reference}: nobody can tell whether the ledger has it: {}. What to do: `dayone journals post` looks again; where it stays unknown, look into the ledger and `dayone journals record {reference}` what is there.",
            sentence(reason)
        )
    });
    let failed: Vec<String> = refused.chain(unknown).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::Refused(failed)) }
}

/// Accepted invoices of which no journal can be made: a line for each reason, with how many there are.
fn write_not_built(report: &PostReport, out: &mut dyn Write) -> Result<(), Failure> {
    for (reason, invoices) in report.not_built_by_reason() {
        let reason = sentence(reason);
        let (what, remedy) = told(&reason);
        let of = count(invoices.len() as u64, "accepted invoice");
        let more = match invoices.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more, among `dayone invoices --standing accepted`"),
        };
        let named = invoices.iter().take(MOST_NAMED).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        writeln!(out, "No journal can be made of {of}: {what}. What to do: {remedy}. Invoices: {named}{more}.")?;
    }
    Ok(())
}

/// What is wrong and what to do about it: reasons say both, with a semicolon between.
fn told(reason: &str) -> (&str, &str) {
    match reason.rsplit_once("; ") {
        Some((what, rule)) if rule.starts_with("journals do not leave") => {
            (what, "book it by hand, since journals are in the ledger's currency")
        }
        Some(told) => told,
        None => (reason, "mend what it names in the allocation tree or the ledger calendar"),
    }
}

fn write_left_out(skipped: &[(String, String)], out: &mut dyn Write) -> Result<(), Failure> {
    for (reference, reason) in skipped {
        writeln!(out, "{reference}: left out: {}.", sentence(reason))?;
    }
    Ok(())
}

/// A reason without its full stop, on one line.
fn sentence(reason: &str) -> String {
    one_line(reason).trim_end_matches('.').to_owned()
}

fn export(arguments: &OutArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.request(&arguments.who)?;
    let report = match open.block_on(open.tenant.export(&request)) {
        Ok(report) => report,
        // As of `post`: that nothing waits is no failure.
        Err(failure) if failure.code == "nothing-to-export" => {
            let held_back = failure.message.starts_with("no journal can be exported");
            writeln!(out, "{}", if held_back { format!("{}.", sentence(&failure.message)) } else { NOTHING_READY.to_owned() })?;
            return Ok(());
        }
        Err(failure) => return Err(failure.into()),
    };
    let (_, bytes) = open.wait(open.tenant.batch(&request.actor, report.batch))?;
    write_batch(&open, report.batch, arguments.out.as_deref(), &bytes, out)?;
    writeln!(out, "{} handed over: {}.", count(report.journals.len() as u64, "journal"), report.journals.join(", "))?;
    write_left_out(&report.skipped, out)?;
    writeln!(out, "Next: import it once, then `dayone journals record REF --number NUMBER` for each journal.")?;
    Ok(())
}

fn batch(arguments: &BatchArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let (_, bytes) = open.wait(open.tenant.batch(&actor, arguments.number))?;
    write_batch(&open, arguments.number, arguments.out.as_deref(), &bytes, out)
}

/// Writes the bytes of a batch; a file with other bytes is left alone.
fn write_batch(open: &Open, number: u64, path: Option<&Path>, bytes: &[u8], out: &mut dyn Write) -> Result<(), Failure> {
    let path = path.map_or_else(|| open.home.exports().join(format!("batch-{number:06}.csv")), Path::to_owned);
    match fs::read(&path) {
        Ok(known) if known == bytes => {}
        Ok(_) => {
            return Err(Failure::refused(format!(
                "{}: is there with other bytes. What to do: name another file with --out; `dayone journals batch {number}` gives the same bytes again.",
                path.display()
            )));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => fs::write(&path, bytes).map_err(Failure::writing(&path))?,
        Err(error) => return Err(Failure::reading(&path)(error)),
    }
    writeln!(out, "Batch {number}: {} bytes in {}.", tables::number(bytes.len() as u64), path.display())?;
    Ok(())
}

fn reverse(arguments: &ReverseArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.request(&arguments.who)?;
    let view = open.wait(open.tenant.reverse(&request, &arguments.reference, &arguments.reason))?;
    let undone = open.wait(open.tenant.journal(&request.actor, &arguments.reference))?;
    let (reversal, reversed) = (&view.state.reference, &arguments.reference);
    // Only what posted an acceptance takes it back.
    if matches!(undone.state.kind, JournalKind::Recharge | JournalKind::TrueUp) {
        writeln!(out, "{reversal}: undoes {reversed}, and is ready; the invoice is open again.")?;
        writeln!(out, "Next: `dayone journals post`; the owner accepts or disputes the invoice anew.")?;
    } else {
        writeln!(out, "{reversal}: undoes {reversed}, and is ready; the invoice stays accepted.")?;
        writeln!(out, "Next: `dayone journals post`.")?;
    }
    Ok(())
}

fn reclass(arguments: &ReclassArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.request(&arguments.who)?;
    let page = open.wait(open.tenant.journal(&request.actor, &arguments.reference))?;
    let place = arguments.line as usize - 1;
    let lines = page.entry.lines();
    let Some(line) = lines.get(place) else {
        return Err(Failure::refused(format!(
            "{} has lines 1 to {}, and no line {}. What to do: look at `dayone journals show {}`.",
            arguments.reference,
            lines.len(),
            arguments.line,
            arguments.reference
        )));
    };
    let to = recoded(&line.coding, arguments);
    let view = open.wait(open.tenant.reclass(&request, &arguments.reference, place, to, &arguments.reason))?;
    writeln!(out, "{}: takes line {} of {} to the other coding, and is ready.", view.state.reference, arguments.line, arguments.reference)?;
    writeln!(out, "Next: `dayone journals post`.")?;
    Ok(())
}

/// The coding of a line with what is asked for in place of what it has.
fn recoded(coding: &Coding, arguments: &ReclassArguments) -> Coding {
    Coding {
        account: arguments.account.clone().unwrap_or_else(|| coding.account.clone()),
        cost_center: arguments.cost_center.clone().unwrap_or_else(|| coding.cost_center.clone()),
        department: arguments.department.clone().or_else(|| coding.department.clone()),
        legal_entity: coding.legal_entity.clone(),
    }
}

fn record(arguments: &RecordArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.request(&arguments.who)?;
    if let Some(reason) = &arguments.found.missing {
        let view = open.wait(open.tenant.record_missing(&request, &arguments.reference, reason))?;
        writeln!(out, "{}: the ledger has nothing of it; it can leave anew.", view.state.reference)?;
        writeln!(out, "Next: `dayone journals post` or `export`.")?;
        return Ok(());
    }
    let number = arguments.found.number.as_deref().unwrap_or_default();
    let view = open.wait(open.tenant.record_number(&request, &arguments.reference, number))?;
    writeln!(out, "{}: posted as {}.", view.state.reference, view.state.number.as_deref().map_or_else(String::new, one_line))?;
    writeln!(out, "Next: `dayone journals list` shows those whose number is missing.")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use dayone_domain::Currency;
    use dayone_domain::cube::BillKey;
    use dayone_domain::review::InvoiceRef;

    use super::*;

    #[test]
    fn invoices_that_no_journal_can_be_made_of_are_a_count_with_one_reason() {
        let reason = "the bill is in EUR, and the ledger in USD; journals do not leave the ledger's currency";
        let told = |count: u32| {
            let bill = BillKey { period: "2026-10".parse().unwrap(), currency: Currency::try_new("EUR").unwrap() };
            let of = |number: u32| (InvoiceRef { bill, group: format!("g{number}") }, reason.to_owned());
            let mut out = Vec::new();
            let report = PostReport { not_built: (1..=count).map(of).collect(), ..PostReport::default() };
            write_not_built(&report, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let many = told(12);
        assert!(many.starts_with("No journal can be made of 12 accepted invoices: the bill is in EUR, and the ledger in USD. "), "{many}");
        assert!(many.contains("g3 and 9 more, among `dayone invoices --standing accepted`.\n") && !many.contains("g4"), "{many}");
        assert!(told(3).ends_with("g3.\n"), "{}", told(3));
        assert_eq!((many.lines().count(), told(0).as_str()), (1, ""));
    }
}
