"""How a billing run grows: time, queries and memory of a small and of a large run, in batches that are committed.

The runs have a database of their own. Each is worked on by a process that does nothing else, after a short run that
warms it up; another process creates the orders. PostgreSQL refreshes its statistics by itself, as it does everywhere.
"""

import statistics
import sys
import time
from contextlib import contextmanager

from dataset import create_customers, create_many_orders, create_products
from measuring import analyze, peak_memory, process_time_of, reset_peak_memory
from options import GROWTH
from output import progress, show_table
from paired import paired
from session import get_seller_id

from odoo import api

WARM_UP_ORDERS = 100
SMALL_RUNS = 3
TARGETS = {"growth": 1.15, "prepare": 0.05, "memory": 1.3}
STEPS = ("prepare", "generate")


# --------------------------------------------------------------------------------------------------
# In the processes of the database
# --------------------------------------------------------------------------------------------------


def child_billable_orders(registry, orders, lines, per_invoice):
    """Create orders that nobody has invoiced.

    :return: number of customers, that is of the invoices to come
    :rtype: int
    """
    with registry.cursor() as cr:
        env = api.Environment(cr, get_seller_id(registry), {}, su=True)
        customers = create_customers(env, max(1, orders // per_invoice))
        create_many_orders(env, customers, create_products(env, lines), per_invoice)
        count = len(customers)
    analyze(registry, keep=False)
    return count


def child_bill_everything(registry):
    """Prepare and generate a run over everything that can be invoiced.

    :return: ``steps`` with what both took, ``batches`` with seconds and queries of each, and MiB of memory
    :rtype: dict
    """
    user_id = get_seller_id(registry)
    before = reset_peak_memory()
    with registry.cursor() as cr:
        env = api.Environment(cr, user_id, {})
        run = env["consolidated.billing.run"].create({})
        steps, batches = {}, {}
        for step, method, work in (("prepare", "_propose", prepare), ("generate", "_process_batch", generate)):
            with batches_watched(registry, method) as watched:
                steps[step] = clocked(cr, work, run)
            batches[step] = watched
        cr.execute(
            """SELECT count(DISTINCT move.id), count(*) FILTER (WHERE line.display_type = 'product')
                 FROM account_move move JOIN account_move_line line ON line.move_id = move.id
                WHERE move.billing_run_id = %s""",
            [run.id],
        )
        outcome = cr.fetchone()
    return {"steps": steps, "batches": batches, "before": before, "peak": peak_memory(), "outcome": outcome}


def prepare(run):
    """Prepare a run and commit."""
    run.action_prepare()
    run.env.flush_all()
    run.env.cr.commit()


def generate(run):
    """Create the documents of a run in committed batches."""
    run.action_generate()
    run.env.cr.commit()
    run._process_groups()


def clocked(cr, work, run):
    """Return what a step takes: seconds on the clock, of this process, of PostgreSQL's, and queries."""
    backend = cr._cnx.get_backend_pid()
    start = time.perf_counter(), time.process_time(), process_time_of(backend), cr.sql_log_count
    work(run)
    end = time.perf_counter(), time.process_time(), process_time_of(backend), cr.sql_log_count
    wall, cpu, database, queries = (after - before for after, before in zip(end, start, strict=True))
    return {"wall": wall, "cpu": cpu, "database": database, "work": cpu + database, "queries": queries}


@contextmanager
def batches_watched(registry, name):
    """Note seconds and queries of each call of a method of runs.

    :param str name: the method that works on one batch
    :rtype: Iterator[list[tuple[float, int]]]
    """
    Run = registry["consolidated.billing.run"]
    original = getattr(Run, name)
    watched = []

    def work_on_batch(run, *args):
        start, queries = time.perf_counter(), run.env.cr.sql_log_count
        result = original(run, *args)
        run.env.flush_all()
        watched.append((time.perf_counter() - start, run.env.cr.sql_log_count - queries))
        return result

    setattr(Run, name, work_on_batch)
    try:
        yield watched
    finally:
        delattr(Run, name)


TASKS = {"billable orders": child_billable_orders, "bill everything": child_bill_everything}


# --------------------------------------------------------------------------------------------------
# In the process that compares
# --------------------------------------------------------------------------------------------------


def benchmark_growth(_registry, options):
    """Compare runs over few and over many orders.

    :return: figures, ready for JSON
    :rtype: dict
    """
    small, large = options.growth_base, options.growth_orders
    runs = {small: [], large: []}
    for size in [small] * min(options.rounds, SMALL_RUNS) + [large]:
        runs[size].append(bill_orders(size, options))
    return show_growth(runs, options)


def bill_orders(orders, options):
    """Create orders and bill them.

    :return: what `child_bill_everything` found
    :rtype: dict
    """
    sizes = {"lines": options.lines, "per_invoice": options.per_invoice}
    with paired(GROWTH) as creating, paired(GROWTH) as billing:
        creator, worker = creating[GROWTH], billing[GROWTH]
        creator.ask("billable orders", orders=max(WARM_UP_ORDERS, options.per_invoice), **sizes)
        worker.ask("bill everything")
        progress(f"creating {orders} orders of {options.lines} lines")
        customers = creator.ask("billable orders", orders=orders, **sizes)
        creator.close()
        progress(f"billing {orders} orders")
        found = worker.ask("bill everything")
    expected = [customers, customers * options.per_invoice * options.lines]
    if found["outcome"] != expected:
        sys.exit(f"Not what should have been billed: {found['outcome']} instead of {expected}.")
    for step in STEPS:
        took = found["steps"][step]
        progress(f"{step}: {took['cpu']:.2f} s CPU, {took['database']:.2f} s database, {took['wall']:.2f} s")
    progress(f"peak {found['peak']:.0f} MiB, {found['before']:.0f} before")
    return found


def show_growth(runs, options):
    """Print time per order, batches and memory at both sizes, and how they grow.

    :param dict runs: by number of orders
    :return: figures, ready for JSON
    :rtype: dict
    """
    small, large = runs
    rows, growth = [], {}
    for step in STEPS:
        for size in runs:
            growth[step] = {name: time_of(runs, size, step, name) / time_of(runs, small, step, name) for name in TIMES}
            rows.append(
                [
                    f"{step}, {size} orders",
                    *(f"{time_of(runs, size, step, name):.3f}" for name in TIMES),
                    *(f"{growth[step][name]:.3f}" for name in ("work", "wall")),
                    *describe_batches(runs[size], step),
                ]
            )
    shares = {size: time_of(runs, size, "prepare", "work") / time_of(runs, size, "generate", "work") for size in runs}
    peaks = {size: statistics.median(run["peak"] for run in found) for size, found in runs.items()}
    header = ["ms per order", "CPU", "database", "both", "wall", "both, growth", "wall, growth"]
    header += ["queries per batch", "last tenth ÷ first"]
    title = f"Billing runs, {options.lines} lines per order, {options.per_invoice} orders per invoice, committed"
    show_table(f"{title} (small: medians of {len(runs[small])}; target of growth ≤ {TARGETS['growth']})", header, rows)
    rows = [[str(size), f"{share:.4f}"] for size, share in shares.items()]
    show_table(f"Prepare ÷ generate (CPU and database; target ≤ {TARGETS['prepare']})", ["orders", "ratio"], rows)
    rows = [[str(size), f"{peak:.0f}", f"{peak / peaks[small]:.3f}"] for size, peak in peaks.items()]
    show_table(f"Peak memory (target ≤ {TARGETS['memory']})", ["orders", "MiB", "ratio"], rows)
    return {
        "lines": options.lines,
        "per_invoice": options.per_invoice,
        "growth": growth,
        "prepare_by_generate": shares,
        "memory_mib": peaks,
        "memory_ratio": peaks[large] / peaks[small],
        "runs": runs,
    }


TIMES = ("cpu", "database", "work", "wall")


def time_of(runs, size, step, name):
    """Return the median time of a step in milliseconds per order."""
    return statistics.median(run["steps"][step][name] for run in runs[size]) / size * 1000


def describe_batches(found, step):
    """Return the queries of a full batch (fewest to most), and how the time of a batch changed during the run.

    :param list[dict] found: runs of one size; the last one is described
    :rtype: list[str]
    """
    batches = found[-1]["batches"][step]
    most = max(batch[1] for batch in batches)
    full = [batch for batch in batches if batch[1] > most / 2]  # the last may be small, or just end the run
    queries = [batch[1] for batch in full]
    tenth = max(1, len(full) // 10)
    first, last = (statistics.mean(batch[0] for batch in part) for part in (full[:tenth], full[-tenth:]))
    text = f"{statistics.median(queries):.0f} ({min(queries)}–{max(queries)})"
    return [text, f"{last / first:.3f}"]
