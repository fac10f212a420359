//! Promise 3: a cost group begins in showback, is promoted by a controller under a policy, and no journal exists for
//! a group in showback.

mod invoicing;

use dayone_domain::ledger::{Gate, GateClosed, JournalKind, MoneyState};
use dayone_domain::policy::PromotionPolicy;
use dayone_domain::review::document::Correction;
use dayone_domain::review::mode::{ModeRefusal, Promote};
use dayone_domain::review::{Actor, Charged, GroupEvent, ModeState, Outcome, PromotionFacts, Recorded, Stage};
use dayone_domain::tree::Mode;
use dayone_domain::{BillingPeriod, Exact};
use invoicing::*;
use proptest::prelude::*;

fn facts(undisputed_periods: u32, permille: i128) -> PromotionFacts {
    PromotionFacts { period: Some(month("2026-05")), undisputed_periods, unallocated_permille: Exact::from_i128(permille, 0) }
}

fn wish<'a>(from: &str, reason: Option<&'a str>, facts: &'a PromotionFacts) -> Promote<'a> {
    Promote { group: "alpha", keeps_cost: false, from: month(from), first_open: month("2026-07"), reason, facts }
}

fn promote(state: &ModeState, actor: &Actor, wish: Promote<'_>) -> Result<Outcome<GroupEvent>, ModeRefusal> {
    state.promote(actor, wish, &PromotionPolicy::default())
}

fn take(state: &mut ModeState, actor: &Actor, decision: Result<Outcome<GroupEvent>, ModeRefusal>) -> Vec<GroupEvent> {
    let events = decision.unwrap().events();
    for event in &events {
        state.apply(&Recorded { by: actor.by(), at: moment(), why: None, input: None, event: event.clone() });
    }
    events
}

fn promotes(state: &mut ModeState, actor: &Actor, wish: Promote<'_>) -> Vec<GroupEvent> {
    let decision = promote(state, actor, wish);
    take(state, actor, decision)
}

fn demotes(state: &mut ModeState, from: &str) -> Vec<GroupEvent> {
    let decision = state.demote(&controller("ines"), month(from), month("2026-07"));
    take(state, &controller("ines"), decision)
}

#[test]
fn a_cost_group_begins_in_showback() {
    let state = ModeState::default();
    for period in ["1999-01", "2026-06", "2099-12"] {
        assert_eq!(state.at(month(period)), Mode::Showback);
    }
}

#[test]
fn under_the_policy_one_controller_promotes() {
    let (mut state, ines) = (ModeState::default(), controller("ines"));
    let facts = facts(3, 50);
    let events = promotes(&mut state, &ines, wish("2026-08", None, &facts));
    assert_eq!(events, [GroupEvent::Promoted { from: month("2026-08"), facts: facts.clone(), is_override: false }]);
    assert_eq!((state.at(month("2026-07")), state.at(month("2026-08"))), (Mode::Showback, Mode::Chargeback));
    assert_eq!(promote(&state, &ines, wish("2026-09", None, &facts)), Ok(Outcome::AlreadyApplied));
}

#[test]
fn nobody_but_a_controller_promotes_or_demotes() {
    let (state, facts) = (ModeState::default(), facts(3, 0));
    let others = [owner("ana", &["alpha"]), finops("finn"), actor("audrey", &["alpha"], &[dayone_domain::people::Role::Auditor])];
    for other in others {
        assert_eq!(promote(&state, &other, wish("2026-08", Some("now"), &facts)), Err(ModeRefusal::NeedsController));
        assert_eq!(state.demote(&other, month("2026-08"), month("2026-07")), Err(ModeRefusal::NeedsController));
    }
}

