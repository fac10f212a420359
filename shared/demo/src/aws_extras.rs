//! What an AWS bill holds besides usage: the savings plan, discounts, credits, support, the marketplace, a
//! refund and tax. Each step reads what the steps before it left.

use std::collections::BTreeMap;

use crate::aws::{AwsCharge, Document, SavingsPlan, Seller};
use crate::company::{AWS_ACCOUNTS, Account};
use crate::money::{AWS_GRAIN, CENT, RATE_SCALE, at_scale, aws_cost, divide_rounded, plain, round_to};
use crate::random::Random;
use crate::workload::{Month, Tags};

/// Dollars an hour that the company has committed to.
const COMMITMENT: &str = "32.5";

/// The month, by index, in which a refund arrives.
pub const REFUND_MONTH: u32 = 3;

/// Adds all of it.
pub fn add(month: &Month, charges: &mut Vec<AwsCharge>, random: &mut Random) {
    savings_plan(month, charges, random);
    discounts(month, charges);
    credits(month, charges);
    support(month, charges);
    marketplace(month, charges, random);
    if month.index == REFUND_MONTH {
        refund(month, charges);
    }
    tax(month, charges);
}

/// Day by day, usage is covered until the day's commitment is nearly used; a negation
/// takes back each covered charge, and the fee states what the commitment was and what of it was used.
fn savings_plan(month: &Month, charges: &mut Vec<AwsCharge>, random: &mut Random) {
    let hourly = at_scale(COMMITMENT, RATE_SCALE);
    let hours = 24 * 10i128.pow(RATE_SCALE);
    let commitment = aws_cost(hours, hourly);
    let mut used = vec![0i128; month.days as usize];
    let limits: Vec<i128> = used.iter().map(|_| commitment * random.between(790, 965) / 1000).collect();
    let mut negations = Vec::new();
    // In no order that follows teams: a plan covers whoever happens to run.
    let mut places: Vec<usize> = (0..charges.len()).filter(|place| charges[*place].coverable).collect();
    random.shuffle(&mut places);
    for place in places {
        let charge = &mut charges[place];
        let rate = divide_rounded(charge.rate * 72, 100);
        let effective = aws_cost(charge.quantity, rate);
        let day = charge.day as usize;
        if effective == 0 || used[day] + effective > limits[day] {
            continue;
        }
        used[day] += effective;
        charge.kind = "SavingsPlanCoveredUsage";
        charge.savings_plan = Some(SavingsPlan { effective, rate, ..SavingsPlan::default() });
        negations.push(AwsCharge {
            kind: "SavingsPlanNegation",
            description: format!("SavingsPlanNegation used by AccountId : {} and UsageSku : {}", charge.account.id, charge.sku),
            cost: -charge.cost,
            on_demand: 0,
            savings_plan: Some(SavingsPlan::default()),
            ..charge.clone()
        });
    }
    charges.extend(negations);
    for (day, used) in (0..).zip(used) {
        let mut fee = AwsCharge::plain(
            "SavingsPlanRecurringFee",
            &AWS_ACCOUNTS[0],
            ("ComputeSavingsPlans", "Savings Plans for AWS Compute usage"),
            month,
            commitment,
        );
        fee.usage_type = "ComputeSP:1yrNoUpfront".to_owned();
        fee.description = "1 year No Upfront Compute Savings Plan".to_owned();
        (fee.unit, fee.quantity, fee.rate) = ("Hrs", hours, hourly);
        (fee.day, fee.length) = (day, 1);
        fee.savings_plan = Some(SavingsPlan { total: commitment, used, ..SavingsPlan::default() });
        charges.push(fee);
    }
}

/// Sums of usage by account, service and tags; only what is billed at its own price, not what a plan covers.
fn discounts(month: &Month, charges: &mut Vec<AwsCharge>) {
    let mut sums: BTreeMap<(&str, &str, &Tags), (i128, &AwsCharge)> = BTreeMap::new();
    for charge in charges.iter().filter(|charge| charge.kind == "Usage") {
        sums.entry((charge.account.id, charge.code, &charge.tags)).or_insert((0, charge)).0 += charge.cost;
    }
    let mut discounts = Vec::new();
    for (sum, example) in sums.into_values() {
        let cost = round_to(-sum * 5 / 100, AWS_GRAIN);
        if cost == 0 {
            continue;
        }
        let mut discount = AwsCharge::plain("EdpDiscount", example.account, (example.code, example.product), month, cost);
        discount.description = "Enterprise Discount Program, 5% off public prices".to_owned();
        discount.tags = example.tags.clone();
        discounts.push(discount);
    }
    charges.extend(discounts);
}

struct Grant {
    account: usize,
    code: &'static str,
    percent: i128,
    name: &'static str,
}

static GRANTS: [Grant; 5] = [
    Grant { account: 8, code: "AmazonAthena", percent: 40, name: "Migration Acceleration Program credit" },
    Grant { account: 8, code: "AWSGlue", percent: 25, name: "Migration Acceleration Program credit" },
    Grant { account: 9, code: "AmazonBedrock", percent: 100, name: "Generative AI trial credit" },
    Grant { account: 7, code: "AWSQueueService", percent: 100, name: "AWS Free Tier" },
    Grant { account: 7, code: "AmazonSNS", percent: 100, name: "AWS Free Tier" },
];

