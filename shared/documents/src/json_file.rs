//! An invoice as JSON. The shape is documented at [`Book::json`].

use dayone_domain::comparison::{Movement, Reason, Subject, movements};
use dayone_domain::invoice::{Held, Line, LineKind};
use dayone_domain::review::{Correction, InvoiceDocument, Move, line_kind_words};
use dayone_domain::true_up::TrueUpLine;
use dayone_domain::{BillingPeriod, Exact, Money};
use serde::Serialize;

use crate::book::Book;
use crate::csv_file::share_key;
use crate::page::NOTE;
use crate::sections::{self, nature_id};

#[derive(Serialize)]
struct Document<'a> {
    document: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_number: Option<u64>,
    company: &'a str,
    cost_group: Group<'a>,
    billing_period: String,
    period_start: String,
    period_end: String,
    currency: String,
    basis: String,
    not_invoiced_yet: &'a [String],
    charges: u64,
    totals: Totals,
    sections: Vec<SectionSum>,
    lines: Vec<LineView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    beside: Option<Beside<'a>>,
    roll_up: Option<RollUp<'a>>,
    comparison: Option<Comparison>,
    history: Vec<MonthView>,
    bill: Bill,
    note: &'static str,
}

#[derive(Serialize)]
struct Group<'a> {
    id: &'a str,
    name: &'a str,
    kind: Option<&'a str>,
    path: Vec<&'a str>,
    mode: String,
    owners: &'a [String],
    legal_entity: Option<&'a str>,
    cost_center: Option<&'a str>,
    department: Option<&'a str>,
}

#[derive(Serialize)]
struct Totals {
    direct: String,
    shared: String,
    exact: String,
    rounding: String,
    total: String,
}

#[derive(Serialize)]
struct SectionSum {
    section: &'static str,
    exact: String,
    amount: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum LineView<'a> {
    Direct {
        nature: &'static str,
        provider: &'a str,
        service: &'a str,
        sub_account: &'a str,
        sub_account_name: &'a str,
        billing_account: &'a str,
        charge_category: &'a str,
        correction_of: Option<String>,
        account: Option<&'a str>,
        charges: u64,
        list: Option<String>,
        exact: String,
        amount: String,
    },
    Shared {
        pool: &'a str,
        pool_name: &'a str,
        correction_of: Option<String>,
        pool_total: String,
        pool_holds: Vec<HeldView>,
        share_key: String,
        weight: String,
        weights: String,
        account: Option<&'a str>,
        exact: String,
        amount: String,
    },
}

/// What a revision states beside the lines of its own bill.
#[derive(Serialize)]
struct Beside<'a> {
    moves: Vec<MoveView<'a>>,
    true_ups: Vec<TrueUpView<'a>>,
    due: Due,
}

/// An amount that an upheld dispute moved.
#[derive(Serialize)]
struct MoveView<'a> {
    line: String,
    dispute: u32,
    from: &'a str,
    to: &'a str,
    of: &'a str,
    corrects_period: Option<String>,
    account: Option<&'a str>,
    amount: String,
}

/// What one line of a closed bill changed by.
#[derive(Serialize)]
struct TrueUpView<'a> {
    line: String,
    what: String,
    corrects_period: String,
    corrects_invoice: Option<u64>,
    round: u32,
    account: Option<&'a str>,
    before: String,
    now: String,
    exact: String,
    amount: String,
}

#[derive(Serialize)]
struct Due {
    total: String,
    true_ups: String,
    due: String,
}

/// A part of a pool's cost: charges of a nature, or what another pool passed on.
#[derive(Serialize)]
struct HeldView {
    #[serde(skip_serializing_if = "Option::is_none")]
    nature: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<String>,
    exact: String,
}

#[derive(Serialize)]
struct RollUp<'a> {
    own: String,
    below: Vec<Below<'a>>,
    total: String,
}

#[derive(Serialize)]
struct Below<'a> {
    cost_group: &'a str,
    name: &'a str,
    total: String,
    last_month: Option<String>,
}

#[derive(Serialize)]
struct Comparison {
    billing_period: String,
    total: String,
    change: String,
    movements: Vec<MovementView>,
}

#[derive(Serialize)]
struct MovementView {
    kind: &'static str,
    nature: Option<&'static str>,
    provider: Option<String>,
    service: Option<String>,
    sub_account: Option<String>,
    correction_of: Option<String>,
    pool: Option<String>,
    before: String,
    now: String,
    change: String,
    reason: ReasonView,
}