#[test]
fn what_the_policy_asks_for_is_said() {
    let state = ModeState::default();
    for (facts, missing) in [
        (facts(2, 50), vec!["3 undisputed final periods are asked for, the cost group has 2"]),
        (facts(3, 51), vec!["at most 50 ‰ of the cost may be unallocated, 51 ‰ are"]),
        (
            PromotionFacts { period: None, undisputed_periods: 0, unallocated_permille: Exact::from_i128(1000, 0) },
            vec![
                "3 undisputed final periods are asked for, the cost group has 0",
                "at most 50 ‰ of the cost may be unallocated, 1000 ‰ are",
            ],
        ),
    ] {
        let missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
        for reason in [None, Some(""), Some("  ")] {
            let refusal = promote(&state, &controller("ines"), wish("2026-08", reason, &facts));
            assert_eq!(refusal, Err(ModeRefusal::PolicyNotMet(missing.clone())));
        }
    }
}

#[test]
fn against_the_policy_two_controllers_have_to_ask_for_the_same() {
    let (mut state, ines, omar) = (ModeState::default(), controller("ines"), controller("omar"));
    let facts = facts(0, 900);
    let asked = promotes(&mut state, &ines, wish("2026-08", Some(" new team "), &facts));
    assert_eq!(asked, [GroupEvent::PromotionAsked { from: month("2026-08"), reason: "new team".to_owned(), facts: facts.clone() }]);
    assert_eq!(state.at(month("2026-08")), Mode::Showback);
    // Not alone, not without a reason, not from another period.
    assert_eq!(promote(&state, &ines, wish("2026-08", Some("again"), &facts)), Err(ModeRefusal::SamePerson));
    assert!(matches!(promote(&state, &omar, wish("2026-08", None, &facts)), Err(ModeRefusal::PolicyNotMet(_))));
    let other = promotes(&mut state.clone(), &omar, wish("2026-09", Some("later"), &facts));
    assert!(matches!(other[..], [GroupEvent::PromotionAsked { .. }]));
    let events = promotes(&mut state, &omar, wish("2026-08", Some("agreed"), &facts));
    assert_eq!(events, [GroupEvent::Promoted { from: month("2026-08"), facts, is_override: true }]);
    assert_eq!((state.at(month("2026-08")), state.asked.is_none()), (Mode::Chargeback, true));
}

#[test]
fn a_reason_has_a_limit() {
    let (state, facts) = (ModeState::default(), facts(0, 0));
    let (longest, too_long) = ("é".repeat(4000), "é".repeat(4001));
    assert!(promote(&state, &controller("ines"), wish("2026-08", Some(&longest), &facts)).is_ok());
    assert_eq!(promote(&state, &controller("ines"), wish("2026-08", Some(&too_long), &facts)), Err(ModeRefusal::TooLong));
}

#[test]
fn who_keeps_cost_is_never_promoted() {
    let (state, facts) = (ModeState::default(), facts(12, 0));
    let wish = Promote { group: "unallocated", keeps_cost: true, ..wish("2026-08", Some("please"), &facts) };
    assert_eq!(promote(&state, &controller("ines"), wish), Err(ModeRefusal::NeverPromoted("unallocated".to_owned())));
}

#[test]
fn a_mode_is_fixed_at_the_start_of_a_period() {
    let (state, facts, ines) = (ModeState::default(), facts(3, 0), controller("ines"));
    let began = ModeRefusal::PeriodBegan(month("2026-07"));
    assert_eq!(promote(&state, &ines, wish("2026-06", None, &facts)), Err(began.clone()));
    assert_eq!(state.demote(&ines, month("2026-06"), month("2026-07")), Err(began));
    assert!(promote(&state, &ines, wish("2026-07", None, &facts)).is_ok());
}

#[test]
fn a_demotion_takes_the_group_back_and_withdraws_what_was_asked() {
    let (mut state, ines) = (ModeState::default(), controller("ines"));
    assert_eq!(state.demote(&ines, month("2026-08"), month("2026-07")), Ok(Outcome::AlreadyApplied));
    promotes(&mut state, &ines, wish("2026-08", Some("now"), &facts(0, 0)));
    demotes(&mut state, "2026-08");
    assert_eq!(state.asked, None);
    promotes(&mut state, &ines, wish("2026-08", None, &facts(3, 0)));
    demotes(&mut state, "2026-10");
    let modes = ["2026-07", "2026-08", "2026-09", "2026-10", "2027-10"].map(|period| state.at(month(period)));
    assert_eq!(modes, [Mode::Showback, Mode::Chargeback, Mode::Chargeback, Mode::Showback, Mode::Showback]);
}

