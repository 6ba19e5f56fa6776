"""Invoices from orders: the addon against core."""

import cProfile
import json
import subprocess
import sys
from pathlib import Path

from contenders import CORE, PLAIN, SECTIONS, invoice_contenders, invoice_outcome
from dataset import create_customers, create_orders, create_products
from measuring import (
    alternate,
    analyze,
    count_calls,
    measure,
    median,
    open_environment,
    peak_memory,
    profiled,
    ratio,
    reset_peak_memory,
)
from output import progress, show_table
from session import get_seller_id

from odoo import api

SCRIPT = Path(__file__).with_name("run.py")
MEMORY_MARK = "memory: "
WARM_UP_ORDERS = 50
TARGET = 1.05


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

    samples = alternate(registry, user_id, invoice_contenders(order_ids), invoice_outcome, options.rounds, report)
    outcomes = {sample.outcome for runs in samples.values() for sample in runs}
    if len(outcomes) != 1:
        sys.exit(f"The contenders disagree, their times cannot be compared: {outcomes}")
    invoices, lines, _total = outcomes.pop()
    memory = {name: measure_memory(name, order_ids) for name in samples}
    show_merge_table(samples, memory, f"{options.orders} orders × {options.lines} lines → {invoices} invoices")
    queries, calls = count_work(registry, user_id, order_ids, samples)
    return {
        "orders": options.orders,
        "invoices": invoices,
        "product_lines": lines,
        "samples": {name: [sample._asdict() for sample in runs] for name, runs in samples.items()},
        "ratios": {
            name: {figure: ratio(runs, samples[CORE], figure) for figure in ("cpu", "wall", "queries")}
            for name, runs in samples.items()
        },
        "memory_mib": memory,
        "queries_by_batch": queries,
        "function_calls": calls,
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


def count_work(registry, user_id, order_ids, samples):
    """Count queries for a quarter, a half and all of the orders, and function calls for a half.

    Neither depends on how busy the machine is.

    :param dict samples: by contender, of all orders
    :return: queries by contender and number of orders, function calls by contender
    :rtype: tuple[dict[str, dict[int, int]], dict[str, int]]
    """
    everything = len(order_ids)
    counts = {name: {everything: runs[-1].queries} for name, runs in samples.items()}
    sizes = sorted({max(1, everything // 4), max(1, everything // 2), everything})
    calls = {}
    for size in sizes[:-1]:
        for contender in invoice_contenders(order_ids[:size]):
            profile = cProfile.Profile()
            sample = measure(registry, user_id, profiled(contender, profile), invoice_outcome)
            counts[contender.name][size] = sample.queries
            calls[contender.name] = count_calls(profile)
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
    rows = [[name, str(number), f"{number / calls[CORE]:.3f}"] for name, number in calls.items()]
    show_table("Function calls", ["", "calls", "ratio"], rows)
    return counts, calls


def measure_memory(name, order_ids):
    """Measure the peak memory of one contender in a process of its own.

    :param str name: the contender
    :return: MiB: ``peak`` of the process, ``growth`` above what it used before it started
    :rtype: dict[str, float]
    """
    child = subprocess.run(
        [sys.executable, str(SCRIPT), "--memory-of", name],
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
