//! `dayone invoice show`: one invoice, whole.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Write;

use dayone_documents::amount::{money, money_with_code, signed_money};
use dayone_domain::Currency;
use dayone_domain::cube::BillKey;
use dayone_domain::review::{Actor, By, Dispute, InvoiceDocument, InvoiceRef, Resolution, Stage, Standing};
use dayone_domain::tree::Mode;
use dayone_workflow::review::{InvoiceFilter, InvoicePage, compared_with, line_words, revision_changes};

use super::{Open, Outside};
use crate::args::review::{InvoiceArguments, InvoiceShowArguments};
use crate::failure::Failure;
use crate::tables;

/// What lines are for, by the number of the revision and their identifier.
type LineWords = BTreeMap<u32, BTreeMap<String, String>>;

/// The invoice that a command means; where no currency is named, there must be only one.
pub fn which(open: &Open, actor: &Actor, arguments: &InvoiceArguments) -> Result<InvoiceRef, Failure> {
    let (period, group) = (arguments.period, &arguments.group);
    let of = |currency: Currency| InvoiceRef { bill: BillKey { period, currency }, group: group.clone() };
    if let Some(currency) = arguments.currency {
        return Ok(of(currency));
    }
    let filter = InvoiceFilter { group: Some(group.clone()), ..InvoiceFilter::default() };
    let views = open.wait(open.tenant.invoices(actor, filter))?;
    let currencies: Vec<Currency> =
        views.iter().map(|view| view.of.bill).filter(|bill| bill.period == period).map(|bill| bill.currency).collect();
    match currencies.as_slice() {
        [currency] => Ok(of(*currency)),
        [] => Err(Failure::refused(format!(
            "there is no invoice of `{group}` for {period} among those that you see. What to do: look at `dayone invoices`."
        ))),
        several => {
            let codes: Vec<String> = several.iter().map(Currency::to_string).collect();
            Err(Failure::refused(format!(
                "`{group}` has several invoices for {period}. What to do: name one with --currency: {}.",
                codes.join(", ")
            )))
        }
    }
}

/// Shows a revision, or what changed with it.
pub fn show(arguments: &InvoiceShowArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.invoice.who.home, outside)?;
    let actor = open.actor(&arguments.invoice.who)?;
    let of = which(&open, &actor, &arguments.invoice)?;
    let page = open.wait(open.tenant.invoice(&actor, &of))?;
    let shown = arguments.revision.unwrap_or(page.document.revision);
    let revision = |number| open.wait(open.tenant.revision_document(&actor, &of, number));
    let document = if shown == page.document.revision { page.document.clone() } else { revision(shown)? };
    if arguments.changes {
        let Some(before) = arguments.from.or_else(|| compared_with(&page.state.revisions, shown)) else {
            writeln!(out, "Revision {shown} is the first: there is nothing that it could differ from.")?;
            return Ok(());
        };
        return write_changes(&revision(before)?, &document, out);
    }
    write_document(&page, &document, out)?;
    write_said(&page, &lines_of(&open, &actor, &page)?, out)?;
    write_next_step(&page, &document, out)
}

