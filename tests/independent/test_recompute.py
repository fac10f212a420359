"""Tests of recompute.py: each rule with its arithmetic written out."""

import csv
import gzip
import tempfile
import unittest
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import recompute
from recompute import ZERO, apportion, differences, half_away, largest_remainder, month, number, plain, special

CHARGE = {
    "provider": "AWS", "billing_account": "1", "sub_account": "2", "issuer": "Amazon Web Services, Inc.",
    "publisher": "Amazon Web Services, Inc.", "service": "S3", "service_category": "Storage", "region": "eu",
    "charge_category": "Usage", "charge_type": "Usage", "commitment_status": "", "period": "2026-04",
    "currency": "USD", "tags": {}, "list": None, "contracted": None,
}  # fmt: skip


def charge(billed="0", effective=None, **fields):
    return CHARGE | {"billed": Decimal(billed), "effective": Decimal(billed if effective is None else effective)} | fields


def group(name):
    return {"id": name, "mode": "showback", "parent": None, "leaf": True}


def tree(*groups, **fields):
    by_team = [{"to": name, "when": [{"field": "tag", "key": "team", "test": {"equal": name}}]} for name in groups]
    groups = [group(name) for name in (*groups, "rest")]
    return {"valid_from": "2026-01", "groups": groups, "unallocated": "rest", "pools": [], "rules": by_team, "treatment": {}} | fields


def pool(name, to, kind="even", fallback="even", **split):
    return {"id": name, "to": to, "split": {"kind": kind} | split, "fallback": fallback}


def rule(to, **conditions):
    return {"to": to, "when": [{"field": field, "test": test} for field, test in conditions.items()]}


def drawn(tree, charges, basis="billed", drivers=None):
    """Direct, shared and total of each group of the only bill."""
    (period,) = recompute.recompute(tree, charges, drivers or {}, basis)["periods"]
    return {found["cost_group"]: (found["direct"], found["shared"], found["total"]) for found in period["invoices"]}


class Numbers(unittest.TestCase):
    def test_a_double_counts_as_its_shortest_decimal(self):
        self.assertEqual(number(0.1), Decimal("0.1"))
        self.assertEqual(number("6.76E-8"), Decimal("0.0000000676"))
        self.assertIsNone(number(None))

    def test_the_bill_rounds_half_away_from_zero(self):
        for value, rounded in [("0.5", 1), ("-0.5", -1), ("1.49", 1), ("-1.5", -2), ("-0.49", 0)]:
            self.assertEqual(half_away(Fraction(value)), rounded, value)

    def test_the_largest_remainder_takes_the_missing_unit_and_ties_go_to_the_smaller_name(self):
        self.assertEqual(apportion(100, {"b": Fraction(1), "a": Fraction(1), "c": Fraction(1)}), {"a": 34, "b": 33, "c": 33})
        # −1 in three parts of −1/3: floors are −1 each, two units go back to the first two.
        self.assertEqual(apportion(-1, {"a": Fraction(1), "b": Fraction(1), "c": Fraction(1)}), {"a": 0, "b": 0, "c": -1})
        # 7 × 3/4 = 5.25 and 7 × 1/4 = 1.75.
        self.assertEqual(apportion(7, {"a": Fraction(3), "b": Fraction(1)}), {"a": 5, "b": 2})

    def test_parts_that_are_not_of_the_total_are_refused(self):
        with self.assertRaises(recompute.Wrong):
            largest_remainder(5, {"a": Fraction(1)}, str)

    def test_no_digit_is_rounded_away_in_silence(self):
        with self.assertRaises(recompute.decimal.Inexact):
            Decimal(1) / Decimal(3)

    def test_amounts_are_plain(self):
        self.assertEqual(plain(Decimal("-0E-9")), "0")
        self.assertEqual(plain(Decimal("1.500E+3")), "1500")
        self.assertEqual(plain(Decimal("-6.760E-8")), "-0.0000000676")
        self.assertEqual(recompute.minor_text(-5, 2), "-0.05")
        self.assertEqual(recompute.minor_text(0, 2), "0.00")
        self.assertEqual(recompute.minor_text(1500, 0), "1500")

    def test_months_are_utc(self):
        self.assertEqual(month("2026-04-01T01:30:00+02:00"), "2026-03")
        self.assertEqual(month("2026-04-01 00:00:00"), "2026-04")
        self.assertEqual(month("2026-04-01T00:00:00.000Z"), "2026-04")


