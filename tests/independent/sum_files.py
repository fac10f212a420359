"""Sums billing files with `decimal` and holds what `dayone preview --format json` prints of each against it.

    sum_files.py --tree TREE.json FILE PREVIEW.json ALLOCATED.json [FILE PREVIEW.json ALLOCATED.json ...]

PREVIEW.json is of FILE alone, ALLOCATED.json of FILE with that tree. Prints what differs, and exits with 1 if anything does.
"""

import argparse
import json
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from recompute import COSTS, ZERO, Wrong, differences, plain, read_charges, recompute


def summed(charges):
    """Each bill of a file: how many charges, the four sums, and the sums above zero by tag key, account and service."""
    bills = defaultdict(list)
    for charge in charges:
        bills[charge["period"], charge["currency"]].append(charge)
    return {bill: sums_of(charges) for bill, charges in sorted(bills.items())}


def sums_of(charges):
    covered = {"tag_keys": defaultdict(Decimal), "sub_accounts": defaultdict(Decimal), "services": defaultdict(Decimal)}
    above_zero = [charge for charge in charges if charge["billed"] > 0]
    for charge in above_zero:
        covered["sub_accounts"][charge["sub_account"]] += charge["billed"]
        covered["services"][charge["service"]] += charge["billed"]
        for key in charge["tags"]:
            covered["tag_keys"][key] += charge["billed"]
    return {
        "charges": len(charges),
        "master_bill": {cost: total(charges, cost) for cost in COSTS},
        "cost_before_credits": sum((charge["billed"] for charge in above_zero), ZERO),
        "covered": covered,
    }


def total(charges, cost):
    """Of a cost that the file has no column for there is no sum."""
    return None if any(charge[cost] is None for charge in charges) else sum((charge[cost] for charge in charges), ZERO)


def shown(preview):
    """The same figures of a preview; what is there twice is wrong."""
    found = {}
    for period in preview["periods"]:
        coverage = period["coverage"]
        covered = {}
        for key in ("tag_keys", "sub_accounts", "services"):
            covered[key] = {item["name"]: Decimal(item["cost"]) for item in coverage[key]}
            if len(covered[key]) != len(coverage[key]):
                raise Wrong(f"{key}: something is there twice")
        found[period["billing_period"], period["currency"]] = {
            "charges": period["charges"],
            "master_bill": {cost: None if text is None else Decimal(text) for cost, text in period["master_bill"].items()},
            "cost_before_credits": Decimal(coverage["cost_before_credits"]),
            "covered": covered,
        }
    return found


def unlike(ours, theirs, where):
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        for key in ours:
            yield from unlike(ours[key], theirs[key], f"{where}.{key}")
    elif ours != theirs:
        yield f"{where}: {text(ours)} here, {text(theirs)} there"


def text(value):
    return plain(value) if isinstance(value, Decimal) else str(value)


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def main():
    parser = argparse.ArgumentParser(description="Holds previews against the sums of their files.")
    parser.add_argument("--tree", required=True)
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    tree = read(options.tree)
    count, wrong = 0, 0
    for file, preview, allocated in zip(*[iter(options.paths)] * 3, strict=True):
        charges = list(read_charges([file]))
        found = list(unlike(summed(charges), shown(read(preview)), file))
        found += (f"{file} with a tree{line}" for line in differences(recompute(tree, charges, {}, "billed"), read(allocated)))
        print("".join(line + "\n" for line in found), end="")
        count, wrong = count + len(charges), wrong + len(found)
    print(f"{len(options.paths) // 3} files of {count} charges: {wrong or 'no'} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
