//! What the functions of deliveries do with their events: register what has landed, read one file, complete a delivery.

use dayone_domain::review::By;
use dayone_workflow::deliveries::{Arriving, Completed, Registered, Work};
use dayone_workflow::{Failure, FailureKind, Tenant};

use crate::events::{EventRefusal, Landed, Message, messages};

/// A tenant's deliveries from one bucket.
#[derive(Clone, Copy)]
pub struct Deliveries<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// Its bucket's name: what has landed elsewhere is refused.
    pub bucket: &'a str,
    /// The bucket, and what reads its files.
    pub arriving: Arriving<'a>,
    /// In whose name deliveries are recorded.
    pub by: &'a By,
}

/// What an event came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    /// Files to read: a message each.
    pub work: Vec<Work>,
    /// Names of the messages that are to come again.
    pub again: Vec<String>,
    /// What will not be understood at another time either, each a sentence.
    pub refused: Vec<String>,
}

impl Deliveries<'_> {
    /// Registers all that an event says has landed.
    ///
    /// # Errors
    /// Where the outside did not answer and the event came without a queue: then all of it is to come again.
    pub async fn register(&self, event: &[u8]) -> Result<Handed, Failure> {
        let mut handed = Handed::default();
        let messages = match messages(event) {
            Ok(messages) => messages,
            Err(refusal) => {
                handed.refused.push(refusal.to_string());
                return Ok(handed);
            }
        };
        for message in messages {
            let id = message.id.clone();
            match (self.register_message(message, &mut handed).await, id) {
                (Ok(()), _) => {}
                (Err(failure), Some(id)) if failure.is_retryable() => handed.again.push(id),
                (Err(failure), None) if failure.is_retryable() => return Err(failure),
                (Err(failure), _) => handed.refused.push(failure.to_string()),
            }
        }
        Ok(handed)
    }

    async fn register_message(&self, message: Message, handed: &mut Handed) -> Result<(), Failure> {
        let landed = message.landed.map_err(|refusal: EventRefusal| Failure::invalid("event", refusal))?;
        for Landed { bucket, key, .. } in landed {
            if bucket != self.bucket {
                let what_to_do = "let each bucket's events go to the functions of its own tenant";
                handed.refused.push(format!("`{key}` has landed in `{bucket}`, not in `{}`. What to do: {what_to_do}.", self.bucket));
                continue;
            }
            match self.tenant.register(&self.arriving, None, &key).await? {
                Registered::Awaited { announcement: Some(id), work } if work.is_empty() => {
                    // Perhaps all of it was read, and nobody came to complete it.
                    self.complete(id).await?;
                }
                Registered::Awaited { work, .. } => handed.work.extend(work),
                Registered::Refused(refusal) => handed.refused.push(refusal.message),
                Registered::Nothing | Registered::Known { .. } => {}
            }
        }
        Ok(())
    }

    /// Reads the file of a message, and completes its delivery where it was the last.
    ///
    /// # Errors
    /// Where the message is none, or the outside did not answer.
    pub async fn read(&self, message: &[u8]) -> Result<Option<Vec<Completed>>, Failure> {
        let work: Work = serde_json::from_slice(message)
            .map_err(|error| Failure::invalid("work", format!("a message names no file to read: {error}; look up who sends it")))?;
        self.tenant.parse(&self.arriving, &work).await?;
        match self.tenant.complete_after(self.by, &work).await {
            // It is kept with what is awaited; the message again would come to the same.
            Err(failure) if failure.kind == FailureKind::Refused => Ok(None),
            other => other,
        }
    }

    async fn complete(&self, id: dayone_ports::Digest) -> Result<(), Failure> {
        match self.tenant.complete_delivery(self.by, id).await {
            Err(failure) if failure.kind == FailureKind::Refused => Ok(()),
            other => other.map(drop),
        }
    }
}
