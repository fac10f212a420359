//! Promise 4: no recharge without an acceptance of that very final revision by somebody entitled to it, or a deemed
//! acceptance after final issue and reminders, never over an open dispute. A disputed amount stays out until it is
//! resolved; the rest need not wait.

mod invoicing;

use std::collections::BTreeMap;

use dayone_domain::ledger::{Gate, GateClosed};
use dayone_domain::policy::Silence;
use dayone_domain::review::{By, InvoiceEvent, InvoiceState, Outcome, ReviewRefusal, Stage};
use dayone_domain::tree::Mode;
use invoicing::*;

fn one_line() -> Case {
    Case::of_lines(&[direct("EC2", "acc-1", 10_000)])
}

fn silence() -> Silence {
    Silence { remind_after_days: vec![3, 7], deemed_after_days: Some(14) }
}

fn closed(case: &Case) -> Option<GateClosed> {
    Gate::open(&case.state).err()
}

/// The mail of the last reminder was handed over.
fn ana() -> Vec<String> {
    vec!["ana@acme.example".to_owned()]
}

fn anybody(_mail: &str) -> bool {
    true
}

fn delivered(case: &mut Case, today: &str) {
    let events = case.state.reminder_delivered(case.newest(), case.state.reminders, day(today), ana()).events();
    case.record(By::Policy, events);
}

/// Days pass, and the policy does what is due on each of them; its mail is handed over the same day.
fn pass_days(case: &mut Case, silence: &Silence, until: &str) -> Vec<(String, InvoiceEvent)> {
    let mut done = Vec::new();
    let mut today = case.document.issued_on;
    while today <= day(until) {
        let mut events = case.state.remind(silence, today, anybody).events();
        if events.is_empty() {
            events = case.state.deem_accepted(silence, today, anybody).events();
        }
        done.extend(events.iter().map(|event| (today.to_string(), event.clone())));
        case.record(By::Policy, events);
        delivered(case, &today.to_string());
        today = today.succ_opt().unwrap();
    }
    done
}

#[test]
fn nothing_is_journaled_before_it_is_issued() {
    assert_eq!(Gate::open(&InvoiceState::new(of("alpha"))).err(), Some(GateClosed::NotIssued));
}

#[test]
fn a_provisional_invoice_can_be_neither_accepted_nor_journaled() {
    let ana = owner("ana", &["alpha"]);
    let mut case = Case::issued(document("alpha", Stage::Provisional, &[direct("EC2", "acc-1", 1)], &[]), Mode::Chargeback);
    assert_eq!(case.state.accept(&ana, 1), Err(ReviewRefusal::Provisional("accepted")));
    case.record(ana.by(), vec![InvoiceEvent::Accepted { revision: 1 }]);
    assert_eq!(closed(&case), Some(GateClosed::Provisional));
}

#[test]
fn an_acceptance_opens_the_gate() {
    let mut case = one_line();
    assert_eq!(closed(&case), Some(GateClosed::NotAccepted));
    case.accept(&owner("ana", &["alpha"]));
    let moved: Vec<_> = case.entries().unwrap().iter().map(|entry| entry.moved()).collect();
    assert_eq!(moved, [usd(10_000)]);
}

#[test]
fn an_acceptance_is_of_one_revision() {
    let (ana, ben, finn) = (owner("ana", &["alpha"]), owner("ben", &["beta"]), finops("finn"));
    let mut case = one_line();
    let mut beta = Case::issued(document("beta", Stage::Final, &[direct("S3", "acc-1", 500)], &[]), Mode::Chargeback);
    case.accept(&ana);
    beta.dispute(&ben, &beta.line(0), 200);
    beta.uphold(&finn, 1, &mut case);
    assert_eq!(closed(&case), Some(GateClosed::NotAccepted));
    assert_eq!(closed(&beta), Some(GateClosed::NotAccepted));
    assert_eq!(case.state.accept(&ana, 1), Err(ReviewRefusal::Outdated { asked: 1, newest: 2 }));
    case.accept(&ana);
    assert_eq!(case.entries().unwrap()[0].moved(), usd(10_200));
}

