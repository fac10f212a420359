//! Issued bills.

use dayone_domain::BillingPeriod;
use dayone_workflow::issuing::Plan;
use dayone_workflow::views::BillView;
use dayone_workflow::{Failure, Tenant};

/// The periods that have a bill, newest first.
pub fn periods(bills: &[BillView]) -> Vec<BillingPeriod> {
    let mut periods: Vec<BillingPeriod> = bills.iter().map(|view| view.bill.period).collect();
    periods.sort();
    periods.dedup();
    periods.reverse();
    periods
}

/// What a bill's last run wrote.
pub async fn plan(tenant: &Tenant, view: &BillView) -> Result<Plan, Failure> {
    tenant.json_document(view.plan).await
}
