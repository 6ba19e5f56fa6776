"""Compare the addon with Odoo itself: ``./dev bench [merge] [reroute] [--help]``.

Only ratios mean something: the contenders run alternately, on the same rows, in one process
(memory: in paired processes). The data is created in a database of its own that `./dev bench`
drops afterwards.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from contenders import (
    CORE,
    PLAIN,
    SECTIONS,
    invoice_contenders,
    invoice_outcome,
    reroute_contender,
    reroute_outcome,
)
from dataset import create_customers, create_orders, create_products, create_seller, set_up_company
from measuring import (
    Contender,
    alternate,
    analyze,
    measure,
    median,
    open_environment,
    peak_memory,
    ratio,
    reset_peak_memory,
)
from output import progress, show_table, write_json

from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import config

RESULTS = Path(__file__).resolve().parents[1] / ".dev" / "bench"
MEMORY_MARK = "memory: "
WARM_UP_ORDERS = 50
TARGET = 1.05


def parse_arguments(arguments):
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "benchmarks", nargs="*", metavar="BENCHMARK", help="merge, reroute (default: both)"
    )
    parser.add_argument("--orders", type=int, default=1000, help="orders to invoice (1000)")
    parser.add_argument("--lines", type=int, default=5, help="lines per order (5)")
    parser.add_argument(
        "--per-invoice", type=int, default=5, help="orders per customer, that is per invoice (5)"
    )
    parser.add_argument("--open-orders", type=int, default=10000, help="orders to re-route (10000)")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each contender (5)")
    parser.add_argument("--json", type=Path, help="file for the figures (.dev/bench/DATE.json)")
    parser.add_argument(
        "--memory-of", help=argparse.SUPPRESS
    )  # a child process of the benchmark itself
    options = parser.parse_args(arguments)
    unknown = set(options.benchmarks) - set(BENCHMARKS)
    if unknown:
        parser.error(
            f"There is no benchmark {', '.join(sorted(unknown))}."
            f" Choose of: {', '.join(BENCHMARKS)}."
        )
    if (
        min(options.orders, options.lines, options.per_invoice, options.open_orders, options.rounds)
        < 1
    ):
        parser.error("Every number must be 1 or more.")
    return options


def connect():
    """Return the registry of the database that `./dev bench` made."""
    if not os.environ.get("CB_BENCH_DB"):
        sys.exit("Start the benchmarks with ./dev bench: it makes the database.")
    config.parse_config(
        ["-c", os.environ["CB_BENCH_CONFIG"], "--log-level=warn"], setup_logging=True
    )
    return Registry(os.environ["CB_BENCH_DB"])


def superuser(cr):
    return api.Environment(cr, api.SUPERUSER_ID, {})


def get_seller_id(registry):
    """Return the user on whose behalf everything is measured; set up the company the first time."""
    with registry.cursor() as cr:
        env = superuser(cr)
        seller = env["res.users"].search([("login", "=", "benchmark")])
        if not seller:
            set_up_company(env)
            seller = create_seller(env)
        return seller.id


# === MERGE ===#


def get_mergeable_orders(registry, options):
    """Create orders of which a customer's share an invoice.

    :return: ids of the orders, those of an invoice next to each other
    :rtype: list[int]
    """
    seller_id = get_seller_id(registry)
    with registry.cursor() as cr:
        env = api.Environment(cr, seller_id, {}, su=True)
        customers = create_customers(env, -(-options.orders // options.per_invoice))
        products = create_products(env, options.lines)
        orders = create_orders(env, customers, products, options.per_invoice)
        ids = orders.sorted(lambda order: (order.partner_id.id, order.id)).ids[: options.orders]
    analyze(registry)
    return ids


def benchmark_merge(registry, options):
    """Compare `_create_invoices` of the addon with core's: time, queries, memory.

    :return: figures, ready for JSON
    :rtype: dict
    """
    progress(f"creating {options.orders} orders of {options.lines} lines")
    order_ids = get_mergeable_orders(registry, options)
    user_id = get_seller_id(registry)
    for contender in invoice_contenders(order_ids[:WARM_UP_ORDERS]):
        measure(registry, user_id, contender, invoice_outcome)

    def report(name, sample):
        progress(f"{name}: {sample.cpu:.2f} s CPU, {sample.wall:.2f} s, {sample.queries} queries")

    samples = alternate(
        registry, user_id, invoice_contenders(order_ids), invoice_outcome, options.rounds, report
    )
    outcomes = {sample.outcome for runs in samples.values() for sample in runs}
    if len(outcomes) != 1:
        sys.exit(f"The contenders disagree, their times cannot be compared: {outcomes}")
    invoices, lines, _total = outcomes.pop()
    memory = {name: measure_memory(name, order_ids) for name in samples}
    show_merge_table(
        samples, memory, f"{options.orders} orders × {options.lines} lines → {invoices} invoices"
    )
    extra = count_extra_queries(registry, user_id, order_ids)
    return {
        "orders": options.orders,
        "invoices": invoices,
        "product_lines": lines,
        "samples": {name: [sample._asdict() for sample in runs] for name, runs in samples.items()},
        "ratios": {
            name: {
                figure: ratio(runs, samples[CORE], figure) for figure in ("cpu", "wall", "queries")
            }
            for name, runs in samples.items()
        },
        "memory_mib": memory,
        "queries_by_batch": extra,
    }


def show_merge_table(samples, memory, title):
    """Print the medians and their ratios against core's."""
    base = memory[CORE]
    rows = [
        [
            name,
            f"{median(runs, 'cpu'):.2f}",
            f"{ratio(runs, samples[CORE], 'cpu'):.3f}",
            f"{median(runs, 'wall'):.2f}",
            f"{ratio(runs, samples[CORE], 'wall'):.3f}",
            f"{median(runs, 'queries'):.0f}",
            f"{memory[name]['peak']:.0f}",
            f"{memory[name]['peak'] / base['peak']:.3f}",
            f"{memory[name]['growth'] / base['growth']:.3f}",
        ]
        for name, runs in samples.items()
    ]
    header = [
        "",
        "CPU s",
        "ratio",
        "wall s",
        "ratio",
        "queries",
        "peak MiB",
        "ratio",
        "growth ratio",
    ]
    show_table(
        f"{title} (medians of {len(samples[CORE])}; target with sections off ≤ {TARGET})",
        header,
        rows,
    )


