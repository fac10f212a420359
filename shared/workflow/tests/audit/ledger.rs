//! Posted journals against what the ERP has.

use std::sync::Arc;

use async_trait::async_trait;
use dayone_ports::{Erp, ErpAbility, ErpError, ErpReceipt, OutgoingJournal};
use dayone_workflow::audit::Finding;
use dayone_workflow::{Ports, Tenant};

use crate::company::{Company, month};
use crate::months::months;

const POSTED: &str = "DAY1-000005-01";

async fn differences(company: &Company) -> Vec<String> {
    let auditor = company.person("auditor@nw.example").await;
    let tie_outs = company.tenant.tie_out(&auditor, month("2026-02")).await.expect("a tie-out");
    tie_outs.into_iter().flat_map(|tie_out| tie_out.differences).collect()
}

/// The run of March is done, so that February can be tied out.
async fn tied_out() -> Company {
    let company = months().await;
    company.issue_on("2026-04-01").await.expect("the run goes on");
    assert_eq!((company.findings().await, differences(&company).await), (Vec::new(), Vec::new()));
    assert!(company.handles.erp.references().contains(&POSTED.to_owned()), "{:?}", company.handles.erp.references());
    company
}

#[tokio::test]
async fn a_journal_that_was_changed_in_the_ledger_is_found_by_the_audit_and_by_the_tie_out() {
    let company = tied_out().await;
    company.handles.erp.change(POSTED);
    assert_eq!(company.findings().await, [Finding::LedgerChanged { journal: POSTED.to_owned() }]);
    assert_eq!(differences(&company).await, [format!("2026-02 USD: what the ERP has as {POSTED} is not what was sent")]);
    // Of an ERP that keeps no bytes, only that it has the journal can be told.
    company.handles.erp.be_silent();
    assert_eq!((company.findings().await, differences(&company).await), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_journal_that_is_gone_from_the_ledger_is_found_by_the_audit_and_by_the_tie_out() {
    let company = tied_out().await;
    // The last to land, so that the others keep their numbers.
    let last = company.handles.erp.references().pop().expect("journals have landed");
    company.handles.erp.lose(&last);
    assert_eq!(company.findings().await, [Finding::LedgerMissing { journal: last.clone() }]);
    assert_eq!(differences(&company).await, [format!("2026-02 USD: {last} is recorded as posted, and the ERP does not have it")]);
}

#[tokio::test]
async fn a_journal_under_another_number_is_found() {
    let company = tied_out().await;
    company.handles.erp.lose(POSTED);
    let findings = company.findings().await;
    let others = findings
        .iter()
        .filter(|found| matches!(found, Finding::LedgerNumber { recorded, found, .. } if recorded == "ERP-2" && found == "ERP-1"));
    assert_eq!(others.count(), 1, "{findings:?}");
}

/// An ERP that does not answer.
struct Silent;

#[async_trait]
impl Erp for Silent {
    fn ability(&self) -> ErpAbility {
        ErpAbility::UniqueReference
    }

    async fn find(&self, _: &str, _: &str) -> Result<Option<ErpReceipt>, ErpError> {
        Err(ErpError::Unclear("no answer".to_owned()))
    }

    async fn post(&self, _: &OutgoingJournal) -> Result<ErpReceipt, ErpError> {
        Err(ErpError::Unclear("no answer".to_owned()))
    }
}

#[tokio::test]
async fn an_erp_that_does_not_answer_is_said_and_the_audit_goes_to_its_end() {
    let company = tied_out().await;
    let ports = Ports { erp: Arc::new(Silent), ..company.tenant.ports().clone() };
    let auditor = Tenant::new(company.tenant.id().clone(), ports);
    let findings = auditor.verify().await.expect("an audit").findings;
    assert_eq!(findings.len(), company.handles.erp.references().len());
    assert!(findings.iter().all(|found| matches!(found, Finding::LedgerUntold { .. })), "{findings:?}");
    assert!(findings[0].to_string().ends_with("no clear answer: no answer; run the audit again"), "{}", findings[0]);
}

#[tokio::test]
async fn an_exported_batch_whose_file_was_changed_is_found() {
    let company = tied_out().await;
    let auditor = company.person("auditor@nw.example").await;
    let file = company.tenant.batches(&auditor).await.expect("batches")[0].file;
    company.handles.documents.set_raw(file, b"other".to_vec());
    let findings = company.findings().await;
    assert!(matches!(&findings[..], [Finding::DocumentChanged { document, .. }] if *document == file), "{findings:?}");
}
