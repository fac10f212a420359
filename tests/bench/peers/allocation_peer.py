"""Three levels of splits in cloud-cost-allocation, as `allocation_at_scale` makes them: 12 pools, the last 4 to all groups.

What it can do of the job: divide. Rules on accounts and services it does not know (a cost belongs to a service that its tags
name), so each cost comes with its receiver found; it sums doubles, and rounds nothing to cents.
"""

import __future__

import sys
import time
from configparser import ConfigParser
from importlib.machinery import SourceFileLoader

# Release 2.4.0 names classes in annotations before it defines them, which Python takes from 3.14 on; before that only so.
# Code that pip has compiled is not looked for.
sys.implementation.cache_tag = None
FLAGS = __future__.annotations.compiler_flag
SourceFileLoader.source_to_code = lambda _, data, path, **__: compile(data, path, "exec", flags=FLAGS, dont_inherit=True)

from cloud_cost_allocation.cloud_cost_allocator import CloudCostAllocator
from cloud_cost_allocation.config import Config
from cloud_cost_allocation.cost_items import CloudCostItem, ConsumerCostItem, CostItemFactory

POOLS = [4, 4, 4]
DATE = "2026-05-01"


def cloud_cost(config, service, amount):
    item = CloudCostItem()
    item.initialize(config)
    item.date_str, item.currency, item.service, item.instance = DATE, "USD", service, service
    item.amounts[0] = amount
    return item


def consumer(config, provider, service, weight):
    item = ConsumerCostItem()
    item.initialize(config)
    item.date_str, item.currency, item.service, item.instance = DATE, "USD", service, service
    item.provider_service = item.provider_instance = provider
    item.provider_cost_allocation_type = "Key"
    item.allocation_keys[0] = weight
    return item


def main(rows, groups):
    parser = ConfigParser(interpolation=None)
    parser.read_dict({"General": {"DateFormat": "%Y-%m-%d", "DefaultService": "unallocated", "DefaultProduct": "none", "Amounts": "Cost",
                                  "AllocationKeys": "Key", "AmountAllocationKeys": "Cost:Key", "NumberOfProviderMeters": "0",
                                  "NumberOfProductDimensions": "0", "NumberOfProductMeters": "0"},
                      "TagKey": {}, "Cycles": {"MaxBreaks": "10"}})
    config = Config(parser)
    levels = [[f"pool{level}-{place}" for place in range(count)] for level, count in enumerate(POOLS)]
    levels.append([f"group-{place}" for place in range(groups)])
    receivers = [name for level in levels for name in level]
    costs = [cloud_cost(config, receivers[row % len(receivers)], (row % 997 + 1) / 100) for row in range(rows)]
    keys = [consumer(config, provider, to, 1.0 + place % 7)
            for above, below in zip(levels, levels[1:]) for provider in above for place, to in enumerate(below)]
    allocator = CloudCostAllocator(CostItemFactory(config))
    allocator.currency, allocator.date_str = "USD", DATE
    begin = time.perf_counter()
    done = allocator.allocate(keys, costs, ["Cost"])
    took = time.perf_counter() - begin
    arrived = sum(item.amounts[0] for instance in allocator.service_instances.values() if instance.service.startswith("group-")
                  for item in instance.cost_items if not item.is_self_consumption())
    generated = sum(cost.amounts[0] for cost in costs)
    done = done and abs(arrived - generated) < 1e-9 * generated
    print(f"rows {rows}\tgroups {groups}\tallocate {took:.3f}{'' if done else '  (failed)'}", flush=True)


for rows, groups in [(10_000, 500), (100_000, 500), (100_000, 5_000), (1_000_000, 5_000)]:
    main(rows, groups)
