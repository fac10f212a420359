//! `dayone demo`: a made-up company whose months have happened, in a home that is served.
//!
//! [`dayone_demo`] makes the files, [`plot`] says what happens with them, [`story`] does it by the use cases that
//! everybody has, at the moments of a [`clock`] of its own, and `show` prints what came of it.

mod arrivals;
pub mod plot;
mod show;
pub mod story;

use std::fs;
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::Duration;

use dayone_demo::{DemoTenant, Written};
use dayone_domain::BillingPeriod;
use dayone_ports::Clock as _;
use indicatif::{ProgressBar, ProgressStyle};

use self::arrivals::Arrivals;
use self::story::Story;
use crate::args::DemoArguments;
use crate::args::home::HomeArguments;
use crate::failure::Failure;
use crate::home::clock::{self, CLOCK_FILE};
use crate::home::serve::{Listen, serve};
use crate::home::{Open, Outside};

/// The file by which an earlier demo is known.
const MARK: &str = "README.txt";
/// The folder of the home, beside the files.
const HOME: &str = "home";

/// The last closed month of the demo tenant: the same today as tomorrow, so that figures can be spoken about.
fn last_closed() -> BillingPeriod {
    BillingPeriod::try_new(2026, 10).expect("INVARIANT: a month")
}

/// Makes the files and the home, shows the last closed month, and serves.
pub fn run(arguments: &DemoArguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let machine = Outside::of_machine();
    let home = arguments.home.clone().unwrap_or_else(|| arguments.out.join(HOME));
    if !arguments.no_serve {
        check_port(arguments.port)?;
    }
    check_home(&arguments.out, &home)?;
    clear(&arguments.out, &home)?;
    let written = generate(&arguments.out, arguments.seed)?;
    let url = (arguments.port != 0).then(|| format!("http://{}:{}", Ipv4Addr::LOCALHOST, arguments.port));
    let (story, arrivals) = live(&written, &home, url.as_deref(), err)?;
    show::write_month(&story, &arrivals, &written, &home, out)?;
    show::write_people(&story, out)?;
    show::write_commands(&written, &home, !arguments.no_serve, out)?;
    clock::keep(&home, story.clock.now(), machine.clock.now())?;
    drop((story, arrivals));
    if arguments.no_serve {
        return Ok(());
    }
    let open = Open::at(&HomeArguments { home: Some(home) }, &machine)?;
    serve(&open, &Listen::local(arguments.port), out)
}

/// Refuses a port that is taken before any work is done.
fn check_port(port: u16) -> Result<(), Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop).map_err(|error| {
        Failure::refused(format!(
            "127.0.0.1:{port} cannot be served on ({error}). What to do: name another port with --port, or end what uses it."
        ))
    })
}

/// Refuses a home that would hold the files, or be one of their folders.
fn check_home(files: &Path, home: &Path) -> Result<(), Failure> {
    let whole = |path: &Path| std::path::absolute(path).map_err(Failure::reading(path));
    let (files, home) = (whole(files)?, whole(home)?);
    let sources = [dayone_demo::AWS_SOURCE, dayone_demo::AZURE_SOURCE, dayone_demo::GOOGLE_SOURCE, "late"];
    if files.starts_with(&home) || sources.iter().any(|source| home.starts_with(files.join(source))) {
        return Err(Failure::refused(format!(
            "{}: the demo's files go there, and a home is a folder of its own. What to do: name another with --home.",
            home.display()
        )));
    }
    Ok(())
}

/// Takes an earlier demo away; a folder that holds anything else is left alone, and nothing is taken then.
fn clear(files: &Path, home: &Path) -> Result<(), Failure> {
    let is_of_demo = files.join(MARK).is_file() && files.join(dayone_demo::AWS_SOURCE).is_dir();
    // A home beside the files is taken away with them, also one that was not finished.
    let is_home_of_demo = home.join(CLOCK_FILE).is_file() || (is_of_demo && home == files.join(HOME));
    let mut used = Vec::new();
    for (folder, is_of_demo, option) in [(files, is_of_demo, "--out"), (home, is_home_of_demo, "--home")] {
        if is_empty(folder)? {
            continue;
        }
        if !is_of_demo {
            return Err(Failure::refused(format!(
                "{}: the folder holds something else than an earlier demo. What to do: name another with {option}.",
                folder.display()
            )));
        }
        used.push(folder);
    }
    for folder in used.into_iter().filter(|folder| folder.exists()) {
        fs::remove_dir_all(folder).map_err(Failure::writing(folder))?;
    }
    Ok(())
}

fn is_empty(folder: &Path) -> Result<bool, Failure> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Failure::reading(folder)(error)),
    }
}

fn generate(folder: &Path, seed: u64) -> Result<Written, Failure> {
    fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{spinner} making the demo tenant  {pos} of {len}  {wide_bar}").expect("a valid template"));
    let tenant = DemoTenant { seed, last_closed: last_closed() };
    let written = dayone_demo::write(&tenant, folder, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    written.map_err(Failure::writing(folder))
}

/// The whole story; what arrived in it comes back for its sums.
fn live(written: &Written, home: &Path, url: Option<&str>, err: &mut dyn Write) -> Result<(Story, Arrivals), Failure> {
    fs::create_dir_all(home).map_err(Failure::writing(home))?;
    let story = Story::found(written, home, url, plot::beginning(written.last_closed))?;
    // A story that is cut off leaves a home that the next demo may take away.
    let beginning = story.clock.now();
    clock::keep(home, beginning, beginning)?;
    story.give_passwords()?;
    let mut arrivals = Arrivals::read(written, &story.settings.trees.tag_keys(), err)?;
    let bar = ProgressBar::new(plot::closed(written.last_closed).len() as u64);
    bar.set_style(ProgressStyle::with_template("{spinner} living through {msg}  {pos} of {len}  {wide_bar}").expect("a valid template"));
    bar.enable_steady_tick(Duration::from_millis(200));
    let lived = plot::live(&story, &mut arrivals, written.last_closed, &mut |period| {
        bar.set_message(period.name());
        bar.inc(1);
    });
    bar.finish_and_clear();
    lived?;
    Ok((story, arrivals))
}
