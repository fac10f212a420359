//! A tenant, and what its use cases stand on.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use dayone_ports::{Anchors, Chance, Clock, Documents, Erp, JournalForms, Mailer, Store};
use serde::{Deserialize, Serialize};

/// Most characters of a tenant's identifier.
pub const MOST_TENANT_CHARACTERS: usize = 64;

/// Which tenant: small letters, digits and hyphens. It comes from a token's claim or the home's configuration, never
/// from what a request says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// A text that names no tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not 1 to {MOST_TENANT_CHARACTERS} small letters, digits and hyphens")]
pub struct TenantIdError;

impl FromStr for TenantId {
    type Err = TenantIdError;

    fn from_str(text: &str) -> Result<TenantId, TenantIdError> {
        let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > MOST_TENANT_CHARACTERS || !text.bytes().all(is_known) {
            return Err(TenantIdError);
        }
        Ok(TenantId(text.to_owned()))
    }
}

impl TryFrom<String> for TenantId {
    type Error = TenantIdError;

    fn try_from(text: String) -> Result<TenantId, TenantIdError> {
        text.parse()
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> String {
        id.0
    }
}

impl TenantId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything outside that use cases need. A clone shares it.
#[derive(Clone)]
pub struct Ports {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Documents.
    pub documents: Arc<dyn Documents>,
    /// Anchors.
    pub anchors: Arc<dyn Anchors>,
    /// The ledger.
    pub erp: Arc<dyn Erp>,
    /// How journals are written for it.
    pub forms: Arc<dyn JournalForms>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
}

/// The use cases of one tenant. Each module of this crate adds its own.
#[derive(Clone)]
pub struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) ports: Ports,
    pub(crate) base_url: String,
}

impl Tenant {
    /// The use cases of a tenant on some ports.
    pub fn new(id: TenantId, ports: Ports) -> Tenant {
        Tenant { id, ports, base_url: "http://127.0.0.1:8686".to_owned() }
    }

    /// The same, with another address for the links in its mail.
    pub fn at(self, base_url: &str) -> Tenant {
        Tenant { base_url: base_url.to_owned(), ..self }
    }

    /// Which tenant.
    pub fn id(&self) -> &TenantId {
        &self.id
    }

    /// What it stands on.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }
}
