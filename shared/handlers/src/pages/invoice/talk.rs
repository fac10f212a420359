//! Questions and disputes: what was said, and the forms to say more.

use std::collections::BTreeMap;

use dayone_documents::amount;
use dayone_domain::review::invoice::{Dispute, Question, Remark};
use dayone_domain::review::{Resolution, Stage};
use dayone_workflow::review::{InvoicePage, line_words};

use super::super::answer::Notice;
use super::super::frame::looks_after;
use super::super::refused::Refused;
use super::super::visit::Visit;
use super::load::Loaded;

/// All of it.
#[derive(Default)]
pub struct Talk {
    /// The sum of open disputes.
    pub disputed: Option<String>,
    pub disputes: Vec<DisputePart>,
    pub raise: Option<Raise>,
    pub questions: Vec<QuestionPart>,
    pub question_draft: Draft,
}

/// One dispute.
pub struct DisputePart {
    pub number: u32,
    pub line: String,
    pub amount: String,
    pub remarks: Vec<Said>,
    /// How it ended, and by whom.
    pub outcome: Option<(&'static str, String)>,
    pub may_comment: bool,
    pub comment: Draft,
    pub resolve: Option<Resolve>,
    pub note: Option<&'static str>,
}

/// Something that was said.
pub struct Said {
    pub text: String,
    pub by: String,
}

/// A form with what was typed into it.
#[derive(Default)]
pub struct Draft {
    pub name: String,
    pub text: String,
    pub is_open: bool,
}

/// The forms that end a dispute.
pub struct Resolve {
    pub uphold: String,
    /// The `id` of what is said to its select.
    pub hint: String,
    pub reject: String,
    pub receivers: Vec<Choice>,
    pub reason: String,
    pub is_open: bool,
}

/// The form that raises one.
pub struct Raise {
    pub lines: Vec<Choice>,
    pub amount: String,
    pub reason: String,
    pub is_open: bool,
}

/// One choice of a select.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

/// One question.
pub struct QuestionPart {
    pub number: u32,
    pub is_answered: bool,
    /// Whether the person asked it: what they add is no answer.
    pub is_own: bool,
    pub remarks: Vec<Said>,
    pub may_answer: bool,
    pub answer: Draft,
}

impl Talk {
    /// Whether the form that failed is still there.
    fn has_form(&self, notice: &Notice) -> bool {
        let of_dispute = |part: &DisputePart| {
            let resolves = part.resolve.as_ref().is_some_and(|resolve| notice.is_of(&resolve.uphold) || notice.is_of(&resolve.reject));
            resolves || part.may_comment && notice.is_of(&part.comment.name)
        };
        self.raise.as_ref().is_some_and(|raise| raise.is_open)
            || self.question_draft.is_open
            || self.disputes.iter().any(of_dispute)
            || self.questions.iter().any(|part| part.may_answer && notice.is_of(&part.answer.name))
    }