fn credits(month: &Month, charges: &mut Vec<AwsCharge>) {
    for grant in &GRANTS {
        let account = &AWS_ACCOUNTS[grant.account];
        let used = charges.iter().filter(|charge| charge.account.id == account.id && charge.code == grant.code);
        let Some(product) = used.clone().map(|charge| charge.product).next() else { continue };
        let cost = round_to(-used.map(|charge| charge.cost).sum::<i128>() * grant.percent / 100, AWS_GRAIN);
        if cost < 0 {
            let mut credit = AwsCharge::plain("Credit", account, (grant.code, product), month, cost);
            credit.description = grant.name.to_owned();
            charges.push(credit);
        }
    }
}

fn support(month: &Month, charges: &mut Vec<AwsCharge>) {
    for account in &AWS_ACCOUNTS {
        let usage = charges.iter().filter(|charge| charge.account.id == account.id && charge.kind != "Credit");
        let cost = round_to(usage.map(|charge| charge.cost).sum::<i128>() * 45 / 1000, AWS_GRAIN);
        if cost > 0 {
            let mut fee = AwsCharge::plain("Fee", account, ("AWSSupportEnterprise", "AWS Support (Enterprise)"), month, cost);
            fee.usage_type = "Dollar".to_owned();
            fee.description = "AWS Support (Enterprise): 4.5% of monthly AWS usage".to_owned();
            fee.unit = "Dollar";
            charges.push(fee);
        }
    }
}

fn marketplace(month: &Month, charges: &mut Vec<AwsCharge>, random: &mut Random) {
    let seller = |legal_entity| Seller { billing_entity: "AWS Marketplace", legal_entity };
    let rate = at_scale("0.108", RATE_SCALE);
    for day in 0..month.days {
        let host_hours = (random.between(58, 74) + i128::from(month.index) * 2) * 24 * 10i128.pow(RATE_SCALE);
        let cost = aws_cost(host_hours, rate);
        let mut usage =
            AwsCharge::plain("Usage", &AWS_ACCOUNTS[11], ("9xk3r7vq1m5t8ub2nz6cw4yhd", "Northlight Observability"), month, cost);
        usage.usage_type = "Global-HostHours".to_owned();
        usage.description = "AWS Marketplace software usage|global|Northlight Observability Pro, host hours".to_owned();
        (usage.document, usage.seller) = (Document::Marketplace, seller("Northlight Observability, Inc."));
        (usage.unit, usage.quantity, usage.rate, usage.on_demand) = ("Units", host_hours, rate, cost);
        (usage.day, usage.length) = (day, 1);
        charges.push(usage);
    }
    let mut fee = AwsCharge::plain("Fee", &AWS_ACCOUNTS[1], ("4mz8q2wd7j1p6rt9kx3bv5nys", "Quarry Relevance"), month, 145_000 * CENT);
    fee.usage_type = "Global-SoftwareUsage".to_owned();
    fee.description = "AWS Marketplace monthly subscription|Quarry Relevance, team plan".to_owned();
    (fee.document, fee.seller) = (Document::Marketplace, seller("Quarry Labs GmbH"));
    (fee.unit, fee.rate) = ("Units", at_scale("1450", RATE_SCALE));
    charges.push(fee);
}

fn refund(month: &Month, charges: &mut Vec<AwsCharge>) {
    let cost = -at_scale("1874.3361528", RATE_SCALE) * AWS_GRAIN;
    let mut refund = AwsCharge::plain("Refund", &AWS_ACCOUNTS[1], ("AmazonS3", "Amazon Simple Storage Service"), month, cost);
    refund.bill_type = "Refund";
    refund.document = Document::CreditMemo;
    refund.description = format!("Refund: Amazon S3 was below its service level in {}", month.period.previous().name());
    charges.push(refund);
}

/// A line for each document, account and product, as reports have them; most are nought.
fn tax(month: &Month, charges: &mut Vec<AwsCharge>) {
    let mut sums: BTreeMap<(Document, &str, &str), (i128, &'static Account, &AwsCharge)> = BTreeMap::new();
    for charge in charges.iter().filter(|charge| charge.document != Document::CreditMemo) {
        sums.entry((charge.document, charge.account.id, charge.code)).or_insert((0, charge.account, charge)).0 += charge.cost;
    }
    let mut taxes = Vec::new();
    for ((document, _, code), (sum, account, example)) in sums {
        let taxed = account.taxed || document == Document::Marketplace;
        // Most of a data processing service is taxable where these accounts have their address, not all of it.
        let cost = if taxed { round_to(sum.max(0) * 66 / 1000, CENT) } else { 0 };
        let mut tax = AwsCharge::plain("Tax", account, (code, example.product), month, cost);
        tax.description = format!("Tax for product code {code}");
        tax.tax_type = "USSalesTax";
        (tax.document, tax.seller) = (document, example.seller);
        taxes.push(tax);
    }
    charges.extend(taxes);
}

/// The name that the report gives the savings plan.
pub fn savings_plan_arn() -> String {
    format!("arn:aws:savingsplans::{}:savingsplan/6d1f0c2e-84b7-4a39-9e05-c7a2f5b813d4", AWS_ACCOUNTS[0].id)
}

/// Dollars an hour, as text.
pub fn hourly_commitment() -> String {
    plain(at_scale(COMMITMENT, RATE_SCALE), RATE_SCALE)
}
