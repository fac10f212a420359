//! The command line of Day One on one machine.
//!
//! A command on files goes one way: [`inputs`] names the files, [`load`] reads them into a cube, [`months`] decides
//! in pure code, and a command prints or writes what came out. Commands on a home are in [`home`].

pub mod args;
pub mod configured;
pub mod demo;
pub mod failure;
pub mod home;
pub mod inputs;
pub mod load;
pub mod months;
pub mod overlaps;
pub mod pages;
pub mod preview;
pub mod tables;
pub mod tieout;
pub mod trees;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

use crate::args::{Arguments, Command, TreeCommand};
use crate::failure::Failure;
use crate::home::Outside;

/// Notes for people beside the result: that nobody can read them stops no work.
struct Notes<'a>(&'a mut dyn Write);

impl Write for Notes<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // Whoever closed the stream does not want the notes.
        let _ = self.0.write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

/// Runs a command line and returns the exit code: 0 for success, 1 where an input was refused or figures do
/// not agree, 2 for a command line that says nothing sensible.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    run_in(&Outside::of_machine(), arguments, out, err)
}

/// As [`run`], on a machine of the caller's choice.
pub fn run_in(outside: &Outside, arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let is_help = error.exit_code() == 0;
            let text = error.render();
            // Nothing is left to do where even the usage cannot be printed.
            let _ = if is_help { write!(out, "{text}") } else { write!(err, "{text}") };
            return if is_help { 0 } else { 2 };
        }
    };
    let err: &mut dyn Write = &mut Notes(err);
    let result = do_command(&arguments.command, outside, out, err);
    // What was found comes before what is wrong with it, also where the two streams end in one place.
    let flushed = out.flush().map_err(Failure::from);
    match result.and(flushed) {
        Ok(()) => 0,
        // Whoever reads our output has seen enough.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
        Err(failure) => {
            let _ = writeln!(err, "{failure}");
            1
        }
    }
}

fn do_command(command: &Command, outside: &Outside, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    match command {
        Command::Preview(arguments) => preview::run(arguments, out, err),
        Command::Tieout(arguments) => match home::tieout::meant(arguments) {
            Some(period) => home::tieout::run(period, arguments, outside, out),
            None => home::tieout::refuse_no_period(arguments).and_then(|()| tieout::run(arguments, out, err)),
        },
        Command::Tree { command: TreeCommand::Suggest(arguments) } => trees::suggest(arguments, out, err),
        Command::Tree { command: TreeCommand::Check(arguments) } => trees::check(arguments, out, err),
        Command::Tree { command: TreeCommand::Show(arguments) } => trees::show(arguments, out, err),
        Command::Demo(arguments) => demo::run(arguments, out, err),
        Command::Init(arguments) => home::init::run(arguments, outside, out, err),
        Command::Config { command } => home::config::run(command, outside, out, err),
        Command::Ingest(arguments) => home::ingest::run(arguments, outside, out, err),
        Command::Deliveries(arguments) => home::deliveries::run(arguments, outside, out),
        Command::Issue(arguments) => home::issue::run(arguments, outside, out),
        Command::Close(arguments) => home::issue::close(arguments, outside, out),
        Command::Invoices(arguments) => home::invoices::run(arguments, outside, out),
        Command::Invoice { command } => home::review::run(command, outside, out),
        Command::Promote(arguments) => home::groups::promote(arguments, outside, out),
        Command::Demote(arguments) => home::groups::demote(arguments, outside, out),
        Command::Journals { command } => home::journals::run(command, outside, out),
        Command::Evidence(arguments) => home::evidence::run(arguments, outside, out),
        Command::Audit { command } => home::audit::run(command, outside, out),
        Command::Serve(arguments) => home::serve::run(arguments, outside, out, err),
    }
}
