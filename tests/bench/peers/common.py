"""What both peers share: columns of each format, rules as small tables, what is printed."""

import argparse
import json
import os
import time


def arguments(forms):
    parser = argparse.ArgumentParser()
    parser.add_argument("format", choices=["focus", "cur", "legacy"])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--rules", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--form", choices=forms, default=os.environ.get("FORM", forms[0]))
    return parser.parse_args()


class Rules:
    """The rules as one table for each kind of condition: what is asked, and the place of the first rule that asks it."""

    def __init__(self, path):
        rules = json.load(open(path))
        self.groups = [rule["to"] for rule in rules] + ["unallocated"]
        self.service, self.team, self.account = {}, {}, {}
        self.team_environment, self.application_prefix, self.account_service_prefix = [], [], []
        for place, rule in enumerate(rules):
            if rule["service"]:
                self.service.setdefault(rule["service"], place)
            elif rule["environments"]:
                self.team_environment += [(t, e, place) for t in rule["teams"] for e in rule["environments"]]
            elif rule["teams"]:
                for team in rule["teams"]:
                    self.team.setdefault(team, place)
            elif rule["application_prefix"]:
                self.application_prefix.append((rule["application_prefix"], place))
            elif rule["service_prefix"]:
                self.account_service_prefix += [(a, rule["service_prefix"], place) for a in rule["accounts"]]
            else:
                for account in rule["accounts"]:
                    self.account.setdefault(account, place)


def peak_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


class Watch:
    def __init__(self):
        self.wall, self.cpu = time.perf_counter_ns(), time.process_time_ns()

    def report(self, rows):
        """Prints rows of currency, cost group, charges, billed and effective cost."""
        wall, cpu = time.perf_counter_ns() - self.wall, time.process_time_ns() - self.cpu
        groups = {}
        for currency, group, charges, billed, effective in rows:
            groups.setdefault(currency, {})[group] = {"charges": charges, "billed": billed, "effective": effective}
        charges = sum(group["charges"] for of_currency in groups.values() for group in of_currency.values())
        found = {"microseconds": wall // 1000, "cpu_milliseconds": cpu // 10**6, "peak_kib": peak_kib()}
        print(json.dumps({**found, "charges": charges, "groups": groups}))
