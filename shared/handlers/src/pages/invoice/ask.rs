//! What is asked of whoever opens an invoice: one clear panel.

use dayone_documents::amount;
use dayone_domain::currency::Money;
use dayone_domain::ledger::recharge::{Books, LedgerRefusal};
use dayone_domain::people::LimitExceeded;
use dayone_domain::review::{Acceptance, Charged, Standing};
use dayone_domain::tree::Mode;
use dayone_workflow::review::{InvoicePage, SilenceSays};
use dayone_workflow::{Failure, FailureKind};

use super::super::answer::Notice;
use super::super::visit::Visit;
use super::super::words;
use super::load::Loaded;

/// The panel.
pub struct Ask {
    /// `wait`, `aside` or `settled`.
    pub tone: &'static str,
    pub heading: String,
    pub texts: Vec<String>,
    pub decide: Option<Decide>,
    /// Another way: address and text.
    pub also: Option<(&'static str, &'static str)>,
}

/// The button.
pub struct Decide {
    pub action: &'static str,
    pub label: String,
}

/// What a failure means on this invoice, where more can be said than the failure itself says.
pub fn said_of(visit: &Visit, notice: &Notice, known: &InvoicePage) -> Option<String> {
    let failure = notice.failure.as_ref()?;
    if failure.code == "amount-above-line" {
        return above_line(notice, known);
    }
    if failure.kind == FailureKind::Forbidden && notice.is_of("accept") && visit.actor().owns(&known.view.of.group) {
        let limit = visit.actor().person.may_accept(known.view.revision.at_stake()).err()?;
        return Some(above_limit(&limit, known));
    }
    if failure.kind != FailureKind::Stale && failure.code != "outdated" {
        return None;
    }
    let newest = known.view.revision.number;
    Some(match notice.fields.number::<u32>("revision") {
        Some(read) if read < newest => format!(
            "Revision {newest} was issued since you opened revision {read}. It is below, with what changed. Read it, and decide on that."
        ),
        _ => "Something was added to this invoice since you opened it. It is below. Read it, and press the button again.".to_owned(),
    })
}

/// How much of a line can be disputed.
fn above_line(notice: &Notice, known: &InvoicePage) -> Option<String> {
    let id = notice.fields.get("line");
    let stated = known.document.stated_line(id)?;
    let left = stated.left() - known.state.held(id);
    let name = super::line_words(&known.document).remove(id)?;
    Some(format!(
        "{name} is {}, of which {} can still be disputed. Type an amount up to that.",
        amount::money_with_code(stated.amount),
        amount::money_with_code(left)
    ))
}

/// What is asked now; `None` where nothing is and nothing is worth a word.
pub fn of(visit: &Visit, loaded: &Loaded, known: &InvoicePage) -> Result<Option<Ask>, Failure> {
    let is_owner = visit.actor().owns(&known.view.of.group);
    Ok(Some(match known.view.standing {
        Standing::Provisional => provisional(visit, loaded, is_owner)?,
        _ if known.view.revision.mode == Mode::Showback => showback(visit, known, is_owner),
        Standing::Accepted => accepted(visit, known)?,
        _ if known.state.is_accepted() => accepted(visit, known)?,
        _ if is_owner => accept(visit, known)?,
        _ => waits(visit, known)?,
    }))
}

fn provisional(visit: &Visit, loaded: &Loaded, is_owner: bool) -> Result<Ask, Failure> {
    let settings = visit.settings()?;
    let bill = loaded.bill.bill;
    let waiting: Vec<String> = settings
        .sources
        .expected(bill.period, bill.currency)
        .filter(|source| !loaded.closed_sources.contains(&source.id))
        .map(|source| source.provider.clone())
        .collect();
    let until = match waiting.as_slice() {
        [] => "It may change until the final invoice is issued.".to_owned(),
        _ => format!(
            "It may change until {} {} final.",
            words::list(&deduplicated(waiting.clone())),
            if waiting.len() == 1 { "is" } else { "are" }
        ),
    };
    let asked = if is_owner {
        "Read it, and ask what you do not understand. There is nothing to accept yet."
    } else {
        "It can be read and questioned, not accepted."
    };
    Ok(Ask {
        tone: "aside",
        heading: "Provisional".to_owned(),
        texts: vec![until, asked.to_owned()],
        decide: None,
        also: Some(("#question", "Ask something")),
    })
}

