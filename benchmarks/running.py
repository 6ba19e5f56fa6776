"""A billing run: preparing against generating, generating against core, memory against size."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from contenders import CORE, core_contender, invoice_outcome
from dataset import create_customers, create_orders, create_products
from measuring import (
    Contender,
    alternate,
    analyze,
    local,
    measure,
    median,
    open_environment,
    peak_memory,
    ratio,
    reset_peak_memory,
)
from output import progress, report_sample, show_table
from session import get_seller_id

from odoo import api

SCRIPT = Path(__file__).with_name("run.py")
MEMORY_MARK = "memory: "
PREPARE = "run: prepare"
GENERATE = "run: generate"
WARM_UP_CUSTOMERS = 10


@contextmanager
def without_commits(registry):
    """Let the worker flush and free its memory after each batch, but commit nothing."""
    Run = registry["consolidated.billing.run"]

    def commit_batch(run, processed):
        run.env.cr.flush()
        run.env.invalidate_all()
        return float("inf")

    original = Run._commit_batch
    Run._commit_batch = commit_batch
    try:
        yield
    finally:
        Run._commit_batch = original


def prepare_run(env, customer_ids):
    """Return a prepared run over the orders of these customers.

    :param list[int] customer_ids: the customers
    :rtype: consolidated.billing.run
    """
    run = env["consolidated.billing.run"].create({"partner_ids": customer_ids})
    run.action_prepare()
    env.flush_all()
    return run


def generate_run(run):
    """Create all documents of a prepared run and return them.

    :rtype: account.move
    """
    with without_commits(run.env.registry):
        run.action_generate()
        run._process_groups()
        run.env.flush_all()
    return run.move_ids


def run_contenders(order_ids, customer_ids):
    """Return core, preparing and generating, on the same orders.

    :rtype: list[Contender]
    """
    core = core_contender(order_ids)
    prepared = {}

    def prepare_before(env):
        core.prepare(env)
        prepared["run"] = prepare_run(env, customer_ids)

    return [
        core,
        Contender(PREPARE, core.prepare, lambda env: prepare_run(env, customer_ids)),
        Contender(GENERATE, prepare_before, lambda env: generate_run(prepared["run"])),
    ]


def run_outcome(result):
    """Return documents, order lines and their total: the proposal must be what is created, and what core creates."""
    if result._name == "account.move":
        return invoice_outcome(result)
    return len(result.group_ids), len(result.line_ids), round(sum(result.group_ids.mapped("amount_total")), 2)


def create_billable(registry, orders, lines, per_invoice):
    """Create customers with orders to bill.

    :return: ids of the orders, ids of the customers
    :rtype: tuple[list[int], list[int]]
    """
    with registry.cursor() as cr:
        env = api.Environment(cr, get_seller_id(registry), {}, su=True)
        customers = create_customers(env, max(1, orders // per_invoice))
        records = create_orders(env, customers, create_products(env, lines), per_invoice)
        result = records.sorted(lambda order: (order.partner_id.id, order.id)).ids, customers.ids
    analyze(registry)
    return result


def benchmark_run(registry, options):
    """Compare a billing run with core: time and queries of both steps, and the memory at two sizes.

    :return: figures, ready for JSON
    :rtype: dict
    """
    progress(f"creating {options.orders} orders of {options.lines} lines")
    order_ids, customer_ids = create_billable(registry, options.orders, options.lines, options.per_invoice)
    user_id = get_seller_id(registry)
    warm_up = order_ids[: WARM_UP_CUSTOMERS * options.per_invoice], customer_ids[:WARM_UP_CUSTOMERS]
    for contender in run_contenders(*warm_up):
        measure(registry, user_id, contender, run_outcome)

    contenders = run_contenders(order_ids, customer_ids)
    samples = alternate(local(registry, user_id, contenders, run_outcome), options.rounds, report_sample)
    outcomes = {sample.outcome for runs in samples.values() for sample in runs}
    if len(outcomes) != 1:
        sys.exit(f"The proposal, the run and core disagree: {outcomes}")
    invoices = outcomes.pop()[0]
    show_run_table(samples, f"{options.orders} orders × {options.lines} lines → {invoices} invoices")
    return {
        "orders": options.orders,
        "samples": {name: [sample._asdict() for sample in runs] for name, runs in samples.items()},
        "prepare_by_generate": ratio(samples[PREPARE], samples[GENERATE], "cpu"),
        "generate_by_core": ratio(samples[GENERATE], samples[CORE], "cpu"),
        "memory_mib": compare_memory(registry, options),
    }


def show_run_table(samples, title):
    """Print the medians, the ratio to core and to generating."""
    rows = [
        [
            name,
            f"{median(runs, 'cpu'):.2f}",
            f"{ratio(runs, samples[CORE], 'cpu'):.3f}",
            f"{ratio(runs, samples[GENERATE], 'cpu'):.3f}",
            f"{median(runs, 'wall'):.2f}",
            f"{ratio(runs, samples[CORE], 'wall'):.3f}",
            f"{median(runs, 'queries'):.0f}",
        ]
        for name, runs in samples.items()
    ]
    header = ["", "CPU s", "÷ core", "÷ generate", "wall s", "÷ core", "queries"]
    targets = "targets: prepare ÷ generate ≤ 0.05, generate ÷ core ≤ 1.1"
    show_table(f"Billing run, {title} (medians of {len(samples[CORE])}; {targets})", header, rows)


def compare_memory(registry, options):
    """Measure the peak memory of whole runs over a tenth of the orders and over all, in processes of their own.

    :return: MiB by number of orders
    :rtype: dict[int, float]
    """
    total = options.memory_orders
    _orders, customer_ids = create_billable(registry, total, 1, options.per_invoice)
    peaks = {}
    for customers in (customer_ids[: len(customer_ids) // 10], customer_ids):
        child = subprocess.run(
            [sys.executable, str(SCRIPT), "--run-memory"],
            input=json.dumps(customers),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        line = next(line for line in child.stdout.splitlines() if line.startswith(MEMORY_MARK))
        peaks[len(customers) * options.per_invoice] = json.loads(line.removeprefix(MEMORY_MARK))
        progress(f"run over {len(customers) * options.per_invoice} orders: peak {line.removeprefix(MEMORY_MARK)} MiB")
    small, large = peaks.values()
    rows = [[str(size), f"{peak:.0f}", f"{peak / small:.3f}"] for size, peak in peaks.items()]
    show_table(f"Peak memory of a run (target ≤ 1.3, measured {large / small:.3f})", ["orders", "MiB", "ratio"], rows)
    return peaks


def child_run_memory(registry):
    """Prepare and generate a run, and print the peak memory of this process."""
    customer_ids = json.load(sys.stdin)
    with open_environment(registry, get_seller_id(registry)) as env:
        reset_peak_memory()
        generate_run(prepare_run(env, customer_ids))
        print(MEMORY_MARK + json.dumps(peak_memory()))
