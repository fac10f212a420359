//! Sentences about shares and movements.

use dayone_domain::allocation::ShareKey;
use dayone_domain::charge::Nature;
use dayone_domain::comparison::{Movement, Reason, Subject};
use dayone_domain::invoice::{DirectLine, Held, Invoice, LineKind, SharedLine};
use dayone_domain::{BillingPeriod, Currency, Exact, Money};

use crate::amount;
use crate::book::Status;

/// `March`, with the year where it is another than that of `beside`.
pub fn month(period: BillingPeriod, beside: BillingPeriod) -> String {
    let name = period.name();
    if period.year() == beside.year() { name.split(' ').next().unwrap_or_default().to_owned() } else { name }
}

/// `to the cent`, for currencies whose minor unit is called so.
pub fn to_the_minor_unit(currency: Currency) -> String {
    match currency.code() {
        "USD" | "EUR" | "CAD" | "AUD" | "NZD" | "SGD" | "HKD" => "to the cent".to_owned(),
        "GBP" => "to the penny".to_owned(),
        "JPY" => "to the yen".to_owned(),
        code => format!("to the smallest unit of {code}"),
    }
}

/// `1 charge`, `1,204 charges`.
pub fn charges(count: u64) -> String {
    counted(count, "charge", "charges")
}

/// `1 group`, `12 groups`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", amount::count(count)) }
}

/// `12.30 more`, `12.30 less`, `no change`.
pub fn more_or_less(change: Money) -> String {
    match change.minor() {
        0 => "no change".to_owned(),
        minor if minor > 0 => format!("{} more", amount::size(change)),
        _ => format!("{} less", amount::size(change)),
    }
}

/// The name of what a line or movement has no name for.
pub fn or_unnamed(name: &str) -> &str {
    if name.is_empty() { "no name in the bill" } else { name }
}

/// The heading of a kind of money.
pub fn heading(nature: Nature) -> &'static str {
    match nature {
        Nature::Usage => "Usage",
        Nature::UnusedCommitment => "Unused commitment",
        Nature::Purchase => "Purchases",
        Nature::Marketplace => "Marketplace",
        Nature::Other => "Other charges",
        Nature::Adjustment => "Adjustments and refunds",
        Nature::Discount => "Discounts",
        Nature::Credit => "Credits",
        Nature::Tax => "Tax",
    }
}

/// What a kind of money is, where its heading does not say it all.
pub fn explanation(nature: Nature) -> Option<&'static str> {
    match nature {
        Nature::UnusedCommitment => Some("Committed to in advance (a savings plan or reservation) and used by nobody."),
        Nature::Purchase => Some("One-time and recurring fees."),
        Nature::Marketplace => Some("Bought from other companies through the cloud provider’s marketplace."),
        Nature::Other => Some("Charges of a category of the provider’s own."),
        Nature::Adjustment => Some("Refunds and corrections by the provider."),
        Nature::Discount => Some("Discounts that the provider states apart from the usage that they are for."),
        Nature::Credit => Some("Vouchers and other credits granted by the provider."),
        Nature::Usage | Nature::Tax => None,
    }
}

/// `Correction by the provider for February 2026`.
pub fn correction(of: BillingPeriod) -> String {
    format!("Correction by the provider for {}", of.name())
}

/// What an account is called: its name, else its identifier.
pub fn account(line: &DirectLine) -> &str {
    named(&line.sub_account_name, &line.sub_account)
}

fn named<'a>(name: &'a str, id: &'a str) -> &'a str {
    if name.is_empty() { id } else { name }
}

/// A group's part of a pool: `11.9 %`, `one of 20 equal parts`.
pub fn share(line: &SharedLine) -> String {
    match &line.key {
        ShareKey::Even | ShareKey::EvenForWantOf(_) if line.weight == Exact::from_i128(1, 0) && line.weights != line.weight => {
            format!("one of {} equal parts", amount::exact(line.weights))
        }
        ShareKey::Fixed => format!("{} of {} parts", amount::exact(line.weight), amount::exact(line.weights)),
        _ if line.weight == line.weights => "all".to_owned(),
        _ => share_percent(line),
    }
}