#[test]
fn only_an_owner_accepts() {
    let case = one_line();
    for other in [owner("ben", &["beta"]), controller("ines"), finops("finn")] {
        assert_eq!(case.state.accept(&other, 1), Err(ReviewRefusal::NotOwner("alpha".to_owned())));
    }
}

#[test]
fn nobody_accepts_above_their_limit() {
    let mut ana = owner("ana", &["alpha"]);
    for (limit, minor, is_allowed) in [(10_000, 10_000, true), (9_999, 10_000, false), (9_999, -10_000, false), (10_000, -10_000, true)] {
        ana.person.accepts_up_to = Some(BTreeMap::from([(usd(0).currency(), usd(limit))]));
        let case = Case::of_lines(&[direct("EC2", "acc-1", minor)]);
        match case.state.accept(&ana, 1) {
            Ok(outcome) => assert!(is_allowed, "{outcome:?}"),
            Err(refusal) => assert!(!is_allowed && matches!(refusal, ReviewRefusal::AboveLimit(_)), "{refusal}"),
        }
    }
}

#[test]
fn the_limit_counts_true_ups_too() {
    let mut ana = owner("ana", &["alpha"]);
    ana.person.accepts_up_to = Some(BTreeMap::from([(usd(0).currency(), usd(10_000))]));
    let late = correction("alpha", "2026-04", &[direct("EC2", "acc-1", 1)]);
    let case = Case::issued(document("alpha", Stage::Final, &[direct("EC2", "acc-1", 10_000)], &[late]), Mode::Chargeback);
    assert!(matches!(case.state.accept(&ana, 1), Err(ReviewRefusal::AboveLimit(_))));
}

#[test]
fn the_limit_counts_nothing_that_is_only_shown() {
    let late = correction("alpha", "2026-05", &[direct("EC2", "acc-1", -800)]);
    let mut document = document("alpha", Stage::Final, &[direct("EC2", "acc-1", 5_000_000)], &[late]);
    document.invoice.group.mode = Mode::Showback;
    let case = Case::issued(document, Mode::Chargeback);
    for (limit, is_allowed) in [(800, true), (799, false)] {
        let mut ana = owner("ana", &["alpha"]);
        ana.person.accepts_up_to = Some(BTreeMap::from([(usd(0).currency(), usd(limit))]));
        assert_eq!(case.state.accept(&ana, 1).is_ok(), is_allowed, "{limit}");
    }
    let revision = case.state.newest().unwrap();
    assert!(revision.is_charged_in_part());
    assert_eq!((revision.charged.sum(), revision.shown()), (usd(-800), usd(5_000_000)));
}

#[test]
fn what_is_charged_of_the_month_and_of_true_ups_do_not_hide_each_other() {
    let late = correction("alpha", "2026-05", &[direct("EC2", "acc-1", -10_000)]);
    let case = Case::issued(document("alpha", Stage::Final, &[direct("EC2", "acc-1", 10_000)], &[late]), Mode::Chargeback);
    assert_eq!(case.state.newest().unwrap().at_stake(), usd(20_000));
    assert!(!case.state.newest().unwrap().is_charged_in_part());
}

#[test]
fn accepted_twice_by_one_person_is_already_applied_and_a_second_owner_may_join() {
    let mut case = one_line();
    case.accept(&owner("ana", &["alpha"]));
    assert_eq!(case.state.accept(&owner("ana", &["alpha"]), 1), Ok(Outcome::AlreadyApplied));
    case.accept(&owner("ben", &["alpha"]));
    assert_eq!(case.state.holding().count(), 2);
}

