//! From accepted invoices to journal entries: one test a rule. An entry's way into the ERP is in `journal_life.rs`.

mod invoicing;

use dayone_domain::ledger::journal::{Coding, Draft};
use dayone_domain::ledger::recharge::Books;
use dayone_domain::ledger::{Cover, Gate, JournalEntry, JournalError, JournalKind, LedgerRefusal, MoneyState, Side};
use dayone_domain::review::Stage;
use dayone_domain::tree::Mode;
use dayone_domain::{Currency, Money};
use invoicing::*;

fn ana() -> dayone_domain::review::Actor {
    owner("ana", &["alpha"])
}

fn accepted(lines: &[dayone_domain::invoice::Line]) -> Case {
    let mut case = Case::of_lines(lines);
    case.accept(&ana());
    case
}

/// The lines of an entry: side, account, cost centre, minor units.
fn told(entry: &JournalEntry) -> Vec<(Side, &str, &str, i128)> {
    let lines = entry.lines().iter();
    lines.map(|line| (line.side, line.coding.account.as_str(), line.coding.cost_center.as_str(), line.amount.minor())).collect()
}

fn cover(line: String, billing_account: &str, minor: i128) -> Cover {
    Cover { line, billing_account: billing_account.to_owned(), minor }
}

// Recharges.

#[test]
fn a_recharge_debits_the_expense_and_credits_the_holding_account() {
    let case = accepted(&[direct("EC2", "acc-1", 10_000)]);
    let entries = case.entries().unwrap();
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(told(entry), [(Side::Debit, "6400", "4100", 10_000), (Side::Credit, "1491", "9000", 10_000)]);
    assert_eq!((entry.kind(), entry.reference(), entry.facts().period), (JournalKind::Recharge, "DAY1-000012-01", month("2026-06")));
    assert_eq!((entry.facts().revision, entry.facts().invoice_number, entry.facts().document_date), (1, Some(12), day("2026-07-09")));
    assert_eq!((entry.turnover(), entry.moved()), (usd(10_000), usd(10_000)));
    assert_eq!(entry.facts().covers, [cover(case.line(0), "acc-1", 10_000)]);
}

