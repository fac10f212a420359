//! A journal entry's way into the ERP: one route, every status change that is refused.

mod invoicing;

use dayone_domain::ledger::life::JournalRefusal;
use dayone_domain::ledger::{JournalEvent, JournalKind, JournalState, JournalStatus, Posting, Route};
use dayone_domain::review::Outcome;
use invoicing::*;
use proptest::prelude::*;

const ALL: [JournalStatus; 7] = [
    JournalStatus::Ready,
    JournalStatus::Sending,
    JournalStatus::HandedOver,
    JournalStatus::Posted,
    JournalStatus::Refused,
    JournalStatus::OutcomeUnknown,
    JournalStatus::Reversed,
];

fn built(kind: JournalKind) -> JournalState {
    let event = JournalEvent::Built { document: "1".repeat(64), kind, invoice: of("alpha"), of_journal: None };
    JournalState::built("DAY1-000012-01", &recorded(event)).unwrap()
}

fn posting() -> Posting {
    calendar().posting(month("2026-06"), day("2026-07-09"))
}

fn body() -> String {
    "2".repeat(64)
}

/// An entry that has come to a status, by a call where there is a choice.
fn at(status: JournalStatus) -> JournalState {
    let mut state = built(JournalKind::Recharge);
    let route = if status == JournalStatus::HandedOver { Route::Export { batch: 7 } } else { Route::Call };
    if status != JournalStatus::Ready {
        let decision = state.freeze(route, &posting(), body());
        apply(&mut state, decision);
    }
    if matches!(status, JournalStatus::Posted | JournalStatus::Reversed) {
        let decision = state.landed("4711");
        apply(&mut state, decision);
    }
    match status {
        JournalStatus::Refused => {
            let decision = state.refused("no such account".to_owned());
            apply(&mut state, decision);
        }
        JournalStatus::OutcomeUnknown => {
            let decision = state.unknown("no answer".to_owned());
            apply(&mut state, decision);
        }
        JournalStatus::Reversed => state.apply(&recorded(JournalEvent::Reversed { by: "DAY1-000012-02".to_owned() })),
        _ => {}
    }
    assert_eq!(state.status, status);
    state
}

fn is_status(decision: &Result<Outcome<JournalEvent>, JournalRefusal>, of: JournalStatus) -> bool {
    matches!(decision, Err(JournalRefusal::Status { is, .. }) if *is == of)
}

#[test]
fn the_first_event_of_an_entry_is_that_it_was_built() {
    let event = JournalEvent::Posted { number: "1".to_owned() };
    assert_eq!(JournalState::built("DAY1-000012-01", &recorded(event)), None);
    assert_eq!(built(JournalKind::TrueUp).status, JournalStatus::Ready);
}

#[test]
fn an_entry_is_fixed_once_with_its_posting_and_its_bytes() {
    let state = at(JournalStatus::Sending);
    let frozen = state.frozen.clone().unwrap();
    assert_eq!((frozen.posting_date, frozen.ledger_period, frozen.original_period), (day("2026-06-30"), month("2026-06"), None));
    assert_eq!((frozen.route, frozen.body), (Route::Call, body()));
    assert_eq!(state.freeze(Route::Call, &posting(), "3".repeat(64)), Ok(Outcome::AlreadyApplied));
}

#[test]
fn an_entry_leaves_by_one_route() {
    let exported = at(JournalStatus::HandedOver);
    assert_eq!(exported.freeze(Route::Call, &posting(), body()), Err(JournalRefusal::Exported(7)));
    assert_eq!(exported.freeze(Route::Export { batch: 8 }, &posting(), body()), Err(JournalRefusal::Exported(7)));
    assert_eq!(exported.freeze(Route::Export { batch: 7 }, &posting(), body()), Ok(Outcome::AlreadyApplied));
    for status in [JournalStatus::Sending, JournalStatus::OutcomeUnknown, JournalStatus::Posted, JournalStatus::Reversed] {
        let decision = at(status).freeze(Route::Export { batch: 8 }, &posting(), body());
        assert!(is_status(&decision, status), "{status:?}: {decision:?}");
    }
}

#[test]
fn a_refused_entry_can_be_fixed_anew() {
    let mut state = at(JournalStatus::Refused);
    assert_eq!(state.said.as_deref(), Some("no such account"));
    let decision = state.freeze(Route::Export { batch: 9 }, &posting(), body());
    apply(&mut state, decision);
    assert_eq!(state.status, JournalStatus::HandedOver);
}

#[test]
fn an_entry_lands_once_under_one_number() {
    for status in ALL {
        let decision = at(status).landed(" 4711 ");
        match status {
            JournalStatus::Sending | JournalStatus::HandedOver | JournalStatus::OutcomeUnknown => {
                assert_eq!(decision.unwrap().events(), [JournalEvent::Posted { number: "4711".to_owned() }]);
            }
            JournalStatus::Posted | JournalStatus::Reversed => assert_eq!(decision, Ok(Outcome::AlreadyApplied)),
            JournalStatus::Ready | JournalStatus::Refused => assert!(is_status(&decision, status), "{decision:?}"),
        }
    }
    for status in [JournalStatus::Posted, JournalStatus::Reversed] {
        assert_eq!(at(status).landed("4712"), Err(JournalRefusal::OtherNumber("4711".to_owned())));
    }
}

