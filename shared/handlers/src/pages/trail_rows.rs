//! Entries of the trail, for people.

use dayone_workflow::audit::TrailEntry;

use super::address;
use super::visit::Visit;

/// One entry.
pub struct TrailRow {
    pub at: String,
    pub what: String,
    pub why: Option<String>,
    /// What it is about, where the page is not about that alone, and its page.
    pub of: Option<String>,
    pub href: Option<String>,
}

/// An entry; `is_about` says what of.
pub fn row(visit: &Visit, entry: &TrailEntry, is_about: bool) -> TrailRow {
    let mail = entry.by.mail().unwrap_or_default();
    let sentence = |what: &str| super::problem::sentence(what).trim_end_matches('.').to_owned();
    let what = match entry.what.strip_prefix(mail) {
        _ if mail.is_empty() => sentence(&entry.what),
        Some(rest) => format!("{}{rest}", visit.name(mail)),
        // Whoever did it is named first of all people.
        None => sentence(&entry.what.replacen(mail, &visit.name(mail), 1)),
    };
    let why = entry.why.clone().filter(|why| !entry.what.contains(why.as_str()));
    let stream = entry.stream.as_str();
    TrailRow {
        at: visit.moment(entry.at),
        what,
        why,
        of: is_about.then(|| stream.replace('/', " · ")),
        href: if is_about { href(stream) } else { None },
    }
}

/// The page of what a stream is about.
fn href(stream: &str) -> Option<String> {
    let parts: Vec<&str> = stream.split('/').collect();
    match parts.as_slice() {
        ["invoice", period, currency, group] => {
            let parts = [*period, *currency, *group].map(str::to_owned);
            address::invoice_ref(parts.into()).ok().map(|of| address::invoice(&of))
        }
        ["journal", reference] => Some(address::journal(reference)),
        ["group", group] => Some(address::group(group)),
        ["bill", period, _] => Some(format!("/tie-out/{}", address::encoded(period))),
        ["configuration", kind] if !kind.contains('-') => Some(format!("/configuration/{}", address::encoded(kind))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_lead_to_their_pages() {
        for (stream, page) in [
            ("invoice/2026-08/USD/checkout", Some("/invoices/2026-08/USD/checkout")),
            ("journal/DAY1-000001-01", Some("/journals/DAY1-000001-01")),
            ("group/checkout", Some("/groups/checkout")),
            ("bill/2026-08/USD", Some("/tie-out/2026-08")),
            ("configuration/tree", Some("/configuration/tree")),
            ("configuration/people-passwords", None),
            ("runs", None),
        ] {
            assert_eq!(href(stream).as_deref(), page, "{stream}");
        }
    }
}