#[test]
fn the_coding_is_of_the_line_and_its_cost_group() {
    let mut case = accepted(&[
        direct("EC2", "acc-1", 10_000),
        direct("S3", "acc-1", 500),
        dayone_domain::invoice::Line { account: None, ..direct("SQS", "acc-1", 7) },
        shared("platform", &[("acc-1", 20), ("acc-3", 30)]),
    ]);
    case.document.invoice.group.legal_entity = Some("Test AB".to_owned());
    let entries = case.entries().unwrap();
    let expense = |account: &str| Coding {
        account: account.to_owned(),
        cost_center: "4100".to_owned(),
        department: Some("D1".to_owned()),
        legal_entity: Some("Test AB".to_owned()),
    };
    let holding = |account: &str| Coding {
        account: account.to_owned(),
        cost_center: "9000".to_owned(),
        department: None,
        legal_entity: Some("Test Inc.".to_owned()),
    };
    let lines: Vec<_> =
        entries[0].lines().iter().map(|line| (line.side, line.coding.clone(), line.amount.minor(), line.is_holding)).collect();
    let expected = [
        (Side::Debit, expense("6400"), 10_500, false),
        (Side::Debit, expense("6450"), 50, false),
        (Side::Debit, expense("6499"), 7, false),
        (Side::Credit, holding("1490"), 30, true),
        (Side::Credit, holding("1491"), 10_527, true),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_group_without_a_legal_entity_belongs_to_whoever_books_the_invoices() {
    let entries = accepted(&[direct("EC2", "acc-1", 1)]).entries().unwrap();
    let entities: Vec<_> = entries[0].lines().iter().map(|line| line.coding.legal_entity.as_deref()).collect();
    assert_eq!(entities, [Some("Test Inc."); 2]);
}

#[test]
fn sides_follow_the_sign_and_amounts_are_above_nought() {
    let entries = accepted(&[
        direct("EC2", "acc-1", 10_000),
        dayone_domain::invoice::Line { account: Some("6900".to_owned()), ..direct("Credit", "acc-2", -300) },
    ])
    .entries()
    .unwrap();
    let expected = [
        (Side::Debit, "6400", "4100", 10_000),
        (Side::Credit, "6900", "4100", 300),
        (Side::Credit, "1491", "9000", 10_000),
        (Side::Debit, "1492", "9000", 300),
    ];
    assert_eq!(told(&entries[0]), expected);
    assert_eq!((entries[0].turnover(), entries[0].moved()), (usd(10_300), usd(9_700)));
}

#[test]
fn a_negative_invoice_swaps_the_sides() {
    let entries = accepted(&[direct("Credit", "acc-1", -10_000)]).entries().unwrap();
    assert_eq!(told(&entries[0]), [(Side::Credit, "6400", "4100", 10_000), (Side::Debit, "1491", "9000", 10_000)]);
}

#[test]
fn nought_posts_nothing() {
    for lines in [vec![], vec![direct("EC2", "acc-1", 0)], vec![direct("EC2", "acc-1", 100), direct("Credit", "acc-1", -100)]] {
        let case = accepted(&lines);
        assert_eq!(case.entries().unwrap(), []);
        assert!(case.states().is_empty());
    }
}

#[test]
fn an_invoice_of_nought_still_moves_between_holding_accounts() {
    let entries = accepted(&[direct("EC2", "acc-1", 100), direct("EC2", "acc-2", -100)]).entries().unwrap();
    assert_eq!(told(&entries[0]), [(Side::Credit, "1491", "9000", 100), (Side::Debit, "1492", "9000", 100)]);
}

#[test]
fn what_cannot_be_coded_is_refused() {
    let (tree, ledger) = (coding(), calendar());
    let books = Books { coding: Some(&tree), calendar: &ledger, trees: None };
    let refused = |case: &Case, books: Books<'_>| {
        Gate::open(&case.state).unwrap().entries(&case.document, &[], books, day("2026-07-09")).unwrap_err()
    };
    let case = accepted(&[direct("EC2", "acc-1", 1)]);
    assert_eq!(refused(&case, Books { coding: None, ..books }), LedgerRefusal::NoCoding);
    let mut bare = case.clone();
    bare.document.invoice.group.cost_center = None;
    assert_eq!(refused(&bare, books), LedgerRefusal::NoCostCenter("alpha".to_owned()));
    let mut foreign = case.clone();
    foreign.document.invoice.group.legal_entity = Some("Test Ltd".to_owned());
    let crosses = LedgerRefusal::CrossesLegalEntity { from: "Test Inc.".to_owned(), to: "Test Ltd".to_owned() };
    assert_eq!(refused(&foreign, books), crosses);
    let euro = Currency::try_new("EUR").unwrap();
    let euros =
        dayone_domain::ledger::LedgerCalendar::try_new(euro, "Test Inc.".to_owned(), Default::default(), 10, Default::default()).unwrap();
    let leaves = LedgerRefusal::LeavesCurrency { bill: "USD".to_owned(), ledger: "EUR".to_owned() };
    assert_eq!(refused(&case, Books { calendar: &euros, ..books }), leaves);
}

#[test]
fn nothing_to_post_needs_no_coding() {
    let case = accepted(&[direct("EC2", "acc-1", 0)]);
    let ledger = calendar();
    let entries = Gate::open(&case.state).unwrap().entries(
        &case.document,
        &[],
        Books { coding: None, calendar: &ledger, trees: None },
        day("2026-07-09"),
    );
    assert_eq!(entries, Ok(vec![]));
}

#[test]
#[should_panic(expected = "the document of the accepted revision")]
fn a_recharge_is_of_the_accepted_document() {
    let mut case = accepted(&[direct("EC2", "acc-1", 1)]);
    case.document.revision = 2;
    let _ = case.entries();
}

#[test]
fn what_is_journaled_is_not_journaled_again() {
    let mut case = accepted(&[direct("EC2", "acc-1", 10_000)]);
    assert_eq!(case.journal(), [0]);
    assert!(case.journal().is_empty());
    case.post(0);
    assert!(case.journal().is_empty());
}

// True-ups.

#[test]
fn true_ups_are_entries_apart_and_name_the_closed_period() {
    let late = [direct("EC2", "acc-1", 900), direct("Credit", "acc-2", -100)];
    let corrections = [correction("alpha", "2026-04", &late), correction("alpha", "2026-05", &[direct("EC2", "acc-1", -40)])];
    let mut case = Case::issued(document("alpha", Stage::Final, &[direct("EC2", "acc-1", 10_000)], &corrections), Mode::Chargeback);
    case.accept(&ana());
    let entries = case.entries().unwrap();
    let facts: Vec<_> =
        entries.iter().map(|entry| (entry.reference(), entry.kind(), entry.facts().period.to_string(), entry.moved().minor())).collect();
    let expected = [
        ("DAY1-000012-01", JournalKind::Recharge, "2026-06".to_owned(), 10_000),
        ("DAY1-000012-02", JournalKind::TrueUp, "2026-04".to_owned(), 800),
        ("DAY1-000012-03", JournalKind::TrueUp, "2026-05".to_owned(), -40),
    ];
    assert_eq!(facts, expected);
    assert_eq!(entries[1].facts().text, "Cloud cost of Team alpha, April 2026: true-up on the invoice of June 2026");
    assert_eq!(told(&entries[2]), [(Side::Credit, "6400", "4100", 40), (Side::Debit, "1491", "9000", 40)]);
}

#[test]
fn what_a_dispute_moved_of_a_true_up_is_posted_as_a_true_up() {
    let late = correction("alpha", "2026-04", &[direct("EC2", "acc-1", 900)]);
    let mut case = Case::issued(document("alpha", Stage::Final, &[], &[late]), Mode::Chargeback);
    let mut beta = Case::issued(document("beta", Stage::Final, &[direct("S3", "acc-1", 5)], &[]), Mode::Chargeback);
    let dispute = case.dispute(&ana(), &case.line(0), 600);
    case.uphold(&finops("finn"), dispute, &mut beta);
    case.accept(&ana());
    beta.accept(&owner("ben", &["beta"]));
    let facts = |case: &Case| {
        let of = |entry: &JournalEntry| (entry.kind(), entry.facts().period.to_string(), entry.moved().minor());
        case.entries().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(facts(&case), [(JournalKind::TrueUp, "2026-04".to_owned(), 300)]);
    assert_eq!(facts(&beta), [(JournalKind::Recharge, "2026-06".to_owned(), 5), (JournalKind::TrueUp, "2026-04".to_owned(), 600)]);
}

// Disputes.

#[test]
fn a_rejected_dispute_posts_only_the_difference() {
    let mut case = Case::of_lines(&[direct("EC2", "acc-1", 10_000), direct("S3", "acc-2", 700)]);
    let dispute = case.dispute(&ana(), &case.line(0), 4_000);
    case.accept(&ana());
    case.journal();
    assert_eq!(case.journals[0].0.moved(), usd(6_700));
    assert!(case.journal().is_empty());
    case.reject(&finops("finn"), dispute);
    case.journal();
    let entry = &case.journals[1].0;
    assert_eq!((entry.reference(), entry.facts().covers.clone()), ("DAY1-000012-02", vec![cover(case.line(0), "acc-1", 4_000)]));
}

#[test]
fn an_upheld_dispute_posts_nothing_more_to_the_disputing_group() {
    let mut case = Case::of_lines(&[shared("platform", &[("acc-1", 500), ("acc-2", 500)]), direct("S3", "acc-2", 700)]);
    let mut beta = Case::issued(document("beta", Stage::Final, &[], &[]), Mode::Chargeback);
    let dispute = case.dispute(&ana(), &case.line(0), 600);
    case.accept(&ana());
    case.journal();
    assert_eq!(case.journals[0].0.moved(), usd(1_100));
    case.uphold(&finops("finn"), dispute, &mut beta);
    case.accept(&ana());
    assert!(case.journal().is_empty());
    // The receiver's owner accepts, and the amount leaves the same holding accounts.
    beta.accept(&owner("ben", &["beta"]));
    beta.journal();
    let expected = [(Side::Debit, "6450", "4100", 600), (Side::Credit, "1491", "9000", 500), (Side::Credit, "1492", "9000", 100)];
    assert_eq!(told(&beta.journals[0].0), expected);
}

#[test]
fn a_disputed_credit_stays_out_like_a_cost() {
    let mut case = Case::of_lines(&[direct("Credit", "acc-1", -900), direct("S3", "acc-2", 700)]);
    let dispute = case.dispute(&ana(), &case.line(0), -300);
    case.accept(&ana());
    case.journal();
    assert_eq!(case.journals[0].0.moved(), usd(100));
    case.reject(&finops("finn"), dispute);
    case.journal();
    assert_eq!(case.journals[1].0.moved(), usd(-300));
}

// Corrections of what was posted.

#[test]
fn a_reversal_undoes_an_entry_and_the_invoice_can_be_posted_again() {
    let mut case = accepted(&[direct("EC2", "acc-1", 10_000), direct("Credit", "acc-2", -300)]);
    case.journal();
    case.post(0);
    let place = case.reverse(0);
    let (posted, reversal) = (case.journals[0].0.clone(), case.journals[place].0.clone());
    for (line, back) in posted.lines().iter().zip(reversal.lines()) {
        assert_eq!((line.side.other(), &line.coding, line.amount), (back.side, &back.coding, back.amount));
    }
    assert_eq!(
        (reversal.kind(), reversal.reference(), reversal.facts().of_journal.as_deref()),
        (JournalKind::Reversal, "DAY1-000012-02", Some("DAY1-000012-01"))
    );
    assert_eq!(reversal.moved(), usd(-9_700));
    assert_eq!(reversal.facts().document_date, day("2026-07-10"));
    case.post(place);
    assert!(Gate::open(&case.state).is_err());
    case.accept(&ana());
    case.journal();
    let again = &case.journals[2].0;
    assert_eq!((again.reference(), again.lines()), ("DAY1-000012-03", posted.lines()));
}

#[test]
fn after_the_reversal_of_one_entry_only_that_amount_is_posted_again() {
    let mut case = Case::of_lines(&[direct("EC2", "acc-1", 10_000)]);
    let dispute = case.dispute(&ana(), &case.line(0), 4_000);
    case.accept(&ana());
    case.journal();
    case.reject(&finops("finn"), dispute);
    case.journal();
    case.post(0);
    case.post(1);
    let reversal = case.reverse(1);
    case.post(reversal);
    case.accept(&ana());
    case.journal();
    assert_eq!(case.journals.last().unwrap().0.moved(), usd(4_000));
}

/// What is disputed after a reversal of one of several entries leaves the ledger with the next acceptance.
#[test]
fn what_the_ledger_still_has_is_posted_and_not_disputed() {
    let mut case = Case::of_lines(&[direct("EC2", "acc-1", 10_000)]);
    let dispute = case.dispute(&ana(), &case.line(0), 4_000);
    case.accept(&ana());
    case.journal();
    case.reject(&finops("finn"), dispute);
    case.journal();
    case.post(0);
    case.post(1);
    let reversal = case.reverse(1);
    case.post(reversal);
    case.dispute(&ana(), &case.line(0), 9_000);
    let sums: Vec<_> = case.states().into_iter().map(|((_, state, _), minor)| (state, minor)).collect();
    assert_eq!(sums, [(MoneyState::Posted, 6_000), (MoneyState::Disputed, 4_000)]);
    case.accept(&ana());
    case.journal();
    assert_eq!(case.journals.last().unwrap().0.moved(), usd(-5_000));
}

#[test]
fn a_reclass_takes_a_posted_line_to_another_coding() {
    let case = accepted(&[direct("EC2", "acc-1", 10_000)]);
    let entry = &case.entries().unwrap()[0];
    let to = Coding { cost_center: "4200".to_owned(), ..entry.lines()[0].coding.clone() };
    let reclass = entry.reclass("DAY1-000012-02".to_owned(), day("2026-07-12"), 0, to.clone(), "moved teams").unwrap();
    assert_eq!(told(&reclass), [(Side::Debit, "6400", "4200", 10_000), (Side::Credit, "6400", "4100", 10_000)]);
    assert_eq!((reclass.kind(), reclass.facts().of_journal.as_deref()), (JournalKind::Reclass, Some("DAY1-000012-01")));
    assert_eq!((reclass.facts().text.as_str(), reclass.moved()), ("Reclass of DAY1-000012-01: moved teams", usd(0)));
    let again = reclass.reclass("DAY1-000012-03".to_owned(), day("2026-07-12"), 0, entry.lines()[0].coding.clone(), "back").unwrap();
    assert_eq!(told(&again), [(Side::Debit, "6400", "4100", 10_000), (Side::Credit, "6400", "4200", 10_000)]);
}

#[test]
fn a_reclass_of_a_credit_swaps_the_sides() {
    let case = accepted(&[direct("Credit", "acc-1", -300)]);
    let entry = &case.entries().unwrap()[0];
    let to = Coding { account: "6900".to_owned(), ..entry.lines()[0].coding.clone() };
    let reclass = entry.reclass("R".to_owned(), day("2026-07-12"), 0, to, "credits").unwrap();
    assert_eq!(told(&reclass), [(Side::Debit, "6400", "4100", 300), (Side::Credit, "6900", "4100", 300)]);
}

#[test]
fn a_reclass_needs_a_line_another_coding_and_no_holding_account() {
    let case = accepted(&[direct("EC2", "acc-1", 10_000)]);
    let entry = &case.entries().unwrap()[0];
    let other = Coding { account: "6900".to_owned(), ..entry.lines()[0].coding.clone() };
    for (place, to, is_allowed) in
        [(0, other.clone(), true), (0, entry.lines()[0].coding.clone(), false), (1, other.clone(), false), (2, other, false)]
    {
        assert_eq!(entry.reclass("R".to_owned(), day("2026-07-12"), place, to, "x").is_some(), is_allowed, "line {place}");
    }
}

// Entries in themselves.

fn draft() -> Draft {
    Draft::from(accepted(&[direct("EC2", "acc-1", 10_000)]).entries().unwrap().remove(0))
}

#[test]
fn an_entry_is_balanced_positive_and_in_one_currency() {
    let refused = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft();
        change(&mut draft);
        JournalEntry::try_new(draft).unwrap_err()
    };
    assert!(JournalEntry::try_new(draft()).is_ok());
    assert_eq!(refused(&|draft| draft.lines.clear()), JournalError::Lines(0));
    assert_eq!(refused(&|draft| draft.lines = vec![draft.lines[0].clone(); 10_001]), JournalError::Lines(10_001));
    let unbalanced = JournalError::Unbalanced { debits: "100.00".to_owned(), credits: "99.99".to_owned() };
    assert_eq!(refused(&|draft| draft.lines[1].amount = usd(9_999)), unbalanced);
    assert_eq!(refused(&|draft| draft.lines[0].amount = usd(0)), JournalError::Amount("0.00".to_owned()));
    assert_eq!(refused(&|draft| draft.lines[0].amount = usd(-1)), JournalError::Amount("-0.01".to_owned()));
    let euro = Currency::try_new("EUR").unwrap();
    let mixed = refused(&|draft| draft.lines[1].amount = Money::from_minor(10_000, euro));
    assert_eq!(mixed, JournalError::Currencies(usd(0).currency(), euro));
    let huge = refused(&|draft| draft.lines.iter_mut().for_each(|line| (line.side, line.amount) = (Side::Debit, usd(i128::MAX))));
    assert!(matches!(huge, JournalError::Amount(_)));
}

#[test]
fn an_entry_covers_what_it_moves_out_of_holding_accounts() {
    for (minor, is_allowed) in [(10_000, true), (9_999, false), (-10_000, false)] {
        let mut draft = draft();
        draft.covers[0].minor = minor;
        assert_eq!(JournalEntry::try_new(draft).is_ok(), is_allowed, "{minor}");
    }
    let mut draft = draft();
    draft.covers = vec![cover("a".to_owned(), "acc-1", i128::MAX), cover("b".to_owned(), "acc-1", 1)];
    assert!(matches!(JournalEntry::try_new(draft), Err(JournalError::Covers(10_000, _))));
}

#[test]
fn an_entry_that_is_read_back_is_checked() {
    let entry = JournalEntry::try_new(draft()).unwrap();
    let text = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<JournalEntry>(&text).unwrap(), entry);
    let forged = text.replacen("\"100.00\"", "\"100.01\"", 1);
    assert_ne!(forged, text);
    let error = serde_json::from_str::<JournalEntry>(&forged).unwrap_err().to_string();
    assert!(error.contains("the debits are 100.01 and the credits 100.00"), "{error}");
}
