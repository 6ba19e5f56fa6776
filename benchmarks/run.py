"""Compare the addon with Odoo itself: ``./dev bench [merge] [reroute] [run] [--help]``.

Only ratios mean something: the contenders run alternately, on the same rows, in one process
(memory: in paired processes). The data is created in a database of its own that `./dev bench`
drops afterwards.
"""

import argparse
import sys
import time
from pathlib import Path

from merging import benchmark_merge, child_memory
from output import write_json
from rerouting import benchmark_reroute
from running import benchmark_run, child_run_memory
from session import connect

RESULTS = Path(__file__).resolve().parents[1] / ".dev" / "bench"
BENCHMARKS = {"merge": benchmark_merge, "reroute": benchmark_reroute, "run": benchmark_run}


def parse_arguments(arguments):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help="merge, reroute, run (default: all)")
    parser.add_argument("--orders", type=int, default=1000, help="orders to invoice (1000)")
    parser.add_argument("--lines", type=int, default=5, help="lines per order (5)")
    parser.add_argument("--per-invoice", type=int, default=5, help="orders per customer, that is per invoice (5)")
    parser.add_argument("--open-orders", type=int, default=10000, help="orders to re-route (10000)")
    parser.add_argument("--memory-orders", type=int, default=10000, help="orders of the run for the memory (10000)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each contender (5)")
    parser.add_argument("--json", type=Path, help="file for the figures (.dev/bench/DATE.json)")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)  # a child process of the benchmark itself
    parser.add_argument("--run-memory", action="store_true", help=argparse.SUPPRESS)  # likewise
    options = parser.parse_args(arguments)
    unknown = set(options.benchmarks) - set(BENCHMARKS)
    if unknown:
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}. Choose of: {', '.join(BENCHMARKS)}.")
    if min(options.orders, options.lines, options.per_invoice, options.open_orders, options.rounds) < 1:
        parser.error("Every number must be 1 or more.")
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
    results = {name: BENCHMARKS[name](registry, options) for name in options.benchmarks or BENCHMARKS}
    write_json(options.json or RESULTS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json", results)


if __name__ == "__main__":
    main(sys.argv[1:])
