"""Compare the addon with Odoo itself: ``./dev bench [merge] [reroute] [run] [consolidate] [workers] [--help]``.

Only ratios mean something: the contenders run alternately, on the same rows, in one process
(memory: in paired processes). The data is created in a database of its own that `./dev bench`
drops afterwards.
"""

import argparse
import sys
import time
from pathlib import Path

from consolidating import benchmark_consolidate, child_billing_memory
from merging import benchmark_merge, child_memory
from output import write_json
from rerouting import benchmark_reroute
from running import benchmark_run, child_run_memory
from session import connect
from workers import benchmark_workers

RESULTS = Path(__file__).resolve().parents[1] / ".dev" / "bench"
BENCHMARKS = {
    "merge": benchmark_merge,
    "reroute": benchmark_reroute,
    "run": benchmark_run,
    "consolidate": benchmark_consolidate,
    "workers": benchmark_workers,
}


def parse_arguments(arguments):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help=f"{', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--orders", type=int, default=1000, help="orders to invoice (1000)")
    parser.add_argument("--lines", type=int, default=5, help="lines per order (5)")
    parser.add_argument("--per-invoice", type=int, default=5, help="orders per customer, that is per invoice (5)")
    parser.add_argument("--open-orders", type=int, default=10000, help="orders to re-route (10000)")
    parser.add_argument("--memory-orders", type=int, default=10000, help="orders of the run for the memory (10000)")
    parser.add_argument("--documents", type=int, default=400, help="documents that the workers create (400)")
    parser.add_argument("--customers", type=int, default=1000, help="customers to consolidate (1000)")
    parser.add_argument("--entries", type=int, default=20, help="entries of each customer in a period (20)")
    parser.add_argument("--periods", type=int, default=2, help="earlier periods, billed and paid (2)")
    parser.add_argument("--profile", action="store_true", help="show where the time goes (consolidate)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each contender (5)")
    parser.add_argument("--json", type=Path, help="file for the figures (.dev/bench/DATE.json)")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)  # a child process of the benchmark itself
    parser.add_argument("--run-memory", action="store_true", help=argparse.SUPPRESS)  # likewise
    parser.add_argument("--billing-memory", action="store_true", help=argparse.SUPPRESS)  # likewise
    options = parser.parse_args(arguments)
    unknown = set(options.benchmarks) - set(BENCHMARKS)
    if unknown:
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}. Choose of: {', '.join(BENCHMARKS)}.")
    numbers = {name: value for name, value in vars(options).items() if type(value) is int}
    if min(numbers.values()) < 1 and not (numbers.pop("periods") == 0 and min(numbers.values()) >= 1):
        parser.error("Every number must be 1 or more; only --periods can be 0.")
    return options


def main(arguments):
    """Run the benchmarks that were asked for."""
    options = parse_arguments(arguments)
    registry = connect()
    if options.memory_of:
        child_memory(registry, options.memory_of)
        return
    if options.run_memory:
        child_run_memory(registry)
        return
    if options.billing_memory:
        child_billing_memory(registry)
        return
    results = {name: BENCHMARKS[name](registry, options) for name in options.benchmarks or BENCHMARKS}
    write_json(options.json or RESULTS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json", results)


if __name__ == "__main__":
    main(sys.argv[1:])