    /// The form that failed.
    pub fn refused(&self, notice: &Notice) -> Option<Refused> {
        notice.refused(self.has_form(notice))
    }
}

/// What is said to an invoice; nothing, where there is none.
pub fn of(visit: &Visit, loaded: &Loaded, notice: &Notice) -> Talk {
    let Some(known) = &loaded.page else { return Talk::default() };
    let names = line_words(&known.document);
    let open = amount::sum(known.state.open_disputes().map(|dispute| dispute.amount), known.view.of.bill.currency);
    let has_open = known.state.open_disputes().next().is_some();
    Talk {
        disputed: has_open.then(|| amount::money_with_code(open)),
        disputes: known.state.disputes.iter().map(|dispute| part(visit, loaded, known, &names, dispute, notice)).collect(),
        raise: raise(visit, known, &names, notice),
        questions: known.state.questions.iter().map(|question| question_part(visit, known, question, notice)).collect(),
        question_draft: draft("ask".to_owned(), notice),
    }
}

fn draft(name: String, notice: &Notice) -> Draft {
    Draft { text: notice.typed(&name, "text"), is_open: notice.is_of(&name), name }
}

fn said(visit: &Visit, remark: &Remark) -> Said {
    Said { text: remark.text.clone(), by: format!("{}, {}", visit.who(&remark.by), visit.moment(remark.at)) }
}

fn may_speak(visit: &Visit, known: &InvoicePage) -> bool {
    visit.actor().owns(&known.view.of.group) || looks_after(visit.actor())
}

fn part(
    visit: &Visit,
    loaded: &Loaded,
    known: &InvoicePage,
    names: &BTreeMap<String, String>,
    dispute: &Dispute,
    notice: &Notice,
) -> DisputePart {
    let number = dispute.number;
    let is_own = dispute.raised.by.mail() == Some(visit.actor().person.mail.as_str());
    let may_resolve = dispute.is_open() && looks_after(visit.actor());
    DisputePart {
        number,
        line: names.get(&dispute.line).cloned().unwrap_or_else(|| "A line that is no longer there".to_owned()),
        amount: amount::money_with_code(dispute.amount),
        remarks: std::iter::once(&dispute.raised).chain(&dispute.comments).map(|remark| said(visit, remark)).collect(),
        outcome: dispute.resolution.as_ref().map(|(how, remark)| outcome(visit, known, how, remark)),
        may_comment: may_speak(visit, known),
        comment: draft(format!("comment-{number}"), notice),
        resolve: (may_resolve && !is_own).then(|| resolve(visit, loaded, number, notice)),
        note: (may_resolve && is_own).then_some("You raised it: somebody else who looks after the invoices resolves it."),
    }
}

fn outcome(visit: &Visit, known: &InvoicePage, how: &Resolution, remark: &Remark) -> (&'static str, String) {
    let by = format!("{}, {}", visit.who(&remark.by), visit.moment(remark.at));
    match how {
        Resolution::Upheld { receiver } => {
            let said = if remark.text.is_empty() { String::new() } else { format!(" “{}”", remark.text) };
            ("Upheld.", format!("The amount went to {}.{said} {by}", visit.group_name(receiver, known.view.of.bill.period)))
        }
        Resolution::Rejected { reason } => ("Rejected.", format!("“{reason}” {by}")),
    }
}

fn resolve(visit: &Visit, loaded: &Loaded, number: u32, notice: &Notice) -> Resolve {
    let (uphold, reject) = (format!("uphold-{number}"), format!("reject-{number}"));
    let chosen = notice.typed(&uphold, "receiver");
    let choice = |value: &str, label: String| Choice { value: value.to_owned(), label, is_chosen: value == chosen };
    let tree = visit.settings().ok().map(|settings| settings.trees.at(loaded.bill.bill.period));
    let central = tree.and_then(|tree| tree.central().map(|place| tree.groups()[place].id.clone()));
    let disputing = loaded.page.as_ref().map_or("", |known| known.view.of.group.as_str());
    let others = loaded.plan.entries.iter().filter(|entry| entry.group != disputing);
    let mut receivers = Vec::new();
    for entry in others {
        if Some(&entry.group) == central.as_ref() {
            receivers.insert(0, choice(&entry.group, format!("Nobody, a plain credit: {} keeps it", entry.name)));
        } else {
            receivers.push(choice(&entry.group, entry.name.clone()));
        }
    }
    let is_open = notice.is_of(&uphold) || notice.is_of(&reject);
    Resolve { reason: notice.typed(&reject, "reason"), hint: format!("{uphold}-hint"), uphold, reject, receivers, is_open }
}

fn raise(visit: &Visit, known: &InvoicePage, names: &BTreeMap<String, String>, notice: &Notice) -> Option<Raise> {
    let may = visit.actor().owns(&known.view.of.group) && known.view.revision.stage == Stage::Final && !known.state.is_accepted();
    if !may {
        return None;
    }
    let chosen = notice.typed("dispute", "line");
    let stated = known.document.stated().into_iter().map(|stated| (stated.amount - known.state.held(&stated.id), stated));
    let mut left: Vec<_> = stated.filter(|(left, _)| !left.is_zero()).collect();
    left.sort_by_key(|(left, _)| std::cmp::Reverse(left.minor().unsigned_abs()));
    let choice = |(left, stated): (dayone_domain::currency::Money, dayone_domain::review::Stated)| {
        let name = names.get(&stated.id).map_or("", String::as_str);
        let partly = if left == stated.amount { "" } else { " not disputed yet" };
        Choice { label: format!("{name}: {}{partly}", amount::money(left)), is_chosen: stated.id == chosen, value: stated.id }
    };
    Some(Raise {
        lines: left.into_iter().map(choice).collect(),
        amount: notice.typed("dispute", "amount"),
        reason: notice.typed("dispute", "reason"),
        is_open: notice.is_of("dispute"),
    })
}

fn question_part(visit: &Visit, known: &InvoicePage, question: &Question, notice: &Notice) -> QuestionPart {
    QuestionPart {
        number: question.number,
        is_answered: question.is_answered(),
        is_own: question.asked.by.mail() == Some(visit.actor().person.mail.as_str()),
        remarks: std::iter::once(&question.asked).chain(&question.answers).map(|remark| said(visit, remark)).collect(),
        may_answer: may_speak(visit, known),
        answer: draft(format!("answer-{}", question.number), notice),
    }
}
