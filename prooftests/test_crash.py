"""Workers that are killed at random moments (``R5``)."""

import time

from killing import KILLED_BATCH, KILLS, kill_again_and_again
from order_checks import OUTCOME, check_all_billed, check_nothing_billed_twice, check_run_is_finished

DOCUMENTS = 200


def test_the_result_is_the_same_as_without_kills(databases):
    quiet = databases()
    quiet.call("create_orders", customers=DOCUMENTS, lines=1)
    run = quiet.start_run()
    assert quiet.states(run) == {"proposed": DOCUMENTS}
    stormy = databases(quiet)

    quiet.call("write", model="sale.order", ids=[], values={})  # starts Odoo
    start = time.monotonic()
    quiet.call("work", run=run, batch=KILLED_BATCH)
    duration = time.monotonic() - start
    check_run_is_finished(quiet, run)

    start = time.monotonic()
    kills = kill_again_and_again(stormy, run, duration / DOCUMENTS, check_nothing_billed_twice)
    print(f"{kills} kills, {time.monotonic() - start:.0f} s instead of {duration:.0f} s")
    assert kills >= KILLS
    check_run_is_finished(stormy, run)
    check_nothing_billed_twice(stormy)
    check_all_billed(stormy)
    expected = quiet.sql(OUTCOME, run)
    assert len(expected) == DOCUMENTS
    assert stormy.sql(OUTCOME, run) == expected
