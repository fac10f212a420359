//! `dayone audit`: the trail.

use std::io::Write;

use dayone_domain::cube::BillKey;
use dayone_domain::review::InvoiceRef;
use dayone_domain::{BillingPeriod, Currency};
use dayone_workflow::audit::{AnchorFacts, TrailEntry, TrailOf};
use serde_json::json;

use super::invoice::one_line;
use super::{Open, Outside};
use crate::args::OutputFormat;
use crate::args::home::{AuditCommand, HomeOnly, TrailArguments, TrailSelection};
use crate::failure::Failure;
use crate::tables::{self, count};

/// Does one of the commands.
pub fn run(command: &AuditCommand, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify(arguments) => verify(arguments, outside, out),
        AuditCommand::Trail(arguments) => trail(arguments, outside, out),
        AuditCommand::Anchor(arguments) => anchor(arguments, outside, out),
    }
}

fn verify(arguments: &HomeOnly, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.home, outside)?;
    let report = open.wait(open.tenant.verify())?;
    writeln!(
        out,
        "Checked: {} with {}, {} and {}.",
        count(report.streams, "stream"),
        count(report.events, "event"),
        count(report.documents, "document"),
        count(report.anchors, "anchor")
    )?;
    match &report.head {
        Some(head) => write_head(head, out)?,
        None => writeln!(out, "No anchor yet: whole streams could still go unseen.\nNext: `dayone audit anchor`.")?,
    }
    if report.findings.is_empty() {
        writeln!(out, "Everything is as it was recorded.")?;
        return Ok(());
    }
    Err(Failure::Tampered(report.findings.iter().map(ToString::to_string).collect()))
}

/// The head of the chain of anchors, which one compares with a copy of it elsewhere.
pub fn write_head(head: &AnchorFacts, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(
        out,
        "Chain head: anchor {}, {}, SHA-256 {}, over {} of {}",
        head.number,
        tables::moment(head.at),
        head.digest,
        count(head.events, "event"),
        count(head.streams, "stream")
    )?;
    Ok(())
}

fn anchor(arguments: &HomeOnly, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.home, outside)?;
    match open.wait(open.tenant.anchor())? {
        Some(facts) => write_head(&facts, out)?,
        None => {
            writeln!(out, "Nothing happened since the last anchor.")?;
            if let Some(head) = open.wait(open.tenant.chain_head())? {
                write_head(&head, out)?;
            }
        }
    }
    writeln!(out, "Next: keep the SHA-256 where nobody who can write to this home can change it.")?;
    Ok(())
}

fn trail(arguments: &TrailArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let of = selected(&arguments.of)?;
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let mut entries = open.wait(open.tenant.trail(&actor, of))?;
    match arguments.format {
        OutputFormat::Json => writeln!(out, "{:#}", json!({ "trail": entries }))?,
        OutputFormat::Table => {
            entries.retain(|entry| !entry.is_repeated);
            write_entries(&entries, out)?
        }
    }
    Ok(())
}

fn write_entries(entries: &[TrailEntry], out: &mut dyn Write) -> Result<(), Failure> {
    for entry in entries {
        writeln!(out, "{}  {}", tables::moment(entry.at), one_line(&entry.what))?;
        // A reason that the sentence has already is not said twice.
        if let Some(why) = entry.why.as_ref().filter(|why| !entry.what.contains(why.as_str())) {
            writeln!(out, "                      why: {}", one_line(why))?;
        }
        writeln!(out, "                      {} {}, {}", entry.stream, entry.version, &entry.hash.to_string()[..12])?;
    }
    writeln!(out, "{}.", count(entries.len() as u64, "event"))?;
    Ok(())
}

fn selected(of: &TrailSelection) -> Result<TrailOf, Failure> {
    if let Some(text) = &of.invoice {
        return Ok(TrailOf::Invoice(invoice_ref(text)?));
    }
    if let Some(text) = &of.bill {
        let bill = text.split_once('/').and_then(|(period, currency)| bill(period, currency));
        return bill
            .map(TrailOf::Bill)
            .ok_or_else(|| Failure::refused(format!("--bill: `{text}` is no bill. What to do: write it as 2026-10/USD.")));
    }
    Ok(match (&of.group, &of.journal) {
        (Some(group), _) => TrailOf::Group(group.clone()),
        (_, Some(journal)) => TrailOf::Journal(journal.clone()),
        _ if of.configuration => TrailOf::Configuration,
        _ => TrailOf::All,
    })
}

fn bill(period: &str, currency: &str) -> Option<BillKey> {
    Some(BillKey { period: period.parse::<BillingPeriod>().ok()?, currency: Currency::try_new(currency).ok()? })
}

fn invoice_ref(text: &str) -> Result<InvoiceRef, Failure> {
    let parts: Vec<&str> = text.splitn(3, '/').collect();
    let of = match parts.as_slice() {
        [period, currency, group] if !group.is_empty() => {
            bill(period, currency).map(|bill| InvoiceRef { bill, group: (*group).to_owned() })
        }
        _ => None,
    };
    of.ok_or_else(|| Failure::refused(format!("--invoice: `{text}` is no invoice. What to do: write it as 2026-10/USD/checkout.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_is_named_by_period_currency_and_group() {
        assert_eq!(invoice_ref("2026-10/USD/checkout").unwrap().to_string(), "2026-10/USD/checkout");
        for text in ["", "2026-10", "2026-10/USD", "2026-10/USD/", "2026-13/USD/a", "2026-10/usd/a"] {
            assert!(matches!(invoice_ref(text), Err(Failure::Refused(_))), "{text}");
        }
    }
}
