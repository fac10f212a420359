"""The job in DuckDB: pre-aggregate, then join small mapping tables. Sums are sums of doubles.

Forms: `rules` groups by the columns that rules ask for, nothing else; `maps` the same with the map of tags as it is, taken
apart after grouping; `cube` by all that Day One's cube tells apart.
"""

import duckdb

from common import Rules, Watch, arguments

TAGS = ["team", "application", "environment"]
FOCUS_CUBE = """ProviderName, BillingAccountId, InvoiceIssuerName, PublisherName, ServiceCategory, RegionId, ChargeCategory,
    ChargeClass, date_trunc('month', ChargePeriodStart), InvoiceId, CommitmentDiscountId, CommitmentDiscountStatus,
    BillingPeriodStart, Tags['cost_center']"""
CUR_CUBE = """bill_payer_account_id, bill_billing_entity, bill_invoicing_entity, line_item_legal_entity, line_item_product_code,
    product_region_code, line_item_line_item_type, date_trunc('month', line_item_usage_start_date), bill_invoice_id,
    savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n, bill_billing_period_start_date, resource_tags['user_cost_center']"""
CUR_EFFECTIVE = """case line_item_line_item_type
    when 'SavingsPlanCoveredUsage' then savings_plan_savings_plan_effective_cost
    when 'SavingsPlanRecurringFee' then savings_plan_total_commitment_to_date - savings_plan_used_commitment
    when 'SavingsPlanUpfrontFee' then 0 when 'SavingsPlanNegation' then 0
    when 'DiscountedUsage' then reservation_effective_cost else line_item_unblended_cost end"""
LEGACY = [
    "line_item_line_item_type=lineItem/LineItemType",
    "savings_plan_savings_plan_effective_cost=savingsPlan/SavingsPlanEffectiveCost",
    "savings_plan_total_commitment_to_date=savingsPlan/TotalCommitmentToDate",
    "savings_plan_used_commitment=savingsPlan/UsedCommitment",
    "reservation_effective_cost=reservation/EffectiveCost",
    "line_item_unblended_cost=lineItem/UnblendedCost",
]


def cur_effective_of_legacy():
    expression = CUR_EFFECTIVE
    for pair in LEGACY:
        ours, theirs = pair.split("=")
        expression = expression.replace(ours, f'"{theirs}"')
    return expression


def source(files, csv_header):
    names = "[" + ", ".join(f"'{file}'" for file in files) + "]"
    if csv_header is None:
        return f"read_parquet({names})"
    doubles = {"lineItem/UnblendedCost", "savingsPlan/SavingsPlanEffectiveCost", "savingsPlan/TotalCommitmentToDate"}
    doubles |= {"savingsPlan/UsedCommitment", "reservation/EffectiveCost"}
    types = ", ".join(f"'{name}': '{'DOUBLE' if name in doubles else 'VARCHAR'}'" for name in csv_header)
    return f"read_csv({names}, header=true, delim=',', quote='\"', auto_detect=false, columns={{{types}}})"


def select(options):
    """Columns of the pre-aggregation: account, service, currency, tags, costs, and the rest of the cube."""
    if options.format == "focus":
        tags = {key: f"Tags['{key}']" for key in TAGS}
        return "SubAccountId", "ServiceName", "BillingCurrency", tags, "Tags", "BilledCost", "EffectiveCost", FOCUS_CUBE
    if options.format == "cur":
        tags = {key: f"resource_tags['user_{key}']" for key in TAGS}
        named = ["line_item_usage_account_id", "product['product_name']", "line_item_currency_code"]
        return *named, tags, "resource_tags", "line_item_unblended_cost", CUR_EFFECTIVE, CUR_CUBE
    tags = {key: f'"resourceTags/user:{key}"' for key in TAGS}
    named = ['"lineItem/UsageAccountId"', '"product/ProductName"', '"lineItem/CurrencyCode"']
    return *named, tags, "", '"lineItem/UnblendedCost"', cur_effective_of_legacy(), ""


def aggregate(options, header):
    account, service, currency, tags, tag_map, billed, effective, cube = select(options)
    sums = f"count(*) as charges, sum({billed}) as billed, sum({effective}) as effective"
    files = source(options.files, header)
    keys = f"{account} as account, {service} as service, {currency} as currency"
    if options.form == "maps" and tag_map:
        taken_apart = ", ".join(expression.replace(tag_map, "tag_map") + f" as {key}" for key, expression in tags.items())
        inner = f"select {keys}, {tag_map} as tag_map, {sums} from {files} group by all"
        return f"select account, service, currency, {taken_apart}, charges, billed, effective from ({inner})"
    keys += "".join(f", {expression} as {key}" for key, expression in tags.items())
    if options.form == "cube" and cube:
        keys += ", " + cube
    return f"select {keys}, {sums} from {files} group by all"


JOINED = """
select s.currency, least(r1.place, r2.place, r3.place, r4.place, r5.place, r6.place) as place,
       sum(s.charges)::bigint, sum(s.billed), sum(s.effective)
from pre s
left join by_service r1 on s.service = r1.service
left join by_team_environment r2 on s.team = r2.team and s.environment = r2.environment
left join by_team r3 on s.team = r3.team
left join by_application r4 on s.application = r4.application
left join by_account_service r5 on s.account = r5.account and s.service = r5.service
left join by_account r6 on s.account = r6.account
group by all
"""


def table(connection, name, columns, rows):
    connection.execute(f"create temp table {name} ({columns}, place integer)")
    if rows:
        connection.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)


def main():
    options = arguments(["rules", "maps", "cube"])
    rules = Rules(options.rules)
    connection = duckdb.connect()
    connection.execute(f"set threads = {options.threads}")
    connection.execute("set preserve_insertion_order = false")
    table(connection, "by_service", "service varchar", list(rules.service.items()))
    table(connection, "by_team", "team varchar", list(rules.team.items()))
    table(connection, "by_account", "account varchar", list(rules.account.items()))
    table(connection, "by_team_environment", "team varchar, environment varchar", rules.team_environment)
    table(connection, "application_prefixes", "prefix varchar", rules.application_prefix)
    table(connection, "account_service_prefixes", "account varchar, prefix varchar", rules.account_service_prefix)
    header = None
    if options.format == "legacy":
        import gzip

        header = gzip.open(options.files[0], "rt").readline().strip().split(",")

    watch = Watch()
    connection.execute(f"create temp table pre as {aggregate(options, header)}")
    # Prefixes are asked of distinct values, not of rows.
    connection.execute(
        "create temp table by_application as select application, min(place) as place from (select distinct application from pre) "
        "join application_prefixes on starts_with(application, prefix) group by all"
    )
    connection.execute(
        "create temp table by_account_service as select p.account, service, min(place) as place from "
        "(select distinct account, service from pre) p join account_service_prefixes a "
        "on p.account = a.account and starts_with(service, prefix) group by all"
    )
    sums = {}
    for currency, place, charges, billed, effective in connection.execute(JOINED).fetchall():
        key = currency, rules.groups[-1 if place is None else place]
        before = sums.get(key, (0, 0.0, 0.0))
        sums[key] = before[0] + charges, before[1] + billed, before[2] + effective
    watch.report((*key, *values) for key, values in sums.items())


main()
