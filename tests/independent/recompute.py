"""Recomputes invoices from raw billing files, apart from the code under test.

Shares nothing with it but the rules: standard library, exact integers and fractions, `decimal` at a precision
that traps every rounding, pyarrow only to open Parquet. Slow and plain on purpose.

    recompute.py --tree TREE.json [--drivers DRIVERS.csv] [--basis billed|effective] [--against PREVIEW.json] FILE|FOLDER...

Prints what `dayone preview --format json` prints. With --against it prints instead what differs from that file,
and exits with 1 if anything does: exact amounts are compared as numbers, totals as text.

The tree is JSON:

    {"valid_from": "2026-01", "unallocated": "id",
     "groups": [{"id": "…", "mode": "showback", "parent": null, "leaf": true}],
     "pools": [{"id": "…", "to": ["id"], "fallback": "even" or {"to": "id"},
                "split": {"kind": "even|fixed|proportional|driver", "parts": ["1", "2"], "driver": "requests"}}],
     "rules": [{"to": "id", "when": [{"field": "tag", "key": "team", "test": {"equal": "x"}}]}],
     "treatment": {"tax": "id" or null, "discounts": …, "credits": …, "marketplace": …, "unused_commitment": …}}

A test is {"equal": "x"}, {"one_of": ["x"]}, {"prefix": "x"} or {"present": true|false}.
"""

import argparse
import csv
import datetime
import decimal
import gzip
import io
import json
import re
import sys
import zipfile
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

decimal.getcontext().prec = 120
decimal.getcontext().traps[decimal.Inexact] = True

COSTS = ("billed", "effective", "list", "contracted")
NULLS = {"", "NULL", "null", "(null)"}
SPLIT_DECIMALS = 6
ZERO = Decimal(0)

# ISO 4217 exponents other than 2.
MINOR_DIGITS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


class Wrong(Exception):
    """Something that this script does not understand."""


# Rows of files: dictionaries by column, null is None.


def read_rows(path):
    """Yields the columns of a file, then its rows."""
    if path.name.lower().endswith(".parquet"):
        yield from read_parquet(path)
        return
    with opened(path) as text:
        csv.field_size_limit(2**30)
        reader = csv.reader(text)
        columns = next(reader)
        yield columns
        for number, values in enumerate(reader, start=1):
            if len(values) != len(columns):
                raise Wrong(f"{path}: row {number} has {len(values)} fields, the header {len(columns)}")
            yield {column: None if value in NULLS else value for column, value in zip(columns, values)}


def opened(path):
    """The text of a CSV, whatever it is packed in."""
    name = path.name.lower()
    if name.endswith(".zip"):
        archive = zipfile.ZipFile(path)
        (entry,) = archive.namelist()
        return io.TextIOWrapper(archive.open(entry), encoding="utf-8-sig", newline="")
    return (gzip.open if name.endswith(".gz") else open)(path, "rt", encoding="utf-8-sig", newline="")


def read_parquet(path):
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    yield file.schema_arrow.names
    for batch in file.iter_batches():
        for row in batch.to_pylist():
            yield {column: None if isinstance(value, str) and value in NULLS else value for column, value in row.items()}


def find_files(paths):
    for path in map(Path, paths):
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if not hidden and re.search(r"\.(csv|csv\.gz|csv\.zip|parquet)$", file.name, re.IGNORECASE):
                    yield file
        else:
            yield path


# Cells.


def number(value):
    """The exact value of a cost; a double counts as its shortest decimal."""
    if value is None:
        return None
    found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not found.is_finite():
        raise Wrong(f"{value!r} is no cost")
    return found


def decimals(value):
    """How many decimals a value needs."""
    return max(0, -value.normalize().as_tuple().exponent) if value else 0


def month(value):
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value.removesuffix(" UTC"))
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc)
    return f"{value.year:04}-{value.month:02}"