#[test]
fn the_number_of_the_erp_is_a_short_text() {
    let state = at(JournalStatus::Sending);
    for (number, is_allowed) in [("", false), ("  ", false), ("1", true), (&*"é".repeat(100), true), (&*"é".repeat(101), false)] {
        assert_eq!(state.landed(number).is_ok(), is_allowed, "{number}");
    }
}

#[test]
fn only_what_is_on_its_way_can_be_refused() {
    for status in ALL {
        let decision = at(status).refused("no".to_owned());
        match status {
            JournalStatus::Sending | JournalStatus::OutcomeUnknown => {
                assert_eq!(decision.unwrap().events(), [JournalEvent::Refused { reason: "no".to_owned() }]);
            }
            _ => assert!(is_status(&decision, status), "{status:?}: {decision:?}"),
        }
    }
}

#[test]
fn only_what_was_sent_can_be_in_doubt() {
    for status in ALL {
        let decision = at(status).unknown("no answer".to_owned());
        match status {
            JournalStatus::Sending => {
                assert_eq!(decision.unwrap().events(), [JournalEvent::OutcomeUnknown { reason: "no answer".to_owned() }]);
            }
            JournalStatus::OutcomeUnknown => assert_eq!(decision, Ok(Outcome::AlreadyApplied)),
            _ => assert!(is_status(&decision, status), "{status:?}: {decision:?}"),
        }
    }
}

#[test]
fn only_what_the_ledger_has_is_reversed() {
    for status in ALL {
        let is_refused = at(status).may_be_reversed().is_err();
        assert_eq!(is_refused, status != JournalStatus::Posted, "{status:?}");
    }
}

#[test]
fn a_reversal_is_not_reversed() {
    let mut reversal = built(JournalKind::Reversal);
    assert_eq!(reversal.may_be_reversed(), Err(JournalRefusal::IsReversal));
    let decision = reversal.freeze(Route::Call, &posting(), body());
    apply(&mut reversal, decision);
    let decision = reversal.landed("1");
    apply(&mut reversal, decision);
    assert_eq!(reversal.may_be_reversed(), Err(JournalRefusal::IsReversal));
}

#[test]
fn the_ledger_has_what_was_posted_also_when_it_is_undone() {
    let in_ledger: Vec<_> = ALL.into_iter().filter(|status| status.is_in_ledger()).collect();
    assert_eq!(in_ledger, [JournalStatus::Posted, JournalStatus::Reversed]);
}

#[derive(Clone, Debug)]
enum Act {
    Call,
    Export(u64),
    Landed(u8),
    Refused,
    Unknown,
}

proptest! {
    /// Whatever is tried, in any order: between two refusals by the ERP an entry is fixed for one route only, and it
    /// is posted once.
    #[test]
    fn an_entry_is_posted_once_by_one_route(acts in prop::collection::vec(
        prop_oneof![Just(Act::Call), (1u64..3).prop_map(Act::Export), (1u8..3).prop_map(Act::Landed), Just(Act::Refused), Just(Act::Unknown)],
        0..40,
    )) {
        let mut state = built(JournalKind::Recharge);
        let (mut routes, mut numbers) = (Vec::new(), Vec::new());
        for act in acts {
            let decision = match act {
                Act::Call => state.freeze(Route::Call, &posting(), body()),
                Act::Export(batch) => state.freeze(Route::Export { batch }, &posting(), body()),
                Act::Landed(number) => state.landed(&number.to_string()),
                Act::Refused => state.refused("no".to_owned()),
                Act::Unknown => state.unknown("?".to_owned()),
            };
            for event in decision.into_iter().flat_map(Outcome::events) {
                match &event {
                    JournalEvent::Frozen { route, .. } => routes.push(route.clone()),
                    JournalEvent::Refused { .. } => routes.clear(),
                    JournalEvent::Posted { number } => numbers.push(number.clone()),
                    _ => {}
                }
                state.apply(&recorded(event));
            }
            prop_assert!(routes.len() <= 1 && numbers.len() <= 1, "{:?} {:?}", routes, numbers);
            prop_assert_eq!(state.status == JournalStatus::Posted, numbers.len() == 1);
        }
    }
}

#[test]
fn only_what_may_have_landed_can_be_said_to_be_missing_and_then_it_leaves_anew() {
    use JournalStatus::{HandedOver, OutcomeUnknown, Posted, Ready, Refused, Reversed, Sending};
    for status in [HandedOver, OutcomeUnknown] {
        let mut state = at(status);
        assert_eq!(state.missing("  "), Err(JournalRefusal::Reason), "{status:?}");
        let events = state.missing("not in the ledger's list of the 9th").unwrap().events();
        assert_eq!(events.len(), 1, "{status:?}");
        state.status = Refused;
        assert_eq!(state.missing("again"), Ok(Outcome::AlreadyApplied));
        assert!(state.freeze(Route::Call, &posting(), "body".to_owned()).is_ok(), "{status:?}");
    }
    for status in [Ready, Sending, Posted, Reversed] {
        assert!(matches!(at(status).missing("looked"), Err(JournalRefusal::Status { .. })), "{status:?}");
    }
}
