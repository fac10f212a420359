//! Mail to people.

use async_trait::async_trait;

use crate::Unavailable;

/// One message in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The tenant.
    pub tenant: String,
    /// Unique among the tenant's messages: the same message has the same id however often it is sent.
    pub id: String,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends a message. Once more with the same id may send it twice; a home that can, does not.
    async fn send(&self, mail: &Mail) -> Result<(), Unavailable>;
}