class Matching(unittest.TestCase):
    def test_all_conditions_hold_and_the_first_rule_wins(self):
        rules = [
            rule("a", region={"prefix": "eu"}, service={"equal": "EC2"}),
            rule("b", region={"one_of": ["us", "eu"]}),
            rule("c", service={"equal": "S3"}),
        ]
        found = drawn(tree("a", "b", "c", rules=rules), [charge("1"), charge("2", region="ap"), charge("4", region="ap", service="x")])
        self.assertEqual({name: direct for name, (direct, _, _) in found.items()}, {"a": "0", "b": "1", "c": "2", "rest": "4"})

    def test_present_asks_whether_there_is_a_value(self):
        rules = [rule("a", region={"present": False}), rule("b", region={"present": True})]
        found = drawn(tree("a", "b", rules=rules), [charge("1"), charge("2", region="")])
        self.assertEqual((found["a"][0], found["b"][0]), ("2", "1"))

    def test_special_money_has_its_precedence(self):
        for fields, basis, treatment in [
            ({"charge_category": "Tax"}, "billed", "tax"),
            ({"charge_category": "Tax", "charge_type": "EdpDiscount"}, "billed", "tax"),
            ({"charge_category": "Credit", "charge_type": "EdpDiscount"}, "billed", "discounts"),
            ({"charge_type": "DiscountedUsage"}, "billed", None),
            ({"charge_category": "Credit"}, "billed", "credits"),
            ({"charge_category": "Adjustment"}, "billed", "credits"),
            ({"commitment_status": "Unused"}, "billed", "unused_commitment"),
            ({"charge_category": "Purchase", "commitment_status": "Unused"}, "billed", None),
            ({"charge_category": "Purchase", "commitment_status": "Unused"}, "effective", "unused_commitment"),
            ({"issuer": "AWS Marketplace"}, "billed", "marketplace"),
            ({"publisher": "Red Hat, Inc."}, "billed", "marketplace"),
            ({"provider": "Microsoft Azure", "publisher": "Microsoft", "issuer": "Microsoft"}, "billed", None),
            ({"charge_category": "Enchantment", "issuer": "AWS Marketplace"}, "billed", None),
        ]:
            self.assertEqual(special(charge(**fields), basis), treatment, fields)

    def test_central_money_goes_before_rules_and_follow_means_rules(self):
        charges = [charge("3", charge_category="Tax", tags={"team": "a"}), charge("-1", charge_category="Credit", tags={"team": "a"})]
        found = drawn(tree("a", "b", treatment={"tax": "b", "credits": "follow"}), charges)
        self.assertEqual((found["a"][0], found["b"][0]), ("-1", "3"))