#[test]
fn a_disputed_amount_stays_out_and_the_rest_need_not_wait() {
    let ana = owner("ana", &["alpha"]);
    let mut case = Case::of_lines(&[direct("EC2", "acc-1", 10_000), direct("S3", "acc-2", 700)]);
    case.dispute(&ana, &case.line(0), 4_000);
    case.accept(&ana);
    let entries = case.entries().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].moved(), usd(6_700));
}

#[test]
fn silence_is_acceptance_after_final_issue_and_every_reminder() {
    let mut case = one_line();
    let done = pass_days(&mut case, &silence(), "2026-08-30");
    let reminded = |reminder, on| InvoiceEvent::Reminded { revision: 1, reminder, on: day(on) };
    let expected = [
        ("2026-07-04".to_owned(), reminded(1, "2026-07-04")),
        ("2026-07-08".to_owned(), reminded(2, "2026-07-08")),
        ("2026-07-15".to_owned(), InvoiceEvent::Accepted { revision: 1 }),
    ];
    assert_eq!(done, expected);
    assert_eq!(case.state.holding().next().unwrap().by, By::Policy);
    assert!(case.entries().is_ok());
}

#[test]
fn silence_is_no_acceptance_before_every_reminder_was_handed_over() {
    let mut case = one_line();
    let late = day("2026-12-31");
    assert_eq!(case.state.deem_accepted(&silence(), late, anybody), Outcome::AlreadyApplied);
    for (reminder, on) in [(1, "2026-07-04"), (2, "2026-07-07")] {
        case.record(By::Policy, vec![InvoiceEvent::Reminded { revision: 1, reminder, on: day(on) }]);
        assert_eq!(case.state.deem_accepted(&silence(), late, anybody), Outcome::AlreadyApplied, "its mail was asked for");
        assert_eq!(case.state.remind(&silence(), late, anybody), Outcome::AlreadyApplied, "one after the other");
        delivered(&mut case, on);
    }
    case.state.delivered_on = Some(day("2026-07-08"));
    assert_eq!(case.state.deem_accepted(&silence(), day("2026-07-14"), anybody), Outcome::AlreadyApplied);
    assert_eq!(case.state.deem_accepted(&silence(), late, anybody).events(), [InvoiceEvent::Accepted { revision: 1 }]);
    // A policy without reminders gives nobody a chance to speak.
    let mute = Silence { remind_after_days: vec![], deemed_after_days: Some(14) };
    assert_eq!(one_line().state.deem_accepted(&mute, late, anybody), Outcome::AlreadyApplied);
}

#[test]
fn late_reminders_leave_as_much_time_to_answer_as_those_in_time() {
    let mut case = one_line();
    let late = day("2026-08-20");
    for (today, reminders) in [("2026-08-20", 1), ("2026-08-21", 2)] {
        let events = case.state.remind(&silence(), day(today), anybody).events();
        assert_eq!(events.len(), 1, "one reminder a day");
        case.record(By::Policy, events);
        delivered(&mut case, today);
        assert_eq!((case.state.reminders, case.state.delivered), (reminders, reminders));
        assert_eq!(case.state.remind(&silence(), day(today), anybody), Outcome::AlreadyApplied);
    }
    assert_eq!(case.state.deem_accepted(&silence(), late, anybody), Outcome::AlreadyApplied);
    assert_eq!(case.state.deem_accepted(&silence(), day("2026-08-27"), anybody), Outcome::AlreadyApplied);
    assert_eq!(case.state.deem_accepted(&silence(), day("2026-08-28"), anybody).events(), [InvoiceEvent::Accepted { revision: 1 }]);
}

