"""Invoices from orders: the addon against core and other addons, each in a process and a database of its own."""

import cProfile
import sys
from functools import partial

from contenders import CORE, CRITERIA, INVOICING, MODE, PLAIN, SECTIONS, invoice_outcome, invoicing_contender
from dataset import create_customers, create_orders, create_products, describe_orders
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
from options import INVOICING as DATABASES
from output import progress, report_sample, show_table
from paired import paired
from session import get_seller_id

from odoo import api

WARM_UP_ORDERS = 50
RIVALS = (CORE, CRITERIA, MODE)
OURS = (PLAIN, SECTIONS)
TARGETS = {"merge": 2.5, "single": 2.7}  # times as fast as each of the others, sections off


# --------------------------------------------------------------------------------------------------
# In the process of each database
# --------------------------------------------------------------------------------------------------


def child_orders(registry, orders, lines, per_invoice):
    """Create orders of which a customer's share an invoice.

    :return: ``ids`` of the orders, those of an invoice next to each other, and what they are (``description``)
    :rtype: dict
    """
    seller_id = get_seller_id(registry)
    with registry.cursor() as cr:
        env = api.Environment(cr, seller_id, {}, su=True)
        customers = create_customers(env, -(-orders // per_invoice))
        records = create_orders(env, customers, create_products(env, lines), per_invoice)
        ids = records.sorted(lambda order: (order.partner_id.id, order.id)).ids[:orders]
        description = describe_orders(env, ids)
    analyze(registry)
    return {"ids": ids, "description": description}


def child_invoices(registry, name, order_ids):
    """Invoice orders once.

    :return: a sample
    :rtype: dict
    """
    return measure(registry, get_seller_id(registry), invoicing_contender(name, order_ids), invoice_outcome)._asdict()


def child_work(registry, name, order_ids):
    """Count what does not depend on how busy the machine is.

    :return: ``queries`` and function ``calls``
    :rtype: dict[str, int]
    """
    profile = cProfile.Profile()
    contender = profiled(invoicing_contender(name, order_ids), profile)
    sample = measure(registry, get_seller_id(registry), contender, invoice_outcome)
    return {"queries": sample.queries, "calls": count_calls(profile)}


def child_memory(registry, name, order_ids):
    """Invoice orders, warmed up; garbage is collected as usual.

    :return: MiB: ``peak`` of the process, ``growth`` above what it used before it started
    :rtype: dict[str, float]
    """
    user_id = get_seller_id(registry)
    for size in (WARM_UP_ORDERS, len(order_ids)):
        contender = invoicing_contender(name, order_ids[:size])
        with open_environment(registry, user_id) as env:
            contender.prepare(env)
            before = reset_peak_memory()
            contender.run(env)
            env.flush_all()
            peak = peak_memory()
    return {"peak": peak, "growth": peak - before}


TASKS = {"orders": child_orders, "invoices": child_invoices, "work": child_work, "memory": child_memory}


# --------------------------------------------------------------------------------------------------
# In the process that compares
# --------------------------------------------------------------------------------------------------


def benchmark_merge(_registry, options):
    """Compare how orders of many customers are invoiced: time, queries, memory.

    :return: figures, ready for JSON
    :rtype: dict
    """
    with paired(*DATABASES) as processes:
        orders = create_same_orders(processes, options.orders, options.lines, options.per_invoice)
        samples = invoice_alternately(processes, orders, options.rounds)
        figures = show_comparison(samples, f"{options.orders} orders × {options.lines} lines", TARGETS["merge"])
        queries, calls = count_work(processes, orders, samples)
    memory = measure_memory(orders)
    return {**figures, "memory_mib": memory, "queries_by_batch": queries, "function_calls": calls}


def benchmark_single(_registry, options):
    """Compare how many orders of one customer are invoiced together.

    :return: figures, ready for JSON
    :rtype: dict
    """
    count = options.single_orders
    with paired(*DATABASES) as processes:
        orders = create_same_orders(processes, count, options.lines, count)
        samples = invoice_alternately(processes, orders, options.rounds)
    return show_comparison(samples, f"{count} orders × {options.lines} lines", TARGETS["single"])


def create_same_orders(processes, orders, lines, per_invoice):
    """Create the same orders in each database.

    :return: ids of the orders by database
    :rtype: dict[str, list[int]]
    """
    progress(f"creating {orders} orders of {lines} lines in {len(processes)} databases")
    created = {
        database: process.ask("orders", orders=orders, lines=lines, per_invoice=per_invoice)
        for database, process in processes.items()
    }
    if len({answer["description"] for answer in created.values()}) != 1:
        sys.exit("The databases do not hold the same orders.")
    return {database: answer["ids"] for database, answer in created.items()}


def invoice_alternately(processes, orders, rounds):
    """Let each contender invoice the same orders, warmed up.

    :return: samples by contender
    :rtype: dict[str, list[Sample]]
    """
    contenders = {}
    for name, database in INVOICING.items():
        process, ids = processes[database], orders[database]
        process.measure("invoices", name=name, order_ids=ids[:WARM_UP_ORDERS])
        contenders[name] = partial(process.measure, "invoices", name=name, order_ids=ids)
    samples = alternate(contenders, rounds, report_sample)
    outcomes = {sample.outcome for runs in samples.values() for sample in runs}
    if len(outcomes) != 1:
        sys.exit(f"The contenders disagree, their times cannot be compared: {outcomes}")
    return samples


def show_comparison(samples, title, target):
    """Print what each contender took, and how much faster the addon is.

    :return: figures, ready for JSON
    :rtype: dict
    """
    invoices, lines, _total = samples[CORE][0].outcome
    title = f"{title} → {invoices} invoices with {lines} product lines"
    figures = ("cpu", "database", "work", "wall")
    rows = [
        [
            name,
            *(f"{median(runs, figure):.2f}" for figure in figures),
            *(f"{ratio(runs, samples[CORE], figure):.3f}" for figure in ("work", "wall")),
            f"{median(runs, 'queries'):.0f}",
        ]
        for name, runs in samples.items()
    ]
    header = ["", "CPU s", "database s", "both s", "wall s", "both ÷ core", "wall ÷ core", "queries"]
    show_table(f"{title} (medians of {len(samples[CORE])})", header, rows)
    speed = {
        figure: {ours: {rival: ratio(samples[rival], samples[ours], figure) for rival in RIVALS} for ours in OURS}
        for figure in ("work", "wall")
    }
    rows = [
        [f"{ours}, {text}", *(f"{speed[figure][ours][rival]:.2f} ×" for rival in RIVALS)]
        for ours in OURS
        for figure, text in (("work", "CPU and database"), ("wall", "wall"))
    ]
    show_table(f"Times as fast as the others (target with sections off ≥ {target})", ["", *RIVALS], rows)
    return {
        "invoices": invoices,
        "product_lines": lines,
        "samples": {name: [sample._asdict() for sample in runs] for name, runs in samples.items()},
        "times_as_fast": speed,
    }


def count_work(processes, orders, samples):
    """Count queries for a quarter, a half and all of the orders, and function calls for a half.

    :param dict samples: by contender, of all orders
    :return: queries by contender and number of orders, function calls by contender
    :rtype: tuple[dict[str, dict[int, int]], dict[str, int]]
    """
    everything = len(next(iter(orders.values())))
    sizes = sorted({max(1, everything // 4), max(1, everything // 2), everything})
    queries = {name: {everything: samples[name][-1].queries} for name in (CORE, *OURS)}
    calls = {}
    for size in sizes[:-1]:
        for name in queries:
            database = INVOICING[name]
            work = processes[database].ask("work", name=name, order_ids=orders[database][:size])
            queries[name][size], calls[name] = work["queries"], work["calls"]
    rows = [[str(size), *(str(queries[name][size]) for name in queries)] for size in sizes]
    show_table("Queries", ["orders", *queries], rows)
    rows = [[name, str(number), f"{number / calls[CORE]:.3f}"] for name, number in calls.items()]
    show_table(f"Function calls ({sizes[-2] if len(sizes) > 1 else everything} orders)", ["", "calls", "ratio"], rows)
    return queries, calls


def measure_memory(orders):
    """Measure the peak memory of each contender in a process that does nothing else.

    :return: MiB by contender: ``peak`` and ``growth``
    :rtype: dict[str, dict[str, float]]
    """
    memory = {}
    for name, database in INVOICING.items():
        with paired(database) as processes:
            memory[name] = processes[database].ask("memory", name=name, order_ids=orders[database])
    base = memory[CORE]
    rows = [
        [name, f"{found['peak']:.0f}", *(f"{found[key] / base[key]:.3f}" for key in ("peak", "growth"))]
        for name, found in memory.items()
    ]
    show_table("Peak memory", ["", "MiB", "÷ core", "growth ÷ core"], rows)
    return memory
