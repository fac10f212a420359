//! `dayone invoice`: what people say to an invoice.

use std::io::Write;

use dayone_documents::amount::money_with_code;
use dayone_domain::Currency;
use dayone_domain::currency::Money;
use dayone_domain::exact::Exact;
use dayone_domain::review::{DisputeOf, InvoiceRef, Resolution, Revision};
use dayone_workflow::Request;
use dayone_workflow::review::{Reviewed, line_words};
use dayone_workflow::views::InvoiceView;

use super::invoice::{self, which};
use super::{Open, Outside};
use crate::args::review::{DecideArguments, DisputeArguments, HowArguments, InvoiceArguments, InvoiceCommand, ResolveArguments};
use crate::failure::Failure;

/// Does one of the commands.
pub fn run(command: &InvoiceCommand, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        InvoiceCommand::Show(arguments) => invoice::show(arguments, outside, out),
        InvoiceCommand::Accept(arguments) => accept(arguments, outside, out),
        InvoiceCommand::Acknowledge(arguments) => acknowledge(arguments, outside, out),
        InvoiceCommand::Dispute(arguments) => dispute(arguments, outside, out),
        InvoiceCommand::Ask(arguments) => {
            let Deciding { open, request, of } = Deciding::on(&arguments.invoice, outside)?;
            let view = open.wait(open.tenant.ask(&request, &of, &arguments.text))?;
            said(&view, "the question is there; whoever looks after the invoices answers it", out)
        }
        InvoiceCommand::Answer(arguments) => {
            let Deciding { open, request, of } = Deciding::on(&arguments.invoice, outside)?;
            let view = open.wait(open.tenant.answer(&request, &of, arguments.question, &arguments.text))?;
            said(&view, &format!("question {} is answered", arguments.question), out)
        }
        InvoiceCommand::Comment(arguments) => {
            let Deciding { open, request, of } = Deciding::on(&arguments.invoice, outside)?;
            let view = open.wait(open.tenant.comment(&request, &of, arguments.dispute, &arguments.text))?;
            said(&view, &format!("the comment stands beside dispute {}", arguments.dispute), out)
        }
        InvoiceCommand::Resolve(arguments) => resolve(arguments, outside, out),
    }
}

/// A person about to decide on an invoice.
struct Deciding {
    open: Open,
    request: Request,
    of: InvoiceRef,
}

impl Deciding {
    fn on(arguments: &InvoiceArguments, outside: &Outside) -> Result<Deciding, Failure> {
        let open = Open::at(&arguments.who.home, outside)?;
        let request = open.request(&arguments.who)?;
        let of = which(&open, &request.actor, arguments)?;
        Ok(Deciding { open, request, of })
    }

    /// The revision that was read: the one that is named, else the newest that is shown.
    fn revision(&self, named: Option<u32>) -> Result<u32, Failure> {
        match named {
            Some(revision) => Ok(revision),
            None => Ok(self.open.wait(self.open.tenant.invoice(&self.request.actor, &self.of))?.document.revision),
        }
    }
}

fn accept(arguments: &DecideArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let deciding = Deciding::on(&arguments.invoice, outside)?;
    let revision = deciding.revision(arguments.revision)?;
    let Deciding { open, request, of } = deciding;
    let reviewed = open.wait(open.tenant.accept(&request, &of, revision))?;
    writeln!(out, "{of}: revision {revision} is accepted, {}.", accepted_amount(&reviewed.view.revision))?;
    write_journals(&reviewed, out)
}

/// What is charged by an acceptance; beside it what is for information, where that is a part.
fn accepted_amount(revision: &Revision) -> String {
    let charged = money_with_code(revision.charged.sum());
    match revision.is_charged_in_part() {
        true => format!("{charged} charged; {} is for information, of periods in showback", money_with_code(revision.shown())),
        false => charged,
    }
}

/// The journals that a decision has made, and what comes next.
fn write_journals(reviewed: &Reviewed, out: &mut dyn Write) -> Result<(), Failure> {
    match reviewed.journals.as_slice() {
        [] => {}
        [one] => writeln!(out, "Journal {one} is ready.")?,
        several => writeln!(out, "Journals {} are ready.", several.join(", "))?,
    }
    if let Some(note) = &reviewed.note {
        writeln!(out, "No journal yet: {}.", note.trim_end_matches('.'))?;
    }
    match (reviewed.journals.is_empty(), &reviewed.note) {
        (_, Some(_)) => writeln!(out, "Next: see to that; `dayone journals post` tries again.")?,
        (false, None) => writeln!(out, "Next: `dayone journals post` or `export`, by a controller who did not accept it alone.")?,
        (true, None) => writeln!(out, "Next: `dayone invoices` shows what else waits.")?,
    }
    Ok(())
}