#[derive(Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
enum ReasonView {
    New,
    Gone,
    UseAndPrice { usage: String, price: String },
    PoolAndShare { pool: String, share: String },
    Unknown,
}

#[derive(Serialize)]
struct MonthView {
    billing_period: String,
    own: Option<String>,
    rolled_up: Option<String>,
}

#[derive(Serialize)]
struct Bill {
    exact: String,
    total: String,
    invoiced: String,
}

/// Writes the invoice at `place`; of a revision of it with what that states beside its lines.
pub fn write(book: &Book<'_>, place: usize, revision: Option<&InvoiceDocument>) -> String {
    let invoice = book.invoice(place);
    let shown = book.shown();
    let document = Document {
        document: "invoice",
        status: book.status().key(),
        revision: book.status().revision(),
        invoice_number: book.status().number(),
        company: book.company(),
        cost_group: group(book, place),
        billing_period: book.period().to_string(),
        period_start: book.period().first_day().to_string(),
        period_end: book.period().next().first_day().to_string(),
        currency: book.currency().to_string(),
        basis: shown.basis.to_string(),
        not_invoiced_yet: &shown.not_invoiced_yet,
        charges: invoice.charges,
        totals: Totals {
            direct: invoice.direct.to_string(),
            shared: invoice.shared.to_string(),
            exact: invoice.exact.to_string(),
            rounding: (invoice.exact - invoice.total.exact()).to_string(),
            total: invoice.total.to_string(),
        },
        sections: section_sums(book, place),
        lines: invoice.lines.iter().map(line).collect(),
        beside: revision.map(beside),
        roll_up: roll_up(book, place),
        comparison: comparison(book, place),
        history: history(book, place),
        bill: Bill { exact: shown.exact_total().to_string(), total: shown.bill_total.to_string(), invoiced: book.invoiced().to_string() },
        note: NOTE,
    };
    let mut text = serde_json::to_string_pretty(&document).expect("INVARIANT: texts, numbers and lists only");
    text.push('\n');
    text
}

fn group<'a>(book: &Book<'a>, place: usize) -> Group<'a> {
    let group = &book.invoice(place).group;
    let above = book.above(place).into_iter().map(|above| book.invoice(above).group.id.as_str());
    Group {
        id: &group.id,
        name: &group.name,
        kind: group.kind.as_deref(),
        path: above.chain([group.id.as_str()]).collect(),
        mode: group.mode.to_string(),
        owners: &group.owners,
        legal_entity: group.legal_entity.as_deref(),
        cost_center: group.cost_center.as_deref(),
        department: group.department.as_deref(),
    }
}

fn section_sums(book: &Book<'_>, place: usize) -> Vec<SectionSum> {
    let invoice = book.invoice(place);
    let sum = |section, exact: Exact, amount: Money| SectionSum { section, exact: exact.to_string(), amount: amount.to_string() };
    let mut sums: Vec<SectionSum> =
        sections::of(invoice).into_iter().map(|section| sum(section.id, section.exact, section.total)).collect();
    if let Some(amount) = sections::shared_total(invoice) {
        sums.push(sum("shared", invoice.shared, amount));
    }
    sums
}

fn line(line: &Line) -> LineView<'_> {
    let account = line.account.as_deref();
    let (exact, amount) = (line.exact.to_string(), line.amount.to_string());
    match &line.what {
        LineKind::Direct(direct) => LineView::Direct {
            nature: nature_id(direct.nature),
            provider: &direct.provider,
            service: &direct.service,
            sub_account: &direct.sub_account,
            sub_account_name: &direct.sub_account_name,
            billing_account: &direct.billing_account,
            charge_category: &direct.charge_category,
            correction_of: direct.correction_of.map(|period| period.to_string()),
            account,
            charges: line.charges,
            list: line.list.map(|list| list.to_string()),
            exact,
            amount,
        },
        LineKind::Shared(shared) => LineView::Shared {
            pool: &shared.pool,
            pool_name: &shared.pool_name,
            correction_of: shared.correction_of.map(|period| period.to_string()),
            pool_total: shared.pool_total.to_string(),
            pool_holds: shared.pool_holds.iter().map(held).collect(),
            share_key: share_key(&shared.key),
            weight: shared.weight.to_string(),
            weights: shared.weights.to_string(),
            account,
            exact,
            amount,
        },
    }
}

