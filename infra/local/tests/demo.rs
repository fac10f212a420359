//! The home that `dayone demo` leaves: what it promises to whoever signs in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use dayone::args::home::HomeArguments;
use dayone::demo::plot::people::{AUDITOR, CHECKOUT, FINOPS, FIRST_CONTROLLER, SECOND_CONTROLLER};
use dayone::demo::story::PASSWORD;
use dayone::home::clock::CLOCK_FILE;
use dayone::home::intake::{Batch, take};
use dayone::home::{Open, Outside};
use dayone_domain::ledger::{JournalStatus, MoneyState};
use dayone_domain::review::{Actor, By, InvoiceRef, Resolution, SignIn, Stage, Standing};
use dayone_domain::tree::Mode;
use dayone_domain::{BillingPeriod, Currency};
use dayone_handlers::intake::TakenDelivery;
use dayone_workflow::review::{InvoiceFilter, InvoicePage};
use dayone_workflow::views::InvoiceView;
use tempfile::TempDir;

struct Demo {
    folder: TempDir,
    out: String,
}

impl Demo {
    fn new(seed: &str) -> Demo {
        let folder = tempfile::tempdir().unwrap();
        let files = folder.path().join("demo").display().to_string();
        let (code, out, err) = dayone(&["demo", "--no-serve", "--seed", seed, "--out", &files]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        Demo { folder, out }
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("demo").join("home")
    }

    fn open(&self) -> Open {
        Open::at(&HomeArguments { home: Some(self.home()) }, &Outside::of_machine()).unwrap()
    }
}

fn dayone(words: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = dayone::run(std::iter::once("dayone").chain(words.iter().copied()).map(Into::into), &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// One demo for all tests that only look at it.
static DEMO: LazyLock<Demo> = LazyLock::new(|| Demo::new("1"));

fn period(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    Currency::try_new(code).unwrap()
}

fn auditor(open: &Open) -> Actor {
    open.wait(open.tenant.actor(AUDITOR, SignIn::CommandLine { account: "test".to_owned() })).unwrap()
}

fn invoices(open: &Open) -> Vec<InvoiceView> {
    open.wait(open.tenant.invoices(&auditor(open), InvoiceFilter::default())).unwrap()
}

fn of_bill(open: &Open, month: &str, code: &str) -> Vec<InvoiceView> {
    let mut views = invoices(open);
    views.retain(|view| view.of.bill.period == period(month) && view.of.bill.currency == currency(code));
    views
}

fn page(open: &Open, of: &InvoiceRef) -> InvoicePage {
    open.wait(open.tenant.invoice(&auditor(open), of)).unwrap()
}

fn page_of(open: &Open, month: &str, group: &str) -> InvoicePage {
    let views = of_bill(open, month, "USD");
    page(open, &views.iter().find(|view| view.of.group == group).unwrap().of)
}

#[test]
fn the_trail_holds() {
    let open = DEMO.open();
    let report = open.wait(open.tenant.verify()).unwrap();
    assert_eq!(report.findings, []);
    assert!(report.events > 500 && report.anchors > 10);
}

#[test]
fn every_issued_period_ties_out_and_the_states_sum_to_the_bill() {
    let open = DEMO.open();
    let issued: BTreeSet<BillingPeriod> = invoices(&open).iter().map(|view| view.of.bill.period).collect();
    assert!(issued.iter().map(BillingPeriod::to_string).eq(["2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]));
    for period in issued {
        let tie_outs = open.wait(open.tenant.tie_out(&auditor(&open), period)).unwrap();
        assert_eq!(tie_outs.len(), 2, "{period}: dollars and euros");
        for tie_out in tie_outs {
            assert_eq!(tie_out.differences, Vec::<String>::new());
            let states: i128 = tie_out.states.iter().map(|(_, amount)| amount.minor()).sum();
            let true_ups: i128 = tie_out.true_ups.iter().map(|(_, amount, _)| amount.minor()).sum();
            assert_eq!(states, tie_out.issued.minor() + true_ups);
        }
    }
}

#[test]
fn october_has_an_invoice_in_each_standing() {
    let open = DEMO.open();
    let october: Vec<InvoiceView> = [of_bill(&open, "2026-10", "USD"), of_bill(&open, "2026-10", "EUR")].concat();
    let mut count: BTreeMap<Standing, usize> = BTreeMap::new();
    for view in &october {
        *count.entry(view.standing).or_default() += 1;
    }
    let all = [Standing::Provisional, Standing::ToRead, Standing::Read, Standing::ToAccept, Standing::Disputed, Standing::Accepted];
    assert!(all.iter().all(|standing| count.contains_key(standing)), "{count:?}");
    assert_eq!((count[&Standing::ToRead], count[&Standing::Disputed]), (1, 1));
    assert!(count[&Standing::ToAccept] >= 3 && count[&Standing::Accepted] >= 3, "{count:?}");
    assert!(october.iter().filter(|view| view.standing == Standing::ToRead).all(|view| view.revision.mode == Mode::Showback));
}

#[test]
fn every_state_of_money_but_none_lost_is_in_october() {
    let open = DEMO.open();
    let tie_outs = open.wait(open.tenant.tie_out(&auditor(&open), period("2026-10"))).unwrap();
    let dollars = tie_outs.iter().find(|tie_out| tie_out.bill.currency == currency("USD")).unwrap();
    assert!(dollars.states.iter().map(|(state, _)| *state).eq(MoneyState::ALL));
    assert!(dollars.states.iter().all(|(_, amount)| !amount.is_zero()), "{:?}", dollars.states);
}

#[test]
fn dollars_are_final_and_euros_wait_for_google() {
    let open = DEMO.open();
    assert!(of_bill(&open, "2026-10", "USD").iter().all(|view| view.revision.stage == Stage::Final));
    let euros = of_bill(&open, "2026-10", "EUR");
    assert!(!euros.is_empty() && euros.iter().all(|view| view.revision.stage == Stage::Provisional));
    let sources = open.wait(open.tenant.source_periods()).unwrap();
    let open_ones: Vec<&str> =
        sources.iter().filter(|view| view.period == period("2026-10") && view.closed.is_none()).map(|view| view.source.as_str()).collect();
    assert_eq!(open_ones, ["gcp-focus"]);
}

#[test]
fn the_running_month_is_delivered_and_not_issued() {
    let open = DEMO.open();
    let sources = open.wait(open.tenant.source_periods()).unwrap();
    assert_eq!(sources.iter().filter(|view| view.period == period("2026-11")).count(), 3);
    assert!(invoices(&open).iter().all(|view| view.of.bill.period < period("2026-11")));
}

#[test]
fn the_ledger_folder_has_what_is_posted_and_nothing_else() {
    let open = DEMO.open();
    let journals = open.wait(open.tenant.journals(&auditor(&open), Default::default())).unwrap();
    let of = |status: JournalStatus| {
        let of_status = journals.iter().filter(move |view| view.state.status == status);
        of_status.map(|view| view.state.reference.clone()).collect::<BTreeSet<String>>()
    };
    let names = fs::read_dir(DEMO.home().join("ledger").join("meridian")).unwrap();
    let files: BTreeSet<String> =
        names.map(|entry| entry.unwrap().file_name().to_str().unwrap().trim_end_matches(".json").to_owned()).collect();
    let (posted, ready) = (of(JournalStatus::Posted), of(JournalStatus::Ready));
    assert_eq!(files, posted);
    assert!(posted.len() > 20 && !ready.is_empty() && posted.len() + ready.len() == journals.len());
    let mut waiting = journals.iter().filter(|view| view.state.status == JournalStatus::Ready);
    assert!(waiting.all(|view| view.state.invoice.group == "tills" && view.state.invoice.bill.period == period("2026-10")));
}

#[test]
fn nothing_is_posted_of_a_month_before_chargeback_and_in_another_currency() {
    let open = DEMO.open();
    let journals = open.wait(open.tenant.journals(&auditor(&open), Default::default())).unwrap();
    assert!(journals.iter().all(|view| view.period >= period("2026-08") && view.turnover.currency() == currency("USD")));
}

#[test]
fn whoever_posts_has_accepted_nothing_and_policy_accepted_nothing() {
    let open = DEMO.open();
    let accepted: Vec<By> = invoices(&open).into_iter().flat_map(|view| view.accepted_by).collect();
    assert!(!accepted.is_empty() && accepted.iter().all(|by| by.mail().is_some_and(|mail| mail != SECOND_CONTROLLER)));
}

#[test]
fn late_charges_of_september_are_true_ups_on_october_invoices() {
    let open = DEMO.open();
    let tie_outs = open.wait(open.tenant.tie_out(&auditor(&open), period("2026-09"))).unwrap();
    let rounds: Vec<_> = tie_outs.iter().flat_map(|tie_out| tie_out.true_ups.clone()).collect();
    let [(1, amount, Some(carrier))] = rounds[..] else { panic!("one round: {rounds:?}") };
    assert_eq!((carrier.period, carrier.currency), (period("2026-10"), currency("USD")));
    let october = of_bill(&open, "2026-10", "USD");
    assert_eq!(october.iter().map(|view| view.revision.true_ups.minor()).sum::<i128>(), amount.minor());
    let storefront = page_of(&open, "2026-10", "storefront").document;
    let corrected = page_of(&open, "2026-09", "storefront").document.invoice_number;
    assert!(corrected.is_some() && storefront.corrections[0].invoice_number == corrected);
}

#[test]
fn checkout_disputes_a_part_of_a_shared_line_and_it_is_open() {
    let open = DEMO.open();
    let page = page_of(&open, "2026-10", "checkout");
    let [dispute] = page.state.disputes.as_slice() else { panic!("one dispute") };
    assert!(dispute.is_open() && dispute.raised.by.mail() == Some(CHECKOUT) && dispute.comments.len() == 1);
    let line = page.document.invoice.lines.iter().find(|line| line.key().id() == dispute.line).unwrap();
    assert!(matches!(&line.what, dayone_domain::invoice::LineKind::Shared(shared) if shared.pool == "gateway"));
    assert!(dispute.amount.minor() > 0 && dispute.amount.minor() < line.amount.minor());
}

#[test]
fn one_dispute_was_rejected_and_two_were_upheld_to_others() {
    let open = DEMO.open();
    for (month, group, receiver) in
        [("2026-06", "catalogue", Some("search")), ("2026-08", "store-devices", None), ("2026-09", "fraud", Some("payments"))]
    {
        let disputes = page_of(&open, month, group).state.disputes;
        match (&disputes[0].resolution, receiver) {
            (Some((Resolution::Upheld { receiver }, said)), Some(expected)) => {
                assert_eq!((receiver.as_str(), said.by.mail()), (expected, Some(FINOPS)));
                let moved = page_of(&open, month, expected).document.moves;
                assert!(moved.len() == 1 && moved[0].from == group && moved[0].amount == disputes[0].amount);
            }
            (Some((Resolution::Rejected { .. }, said)), None) => assert_eq!(said.by.mail(), Some(FINOPS)),
            other => panic!("{month} {group}: {other:?}"),
        }
        let standing = page_of(&open, month, group).view.standing;
        assert_eq!(standing, if month == "2026-06" { Standing::Read } else { Standing::Accepted });
    }
}

#[test]
fn a_question_on_a_provisional_invoice_was_answered() {
    let open = DEMO.open();
    let page = page_of(&open, "2026-10", "inventory");
    let [question] = page.state.questions.as_slice() else { panic!("one question") };
    assert_eq!((question.revision, question.answers.len()), (1, 1));
    assert_eq!(page.state.revisions[0].stage, Stage::Provisional);
}

#[test]
fn the_groups_that_the_tree_wants_are_in_chargeback_from_august_on() {
    let open = DEMO.open();
    let settings = open.wait(open.tenant.settings()).unwrap();
    let modes = open.wait(open.tenant.modes()).unwrap();
    for group in settings.trees.at(period("2026-08")).groups() {
        let at = |month: &str| modes.get(&group.id).map_or(Mode::Showback, |mode| mode.at(period(month)));
        assert_eq!((at("2026-07"), at("2026-08")), (Mode::Showback, group.mode), "{}", group.id);
    }
    let trail = open.wait(open.tenant.trail(&auditor(&open), dayone_workflow::audit::TrailOf::Group("catalogue".to_owned()))).unwrap();
    let said: Vec<(Option<&str>, bool)> = trail
        .iter()
        .filter(|entry| entry.stream.as_str() == "group/catalogue")
        .map(|entry| (entry.by.mail(), entry.why.is_some()))
        .collect();
    assert_eq!(said, [(Some(FIRST_CONTROLLER), true), (Some(SECOND_CONTROLLER), true)], "an override takes two");
}

#[test]
fn time_goes_on_from_the_eighth_day_after_october() {
    let open = DEMO.open();
    let settings = open.wait(open.tenant.settings()).unwrap();
    let now = open.tenant.ports().clock.now();
    assert!(now >= "2026-11-08T08:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!(settings.policy.local_date(now).to_string(), "2026-11-08", "it has not run for a day since");
    let all = open.wait(open.tenant.trail(&auditor(&open), dayone_workflow::audit::TrailOf::All)).unwrap();
    assert!(
        all.iter().all(|entry| entry.at <= now && entry.at >= "2026-05-20T08:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    );
}

#[test]
fn the_same_files_ingested_again_are_known() {
    let open = DEMO.open();
    let folder = DEMO.folder.path().join("demo");
    let paths = [folder.join("gcp-focus"), folder.join("late").join("aws-cur")];
    for path in paths {
        let inputs = dayone::inputs::gather(&[path]).unwrap();
        let batch = Batch { files: inputs.files, manifests: inputs.manifests, source: None, currency: None, root: None };
        let progress = indicatif::ProgressBar::hidden();
        let taken = open.block_on(take(&open.tenant, &By::Policy, batch, &progress, &mut Vec::new())).unwrap();
        assert!(!taken.deliveries.is_empty() && taken.refused.is_empty());
        for TakenDelivery { source, period, outcome, .. } in taken.deliveries {
            assert_eq!(outcome, dayone_workflow::deliveries::Delivered::Known, "{source} {period}");
        }
    }
}

#[test]
fn everybody_who_is_printed_can_sign_in() {
    let open = DEMO.open();
    let settings = open.wait(open.tenant.settings()).unwrap();
    let printed: Vec<&str> = DEMO.out.split_whitespace().filter(|word| settings.people.get(word).is_some()).collect();
    let printed: BTreeSet<&str> = printed.into_iter().collect();
    assert!(printed.len() == 7 && DEMO.out.contains(PASSWORD), "{printed:?}");
    for mail in printed {
        assert_eq!(open.wait(open.tenant.sign_in(mail, PASSWORD)).unwrap().actor.person.mail, mail);
    }
}

#[test]
fn the_same_seed_gives_the_same_numbers_and_totals() {
    let again = Demo::new("1");
    let figures = |demo: &Demo| {
        let views = invoices(&demo.open());
        let figure = |view: &InvoiceView| {
            let revision = &view.revision;
            (view.of.clone(), revision.number, revision.invoice_number, revision.total, revision.true_ups, view.standing)
        };
        views.iter().map(figure).collect::<Vec<_>>()
    };
    assert_eq!(figures(&DEMO), figures(&again));
    // But for the folders, what is printed is the same.
    let told = |demo: &Demo| demo.out.replace(&demo.folder.path().display().to_string(), "");
    assert_eq!(told(&DEMO), told(&again));
}

/// What a refused demo says; nothing in the folder is touched.
fn refused(folder: &Path, words: &[&str]) -> String {
    let count = || fs::read_dir(folder).unwrap().count();
    let before = count();
    let (code, out, err) = dayone(words);
    assert_eq!((code, out.as_str(), count()), (1, "", before));
    assert!(err.contains("What to do"), "{err}");
    err
}

#[test]
fn a_folder_or_a_home_of_somebody_elses_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::create_dir(path("mine")).unwrap();
    fs::write(folder.path().join("mine").join("dayone-home.json"), "{\"format\":1}").unwrap();
    let err = refused(folder.path(), &["demo", "--no-serve", "--out", &path("mine")]);
    assert!(err.contains("--out"), "{err}");
    let err = refused(folder.path(), &["demo", "--no-serve", "--out", &path("new"), "--home", &path("mine")]);
    assert!(err.contains("--home"), "{err}");
    assert!(folder.path().join("mine").join("dayone-home.json").is_file());
    assert!(!folder.path().join("mine").join(CLOCK_FILE).exists());
}

#[test]
fn a_home_among_the_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for home in ["demo", "demo/aws-cur/home", "demo/late"] {
        let err = refused(folder.path(), &["demo", "--no-serve", "--out", &path("demo"), "--home", &path(home)]);
        assert!(err.contains("--home"), "{home}: {err}");
    }
}

#[test]
fn a_port_that_is_taken_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let err = refused(folder.path(), &["demo", "--port", &port, "--out", &folder.path().join("demo").display().to_string()]);
    assert!(err.contains(&port) && err.contains("--port"), "{err}");
}
