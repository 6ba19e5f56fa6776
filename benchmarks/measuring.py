"""Measuring contenders one after the other, on the same rows, under the same conditions."""

import gc
import os
import re
import resource
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from odoo import api
from odoo.tools import SQL


class Sample(NamedTuple):
    """One run.

    :param wall: seconds on the clock
    :param cpu: seconds of processor time of this process (PostgreSQL's are not in it)
    :param queries: statements sent to PostgreSQL
    :param outcome: what the run produced, to be compared with the other contenders'
    :param database: seconds of processor time of PostgreSQL's process, 0 when it is on another machine
    :param programs: seconds of processor time of programs that this process started, wkhtmltopdf for one
    """

    wall: float
    cpu: float
    queries: int
    outcome: object
    database: float = 0.0
    programs: float = 0.0

    @property
    def work(self):
        """Return the seconds of processor time in all: they depend less on what else the machine does."""
        return self.cpu + self.database + self.programs


class Contender(NamedTuple):
    """One way to do the job.

    :param name: as shown in the tables
    :param prepare: called with the environment before the clock starts
    :param run: called with the environment; what it returns is checked by `outcome`
    """

    name: str
    prepare: Callable
    run: Callable


@contextmanager
def open_environment(registry, user_id):
    """Give an environment whose transaction is rolled back, if it is not committed: the next run finds the same rows.

    :param registry: the registry of the database
    :param int user_id: on whose behalf
    """
    with registry.cursor() as cr:
        try:
            yield api.Environment(cr, user_id, {})
        finally:
            cr.rollback()


def measure(registry, user_id, contender, outcome, keep=False):
    """Run a contender once: record cache cold, registry warm, no garbage collection.

    :param Contender contender: what to run
    :param outcome: called with what the contender returned, off the clock
    :param bool keep: commit what the contender did, on the clock
    :rtype: Sample
    """
    with open_environment(registry, user_id) as env:
        contender.prepare(env)
        env.invalidate_all()
        gc.collect()
        gc.disable()
        try:
            backend = env.cr._cnx.get_backend_pid()
            database, programs = process_time_of(backend), _programs_time()
            queries, cpu, wall = env.cr.sql_log_count, time.process_time(), time.perf_counter()
            result = contender.run(env)
            env.cr.flush()  # with what a commit does before: messages about changes, for example
            if keep:
                env.cr.commit()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            queries = env.cr.sql_log_count - queries
            database, programs = process_time_of(backend) - database, _programs_time() - programs
        finally:
            gc.enable()
        return Sample(wall, cpu, queries, outcome(result), database, programs)


def local(registry, user_id, contenders, outcome):
    """Return contenders of this process for `alternate`.

    :param list[Contender] contenders: the ways to compare
    :param outcome: called with what a contender returned
    :rtype: dict[str, Callable[[], Sample]]
    """
    return {item.name: partial(measure, registry, user_id, item, outcome) for item in contenders}


def alternate(contenders, rounds, report):
    """Run the contenders alternately (A B C, B C A, …).

    :param dict contenders: by name, a function that measures once
    :param int rounds: runs of each
    :param report: called with every contender's name and sample
    :return: samples by contender
    :rtype: dict[str, list[Sample]]
    """
    samples = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            sample = contenders[name]()
            samples[name].append(sample)
            report(name, sample)
    return samples


def profiled(contender, profile):
    """Return a contender that runs under a profiler: calls are the same on a busy machine.

    :param Contender contender: what to run
    :param cProfile.Profile profile: counts the calls of functions
    :rtype: Contender
    """
    return contender._replace(run=lambda env: profile.runcall(contender.run, env))


def count_calls(profile):
    """Return how many functions were called under a profiler, C functions included."""
    return sum(entry.callcount for entry in profile.getstats())


def median(samples, attribute):
    """Return the median of one figure of the samples."""
    return statistics.median(getattr(sample, attribute) for sample in samples)


def ratio(samples, reference, attribute):
    """Return the ratio of the medians of two contenders, above 1 when the first takes more."""
    return median(samples, attribute) / median(reference, attribute)


def analyze(registry, keep=True):
    """Refresh PostgreSQL's statistics: without them it chooses bad plans for new tables.

    From then on they stay as they are. The contenders' rows are rolled back: counted in the middle of a run, they would
    be none, and the queries on them a thousand times slower than in any real database.

    :param bool keep: whether the statistics stay; what commits lets PostgreSQL refresh them as it does everywhere
    """
    with registry.cursor() as cr:
        connection = cr._cnx
        connection.rollback()
        connection.autocommit = True
        try:
            cr.execute("VACUUM ANALYZE")
            cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema AND %s", [keep])
            for (table,) in cr.fetchall():
                cr.execute(SQL("ALTER TABLE %s SET (autovacuum_enabled = false)", SQL.identifier(table)))
        finally:
            connection.autocommit = False


def process_time_of(pid):
    """Return the seconds of processor time that another process has used, 0 where that cannot be seen (Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _programs_time():
    """Return the seconds of processor time of programs that this process started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def reset_peak_memory():
    """Return the memory in use now, in MiB, and start measuring the peak from there."""
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass
    return _memory("VmRSS")


def peak_memory():
    """Return the largest memory that this process used, in MiB."""
    return _memory("VmHWM")


def _memory(name):
    try:
        found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        found = None
    return int(found[1]) / 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