class Pools(unittest.TestCase):
    SHARED = [rule("pool", service={"equal": "S3"})]

    def split(self, the_pool, total="1", charges=(), drivers=None, basis="billed"):
        rules = self.SHARED + tree("a", "b")["rules"]
        charges = [charge(total), *(charge(amount, service="x", **fields) for amount, fields in charges)]
        found = drawn(tree("a", "b", rules=rules, pools=[the_pool]), charges, basis, drivers)
        return found["a"][1], found["b"][1]

    def test_thirds_conserve_at_six_further_decimals(self):
        rules = self.SHARED
        found = drawn(tree("a", "b", "c", rules=rules, pools=[pool("pool", ["a", "b", "c"])]), [charge("0.1")])
        # 0.1 at 1 + 6 decimals is 1 000 000 units: 333 334 and twice 333 333.
        self.assertEqual([found[name][1] for name in "abc"], ["0.0333334", "0.0333333", "0.0333333"])

    def test_fixed_parts(self):
        self.assertEqual(self.split(pool("pool", ["b", "a"], "fixed", parts=["3", "1"])), ("0.25", "0.75"))

    def test_proportional_counts_usage_and_purchases_before_credits_and_negatives_as_zero(self):
        team = lambda name, **fields: {"tags": {"team": name}} | fields
        charges = [
            ("30", team("a")), ("-20", team("a", charge_category="Credit")), ("10", team("b", charge_category="Purchase")),
        ]  # fmt: skip
        self.assertEqual(self.split(pool("pool", ["a", "b"], "proportional"), "4", charges), ("3", "1"))
        charges = [("-5", team("a")), ("10", team("b"))]
        self.assertEqual(self.split(pool("pool", ["a", "b"], "proportional"), "4", charges), ("0", "4"))

    def test_drivers_are_those_of_the_billing_period(self):
        quantities = {
            ("requests", "2026-04", "a"): Fraction("0.5"),
            ("requests", "2026-04", "b"): Fraction("1.5"),
            ("requests", "2026-03", "a"): Fraction(100),
        }
        self.assertEqual(self.split(pool("pool", ["a", "b"], "driver", driver="requests"), drivers=quantities), ("0.25", "0.75"))

    def test_a_correction_is_divided_by_the_quantities_of_the_month_that_it_corrects(self):
        quantities = {("requests", "2026-04", "a"): Fraction(1), ("requests", "2026-03", "b"): Fraction(1)}
        the_pool = pool("pool", ["a", "b"], "driver", driver="requests")
        correction = charge("-4", corrects="2026-03")
        found = drawn(tree("a", "b", rules=[rule("pool")], pools=[the_pool]), [charge("10"), correction], drivers=quantities)
        self.assertEqual((found["a"][1], found["b"][1]), ("10", "-4"))

    def test_a_zero_base_falls_back(self):
        self.assertEqual(self.split(pool("pool", ["a", "b"], "driver", driver="requests")), ("0.5", "0.5"))
        self.assertEqual(self.split(pool("pool", ["a", "b"], "driver", {"to": "b"}, driver="requests")), ("0", "1"))

    def test_a_pool_feeds_pools_whatever_the_order_of_the_list(self):
        pools = [pool("lower", ["a", "b"]), pool("upper", ["lower", "b"], "fixed", parts=["1", "1"])]
        rules = [rule("upper", service={"equal": "S3"}), rule("lower", service={"equal": "EC2"})]
        found = drawn(tree("a", "b", rules=rules, pools=pools), [charge("4"), charge("1", service="EC2")])
        # upper: 4 → lower 2, b 2; lower: 1 + 2 → a 1.5, b 1.5.
        self.assertEqual((found["a"][1], found["b"][1]), ("1.5", "3.5"))

    def test_a_circle_is_refused(self):
        pools = [pool("one", ["two"]), pool("two", ["one"])]
        with self.assertRaises(recompute.Wrong):
            drawn(tree("a", pools=pools), [charge("1")])