def key_values(value):
    """Tags or a map: an object as JSON text, or pairs. Null and empty values are absent."""
    if value is None:
        return {}
    if isinstance(value, str):
        # Numbers keep their spelling.
        value = json.loads(value, parse_int=str, parse_float=str)
    pairs = value.items() if isinstance(value, dict) else value
    texts = {key: json.dumps(text, separators=(",", ":")) if isinstance(text, (bool, dict, list)) else text for key, text in pairs}
    return {key: text for key, text in texts.items() if text}


# Charges: dictionaries in the words of FOCUS. A cost whose column the file lacks is None.

FOCUS_FIELDS = {
    "billing_account": "BillingAccountId",
    "sub_account": "SubAccountId",
    "issuer": "InvoiceIssuerName",
    "publisher": "PublisherName",
    "service": "ServiceName",
    "service_category": "ServiceCategory",
    "region": "RegionId",
    "charge_category": "ChargeCategory",
    "charge_type": "ChargeCategory",
    "charge_class": "ChargeClass",
    "invoice": "InvoiceId",
    "commitment": "CommitmentDiscountId",
    "commitment_status": "CommitmentDiscountStatus",
}

# What a bill tells its charges apart by, beside the tag keys that the tree names.
ROW_FIELDS = (*FOCUS_FIELDS, "source", "provider", "charge_month", "product_code")


def focus_charge(row):
    charge = {field: row.get(column) or "" for field, column in FOCUS_FIELDS.items()}
    charge["provider"] = row.get("ProviderName") or row.get("ServiceProviderName") or ""
    charge["period"] = month(row["BillingPeriodStart"])
    charge["currency"] = row.get("BillingCurrency") or "XXX"
    charge["tags"] = key_values(row.get("Tags"))
    charge["charge_month"] = month(row["ChargePeriodStart"]) if row.get("ChargePeriodStart") else charge["period"]
    charge["corrects"] = charge["charge_month"] if charge["charge_class"] == "Correction" else None
    charge["billed"] = number(row["BilledCost"])
    charge["effective"] = number(row["EffectiveCost"])
    charge["list"] = (number(row["ListCost"]) or ZERO) if "ListCost" in row else None
    charge["contracted"] = (number(row["ContractedCost"]) or ZERO) if "ContractedCost" in row else None
    return charge


# Line item type of a CUR: charge category and commitment status.
# https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html
CUR_TYPES = {
    "Usage": ("Usage", ""),
    "SavingsPlanCoveredUsage": ("Usage", "Used"),
    "SavingsPlanNegation": ("Usage", "Used"),
    "DiscountedUsage": ("Usage", "Used"),
    "SavingsPlanRecurringFee": ("Purchase", "Unused"),
    "SavingsPlanUpfrontFee": ("Purchase", ""),
    "RIFee": ("Purchase", "Unused"),
    "Fee": ("Purchase", ""),
    "Tax": ("Tax", ""),
    "Credit": ("Credit", ""),
    "Refund": ("Adjustment", ""),
}


def cur_category(line_type):
    """A discount is a credit; a type that nobody knows is money too, and its own category."""
    return CUR_TYPES.get(line_type) or ("Credit" if line_type.endswith("Discount") else line_type, "")


def cur_tags(row):
    """The newer map of all tags, else the older ones of resource tags and cost categories."""
    tags = {}
    for key, value in key_values(row.get("tags")).items():
        kind, slash, name = key.partition("/")
        if slash and kind == "resourceTags":
            key = name.removeprefix("user:")
        elif slash and kind == "accountTags":
            key = f"account:{name}"
        elif slash and kind == "costCategory":
            key = f"cost_category:{name}"
        tags[key] = value
    if not tags:
        tags = {key.removeprefix("user_"): value for key, value in key_values(row.get("resource_tags")).items()}
        tags |= {f"cost_category:{key}": value for key, value in key_values(row.get("cost_category")).items()}
    return tags


