//! The calendar of a tenant's ledger: YAML.
//!
//! ```yaml
//! currency: USD
//! legal_entity: Meridian Retail Inc.
//! also_charge: [Meridian Stores AB]
//! closes_on_day: 10
//! periods: { 2026-08: 2026-09-15 }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use dayone_domain::Currency;
use dayone_domain::ledger::calendar::{LedgerCalendar, parse_day};

use crate::refusal::{TextRefusal, one_line};
use crate::yaml::fields::{entries, mapping};
use crate::yaml::node::Node;
use crate::yaml::problems::Problems;
use crate::yaml::values::{currency, month, needed, text, texts, whole_number};
use crate::yaml::{Subject, read_text};

const FILE: Subject = Subject {
    what: "the ledger calendar",
    begin_with: "begin with `currency: USD`, `legal_entity` (whoever books the providers' invoices) and `closes_on_day: 10`",
};
const KEYS: &[&str] = &["currency", "legal_entity", "also_charge", "closes_on_day", "periods"];

/// Reads whose books recharges go to, in which currency, and until when each ledger period is open.
///
/// # Errors
/// All that is wrong with the file, in the order of its lines.
pub fn read_calendar(file_name: &str, text: &[u8]) -> Result<LedgerCalendar, Vec<TextRefusal>> {
    read_text(file_name, text, &FILE, calendar)
}

fn calendar(root: &Node<'_>, problems: &mut Problems) -> Option<LedgerCalendar> {
    let fields = mapping(root, FILE.what, KEYS, problems)?;
    let code = needed(&fields, "currency", problems).and_then(|code| currency(&code, problems));
    let legal_entity = needed(&fields, "legal_entity", problems);
    let also_charge: BTreeSet<String> = texts(&fields, "also_charge", problems).into_iter().map(|entity| entity.value).collect();
    let closes = needed(&fields, "closes_on_day", problems).and_then(|day| whole_number("closes_on_day", &day, problems));
    let mut exceptions = BTreeMap::new();
    for (key, node) in fields.get("periods").map(|(_, node)| entries(node, "`periods`", problems)).unwrap_or_default() {
        let (period, day) = (month(&key.owned(), problems), text(key, node, problems));
        let closes = day.as_ref().and_then(|day| parse_day(&day.value));
        if let (Some(day), None) = (&day, closes) {
            let message = format!("`{}` is no day", one_line(&day.value));
            problems.error(day.at, message, "write the last day on which the ledger period is open, `2026-09-15`");
        }
        exceptions.extend(period.zip(closes));
    }
    // What is missing is told by now; the rest is checked with something sound in its place.
    let code = code.unwrap_or_else(|| Currency::try_new("USD").expect("INVARIANT: a currency"));
    let legal_entity = legal_entity.map_or_else(|| "?".to_owned(), |entity| entity.value);
    let errors = match LedgerCalendar::try_new(code, legal_entity, also_charge, closes.unwrap_or(1), exceptions) {
        Ok(calendar) => return Some(calendar),
        Err(errors) => errors,
    };
    let places = fields.places();
    for error in errors {
        problems.error(places.of(error.key(), error.value()), error.to_string(), error.what_to_do());
    }
    None
}
