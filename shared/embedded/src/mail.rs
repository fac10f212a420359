//! Mail that stays in a folder, for people and mail programs to open.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use dayone_ports::{Clock, Mail, Mailer, Unavailable};

use crate::blocking::blocking;
use crate::files::{self, Access};
use crate::message::message;
use crate::names::{check_reference, check_tenant};

/// One file per message: `<tenant>/<id>.eml`, as RFC 5322 has it. A message with an id that is there is not sent again.
///
/// Tenants are `[a-z0-9-]{1,64}`, ids `[A-Za-z0-9._-]{1,120}`; others are refused, and so is an address or a subject
/// with a line break.
pub struct MailFolder {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl MailFolder {
    /// Sends into this folder, which is made where there is none; the clock dates the messages.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> io::Result<MailFolder> {
        let folder = folder.into();
        files::make_folder(&folder)?;
        Ok(MailFolder { folder, clock })
    }
}

fn keep(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    files::make_folder(folder)?;
    files::create_once(&folder.join(name), bytes, Access::Write).map(|_| ())
}

#[async_trait]
impl Mailer for MailFolder {
    async fn send(&self, mail: &Mail) -> Result<(), Unavailable> {
        const WHAT: &str = "send mail";
        check_tenant(&mail.tenant).and_then(|()| check_reference(&mail.id)).map_err(|error| Unavailable::new(WHAT, error))?;
        let bytes = message(mail, self.clock.now()).map_err(|error| Unavailable::new(WHAT, error))?;
        let (folder, name) = (self.folder.join(&mail.tenant), format!("{}.eml", mail.id));
        let kept = blocking(WHAT, move || keep(&folder, &name, &bytes)).await?;
        kept.map_err(|error| Unavailable::new(WHAT, error))
    }
}
