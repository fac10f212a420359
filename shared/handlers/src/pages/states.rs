//! Where every minor unit stands, as one bar and a table.

use dayone_documents::amount;
use dayone_domain::Currency;
use dayone_domain::currency::Money;
use dayone_domain::ledger::MoneyState;
use dayone_workflow::tie_out::PeriodTieOut;

use super::words;

/// Width of the bar in units of its view box.
const WIDTH: i128 = 1000;

/// The bar and its table.
pub struct States {
    pub parts: Vec<Part>,
    pub rows: Vec<Row>,
    pub sum_name: String,
    pub sum: String,
    pub currency: String,
    pub unit: &'static str,
    /// The bar for who cannot see it.
    pub description: String,
}

/// A part of the bar.
pub struct Part {
    pub class: &'static str,
    pub x: i128,
    pub width: i128,
}

/// One state.
pub struct Row {
    pub class: &'static str,
    pub label: String,
    pub meaning: &'static str,
    pub share: String,
    pub amount: String,
    /// What of it cannot be decided yet.
    pub note: Option<String>,
    pub is_nothing: bool,
}

/// Lays the states of a tie-out out.
pub fn of_tie_out(tie_out: &PeriodTieOut) -> States {
    let mut states = of(&tie_out.states, tie_out.bill.currency);
    states.sum_name = format!("Together: {}", tie_out.sum_label());
    let provisional = tie_out.provisional();
    let waits = states.rows.iter_mut().find(|row| row.class == class(MoneyState::AwaitingAcceptance));
    if let Some(row) = waits.filter(|_| !provisional.is_zero()) {
        row.meaning = "waits for the final invoice, then for its owner";
        row.note = Some(format!("of which {} is provisional: it can be accepted once final", amount::money_with_code(provisional)));
    }
    states
}

/// Lays the states out. Amounts below nought have no place on the bar; the table has all.
fn of(states: &[(MoneyState, Money)], currency: Currency) -> States {
    let total = amount::sum(states.iter().map(|(_, amount)| *amount), currency);
    let positive: i128 = states.iter().map(|(_, amount)| amount.minor().max(0)).sum();
    let shown = states.iter().filter(|(_, amount)| !amount.is_zero());
    let said: Vec<String> = shown.map(|(state, amount)| format!("{} {}", state.label(), amount::money(*amount))).collect();
    States {
        parts: parts(states, positive),
        rows: states.iter().map(|(state, amount)| row(*state, *amount, total)).collect(),
        sum_name: "Together".to_owned(),
        sum: amount::money(total),
        currency: currency.to_string(),
        unit: words::unit(currency),
        description: format!("Amounts in {currency}: {}.", if said.is_empty() { "none".to_owned() } else { said.join("; ") }),
    }
}

fn parts(states: &[(MoneyState, Money)], positive: i128) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut before: i128 = 0;
    for (state, amount) in states.iter().filter(|(_, amount)| amount.minor() > 0) {
        let x = before * WIDTH / positive;
        before += amount.minor();
        let width = (before * WIDTH / positive - x).max(1);
        parts.push(Part { class: class(*state), x, width });
    }
    parts
}

fn row(state: MoneyState, amount: Money, total: Money) -> Row {
    let mut letters = state.label().chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase()).unwrap_or_default();
    let share = amount.exact().permille_of(total.exact()).filter(|permille| *permille != 0);
    Row {
        class: class(state),
        label: format!("{first}{}", letters.as_str()),
        meaning: meaning(state),
        share: share.map(amount::percent).unwrap_or_default(),
        amount: amount::money(amount),
        note: None,
        is_nothing: amount.is_zero(),
    }
}

fn class(state: MoneyState) -> &'static str {
    match state {
        MoneyState::Posted => "posted",
        MoneyState::AwaitingPosting => "awaiting-posting",
        MoneyState::AwaitingAcceptance => "awaiting-acceptance",
        MoneyState::Disputed => "disputed",
        MoneyState::Showback => "in-showback",
        MoneyState::Central => "central",
        MoneyState::Unallocated => "unallocated",
    }
}

fn meaning(state: MoneyState) -> &'static str {
    match state {
        MoneyState::Posted => "in the general ledger",
        MoneyState::AwaitingPosting => "accepted, not in the ledger yet",
        MoneyState::AwaitingAcceptance => "waits for its owner",
        MoneyState::Disputed => "held until it is resolved",
        MoneyState::Showback => "for information, not booked",
        MoneyState::Central => "kept centrally",
        MoneyState::Unallocated => "no rule says whose it is",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(minors: &[(MoneyState, i128)]) -> States {
        let usd = Currency::try_new("USD").unwrap();
        let amounts: Vec<(MoneyState, Money)> = minors.iter().map(|(state, minor)| (*state, Money::from_minor(*minor, usd))).collect();
        of(&amounts, usd)
    }

    #[test]
    fn the_bar_is_full_and_has_no_gaps() {
        let states =
            laid_out(&[(MoneyState::Posted, 300), (MoneyState::Disputed, 1), (MoneyState::Showback, 699), (MoneyState::Central, -50)]);
        let mut end = 0;
        for part in &states.parts {
            assert_eq!(part.x, end);
            end = part.x + part.width;
        }
        assert_eq!(end, WIDTH);
        assert_eq!(states.rows.len(), 4);
        assert_eq!(states.sum, "9.50");
    }

    #[test]
    fn a_bill_over_nothing_has_no_bar() {
        let states = laid_out(&[(MoneyState::Posted, 0), (MoneyState::Showback, -5)]);
        assert!(states.parts.is_empty());
        assert!(states.rows[0].is_nothing);
    }
}
