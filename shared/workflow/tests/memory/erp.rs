//! An ERP in memory.

use std::sync::Mutex;

use async_trait::async_trait;
use dayone_ports::{Digest, Erp, ErpAbility, ErpError, ErpReceipt, OutgoingJournal};

use super::locked;

/// What the ERP holds, and what it is told to do.
struct Books {
    ability: ErpAbility,
    is_silent: bool,
    landed: Vec<OutgoingJournal>,
    late: Vec<OutgoingJournal>,
    lost_answers: u64,
    lost_requests: u64,
    lost_searches: u64,
    late_requests: u64,
    refusal: Option<String>,
    posts: u64,
    finds: u64,
}

/// Keeps journals by their reference, numbered `ERP-1`, `ERP-2`, … as they land.
pub struct MemoryErp {
    books: Mutex<Books>,
}

impl Default for MemoryErp {
    fn default() -> MemoryErp {
        MemoryErp {
            books: Mutex::new(Books {
                ability: ErpAbility::UniqueReference,
                is_silent: false,
                landed: Vec::new(),
                late: Vec::new(),
                lost_answers: 0,
                lost_requests: 0,
                lost_searches: 0,
                late_requests: 0,
                refusal: None,
                posts: 0,
                finds: 0,
            }),
        }
    }
}

impl MemoryErp {
    /// What it can do. With `SearchOnly`, a journal that is sent twice lands twice.
    pub fn set_ability(&self, ability: ErpAbility) {
        locked(&self.books).ability = ability;
    }

    /// Somebody takes a journal out of the ledger.
    pub fn lose(&self, reference: &str) {
        locked(&self.books).landed.retain(|journal| journal.reference != reference);
    }

    /// Somebody changes a journal in the ledger.
    pub fn change(&self, reference: &str) {
        locked(&self.books).landed.iter_mut().filter(|journal| journal.reference == reference).for_each(|journal| journal.body.push(b' '));
    }

    /// Searches say nothing of what journals hold.
    pub fn be_silent(&self) {
        locked(&self.books).is_silent = true;
    }

    /// The next `count` journals land, and their answers are lost.
    pub fn lose_answers(&self, count: u64) {
        locked(&self.books).lost_answers = count;
    }

    /// The next `count` journals are lost on their way.
    pub fn lose_requests(&self, count: u64) {
        locked(&self.books).lost_requests = count;
    }

    /// The next `count` searches have no answer.
    pub fn lose_searches(&self, count: u64) {
        locked(&self.books).lost_searches = count;
    }

    /// The next `count` journals have no answer and land only with [`arrive`](Self::arrive).
    pub fn delay(&self, count: u64) {
        locked(&self.books).late_requests = count;
    }

    /// What was delayed lands.
    pub fn arrive(&self) {
        let mut books = locked(&self.books);
        let late = std::mem::take(&mut books.late);
        for journal in late {
            let _ = books.land(&journal);
        }
    }

    /// Every journal is refused with these words; `None` ends it.
    pub fn refuse(&self, reason: Option<&str>) {
        locked(&self.books).refusal = reason.map(str::to_owned);
    }

    /// Everything that landed, in order.
    pub fn landed(&self) -> Vec<OutgoingJournal> {
        locked(&self.books).landed.clone()
    }

    /// The references of everything that landed, in order.
    pub fn references(&self) -> Vec<String> {
        self.landed().into_iter().map(|journal| journal.reference).collect()
    }

    /// How often a journal was sent.
    pub fn posts(&self) -> u64 {
        locked(&self.books).posts
    }

    /// How often it was searched.
    pub fn finds(&self) -> u64 {
        locked(&self.books).finds
    }
}

impl Books {
    fn find(&self, tenant: &str, reference: &str) -> Option<(usize, &OutgoingJournal)> {
        self.landed.iter().enumerate().find(|(_, known)| known.tenant == tenant && known.reference == reference)
    }

    fn land(&mut self, journal: &OutgoingJournal) -> Result<ErpReceipt, ErpError> {
        if self.ability == ErpAbility::UniqueReference
            && let Some((place, known)) = self.find(&journal.tenant, &journal.reference)
        {
            let receipt = receipt(place, journal);
            return if known == journal { Ok(receipt) } else { Err(ErpError::Refused("the reference is taken".to_owned())) };
        }
        self.landed.push(journal.clone());
        Ok(receipt(self.landed.len() - 1, journal))
    }
}

fn receipt(place: usize, journal: &OutgoingJournal) -> ErpReceipt {
    ErpReceipt { number: format!("ERP-{}", place + 1), received: Some(Digest::of(&journal.body)) }
}

fn take_one(count: &mut u64) -> bool {
    let is_left = *count > 0;
    *count = count.saturating_sub(1);
    is_left
}

fn unclear() -> ErpError {
    ErpError::Unclear("no answer".to_owned())
}

#[async_trait]
impl Erp for MemoryErp {
    fn ability(&self) -> ErpAbility {
        locked(&self.books).ability
    }

    async fn find(&self, tenant: &str, reference: &str) -> Result<Option<ErpReceipt>, ErpError> {
        let mut books = locked(&self.books);
        books.finds += 1;
        if take_one(&mut books.lost_searches) {
            return Err(unclear());
        }
        let is_silent = books.is_silent;
        let said = |receipt: ErpReceipt| ErpReceipt { received: receipt.received.filter(|_| !is_silent), ..receipt };
        Ok(books.find(tenant, reference).map(|(place, journal)| said(receipt(place, journal))))
    }

    async fn post(&self, journal: &OutgoingJournal) -> Result<ErpReceipt, ErpError> {
        let mut books = locked(&self.books);
        books.posts += 1;
        if let Some(reason) = &books.refusal {
            return Err(ErpError::Refused(reason.clone()));
        }
        if take_one(&mut books.lost_requests) {
            return Err(unclear());
        }
        if take_one(&mut books.late_requests) {
            books.late.push(journal.clone());
            return Err(unclear());
        }
        let landed = books.land(journal)?;
        if take_one(&mut books.lost_answers) { Err(unclear()) } else { Ok(landed) }
    }
}
