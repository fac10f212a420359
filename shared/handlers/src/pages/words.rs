//! Words and figures of pages.

use chrono::{DateTime, NaiveDate, Utc};
use dayone_documents::amount;
use dayone_domain::Currency;
use dayone_domain::currency::Money;
use dayone_domain::exact::Exact;
use dayone_domain::policy::Tz;
use dayone_domain::review::{Revision, Stage, Standing};
use dayone_domain::tree::Mode;

/// `3 September 2026`.
pub fn date(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// `3 September 2026, 14:05 CEST`, where the tenant is.
pub fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-d %B %Y, %H:%M %Z").to_string()
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// `1 dispute is open`, `3 disputes are open`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", amount::count(count as u64)) }
}

/// The other way round.
pub fn negated(amount: Money) -> Money {
    Money::from_minor(-amount.minor(), amount.currency())
}

/// What the smallest unit is called.
pub fn unit(currency: Currency) -> &'static str {
    match currency.code() {
        "USD" | "EUR" | "CAD" | "AUD" | "NZD" | "SGD" | "HKD" => "cent",
        "GBP" => "penny",
        "JPY" => "yen",
        _ => "smallest unit",
    }
}

/// `Showback`.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Showback => "Showback",
        Mode::Chargeback => "Chargeback",
    }
}

/// What a row of a list says of an invoice.
pub fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Provisional => "Provisional",
        Standing::ToRead => "To read",
        Standing::Read => "Read",
        Standing::ToAccept => "To accept",
        Standing::Disputed => "Disputed",
        Standing::Accepted => "Accepted",
    }
}

/// `final, invoice 42, revision 2`.
pub fn revision(revision: &Revision) -> String {
    let number = revision.invoice_number.map(|number| format!(", invoice {number}")).unwrap_or_default();
    format!("{}{number}, revision {}", revision.stage.label(), revision.number)
}

/// `Final`.
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Provisional => "Provisional",
        Stage::Final => "Final",
    }
}

/// An amount as people type it: `1234.5`, `1,234.50`, `USD 12`, `−3.20`. `None` where it is none of the currency.
pub fn typed_amount(text: &str, currency: Currency) -> Option<Money> {
    let text = text.trim().strip_prefix(currency.code()).unwrap_or(text.trim());
    let text: String = text.chars().filter(|letter| !matches!(letter, ' ' | '\u{a0}' | '\u{202f}')).collect();
    let text = text.replace('\u{2212}', "-");
    let plain = if has_thousands(&text) { text.replace(',', "") } else { text };
    let is_decimal = !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'));
    let value = Exact::parse(&plain).ok().filter(|_| is_decimal && plain.len() <= 30)?.normalized();
    if value.scale() > currency.minor_digits() {
        return None;
    }
    let minor = value.units_at(currency.minor_digits()).to_string().parse().ok()?;
    Some(Money::from_minor(minor, currency))
}

/// Whether commas stand before every three digits, and nowhere else: `1,5` is one and a half to many people, and
/// nothing here.
fn has_thousands(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default().trim_start_matches('-');
    let mut parts = whole.split(',');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    (1..=3).contains(&first.len()) && !rest.is_empty() && rest.iter().all(|part| part.len() == 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let usd = Currency::try_new("USD").unwrap();
        for (text, minor) in [
            ("12", Some(1_200)),
            ("1234.5", Some(123_450)),
            ("1,234.50", Some(123_450)),
            ("USD 1,234,567.89", Some(123_456_789)),
            ("USD\u{a0}\u{2212}3.20", Some(-320)),
            (" 1 234.50 ", Some(123_450)),
            ("0.001", None),
            ("12.300", Some(1_230)),
            ("1,5", None),
            ("1,23", None),
            ("1e5", None),
            ("", None),
            ("abc", None),
            ("EUR 5", None),
            ("99999999999999999999999999999999999", None),
        ] {
            assert_eq!(typed_amount(text, usd).map(Money::minor), minor, "{text}");
        }
        let yen = Currency::try_new("JPY").unwrap();
        assert_eq!(typed_amount("1,500", yen).map(Money::minor), Some(1_500));
        assert_eq!(typed_amount("1500.5", yen), None);
    }

    #[test]
    fn names_are_listed() {
        let names = |count: usize| list(&["a", "b", "c"][..count].iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!([names(0), names(1), names(2), names(3)], ["", "a", "a and b", "a, b and c"]);
    }
}