fn deduplicated(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

fn showback(visit: &Visit, known: &InvoicePage, is_owner: bool) -> Ask {
    let read = |acceptance: &&Acceptance| acceptance.revision == known.view.revision.number;
    let readers: Vec<&Acceptance> = known.state.acknowledgements.iter().filter(read).collect();
    let is_mine = |acceptance: &&Acceptance| acceptance.by.mail() == Some(visit.actor().person.mail.as_str());
    if let Some(mine) = readers.iter().copied().find(is_mine) {
        let text = format!("You told us on {} that you have read it. It is for information; nothing is booked.", visit.day(mine.at));
        return said("settled", "You have read it", text);
    }
    if is_owner {
        return Ask {
            tone: "wait",
            heading: "For information".to_owned(),
            texts: vec!["Nothing is booked for it. Tell us that you have read it, and dispute what is not yours.".to_owned()],
            decide: Some(Decide { action: "acknowledge", label: "I have read it".to_owned() }),
            also: Some(("#line", "Dispute a line")),
        };
    }
    match readers.first() {
        Some(reader) => said("settled", "Read by its owner", format!("{} read it on {}.", visit.who(&reader.by), visit.day(reader.at))),
        None => said(
            "aside",
            "For information",
            "The cost group is in showback: nothing is booked. Its owner has not said yet that they read it.".to_owned(),
        ),
    }
}

fn said(tone: &'static str, heading: &str, text: String) -> Ask {
    Ask { tone, heading: heading.to_owned(), texts: vec![text], decide: None, also: None }
}

fn accepted(visit: &Visit, known: &InvoicePage) -> Result<Ask, Failure> {
    let by = |acceptance: &Acceptance| format!("{} on {}", visit.who(&acceptance.by), visit.day(acceptance.at));
    let who: Vec<String> = known.state.holding().map(by).collect();
    let mut texts = vec![format!("Revision {} was accepted by {}.", known.view.revision.number, words::list(&who))];
    let held = held(known);
    if !held.is_zero() {
        texts.push(format!("{} of it is disputed and held until that is resolved.", amount::money_with_code(held)));
    }
    let nothing = Charged::nothing(held.currency());
    let charged = known.view.revision.charged;
    if known.state.journals.is_empty() && charged != nothing && charged.sum() != held_of_charged(known) {
        texts.push(match unbooked(visit, known)? {
            Some(Unbooked::Currency(ledger)) => format!("It is booked by hand: the ledger is in {ledger}."),
            _ => "Nothing is booked yet: the ledger does not take it as things stand. The controller sees why when posting.".to_owned(),
        });
    }
    Ok(Ask { tone: "settled", heading: "Accepted".to_owned(), texts, decide: None, also: None })
}

fn held(known: &InvoicePage) -> Money {
    amount::sum(known.state.open_disputes().map(|dispute| dispute.amount), known.view.of.bill.currency)
}

/// What is disputed of what is charged.
fn held_of_charged(known: &InvoicePage) -> Money {
    let charged = known.document.stated().into_iter().filter(|stated| !stated.is_shown_only());
    amount::sum(charged.map(|stated| known.state.held(&stated.id)), known.view.of.bill.currency)
}

fn accept(visit: &Visit, known: &InvoicePage) -> Result<Ask, Failure> {
    let revision = &known.view.revision;
    let due = revision.charged.sum();
    let held = held(known);
    let rest = due - held_of_charged(known);
    let mut texts = Vec::new();
    if !held.is_zero() {
        texts.push(format!(
            "{} is disputed and held until that is resolved. The rest need not wait; once you accept it, nothing more can be disputed.",
            amount::money_with_code(held)
        ));
    }
    if known.state.acceptances.iter().any(|acceptance| acceptance.is_reopened && acceptance.revision == known.view.revision.number) {
        texts.push("It was accepted before; its journal was reversed, so it waits for you again.".to_owned());
    }
    if revision.is_charged_in_part() {
        let shown = amount::money_with_code(revision.shown());
        texts.push(format!("{shown} is for information: it is of months in showback and is not booked."));
    }
    texts.push(booked(visit, known)?);
    texts.extend(deemed(visit, known, "your")?);
    let refusal = visit.actor().person.may_accept(known.view.revision.at_stake()).err();
    let decide = match &refusal {
        Some(limit) => {
            texts.push(above_limit(limit, known));
            None
        }
        None if held.is_zero() => Some(Decide { action: "accept", label: format!("Accept {}", amount::money_with_code(due)) }),
        None => Some(Decide { action: "accept", label: format!("Accept the rest, {}", amount::money_with_code(rest)) }),
    };
    let heading = if held.is_zero() { "Waits for your acceptance" } else { "A part is disputed" };
    Ok(Ask { tone: "wait", heading: heading.to_owned(), texts, decide, also: Some(("#line", "Dispute a line")) })
}

/// What silence says of it; `whose` is `your` or `their`.
fn deemed(visit: &Visit, known: &InvoicePage, whose: &str) -> Result<Option<String>, Failure> {
    let says = visit.settings()?.silence_says(&known.view, &known.state, visit.today());
    Ok(says.map(|says| match says {
        SilenceSays::AcceptedOn(day) => format!("Without an answer it counts as accepted on {}.", words::date(day)),
        SilenceSays::NobodyToRemind => format!("It needs {whose} answer: nobody who may accept it can be reminded."),
        SilenceSays::NeedsAnswer => format!("It needs {whose} answer: silence is no acceptance here."),
    }))
}

/// Why the ledger takes nothing of it, as things stand.
enum Unbooked {
    /// The ledger is in this currency.
    Currency(String),
    /// Accounts, cost centre or legal entity.
    Coding,
}

fn unbooked(visit: &Visit, known: &InvoicePage) -> Result<Option<Unbooked>, Failure> {
    let settings = visit.settings()?;
    let Some(calendar) = &settings.calendar else { return Ok(Some(Unbooked::Coding)) };
    let bill = known.view.of.bill;
    let books = Books { coding: settings.trees.at(bill.period).ledger(), calendar, trees: None };
    Ok(books.take(&known.document.invoice.group, bill.currency).err().map(|refusal| match refusal {
        LedgerRefusal::LeavesCurrency { ledger, .. } => Unbooked::Currency(ledger),
        _ => Unbooked::Coding,
    }))
}

/// What happens once it is accepted.
fn booked(visit: &Visit, known: &InvoicePage) -> Result<String, Failure> {
    let what = if known.state.journals.is_empty() { "it is booked" } else { "what is not booked yet is booked" };
    let to = known.document.invoice.group.cost_center.as_ref().map(|center| format!(" to cost centre {center}"));
    Ok(match unbooked(visit, known)? {
        None => format!("Once you accept it, {what}{}.", to.as_deref().unwrap_or(" to the general ledger")),
        Some(Unbooked::Currency(ledger)) => {
            format!("Once you accept it, {what} by hand{}: the ledger is in {ledger}.", to.unwrap_or_default())
        }
        Some(Unbooked::Coding) => {
            "Once you accept it, it waits to be booked: the ledger does not take it as things stand. The controller sees why when posting."
                .to_owned()
        }
    })
}

/// Why somebody may not accept an amount, and who may.
fn above_limit(limit: &LimitExceeded, known: &InvoicePage) -> String {
    let who = match known.view.parent {
        Some(_) => "the owner of the group above can accept it",
        None => "ask somebody with a higher limit",
    };
    match limit {
        LimitExceeded::Above { limit, .. } => format!("This is above your limit of {}; {who}.", amount::money_with_code(*limit)),
        LimitExceeded::OtherCurrency { currency, .. } => format!("You have no limit for {currency}; {who}."),
    }
}

/// For whoever looks on.
fn waits(visit: &Visit, known: &InvoicePage) -> Result<Ask, Failure> {
    let owners: Vec<String> = visit.settings()?.owners(&known.view.of.group).iter().map(|mail| visit.name(mail)).collect();
    let owners = if owners.is_empty() { "its owner".to_owned() } else { words::list(&owners) };
    let held = held(known);
    let mut texts = vec![format!("It waits for {owners} since {}.", words::date(known.view.revision.issued_on))];
    if known.state.delivered > 0 {
        texts.push(format!("They were reminded {}.", times(known.state.delivered)));
    }
    texts.extend(deemed(visit, known, "their")?);
    let heading = if held.is_zero() { "Waits for its owner".to_owned() } else { format!("{} is disputed", amount::money_with_code(held)) };
    let also = (!held.is_zero()).then_some(("#disputes", "To the disputes"));
    Ok(Ask { tone: "aside", heading, texts, decide: None, also })
}

fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}