fn beside(document: &InvoiceDocument) -> Beside<'_> {
    let true_ups = document.corrections.iter().flat_map(|of| of.true_up.lines.iter().map(|line| true_up(of, line)));
    Beside {
        moves: document.moves.iter().map(moved).collect(),
        true_ups: true_ups.collect(),
        due: Due { total: document.total().to_string(), true_ups: document.true_ups().to_string(), due: document.due().to_string() },
    }
}

fn moved(moved: &Move) -> MoveView<'_> {
    MoveView {
        line: moved.id(),
        dispute: moved.dispute,
        from: &moved.from,
        to: &moved.to,
        of: &moved.of,
        corrects_period: moved.corrects().map(|period| period.to_string()),
        account: moved.account.as_deref(),
        amount: moved.amount.to_string(),
    }
}

fn true_up<'a>(of: &'a Correction, line: &'a TrueUpLine) -> TrueUpView<'a> {
    TrueUpView {
        line: of.id(line),
        what: line_kind_words(&line.what),
        corrects_period: of.period.to_string(),
        corrects_invoice: of.invoice_number,
        round: of.round,
        account: line.account.as_deref(),
        before: line.before.to_string(),
        now: line.now.to_string(),
        exact: line.exact.to_string(),
        amount: line.amount.to_string(),
    }
}

fn held((held, amount): &(Held, Exact)) -> HeldView {
    let (nature, pool) = match held {
        Held::Charges(nature) => (Some(nature_id(*nature)), None),
        Held::Pool(name) => (None, Some(name.clone())),
    };
    HeldView { nature, pool, exact: amount.to_string() }
}

fn roll_up<'a>(book: &Book<'a>, place: usize) -> Option<RollUp<'a>> {
    if book.below(place).is_empty() {
        return None;
    }
    let below = |below: &usize| Below {
        cost_group: &book.invoice(*below).group.id,
        name: &book.invoice(*below).group.name,
        total: book.rolled(*below).to_string(),
        last_month: book.rolled_before(*below).map(|total| total.to_string()),
    };
    Some(RollUp {
        own: book.invoice(place).total.to_string(),
        below: book.below(place).iter().map(below).collect(),
        total: book.rolled(place).to_string(),
    })
}

fn comparison(book: &Book<'_>, place: usize) -> Option<Comparison> {
    let (before, now) = (book.before(place)?, book.invoice(place));
    Some(Comparison {
        billing_period: book.period().previous().to_string(),
        total: before.total.to_string(),
        change: (now.total - before.total).to_string(),
        movements: movements(before, now).into_iter().map(movement).collect(),
    })
}

fn movement(movement: Movement) -> MovementView {
    let (before, now, change) = (movement.before.to_string(), movement.now.to_string(), movement.change().to_string());
    let reason = match movement.reason {
        Reason::New => ReasonView::New,
        Reason::Gone => ReasonView::Gone,
        Reason::UseAndPrice { usage, price } => ReasonView::UseAndPrice { usage: usage.to_string(), price: price.to_string() },
        Reason::PoolAndShare { pool, share } => ReasonView::PoolAndShare { pool: pool.to_string(), share: share.to_string() },
        Reason::Unknown => ReasonView::Unknown,
    };
    match movement.subject {
        Subject::Direct { nature, provider, service, sub_account, correction_of, .. } => MovementView {
            kind: "direct",
            nature: Some(nature_id(nature)),
            provider: Some(provider),
            service: Some(service),
            sub_account: Some(sub_account),
            correction_of: correction_of.map(|period| period.to_string()),
            pool: None,
            before,
            now,
            change,
            reason,
        },
        Subject::Shared { pool, correction_of, .. } => MovementView {
            kind: "shared",
            nature: None,
            provider: None,
            service: None,
            sub_account: None,
            correction_of: correction_of.map(|period| period.to_string()),
            pool: Some(pool),
            before,
            now,
            change,
            reason,
        },
    }
}

fn history(book: &Book<'_>, place: usize) -> Vec<MonthView> {
    let view = |period: BillingPeriod| MonthView {
        billing_period: period.to_string(),
        own: book.own_in(period, place).map(|total| total.to_string()),
        rolled_up: book.rolled_in(period, place).map(|total| total.to_string()),
    };
    book.months_shown().into_iter().map(view).collect()
}