fn acknowledge(arguments: &DecideArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let deciding = Deciding::on(&arguments.invoice, outside)?;
    let revision = deciding.revision(arguments.revision)?;
    let Deciding { open, request, of } = deciding;
    let view = open.wait(open.tenant.acknowledge(&request, &of, revision))?;
    said(&view, &format!("you have read revision {revision}; nothing more is asked of you"), out)
}

fn dispute(arguments: &DisputeArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let deciding = Deciding::on(&arguments.invoice, outside)?;
    let revision = deciding.revision(arguments.revision)?;
    let Deciding { open, request, of } = deciding;
    let amount = amount_of(&arguments.amount, of.bill.currency)?;
    let asked = DisputeOf { revision, line: &arguments.line, amount, reason: &arguments.reason };
    let view = open.wait(open.tenant.dispute(&request, &of, asked))?;
    let document = open.wait(open.tenant.revision_document(&request.actor, &of, revision))?;
    let line = line_words(&document).remove(&arguments.line).unwrap_or_else(|| arguments.line.clone());
    writeln!(
        out,
        "{of}: {} of “{}” are disputed and stay out of the ledger; the rest need not wait.",
        money_with_code(amount),
        invoice::one_line(&line)
    )?;
    writeln!(
        out,
        "Next: `dayone invoice accept {} {}` for the rest; a controller or FinOps resolves the dispute ({} open).",
        of.bill.period, of.group, view.open_disputes
    )?;
    Ok(())
}

/// An amount as people write it: with a point, with no more decimals than the currency has.
fn amount_of(text: &str, currency: Currency) -> Result<Money, Failure> {
    let decimals = currency.minor_digits();
    let exact = Exact::parse_plain(text).ok().map(Exact::normalized).filter(|amount| amount.scale() <= decimals);
    let minor = exact.and_then(|amount| i128::try_from(amount.units_at(decimals)).ok());
    minor.map(|minor| Money::from_minor(minor, currency)).ok_or_else(|| {
        Failure::refused(format!(
            "--amount: `{text}` is no amount in {currency}. What to do: write it without separators and with at most {decimals} decimals, such as {}.",
            Money::from_minor(123_456, currency)
        ))
    })
}

fn resolve(arguments: &ResolveArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let Deciding { open, request, of } = Deciding::on(&arguments.invoice, outside)?;
    let resolution = resolution(&open, &of, &arguments.how)?;
    let reviewed = open.wait(open.tenant.resolve(&request, &of, arguments.dispute, resolution.clone(), None))?;
    match &resolution {
        Resolution::Upheld { receiver } => {
            writeln!(out, "{of}: dispute {} is upheld; the amount goes to {receiver}, and both have a new revision.", arguments.dispute)?
        }
        Resolution::Rejected { .. } => writeln!(out, "{of}: dispute {} is rejected; the amount stays.", arguments.dispute)?,
    }
    write_journals(&reviewed, out)
}

fn resolution(open: &Open, of: &InvoiceRef, how: &HowArguments) -> Result<Resolution, Failure> {
    if let Some(reason) = &how.reject {
        return Ok(Resolution::Rejected { reason: reason.clone() });
    }
    if let Some(receiver) = &how.uphold_to {
        return Ok(Resolution::Upheld { receiver: receiver.clone() });
    }
    let settings = open.wait(open.tenant.settings())?;
    let tree = settings.trees.at(of.bill.period);
    match tree.central() {
        Some(place) => Ok(Resolution::Upheld { receiver: tree.groups()[place].id.clone() }),
        None => Err(Failure::refused(format!(
            "the tree of {} names no central cost group. What to do: name the group that takes the amount with --uphold-to, or state `central` in the tree of a later period.",
            of.bill.period
        ))),
    }
}

fn said(view: &InvoiceView, what: &str, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{}: {what}.", view.of)?;
    writeln!(out, "Next: `dayone invoice show {} {}`.", view.of.bill.period, view.of.group)?;
    Ok(())
}
