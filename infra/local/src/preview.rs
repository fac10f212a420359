//! `dayone preview`: what every cost group would be invoiced.

mod json;

use std::io::Write;

use dayone_documents::amount::money;
use dayone_domain::coverage::BillCoverage;
use dayone_domain::currency::Money;
use dayone_domain::exact::Exact;
use dayone_domain::invoice::Invoices;

use crate::args::{OutputFormat, PreviewArguments};
use crate::configured::{Configured, configure};
use crate::failure::Failure;
use crate::load::Loaded;
use crate::months::{Month, in_period, invoice_all, note_early_bills};
use crate::tables::{self, count, exact, percent};
use crate::{pages, tieout};

/// Reads, invoices and prints.
pub fn run(arguments: &PreviewArguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let has_tree = !arguments.allocation.trees.is_empty();
    if let Some(folder) = &arguments.out {
        pages::prepare(folder)?;
    }
    let Configured { versions, drivers, loaded } = configure(&arguments.files, &arguments.allocation, !has_tree, err)?;
    let months = invoice_all(&loaded, &versions, arguments.allocation.basis, &drivers);
    note_early_bills(&months, &versions, err)?;
    let shown = in_period(&months, arguments.allocation.period)?;
    match arguments.format {
        OutputFormat::Json => writeln!(out, "{:#}", json::periods(&loaded, &shown))?,
        OutputFormat::Table => {
            if shown.is_empty() {
                writeln!(out, "The files hold no charges.")?;
            }
            for month in &shown {
                write_month(&loaded, month, has_tree, out)?;
            }
            if !has_tree && !shown.is_empty() {
                writeln!(
                    out,
                    "Nothing is allocated yet. Start a tree with `dayone tree suggest FILE > tree.yaml`, then add `--tree tree.yaml`."
                )?;
            }
        }
    }
    if let Some(folder) = &arguments.out {
        let written = pages::write(folder, &versions, &months, arguments.allocation.period)?;
        let first = written.first().unwrap_or(folder);
        writeln!(err, "{} written; open {} first.", count(written.documents as u64, "document"), first.display())?;
    }
    let differences: Vec<String> = shown.iter().flat_map(|month| month.tie_out.differences()).collect();
    if differences.is_empty() { Ok(()) } else { Err(Failure::Differs(differences)) }
}

/// One month: the master bill, its invoices or, without a tree, where to begin one, and the proof.
pub fn write_month(loaded: &Loaded, month: &Month, has_tree: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let invoices = &month.invoices;
    let key = invoices.key;
    let title = format!("{} · {} · {} cost · {}", key.period.name(), key.currency, invoices.basis, count(invoices.charges, "charge"));
    writeln!(out, "{title}\n{}\n", "═".repeat(title.chars().count()))?;
    let master = &invoices.master;
    let optional = |cost: Option<Exact>| cost.map_or_else(|| "not in these files".to_owned(), |cost| exact(cost, key.currency));
    let bill = [
        ("billed", exact(master.billed, key.currency)),
        ("effective", exact(master.effective, key.currency)),
        ("list", optional(master.list)),
        ("contracted", optional(master.contracted)),
    ];
    let rows = bill.into_iter().map(|(name, cost)| vec![name.to_owned(), cost]).collect();
    writeln!(out, "{}", tables::table(&[("Master bill", false), ("", true)], rows))?;
    if has_tree {
        writeln!(out, "{}", invoice_table(invoices))?;
    } else if let Some(coverage) = loaded.coverage.as_ref().and_then(|coverage| coverage.of(key)) {
        write_coverage(loaded, month, coverage, out)?;
    }
    tieout::write_proof(&month.tie_out, false, out)?;
    writeln!(out)?;
    Ok(())
}

/// Every cost group, indented below its parent, and the sum.
pub fn invoice_table(invoices: &Invoices) -> String {
    let nests = invoices.invoices.iter().any(|invoice| invoice.group.parent.is_some());
    let rolled = invoices.roll_ups();
    let mut sums = [0; 2];
    let mut rows = Vec::with_capacity(invoices.invoices.len() + 1);
    for (place, invoice) in invoices.invoices.iter().enumerate() {
        let level = std::iter::successors(invoice.group.parent, |parent| invoices.invoices[*parent].group.parent).count();
        let parts = invoice.direct_and_shared();
        sums = [sums[0] + parts[0].minor(), sums[1] + parts[1].minor()];
        let mut row = vec![
            format!("{}{}", "  ".repeat(level), invoice.group.name),
            invoice.group.mode.to_string(),
            money(parts[0]),
            money(parts[1]),
            money(invoice.total),
        ];
        if nests {
            row.push(if invoice.group.is_leaf { String::new() } else { money(rolled[place]) });
        }
        rows.push(row);
    }
    let [direct, shared] = sums.map(|minor| money(Money::from_minor(minor, invoices.key.currency)));
    let mut sum = vec!["All cost groups".to_owned(), String::new(), direct, shared, money(invoices.invoiced_total())];
    if nests {
        sum.push(String::new());
    }
    rows.push(sum);
    let mut columns = vec![("Cost group", false), ("Mode", false), ("Direct", true), ("Shared", true), ("Invoice", true)];
    if nests {
        columns.push(("With those below", true));
    }
    tables::table(&columns, rows)
}

/// Most rows of one coverage table.
const MOST_ROWS: usize = 12;

fn write_coverage(loaded: &Loaded, month: &Month, coverage: &BillCoverage, out: &mut dyn Write) -> Result<(), Failure> {
    let key = month.invoices.key;
    writeln!(out, "  Share of cost (before credits: {}) that could be allocated by …\n", exact(coverage.gross, key.currency))?;
    let mut tags: Vec<_> = coverage.tags.iter().collect();
    tags.sort_by(|a, b| b.1.covered.cmp(&a.1.covered).then(a.0.cmp(b.0)));
    let tags = tags.into_iter().map(|(key, tag)| {
        let values = format!("{}{}", tag.values.len(), if tag.has_more_values { "+" } else { "" });
        vec![key.clone(), values, percent(tag.covered.permille_of(coverage.gross))]
    });
    let has_tags = tags.len() > 0;
    if has_tags {
        write_top(&[("Tag key", false), ("Values", true), ("Share", true)], tags.collect(), out)?;
    } else {
        writeln!(out, "  No charge carries a tag.\n")?;
    }
    let names = loaded.cube.sub_account_names(key);
    for (heading, sums) in [("Sub account", &coverage.sub_accounts), ("Service", &coverage.services)] {
        let rows = BillCoverage::largest_first(sums).into_iter().map(|(value, cost)| {
            let name = if heading == "Sub account" { names.get(value).copied() } else { None };
            let shown = if value.is_empty() { "(none)".to_owned() } else { value.to_owned() };
            vec![
                name.map_or(shown, |name| format!("{name} ({value})")),
                exact(cost, key.currency),
                percent(cost.permille_of(coverage.gross)),
            ]
        });
        write_top(&[(heading, false), ("Cost", true), ("Share", true)], rows.collect(), out)?;
    }
    Ok(())
}

fn write_top(columns: &[tables::Column<'_>], mut rows: Vec<Vec<String>>, out: &mut dyn Write) -> Result<(), Failure> {
    let left_out = rows.len().saturating_sub(MOST_ROWS);
    rows.truncate(MOST_ROWS);
    write!(out, "{}", tables::table(columns, rows))?;
    if left_out > 0 {
        writeln!(out, "  … and {left_out} more; `--format json` lists all")?;
    }
    writeln!(out)?;
    Ok(())
}
