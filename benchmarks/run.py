"""Compare the addon with Odoo itself and with other addons: ``./dev bench [BENCHMARK ...] [--help]``.

Only ratios mean something: the contenders run alternately, on the same rows, in one process or in a process and a
database for each. The data is created in databases that `./dev bench` drops afterwards.
"""

import sys
import time

import billing_rival
import consolidating
import growing
import merging
import printing
import rerouting
import running
from options import RESULTS, parse_arguments
from output import write_json
from paired import serve
from session import connect
from workers import benchmark_workers

FUNCTIONS = {
    "merge": merging.benchmark_merge,
    "single": merging.benchmark_single,
    "reroute": rerouting.benchmark_reroute,
    "run": running.benchmark_run,
    "growth": growing.benchmark_growth,
    "consolidate": consolidating.benchmark_consolidate,
    "print": printing.benchmark_print,
    "workers": benchmark_workers,
}
# The others leave the databases to the processes that they start.
IN_PROCESS = {"reroute", "run", "consolidate", "workers"}
TASKS = {**merging.TASKS, **growing.TASKS, **billing_rival.TASKS, **printing.TASKS}


def main(arguments):
    """Run the benchmarks that were asked for, or one of the processes that they start."""
    options = parse_arguments(arguments)
    if options.serve:
        serve(connect(), TASKS)
    elif options.run_memory:
        running.child_run_memory(connect())
    elif options.billing_memory:
        consolidating.child_billing_memory(connect())
    else:
        registry = connect() if IN_PROCESS & set(options.benchmarks) else None
        results = {name: FUNCTIONS[name](registry, options) for name in options.benchmarks}
        write_json(options.json or RESULTS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json", results)


if __name__ == "__main__":
    main(sys.argv[1:])
