"""Makes billing files of every format in every container, from a seed, with amounts as hard as formats allow.

    make_files.py SEED FOLDER

Writes FOLDER/FORMAT-KIND.EXTENSION for CUR 2.0, legacy CUR and FOCUS, and what the PyPI package focus-data-toolkit
generates of FOCUS 1.2 and 1.3 for AWS, Azure and Google Cloud; and FOLDER/tree.yaml, which fits all of them.
"""

import csv
import datetime
import gzip
import io
import json
import random
import re
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import make_bills
from focus_data_toolkit.generators import FOCUS_VERSIONS, PROVIDERS, get_generator

ROWS = 150
TOOLKIT_ROWS = 250
MONEY = re.compile("(Billed|Effective|List|Contracted)Cost|.*_cost|.*_commitment(_to_date)?|.*_fee(_for_billing_period)?")
MOMENT = re.compile("(Billing|Charge)Period(Start|End)|.*_date")
MAPS = ("Tags", "resource_tags", "product")
# CUR 2.0 spells the names of the legacy CUR in one way; the way back is a table.
PARTS = "bill line_item pricing product savings_plan reservation".split()
LEGACY = {"savings_plan_savings_plan_a_r_n": "savingsPlan/SavingsPlanARN", "reservation_reservation_a_r_n": "reservation/ReservationARN"}
LEGACY |= {"pricing_public_on_demand_cost": "pricing/publicOnDemandCost", "product_region_code": "product/regionCode"}

# Amounts: what a text, a decimal and a double can each say at their worst.


def hard_text(dice):
    digits = dice.randrange(10 ** dice.randint(1, 40))
    value = Decimal((dice.random() < 0.2, tuple(map(int, str(digits))), -dice.randint(max(0, len(str(digits)) - 12), 28)))
    kind = dice.randrange(6)
    if kind == 0:
        return f"{value:e}"
    if kind == 1:
        return f"{value:E}".replace("E+", "E")
    plain = f"{value:f}"
    if kind == 2 and not plain.startswith("-"):
        return "000" + plain
    return plain + "000" if kind == 3 and "." in plain else plain


def hard_decimal(dice, precision, scale):
    digits = dice.randrange(10 ** dice.randint(1, precision if precision - scale <= 12 else scale + 12))
    return Decimal((dice.random() < 0.2, tuple(map(int, str(digits))), -scale))


def hard_double(dice):
    if dice.random() < 0.1:
        return dice.choice((0.0, -0.0, 0.1, 1e-20, 123456789.0, 6.76e-8, 5e-7, 2.0**52 + 0.5))
    return dice.uniform(-0.3, 1) * 10 ** dice.randint(-16, 9)


# Tables: rows of plain values, by column.


def cur_rows(dice):
    return [make_bills.cur_row(dice, dice.choice(make_bills.MONTHS)) for _ in range(ROWS)]


def focus_rows(dice):
    rows = [make_bills.focus_row(dice, dice.choice(make_bills.MONTHS), "Microsoft", dice.choice(("USD", "JPY"))) for _ in range(ROWS)]
    moment = lambda value: make_bills.stamp(value) if isinstance(value, datetime.datetime) else value  # noqa: E731
    return [{column: json.dumps(value) if column == "Tags" else moment(value) for column, value in row.items()} for row in rows]


def legacy_name(column):
    if column in LEGACY:
        return LEGACY[column]
    part = next(part for part in PARTS if column.startswith(part + "_"))
    camel = lambda text: "".join(word.capitalize() for word in text.split("_"))  # noqa: E731
    return (part[0] + camel(part)[1:]) + "/" + camel(column[len(part) + 1 :])


def legacy_rows(rows, tag_name, column_name):
    """Rows of a CUR 2.0 as a legacy CUR: a column for each tag and product attribute."""
    found = []
    for row in rows:
        tags = json.loads(row["resource_tags"])
        product = json.loads(row["product"])
        rest = {column_name(column): value for column, value in row.items() if column not in MAPS}
        name = {column_name("product_product_name"): product.get("product_name", "")}
        found.append(rest | name | {tag_name(key): tags.get(f"user_{key}", "") for key in ("team", "env")})
    return found


def with_amounts(rows, is_money, amount):
    """The same rows with other amounts; one in twelve that may be null is."""
    never_null = re.compile("BilledCost|EffectiveCost|.*(nblended|ffective).?[Cc]ost|.*otal.?[Cc]ommitment.*")
    null = lambda column: not never_null.fullmatch(column.rsplit("/", 1)[-1])  # noqa: E731
    for row in rows:
        for column in filter(is_money, row):
            row[column] = amount()
    blank = random.Random(len(rows))
    return [{c: None if is_money(c) and null(c) and blank.random() < 1 / 12 else v for c, v in row.items()} for row in rows]


def is_money(column):
    return bool(MONEY.fullmatch(column) or column in LEGACY_MONEY)


LEGACY_MONEY = {
    legacy_name(column)
    for column in make_bills.cur_row(random.Random(0), make_bills.MONTHS[0])
    if column not in MAPS and MONEY.fullmatch(column)
}

# Files.