#[test]
fn time_to_answer_begins_with_the_day_on_which_the_last_reminder_was_handed_over() {
    let mut case = one_line();
    for (reminder, asked, handed_over) in [(1, "2026-07-04", "2026-07-04"), (2, "2026-07-08", "2026-08-01")] {
        case.record(By::Policy, vec![InvoiceEvent::Reminded { revision: 1, reminder, on: day(asked) }]);
        delivered(&mut case, handed_over);
    }
    assert_eq!(case.state.deem_accepted(&silence(), day("2026-08-07"), anybody), Outcome::AlreadyApplied);
    assert_eq!(case.state.deem_accepted(&silence(), day("2026-08-08"), anybody).events(), [InvoiceEvent::Accepted { revision: 1 }]);
}

#[test]
fn silence_is_no_acceptance_where_nobody_whom_a_reminder_reached_may_accept_any_more() {
    let mut case = one_line();
    pass_days(&mut case, &silence(), "2026-07-08");
    let late = day("2026-08-20");
    assert_eq!(case.state.reached, [ana(), ana()]);
    for (may_accept, is_accepted) in [("ana@acme.example", true), ("bob@acme.example", false)] {
        let accepted = case.state.deem_accepted(&silence(), late, |mail| mail == may_accept).events();
        assert_eq!(!accepted.is_empty(), is_accepted, "{may_accept}");
    }
    // Each has to have reached one of those who may: ana got the first alone.
    case.state.reached[1] = vec!["bob@acme.example".to_owned()];
    for may_accept in ["ana@acme.example", "bob@acme.example"] {
        assert_eq!(case.state.deem_accepted(&silence(), late, |mail| mail == may_accept), Outcome::AlreadyApplied);
    }
    assert_eq!(case.state.deem_accepted(&silence(), late, anybody).events().len(), 1);
}

#[test]
fn reminders_begin_anew_for_whoever_may_accept_instead_of_those_whom_they_reached() {
    let mut case = one_line();
    pass_days(&mut case, &silence(), "2026-07-08");
    let is_bob = |mail: &str| mail == "bob@acme.example";
    for (today, reminder) in [("2026-07-10", 1), ("2026-07-11", 2)] {
        let events = case.state.remind(&silence(), day(today), is_bob).events();
        assert_eq!(events, [InvoiceEvent::Reminded { revision: 1, reminder, on: day(today) }]);
        case.record(By::Policy, events);
        assert_eq!(case.state.deem_accepted(&silence(), day("2026-12-31"), is_bob), Outcome::AlreadyApplied);
        let to = vec!["bob@acme.example".to_owned()];
        let delivered = case.state.reminder_delivered(1, reminder, day(today), to).events();
        case.record(By::Policy, delivered);
    }
    assert_eq!(case.state.remind(&silence(), day("2026-07-12"), is_bob), Outcome::AlreadyApplied);
    assert_eq!(case.state.deem_accepted(&silence(), day("2026-07-17"), is_bob), Outcome::AlreadyApplied);
    assert_eq!(case.state.deem_accepted(&silence(), day("2026-07-18"), is_bob).events().len(), 1);
}

#[test]
fn an_invoice_is_followed_up_while_a_reminder_or_silence_can_still_say_something() {
    let mut case = one_line();
    let without_day = Silence { deemed_after_days: None, ..silence() };
    assert!(case.state.is_followed_up(&silence()) && case.state.is_followed_up(&without_day));
    pass_days(&mut case, &without_day, "2026-08-30");
    assert!(case.state.is_followed_up(&silence()), "the policy takes silence for a yes");
    assert!(!case.state.is_followed_up(&without_day), "every reminder was handed over");
    let mut disputed = case.clone();
    let dispute = disputed.dispute(&owner("ana", &["alpha"]), &disputed.line(0), 1);
    assert!(!disputed.state.is_followed_up(&silence()), "a dispute is open");
    disputed.reject(&finops("finn"), dispute);
    assert!(!disputed.state.is_followed_up(&silence()), "whoever disputed was not silent");
    case.accept(&owner("ana", &["alpha"]));
    assert!(!case.state.is_followed_up(&silence()));
}

