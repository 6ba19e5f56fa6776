"""Consolidated billing invoices: time per document as the ledger grows, queries, memory, and `account_billing`.

Every step is a request, as a person makes it, and committed; the documents are created in committed batches. So every
round bills customers of its own, and the ledger grows from round to round. `account_billing` bills the same entries in
processes of its own, and commits as well: see `billing_rival.py`.
"""

import cProfile
import json
import pstats
import subprocess
import sys
from functools import partial

from billing_rival import RIVALS
from billing_tables import STEPS, show_growth, show_speed
from dataset import create_customers, create_products
from ledger import copy_ledger, get_cutoff, post_ledger
from measuring import (
    Contender,
    analyze,
    measure,
    peak_memory,
    profiled,
    reset_peak_memory,
)
from output import progress, report_sample, show_table
from paired import paired
from running import MEMORY_MARK, SCRIPT
from session import get_seller_id

from odoo import api

FEWEST_CUSTOMERS = 10


class Billing:
    """A ledger that grows, and the steps of billing its last period.

    :param registry: the registry of the database
    :param int entries: entries of each customer in a period
    :param int earlier: periods that are billed and paid already
    """

    def __init__(self, registry, entries, earlier):
        self.registry = registry
        self.entries = entries
        self.periods = earlier + 1
        self.user_id = get_seller_id(registry)

    def begin(self):
        """Create the customer whose entries are copied, and the profile of the others."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, self.user_id, {}, su=True)
            original = create_customers(env, 1)
            post_ledger(env, original, create_products(env, 2), self.entries, self.periods)
            profile = env["consolidated.billing.profile"].create({"name": "Benchmark", "consolidated_billing": True})
            self.profile_id, self.original_id = profile.id, original.id

    def grow(self, count):
        """Add customers with entries, of which all but those of the last period are billed and paid.

        :param int count: number of customers
        :return: their ids
        :rtype: list[int]
        """
        with self.registry.cursor() as cr:
            env = api.Environment(cr, self.user_id, {}, su=True)
            customers = create_customers(env, count, billing_profile_id=self.profile_id)
            copy_ledger(env, env["res.partner"].browse(self.original_id), customers)
        analyze(self.registry, keep=False)
        for period in range(self.periods - 1):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, self.user_id, {})
                self.generate(self.prepare(env, period, partner_ids=customers.ids)).action_finalize()
            analyze(self.registry, keep=False)
        return customers.ids

    def prepare(self, env, period=None, **values):
        """Return a prepared run over one period, by default the last one.

        :rtype: consolidated.billing.run
        """
        cutoff = get_cutoff(self.periods - 1 if period is None else period)
        run = env["consolidated.billing.run"].create(
            {"kind": "consolidate", "cutoff_date": cutoff, "invoice_date": cutoff, **values}
        )
        run.action_prepare()
        env.flush_all()
        return run

    def generate(self, run):
        """Create the documents of a prepared run and return them.

        :rtype: consolidated.billing.invoice
        """
        run.action_generate()
        run._process_groups()
        run.env.flush_all()
        return run.env["consolidated.billing.invoice"].search([("run_id", "=", run.id)])

    def bill(self, customer_ids, watch=lambda contender: contender):
        """Bill the last period of some customers in three requests, and measure each.

        :param list[int] customer_ids: customers that nobody has billed yet
        :param watch: returns the contender that is measured, for example with a profiler
        :return: a sample for each of ``STEPS``
        :rtype: dict[str, Sample]
        """
        ids = {}

        def prepare(env):
            run = self.prepare(env, partner_ids=customer_ids)
            ids["run"] = run.id
            return run

        def generate(env):
            billings = self.generate(env["consolidated.billing.run"].browse(ids["run"]))
            ids["billings"] = billings.ids
            return billings

        def finalize(env):
            billings = env["consolidated.billing.invoice"].browse(ids["billings"])
            billings.action_finalize()
            return billings

        work = dict(zip(STEPS, (prepare, generate, finalize), strict=True))
        contenders = [watch(Contender(step, lambda env: None, run)) for step, run in work.items()]
        return {
            contender.name: measure(self.registry, self.user_id, contender, billing_outcome, keep=True)
            for contender in contenders
        }


def billing_outcome(result):
    """Return documents, entries and their total: the same after each step."""
    if result._name == "consolidated.billing.invoice":
        lines = result.line_ids
    else:
        lines, result = result.line_ids.filtered("group_id"), result.group_ids
    return len(result), len(lines), round(sum(lines.mapped("amount_total")), 2)


def benchmark_consolidate(registry, options):
    """Bill a tenth of the customers, and all of them: time and queries of each step, memory.

    :return: figures, ready for JSON
    :rtype: dict
    """
    billing = Billing(registry, options.entries, options.periods)
    billing.begin()
    sizes = [max(FEWEST_CUSTOMERS, options.customers // 10), options.customers]
    with paired(*RIVALS.values()) as processes:
        for rival in processes.values():
            rival.ask("begin ledger", entries=options.entries, periods=billing.periods)
        ways = {way: partial(bill_by_rival, processes[name], way, options.per_request) for way, name in RIVALS.items()}
        bill_once(billing, ways, FEWEST_CUSTOMERS, 0)  # warms up
        samples = {size: bill_again(billing, ways, size, options.rounds) for size in sizes}
    figures = {**show_growth(samples, billing), "times_as_fast": show_speed(samples, billing)}
    if options.profile:
        show_profile(billing, sizes[-1])
    return {**figures, "memory_mib": compare_memory(billing, sizes)}


def bill_again(billing, ways, size, rounds):
    """Bill new customers in every round, as many each time.

    :param dict[str, Callable] ways: by name, how `account_billing` bills as many
    :return: samples by step
    :rtype: dict[str, list[Sample]]
    """
    samples = {name: [] for name in (*STEPS, *RIVALS)}
    for number in range(rounds):
        progress(f"creating {size} customers with {billing.periods} × {billing.entries} entries, three times")
        found = bill_once(billing, ways, size, number)
        for name, sample in found.items():
            samples[name].append(sample)
            report_sample(f"{name}, {size} documents", sample)
    return samples


def bill_once(billing, ways, size, shift):
    """Bill new customers by the addon, and as many in each way of `account_billing`.

    :param dict[str, Callable] ways: see `bill_again`
    :param int shift: who begins
    :return: a sample for each step of the addon, and for each way
    :rtype: dict[str, Sample]
    """
    contenders = [lambda: billing.bill(billing.grow(size)), *(partial(way, size) for way in ways.values())]
    shift %= len(contenders)
    found = {}
    for contender in contenders[shift:] + contenders[:shift]:
        found.update(contender())
    outcomes = {sample.outcome for sample in found.values()}
    if len(outcomes) != 1 or outcomes.pop()[:2] != (size, size * billing.entries):
        sys.exit(f"Not what should have been billed, or not the same: {outcomes}")
    return found


def bill_by_rival(rival, way, per_request, size):
    """Bill new customers in one way of `account_billing`.

    :param PairedProcess rival: the process with `account_billing`
    :param str way: one of ``RIVALS``
    :param int per_request: documents that it makes in a request
    :rtype: dict[str, Sample]
    """
    rival.ask("grow ledger", count=size)
    return {way: rival.measure("bill ledger", name=way, per_request=per_request)}


def show_profile(billing, size):
    """Print where the time goes, for whoever makes it faster."""
    profiles = {step: cProfile.Profile() for step in STEPS}
    billing.bill(billing.grow(size), lambda contender: profiled(contender, profiles[contender.name]))
    for step, profile in profiles.items():
        print(f"\n{step}")
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(60)


def compare_memory(billing, sizes):
    """Measure the peak memory of whole runs over few customers, and over many, in processes of their own.

    :return: MiB by number of documents
    :rtype: dict[int, float]
    """
    peaks = {}
    for size in sizes:
        child = subprocess.run(
            [sys.executable, str(SCRIPT), "--billing-memory"],
            input=json.dumps(
                {"customers": billing.grow(size), "entries": billing.entries, "earlier": billing.periods - 1}
            ),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        line = next(line for line in child.stdout.splitlines() if line.startswith(MEMORY_MARK))
        peaks[size] = json.loads(line.removeprefix(MEMORY_MARK))
        progress(f"run over {size} customers: peak {peaks[size]:.0f} MiB")
    small, large = peaks.values()
    rows = [[str(size), f"{peak:.0f}", f"{peak / small:.3f}"] for size, peak in peaks.items()]
    show_table(f"Peak memory of a run (measured {large / small:.3f})", ["documents", "MiB", "ratio"], rows)
    return peaks


def child_billing_memory(registry):
    """Bill some customers of the database and print the peak memory of this process."""
    values = json.load(sys.stdin)
    billing = Billing(registry, values["entries"], values["earlier"])
    with registry.cursor() as cr:
        env = api.Environment(cr, billing.user_id, {})
        reset_peak_memory()
        billing.generate(billing.prepare(env, partner_ids=values["customers"])).action_finalize()
        env.flush_all()
        print(MEMORY_MARK + json.dumps(peak_memory()))