#[test]
fn what_holds_from_a_period_on_holds_over_changes_that_were_planned_for_later() {
    let (mut state, ines, enough) = (ModeState::default(), controller("ines"), facts(3, 0));
    promotes(&mut state, &ines, wish("2026-10", None, &enough));
    demotes(&mut state, "2026-08");
    assert_eq!(state.at(month("2026-10")), Mode::Showback);
    promotes(&mut state, &ines, wish("2026-08", None, &enough));
    demotes(&mut state, "2026-12");
    promotes(&mut state, &ines, wish("2026-09", None, &enough));
    assert_eq!(state.at(month("2026-12")), Mode::Chargeback);
}

#[test]
fn in_showback_no_journal_exists() {
    let ana = owner("ana", &["alpha"]);
    let mut case = Case::issued(document("alpha", Stage::Final, &[direct("EC2", "acc-1", 10_000)], &[]), Mode::Showback);
    assert_eq!(Gate::open(&case.state).err(), Some(GateClosed::Showback));
    let decision = case.state.acknowledge(&ana, 1);
    case.decided(&ana, decision);
    assert_eq!(Gate::open(&case.state).err(), Some(GateClosed::Showback));
    // Not even if a yes was recorded.
    let accepted = vec![dayone_domain::review::InvoiceEvent::Accepted { revision: 1 }];
    case.record(ana.by(), accepted);
    assert_eq!(Gate::open(&case.state).err(), Some(GateClosed::Showback));
    let states: Vec<_> = case.states().into_keys().map(|(_, state, _)| state).collect();
    assert_eq!(states, [MoneyState::Showback]);
}

#[test]
fn what_was_charged_is_corrected_by_a_charge_also_of_a_group_that_is_in_showback_now() {
    let ana = owner("ana", &["alpha"]);
    let late = correction("alpha", "2026-05", &[direct("EC2", "acc-1", -700)]);
    let shown = Correction { mode: Mode::Showback, ..correction("alpha", "2026-04", &[direct("EC2", "acc-1", 300)]) };
    let mut document = document("alpha", Stage::Final, &[direct("EC2", "acc-1", 10_000)], &[shown, late]);
    document.invoice.group.mode = Mode::Showback;
    assert_eq!(document.mode(), Mode::Chargeback, "it asks for a yes");
    let mode = document.mode();
    let mut case = Case::issued(document, mode);
    assert_eq!(Gate::open(&case.state).err(), Some(GateClosed::NotAccepted));
    case.accept(&ana);
    let entries: Vec<_> = case.entries().unwrap().iter().map(|entry| (entry.kind(), entry.facts().period, entry.moved())).collect();
    assert_eq!(entries, [(JournalKind::TrueUp, month("2026-05"), usd(-700))], "nothing of its own period, nothing that was only shown");
    case.journal();
    case.post(0);
    let states: Vec<_> = case.states().into_iter().map(|((period, state, _), minor)| (period, state, minor)).collect();
    let expected = [
        (month("2026-04"), MoneyState::Showback, 300),
        (month("2026-05"), MoneyState::Posted, -700),
        (month("2026-06"), MoneyState::Showback, 10_000),
    ];
    assert_eq!(states, expected);
}

/// Of a true-up of May 600 go from alpha to beta, which is in one mode now and was in another in May.
fn true_up_received(now: Mode, then: Mode) -> Case {
    let late = correction("alpha", "2026-05", &[direct("EC2", "acc-1", 900)]);
    let mut case = Case::issued(document("alpha", Stage::Final, &[], &[late]), Mode::Chargeback);
    let mut receiver = Case::issued(document("beta", Stage::Final, &[direct("S3", "acc-1", 5_000)], &[]), now);
    let dispute = case.dispute(&owner("ana", &["alpha"]), &case.line(0), 600);
    case.uphold_in(&finops("finn"), dispute, &mut receiver, then);
    receiver
}

