//! What the demo prints when its months have happened.

use std::io::Write;
use std::path::Path;

use dayone_demo::Written;
use dayone_documents::amount::{self, money, signed_money};
use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::exact::Exact;
use dayone_domain::ledger::MoneyState;
use dayone_domain::review::InvoiceDocument;
use dayone_domain::tie_out::{DocumentComparison, compare_documents};
use dayone_workflow::tie_out::PeriodTieOut;
use dayone_workflow::views::InvoiceView;

use super::arrivals::Arrivals;
use super::plot::people::{AUDITOR, CHECKOUT, FINOPS, FIRST_CONTROLLER, LOYALTY, SECOND_CONTROLLER, STOREFRONT};
use super::story::{PASSWORD, Story};
use crate::failure::Failure;
use crate::tables::{self, count};
use crate::tieout::{read_documents, write_proof};

/// Largest difference between a provider's document and its charges that counts as agreement: a cent.
fn tolerance() -> Exact {
    Exact::from_i128(1, 2)
}

/// An invoice as the table shows it.
struct Shown {
    view: InvoiceView,
    document: InvoiceDocument,
}

/// The last closed month: its invoices, the proof, and where every minor unit stands.
///
/// # Errors
/// Where anything does not agree.
pub fn write_month(story: &Story, arrivals: &Arrivals, written: &Written, home: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let period = written.last_closed;
    let auditor = story.request(AUDITOR)?.actor;
    let mut tie_outs = story.open.wait(story.open.tenant.tie_out(&auditor, period))?;
    // What the ledger is kept in comes first.
    let ledger = story.settings.calendar.as_ref().map(|calendar| calendar.currency());
    tie_outs.sort_by_key(|tie_out| (Some(tie_out.bill.currency) != ledger, tie_out.bill));
    let comparison = compare_documents(&arrivals.control, &read_documents(&written.provider_invoices)?, tolerance());

    let months = written.sources.iter().map(|source| source.files.len()).max().unwrap_or_default();
    writeln!(
        out,
        "{}, a made-up company: {} of {} from {}.\nIts months have happened in the home {}. The last closed one:\n",
        story.settings.trees.at(period).company(),
        count(written.charges, "charge"),
        count(months as u64, "month"),
        count(written.sources.len() as u64, "source"),
        home.display(),
    )?;
    for tie_out in &tie_outs {
        write_bill(story, tie_out, out)?;
    }
    write_documents(&comparison, out)?;
    write_states(&tie_outs, period, out)?;
    let mut differences: Vec<String> = tie_outs.iter().flat_map(|tie_out| tie_out.differences.clone()).collect();
    differences.extend(comparison.differences());
    if differences.is_empty() { Ok(()) } else { Err(Failure::Differs(differences)) }
}

fn write_bill(story: &Story, tie_out: &PeriodTieOut, out: &mut dyn Write) -> Result<(), Failure> {
    let bill = tie_out.bill;
    let charges: u64 = tie_out.proof.files.iter().map(|line| line.charges).sum();
    let title = format!(
        "{} · {} · {} cost · {} · {}",
        bill.period.name(),
        bill.currency,
        tie_out.proof.basis,
        count(charges, "charge"),
        tie_out.stage.label()
    );
    writeln!(out, "{title}\n{}\n", "═".repeat(title.chars().count()))?;
    writeln!(out, "{}", invoice_table(story, bill)?)?;
    write_proof(&tie_out.proof, false, out)?;
    writeln!(out)?;
    Ok(())
}

fn shown(story: &Story, bill: BillKey) -> Result<Vec<Shown>, Failure> {
    let auditor = story.request(AUDITOR)?.actor;
    let filter = dayone_workflow::review::InvoiceFilter { bill: Some(bill), ..Default::default() };
    let views = story.open.wait(story.open.tenant.invoices(&auditor, filter))?;
    views.into_iter().map(|view| Ok(Shown { document: story.page(&view.of)?.document, view })).collect()
}

/// Every cost group that has an invoice, in the order of the tree below its parents, and the sum.
fn invoice_table(story: &Story, bill: BillKey) -> Result<String, Failure> {
    let shown = shown(story, bill)?;
    let groups = story.settings.trees.at(bill.period).groups();
    let of = |place: usize| shown.iter().find(|shown| shown.view.of.group == groups[place].id);
    let mut rolled: Vec<Option<Money>> = (0..groups.len()).map(|place| of(place).map(|shown| shown.document.total())).collect();
    for place in (0..groups.len()).rev() {
        // Children come after their parents.
        if let (Some(below), Some(parent)) = (rolled[place], groups[place].parent) {
            rolled[parent] = Some(rolled[parent].map_or(below, |sum| sum + below));
        }
    }
    let nothing = Money::from_minor(0, bill.currency);
    let mut sums = [nothing; 4];
    let mut rows = Vec::new();
    for (place, group) in groups.iter().enumerate().filter(|(place, _)| rolled[*place].is_some()) {
        let level = std::iter::successors(group.parent, |parent| groups[*parent].parent).count();
        let mut row = vec![format!("{}{}", "  ".repeat(level), group.name)];
        match of(place) {
            Some(Shown { view, document }) => {
                let parts = document.invoice.direct_and_shared();
                let figures = [parts[0], parts[1], document.total(), document.true_ups()];
                sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum = *sum + figure);
                row.extend([view.revision.mode.to_string(), money(parts[0]), money(parts[1]), money(document.total())]);
                row.extend([true_up(document.true_ups()), below(group.is_leaf, rolled[place]), view.standing.label().to_owned()]);
            }
            None => row.extend(["", "", "", "", "", &below(group.is_leaf, rolled[place]), ""].map(str::to_owned)),
        }
        rows.push(row);
    }
    let mut sum = vec!["All cost groups".to_owned(), String::new()];
    sum.extend(sums[..3].iter().map(|sum| money(*sum)));
    sum.extend([true_up(sums[3]), String::new(), String::new()]);
    rows.push(sum);
    let columns = [
        ("Cost group", false),
        ("Mode", false),
        ("Direct", true),
        ("Shared", true),
        ("Invoice", true),
        ("True-ups", true),
        ("With those below", true),
        ("Standing", false),
    ];
    Ok(tables::table(&columns, rows))
}