#[test]
fn a_reminder_is_handed_over_once_and_of_a_revision_that_nobody_accepted() {
    let mut case = one_line();
    let today = day("2026-07-04");
    assert_eq!(case.state.reminder_delivered(1, 1, today, ana()), Outcome::AlreadyApplied, "nobody asked for it");
    case.record(By::Policy, vec![InvoiceEvent::Reminded { revision: 1, reminder: 1, on: today }]);
    let handed_over = InvoiceEvent::ReminderDelivered { revision: 1, reminder: 1, on: today, to: ana() };
    assert_eq!(case.state.reminder_delivered(1, 1, today, ana()).events(), std::slice::from_ref(&handed_over));
    assert_eq!(case.state.reminder_delivered(2, 1, today, ana()), Outcome::AlreadyApplied, "of another revision");
    let mut accepted = case.clone();
    accepted.accept(&owner("ana", &["alpha"]));
    assert_eq!(accepted.state.reminder_delivered(1, 1, today, ana()), Outcome::AlreadyApplied);
    case.record(By::Policy, vec![handed_over]);
    assert_eq!(case.state.reminder_delivered(1, 1, today, ana()), Outcome::AlreadyApplied, "again");
}

#[test]
fn without_a_day_for_it_silence_is_never_acceptance() {
    let mut case = one_line();
    let done = pass_days(&mut case, &Silence { deemed_after_days: None, ..silence() }, "2026-12-31");
    assert_eq!(done.len(), 2, "{done:?}");
    assert_eq!(closed(&case), Some(GateClosed::NotAccepted));
}

#[test]
fn silence_is_no_acceptance_of_a_provisional_invoice_or_in_showback() {
    for (stage, mode) in [(Stage::Provisional, Mode::Chargeback), (Stage::Final, Mode::Showback)] {
        let mut case = Case::issued(document("alpha", stage, &[direct("EC2", "acc-1", 10_000)], &[]), mode);
        assert_eq!(pass_days(&mut case, &silence(), "2026-12-31"), []);
    }
}

#[test]
fn silence_is_no_acceptance_over_an_open_dispute() {
    let mut case = one_line();
    case.dispute(&owner("ana", &["alpha"]), &case.line(0), 1);
    assert_eq!(pass_days(&mut case, &silence(), "2026-12-31"), []);
}

#[test]
fn whoever_disputed_was_not_silent_and_is_reminded_to_say_yes() {
    let mut case = one_line();
    let dispute = case.dispute(&owner("ana", &["alpha"]), &case.line(0), 1);
    case.reject(&finops("finn"), dispute);
    let done = pass_days(&mut case, &silence(), "2026-12-31");
    assert!(done.iter().all(|(_, event)| matches!(event, InvoiceEvent::Reminded { .. })), "{done:?}");
    assert_eq!(done.len(), 2);
    assert_eq!(closed(&case), Some(GateClosed::NotAccepted));
}

#[test]
fn silence_counts_anew_for_the_revision_that_an_upheld_dispute_made() {
    let mut case = one_line();
    let mut beta = Case::issued(document("beta", Stage::Final, &[], &[]), Mode::Chargeback);
    let dispute = case.dispute(&owner("ana", &["alpha"]), &case.line(0), 1);
    case.uphold(&finops("finn"), dispute, &mut beta);
    let done = pass_days(&mut case, &silence(), "2026-12-31");
    assert_eq!(done.len(), 3, "{done:?}");
    assert_eq!(done[2], ("2026-07-15".to_owned(), InvoiceEvent::Accepted { revision: 2 }));
}

#[test]
fn silence_is_no_acceptance_of_what_a_reversal_opened_again() {
    let mut case = one_line();
    pass_days(&mut case, &silence(), "2026-07-31");
    case.journal();
    case.post(0);
    let reversal = case.reverse(0);
    case.post(reversal);
    assert_eq!(pass_days(&mut case, &silence(), "2026-12-31"), []);
    assert_eq!(closed(&case), Some(GateClosed::NotAccepted));
}
