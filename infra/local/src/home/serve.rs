//! `dayone serve`: the pages and the API of a home.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use dayone_handlers::{Site, Tenants, router};
use dayone_workflow::Tenant;
use tokio::net::TcpListener;

use super::address::DEFAULT;
use super::intake::request::Requests;
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
}

impl Listen {
    /// On a port of this machine that no other reaches.
    pub fn local(port: u16) -> Listen {
        Listen { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port }
    }
}

/// Serves until the first SIGINT or SIGTERM.
pub fn run(arguments: &ServeArguments, outside: &Outside, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let mut open = Open::at(&arguments.home, outside)?;
    if let Some(url) = &arguments.url {
        open = open.move_to(url)?;
    }
    let local = Listen::local(arguments.port);
    let listen = Listen { address: arguments.listen.unwrap_or(local.address), ..local };
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
        let here = format!("http://{}", reached(address));
        let url = open.address.as_deref().unwrap_or(&here);
        let site = site(open, address, url);
        let mut signals = Signals::new()?;
        let mut more = Signals::new()?;
        writeln!(out, "Day One serves `{}` on http://{address} (end it with Ctrl-C).", open.tenant.id())?;
        notes(open.address.as_deref(), &here).iter().try_for_each(|note| writeln!(out, "{note}"))?;
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

/// Where this machine reaches a listener: one on all addresses is at the machine's own.
fn reached(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port()),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port()),
        _ => address,
    }
}

/// What people who open a home elsewhere than where it listens have to know.
fn notes(kept: Option<&str>, here: &str) -> Vec<String> {
    let mut notes = Vec::new();
    match kept {
        None if here != DEFAULT => notes.push(format!(
            "Links in mail that is sent from here lead to {here}, and of other commands to {DEFAULT}: have the home keep one address with --url."
        )),
        Some(kept) if kept != here => notes.push(format!("Links in mail lead to {kept}; say another address with --url.")),
        _ => {}
    }
    if let Some(kept) = kept.filter(|kept| is_https(kept)) {
        notes.push(format!("Sign in at {kept}: at {here} browsers may not keep a sign-in, because its cookies are for https alone."));
    }
    notes
}

/// The home's tenant, at its own addresses.
struct OnlyAt {
    tenant: Tenant,
    hosts: BTreeSet<String>,
}

impl Tenants for OnlyAt {
    fn at(&self, host: &str) -> Option<Tenant> {
        self.hosts.contains(&host.to_ascii_lowercase()).then(|| self.tenant.clone())
    }
}

fn site(open: &Open, address: SocketAddr, url: &str) -> Site {
    let (tenant, is_secure) = (open.tenant.clone().at(url), is_https(url));
    Site {
        intake: Arc::new(Requests { folder: open.home.arriving() }),
        tenants: Arc::new(OnlyAt { hosts: hosts(address, url), tenant: tenant.clone() }),
        is_secure,
        ..Site::of(tenant)
    }
}

/// What `Host` says in requests to where a home listens, and to where people open it. Anybody can have another name
/// lead to this machine.
fn hosts(address: SocketAddr, url: &str) -> BTreeSet<String> {
    let port = address.port();
    let mut hosts = BTreeSet::from([address.to_string()]);
    hosts.extend(["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")));
    if let Ok(uri) = url.parse::<Uri>()
        && let Some(authority) = uri.authority()
    {
        // Clients leave out the port that the scheme has anyway.
        let usual = if is_https(url) { 443 } else { 80 };
        let (name, port) = (authority.host().to_ascii_lowercase(), authority.port_u16().unwrap_or(usual));
        hosts.insert(format!("{name}:{port}"));
        if port == usual {
            hosts.insert(name);
        }
    }
    hosts
}

fn is_https(url: &str) -> bool {
    url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn known(address: &str, url: &str) -> Vec<String> {
        hosts(address.parse().expect("an address"), url).into_iter().collect()
    }

    #[test]
    fn a_home_is_at_its_own_addresses_alone() {
        let local = ["127.0.0.1:8686", "[::1]:8686", "localhost:8686"];
        assert_eq!(known("127.0.0.1:8686", "http://127.0.0.1:8686"), local);
        assert_eq!(known("10.0.0.7:8686", "http://10.0.0.7:8686"), ["10.0.0.7:8686", local[0], local[1], local[2]]);
    }

    #[test]
    fn the_host_of_the_url_is_one_too_with_the_usual_port_or_without() {
        for (url, added) in [
            ("https://Bills.example", &["bills.example", "bills.example:443"][..]),
            ("HTTPS://bills.example:443/dayone", &["bills.example", "bills.example:443"]),
            ("https://bills.example:8443/", &["bills.example:8443"]),
            ("http://bills.example", &["bills.example", "bills.example:80"]),
            ("no address", &[]),
        ] {
            let mut hosts = known("127.0.0.1:8686", url);
            hosts.retain(|host| !host.ends_with(":8686"));
            assert_eq!(hosts, added, "{url}");
        }
    }

    #[test]
    fn who_listens_on_all_addresses_is_reached_at_the_machines_own() {
        for (address, at) in [
            ("0.0.0.0:9000", "127.0.0.1:9000"),
            ("[::]:9000", "[::1]:9000"),
            ("10.0.0.7:80", "10.0.0.7:80"),
            ("127.0.0.1:1", "127.0.0.1:1"),
        ] {
            assert_eq!(reached(address.parse().expect("an address")).to_string(), at);
        }
    }

    #[test]
    fn it_is_said_where_links_and_sign_ins_lead_unless_all_is_as_expected() {
        let other = "http://127.0.0.1:9000";
        assert_eq!(notes(None, DEFAULT), Vec::<String>::new());
        assert_eq!(notes(Some(other), other), Vec::<String>::new());
        assert!(notes(None, other)[0].contains("from here lead to http://127.0.0.1:9000, and of other commands to http://127.0.0.1:8686"));
        assert_eq!(notes(Some(DEFAULT), other).len(), 1);
        let [links, sign_in] = &notes(Some("https://bills.example"), other)[..] else { panic!("both") };
        assert!(links.starts_with("Links in mail lead to https://bills.example;"), "{links}");
        assert!(sign_in.starts_with("Sign in at https://bills.example:"), "{sign_in}");
    }

    #[test]
    fn cookies_are_secure_where_people_open_it_by_https() {
        for (url, is_secure) in [("https://bills.example", true), ("HTTPS://b", true), ("http://bills.example", false), ("https", false)] {
            assert_eq!(is_https(url), is_secure, "{url}");
        }
    }
}
