//! What moved since last month, for a page: the largest movements, the rest summed, and the whole change.

use dayone_domain::comparison::{Movement, movements};
use dayone_domain::{Currency, Money};

use crate::book::Book;
use crate::{amount, words};

/// Movements that are named; the rest are summed.
const NAMED: usize = 6;
/// Half the width of the drawing of a movement.
const HALF: i128 = 100;

/// What moved.
#[derive(Debug)]
pub struct Movers {
    /// `March`.
    pub last_month: String,
    pub rows: Vec<Mover>,
    /// `17 smaller movements` and their sum.
    pub rest: Option<(String, String)>,
    /// The whole change: `+1,204.11`.
    pub total: String,
}

/// One movement.
#[derive(Debug)]
pub struct Mover {
    pub title: String,
    /// The page of the group that moved.
    pub href: Option<String>,
    pub why: String,
    /// `+812.40`.
    pub change: String,
    pub bar: Bar,
}

/// A bar to the right of the middle for more, to the left for less, in units of [`HALF`].
#[derive(Debug)]
pub struct Bar {
    pub x: i128,
    pub width: i128,
    pub is_more: bool,
}

struct Moved {
    change: Money,
    title: String,
    href: Option<String>,
    why: String,
}

/// What moved on a cost group's page: lines of its own invoice, or the groups below it where it has some.
/// `None` where there is nothing to compare with.
pub fn of(book: &Book<'_>, place: usize) -> Option<Movers> {
    let last_month = words::month(book.period().previous(), book.period());
    let moved = if book.below(place).is_empty() {
        let (before, now) = (book.before(place)?, book.invoice(place));
        let moved = |movement: Movement| Moved {
            change: movement.change(),
            title: words::subject(&movement.subject),
            href: None,
            why: words::reason(&movement, before, now, &last_month),
        };
        movements(before, now).into_iter().map(moved).collect()
    } else {
        groups_below(book, place, &last_month)?
    };
    Some(view(moved, last_month, book.currency()))
}

/// What moved on all invoices of the month, for the month's page. `None` without a bill of the month before.
pub fn of_month(book: &Book<'_>) -> Option<Movers> {
    let earlier = book.last_month()?;
    let last_month = words::month(earlier.key.period, book.period());
    let own = |place: usize| {
        let (before, now) = (book.before(place), book.invoice(place));
        Moved {
            change: before.map_or(now.total, |before| now.total - before.total),
            title: now.group.name.clone(),
            href: book.href(place),
            why: if before.is_none() { format!("New: it had no invoice in {last_month}.") } else { chief(book, &[place]) },
        }
    };
    let nothing = amount::sum([], book.currency());
    let gone = earlier.invoices.iter().filter(|invoice| !book.has(&invoice.group.id)).map(|invoice| Moved {
        change: nothing - invoice.total,
        title: invoice.group.name.clone(),
        href: None,
        why: "Gone: it has no invoice this month.".to_owned(),
    });
    let moved = (0..book.shown().invoices.len()).map(own).chain(gone).collect();
    Some(view(moved, last_month, book.currency()))
}

fn groups_below(book: &Book<'_>, place: usize, last_month: &str) -> Option<Vec<Moved>> {
    let before = book.rolled_before(place)?;
    let mut moved: Vec<Moved> = book.below(place).iter().map(|below| group(book, *below, last_month)).collect();
    let own = book.invoice(place).total;
    moved.push(Moved {
        change: book.before(place).map_or(own, |before| own - before.total),
        title: format!("{} itself", book.invoice(place).group.name),
        href: None,
        why: chief(book, &[place]),
    });
    moved.extend(structure(book.rolled(place) - before, &moved, last_month));
    Some(moved)
}

/// A group that hangs elsewhere than last month, or is gone, moves its parent without moving itself.
fn structure(change: Money, moved: &[Moved], last_month: &str) -> Option<Moved> {
    let rest = change - sum(moved, change.currency());
    (!rest.is_zero()).then(|| Moved {
        change: rest,
        title: "The tree itself".to_owned(),
        href: None,
        why: format!("Groups hang elsewhere than in {last_month}, or are gone."),
    })
}

fn sum(moved: &[Moved], currency: Currency) -> Money {
    amount::sum(moved.iter().map(|moved| moved.change), currency)
}

fn group(book: &Book<'_>, place: usize, last_month: &str) -> Moved {
    let before = book.rolled_before(place);
    Moved {
        change: before.map_or(book.rolled(place), |before| book.rolled(place) - before),
        title: book.invoice(place).group.name.clone(),
        href: book.href(place),
        why: if before.is_none() { format!("New: it had no invoice in {last_month}.") } else { chief(book, &book.subtree(place)) },
    }
}

/// The largest movement on the invoices of some groups, a sentence.
fn chief(book: &Book<'_>, places: &[usize]) -> String {
    let largest = |place: &usize| {
        let (before, now) = (book.before(*place)?, book.invoice(*place));
        movements(before, now).into_iter().next().map(|movement| (*place, movement))
    };
    let size = |(_, movement): &(usize, Movement)| movement.change().minor().abs();
    // Of movements of one size the first group's, as everywhere.
    let chief = places.iter().filter_map(largest).reduce(|best, next| if size(&next) > size(&best) { next } else { best });
    let Some((place, movement)) = chief else { return String::new() };
    let of = if places.len() > 1 && place != places[0] { format!("{}: ", book.invoice(place).group.name) } else { String::new() };
    format!("Chiefly {of}{}, {}.", words::subject(&movement.subject), words::more_or_less(movement.change()))
}

fn view(mut moved: Vec<Moved>, last_month: String, currency: Currency) -> Movers {
    moved.retain(|moved| !moved.change.is_zero());
    moved.sort_by_key(|moved| std::cmp::Reverse(moved.change.minor().abs()));
    let total = amount::signed_money(sum(&moved, currency));
    // One alone is named rather than summed.
    let named = if moved.len() == NAMED + 1 { moved.len() } else { moved.len().min(NAMED) };
    let rest: Vec<Moved> = moved.split_off(named);
    let largest = moved.first().map_or(1, |moved| moved.change.minor().abs());
    let rows = moved.into_iter().map(|moved| {
        let width = (moved.change.minor().abs() * HALF / largest).max(1);
        let is_more = !moved.change.is_negative();
        Mover {
            title: moved.title,
            href: moved.href,
            why: moved.why,
            change: amount::signed_money(moved.change),
            bar: Bar { x: if is_more { HALF } else { HALF - width }, width, is_more },
        }
    });
    let rows = rows.collect();
    let rest = (!rest.is_empty())
        .then(|| (format!("{} smaller movements", amount::count(rest.len() as u64)), amount::signed_money(sum(&rest, currency))));
    Movers { last_month, rows, rest, total }
}
