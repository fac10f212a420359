//! Commands on a home: the folder in which months happen.
//!
//! A command opens the home, finds out who acts, does one use case of the tenant and prints what came of it. Each
//! runs on a runtime of its own, which ends with it.

pub mod address;
pub mod audit;
pub mod clock;
pub mod config;
pub mod deliveries;
pub mod evidence;
pub mod groups;
pub mod ingest;
pub mod init;
pub mod intake;
pub mod invoice;
pub mod invoices;
pub mod issue;
pub mod journals;
pub mod review;
pub mod serve;
pub mod tieout;

use std::fs;
use std::future::Future;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dayone_domain::people::Role;
use dayone_domain::review::{Actor, By, SignIn};
use dayone_embedded::{Home, HomeError, SystemClock};
use dayone_ports::Clock;
use dayone_workflow::{FailureKind, Ports, Request, Tenant, TenantId};
use tokio::runtime::{Builder, Runtime};

use crate::args::home::{HomeArguments, PersonArguments};
use crate::failure::Failure;

/// The home of a command that names none.
pub const DEFAULT_HOME: &str = "dayone-home";
/// The file of a home that names its tenant.
const TENANT_FILE: &str = "tenant";
/// Longer than any tenant's name.
const MOST_TENANT_BYTES: u64 = 128;
/// Longest line that is read as a password; passwords are far shorter.
const MOST_PASSWORD_BYTES: u64 = 4096;

/// Gives a password for a prompt.
pub type AskPassword = dyn Fn(&str) -> Result<String, Failure>;

/// What commands need of the machine that they run on.
pub struct Outside {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The account that the commands run under.
    pub account: String,
    /// Asks for a password, with this prompt on a terminal.
    pub password: Box<AskPassword>,
    /// Whether somebody sits at a terminal, who can be asked twice.
    pub is_asked: bool,
}

impl Outside {
    /// This machine.
    pub fn of_machine() -> Outside {
        let is_asked = std::io::stdin().is_terminal();
        Outside {
            clock: Arc::new(SystemClock),
            account: whoami::username().unwrap_or_else(|_| "unknown".to_owned()),
            password: Box::new(move |prompt| if is_asked { ask(prompt) } else { first_line() }),
            is_asked,
        }
    }
}

/// Asks on the terminal without showing what is written.
fn ask(prompt: &str) -> Result<String, Failure> {
    let terminal = console::Term::stderr();
    let asked = terminal.write_str(prompt).and_then(|()| terminal.read_secure_line());
    asked.map_err(|error| Failure::refused(format!("the password cannot be read ({error}). What to do: give it in a pipe.")))
}

