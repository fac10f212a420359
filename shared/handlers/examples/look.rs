//! Serves a made-up company to look at: `cargo run -p dayone-handlers --example look -- [PORT] [hostile]`.
//!
//! Everybody's password is `a made-up password`.

#[path = "../tests/made_up/mod.rs"]
mod made_up;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use dayone_handlers::{Site, router};
use made_up::{EVERYBODY, MadeUp, Names};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut words = std::env::args().skip(1);
    let port: u16 = words.next().and_then(|word| word.parse().ok()).unwrap_or(8687);
    let names = if words.next().as_deref() == Some("hostile") { Names::Hostile } else { Names::Plain };
    let company = MadeUp::story(names).await;
    company.give_passwords(&EVERYBODY).await.expect("passwords of a made-up company");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a free port on loopback");
    eprintln!("http://127.0.0.1:{port}, as one of {}", EVERYBODY.join(", "));
    axum::serve(listener, router(Site::of(company.tenant.clone()))).await.expect("serves until it is stopped");
}
