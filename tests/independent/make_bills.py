"""Makes billing files, a tree and drivers from a seed: every charge type, split and treatment, in odd proportions.

    make_bills.py SEED FOLDER

Writes FOLDER/aws (CUR 2.0, csv.gz), FOLDER/azure (FOCUS, Parquet), FOLDER/other (FOCUS, CSV), tree.yaml, drivers.csv.
"""

import csv
import datetime
import gzip
import json
import random
import sys
from decimal import Decimal
from pathlib import Path

MONTHS = ("2026-03", "2026-04")
TEAMS = ("checkout", "search", "ledger", "data")
POOLS = ("platform", "network", "support", "gateway")
SERVICES = ("Storage", "Compute", "Database", "Network")
REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "")


def first_day(month, after=0):
    year, number = map(int, month.split("-"))
    number += after
    return datetime.datetime(year + (number - 1) // 12, (number - 1) % 12 + 1, 1, tzinfo=datetime.timezone.utc)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def cost(dice, most_decimals):
    """A cost of any size, one in ten negative, one in twelve zero."""
    if dice.random() < 1 / 12:
        return Decimal(0)
    digits = dice.randrange(1, 10 ** dice.randint(1, 9))
    return Decimal(digits).scaleb(-dice.randint(0, most_decimals)) * (-1 if dice.random() < 0.1 else 1)


def tags(dice):
    found = {}
    if dice.random() < 0.7:
        found["team"] = dice.choice((*TEAMS, *POOLS, "unknown", ""))
    if dice.random() < 0.5:
        found["env"] = dice.choice(("prod", "dev"))
    return found


def cur_row(dice, month):
    line_type = dice.choice(
        ["Usage"] * 8
        + "SavingsPlanCoveredUsage SavingsPlanRecurringFee SavingsPlanUpfrontFee SavingsPlanNegation DiscountedUsage RIFee Fee".split()
        + "Tax Credit Refund EdpDiscount BundledDiscount SomethingNew".split()
    )
    market = dice.random() < 0.05
    amount = cost(dice, 12)
    total = abs(cost(dice, 6))
    return {
        "bill_payer_account_id": "100000000001",
        "bill_billing_entity": "AWS Marketplace" if market else "AWS",
        "bill_invoicing_entity": "Red Hat, Inc." if market else dice.choice(("Amazon Web Services, Inc.", "")),
        "bill_invoice_id": "",
        "bill_billing_period_start_date": stamp(first_day(month)),
        "bill_billing_period_end_date": stamp(first_day(month, 1)),
        "line_item_line_item_type": line_type,
        "line_item_legal_entity": "Red Hat, Inc." if market else dice.choice(("Amazon Web Services, Inc.", "AWS", "")),
        "line_item_usage_account_id": dice.choice(("200000000001", "200000000002")),
        "line_item_usage_start_date": stamp(first_day(month)),
        "line_item_product_code": dice.choice(SERVICES),
        "line_item_currency_code": "USD",
        "line_item_unblended_cost": str(amount) if dice.random() < 0.5 else f"{amount:E}",
        "pricing_public_on_demand_cost": str(abs(amount)),
        "product": json.dumps({"product_name": dice.choice(SERVICES)} if dice.random() < 0.5 else {}),
        "product_region_code": dice.choice(REGIONS),
        "resource_tags": json.dumps({f"user_{key}": value for key, value in tags(dice).items()}),
        "savings_plan_savings_plan_a_r_n": "arn:plan" if line_type.startswith("SavingsPlan") else "",
        "savings_plan_savings_plan_effective_cost": str(cost(dice, 10)),
        "savings_plan_total_commitment_to_date": str(total),
        "savings_plan_used_commitment": str(total - total.scaleb(-1)),
        "reservation_effective_cost": str(cost(dice, 10)),
        "reservation_unused_amortized_upfront_fee_for_billing_period": str(abs(cost(dice, 8))),
        "reservation_unused_recurring_fee": str(abs(cost(dice, 8))),
        "reservation_reservation_a_r_n": dice.choice(("", "arn:reservation")) if line_type in ("Fee", "RIFee", "DiscountedUsage") else "",
    }


def focus_row(dice, month, provider, currency):
    category = dice.choice(["Usage"] * 6 + ["Purchase"] * 2 + ["Tax", "Credit", "Adjustment", "Enchantment"])
    consumed = category in ("Usage", "Purchase")
    return {
        "ProviderName": provider,
        "PublisherName": "Datadog, Inc." if dice.random() < 0.05 else provider,
        "InvoiceIssuerName": provider,
        "BillingAccountId": f"{provider} profile",
        "SubAccountId": dice.choice(("/subscriptions/one", "/subscriptions/two")),
        "BillingCurrency": currency,
        "BillingPeriodStart": first_day(month),
        "BillingPeriodEnd": first_day(month, 1),
        "ChargePeriodStart": first_day(month),
        "ChargeCategory": category,
        "ChargeClass": "Correction" if dice.random() < 0.05 else None,
        "ServiceName": dice.choice(SERVICES),
        "ServiceCategory": dice.choice(("Storage", "Compute")),
        "RegionId": dice.choice(REGIONS) or None,
        "CommitmentDiscountStatus": dice.choice(("Used", "Unused", None, None)) if consumed else None,
        "BilledCost": cost(dice, 14),
        "EffectiveCost": cost(dice, 16),
        "ListCost": cost(dice, 5),
        "ContractedCost": cost(dice, 5),
        "Tags": tags(dice),
    }


def write_csv(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def write_focus_csv(path, rows):
    def cell(value):
        if isinstance(value, dict):
            return json.dumps(value)
        if isinstance(value, datetime.datetime):
            return stamp(value)
        return "null" if value is None else str(value)

    write_csv(path, [{column: cell(value) for column, value in row.items()} for row in rows])


def write_focus_parquet(path, rows):
    import pyarrow
    import pyarrow.parquet

    money = {"BilledCost": None, "EffectiveCost": pyarrow.decimal128(38, 18), "ListCost": None, "ContractedCost": pyarrow.decimal128(38, 18)}
    columns = {}
    for column in rows[0]:
        values = [row[column] for row in rows]
        if column == "Tags":
            columns[column] = pyarrow.array([list(value.items()) for value in values], pyarrow.map_(pyarrow.string(), pyarrow.string()))
        elif column in money and money[column] is None:
            columns[column] = pyarrow.array([float(value) for value in values], pyarrow.float64())
        elif column in money:
            columns[column] = pyarrow.array(values, money[column])
        elif isinstance(values[0], datetime.datetime):
            columns[column] = pyarrow.array(values, pyarrow.timestamp("us", "UTC"))
        else:
            columns[column] = pyarrow.array(values, pyarrow.string()).dictionary_encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=100)


def tree(dice):
    anywhere = ("follow", "platform", "finance", "checkout")
    treatment = {key: dice.choice(anywhere) for key in "credits tax discounts marketplace unused_commitment".split()}
    fallback = dice.choice(("even", "ledger"))
    return "\n".join(
        [
            "company: Made Up",
            "valid_from: 2026-01",
            "unallocated: { id: rest, name: Not allocated, owners: [nobody@made.example] }",
            "groups:",
            "  - id: shop",
            "    owners: [shop@made.example]",
            "    groups: [{ id: checkout, mode: chargeback, cost_center: '41' }, { id: search }]",
            "  - id: back-office",
            "    owners: [back@made.example]",
            "    groups: [{ id: finance, groups: [{ id: ledger }] }, { id: data }]",
            "pools:",
            f"  - {{ id: network, split: driver, driver: requests, to: [checkout, data, ledger], fallback: {fallback} }}",
            "  - { id: platform, split: proportional, to: ['*', network], fallback: even }",
            f"  - {{ id: support, split: fixed, shares: {{ search: {dice.randint(1, 9)}, platform: 2.5, data: {dice.randint(1, 9)} }} }}",
            "  - { id: gateway, split: even, to: [shop/*, ledger] }",
            "rules:",
            "  - { to: finance, when: { region: eu-central-1, service: { prefix: Data }, tags: { team: { present: false } } } }",
            "  - { to: shop, when: { sub_account: ['200000000002', /subscriptions/two], tags: { team: checkout, env: [dev, test] } } }",
            *(f"  - {{ to: {name}, when: {{ tags: {{ team: {name} }} }} }}" for name in (*TEAMS, *POOLS)),
            "  - { to: data, when: { provider: Microsoft, service: [Storage, Database], region: { present: true } } }",
            "treatment:",
            *(f"  {key}: {to}" for key, to in treatment.items()),
            "ledger:",
            "  accounts: { default: '6400' }",
            "  holding: { default: { account: '1490', cost_center: '90' } }",
            "",
        ]
    )


def drivers(dice):
    rows = [("driver", "billing_period", "cost_group", "quantity")]
    # The second month has no quantities: the fallback holds.
    rows += [("requests", MONTHS[0], group, str(abs(cost(dice, 4)))) for group in ("checkout", "data", "ledger") if dice.random() < 0.8]
    return "".join(",".join(row) + "\n" for row in rows)


def main():
    seed, folder = sys.argv[1], Path(sys.argv[2])
    dice = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    count = dice.randint(50, 400)
    write_csv(folder / "aws" / "cur.csv.gz", [cur_row(dice, dice.choice(MONTHS)) for _ in range(count)])
    azure = [focus_row(dice, dice.choice(MONTHS), "Microsoft", "USD") for _ in range(count)]
    write_focus_parquet(folder / "azure" / "focus.parquet", azure)
    other = [focus_row(dice, MONTHS[1], "Sakura", dice.choice(("JPY", "KWD"))) for _ in range(count // 4)]
    write_focus_csv(folder / "other" / "focus.csv", other)
    (folder / "tree.yaml").write_text(tree(dice), encoding="utf-8")
    (folder / "drivers.csv").write_text(drivers(dice), encoding="utf-8")


if __name__ == "__main__":
    main()
