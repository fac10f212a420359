//! `dayone serve`: the pages and the API of a home.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use dayone_handlers::{Site, router};
use tokio::net::TcpListener;

use super::{Open, Outside};
use crate::args::home::ServeArguments;
use crate::failure::Failure;

/// How long requests may take to end after the first signal.
const GRACE: Duration = Duration::from_secs(10);

/// Where a home is served.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address.
    pub address: IpAddr,
    /// The port; 0 takes one that is free.
    pub port: u16,
    /// What the links in mail begin with; the address itself where there is none.
    pub url: Option<String>,
}

impl Listen {
    /// On a port of this machine that no other reaches.
    pub fn local(port: u16) -> Listen {
        Listen { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port, url: None }
    }
}

/// Serves until the first SIGINT or SIGTERM.
pub fn run(arguments: &ServeArguments, outside: &Outside, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.home, outside)?;
    let local = Listen::local(arguments.port);
    let listen = Listen { address: arguments.listen.unwrap_or(local.address), url: arguments.url.clone(), ..local };
    if !listen.address.is_loopback() {
        writeln!(
            err,
            "warning: {} is reached from other machines, and there is no TLS here: passwords and sessions can be read on the way. Put a proxy with TLS before it.",
            listen.address
        )?;
    }
    serve(&open, &listen, out)
}

/// Serves a home, and says where once it does.
pub fn serve(open: &Open, listen: &Listen, out: &mut dyn Write) -> Result<(), Failure> {
    open.block_on(async {
        let asked = SocketAddr::new(listen.address, listen.port);
        let listener = TcpListener::bind(asked).await.map_err(|error| not_bound(asked, &error))?;
        let address = listener.local_addr().map_err(|error| not_bound(asked, &error))?;
        let url = listen.url.clone().unwrap_or_else(|| format!("http://{address}"));
        let tenant = open.tenant.clone().at(&url);
        let site = Site::of(tenant);
        let mut signals = Signals::new()?;
        let mut more = Signals::new()?;
        writeln!(out, "Day One serves `{}` on http://{address} (end it with Ctrl-C).", open.tenant.id())?;
        writeln!(out, "Issuing is not part of it: let a scheduler run `dayone issue` daily.")?;
        out.flush()?;
        let served = axum::serve(listener, router(site)).with_graceful_shutdown(async move { signals.next().await });
        let given_up = async {
            more.next().await;
            tokio::select! {
                () = more.next() => {}
                () = tokio::time::sleep(GRACE) => {}
            }
        };
        tokio::select! {
            ended = async { served.await } => ended.map_err(|error| not_bound(address, &error))?,
            () = given_up => {}
        }
        writeln!(out, "Ended.")?;
        Ok(())
    })
}

fn not_bound(address: SocketAddr, error: &std::io::Error) -> Failure {
    Failure::refused(format!("{address} cannot be served on ({error}). What to do: name another port with --port, or end what uses it."))
}

/// The wishes of a terminal or a service manager that the program ends.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Result<Signals, Failure> {
        use tokio::signal::unix::{SignalKind, signal};

        let of =
            |kind| signal(kind).map_err(|error| Failure::refused(format!("signals cannot be heard ({error}). What to do: try again.")));
        Ok(Signals { interrupt: of(SignalKind::interrupt())?, terminate: of(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn new() -> Result<Signals, Failure> {
        Ok(Signals {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        // Where signals cannot be heard, the program ends with its terminal.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