def count_extra_queries(registry, user_id, order_ids):
    """Count the queries of each contender for a quarter, a half and all of the orders.

    :return: queries by contender and number of orders
    :rtype: dict[str, dict[int, int]]
    """
    sizes = sorted({max(1, len(order_ids) // share) for share in (4, 2, 1)})
    counts = {name: {} for name in (CORE, PLAIN, SECTIONS)}
    for size in sizes:
        for contender in invoice_contenders(order_ids[:size]):
            sample = measure(registry, user_id, contender, invoice_outcome)
            counts[contender.name][size] = sample.queries
    rows = [
        [
            str(size),
            str(counts[CORE][size]),
            *(f"+{counts[name][size] - counts[CORE][size]}" for name in (PLAIN, SECTIONS)),
        ]
        for size in sizes
    ]
    show_table(
        "Queries (the additional ones must not depend on the orders)",
        ["orders", CORE, PLAIN, SECTIONS],
        rows,
    )
    return counts


def measure_memory(name, order_ids):
    """Measure the peak memory of one contender in a process of its own.

    :param str name: the contender
    :return: MiB: ``peak`` of the process, ``growth`` above what it used before it started
    :rtype: dict[str, float]
    """
    child = subprocess.run(
        [sys.executable, __file__, "--memory-of", name],
        input=json.dumps(order_ids),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    line = next(line for line in child.stdout.splitlines() if line.startswith(MEMORY_MARK))
    result = json.loads(line.removeprefix(MEMORY_MARK))
    progress(f"{name}: peak {result['peak']:.0f} MiB, {result['growth']:.0f} more than before")
    return result


def child_memory(registry, name):
    """Run one contender, warmed up, and print its memory; garbage is collected as usual."""
    order_ids = json.load(sys.stdin)
    user_id = get_seller_id(registry)
    for size in (WARM_UP_ORDERS, len(order_ids)):
        contender = next(item for item in invoice_contenders(order_ids[:size]) if item.name == name)
        with open_environment(registry, user_id) as env:
            contender.prepare(env)
            before = reset_peak_memory()
            contender.run(env)
            env.flush_all()
            peak = peak_memory()
    print(MEMORY_MARK + json.dumps({"peak": peak, "growth": peak - before}))


# === REROUTE ===#


def create_members(registry, sizes):
    """Create two grouping accounts, and members of the first of them with open orders.

    :param list[int] sizes: open orders of each member
    :return: id of the second grouping account, ids of the members
    :rtype: tuple[int, list[int]]
    """
    seller_id = get_seller_id(registry)
    with registry.cursor() as cr:
        env = api.Environment(cr, seller_id, {}, su=True)
        accounts = create_customers(env, 2)
        accounts.action_make_grouping_account()
        members = create_customers(env, len(sizes), grouping_partner_id=accounts[0].id)
        products = create_products(env, 2)
        for member, size in zip(members, sizes, strict=True):
            create_orders(env, member, products, size)
        result = accounts[1].id, members.ids
    analyze(registry)
    return result


def benchmark_reroute(registry, options):
    """Give members with more and more open orders another grouping account.

    :return: figures, ready for JSON
    :rtype: dict
    """
    total = options.open_orders
    sizes = [min(100, total), *sorted({max(1, total // share) for share in (10, 5, 2, 1)})]
    progress(f"creating {sum(sizes)} open orders")
    account_id, member_ids = create_members(registry, sizes)
    user_id = get_seller_id(registry)
    rows, figures = [], {}
    for position, (size, member_id) in enumerate(zip(sizes, member_ids, strict=True)):
        contender: Contender = reroute_contender(member_id, account_id)
        sample = measure(registry, user_id, contender, reroute_outcome)
        if sample.outcome != (size, 0):
            sys.exit(f"{sample.outcome[1]} of {size} orders were not re-routed.")
        if position == 0:
            continue  # warm-up
        progress(
            f"{size} orders: {sample.cpu:.2f} s CPU, {sample.wall:.2f} s, {sample.queries} queries"
        )
        figures[size] = sample._asdict()
        per_thousand = 1000 / size
        rows.append(
            [
                str(size),
                str(sample.queries),
                f"{sample.queries * per_thousand:.1f}",
                f"{sample.cpu * per_thousand:.2f}",
                f"{sample.wall * per_thousand:.2f}",
            ]
        )
    header = ["open orders", "queries", "queries / 1000", "CPU s / 1000", "wall s / 1000"]
    show_table("Re-routing the open orders of one member", header, rows)
    return figures


BENCHMARKS = {"merge": benchmark_merge, "reroute": benchmark_reroute}


def main(arguments):
    """Run the benchmarks that were asked for."""
    options = parse_arguments(arguments)
    registry = connect()
    if options.memory_of:
        child_memory(registry, options.memory_of)
        return
    results = {
        name: BENCHMARKS[name](registry, options) for name in options.benchmarks or BENCHMARKS
    }
    write_json(options.json or RESULTS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.json", results)


if __name__ == "__main__":
    main(sys.argv[1:])