fn share_percent(line: &SharedLine) -> String {
    match line.weight.permille_of(line.weights) {
        Some(0) if !line.weight.is_zero() => format!("less than {}", amount::percent(1)),
        Some(permille) => amount::percent(permille),
        None => "a part".to_owned(),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// That a month is still open: `AWS has not invoiced October 2026 yet; its charges may still change.` Where invoices
/// are final, a controller closed it without: `October 2026 was closed by a controller; the invoice of AWS was not in
/// the files.`
pub fn not_invoiced_yet(providers: &[String], period: BillingPeriod, status: Status) -> Option<String> {
    let names: Vec<String> = providers.iter().map(|name| or_unnamed(name).to_owned()).collect();
    if let (Status::Final { .. }, false) = (status, names.is_empty()) {
        let (invoice, was) = if names.len() == 1 { ("invoice", "was") } else { ("invoices", "were") };
        return Some(format!("{} was closed by a controller; the {invoice} of {} {was} not in the files.", period.name(), list(&names)));
    }
    let (have, their) = match names.len() {
        0 => return None,
        1 => ("has", "its"),
        _ => ("have", "their"),
    };
    Some(format!("{} {have} not invoiced {} yet; {their} charges may still change.", list(&names), period.name()))
}

/// A share in plain words: `11.9 % of USD 41,204.18, by your direct use and purchases before rounding
/// (USD 21,004.1123 of 176,300.0250).`
pub fn share_sentence(line: &SharedLine, currency: Currency) -> String {
    let part = share(line);
    let whole = format!("{part} of {currency}\u{a0}{}", amount::rounded(line.pool_total, currency));
    let why = match &line.key {
        ShareKey::Even | ShareKey::Fixed => String::new(),
        ShareKey::Proportional => format!(
            ", by your direct use and purchases before rounding ({currency}\u{a0}{} of {})",
            amount::before_rounding(line.weight, currency),
            amount::before_rounding(line.weights, currency)
        ),
        ShareKey::Driver(driver) => {
            format!(", by “{driver}”: {} of {}", amount::exact(line.weight), amount::exact(line.weights))
        }
        ShareKey::EvenForWantOf(wanted) => format!(", split evenly since {}", want(wanted)),
        ShareKey::WholeForWantOf(wanted) => format!(", since {}", want(wanted)),
    };
    // A sentence begins with a capital; most parts begin with a digit.
    let mut letters = whole.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(why.chars()).chain(['.']).collect()
}

/// What a pool holds beside plain use and purchases, so that no credit, refund or tax hides in a shared amount:
/// `The pool holds usage of 23,617.11, refunds and adjustments of −1,874.34.` `None` where there is nothing to tell.
pub fn pool_sentence(line: &SharedLine, currency: Currency) -> Option<String> {
    let is_plain = |held: &Held| matches!(held, Held::Charges(Nature::Usage | Nature::Purchase));
    let parts: Vec<&(Held, Exact)> = line.pool_holds.iter().filter(|(_, amount)| !amount.is_zero()).collect();
    if parts.iter().all(|(held, _)| is_plain(held)) {
        return None;
    }
    let named = parts.into_iter().map(|(held, amount)| {
        let name = match held {
            Held::Charges(nature) => heading(*nature).to_lowercase(),
            Held::Pool(name) => format!("its part of {name}"),
        };
        format!("{name}\u{a0}{}", amount::rounded(*amount, currency))
    });
    Some(format!("The pool holds {}.", list(&named.collect::<Vec<_>>())))
}

fn want(wanted: &ShareKey) -> String {
    match wanted {
        ShareKey::Driver(driver) => format!("nobody had any “{driver}” this month"),
        _ => "nobody had direct use this month".to_owned(),
    }
}

/// What moved: `Amazon EC2 in checkout-prod`.
pub fn subject(subject: &Subject) -> String {
    let (nature, service, sub_account, sub_account_name, correction_of) = match subject {
        Subject::Shared { pool_name, correction_of: None, .. } => return pool_name.clone(),
        Subject::Shared { pool_name, correction_of: Some(period), .. } => return format!("{}: {pool_name}", correction(*period)),
        Subject::Direct { nature, service, sub_account, sub_account_name, correction_of, .. } => {
            (nature, service, sub_account, sub_account_name, correction_of)
        }
    };
    let account = named(sub_account_name, sub_account);
    let mut text = if service.is_empty() { "charges without a service".to_owned() } else { service.clone() };
    if !account.is_empty() {
        text.push_str(" in ");
        text.push_str(account);
    }
    if let Some(period) = correction_of {
        return format!("{}: {text}", correction(*period));
    }
    match nature {
        Nature::Usage => text,
        Nature::Adjustment => format!("Refund or adjustment: {text}"),
        Nature::Tax => format!("Tax on {text}"),
        other => format!("{}: {text}", other.label()),
    }
}

/// Why it moved, a clause: `mostly more use (+790.10 at the earlier price), +22.30 through price`.
pub fn reason(movement: &Movement, before: &Invoice, now: &Invoice, last_month: &str) -> String {
    let currency = movement.now.currency();
    let signed = |value: Exact| amount::signed_rounded(value, currency);
    match movement.reason {
        Reason::New => "New this month.".to_owned(),
        Reason::Gone => format!("No longer there; it was {} in {last_month}.", amount::money(movement.before)),
        Reason::UseAndPrice { usage, price } => {
            let use_word = if usage.is_negative() { "less use" } else { "more use" };
            let price_word = if price.is_negative() { "a lower price" } else { "a higher price" };
            if price.is_zero() {
                return format!("{}, at the same price.", capital(use_word));
            }
            if usage.is_zero() {
                return format!("{}, for the same use.", capital(price_word));
            }
            let by_use = format!("{use_word} ({} at the earlier price)", signed(usage));
            let by_price = format!("{price_word} ({})", signed(price));
            if usage.abs() < price.abs() {
                format!("Mostly {by_price}, and {by_use}.")
            } else {
                format!("Mostly {by_use}, and {by_price}.")
            }
        }
        Reason::PoolAndShare { pool, share } => {
            let pool_words = match () {
                () if pool.is_zero() => "The pool cost the same".to_owned(),
                () if pool.is_negative() => format!("The pool cost less ({})", signed(pool)),
                () => format!("The pool cost more ({})", signed(pool)),
            };
            format!("{pool_words}, {}.", share_moved(movement, before, now, share, currency))
        }
        Reason::Unknown => format!("{} in {last_month}, {} now.", amount::money(movement.before), amount::money(movement.now)),
    }
}

fn share_moved(movement: &Movement, before: &Invoice, now: &Invoice, moved: Exact, currency: Currency) -> String {
    let of = |invoice: &Invoice| {
        invoice.lines.iter().find_map(|line| match (&line.what, &movement.subject) {
            (LineKind::Shared(shared), Subject::Shared { pool, correction_of, .. })
                if (&shared.pool, &shared.correction_of) == (pool, correction_of) =>
            {
                Some(share_percent(shared))
            }
            _ => None,
        })
    };
    if moved.is_zero() {
        return "your share stayed the same".to_owned();
    }
    let verb = if moved.is_negative() == movement.now.is_negative() { "grew" } else { "shrank" };
    let by = amount::signed_rounded(moved, currency);
    match (of(before), of(now)) {
        (Some(before), Some(now)) if before != now => format!("your share {verb} from {before} to {now} ({by})"),
        _ => format!("your share {verb} a little ({by})"),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_without_the_providers_invoice_is_open_until_the_invoices_are_final() {
        let month = BillingPeriod::try_new(2026, 10).unwrap();
        let said = |providers: &[&str], status| {
            let providers: Vec<String> = providers.iter().map(|name| (*name).to_owned()).collect();
            not_invoiced_yet(&providers, month, status)
        };
        let closed = Status::Final { number: Some(1), revision: 2 };
        let open = "AWS has not invoiced October 2026 yet; its charges may still change.";
        assert_eq!(said(&["AWS"], Status::Provisional { revision: 1 }).as_deref(), Some(open));
        let one = "October 2026 was closed by a controller; the invoice of AWS was not in the files.";
        assert_eq!(said(&["AWS"], closed).as_deref(), Some(one));
        let two = "October 2026 was closed by a controller; the invoices of AWS and Google Cloud were not in the files.";
        assert_eq!(said(&["AWS", "Google Cloud"], closed).as_deref(), Some(two));
        assert_eq!(said(&[], closed), None);
    }

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    fn shared(key: ShareKey, weight: &str, weights: &str) -> SharedLine {
        SharedLine {
            pool: "platform".to_owned(),
            pool_name: "Platform team".to_owned(),
            correction_of: None,
            pool_total: exact("41204.1800001"),
            pool_holds: Vec::new(),
            key,
            weight: exact(weight),
            weights: exact(weights),
            by_billing_account: Vec::new(),
        }
    }

    #[test]
    fn a_share_is_said_in_plain_words() {
        use ShareKey::*;
        let usd = Currency::try_new("USD").unwrap();
        for (line, words) in [
            (shared(Even, "1", "20"), "One of 20 equal parts of USD 41,204.18."),
            (shared(Even, "1", "1"), "All of USD 41,204.18."),
            (shared(Fixed, "60", "100"), "60 of 100 parts of USD 41,204.18."),
            (
                shared(Proportional, "21004.11", "176300.02"),
                "11.9 % of USD 41,204.18, by your direct use and purchases before rounding (USD 21,004.1100 of 176,300.0200).",
            ),
            (
                shared(Proportional, "0.01", "176300.02"),
                "Less than 0.1 % of USD 41,204.18, by your direct use and purchases before rounding (USD 0.0100 of 176,300.0200).",
            ),
            (
                shared(Driver("requests".to_owned()), "1204000", "9410221"),
                "12.8 % of USD 41,204.18, by “requests”: 1,204,000 of 9,410,221.",
            ),
            (
                shared(EvenForWantOf(Box::new(Proportional)), "1", "20"),
                "One of 20 equal parts of USD 41,204.18, split evenly since nobody had direct use this month.",
            ),
            (
                shared(EvenForWantOf(Box::new(Driver("seats".to_owned()))), "1", "3"),
                "One of 3 equal parts of USD 41,204.18, split evenly since nobody had any “seats” this month.",
            ),
            (shared(WholeForWantOf(Box::new(Proportional)), "1", "1"), "All of USD 41,204.18, since nobody had direct use this month."),
        ] {
            assert_eq!(share_sentence(&line, usd).replace('\u{a0}', " "), words);
        }
    }

    #[test]
    fn what_moved_is_named_after_what_it_is() {
        let direct = |nature, service: &str, name: &str, correction_of: Option<&str>| Subject::Direct {
            nature,
            provider: "AWS".to_owned(),
            service: service.to_owned(),
            sub_account: "1234".to_owned(),
            sub_account_name: name.to_owned(),
            correction_of: correction_of.map(|period| period.parse().unwrap()),
        };
        let shared = |correction_of: Option<&str>| Subject::Shared {
            pool: "platform".to_owned(),
            pool_name: "Platform team".to_owned(),
            correction_of: correction_of.map(|period| period.parse().unwrap()),
        };
        for (moved, words) in [
            (shared(None), "Platform team"),
            (shared(Some("2026-02")), "Correction by the provider for February 2026: Platform team"),
            (direct(Nature::Usage, "Amazon EC2", "checkout-prod", None), "Amazon EC2 in checkout-prod"),
            (direct(Nature::Usage, "", "", None), "charges without a service in 1234"),
            (direct(Nature::Credit, "Amazon EC2", "", None), "Credit: Amazon EC2 in 1234"),
            (direct(Nature::Tax, "Amazon EC2", "", None), "Tax on Amazon EC2 in 1234"),
            (
                direct(Nature::Usage, "Amazon EC2", "prod", Some("2026-02")),
                "Correction by the provider for February 2026: Amazon EC2 in prod",
            ),
        ] {
            assert_eq!(subject(&moved), words);
        }
    }
}