fn write_document(page: &InvoicePage, document: &InvoiceDocument, out: &mut dyn Write) -> Result<(), Failure> {
    let bill = document.of.bill;
    let title = format!("{} · {} · {}", page.view.group_name, bill.period.name(), bill.currency);
    writeln!(out, "{title}\n{}\n", "═".repeat(title.chars().count()))?;
    let number = document.invoice_number.map_or_else(String::new, |number| format!("invoice {number}, "));
    let mode = page.state.revisions.iter().find(|known| known.number == document.revision).map_or(Mode::Showback, |known| known.mode);
    writeln!(
        out,
        "{number}revision {} of {}, {}, issued on {}, {mode}",
        document.revision,
        page.document.revision,
        document.stage.label(),
        document.issued_on
    )?;
    writeln!(out, "Internal recharge. This is not a tax invoice.\n")?;
    let words = line_words(document);
    let rows = document.stated().into_iter().map(|stated| {
        let what = words.get(&stated.id).cloned().unwrap_or_default();
        vec![what, stated.account.unwrap_or_default(), money(stated.amount), stated.id]
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    let sum = |what: &str, amount| vec![what.to_owned(), String::new(), money(amount), String::new()];
    rows.push(sum("Total", document.total()));
    if !document.corrections.is_empty() || !document.true_ups().is_zero() {
        rows.push(sum("True-ups of closed periods", document.true_ups()));
        rows.push(sum("Due", document.due()));
    }
    let charged = document.charged().sum();
    if document.mode() == Mode::Chargeback && charged != document.due() {
        rows.push(sum("Charged once accepted", charged));
        rows.push(sum("For information, of periods in showback", document.due() - charged));
    }
    let columns = [("", false), ("Account", false), ("Amount", true), ("Id", false)];
    writeln!(out, "{}", tables::table(&columns, rows))?;
    for correction in &document.corrections {
        let invoice = correction.invoice_number.map_or_else(|| "none of this cost group".to_owned(), |number| format!("invoice {number}"));
        writeln!(
            out,
            "  True-up {} of {}: corrects {invoice}, by {}",
            correction.round,
            correction.period,
            signed_money(correction.true_up.total)
        )?;
    }
    if !document.corrections.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// What the disputed lines are for, by revision and identifier: a dispute is of the revision that was read.
fn lines_of(open: &Open, actor: &Actor, page: &InvoicePage) -> Result<LineWords, Failure> {
    let mut words = LineWords::new();
    for dispute in &page.state.disputes {
        if let Entry::Vacant(entry) = words.entry(dispute.revision) {
            let document = open.wait(open.tenant.revision_document(actor, &page.view.of, dispute.revision))?;
            entry.insert(line_words(&document));
        }
    }
    Ok(words)
}

fn write_said(page: &InvoicePage, words: &LineWords, out: &mut dyn Write) -> Result<(), Failure> {
    let state = &page.state;
    let yes = state.acceptances.iter().map(|yes| ("accepted", yes));
    for (what, acceptance) in yes.chain(state.acknowledgements.iter().map(|yes| ("acknowledged", yes))) {
        let again = if acceptance.is_reopened { "; a reversal took it back" } else { "" };
        let (who, at) = (who(&acceptance.by), tables::moment(acceptance.at));
        writeln!(out, "{who} {what} revision {} on {at}{again}", acceptance.revision)?;
    }
    for dispute in &state.disputes {
        let what = words.get(&dispute.revision).and_then(|words| words.get(&dispute.line));
        write_dispute(dispute, what.unwrap_or(&dispute.line), out)?;
    }
    for question in &state.questions {
        let open = if question.is_answered() { "" } else { ", open" };
        writeln!(out, "Question {}{open}: {}: {}", question.number, who(&question.asked.by), one_line(&question.asked.text))?;
        for answer in &question.answers {
            writeln!(out, "  {}: {}", who(&answer.by), one_line(&answer.text))?;
        }
    }
    for (reference, _) in &state.journals {
        writeln!(out, "Journal {reference}")?;
    }
    Ok(())
}

fn write_dispute(dispute: &Dispute, line: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let outcome = match &dispute.resolution {
        None => "open".to_owned(),
        Some((Resolution::Upheld { receiver }, _)) => format!("upheld, to {receiver}"),
        Some((Resolution::Rejected { reason }, _)) => format!("rejected: {}", one_line(reason)),
    };
    writeln!(
        out,
        "Dispute {} ({outcome}): {} of “{}”, by {}: {}",
        dispute.number,
        money_with_code(dispute.amount),
        one_line(line),
        who(&dispute.raised.by),
        one_line(&dispute.raised.text)
    )?;
    for comment in &dispute.comments {
        writeln!(out, "  {}: {}", who(&comment.by), one_line(&comment.text))?;
    }
    Ok(())
}

/// The name of whoever did something.
pub fn who(by: &By) -> String {
    match by {
        By::Policy => "the policy".to_owned(),
        by => by.label(),
    }
}

/// A text of a person on one line, with nothing that a terminal obeys.
pub fn one_line(text: &str) -> String {
    dayone_domain::plain_text::harmless(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

fn write_next_step(page: &InvoicePage, document: &InvoiceDocument, out: &mut dyn Write) -> Result<(), Failure> {
    let (period, group) = (document.of.bill.period, &document.of.group);
    let next = match (page.view.standing, document.stage) {
        _ if document.revision != page.document.revision => format!("revision {} is the newest", page.document.revision),
        (Standing::Provisional, _) | (_, Stage::Provisional) => {
            format!("it may still change; `dayone invoice ask {period} {group} --text …` asks about it")
        }
        (Standing::ToRead, _) => format!("`dayone invoice acknowledge {period} {group}` says that you have read it"),
        (Standing::ToAccept, _) => format!("`dayone invoice accept {period} {group}`, or `dispute` a line by its id"),
        (Standing::Disputed, _) => {
            let resolve = format!("`dayone invoice resolve {period} {group} --dispute N …` by a controller or FinOps");
            let is_left = page.view.revision.mode == Mode::Chargeback && page.state.holding().next().is_none();
            match is_left {
                true => format!("`dayone invoice accept {period} {group}` for what is not disputed; {resolve}"),
                false => resolve,
            }
        }
        (Standing::Accepted, _) => "`dayone journals post` by a controller".to_owned(),
        (Standing::Read, _) => "nothing is asked of you".to_owned(),
    };
    writeln!(out, "Next: {next}.")?;
    Ok(())
}

fn write_changes(before: &InvoiceDocument, now: &InvoiceDocument, out: &mut dyn Write) -> Result<(), Failure> {
    let changes = revision_changes(before, now);
    writeln!(out, "From revision {} ({}) to revision {} ({}):\n", before.revision, before.stage.label(), now.revision, now.stage.label())?;
    if changes.is_empty() {
        writeln!(out, "No amount changed.")?;
        return Ok(());
    }
    let mut rows: Vec<Vec<String>> = changes
        .into_iter()
        .map(|change| {
            let difference = signed_money(change.difference());
            vec![change.what, money(change.before), money(change.now), difference]
        })
        .collect();
    let due = [before.due(), now.due()];
    rows.push(vec!["Due".to_owned(), money(due[0]), money(due[1]), signed_money(due[1] - due[0])]);
    let columns = [("", false), ("Before", true), ("Now", true), ("Change", true)];
    write!(out, "{}", tables::table(&columns, rows))?;
    Ok(())
}
