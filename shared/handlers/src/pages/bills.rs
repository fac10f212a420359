//! Issued bills.

use dayone_domain::BillingPeriod;
use dayone_domain::invoice::Invoices;
use dayone_workflow::issuing::Plan;
use dayone_workflow::views::BillView;
use dayone_workflow::{Failure, Tenant, keys};

/// All bills, in the order of period and currency.
pub async fn all(tenant: &Tenant) -> Result<Vec<BillView>, Failure> {
    let partition = keys::bills(tenant.id());
    let mut views = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = tenant.ports().store.query(&partition, "", after.as_deref(), usize::MAX).await?;
        for record in page.records {
            views.push(
                serde_json::from_slice(&record.body).map_err(|error| Failure::broken(format!("the record `{}`: {error}", record.key)))?,
            );
            after = Some(record.key.sort);
        }
        if !page.has_more {
            return Ok(views);
        }
    }
}

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

/// The invoices of a bill as allocation drew them.
pub async fn drawn(tenant: &Tenant, plan: &Plan) -> Result<Invoices, Failure> {
    let bytes = tenant.packed_document(plan.drawn).await?;
    serde_json::from_slice(&bytes).map_err(|error| Failure::broken(format!("the drawn invoices {}: {error}", plan.drawn)))
}
