//! What changed between two revisions of an invoice.

use std::collections::{BTreeMap, BTreeSet};

use dayone_domain::currency::Money;
use dayone_domain::review::{Cause, InvoiceDocument, Revision, Stage};

use super::line_words;

/// One amount that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineChange {
    /// The line: [`Stated::id`](dayone_domain::review::Stated).
    pub id: String,
    /// What it is for, in words.
    pub what: String,
    /// The amount before; nought for a new line.
    pub before: Money,
    /// The amount now; nought for a line that is gone.
    pub now: Money,
}

impl LineChange {
    /// How much more it is now.
    pub fn difference(&self) -> Money {
        self.now - self.before
    }
}

/// The revision that revision `number` is compared with where a reader names none; `None` for the first. Whoever read
/// the invoice while it was provisional read any of the revisions before: what a run issued finally is compared with the
/// first of them. Each other revision is compared with the one before.
pub fn compared_with(revisions: &[Revision], number: u32) -> Option<u32> {
    let place = revisions.iter().position(|revision| revision.number == number)?;
    let earlier = &revisions[..place];
    let is_final = revisions[place].stage == Stage::Final && matches!(revisions[place].cause, Cause::Run { .. });
    let compared = if is_final { earlier.iter().find(|revision| revision.stage == Stage::Provisional) } else { None };
    compared.or(earlier.last()).map(|revision| revision.number)
}

/// What changed between two revisions, the largest change first, then in the order of the lines' identifiers. The
/// differences sum to that of what is due.
///
/// # Panics
/// Where the two are in different currencies: they are revisions of one invoice.
pub fn revision_changes(before: &InvoiceDocument, now: &InvoiceDocument) -> Vec<LineChange> {
    let (old, new) = (amounts(before), amounts(now));
    let (old_words, new_words) = (line_words(before), line_words(now));
    let ids: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let nothing = Money::from_minor(0, now.of.bill.currency);
    let change = |id: &String| LineChange {
        id: id.clone(),
        what: new_words.get(id).or_else(|| old_words.get(id)).cloned().unwrap_or_default(),
        before: old.get(id).copied().unwrap_or(nothing),
        now: new.get(id).copied().unwrap_or(nothing),
    };
    let mut changes: Vec<LineChange> = ids.into_iter().map(change).filter(|change| change.before != change.now).collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.difference().minor().unsigned_abs()));
    changes
}

fn amounts(document: &InvoiceDocument) -> BTreeMap<String, Money> {
    document.stated().into_iter().map(|stated| (stated.id, stated.amount)).collect()
}
