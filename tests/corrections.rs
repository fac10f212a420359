//! Promise 6 on the correction examples of the FOCUS specification, from the file to the ledger: a closed period stays
//! closed, and a provider's own correction counts once.

#[path = "corrections/charges.rs"]
mod charges;
#[path = "corrections/home.rs"]
mod home;
#[path = "cli/support.rs"]
mod support;

use std::path::{Path, PathBuf};

use charges::{ByGroup, Charges, difference, summed};
use dayone_tests::samples;
use home::{Home, Moved, TEAMS};
use rust_decimal::Decimal;

/// How a provider corrects an invoiced month: only what changed, or all of it taken back and stated anew.
const STYLES: [&str; 2] = ["delta", "ledger"];

/// What May's tree makes of a file.
fn by_may(charges: &Charges) -> ByGroup {
    charges.by_group("web", "search", "central")
}

/// What June's tree makes of a file.
fn by_june(charges: &Charges) -> ByGroup {
    charges.by_group("search", "web", "web")
}

/// The samples, and May as it was invoiced.
fn examples(test: &str) -> Option<(PathBuf, Charges)> {
    let samples = samples(test)?;
    let original = Charges::original(&samples);
    assert_eq!(by_may(&original), ByGroup::from([("web".to_owned(), Decimal::from(1500))]));
    Some((samples, original))
}

/// June's own usage: May's charge with other dates and another cost, so that June's tree has something to allocate.
fn usage_of_june(original: &Charges) -> Charges {
    let dated = original.with("2025-06-01T", "2025-07-01T").with("2025-05-01T", "2025-06-01T");
    dated.with("INV-20250501-20250601", "INV-20250601-20250701").with("1500,1500,1500,2000", "40,40,40,40")
}

/// May with charges that came late: the same charge at a higher cost.
fn may_at(original: &Charges, cost: &str) -> Charges {
    original.with("1500,1500,1500,", &format!("{cost},{cost},{cost},"))
}

/// The journals of a kind that move these amounts.
fn journals(kind: &str, amounts: &ByGroup) -> Vec<Moved> {
    let of = |(group, amount): (&String, &Decimal)| (kind.to_owned(), group.clone(), *amount);
    amounts.iter().filter(|(group, _)| TEAMS.contains(&group.as_str())).map(of).collect()
}

/// June's bill: its own usage, and the corrections of May in a style. What its groups are charged of each.
fn june(samples: &Path, original: &Charges, style: &str) -> (Charges, ByGroup, ByGroup) {
    let (own, corrections) = (usage_of_june(original), Charges::corrections(samples, style));
    let of_each = (by_june(&own), by_may(&corrections));
    (own.and(&corrections), of_each.0, of_each.1)
}

#[test]
fn a_correction_in_the_next_bill_is_allocated_by_the_tree_of_the_period_that_it_corrects() {
    let Some((samples, original)) = examples("corrections in the next bill") else { return };
    for style in STYLES {
        let home = Home::after_may(&original);
        let may = home.issued_and_posted("2025-05");
        let (bill, own, corrected) = june(&samples, &original, style);
        let charged = summed(&[&own, &corrected]);
        assert_ne!(charged, summed(&[&own, &by_june(&Charges::corrections(&samples, style))]), "the trees differ");
        home.deliver("2025-07-05", &[&bill.by_sub_account()]);
        home.make_final("2025-07-06", "2025-06");
        // June carries the correction as its own; May has no true-up, whatever month the charges are of.
        assert_eq!(home.charged("2025-06"), (charged.clone(), Vec::new()), "{style}");
        assert_eq!(home.charged("2025-05"), (by_may(&original), Vec::new()), "{style}");
        // The bulk correction is less than a cent: it is on the invoice all the same, and of whom May's tree says.
        for (group, what) in [("search", "R-222"), ("central", "Adjustment")] {
            let shown = home.shown("2025-06", group);
            let is_corrected = |line: &&str| line.contains("correction of May 2025");
            assert_eq!(shown.lines().filter(is_corrected).filter(|line| line.contains(what)).count(), 1, "{shown}");
        }
        home.accept_and_post("2025-06", &TEAMS);
        home.assert_is("2025-06", bill.total(), &charged);
        home.assert_is("2025-05", original.total(), &by_may(&original));
        assert_eq!(sorted(home.posted("2025-06")), sorted(journals("recharge", &charged)), "{style}");
        home.assert_unchanged("2025-05", &may);
    }
}

