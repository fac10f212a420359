"""The job in Polars: streaming engine, pre-aggregate, then join small mapping tables. Sums are sums of doubles.

Forms: `rows` takes the tags out of the map of each row; `maps` groups by the map as it is, and takes it apart after
grouping; `entries` groups by its list of entries.
"""

import gzip
import os

from common import Rules, Watch, arguments

TAGS = ["team", "application", "environment"]
SUMS = ["charges", "billed", "effective"]


def cur_effective(pl, names):
    kind = pl.col(names["kind"])
    unused = pl.col(names["committed"]) - pl.col(names["used"])
    return (
        pl.when(kind == "SavingsPlanCoveredUsage").then(pl.col(names["savings_plan"]))
        .when(kind == "SavingsPlanRecurringFee").then(unused)
        .when(kind.is_in(["SavingsPlanUpfrontFee", "SavingsPlanNegation"])).then(0.0)
        .when(kind == "DiscountedUsage").then(pl.col(names["reservation"]))
        .otherwise(pl.col(names["billed"]))
    )


CUR = {
    "kind": "line_item_line_item_type",
    "committed": "savings_plan_total_commitment_to_date",
    "used": "savings_plan_used_commitment",
    "savings_plan": "savings_plan_savings_plan_effective_cost",
    "reservation": "reservation_effective_cost",
    "billed": "line_item_unblended_cost",
}
LEGACY = {
    "kind": "lineItem/LineItemType",
    "committed": "savingsPlan/TotalCommitmentToDate",
    "used": "savingsPlan/UsedCommitment",
    "savings_plan": "savingsPlan/SavingsPlanEffectiveCost",
    "reservation": "reservation/EffectiveCost",
    "billed": "lineItem/UnblendedCost",
}


def entry(pl, entries, key):
    return entries.map.get(pl.lit(key))


def first_value(pl, key):
    return pl.element().filter(pl.element().struct.field("key") == key).struct.field("value").first()


def pre_aggregate(pl, options):
    """A lazy frame of account, service, currency, tags and sums."""
    if options.format == "legacy":
        names = gzip.open(options.files[0], "rt").readline().strip().split(",")
        doubles = [LEGACY[name] for name in LEGACY if name != "kind"]
        schema = {name: pl.Float64 if name in doubles else pl.String for name in names}
        frame = pl.scan_csv(options.files, schema=schema)
        keys = [pl.col("lineItem/UsageAccountId").alias("account"), pl.col("product/ProductName").alias("service")]
        keys += [pl.col("lineItem/CurrencyCode").alias("currency")] + [pl.col(f"resourceTags/user:{key}").alias(key) for key in TAGS]
        return grouped(pl, frame.select(*keys, billed=pl.col(LEGACY["billed"]), effective=cur_effective(pl, LEGACY)))
    frame = pl.scan_parquet(options.files)
    if options.format == "focus":
        keys = [pl.col("SubAccountId").alias("account"), pl.col("ServiceName").alias("service"), pl.col("BillingCurrency").alias("currency")]
        entries, prefix, billed, effective = pl.col("Tags"), "", pl.col("BilledCost"), pl.col("EffectiveCost")
    else:
        service = entry(pl, pl.col("product"), "product_name").alias("service")
        keys = [pl.col("line_item_usage_account_id").alias("account"), service, pl.col("line_item_currency_code").alias("currency")]
        entries, prefix = pl.col("resource_tags"), "user_"
        billed, effective = pl.col(CUR["billed"]), cur_effective(pl, CUR)
    if options.form == "entries":
        frame = grouped(pl, frame.select(*keys, entries.map.entries().alias("entries"), billed=billed, effective=effective))
        values = {key: first_value(pl, prefix + key) for key in TAGS}
        return frame.with_columns(pl.col("entries").list.agg(value).alias(key) for key, value in values.items()).drop("entries")
    if options.form == "maps":
        frame = grouped(pl, frame.select(*keys, entries.alias("entries"), billed=billed, effective=effective))
        return frame.with_columns(entry(pl, pl.col("entries"), prefix + key).alias(key) for key in TAGS).drop("entries")
    keys += [entry(pl, entries, prefix + key).alias(key) for key in TAGS]
    return grouped(pl, frame.select(*keys, billed=billed, effective=effective))


def grouped(pl, frame):
    keys = [name for name in frame.collect_schema().names() if name not in SUMS]
    return frame.group_by(keys).agg(pl.len().cast(pl.Int64).alias("charges"), pl.col("billed").sum(), pl.col("effective").sum())


def with_prefixes(pl, values, prefixes, on):
    """The first rule whose prefix a value begins with, for each distinct value."""
    found = []
    for value in values:
        places = [place for *others, prefix, place in prefixes if value[-1].startswith(prefix) and tuple(others) == value[:-1]]
        if places:
            found.append((*value, min(places)))
    return table(pl, found, on)


def table(pl, rows, on):
    schema = {name: pl.String for name in on}
    return pl.DataFrame(list(rows), schema={**schema, f"by_{'_'.join(on)}": pl.Int32}, orient="row")


def main():
    options = arguments(["entries", "maps", "rows"])
    os.environ["POLARS_MAX_THREADS"] = str(options.threads)
    import polars as pl

    rules = Rules(options.rules)
    watch = Watch()
    pre = pre_aggregate(pl, options).collect(engine="streaming")
    applications = [(value,) for value in pre["application"].unique().drop_nulls().to_list()]
    pairs = pre.select("account", "service").unique().drop_nulls().rows()
    tables = [
        (table(pl, rules.service.items(), ["service"]), ["service"]),
        (table(pl, rules.team_environment, ["team", "environment"]), ["team", "environment"]),
        (table(pl, rules.team.items(), ["team"]), ["team"]),
        (with_prefixes(pl, applications, rules.application_prefix, ["application"]), ["application"]),
        (with_prefixes(pl, pairs, rules.account_service_prefix, ["account", "service"]), ["account", "service"]),
        (table(pl, rules.account.items(), ["account"]), ["account"]),
    ]
    frame = pre.lazy()
    for mapping, on in tables:
        frame = frame.join(mapping.lazy(), on=on, how="left")
    places = [f"by_{'_'.join(on)}" for _, on in tables]
    of_rules = frame.group_by("currency", place=pl.min_horizontal(places)).agg(pl.col(SUMS).sum()).collect(engine="streaming")
    sums = {}
    for currency, place, charges, billed, effective in of_rules.rows():
        key = currency, rules.groups[-1 if place is None else place]
        before = sums.get(key, (0, 0.0, 0.0))
        sums[key] = before[0] + charges, before[1] + billed, before[2] + effective
    watch.report((*key, *values) for key, values in sums.items())


main()
