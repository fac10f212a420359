//! `dayone tieout PERIOD`: the proof of an issued month.

use std::io::Write;

use dayone_documents::amount::{money, money_with_code, signed_money};
use dayone_domain::BillingPeriod;
use dayone_domain::currency::Money;
use dayone_workflow::tie_out::{HoldingLine, PeriodTieOut};
use serde_json::{Value, json};

use super::{Open, Outside, audit, is_meant};
use crate::args::{OutputFormat, TieoutArguments};
use crate::failure::Failure;
use crate::tables;
use crate::tieout::{month_json, write_proof};

/// The billing period of a home that a command means; `None` where it means files.
pub fn meant(arguments: &TieoutArguments) -> Option<BillingPeriod> {
    let [only] = arguments.files.files.as_slice() else { return None };
    let allocation = &arguments.allocation;
    let is_of_files = !allocation.trees.is_empty()
        || !allocation.drivers.is_empty()
        || allocation.period.is_some()
        || arguments.files.currency.is_some()
        || arguments.provider_invoices.is_some();
    if is_of_files || !is_meant(&arguments.who.home) {
        return None;
    }
    only.to_str()?.parse().ok()
}

/// Holds deliveries, invoices, states and holding accounts against each other; fails on a difference.
pub fn run(period: BillingPeriod, arguments: &TieoutArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let tie_outs = open.wait(open.tenant.tie_out(&actor, period))?;
    let differences: Vec<String> = tie_outs.iter().flat_map(|tie_out| tie_out.differences.clone()).collect();
    match arguments.format {
        OutputFormat::Table => {
            for tie_out in &tie_outs {
                write_tie_out(tie_out, out)?;
            }
            if let Some(head) = tie_outs.iter().find_map(|tie_out| tie_out.head.as_ref()) {
                audit::write_head(head, out)?;
            }
            if differences.is_empty() {
                writeln!(out, "Everything ties out.\nNext: `dayone evidence {period}` writes it down for the auditor.")?;
            }
        }
        OutputFormat::Json => {
            let document = json!({
                "periods": tie_outs.iter().map(tie_out_json).collect::<Vec<Value>>(),
                "chain_head": tie_outs.iter().find_map(|tie_out| tie_out.head.as_ref()),
                "differences": differences,
            });
            writeln!(out, "{document:#}")?;
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(Failure::Differs(differences)) }
}

fn write_tie_out(tie_out: &PeriodTieOut, out: &mut dyn Write) -> Result<(), Failure> {
    let bill = tie_out.bill;
    let title = format!("{} · {} · {} cost · {}", bill.period.name(), bill.currency, tie_out.proof.basis, tie_out.stage.label());
    writeln!(out, "{title}\n{}\n", "═".repeat(title.chars().count()))?;
    write_proof(&tie_out.proof, true, out)?;
    writeln!(out, "\n  Issued, after disputes: {}", money(tie_out.issued))?;
    for (round, amount, carried_by) in &tie_out.true_ups {
        let where_to = carried_by.map_or_else(|| "not on an invoice yet".to_owned(), |bill| format!("on the invoices of {bill}"));
        writeln!(out, "  True-up {round}: {}, {where_to}", signed_money(*amount))?;
    }
    writeln!(out, "\n  Where every minor unit stands:\n")?;
    let nothing = Money::from_minor(0, bill.currency);
    let mut rows: Vec<Vec<String>> = tie_out.states.iter().map(|(state, amount)| vec![state.label().to_owned(), money(*amount)]).collect();
    let sum = tie_out.states.iter().fold(nothing, |sum, (_, amount)| sum + *amount);
    rows.push(vec!["the bill with its true-ups".to_owned(), money(sum)]);
    writeln!(out, "{}", tables::table(&[("State", false), ("Amount", true)], rows))?;
    let provisional = tie_out.provisional();
    if !provisional.is_zero() {
        let amount = money_with_code(provisional);
        writeln!(out, "  Of what awaits acceptance, {amount} is provisional: it can be accepted once final.\n")?;
    }
    write_holding(&tie_out.holding, out)
}

fn write_holding(holding: &[HoldingLine], out: &mut dyn Write) -> Result<(), Failure> {
    if holding.is_empty() {
        writeln!(out, "  No holding accounts: the tree states no ledger coding.\n")?;
        return Ok(());
    }
    writeln!(out, "  What the holding accounts carry:\n")?;
    let rows = holding.iter().map(|line| {
        vec![
            line.account.clone(),
            line.cost_center.clone(),
            money(line.billed),
            money(line.posted),
            money(line.billed - line.posted),
            money(line.carried),
            if line.agrees() { "✓" } else { "✗" }.to_owned(),
        ]
    });
    let columns = [
        ("Account", false),
        ("Cost centre", false),
        ("Billed", true),
        ("Posted", true),
        ("Carried", true),
        ("Not posted", true),
        ("", false),
    ];
    writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    Ok(())
}

fn tie_out_json(tie_out: &PeriodTieOut) -> Value {
    let states: serde_json::Map<String, Value> =
        tie_out.states.iter().map(|(state, amount)| (state.label().replace(' ', "_"), amount.to_string().into())).collect();
    let holding: Vec<Value> = tie_out
        .holding
        .iter()
        .map(|line| {
            json!({
                "account": line.account, "cost_center": line.cost_center, "billed": line.billed.to_string(),
                "posted": line.posted.to_string(), "not_posted": line.carried.to_string(), "agrees": line.agrees(),
            })
        })
        .collect();
    let true_ups: Vec<Value> = tie_out
        .true_ups
        .iter()
        .map(|(round, amount, carried_by)| {
            json!({ "round": round, "amount": amount.to_string(), "carried_by": carried_by.map(|bill| bill.to_string()) })
        })
        .collect();
    let mut proof = month_json(&tie_out.proof);
    let home = json!({
        "stage": tie_out.stage.label(), "issued": tie_out.issued.to_string(), "true_ups": true_ups, "states": states,
        "provisional": tie_out.provisional().to_string(),
        "holding": holding, "ties_out": tie_out.differences.is_empty(),
    });
    if let (Value::Object(proof), Value::Object(home)) = (&mut proof, home) {
        proof.extend(home);
    }
    proof
}
