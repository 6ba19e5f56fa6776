"""The command line of `./dev bench`, and the databases that it asks for; `./dev` reads it, too, so it needs no Odoo."""

import argparse
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / ".dev" / "bench"

# What is installed in each database besides `sale_management`: the addon itself, or addons that it is compared with.
ADDON, CORE, CRITERIA, MODE, BILLING, SELECTING, GROWTH, PRINT, QUEUE = (
    "addon",
    "core",
    "criteria",
    "mode",
    "billing",
    "selecting",
    "growth",
    "print",
    "queue",
)
WITH_ADDON = (ADDON, GROWTH, PRINT)
WITH_ALL_ADDONS = (QUEUE,)
OTHER_ADDONS = {
    CORE: (),
    CRITERIA: ("sale_order_invoicing_grouping_criteria",),
    MODE: ("partner_invoicing_mode",),
    BILLING: ("account_billing",),
    SELECTING: ("account_billing",),
}

INVOICING = (CORE, CRITERIA, MODE, ADDON)
BENCHMARKS = {
    "merge": INVOICING,
    "single": INVOICING,
    "reroute": (ADDON,),
    "run": (ADDON,),
    "growth": (GROWTH,),
    "consolidate": (ADDON, BILLING, SELECTING),
    "print": (PRINT,),
    "workers": (QUEUE,),
}

NUMBERS = {
    "orders": (1000, "orders to invoice, and to print"),
    "lines": (5, "lines per order"),
    "per-invoice": (5, "orders per customer, that is per invoice"),
    "single-orders": (800, "orders of the one invoice of `single`"),
    "open-orders": (10000, "orders to re-route"),
    "memory-orders": (10000, "orders of the run for the memory"),
    "growth-base": (1000, "orders of the small run of `growth`"),
    "growth-orders": (50000, "orders of its large run"),
    "customers": (1000, "customers to consolidate"),
    "entries": (20, "entries of each customer in a period"),
    "per-request": (1, "documents that account_billing makes in a request; its buttons make one"),
    "periods": (2, "earlier periods, billed and paid"),
    "documents": (400, "documents that the workers create"),
    "pdfs": (50, "invoices to print as PDF"),
    "rounds": (5, "runs of each contender"),
}


def parse_arguments(arguments):
    """Return the options of the command line.

    :param list[str] arguments: what follows ``./dev bench``
    :rtype: argparse.Namespace
    """
    parser = argparse.ArgumentParser(
        prog="./dev bench", description="Compare the addon with Odoo and with other addons."
    )
    parser.add_argument("benchmarks", nargs="*", metavar="BENCHMARK", help=f"{', '.join(BENCHMARKS)} (default: all)")
    for name, (default, text) in NUMBERS.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{text} ({default})")
    parser.add_argument("--profile", action="store_true", help="show where the time goes (consolidate)")
    parser.add_argument("--no-pdf", action="store_true", help="print as HTML only")
    parser.add_argument("--json", type=Path, help="file for the figures (.dev/bench/DATE.json)")
    parser.add_argument("--run-memory", action="store_true", help=argparse.SUPPRESS)  # a child process
    parser.add_argument("--billing-memory", action="store_true", help=argparse.SUPPRESS)  # likewise
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)  # likewise
    options = parser.parse_args(arguments)
    unknown = set(options.benchmarks) - set(BENCHMARKS)
    if unknown:
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}. Choose of: {', '.join(BENCHMARKS)}.")
    numbers = {name: getattr(options, name.replace("-", "_")) for name in NUMBERS}
    if numbers.pop("periods") < 0 or min(numbers.values()) < 1:
        parser.error("Every number must be 1 or more; only --periods can be 0.")
    if options.growth_orders <= options.growth_base:
        parser.error("--growth-orders must be more than --growth-base.")
    options.benchmarks = options.benchmarks or list(BENCHMARKS)
    return options


def needed_databases(options):
    """Return the names of the databases that the chosen benchmarks use.

    :param argparse.Namespace options: the options of the command line
    :rtype: list[str]
    """
    return list(dict.fromkeys(name for benchmark in options.benchmarks for name in BENCHMARKS[benchmark]))
