//! What people may say to an invoice: one test a rule.

mod invoicing;

use dayone_domain::people::Role;
use dayone_domain::review::{By, Cause, DisputeOf, InvoiceEvent, InvoiceState, Outcome, Resolution, ReviewRefusal, Stage, Standing};
use dayone_domain::tree::Mode;
use invoicing::*;
use proptest::prelude::*;

const LONGEST: usize = 4000;

fn one_line() -> Case {
    Case::of_lines(&[direct("EC2", "acc-1", 10_000)])
}

fn provisional() -> Case {
    Case::issued(document("alpha", Stage::Provisional, &[direct("EC2", "acc-1", 10_000)], &[]), Mode::Chargeback)
}

fn ana() -> dayone_domain::review::Actor {
    owner("ana", &["alpha"])
}

fn beta() -> Case {
    Case::issued(document("beta", Stage::Final, &[], &[]), Mode::Chargeback)
}

fn upheld(receiver: &str) -> Resolution {
    Resolution::Upheld { receiver: receiver.to_owned() }
}

fn rejected(reason: &str) -> Resolution {
    Resolution::Rejected { reason: reason.to_owned() }
}

// Issue.

#[test]
fn a_revision_is_issued_once_for_each_cause() {
    let case = one_line();
    let again = revision_of(&case.document, Mode::Chargeback, Cause::Run { run: 1 });
    assert_eq!(case.state.issue(again), Outcome::AlreadyApplied);
}

#[test]
fn a_provisional_invoice_is_issued_again_and_then_finally() {
    let mut case = provisional();
    for (run, stage) in [(2, Stage::Provisional), (3, Stage::Final)] {
        case.document.revision += 1;
        case.document.stage = stage;
        let events = case.state.issue(revision_of(&case.document, Mode::Chargeback, Cause::Run { run })).events();
        case.record(By::Policy, events);
    }
    assert_eq!(case.state.revisions.len(), 3);
    assert_eq!(case.state.standing(), Some(Standing::ToAccept));
}

#[test]
#[should_panic(expected = "is revised by no run")]
fn a_run_never_revises_a_final_invoice() {
    let mut case = one_line();
    case.document.revision = 2;
    let _ = case.state.issue(revision_of(&case.document, Mode::Chargeback, Cause::Run { run: 2 }));
}

#[test]
#[should_panic(expected = "is revised by no run")]
fn a_final_invoice_never_becomes_provisional_again() {
    let mut case = one_line();
    case.document.revision = 2;
    case.document.stage = Stage::Provisional;
    let cause = Cause::Dispute { invoice: of("beta"), dispute: 1 };
    let _ = case.state.issue(revision_of(&case.document, Mode::Chargeback, cause));
}

#[test]
#[should_panic(expected = "revision 3 is not the next one")]
fn revisions_have_no_gap() {
    let mut case = provisional();
    case.document.revision = 3;
    let _ = case.state.issue(revision_of(&case.document, Mode::Chargeback, Cause::Run { run: 2 }));
}

// Questions.

#[test]
fn whoever_sees_a_provisional_invoice_asks() {
    let mut case = provisional();
    for actor in [ana(), controller("ines"), finops("finn"), actor("audrey", &[], &[Role::Auditor])] {
        let decision = case.state.ask(&actor, "  why so much?  ");
        case.decided(&actor, decision);
    }
    assert_eq!(case.state.ask(&owner("ben", &["beta"]), "why?"), Err(ReviewRefusal::NotOwner("alpha".to_owned())));
    let texts: Vec<_> = case.state.questions.iter().map(|question| (question.number, question.asked.text.as_str())).collect();
    assert_eq!(texts[..2], [(1, "why so much?"), (2, "why so much?")]);
}

#[test]
fn nothing_is_asked_of_an_invoice_that_was_not_issued() {
    let state = InvoiceState::new(of("alpha"));
    assert_eq!(state.ask(&ana(), "why?"), Err(ReviewRefusal::NotIssued));
    assert_eq!(state.accept(&ana(), 1), Err(ReviewRefusal::NotIssued));
    assert_eq!(state.acknowledge(&ana(), 1), Err(ReviewRefusal::NotIssued));
    assert_eq!(state.standing(), None);
}