#[test]
fn restated_charges_and_corrections_that_arrive_together_count_once_each() {
    let Some((samples, original)) = examples("restated charges with corrections") else { return };
    for (style, in_one_file) in STYLES.into_iter().flat_map(|style| [(style, true), (style, false)]) {
        let home = Home::after_may(&original);
        let may = home.issued_and_posted("2025-05");
        let (bill, own, corrected) = june(&samples, &original, style);
        let charged = summed(&[&own, &corrected]);
        let restated = may_at(&original, "1612.50");
        if in_one_file {
            home.deliver("2025-07-05", &[&restated.and(&bill).by_sub_account()]);
        } else {
            home.deliver("2025-07-05", &[&restated.by_sub_account(), &bill.by_sub_account()]);
        }
        home.make_final("2025-07-06", "2025-06");
        let late = difference(&by_may(&restated), &by_may(&original));
        assert_eq!(late, ByGroup::from([("web".to_owned(), Decimal::new(11250, 2))]));
        assert_eq!(home.charged("2025-05"), (by_may(&original), vec![late.clone()]), "{style}");
        assert_eq!(home.charged("2025-06"), (charged.clone(), Vec::new()), "{style}");
        assert_eq!(home.state("2025-05", "awaiting_acceptance"), late["web"]);
        home.accept_and_post("2025-06", &TEAMS);
        home.assert_trued_up("2025-05", original.total(), restated.total(), &by_may(&restated));
        home.assert_is("2025-06", bill.total(), &charged);
        assert_eq!(home.state("2025-05", "posted"), restated.total());
        let of_may = [journals("recharge", &by_may(&original)), journals("true-up", &late)].concat();
        assert_eq!(sorted(home.posted("2025-05")), sorted(of_may), "{style}");
        assert_eq!(sorted(home.posted("2025-06")), sorted(journals("recharge", &charged)), "{style}");
        home.assert_unchanged("2025-05", &may);
    }
}

#[test]
fn corrections_in_the_closed_periods_own_delivery_become_one_true_up() {
    let Some((samples, original)) = examples("corrections in the closed period's delivery") else { return };
    for style in STYLES {
        let home = Home::after_may(&original);
        let may = home.issued_and_posted("2025-05");
        let corrections = Charges::corrections(&samples, style).billed_in_may();
        let newest = may_at(&original, "1612.50").and(&corrections);
        let moved = difference(&by_may(&newest), &by_may(&original));
        assert_eq!(moved.values().sum::<Decimal>(), Decimal::new(11250, 2), "the correction moves cost, it adds none");
        home.deliver("2025-07-05", &[&newest.by_sub_account(), &usage_of_june(&original).by_sub_account()]);
        assert!(home.make_final("2025-07-06", "2025-06").contains("True-up 1"));
        assert_eq!(home.charged("2025-05"), (by_may(&original), vec![moved.clone()]), "{style}");
        assert!(!home.issue("2025-07-07").contains("True-up"), "{style}: the same delivery is held against once");
        home.accept_and_post("2025-06", &TEAMS);
        home.assert_trued_up("2025-05", original.total(), newest.total(), &by_may(&newest));
        let own = by_june(&usage_of_june(&original));
        home.assert_is("2025-06", usage_of_june(&original).total(), &own);
        let of_may = [journals("recharge", &by_may(&original)), journals("true-up", &moved)].concat();
        assert_eq!(sorted(home.posted("2025-05")), sorted(of_may), "{style}");
        assert_eq!(sorted(home.posted("2025-06")), journals("recharge", &own), "{style}");
        home.assert_unchanged("2025-05", &may);
    }
}

