//! Tables and figures for people, on a terminal or in a pipe.

use chrono::{DateTime, Utc};
use comfy_table::{CellAlignment, Table, presets};
use dayone_documents::amount::{self, grouped};
use dayone_domain::currency::Currency;
use dayone_domain::exact::{Exact, decimal_text};
use dayone_domain::plain_text::harmless;

/// A column: its heading, and whether figures stand in it.
pub type Column<'a> = (&'a str, bool);

/// Most characters of a cell that does not hold a figure.
const WIDEST: usize = 100;

/// A table without borders, figures to the right and point below point. Nothing in a cell is obeyed by a terminal.
pub fn table(columns: &[Column<'_>], mut rows: Vec<Vec<String>>) -> String {
    for cell in rows.iter_mut().flatten() {
        *cell = shortened(&harmless(cell));
    }
    for (place, _) in columns.iter().enumerate().filter(|(_, (_, is_figure))| *is_figure) {
        let widest = rows.iter().map(|row| after_whole(&row[place])).max().unwrap_or(0);
        for row in &mut rows {
            let missing = widest - after_whole(&row[place]);
            if row[place].ends_with(|last: char| last.is_ascii_digit()) {
                row[place].push_str(&" ".repeat(missing));
            }
        }
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(columns.iter().map(|(heading, _)| *heading));
    table.add_rows(rows);
    for (place, (_, is_figure)) in columns.iter().enumerate() {
        let column = table.column_mut(place).expect("every heading has a column");
        column.set_padding((0, 3));
        if *is_figure {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    indented(&table.trim_fmt())
}

/// Cut in the middle: long identifiers differ at their ends.
fn shortened(cell: &str) -> String {
    let letters: Vec<char> = cell.chars().collect();
    if letters.len() <= WIDEST {
        return cell.to_owned();
    }
    let (head, tail) = (&letters[..WIDEST / 2], &letters[letters.len() - WIDEST / 2 + 1..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// Characters of a figure from its decimal point on.
fn after_whole(figure: &str) -> usize {
    figure.find('.').filter(|_| figure.ends_with(|last: char| last.is_ascii_digit())).map_or(0, |point| figure.len() - point)
}

/// Each line two blanks in.
pub fn indented(text: &str) -> String {
    text.lines().map(|line| if line.trim().is_empty() { String::new() } else { format!("  {line}\n") }).collect()
}

/// An exact amount, every digit, and at least the decimals of its currency.
pub fn exact(amount: Exact, currency: Currency) -> String {
    let amount = amount.normalized();
    let decimals = amount.scale().max(currency.minor_digits());
    grouped(&decimal_text(amount.units_at(decimals), decimals))
}

/// Tenths of a percent, `12.3 %`; a dash where there is no whole.
pub fn percent(permille: Option<i64>) -> String {
    permille.map_or_else(|| "–".to_owned(), amount::percent)
}

/// `20,431`.
pub fn number(number: u64) -> String {
    grouped(&number.to_string())
}

/// `2026-11-02 09:15 UTC`.
pub fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// `1 charge`, `20,431 charges`, `2 deliveries`.
pub fn count(number: u64, noun: &str) -> String {
    let (stem, ending) = match noun.strip_suffix('y') {
        _ if number == 1 => (noun, ""),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => (stem, "ies"),
        _ => (noun, "s"),
    };
    format!("{} {stem}{ending}", grouped(&number.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_shares_are_for_people() {
        assert_eq!(percent(Some(-5)), "−0.5\u{a0}%");
        assert_eq!(percent(None), "–");
        assert_eq!(count(1, "charge"), "1 charge");
        assert_eq!(count(20_431, "charge"), "20,431 charges");
        assert_eq!(
            (count(1, "delivery"), count(2, "delivery"), count(2, "day")),
            ("1 delivery".into(), "2 deliveries".into(), "2 days".into())
        );
    }

    #[test]
    fn long_cells_are_cut_in_the_middle_and_nothing_is_obeyed() {
        let long = format!("/subscriptions/{}-a", "x".repeat(200));
        let cut = shortened(&long);
        assert_eq!(cut.chars().count(), WIDEST);
        assert!(cut.starts_with("/subscriptions/") && cut.contains('…') && cut.ends_with("-a"), "{cut}");
        assert!(!table(&[("Name", false)], vec![vec!["a\u{1b}[31mred".into()]]).contains('\u{1b}'));
    }

    #[test]
    fn figures_stand_point_below_point() {
        let rows = ["1.00", "−10.0625", "7", "–"].map(|figure| vec![figure.to_owned()]).to_vec();
        assert_eq!(table(&[("Amount", true)], rows), "    Amount\n    1.00\n  −10.0625\n    7\n         –\n");
    }

    #[test]
    fn figures_stand_to_the_right() {
        let text = table(&[("Group", false), ("Amount", true)], vec![vec!["a".into(), "1.00".into()], vec!["bb".into(), "10.00".into()]]);
        assert_eq!(text, "  Group   Amount\n  a         1.00\n  bb       10.00\n");
    }
}