#[test]
fn a_question_is_answered_by_its_owner_a_controller_or_finops() {
    let mut case = one_line();
    let decision = case.state.ask(&ana(), "why?");
    case.decided(&ana(), decision);
    assert_eq!(case.state.answer(&finops("finn"), 2, "because"), Err(ReviewRefusal::NoQuestion(2)));
    for actor in [actor("audrey", &[], &[Role::Auditor]), owner("ben", &["beta"])] {
        assert!(matches!(case.state.answer(&actor, 1, "because"), Err(ReviewRefusal::NeedsRole(_))));
    }
    for actor in [finops("finn"), controller("ines"), ana()] {
        let decision = case.state.answer(&actor, 1, "because");
        case.decided(&actor, decision);
    }
    assert_eq!(case.state.questions[0].answers.len(), 3);
}

#[test]
fn questions_carry_over_to_the_final_invoice() {
    let mut case = provisional();
    let decision = case.state.ask(&ana(), "why?");
    case.decided(&ana(), decision);
    case.document.revision = 2;
    case.document.stage = Stage::Final;
    let events = case.state.issue(revision_of(&case.document, Mode::Chargeback, Cause::Run { run: 2 })).events();
    case.record(By::Policy, events);
    assert_eq!((case.state.questions.len(), case.state.questions[0].revision), (1, 1));
}

#[test]
fn every_text_is_said_and_has_a_limit() {
    let mut case = one_line();
    let decision = case.state.ask(&ana(), &"é".repeat(LONGEST));
    case.decided(&ana(), decision);
    let line = case.line(0);
    case.dispute(&ana(), &line, 1);
    let finn = finops("finn");
    let long = "é".repeat(LONGEST + 1);
    for (text, is_empty) in [("", true), (" \n", true), (long.as_str(), false)] {
        let dispute = DisputeOf { revision: 1, line: &line, amount: usd(1), reason: text };
        for (what, decision) in [
            ("question", case.state.ask(&ana(), text)),
            ("answer", case.state.answer(&finn, 1, text)),
            ("comment", case.state.comment(&finn, 1, text)),
            ("reason", case.state.dispute(&ana(), &case.document, dispute)),
            ("reason", case.state.resolve(&finn, 1, rejected(text), |_| true)),
        ] {
            let refusal = if is_empty { ReviewRefusal::Empty(what) } else { ReviewRefusal::TooLong { what } };
            assert_eq!(decision, Err(refusal));
        }
    }
}

#[test]
fn questions_answers_disputes_and_comments_are_limited() {
    let mut case = one_line();
    let (line, finn) = (case.line(0), finops("finn"));
    for _ in 0..200 {
        let asked = case.state.ask(&ana(), "why?");
        case.decided(&ana(), asked);
        case.dispute(&ana(), &line, 1);
        let answered = case.state.answer(&finn, 1, "because");
        case.decided(&finn, answered);
        let commented = case.state.comment(&finn, 1, "hm");
        case.decided(&finn, commented);
    }
    assert_eq!(case.state.ask(&ana(), "why?"), Err(ReviewRefusal::TooMany("questions")));
    assert_eq!(case.try_dispute(&ana(), &line, 1), Err(ReviewRefusal::TooMany("disputes")));
    assert_eq!(case.state.answer(&finn, 1, "because"), Err(ReviewRefusal::TooMany("answers to this question")));
    assert_eq!(case.state.comment(&finn, 1, "hm"), Err(ReviewRefusal::TooMany("comments on this dispute")));
}

// Acknowledgement and acceptance.

#[test]
fn a_showback_invoice_is_acknowledged_not_accepted() {
    let mut case = Case::issued(document("alpha", Stage::Final, &[direct("EC2", "acc-1", 10_000)], &[]), Mode::Showback);
    assert_eq!(case.state.accept(&ana(), 1), Err(ReviewRefusal::Showback));
    assert_eq!(case.state.standing(), Some(Standing::ToRead));
    let decision = case.state.acknowledge(&ana(), 1);
    case.decided(&ana(), decision);
    assert_eq!(case.state.standing(), Some(Standing::Read));
    assert_eq!(case.state.acknowledge(&ana(), 1), Ok(Outcome::AlreadyApplied));
    assert!(matches!(case.state.acknowledge(&owner("olga", &["alpha"]), 1), Ok(Outcome::Executed(_))));
}