fn true_up(amount: Money) -> String {
    if amount.is_zero() { String::new() } else { signed_money(amount) }
}

fn below(is_leaf: bool, rolled: Option<Money>) -> String {
    rolled.filter(|_| !is_leaf).map_or_else(String::new, money)
}

fn write_documents(comparison: &DocumentComparison, out: &mut dyn Write) -> Result<(), Failure> {
    let agreeing = comparison.lines.iter().filter(|line| line.agrees).count();
    let mark = if agreeing == comparison.lines.len() { "✓" } else { "✗" };
    writeln!(
        out,
        "  {mark} files = the providers' documents, to the cent: {} of {} of the closed months\n",
        amount::grouped(&agreeing.to_string()),
        count(comparison.lines.len() as u64, "document")
    )?;
    Ok(())
}

/// Promise 9: each minor unit is in one state.
fn write_states(tie_outs: &[PeriodTieOut], period: BillingPeriod, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "Where every minor unit of {} stands:\n", period.name())?;
    let of = |tie_out: &PeriodTieOut, wanted: Option<MoneyState>| {
        let amounts = tie_out.states.iter().filter(|(state, _)| wanted.is_none_or(|wanted| wanted == *state)).map(|(_, amount)| *amount);
        money(amount::sum(amounts, tie_out.bill.currency))
    };
    let row = |label: &str, wanted| std::iter::once(label.to_owned()).chain(tie_outs.iter().map(|tie_out| of(tie_out, wanted))).collect();
    let mut rows: Vec<Vec<String>> = MoneyState::ALL.into_iter().map(|state| row(state.label(), Some(state))).collect();
    rows.push(row("the bill", None));
    let codes: Vec<String> = tie_outs.iter().map(|tie_out| tie_out.bill.currency.to_string()).collect();
    let mut columns = vec![("State", false)];
    columns.extend(codes.iter().map(|code| (code.as_str(), true)));
    writeln!(out, "{}", tables::table(&columns, rows))?;
    Ok(())
}

/// Whom to sign in as, and what for.
pub fn write_people(story: &Story, out: &mut dyn Write) -> Result<(), Failure> {
    let all = [
        (STOREFRONT, "Storefront", "accept the invoice that waits, with September's true-up beside it; or dispute a line"),
        (CHECKOUT, "Checkout", "follow the dispute that she raised, and accept the rest meanwhile"),
        (LOYALTY, "Loyalty, in showback", "say that you have read the invoice; nothing is posted for it"),
        (SECOND_CONTROLLER, "controller", "post the journals of Tills; promote Loyalty under the policy"),
        (FIRST_CONTROLLER, "controller", "close gcp-focus for October, then issue: the invoices in euros become final"),
        (FINOPS, "FinOps", "resolve Checkout's dispute: reject it, or uphold it to another cost group"),
        (AUDITOR, "auditor", "read the tie-out of a month and the trail of anything"),
    ];
    writeln!(out, "Sign in as one of these; the password of everybody is {PASSWORD}\n")?;
    let rows = all.into_iter().map(|(mail, of, what)| {
        let name = story.settings.people.get(mail).map_or_else(String::new, |person| person.name.clone());
        vec![name, of.to_owned(), mail.to_owned(), what.to_owned()]
    });
    let columns = [("Name", false), ("", false), ("Mail", false), ("What to try", false)];
    writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    Ok(())
}

/// What else can be done, from the command line.
pub fn write_commands(written: &Written, home: &Path, is_served: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let dayone = program();
    let period = written.last_closed;
    let shown = |path: &Path| quoted(&path.display().to_string());
    let home = shown(home);
    writeln!(out, "Try{}:", if is_served { " beside it" } else { "" })?;
    if !is_served {
        writeln!(out, "  {dayone} serve --home {home}")?;
    }
    writeln!(out, "  {dayone} invoices --period {period} --home {home} --as {FINOPS}")?;
    writeln!(out, "  {dayone} tieout {period} --home {home} --as {AUDITOR}")?;
    writeln!(out, "  {dayone} evidence {period} --home {home} --as {AUDITOR}")?;
    writeln!(out, "  {dayone} audit verify --home {home}")?;
    let sources: Vec<String> = written.sources.iter().map(|source| shown(&source.folder)).collect();
    writeln!(
        out,
        "  {dayone} tieout {} --tree {} --drivers {} --basis effective --period {period}\n",
        sources.join(" "),
        shown(&written.tree),
        shown(&written.drivers)
    )?;
    Ok(())
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = word.chars().all(|letter| letter.is_alphanumeric() || "/._-+=:@".contains(letter));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// How to call this program from where the caller stands.
fn program() -> String {
    let here = std::env::current_dir().ok();
    let program = std::env::current_exe().ok();
    match (&program, &here) {
        (Some(program), Some(here)) => quoted(&program.strip_prefix(here).unwrap_or(program).display().to_string()),
        _ => "dayone".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_blanks_is_one_word() {
        assert_eq!(quoted("dayone-demo/home"), "dayone-demo/home");
        assert_eq!(quoted("my demo/it's"), "'my demo/it'\\''s'");
    }
}
