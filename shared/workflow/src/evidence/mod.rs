//! Evidence: everything that an auditor asks of a period, as one folder of plain files. Whoever has only the folder and
//! the provider's billing files can do the month again: the files' hashes, the texts that decided, the invoices as they
//! were issued and accepted, the journals, and every event of the trail with its place in the chain of hashes.
//!
//! The same state gives the same bytes. No password, session or other secret is ever read for it.

mod carriers;
mod configuration;
mod folder;
mod inputs;
mod ledger;
mod readme;
mod review;
mod trail;

use dayone_domain::BillingPeriod;
use dayone_domain::people::Role;
use dayone_domain::review::{Actor, By, SignIn, on_command_line};

use crate::failure::Failure;
use crate::tenant::Tenant;
use folder::Folder;

/// Most bytes of stored documents in one folder (512 MiB). What comes after them is named by its SHA-256 alone.
pub const MOST_BYTES: u64 = 512 << 20;

/// One file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Its path below the folder, with slashes.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Tenant {
    /// The evidence of a period, in the order of the paths; `README.txt` says what each file is. What happened since the
    /// newest anchor is anchored first. For controllers, FinOps and auditors.
    ///
    /// # Errors
    /// Where the person has none of these roles, no bill of the period is issued, or one is being issued just now.
    pub async fn evidence(&self, actor: &Actor, period: BillingPeriod) -> Result<Vec<EvidenceFile>, Failure> {
        if ![Role::Controller, Role::Finops, Role::Auditor].into_iter().any(|role| actor.has(role)) {
            return Err(Failure::forbidden("this takes the role controller, FinOps or auditor"));
        }
        // The anchor that the evidence states covers all that it shows.
        self.anchor().await?;
        let tie_outs = self.tie_out(actor, period).await?;
        let bills = self.bills_of(period).await?;
        let mut folder = Folder::new(MOST_BYTES);
        folder.text("README.txt", readme::text(self, period, &tie_outs).into_bytes());
        ledger::add_tie_out(&mut folder, &tie_outs);
        let journals = self.journals_of(period).await?;
        let carriers = self.carriers(period, &bills, &journals).await?;
        let events = self.period_events(period, &bills, &carriers, &journals).await?;
        self.add_trail(&mut folder, &events, tie_outs.iter().find_map(|tie_out| tie_out.head.as_ref())).await?;
        self.add_configuration(&mut folder, &bills, &events).await?;
        self.add_inputs(&mut folder, period).await?;
        self.add_bills(&mut folder, &bills).await?;
        self.add_journals_of(&mut folder, &journals).await?;
        self.add_invoices(&mut folder, &bills, &carriers).await?;
        Ok(folder.finish())
    }
}

/// Who did something.
fn name(by: &By) -> String {
    match by {
        By::Person { mail, .. } => mail.clone(),
        By::Machine { .. } => "machine".to_owned(),
        By::Policy => "policy".to_owned(),
    }
}

/// How they had signed in.
fn signed_in(by: &By) -> String {
    match by {
        By::Policy => String::new(),
        By::Person { signed_in: SignIn::Password, .. } => "password".to_owned(),
        By::Person { signed_in: SignIn::Token { issuer }, .. } => format!("token of {issuer}"),
        By::Person { signed_in: SignIn::CommandLine { account }, .. } | By::Machine { account } => on_command_line(account),
    }
}