#[test]
fn a_chargeback_invoice_is_not_only_acknowledged() {
    assert_eq!(one_line().state.acknowledge(&ana(), 1), Err(ReviewRefusal::Chargeback));
}

#[test]
fn only_an_owner_acknowledges_or_disputes() {
    let showback = Case::issued(document("alpha", Stage::Final, &[direct("EC2", "acc-1", 10_000)], &[]), Mode::Showback);
    for other in [owner("ben", &["beta"]), controller("ines"), finops("finn")] {
        assert_eq!(showback.state.acknowledge(&other, 1), Err(ReviewRefusal::NotOwner("alpha".to_owned())));
        assert_eq!(showback.try_dispute(&other, &showback.line(0), 1), Err(ReviewRefusal::NotOwner("alpha".to_owned())));
    }
}

#[test]
fn a_provisional_invoice_is_read_and_questioned_only() {
    let case = provisional();
    assert_eq!(case.state.acknowledge(&ana(), 1), Err(ReviewRefusal::Provisional("acknowledged")));
    assert_eq!(case.state.accept(&ana(), 1), Err(ReviewRefusal::Provisional("accepted")));
    assert_eq!(case.try_dispute(&ana(), &case.line(0), 1), Err(ReviewRefusal::Provisional("disputed")));
    assert_eq!(case.state.standing(), Some(Standing::Provisional));
}

#[test]
fn a_decision_is_about_the_newest_revision() {
    let case = one_line();
    let outdated = ReviewRefusal::Outdated { asked: 2, newest: 1 };
    assert_eq!(case.state.accept(&ana(), 2), Err(outdated.clone()));
    assert_eq!(case.state.acknowledge(&ana(), 2), Err(outdated.clone()));
    let dispute = DisputeOf { revision: 2, line: &case.line(0), amount: usd(1), reason: "no" };
    assert_eq!(case.state.dispute(&ana(), &case.document, dispute), Err(outdated));
}

#[test]
#[should_panic(expected = "the document of the revision that is disputed")]
fn a_dispute_is_held_against_its_own_document() {
    let case = one_line();
    let dispute = DisputeOf { revision: 1, line: &case.line(0), amount: usd(1), reason: "no" };
    let _ = case.state.dispute(&ana(), &beta().document, dispute);
}

// Disputes.

#[test]
fn a_dispute_is_never_above_its_line() {
    let mut case = Case::of_lines(&[direct("Credit", "acc-1", -500), direct("EC2", "acc-1", 10_000), direct("Free", "acc-1", 0)]);
    let lines: Vec<String> = (0..3).map(|place| case.line(place)).collect();
    for (line, minor, is_allowed) in [
        (0, -500, true),
        (0, -501, false),
        (0, 1, false),
        (0, 0, false),
        (1, 10_000, true),
        (1, 1, true),
        (1, 10_001, false),
        (1, -1, false),
        (1, 0, false),
        (2, 1, false),
        (2, -1, false),
        (2, 0, false),
    ] {
        let decision = case.try_dispute(&ana(), &lines[line], minor);
        assert_eq!(decision.is_ok(), is_allowed, "line {line}, {minor}: {decision:?}");
    }
    let euros = dayone_domain::Money::from_minor(1, dayone_domain::Currency::try_new("EUR").unwrap());
    let dispute = DisputeOf { revision: 1, line: &lines[1], amount: euros, reason: "no" };
    assert!(matches!(case.state.dispute(&ana(), &case.document, dispute), Err(ReviewRefusal::AmountAboveLine { .. })));
    case.dispute(&ana(), &lines[1], 6_000);
    let refusal = ReviewRefusal::AmountAboveLine { left: "40.00".to_owned(), line: "100.00".to_owned() };
    assert_eq!(case.try_dispute(&ana(), &lines[1], 4_001), Err(refusal));
    case.dispute(&ana(), &lines[1], 4_000);
}

