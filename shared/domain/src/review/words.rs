//! What a line of an invoice is for, in a few words.

use std::collections::BTreeMap;

use crate::invoice::LineKind;
use crate::period::BillingPeriod;
use crate::review::InvoiceDocument;

/// What each amount of a document is for, by its identifier ([`Stated::id`](crate::review::Stated)): `Usage, Amazon
/// DynamoDB, web-shop-prod`.
pub fn line_words(document: &InvoiceDocument) -> BTreeMap<String, String> {
    let own = document.invoice.lines.iter().map(|line| line_kind_words(&line.what));
    let moved = document.moves.iter().map(|moved| match moved.from == document.of.group {
        true => format!("Upheld dispute {}, to {}: {}", moved.dispute, moved.to, moved.of),
        false => format!("Upheld dispute {} of {}: {}", moved.dispute, moved.from, moved.of),
    });
    let corrections = document.corrections.iter().flat_map(|correction| {
        let of = correction.period.name();
        correction.true_up.lines.iter().map(move |line| format!("True-up of {of}: {}", line_kind_words(&line.what)))
    });
    // In the order in which a document states its amounts.
    let ids = document.stated().into_iter().map(|stated| stated.id);
    ids.zip(own.chain(moved).chain(corrections)).collect()
}

/// What a line is for: `Usage, Amazon DynamoDB, web-shop-prod`, `Share of Platform`.
pub fn line_kind_words(what: &LineKind) -> String {
    let correction = |of: Option<BillingPeriod>| of.map(|of| format!(", correction of {}", of.name())).unwrap_or_default();
    match what {
        LineKind::Direct(line) => {
            let account = [&line.sub_account_name, &line.sub_account].into_iter().find(|name| !name.is_empty());
            let names = [Some(&line.service), account].into_iter().flatten().filter(|name| !name.is_empty());
            let names: Vec<&str> = std::iter::once(line.nature.label()).chain(names.map(String::as_str)).collect();
            format!("{}{}", names.join(", "), correction(line.correction_of))
        }
        LineKind::Shared(line) => format!("Share of {}{}", line.pool_name, correction(line.correction_of)),
    }
}