def csv_text(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows({column: "" if value is None else value for column, value in row.items()} for row in rows)
    return text.getvalue().encode()


def write_text(dice, path, data):
    path.with_suffix(".csv").write_bytes(data)
    # Several members, as tools that append write them, cut wherever they are cut.
    middle = dice.randrange(len(data))
    path.with_suffix(".csv.gz").write_bytes(gzip.compress(data[:middle]) + gzip.compress(data[middle:]))
    with zipfile.ZipFile(path.with_suffix(".csv.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bill.csv", data)


def write_parquet(dice, path, rows, money_type, maps):
    import pyarrow
    import pyarrow.parquet

    def array(column):
        values = [row[column] for row in rows]
        if is_money(column):
            return pyarrow.array(values, money_type)
        if MOMENT.fullmatch(column):
            moments = [datetime.datetime.fromisoformat(value) if value else None for value in values]
            return pyarrow.array(moments, pyarrow.timestamp(dice.choice(("ms", "us", "ns")), "UTC"))
        if column in MAPS and maps:
            entries = [entries_of(value) for value in values]
            return pyarrow.array(entries, pyarrow.map_(pyarrow.string(), pyarrow.string()))
        kind = dice.choice((pyarrow.string(), pyarrow.large_string(), None))
        return pyarrow.array(values, kind) if kind else pyarrow.array(values, pyarrow.string()).dictionary_encode()

    table = pyarrow.table({column: array(column) for column in rows[0]})
    options = {
        "row_group_size": dice.choice((40, 64, 1000)),
        "compression": dice.choice(("snappy", "zstd", "gzip", "none")),
        "use_dictionary": dice.choice((True, False)),
        "data_page_version": dice.choice(("1.0", "2.0")),
        "write_page_checksum": dice.choice((True, False)),
    }
    pyarrow.parquet.write_table(table, path.with_suffix(".parquet"), **options)


def entries_of(value):
    """A JSON object as the entries of a map, whose values are texts."""
    if not value:
        return None
    return [(key, text if isinstance(text, str) else json.dumps(text)) for key, text in json.loads(value).items()]


def write_all(dice, folder, name, rows, parquet_rows):
    """A format in each container: text, and Parquet with amounts of each type."""
    import pyarrow

    write_text(dice, folder / f"{name}-text", csv_text(with_amounts(rows, is_money, lambda: hard_text(dice))))
    texts = with_amounts(parquet_rows, is_money, lambda: hard_text(dice))
    write_parquet(dice, folder / f"{name}-texts", texts, pyarrow.string(), False)
    doubles = with_amounts(parquet_rows, is_money, lambda: hard_double(dice))
    write_parquet(dice, folder / f"{name}-doubles", doubles, pyarrow.float64(), True)
    for precision, scale in ((9, 2), (18, 6), (38, 28), (60, 40)):
        kind = pyarrow.decimal128 if precision <= 38 else pyarrow.decimal256
        decimals = with_amounts(parquet_rows, is_money, lambda: hard_decimal(dice, precision, scale))
        write_parquet(dice, folder / f"{name}-decimals-{scale}", decimals, kind(precision, scale), True)


def write_toolkit(dice, folder, seed):
    """What focus-data-toolkit generates, as it comes, and its rows as Parquet."""
    import pyarrow

    for provider in PROVIDERS:
        for version in FOCUS_VERSIONS:
            generator = get_generator(provider, version)
            name = f"toolkit-{provider}-{version.replace('.', '_')}"
            write_text(dice, folder / name, generator.generate_csv_bytes(TOOLKIT_ROWS, seed, include_credits=seed % 2 == 0))
            rows = generator.generate_rows(TOOLKIT_ROWS, seed, include_credits=seed % 2 == 0)
            rows = [{column: value or None for column, value in row.items()} for row in rows]
            kind, read = dice.choice(((pyarrow.float64(), float), (pyarrow.decimal128(38, 18), Decimal), (pyarrow.string(), str)))
            rows = [{c: read(v) if is_money(c) and v is not None else v for c, v in row.items()} for row in rows]
            write_parquet(dice, folder / name, rows, kind, dice.random() < 0.5)


TREE = """\
company: Made Up
valid_from: 2026-01
owners: [ana@made.example]
unallocated: { id: rest, name: Not allocated, owners: [nobody@made.example] }
groups: [{ id: production }, { id: staging }, { id: checkout }, { id: search }, { id: storage }, { id: one }, { id: europe }]
pools:
  - { id: payments, split: proportional, to: [production, staging, shared], fallback: even }
  - { id: shared, split: fixed, shares: { checkout: 3, search: 2.5, storage: 1 } }
rules:
  - { to: shared, when: { region: { present: false }, service: [Storage, AmazonS3, Cloud Storage] } }
  - { to: payments, when: { tags: { Owner: { prefix: team-p } } } }
  - { to: payments, when: { tags: { owner: { prefix: team-p } } } }
  - { to: production, when: { tags: { Environment: [prod, production] } } }
  - { to: production, when: { tags: { environment: [prod, production] } } }
  - { to: staging, when: { tags: { Environment: { present: true } } } }
  - { to: staging, when: { tags: { environment: { present: true } } } }
  - { to: checkout, when: { tags: { team: checkout, env: [dev, prod] } } }
  - { to: search, when: { tags: { team: { present: true } } } }
  - { to: storage, when: { service: { prefix: Stor } } }
  - { to: one, when: { sub_account: ['200000000001', /subscriptions/one] } }
  - { to: europe, when: { region: { prefix: eu- } } }
"""


def main():
    seed, folder = int(sys.argv[1]), Path(sys.argv[2])
    dice = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_all(dice, folder, "focus", focus_rows(dice), focus_rows(dice))
    write_all(dice, folder, "cur-2", cur_rows(dice), cur_rows(dice))
    slashes = legacy_rows(cur_rows(dice), lambda key: f"resourceTags/user:{key}", legacy_name)
    write_all(dice, folder, "legacy", slashes, legacy_rows(cur_rows(dice), lambda key: f"resource_tags_user_{key}", lambda name: name))
    write_toolkit(dice, folder, seed)
    (folder / "tree.yaml").write_text(TREE, encoding="utf-8")


if __name__ == "__main__":
    main()