#[test]
fn a_closed_period_restated_again_is_held_against_what_the_last_true_up_said() {
    let Some((samples, original)) = examples("a closed period restated twice") else { return };
    let home = Home::after_may(&original);
    // The open-period example, had it been delivered for May: the cost that belongs to the other resource moves there.
    let restated = Charges::replacement(&samples).july_as_may();
    let (bill, own, corrected) = june(&samples, &original, "ledger");
    home.deliver("2025-07-05", &[&restated.by_sub_account(), &bill.by_sub_account()]);
    home.make_final("2025-07-06", "2025-06");
    let first = difference(&by_may(&restated), &by_may(&original));
    home.accept_and_post("2025-06", &TEAMS);
    let (may, june) = (home.issued_and_posted("2025-05"), home.issued_and_posted("2025-06"));
    // And back, which July carries, since June is closed by now.
    let back = may_at(&original, "1499.99");
    let july = Charges::replacement(&samples);
    home.deliver("2025-08-02", &[&back.by_sub_account(), &july.by_sub_account()]);
    home.make_final("2025-08-03", "2025-07");
    let second = difference(&by_may(&back), &by_may(&restated));
    assert_eq!(home.charged("2025-05"), (by_may(&original), vec![first.clone(), second.clone()]));
    home.accept_and_post("2025-07", &TEAMS);
    home.assert_trued_up("2025-05", original.total(), back.total(), &by_may(&back));
    home.assert_is("2025-06", bill.total(), &summed(&[&own, &corrected]));
    home.assert_is("2025-07", july.total(), &by_june(&july));
    let rounds = [journals("true-up", &first), journals("true-up", &second)].concat();
    assert_eq!(sorted(home.posted("2025-05")), sorted([journals("recharge", &by_may(&original)), rounds].concat()));
    home.assert_unchanged("2025-05", &may);
    home.assert_unchanged("2025-06", &june);
}

#[test]
fn a_correction_in_an_open_period_replaces() {
    let Some((samples, original)) = examples("a correction in an open period") else { return };
    let home = Home::after_may(&original);
    let replacement = Charges::replacement(&samples);
    // July before its correction: all of the cost on the one resource, as May was.
    let before = original.with("2025-05-01T", "2025-07-01T").with("2025-06-01T", "2025-08-01T");
    assert_eq!(before.total(), replacement.total());
    home.deliver("2025-08-01", &[&before.by_sub_account()]);
    home.issue("2025-08-01");
    assert_eq!(home.charged("2025-07"), (by_june(&before), Vec::new()));
    home.deliver("2025-08-02", &[&replacement.by_sub_account()]);
    home.issue("2025-08-02");
    home.make_final("2025-08-03", "2025-07");
    assert_eq!(home.charged("2025-07"), (by_june(&replacement), Vec::new()));
    home.accept_and_post("2025-07", &TEAMS);
    home.assert_is("2025-07", replacement.total(), &by_june(&replacement));
    assert_eq!(home.posted("2025-07"), sorted(journals("recharge", &by_june(&replacement))));
    home.assert_is("2025-05", original.total(), &by_may(&original));
}

#[test]
fn the_examples_as_they_are_tie_out_to_the_last_digit() {
    let Some((samples, original)) = examples("the examples as they are") else { return };
    for style in STYLES {
        let (corrections, replacement) = (Charges::corrections(&samples, style), Charges::replacement(&samples));
        assert_eq!(corrections.total(), Decimal::new(2, 3));
        let home = Home::founded();
        home.deliver("2025-08-02", &[original.text(), corrections.text(), replacement.text()]);
        for period in ["2025-05", "2025-06", "2025-07"] {
            home.make_final("2025-08-03", period);
        }
        // No resource is told apart, so that only the category says anything: of corrections by May's tree.
        home.assert_is("2025-05", original.total(), &original.by_group("unallocated", "unallocated", "central"));
        home.assert_is("2025-06", corrections.total(), &corrections.by_group("unallocated", "unallocated", "central"));
        home.assert_is("2025-07", replacement.total(), &replacement.by_group("unallocated", "unallocated", "web"));
    }
}

fn sorted(mut moved: Vec<Moved>) -> Vec<Moved> {
    moved.sort();
    moved
}
