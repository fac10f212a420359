//! On a terminal long work shows how far it is, and comes to its end; in a pipe it is quiet.

use dayone_tests::{Tools, fresh_folder, run, succeed};

/// Many times what the work takes; only a command that hangs reaches it.
const SECONDS: &str = "120";

#[test]
fn reading_shows_progress_on_a_terminal_and_none_in_a_pipe() {
    let Some(tools) = Tools::find("reading_shows_progress_on_a_terminal_and_none_in_a_pipe") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "terminal");
    let demo = folder.join("demo");
    let in_a_pipe = run(tools.dayone().args(["demo", "--no-serve", "--out"]).arg(&demo));
    assert!(in_a_pipe.status.success() && in_a_pipe.stderr.is_empty(), "{}", String::from_utf8_lossy(&in_a_pipe.stderr));

    let mut terminal = tools.python("../cli/terminal.py");
    terminal.arg(SECONDS).arg(tools.dayone().get_program()).arg("preview");
    for source in ["aws-cur", "azure-focus"] {
        terminal.arg(demo.join(source));
    }
    let shown = succeed(&mut terminal);
    assert!(shown.contains("reading meridian-cur-00001.csv.gz"), "the file that is read is named: {shown}");
    assert!(shown.contains("October 2026"), "the result follows: {shown}");

    let mut terminal = tools.python("../cli/terminal.py");
    terminal.arg(SECONDS).arg(tools.dayone().get_program()).args(["demo", "--no-serve", "--out"]).arg(&demo);
    let shown = succeed(&mut terminal);
    let parts = ["making the demo tenant", "living through August 2026", "Sign in as one of these"];
    assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
}