class Invoices(unittest.TestCase):
    def test_invoices_sum_to_the_rounded_bill_and_ties_go_to_the_smaller_group(self):
        charges = [charge("0.005", tags={"team": "b"}), charge("0.005", tags={"team": "a"})]
        found = drawn(tree("b", "a"), charges)
        self.assertEqual({name: total for name, (_, _, total) in found.items()}, {"a": "0.01", "b": "0.00", "rest": "0.00"})

    def test_a_negative_bill(self):
        # −0.0000000676 in all rounds to 0.00: floors are −0.01 and 0.00, the missing cent goes to the negative.
        found = drawn(tree("a"), [charge("-0.0000000676", tags={"team": "a"})])
        self.assertEqual(found["a"], ("-0.0000000676", "0", "0.00"))

    def test_each_period_and_currency_is_its_own_bill(self):
        charges = [charge("1.5", currency="JPY"), charge("2"), charge("3", period="2026-03")]
        periods = recompute.recompute(tree("a"), charges, {}, "billed")["periods"]
        self.assertEqual(
            [(found["billing_period"], found["currency"], found["invoiced_total"], found["rounding"]) for found in periods],
            [("2026-03", "USD", "3.00", "0"), ("2026-04", "JPY", "2", "-0.5"), ("2026-04", "USD", "2.00", "0")],
        )

    def test_the_digits_of_a_bill_do_not_depend_on_the_others(self):
        rules = [rule("platform", service={"equal": "S3"})]
        shared = tree("a", "b", "c", pools=[pool("platform", ["a", "b", "c"])], rules=rules)
        charges = [charge("0.1"), charge("0.00000000001", period="2026-05")]
        april, _ = recompute.recompute(shared, charges, {}, "billed")["periods"]
        shares = {found["cost_group"]: found["shared"] for found in april["invoices"]}
        self.assertEqual(shares, {"a": "0.0333334", "b": "0.0333333", "c": "0.0333333", "rest": "0"})

    def test_a_cost_that_one_file_lacks_is_null(self):
        charges = [charge("1", list=Decimal(2)), charge("1", list=Decimal(3), contracted=ZERO)]
        (period,) = recompute.recompute(tree("a"), charges, {}, "billed")["periods"]
        self.assertEqual(period["master_bill"], {"billed": "2", "effective": "2", "list": "5", "contracted": None})

    def test_differences_are_numbers_for_exact_amounts_and_text_for_totals(self):
        ours = {"periods": recompute.recompute(tree("a"), [charge("1.50")], {}, "billed")["periods"]}
        theirs = recompute.json.loads(recompute.json.dumps(ours))
        theirs["periods"][0]["rounding"] = "0.000"
        theirs["periods"][0]["more"] = 1
        self.assertEqual(list(differences(ours, theirs)), [])
        theirs["periods"][0]["invoices"][0]["total"] = "0.0"
        theirs["periods"][0]["invoices"][1]["exact"] = "1.51"
        del theirs["periods"][0]["charges"]
        self.assertEqual(
            list(differences(ours, theirs)),
            [
                ".periods[2026-04 USD].charges: missing",
                ".periods[2026-04 USD].invoices[a].total: '0.00' here, '0.0' there",
                ".periods[2026-04 USD].invoices[rest].exact: 1.5 here, 1.51 there",
            ],
        )


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    FOCUS = {
        "BillingPeriodStart": "2026-04-01T00:00:00Z", "BillingCurrency": "USD", "ChargeCategory": "Usage",
        "BilledCost": "1.25", "EffectiveCost": "1.5", "ListCost": "NULL", "Tags": '{"team":"a","empty":"","n":1.10}',
    }  # fmt: skip

    def test_focus_csv(self):
        with open(self.folder / "focus.csv", "w", newline="") as text:
            writer = csv.DictWriter(text, self.FOCUS)
            writer.writeheader()
            writer.writerow(self.FOCUS)
        (found,) = recompute.read_charges([self.folder])
        self.assertEqual([found[cost] for cost in recompute.COSTS], [Decimal("1.25"), Decimal("1.5"), 0, None])
        self.assertEqual(found["tags"], {"team": "a", "n": "1.10"})

    def test_focus_parquet_with_doubles_decimals_and_maps(self):
        import pyarrow
        import pyarrow.parquet

        start = recompute.datetime.datetime(2026, 4, 1)
        table = pyarrow.table(
            {
                "BillingPeriodStart": pyarrow.array([start], pyarrow.timestamp("us")),
                "BillingCurrency": pyarrow.array(["USD"]).dictionary_encode(),
                "ChargeCategory": ["Usage"],
                "BilledCost": pyarrow.array([0.1]),
                "EffectiveCost": pyarrow.array([Decimal("0.100000000000000001")], pyarrow.decimal128(38, 18)),
                "Tags": pyarrow.array([[("team", "a"), ("none", None)]], pyarrow.map_(pyarrow.string(), pyarrow.string())),
            }
        )
        pyarrow.parquet.write_table(table, self.folder / "focus.parquet")
        (found,) = recompute.read_charges([self.folder])
        self.assertEqual([found[cost] for cost in recompute.COSTS], [Decimal("0.1"), Decimal("0.100000000000000001"), None, None])
        self.assertEqual((found["period"], found["currency"], found["tags"]), ("2026-04", "USD", {"team": "a"}))

    def cur(self, **fields):
        row = {
            "bill_billing_period_start_date": "2026-04-01T00:00:00.000Z", "line_item_currency_code": "USD",
            "line_item_line_item_type": "Usage", "line_item_unblended_cost": "2", "bill_billing_entity": "AWS",
            "resource_tags": '{"user_team":"a"}', "product": '{"product_name":"Amazon S3"}',
            "savings_plan_savings_plan_effective_cost": "1.2", "savings_plan_total_commitment_to_date": "10",
            "savings_plan_used_commitment": "7.5", "reservation_effective_cost": "0.9",
            "reservation_unused_amortized_upfront_fee_for_billing_period": "0.3", "reservation_unused_recurring_fee": "0.4",
            "reservation_reservation_a_r_n": "",
        } | fields  # fmt: skip
        with gzip.open(self.folder / "cur.csv.gz", "wt", newline="") as text:
            writer = csv.DictWriter(text, row)
            writer.writeheader()
            writer.writerow(row)
        (found,) = recompute.read_charges([self.folder])
        return found

    def test_cur_amortisation(self):
        for line_type, fields, category, status, effective in [
            ("Usage", {}, "Usage", "", "2"),
            ("SavingsPlanCoveredUsage", {}, "Usage", "Used", "1.2"),
            ("SavingsPlanRecurringFee", {}, "Purchase", "Unused", "2.5"),
            ("SavingsPlanUpfrontFee", {}, "Purchase", "", "0"),
            ("SavingsPlanNegation", {}, "Usage", "Used", "0"),
            ("DiscountedUsage", {}, "Usage", "Used", "0.9"),
            ("RIFee", {}, "Purchase", "Unused", "0.7"),
            ("Fee", {}, "Purchase", "", "2"),
            ("Fee", {"reservation_reservation_a_r_n": "arn:ri"}, "Purchase", "", "0"),
            ("EdpDiscount", {}, "Credit", "", "2"),
            ("Novelty", {}, "Novelty", "", "2"),
        ]:
            found = self.cur(line_item_line_item_type=line_type, **fields)
            self.assertEqual((found["charge_category"], found["commitment_status"]), (category, status), line_type)
            self.assertEqual((found["billed"], found["effective"]), (Decimal(2), Decimal(effective)), line_type)

    def test_cur_words(self):
        found = self.cur(bill_billing_entity="AWS Marketplace", bill_invoicing_entity="Red Hat, Inc.")
        self.assertEqual((found["service"], found["tags"], found["issuer"]), ("Amazon S3", {"team": "a"}, "AWS Marketplace"))
        self.assertEqual(self.cur(bill_invoicing_entity="Amazon Web Services, Inc.")["issuer"], "Amazon Web Services, Inc.")

    def test_other_files_and_ragged_rows_are_refused(self):
        for text in ("a,b\n1,2\n", "BilledCost,EffectiveCost\n1\n"):
            (self.folder / "wrong.csv").write_text(text)
            with self.assertRaises(recompute.Wrong):
                list(recompute.read_charges([self.folder]))


if __name__ == "__main__":
    unittest.main()
