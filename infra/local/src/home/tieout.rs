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

/// Refuses what is written like a billing period and is none, such as `2026-13`; a file of that name is a file.
pub fn refuse_no_period(arguments: &TieoutArguments) -> Result<(), Failure> {
    let [only] = arguments.files.files.as_slice() else { return Ok(()) };
    let text = only.to_str().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_written_like_one = text.split_once('-').is_some_and(|(year, month)| year.len() == 4 && is_number(year) && is_number(month));
    if !is_written_like_one || text.parse::<BillingPeriod>().is_ok() || only.exists() {
        return Ok(());
    }
    Err(Failure::refused(format!("`{text}` is no billing period. What to do: write a year and a month of 01 to 12, such as 2026-09.")))
}

/// Holds deliveries, invoices, states and holding accounts against each other; fails on a difference.
pub fn run(period: BillingPeriod, arguments: &TieoutArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let tie_outs = open.wait(open.tenant.tie_out(&actor, period))?;
    let differences: Vec<String> = tie_outs.iter().flat_map(|tie_out| tie_out.differences.clone()).collect();
    let waiting: Vec<String> = tie_outs.iter().filter_map(PeriodTieOut::waiting).collect();
    match arguments.format {
        OutputFormat::Table => {
            for tie_out in &tie_outs {
                write_tie_out(tie_out, out)?;
            }
            if let Some(head) = tie_outs.iter().find_map(|tie_out| tie_out.head.as_ref()) {
                audit::write_head(head, out)?;
            }
            if differences.is_empty() && waiting.is_empty() {
                writeln!(out, "Everything ties out.\nNext: `dayone evidence {period}` writes it down for the auditor.")?;
            }
        }
        OutputFormat::Json => {
            let document = json!({
                "periods": tie_outs.iter().map(tie_out_json).collect::<Vec<Value>>(),
                "chain_head": tie_outs.iter().find_map(|tie_out| tie_out.head.as_ref()),
                "differences": differences,
                "waiting": waiting,
            });
            writeln!(out, "{document:#}")?;
        }
    }
    match (differences.is_empty(), waiting.is_empty()) {
        (true, true) => Ok(()),
        (true, false) => Err(Failure::Refused(waiting.iter().map(|sentence| format!("It does not tie out yet: {sentence}.")).collect())),
        (false, _) => Err(Failure::Differs([differences, waiting].concat())),
    }
}

fn write_tie_out(tie_out: &PeriodTieOut, out: &mut dyn Write) -> Result<(), Failure> {
    let bill = tie_out.bill;
    let title = format!("{} · {} · {} cost · {}", bill.period.name(), bill.currency, tie_out.proof.basis, tie_out.stage.label());
    writeln!(out, "{title}\n{}\n", "═".repeat(title.chars().count()))?;
    write_proof(&tie_out.proof, true, out)?;
    writeln!(out, "\n  Issued, after disputes: {}", money(tie_out.issued))?;
    if !tie_out.carries.is_zero() {
        let (carries, due) = (signed_money(tie_out.carries), money(tie_out.due()));
        writeln!(out, "  Due on these invoices, with {carries} of true-ups of earlier months: {due}")?;
    }
    for (round, amount, carried_by) in &tie_out.true_ups {
        let where_to = carried_by.map_or_else(|| "not on an invoice yet".to_owned(), |bill| format!("on the invoices of {bill}"));
        writeln!(out, "  True-up {round}: {}, {where_to}", signed_money(*amount))?;
    }
    write_newest(tie_out, out)?;
    writeln!(out, "\n  Where every minor unit stands:\n")?;
    let nothing = Money::from_minor(0, bill.currency);
    let mut rows: Vec<Vec<String>> = tie_out.states.iter().map(|(state, amount)| vec![state.label().to_owned(), money(*amount)]).collect();
    let sum = tie_out.states.iter().fold(nothing, |sum, (_, amount)| sum + *amount);
    rows.push(vec![tie_out.sum_label().to_owned(), money(sum)]);
    writeln!(out, "{}", tables::table(&[("State", false), ("Amount", true)], rows))?;
    let provisional = tie_out.provisional();
    if !provisional.is_zero() {
        let amount = money_with_code(provisional);
        writeln!(out, "  Of what awaits acceptance, {amount} is provisional: it can be accepted once final.\n")?;
    }
    write_holding(&tie_out.holding, out)
}

/// The newest delivery against what was issued.
fn write_newest(tie_out: &PeriodTieOut, out: &mut dyn Write) -> Result<(), Failure> {
    let [newest, charged] = [tie_out.proof.bill_total, tie_out.charged()];
    let pair = if tie_out.true_ups.is_empty() { "issued" } else { "issued and true-ups" };
    match tie_out.waits {
        true => writeln!(out, "  … newest delivery: {}; {pair}: {}. It waits for `dayone issue`", money(newest), money(charged))?,
        false if newest == charged => writeln!(out, "  ✓ newest delivery = {pair}: {}", money(charged))?,
        false => writeln!(out, "  ✗ newest delivery: {}; {pair}: {}", money(newest), money(charged))?,
    }
    Ok(())
}

fn write_holding(holding: &[HoldingLine], out: &mut dyn Write) -> Result<(), Failure> {
    if holding.is_empty() {
        writeln!(out, "  No holding accounts: the tree states no ledger coding.\n")?;
        return Ok(());
    }
    writeln!(out, "  What the holding accounts carry:\n")?;
    let all = HoldingLine::sum(holding).filter(|_| holding.len() > 1);
    let all = all.map(|sum| HoldingLine { account: "all".to_owned(), ..sum });
    let rows = holding.iter().chain(&all).map(|line| {
        vec![
            line.account.clone(),
            line.cost_center.clone(),
            money(line.billed),
            money(line.posted),
            money(line.carried()),
            money(line.not_posted),
            signed_money(line.rounding),
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
        ("Rounding", true),
        ("", false),
    ];
    writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    if holding.iter().any(|line| !line.rounding.is_zero()) {
        writeln!(out, "  Rounding: a provider rounds each of its invoices, a bill here is rounded once. It stays when all is posted.\n")?;
    }
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
                "posted": line.posted.to_string(), "carried": line.carried().to_string(), "not_posted": line.not_posted.to_string(),
                "rounding": line.rounding.to_string(), "agrees": line.agrees(),
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
        "issued_with_true_ups": tie_out.charged().to_string(), "due_on_invoices": tie_out.due().to_string(),
        "waits_for_issue": tie_out.waits,
        "provisional": tie_out.provisional().to_string(),
        "holding": holding, "ties_out": tie_out.ties_out(),
    });
    if let (Value::Object(proof), Value::Object(home)) = (&mut proof, home) {
        proof.extend(home);
    }
    proof
}