#[test]
fn what_an_upheld_dispute_gave_away_is_not_disputed_again() {
    let mut case = one_line();
    let line = case.line(0);
    let dispute = case.dispute(&ana(), &line, 6_000);
    case.uphold(&finops("finn"), dispute, &mut beta());
    let refusal = ReviewRefusal::AmountAboveLine { left: "40.00".to_owned(), line: "100.00".to_owned() };
    assert_eq!(case.try_dispute(&ana(), &line, 4_001), Err(refusal));
    assert!(case.try_dispute(&ana(), &line, 4_000).is_ok());
}

#[test]
fn what_was_rejected_can_be_disputed_again() {
    let mut case = one_line();
    let line = case.line(0);
    let dispute = case.dispute(&ana(), &line, 10_000);
    assert!(case.try_dispute(&ana(), &line, 1).is_err());
    case.reject(&finops("finn"), dispute);
    assert!(case.try_dispute(&ana(), &line, 10_000).is_ok());
}

#[test]
fn a_line_that_is_not_there_is_not_disputed() {
    assert_eq!(one_line().try_dispute(&ana(), "moved-beta-1", 1), Err(ReviewRefusal::NoLine("moved-beta-1".to_owned())));
}

#[test]
fn what_was_accepted_is_not_disputed_any_more() {
    let mut case = one_line();
    case.accept(&ana());
    assert_eq!(case.try_dispute(&ana(), &case.line(0), 1), Err(ReviewRefusal::Accepted(1)));
}

/// A revision that only brings an amount from elsewhere does not open the lines that were accepted before.
#[test]
fn after_a_new_revision_only_what_it_adds_can_be_disputed() {
    let (ben, finn) = (owner("ben", &["beta"]), finops("finn"));
    let mut case = one_line();
    case.accept(&ana());
    let mut other = Case::issued(document("beta", Stage::Final, &[direct("S3", "acc-1", 500)], &[]), Mode::Chargeback);
    let dispute = other.dispute(&ben, &other.line(0), 200);
    other.uphold(&finn, dispute, &mut case);
    let (line, added) = (case.line(0), case.line(1));
    assert_eq!(added, "moved-beta-1");
    assert_eq!(case.try_dispute(&ana(), &line, 1), Err(ReviewRefusal::Accepted(1)));
    let dispute = case.dispute(&ana(), &added, 150);
    case.reject(&finn, dispute);
    case.accept(&ana());
    assert_eq!(case.try_dispute(&ana(), &added, 1), Err(ReviewRefusal::Accepted(2)));
}

#[test]
fn the_amounts_of_a_dispute_follow_the_accounts_that_are_left() {
    let mut case = Case::of_lines(&[shared("platform", &[("acc-1", 50), ("acc-2", -20), ("acc-3", 50)])]);
    let (line, mut receiver, finn) = (case.line(0), beta(), finops("finn"));
    let first = case.dispute(&ana(), &line, 30);
    let second = case.dispute(&ana(), &line, 40);
    case.uphold(&finn, second, &mut receiver);
    case.uphold(&finn, first, &mut receiver);
    let moved: Vec<_> = receiver.document.moves.iter().map(|moved| moved.by_billing_account.clone()).collect();
    let of = |parts: &[(&str, i128)]| parts.iter().map(|(account, minor)| ((*account).to_owned(), usd(*minor))).collect::<Vec<_>>();
    assert_eq!(moved, [of(&[("acc-1", 40)]), of(&[("acc-1", 10), ("acc-3", 20)])]);
    assert_eq!(case.document.stated_line(&line).unwrap().left, of(&[("acc-1", 0), ("acc-2", -20), ("acc-3", 30)]));
}

