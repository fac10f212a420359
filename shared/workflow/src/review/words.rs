//! What a line of an invoice is for, in a few words.

use std::collections::BTreeMap;

use dayone_domain::BillingPeriod;
use dayone_domain::invoice::LineKind;
use dayone_domain::review::InvoiceDocument;

/// What each amount of a document is for, by its identifier ([`Stated::id`](dayone_domain::review::Stated)).
pub fn line_words(document: &InvoiceDocument) -> BTreeMap<String, String> {
    let own = document.invoice.lines.iter().map(|line| line_kind(&line.what));
    let moved = document.moves.iter().map(|moved| match moved.from == document.of.group {
        true => format!("Upheld dispute {}, to {}: {}", moved.dispute, moved.to, moved.of),
        false => format!("Upheld dispute {} of {}: {}", moved.dispute, moved.from, moved.of),
    });
    let corrections = document.corrections.iter().flat_map(|correction| {
        let of = correction.period.name();
        correction.true_up.lines.iter().map(move |line| format!("True-up of {of}: {}", line_kind(&line.what)))
    });
    // In the order in which a document states its amounts.
    let ids = document.stated().into_iter().map(|stated| stated.id);
    ids.zip(own.chain(moved).chain(corrections)).collect()
}

fn line_kind(what: &LineKind) -> String {
    let correction = |of: Option<BillingPeriod>| of.map(|of| format!(", correction of {}", of.name())).unwrap_or_default();
    match what {
        LineKind::Direct(line) => {
            let account = [&line.sub_account_name, &line.sub_account].into_iter().find(|name| !name.is_empty());
            let names = [Some(&line.service), account].into_iter().flatten().filter(|name| !name.is_empty());
            let names: Vec<&str> = names.map(String::as_str).collect();
            format!("{}: {}{}", line.nature.label(), names.join(", "), correction(line.correction_of))
        }
        LineKind::Shared(line) => format!("Share of {}{}", line.pool_name, correction(line.correction_of)),
    }
}
