//! The real process is ended by force in the middle of `ingest`, `issue` and `journals post`, a hundred times. Done
//! again, each leaves the home as if nobody had ended anything: nothing is lost, nothing is doubled.

use std::io::Write as _;

use dayone_tests::{Tools, fresh_folder};

#[path = "kill/company.rs"]
mod company;
#[path = "kill/facts.rs"]
mod facts;
#[path = "cli/support.rs"]
mod support;
#[path = "kill/work.rs"]
mod work;

use company::Company;
use facts::journals_in_ledger;
use work::{Counts, KILLS, Work};

const TEST: &str = "what_was_ended_by_force_and_done_again_is_as_if_nobody_had_ended_it";

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Written past the test runner, which shows what a test prints only when it fails.
fn tell(name: &str, Counts { all, part, nothing }: Counts) {
    let line = format!("{name}: {KILLS} processes ended while they ran; done again, {all} did all, {part} a part, {nothing} nothing\n");
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

#[test]
fn what_was_ended_by_force_and_done_again_is_as_if_nobody_had_ended_it() {
    let Some(tools) = Tools::find(TEST) else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "kill");
    let company = Company::found(folder.clone());
    let work = |name, before, words, after| Work { tools: &tools, name, before, words, after, periods: company.periods, folder: &folder };
    let issue = words(&format!("issue --as-of {}", company.day));
    let exports = vec!["ingest".to_owned(), company.exports().display().to_string()];

    let ingest = work("ingest", company.before_ingest(), exports, issue.clone());
    let issue = work("issue", company.before_issue(), issue, Vec::new());
    let post = work("post", company.before_post(), words("journals post --as clara@example.com"), Vec::new());

    // Who posts holds a lease, which has run out by the time that the others are done.
    let posted = post.reference();
    let journals: Vec<&String> = posted.facts.iter().filter(|fact| fact.starts_with("journal ")).collect();
    assert!(journals.iter().all(|journal| journal.contains(r#""status":"posted""#)), "{journals:?}");
    assert_eq!(journals.len(), journals_in_ledger(&posted.home));
    assert!(journals.len() > journals_in_ledger(&post.before), "there is something to post");
    let killed_posts = post.kill(&posted);

    let mut parts = 0;
    for work in [&ingest, &issue] {
        let reference = work.reference();
        let counts = work.finish(&reference, work.kill(&reference));
        tell(work.name, counts);
        parts += counts.part;
    }
    let counts = post.finish(&posted, killed_posts);
    tell(post.name, counts);
    parts += counts.part;
    assert!(parts > 0, "some were ended in the middle of their work");
}