def cur_effective(row, line_type, unblended):
    """Amortised cost. https://docs.aws.amazon.com/cur/latest/userguide/amortized-reservation.html"""

    def cost(column):
        return number(row.get(column)) or ZERO

    if line_type == "SavingsPlanCoveredUsage":
        return cost("savings_plan_savings_plan_effective_cost")
    if line_type == "SavingsPlanRecurringFee":
        return cost("savings_plan_total_commitment_to_date") - cost("savings_plan_used_commitment")
    if line_type in ("SavingsPlanUpfrontFee", "SavingsPlanNegation"):
        return ZERO
    if line_type == "DiscountedUsage":
        return cost("reservation_effective_cost")
    if line_type == "RIFee":
        return cost("reservation_unused_amortized_upfront_fee_for_billing_period") + cost("reservation_unused_recurring_fee")
    if line_type == "Fee" and row.get("reservation_reservation_a_r_n"):
        return ZERO
    return unblended


def cur_commitment(row, line_type):
    """Usage on demand has a subscription, too: that stands for a reservation only where there is one."""
    known = row.get("savings_plan_savings_plan_a_r_n") or row.get("reservation_reservation_a_r_n")
    of_reservation = line_type in ("DiscountedUsage", "RIFee")
    return known or (row.get("reservation_subscription_id") if of_reservation else None) or ""


def cur_charge(row):
    line_type = row["line_item_line_item_type"] or ""
    category, status = cur_category(line_type)
    billed = number(row["line_item_unblended_cost"]) or ZERO
    period = month(row["bill_billing_period_start_date"])
    product = key_values(row.get("product"))
    billing_entity, invoicing_entity = row.get("bill_billing_entity") or "", row.get("bill_invoicing_entity") or ""

    def first(*values):
        return next((value for value in values if value), "")

    return {
        "provider": "AWS",
        "billing_account": row.get("bill_payer_account_id") or "",
        "sub_account": row.get("line_item_usage_account_id") or "",
        # Sellers have any name; the billing entity alone tells the marketplace.
        "issuer": billing_entity if "Marketplace" in billing_entity or not invoicing_entity else invoicing_entity,
        "publisher": row.get("line_item_legal_entity") or "",
        "service": first(
            row.get("product_product_name"),
            product.get("product_name"),
            row.get("product_servicename"),
            product.get("servicename"),
            row.get("line_item_product_code"),
        ),
        "region": first(row.get("product_region_code"), row.get("product_region"), product.get("region")),
        "charge_category": category,
        "charge_type": line_type,
        "charge_class": "",
        "invoice": row.get("bill_invoice_id") or "",
        "commitment": cur_commitment(row, line_type),
        "commitment_status": status,
        "period": period,
        "charge_month": month(row["line_item_usage_start_date"]) if row.get("line_item_usage_start_date") else period,
        # For the service category, which it alone decides.
        "product_code": row.get("line_item_product_code") or "",
        "currency": row.get("line_item_currency_code") or "XXX",
        "corrects": None,
        "tags": cur_tags(row),
        "billed": billed,
        "effective": cur_effective(row, line_type, billed),
        "list": (number(row["pricing_public_on_demand_cost"]) or ZERO) if "pricing_public_on_demand_cost" in row else None,
        "contracted": None,
    }


def snake(name):
    """`savingsPlan/SavingsPlanARN` as CUR 2.0 spells it: `savings_plan_savings_plan_a_r_n`."""
    return re.sub(r"(?<!^)(?<!_)([A-Z])", r"_\1", name.replace("/", "_")).lower()


def legacy_charge(row):
    """A row of a legacy CUR, which has a column for each tag."""
    tags = {column: value for column, value in row.items() if re.match("(resourceTags|costCategory)/", column) and value}
    return cur_charge({snake(column): value for column, value in row.items() if column not in tags} | {"tags": tags})


def legacy_parquet_charge(row):
    """The same as AWS writes it in Parquet."""
    prefix = "resource_tags_"
    tags = {column.removeprefix(prefix): value for column, value in row.items() if column.startswith(prefix) and value}
    return cur_charge(row | {"resource_tags": tags})


def read_charges(paths):
    for source in paths:
        for path in find_files([source]):
            yield from (charge | {"source": str(source)} for charge in read_file(path))