#[test]
fn what_is_moved_of_a_true_up_is_charged_by_the_receivers_mode_in_the_period_that_it_corrects() {
    let (own, moved, ben) = (5_000, 600, owner("ben", &["beta"]));
    let of_kinds = |case: &Case| case.entries().unwrap().iter().map(|entry| (entry.kind(), entry.moved().minor())).collect::<Vec<_>>();
    for (now, then, [total, true_ups]) in [
        (Mode::Chargeback, Mode::Chargeback, [own, moved]),
        (Mode::Chargeback, Mode::Showback, [own, 0]),
        (Mode::Showback, Mode::Chargeback, [0, moved]),
        (Mode::Showback, Mode::Showback, [0, 0]),
    ] {
        let mut receiver = true_up_received(now, then);
        assert_eq!(receiver.document.charged(), Charged { total: usd(total), true_ups: usd(true_ups) }, "{now} now, {then} then");
        if total + true_ups == 0 {
            assert_eq!(Gate::open(&receiver.state).err(), Some(GateClosed::Showback));
            continue;
        }
        receiver.accept(&ben);
        let kinds = [(JournalKind::Recharge, total), (JournalKind::TrueUp, true_ups)];
        let expected: Vec<_> = kinds.into_iter().filter(|(_, minor)| *minor != 0).collect();
        assert_eq!(of_kinds(&receiver), expected, "{now} now, {then} then");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Promote { person: usize, from: u32, undisputed: u32, has_reason: bool },
    Demote { from: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let from = || 0u32..8;
    prop_oneof![
        (0usize..3, from(), 0u32..5, any::<bool>()).prop_map(|(person, from, undisputed, has_reason)| Step::Promote {
            person,
            from,
            undisputed,
            has_reason
        }),
        from().prop_map(|from| Step::Demote { from }),
    ]
}

proptest! {
    /// Months pass while people promote and demote: a period that has begun keeps its mode, and chargeback is only
    /// where the policy was met or two people wanted it.
    #[test]
    fn a_period_that_began_keeps_its_mode(steps in prop::collection::vec(step(), 0..30)) {
        let people = [controller("ines"), controller("omar"), finops("finn")];
        let start = month("2026-01");
        let mut state = ModeState::default();
        let mut fixed: Vec<Mode> = Vec::new();
        for (passed, step) in (0u32..).zip(&steps) {
            let first_open = start.plus(passed / 3);
            let period = |from: u32| start.plus(from + passed / 3).min(first_open.plus(6));
            let (actor, decision): (&Actor, _) = match step {
                Step::Promote { person, from, undisputed, has_reason } => {
                    let facts = facts(*undisputed, 0);
                    let reason = has_reason.then_some("because");
                    let wish = Promote { group: "alpha", keeps_cost: false, from: period(*from), first_open, reason, facts: &facts };
                    (&people[*person], promote(&state, &people[*person], wish))
                }
                Step::Demote { from } => (&people[0], state.demote(&people[0], period(*from), first_open)),
            };
            if let Ok(outcome) = decision {
                for event in outcome.events() {
                    if let GroupEvent::Promoted { facts, is_override, .. } = &event {
                        let is_met = facts.undisputed_periods >= 3;
                        let asked_by = state.asked.as_ref().and_then(|asked| asked.by.mail());
                        prop_assert!(is_met != *is_override);
                        prop_assert!(is_met || asked_by.is_some_and(|mail| mail != actor.person.mail));
                    }
                    state.apply(&Recorded { by: actor.by(), at: moment(), why: None, input: None, event });
                }
            }
            fixed.extend((u32::try_from(fixed.len()).unwrap()..=passed / 3).map(|place| state.at(start.plus(place))));
            let known: Vec<Mode> = (0..fixed.len() - 1).map(|place| state.at(start.plus(u32::try_from(place).unwrap()))).collect();
            prop_assert_eq!(&known[..], &fixed[..fixed.len() - 1]);
            // The period that is still open may change; it is fixed when the next one opens.
            let newest: BillingPeriod = start.plus(passed / 3);
            *fixed.last_mut().unwrap() = state.at(newest);
        }
    }
}
