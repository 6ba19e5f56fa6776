"""Workers on consolidated billing invoices that are killed at random moments (``R5``, ``C4``)."""

import time

from killing import KILLED_BATCH, KILLS, kill_again_and_again
from ledger_checks import (
    BILLED,
    RUN,
    check_all_entries_billed,
    check_consolidation_is_finished,
    check_entries,
    check_numbers,
)

DOCUMENTS = 200
FEBRUARY = {**RUN, "cutoff_date": "2026-02-28", "invoice_date": "2026-02-28"}


def test_the_result_is_the_same_as_without_kills(databases):
    """The documents carry the balances of those of the month before, of which some are paid."""
    quiet = databases()
    moves = quiet.call("create_entries", customers=DOCUMENTS, entries=1, date="2026-02-10")
    first = quiet.start_run(**FEBRUARY)
    quiet.call("work", run=first)
    quiet.call("finalize", run=first)
    quiet.call("pay_entries", moves=moves[::7], date="2026-03-05")
    quiet.call("create_entries", customers=DOCUMENTS, entries=2)
    run = quiet.start_run(**RUN)
    assert quiet.states(run) == {"proposed": DOCUMENTS}
    stormy = databases(quiet)

    quiet.call("write", model="sale.order", ids=[], values={})  # starts Odoo
    start = time.monotonic()
    quiet.call("work", run=run, batch=KILLED_BATCH)
    duration = time.monotonic() - start
    check_consolidation_is_finished(quiet, run)
    assert check_numbers(quiet) == []

    start = time.monotonic()
    kills = kill_again_and_again(stormy, run, duration / DOCUMENTS, check_entries)
    lost = check_numbers(stormy)
    print(f"{kills} kills, {len(lost)} numbers lost, {time.monotonic() - start:.0f} s instead of {duration:.0f} s")
    assert kills >= KILLS
    assert lost, "no number was lost: this proves nothing of numbers"
    check_consolidation_is_finished(stormy, run)
    check_entries(stormy)
    check_all_entries_billed(stormy)
    expected = quiet.sql(BILLED, run)
    assert len(expected) == DOCUMENTS
    assert stormy.sql(BILLED, run) == expected