def read_file(path):
    rows = read_rows(path)
    columns = set(next(rows))
    if "BilledCost" in columns:
        convert = focus_charge
    elif "lineItem/UnblendedCost" in columns:
        convert = legacy_charge
    elif "line_item_unblended_cost" in columns:
        convert = legacy_parquet_charge if any(column.startswith("resource_tags_") for column in columns) else cur_charge
    else:
        raise Wrong(f"{path}: neither FOCUS nor CUR")
    yield from map(convert, rows)


# Where a charge goes.


def house(name):
    """The first word of a company's name, with the providers' other names for themselves folded."""
    words = re.findall(r"[^\W_]+", name)
    first = words[0].lower() if words else ""
    return {"aws": "amazon", "azure": "microsoft", "gcp": "google", "oci": "oracle"}.get(first, first)


def is_marketplace(charge):
    issuer, publisher, provider = charge["issuer"], charge["publisher"], charge["provider"]
    if "Marketplace" in issuer or "Marketplace" in publisher:
        return True
    return bool(publisher and provider) and house(publisher) not in (house(provider), house(issuer))


def special(charge, basis):
    """Which treatment of the tree a charge falls under; None for none."""
    category = charge["charge_category"]
    consumed = category in ("Usage", "Purchase")
    if category == "Tax":
        return "tax"
    if charge["charge_type"].endswith("Discount"):
        return "discounts"
    if category in ("Credit", "Adjustment"):
        return "credits"
    if charge["commitment_status"] == "Unused" and (category == "Usage" or consumed and basis == "effective"):
        return "unused_commitment"
    if consumed and is_marketplace(charge):
        return "marketplace"
    return None


def holds(condition, charge):
    field = condition["field"]
    if field != "tag" and field not in charge:
        raise Wrong(f"a rule asks for `{field}`, which this script does not derive for every format")
    value = charge["tags"].get(condition["key"], "") if field == "tag" else charge[field]
    ((kind, wanted),) = condition["test"].items()
    if kind == "equal":
        return value == wanted
    if kind == "one_of":
        return value in wanted
    if kind == "prefix":
        return value.startswith(wanted)
    if kind == "present":
        return (value != "") == wanted
    raise Wrong(f"`{kind}` is no test")


def receiver(tree, charge, basis):
    central = tree.get("treatment", {}).get(special(charge, basis) or "")
    if central and central != "follow":
        return central
    for rule in tree.get("rules", []):
        if all(holds(condition, charge) for condition in rule["when"]):
            return rule["to"]
    return tree["unallocated"]


# Rounding.