fn first_line() -> Result<String, Failure> {
    use std::io::Read;

    let mut line = String::new();
    let read = std::io::stdin().lock().take(MOST_PASSWORD_BYTES).read_line(&mut line);
    read.map_err(|error| Failure::refused(format!("the password cannot be read ({error}). What to do: write it in UTF-8, as one line.")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A home that is open, with its tenant.
pub struct Open {
    /// The home.
    pub home: Home,
    /// Its tenant.
    pub tenant: Tenant,
    /// Where people open it, of a home that keeps that.
    pub address: Option<String>,
    runtime: Runtime,
    account: String,
}

impl Open {
    /// Opens the home of a command.
    pub fn at(arguments: &HomeArguments, outside: &Outside) -> Result<Open, Failure> {
        let home = Home::open(folder(arguments)).map_err(|error| not_opened(&error))?;
        let tenant = tenant_of(home.folder())?;
        Open::of(home, tenant, outside)
    }

    /// The tenant of a home that was opened already.
    pub fn of(home: Home, id: TenantId, outside: &Outside) -> Result<Open, Failure> {
        let ports = ports(&home, clock::of_home(home.folder(), &outside.clock)?)?;
        let runtime = runtime()?;
        let address = address::of_home(home.folder())?;
        let tenant = Tenant::new(id, ports).at(address.as_deref().unwrap_or(address::DEFAULT));
        Ok(Open { tenant, home, address, runtime, account: outside.account.clone() })
    }

    /// Has the home keep another address, and is there from now on.
    pub fn move_to(self, url: &str) -> Result<Open, Failure> {
        address::keep(self.home.folder(), url)?;
        Ok(Open { tenant: self.tenant.at(url), address: Some(url.to_owned()), ..self })
    }

    /// Does one use case.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T, dayone_workflow::Failure>>) -> Result<T, Failure> {
        Ok(self.runtime.block_on(work)?)
    }

    /// Does work of another kind.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Whoever reads.
    pub fn actor(&self, arguments: &PersonArguments) -> Result<Actor, Failure> {
        self.named(arguments, "what is shown depends on who asks, and nobody is named")
    }

    /// Whoever does something, without conditions.
    pub fn request(&self, arguments: &PersonArguments) -> Result<Request, Failure> {
        self.named(arguments, "this is done and recorded in somebody's name, and none is given").map(Request::of)
    }

    /// The person of a command; `why` one is needed.
    fn named(&self, arguments: &PersonArguments, why: &str) -> Result<Actor, Failure> {
        match &arguments.person {
            Some(mail) => self.wait(self.tenant.actor(mail, self.signed_in())),
            None => Err(Failure::refused(format!("{why}. What to do: say who you are with --as MAIL, or set DAYONE_AS."))),
        }
    }

    /// In whose name something is done that a schedule may do as well: the account's of the machine, where nobody is named.
    ///
    /// # Errors
    /// Where somebody is named who has none of the roles that it takes.
    pub fn by_or_account(&self, arguments: &PersonArguments, roles: &[Role]) -> Result<By, Failure> {
        if arguments.person.is_none() {
            return Ok(By::Machine { account: self.account.clone() });
        }
        let actor = self.actor(arguments)?;
        if roles.iter().any(|role| actor.has(*role)) {
            return Ok(actor.by());
        }
        let roles: Vec<String> = roles.iter().map(Role::to_string).collect();
        let mail = &actor.person.mail;
        Err(Failure::refused(format!(
            "this takes the role {}, which `{mail}` does not have. What to do: name somebody who has it with --as, or nobody: a schedule's run is recorded with the account that it runs under.",
            roles.join(" or ")
        )))
    }

    /// Whoever has an account on this machine, as long as there are no people yet.
    pub fn founder(&self) -> Result<Option<Request>, Failure> {
        match self.block_on(self.tenant.founder(&self.account)) {
            Ok(founder) => Ok(Some(Request::of(founder))),
            Err(failure) if failure.kind == FailureKind::Refused => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    fn signed_in(&self) -> SignIn {
        SignIn::CommandLine { account: self.account.clone() }
    }
}

/// The folder that a command means.
pub fn folder(arguments: &HomeArguments) -> PathBuf {
    arguments.home.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_HOME))
}

/// Whether a command means a home that is there, or names one.
pub fn is_meant(arguments: &HomeArguments) -> bool {
    arguments.home.is_some() || Path::new(DEFAULT_HOME).join(TENANT_FILE).is_file()
}

/// Everything outside that the use cases need, from a home and a clock.
pub fn ports(home: &Home, clock: Arc<dyn Clock>) -> Result<Ports, Failure> {
    Ok(Ports {
        store: home.store(),
        documents: home.documents(),
        anchors: home.anchors(),
        erp: home.erp(),
        forms: Arc::new(dayone_erp::GlForms),
        mailer: home.mailer(Arc::clone(&clock)).map_err(|error| not_opened(&error))?,
        clock,
        chance: home.chance(),
    })
}

/// A runtime for one command: what blocks runs on threads of its own.
pub fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::refused(format!("the machine gives no more threads or files ({error}). What to do: end other programs.")))
}

/// Why a home is not opened, as a refusal.
pub fn not_opened(error: &HomeError) -> Failure {
    let message = error.to_string();
    // The messages of homes end with what to do after the last colon or semicolon of theirs.
    match message.split_once(": ") {
        Some((what, remedy)) if has_remedy(error) => Failure::refused(format!("{what}. What to do: {remedy}.")),
        _ => Failure::refused(format!("{message}. What to do: check the folder of --home and your permissions on it.")),
    }
}

fn has_remedy(error: &HomeError) -> bool {
    !matches!(error, HomeError::Folder { .. } | HomeError::Store(_))
}

/// The tenant that a home names.
fn tenant_of(folder: &Path) -> Result<TenantId, Failure> {
    let path = folder.join(TENANT_FILE);
    let remedy = "What to do: run `dayone init` on the home once more, with --tenant and its name.";
    let text = match fs::metadata(&path) {
        Ok(metadata) if metadata.len() <= MOST_TENANT_BYTES => fs::read_to_string(&path).map_err(Failure::reading(&path))?,
        Ok(_) => return Err(Failure::refused(format!("{}: names no tenant. {remedy}", path.display()))),
        Err(_) => return Err(Failure::refused(format!("{}: the home does not name its tenant. {remedy}", path.display()))),
    };
    text.trim_end().parse().map_err(|error| Failure::refused(format!("{}: `{}` {error}. {remedy}", path.display(), text.trim_end())))
}