#[test]
fn a_moved_true_up_stays_one_wherever_it_goes() {
    let (ana, ben, finn) = (ana(), owner("ben", &["beta"]), finops("finn"));
    let late = correction("alpha", "2026-04", &[direct("EC2", "acc-1", 900)]);
    let mut case = Case::issued(document("alpha", Stage::Final, &[direct("S3", "acc-1", 100)], &[late]), Mode::Chargeback);
    let (mut second, mut third) = (beta(), Case::issued(document("gamma", Stage::Final, &[], &[]), Mode::Chargeback));
    let dispute = case.dispute(&ana, &case.line(1), 600);
    case.uphold(&finn, dispute, &mut second);
    let moved = second.line(0);
    assert_eq!(moved, "true-up-2026-04-moved-alpha-1");
    let dispute = second.dispute(&ben, &moved, 250);
    second.uphold(&finn, dispute, &mut third);
    for (case, total, true_ups) in [(&case, 100, 300), (&second, 0, 350), (&third, 0, 250)] {
        assert_eq!((case.document.total(), case.document.true_ups()), (usd(total), usd(true_ups)), "{}", case.document.of);
        assert_eq!(case.document.due(), case.document.stated().iter().fold(usd(0), |sum, stated| sum + stated.amount));
    }
    assert_eq!(third.document.stated()[0].corrects, Some(month("2026-04")));
}

#[test]
fn a_dispute_is_commented_by_its_owner_a_controller_or_finops() {
    let mut case = one_line();
    case.dispute(&ana(), &case.line(0), 1);
    assert_eq!(case.state.comment(&ana(), 2, "hm"), Err(ReviewRefusal::NoDispute(2)));
    for actor in [actor("audrey", &[], &[Role::Auditor]), owner("ben", &["beta"])] {
        assert!(matches!(case.state.comment(&actor, 1, "hm"), Err(ReviewRefusal::NeedsRole(_))));
    }
    for actor in [finops("finn"), controller("ines"), ana()] {
        let decision = case.state.comment(&actor, 1, "hm");
        case.decided(&actor, decision);
    }
    assert_eq!(case.state.disputes[0].comments.len(), 3);
}

// Resolution.

#[test]
fn a_controller_or_finops_resolves() {
    let mut case = one_line();
    case.dispute(&ana(), &case.line(0), 1);
    for other in [owner("olga", &["alpha"]), owner("ben", &["beta"]), actor("audrey", &[], &[Role::Auditor])] {
        assert!(matches!(case.state.resolve(&other, 1, rejected("no"), |_| true), Err(ReviewRefusal::NeedsRole(_))));
    }
    for actor in [controller("ines"), finops("finn")] {
        assert!(matches!(case.state.resolve(&actor, 1, rejected("no"), |_| true), Ok(Outcome::Executed(_))));
    }
    assert_eq!(case.state.resolve(&controller("ines"), 2, rejected("no"), |_| true), Err(ReviewRefusal::NoDispute(2)));
}

#[test]
fn nobody_resolves_their_own_dispute() {
    let both = actor("finn", &["alpha"], &[Role::Finops, Role::Controller]);
    let mut case = one_line();
    case.dispute(&both, &case.line(0), 1);
    for resolution in [rejected("no"), upheld("beta")] {
        assert_eq!(case.state.resolve(&both, 1, resolution, |_| true), Err(ReviewRefusal::OwnDispute));
    }
    assert!(case.state.resolve(&finops("fay"), 1, upheld("beta"), |_| true).is_ok());
}

#[test]
fn an_upheld_dispute_names_another_group_that_can_take_the_amount() {
    let mut case = one_line();
    case.dispute(&ana(), &case.line(0), 1);
    for (receiver, is_allowed) in [("beta", true), ("alpha", false), ("nobody", false), ("", false)] {
        let decision = case.state.resolve(&finops("finn"), 1, upheld(receiver), |group| ["alpha", "beta"].contains(&group));
        match is_allowed {
            true => assert!(decision.is_ok()),
            false => assert_eq!(decision, Err(ReviewRefusal::BadReceiver(receiver.to_owned()))),
        }
    }
}

#[test]
fn a_dispute_is_resolved_once() {
    let (mut case, finn) = (one_line(), finops("finn"));
    case.dispute(&ana(), &case.line(0), 1);
    case.dispute(&ana(), &case.line(0), 1);
    case.reject(&finn, 1);
    assert_eq!(case.state.resolve(&finn, 1, rejected(" it is "), |_| true), Ok(Outcome::AlreadyApplied));
    assert_eq!(case.state.resolve(&finn, 1, rejected("other"), |_| true), Err(ReviewRefusal::Resolved(1)));
    assert_eq!(case.state.resolve(&finn, 1, upheld("beta"), |_| true), Err(ReviewRefusal::Resolved(1)));
    case.uphold(&finn, 2, &mut beta());
    assert_eq!(case.state.resolve(&finn, 2, upheld("beta"), |_| true), Ok(Outcome::AlreadyApplied));
    assert_eq!(case.state.resolve(&finn, 2, upheld("gamma"), |_| true), Err(ReviewRefusal::Resolved(2)));
}