def largest_remainder(total, parts, order):
    """Rounds exact parts (fractions by name) to integers that sum to `total`; `order` decides ties."""
    whole = {name: part.numerator // part.denominator for name, part in parts.items()}
    missing = total - sum(whole.values())
    by_remainder = sorted(parts, key=lambda name: (whole[name] - parts[name], order(name)))
    if not 0 <= missing <= len(parts):
        raise Wrong(f"{total} is not the total of these parts")
    for name in by_remainder[:missing]:
        whole[name] += 1
    return whole


def apportion(total, weights):
    """Divides an integer in proportion to weights by name; ties go to the smaller name."""
    base = sum(weights.values())
    return largest_remainder(total, {name: Fraction(total * weight, base) for name, weight in weights.items()}, lambda name: name)


def half_away(value):
    magnitude = (2 * abs(value) + 1) // 2
    return magnitude if value >= 0 else -magnitude


def plain(value):
    """An exact value as a plain decimal: no exponent, no trailing zeros, no -0."""
    text = format(value.normalize(), "f")
    return "0" if Decimal(text) == 0 else text


def minor_text(minor, digits):
    text = format(Decimal(minor).scaleb(-digits), "f")
    return text.removeprefix("-") if minor == 0 else text


# From charges to invoices.


def read_drivers(path):
    quantities = {}
    if path:
        with open(path, encoding="utf-8-sig", newline="") as text:
            for row in csv.DictReader(text):
                quantities[row["driver"], row["billing_period"], row["cost_group"]] = Fraction(row["quantity"])
    return quantities


def weights_of(pool, bases, drivers, period):
    split = pool["split"]
    kind, to = split["kind"], pool["to"]
    if kind == "even":
        return dict.fromkeys(to, Fraction(1))
    if kind == "fixed":
        return {name: Fraction(part) for name, part in zip(to, split["parts"], strict=True)}
    if kind == "proportional":
        return {name: Fraction(max(0, bases(name))) for name in to}
    if kind == "driver":
        return {name: drivers.get((split["driver"], period, name), Fraction(0)) for name in to}
    raise Wrong(f"`{kind}` is no split")


def feeding_order(pools):
    """Each pool before the pools that it feeds."""
    by_id = {pool["id"]: pool for pool in pools}
    done = {}

    def visit(pool, above):
        if pool["id"] in above:
            raise Wrong(f"pools feed each other in a circle: {above}")
        if pool["id"] in done:
            return
        fallback = pool.get("fallback", "even")
        fed = pool["to"] + ([fallback["to"]] if isinstance(fallback, dict) else [])
        for name in fed:
            if name in by_id:
                visit(by_id[name], above + [pool["id"]])
        done[pool["id"]] = pool

    for pool in pools:
        visit(pool, [])
    return list(reversed(done.values()))


def split_pools(tree, direct, bases, drivers, period):
    """What each group gets of all pools, in the integer units of `direct`, which like `bases` has a key of the
    corrected month, if any, and the receiver's id.

    What corrections brought into a pool is divided apart from the rest, by the driver quantities of the month
    that they correct; a proportional base is this bill's.
    """
    pools = feeding_order(tree.get("pools", []))
    names = {pool["id"] for pool in pools}
    shared = defaultdict(int)
    for corrected in sorted({month for month, _ in direct}, key=str):

        def base(name):
            return bases[corrected if name in names else None, name]

        for pool in pools:
            total = direct[corrected, pool["id"]] + shared[corrected, pool["id"]]
            weights = weights_of(pool, base, drivers, corrected or period)
            if not any(weights.values()):
                fallback = pool.get("fallback", "even")
                weights = dict.fromkeys(pool["to"] if fallback == "even" else [fallback["to"]], Fraction(1))
            for name, part in apportion(total, weights).items():
                shared[corrected if name in names else None, name] += part
    return shared


class Bill:
    """Sums of one billing period in one currency."""

    def __init__(self):
        self.charges = 0
        self.rows = defaultdict(lambda: dict.fromkeys(COSTS, ZERO))
        self.master = dict.fromkeys(COSTS, ZERO)
        self.direct = defaultdict(lambda: ZERO)
        self.bases = defaultdict(lambda: ZERO)

    def scale(self):
        """The most decimals of a sum of charges that agree in all that they are told apart by."""
        return max((decimals(cost) for row in self.rows.values() for cost in row.values()), default=0)

    def add(self, charge, to, basis, tag_keys):
        self.charges += 1
        row = self.rows[tuple(charge.get(field) for field in ROW_FIELDS) + tuple(charge["tags"].get(key) for key in tag_keys)]
        for cost in COSTS:
            row[cost] += charge[cost] or ZERO
        for cost in COSTS:
            known = self.master[cost] is not None and charge[cost] is not None
            self.master[cost] = self.master[cost] + charge[cost] if known else None
        self.direct[to] += charge[basis]
        if charge["charge_category"] in ("Usage", "Purchase"):
            self.bases[to] += charge[basis]


def invoices(tree, bill, key, basis, drivers):
    period, currency = key
    exponent = bill.scale() + SPLIT_DECIMALS
    groups = list(tree["groups"])
    if tree["unallocated"] not in [group["id"] for group in groups]:
        groups.append({"id": tree["unallocated"], "mode": "showback"})

    def units(amounts):
        return defaultdict(int, {name: int(amount.scaleb(exponent)) for name, amount in amounts.items()})

    direct, bases = units(bill.direct), units(bill.bases)
    shared = split_pools(tree, direct, bases, drivers, period)
    exact = {group["id"]: direct[None, group["id"]] + shared[None, group["id"]] for group in groups}
    master = bill.master[basis]
    if sum(exact.values()) != int(master.scaleb(exponent)):
        raise Wrong(f"{period} {currency}: the groups carry something else than the master bill")

    digits = MINOR_DIGITS.get(currency, 2)
    unit = Fraction(10 ** digits, 10**exponent)
    total = half_away(Fraction(master) * 10**digits)
    totals = largest_remainder(total, {name: amount * unit for name, amount in exact.items()}, lambda name: name)

    def amount(value):
        return plain(Decimal(value).scaleb(-exponent))

    return {
        "billing_period": period,
        "currency": currency,
        "basis": basis,
        "charges": bill.charges,
        "master_bill": {cost: None if value is None else plain(value) for cost, value in bill.master.items()},
        "invoices": [
            {
                "cost_group": group["id"],
                "mode": group["mode"],
                "direct": amount(direct[None, group["id"]]),
                "shared": amount(shared[None, group["id"]]),
                "exact": amount(exact[group["id"]]),
                "total": minor_text(totals[group["id"]], digits),
            }
            for group in groups
        ],
        "invoiced_total": minor_text(sum(totals.values()), digits),
        "rounding": plain(master - Decimal(total).scaleb(-digits)),
    }


def recompute(tree, charges, drivers, basis):
    bills = defaultdict(Bill)
    pools = {pool["id"] for pool in tree.get("pools", [])}
    conditions = [condition for rule in tree.get("rules", []) for condition in rule["when"]]
    tag_keys = sorted({condition["key"] for condition in conditions if condition["field"] == "tag"})
    for charge in charges:
        to = receiver(tree, charge, basis)
        key = (charge.get("corrects") if to in pools else None, to)
        bills[charge["period"], charge["currency"]].add(charge, key, basis, tag_keys)
    return {"periods": [invoices(tree, bills[key], key, basis, drivers) for key in sorted(bills)]}


# Comparison with the program under test.

AS_TEXT = {"billing_period", "currency", "basis", "cost_group", "mode", "total", "invoiced_total"}


def differences(ours, theirs, where=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours:
            if key not in theirs:
                yield f"{where}.{key}: missing"
            elif key in ("periods", "invoices"):
                yield from list_differences(key, ours[key], theirs[key], where)
            elif key not in AS_TEXT and isinstance(ours[key], str) and isinstance(theirs[key], str):
                if Decimal(ours[key]) != Decimal(theirs[key]):
                    yield f"{where}.{key}: {ours[key]} here, {theirs[key]} there"
            else:
                yield from differences(ours[key], theirs[key], f"{where}.{key}")
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{where}: {ours!r} here, {theirs!r} there"


def list_differences(key, ours, theirs, where):
    def name(item):
        return item["cost_group"] if key == "invoices" else f"{item['billing_period']} {item['currency']}"

    here, there = ({name(item): item for item in items} for items in (ours, theirs))
    if len(there) != len(theirs):
        yield f"{where}.{key}: something is there twice"
    for only in sorted(here.keys() ^ there.keys()):
        yield f"{where}.{key}[{only}]: only {'here' if only in here else 'there'}"
    for both in sorted(here.keys() & there.keys()):
        yield from differences(here[both], there[both], f"{where}.{key}[{both}]")


def main():
    parser = argparse.ArgumentParser(description="Recomputes invoices from raw billing files.")
    parser.add_argument("--tree", required=True, type=Path)
    parser.add_argument("--drivers", type=Path)
    parser.add_argument("--basis", choices=("billed", "effective"), default="billed")
    parser.add_argument("--against", type=Path)
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    tree = json.loads(options.tree.read_text(encoding="utf-8"))
    found = recompute(tree, read_charges(options.paths), read_drivers(options.drivers), options.basis)
    if options.against is None:
        print(json.dumps(found, indent=1))
        return 0
    different = list(differences(found, json.loads(options.against.read_text(encoding="utf-8"))))
    print("\n".join(different))
    charges = sum(period["charges"] for period in found["periods"])
    print(f"{len(found['periods'])} bills of {charges} charges: {len(different) or 'no'} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
