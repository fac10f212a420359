//! Posted journals against what the ERP has.

use dayone_domain::ledger::{JournalState, Route};
use dayone_domain::plain_text::harmless;

use super::finding::Finding;
use super::told::Trail;
use crate::failure::{Failure, FailureKind};
use crate::tenant::Tenant;

/// How the ERP does not have a posted journal as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LedgerDoubt {
    /// It does not have it.
    Missing,
    /// It has it under this number.
    OtherNumber(String),
    /// It has other content than was sent.
    Changed,
    /// It cannot be told, for this reason.
    Untold(String),
}

impl Tenant {
    /// Asks the ERP for a journal that is recorded as posted by call. What was exported is in the ERP under a number
    /// that people recorded, and cannot be asked for by reference: the file of its batch is a document. Where the ERP
    /// cannot say what it holds of a journal, only that it holds it is looked at.
    pub(crate) async fn doubt_in_ledger(&self, state: &JournalState) -> Option<LedgerDoubt> {
        let frozen = state.frozen.as_ref().filter(|frozen| frozen.route == Route::Call && state.status.is_in_ledger())?;
        match self.ports.erp.find(self.id.as_str(), &state.reference).await {
            Err(error) => Some(LedgerDoubt::Untold(error.to_string())),
            Ok(None) => Some(LedgerDoubt::Missing),
            Ok(Some(found)) if state.number.as_deref() != Some(found.number.as_str()) => Some(LedgerDoubt::OtherNumber(found.number)),
            Ok(Some(found)) => {
                let is_as_sent = found.received.is_none_or(|received| received.to_string() == frozen.body);
                (!is_as_sent).then_some(LedgerDoubt::Changed)
            }
        }
    }

    /// Asks the ERP for the journal of a stream.
    pub(super) async fn verify_in_ledger(&self, trail: &Trail, reference: &str) -> Result<Option<Finding>, Failure> {
        let state = match self.journal_now(reference, trail).await {
            Err(failure) if failure.kind == FailureKind::Broken => return Ok(None),
            other => other?.0,
        };
        let Some(state) = state else { return Ok(None) };
        let journal = state.reference.clone();
        let Some(doubt) = self.doubt_in_ledger(&state).await else { return Ok(None) };
        Ok(Some(match doubt {
            LedgerDoubt::Missing => Finding::LedgerMissing { journal },
            LedgerDoubt::Changed => Finding::LedgerChanged { journal },
            LedgerDoubt::OtherNumber(found) => {
                let recorded = state.number.unwrap_or_default();
                Finding::LedgerNumber { journal, recorded, found: harmless(&found).into_owned() }
            }
            LedgerDoubt::Untold(reason) => Finding::LedgerUntold { journal, reason: harmless(&reason).into_owned() },
        }))
    }
}