#[test]
fn an_invoice_says_what_it_waits_for() {
    let mut case = one_line();
    assert_eq!(case.state.standing(), Some(Standing::ToAccept));
    case.dispute(&ana(), &case.line(0), 1);
    assert_eq!(case.state.standing(), Some(Standing::Disputed));
    case.accept(&ana());
    assert_eq!(case.state.standing(), Some(Standing::Disputed));
    case.reject(&finops("finn"), 1);
    assert_eq!(case.state.standing(), Some(Standing::Accepted));
}

#[test]
fn a_reversal_opens_the_acceptance_again() {
    let mut case = one_line();
    case.accept(&ana());
    case.journal();
    case.post(0);
    case.reverse(0);
    assert_eq!(case.state.standing(), Some(Standing::ToAccept));
    assert!(case.try_dispute(&ana(), &case.line(0), 10_000).is_ok());
    case.accept(&ana());
    assert_eq!(case.state.standing(), Some(Standing::Accepted));
}

#[test]
fn a_reminder_goes_out_once_for_each_day_of_the_policy() {
    let silence = dayone_domain::policy::Silence { remind_after_days: vec![3, 7], deemed_after_days: None };
    let mut case = one_line();
    for (today, reminder) in
        [("2026-07-03", None), ("2026-07-04", Some(1)), ("2026-07-04", None), ("2026-07-08", Some(2)), ("2026-08-01", None)]
    {
        let events = case.state.remind(&silence, day(today), |_| true).events();
        let expected: Vec<_> =
            reminder.map(|reminder| InvoiceEvent::Reminded { revision: 1, reminder, on: day(today) }).into_iter().collect();
        assert_eq!(events, expected, "{today}");
        case.record(By::Policy, events);
        let delivered = case.state.reminder_delivered(1, case.state.reminders, day(today), vec!["ana@acme.example".to_owned()]).events();
        case.record(By::Policy, delivered);
    }
}

proptest! {
    /// However a line is made of billing accounts, what is disputed of it is made of the same accounts, and what
    /// remains is the rest.
    #[test]
    fn a_part_and_its_rest_are_the_whole(
        parts in prop::collection::vec(-1_000i128..1_000, 1..5),
        disputes in prop::collection::vec(1i128..=100, 0..5),
        is_upheld in prop::collection::vec(any::<bool>(), 5),
    ) {
        let accounts = ["acc-1", "acc-2", "acc-3", "acc-4", "acc-5"];
        let by_account: Vec<(&str, i128)> = accounts.into_iter().zip(parts.iter().copied()).collect();
        let mut case = Case::of_lines(&[shared("platform", &by_account)]);
        let (line, mut receiver, finn) = (case.line(0), beta(), finops("finn"));
        for (percent, is_upheld) in disputes.iter().zip(&is_upheld) {
            let left = case.document.stated_line(&line).unwrap().left().minor() - case.state.held(&line).minor();
            let amount = left * percent / 100;
            if amount == 0 {
                continue;
            }
            let dispute = case.dispute(&ana(), &line, amount);
            if *is_upheld {
                case.uphold(&finn, dispute, &mut receiver);
            }
            let stated = case.document.stated_line(&line).unwrap();
            let held = case.state.held(&line);
            let part = stated.part(held);
            prop_assert_eq!(part.iter().map(|(_, amount)| amount.minor()).sum::<i128>(), held.minor());
            for (account, amount) in &part {
                let has = stated.left.iter().find(|(known, _)| known == account).unwrap().1.minor();
                prop_assert!(amount.minor().signum() == has.signum() && amount.minor().abs() <= has.abs());
            }
            let rest: i128 = stated.without(held).iter().map(|(_, amount)| amount.minor()).sum();
            prop_assert_eq!(rest + held.minor(), stated.amount.minor());
        }
    }
}
