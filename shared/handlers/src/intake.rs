//! Billing files that come with a request: what reads them into deliveries, and what became of them.
//!
//! The router knows no format of files. Whoever serves a site says what reads them; where files arrive in a bucket
//! instead, [`NoIntake`] refuses.

use async_trait::async_trait;
use axum::body::Bytes;
use chrono::{DateTime, Utc};
use dayone_domain::BillingPeriod;
use dayone_domain::review::By;
use dayone_workflow::deliveries::{Delivered, FileRefusal};
use dayone_workflow::{Failure, Tenant};

/// One file of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedFile {
    /// Its path, relative and with slashes, in plain parts: it leads to no other place.
    pub name: String,
    /// What it holds.
    pub bytes: Bytes,
}

/// The files of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// They; names are told apart also where upper and lower case are not.
    pub files: Vec<ArrivedFile>,
    /// When they were made: the newest delivery counts.
    pub modified: DateTime<Utc>,
}

/// A delivery that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenDelivery {
    /// The source.
    pub source: String,
    /// The billing period.
    pub period: BillingPeriod,
    /// How many files.
    pub files: usize,
    /// How many charges.
    pub charges: u64,
    /// Whether it counts.
    pub outcome: Delivered,
}

/// Why a file or the delivery of a source was not taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotTaken {
    /// All of it, as whoever typed a command reads it.
    pub message: String,
    /// The file, where it is one.
    pub file: Option<String>,
    /// The line or row, from 1.
    pub row: Option<u64>,
    /// The column.
    pub column: Option<String>,
    /// The value.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub what_to_do: String,
}

impl NotTaken {
    /// What a message says, with what to do behind `What to do: `.
    pub fn told(message: String) -> NotTaken {
        let (reason, what_to_do) = message.split_once(" What to do: ").unwrap_or((&message, ""));
        let plain = |text: &str| text.trim_end_matches('.').to_owned();
        NotTaken { reason: plain(reason), what_to_do: plain(what_to_do), message, ..NotTaken::default() }
    }
}

impl From<FileRefusal> for NotTaken {
    fn from(refusal: FileRefusal) -> NotTaken {
        let FileRefusal { file, row, column, value, reason, what_to_do, message } = refusal;
        NotTaken { message, file: Some(file), row, column, value, reason, what_to_do }
    }
}

/// What became of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What was delivered.
    pub deliveries: Vec<TakenDelivery>,
    /// What was not taken. A file that is refused keeps out all deliveries of its source.
    pub refused: Vec<NotTaken>,
    /// What is worth knowing beside, each a sentence.
    pub notes: Vec<String>,
    /// What went wrong that has nothing to do with the files; deliveries after it were not tried.
    pub failed: Option<Failure>,
}

/// Reads billing files and delivers what they hold.
#[async_trait(?Send)]
pub trait Intake: Send + Sync {
    /// Takes the files of a request into a tenant's deliveries, in somebody's name. It reads for long and holds up
    /// its thread; nothing that was delivered is taken back where something else is refused.
    ///
    /// # Errors
    /// Where nothing could be read, for a reason that lies outside the files.
    async fn take(&self, tenant: &Tenant, by: &By, arrived: &Arrived) -> Result<Taken, Failure>;
}

/// A site that takes no files.
pub struct NoIntake;

#[async_trait(?Send)]
impl Intake for NoIntake {
    async fn take(&self, _tenant: &Tenant, _by: &By, _arrived: &Arrived) -> Result<Taken, Failure> {
        Err(Failure::refused("no-intake", "this site takes no files by request; put them where their source is exported to"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_told_apart_into_what_is_wrong_and_what_to_do() {
        let told = NotTaken::told("a.csv: it is empty. What to do: export it again.".to_owned());
        assert_eq!((told.reason.as_str(), told.what_to_do.as_str()), ("a.csv: it is empty", "export it again"));
        assert_eq!(told.message, "a.csv: it is empty. What to do: export it again.");
        assert_eq!(NotTaken::told("no more".to_owned()).reason, "no more");
    }
}
