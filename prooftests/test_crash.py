"""Workers that are killed at random moments (``R5``)."""

import random
import time

from harness import (
    OUTCOME,
    Killed,
    check_all_billed,
    check_nothing_billed_twice,
    check_run_is_finished,
)

DOCUMENTS = 200
KILLS = 50
BATCH = 5
SEED = 20260101


def kill_again_and_again(database, run, seconds_per_document):
    """Start workers on a run and kill them until it is finished; return how many were killed.

    How long a worker lives is random, but short enough that the run survives at least `KILLS` workers.
    """
    chance = random.Random(SEED)
    kills = 0
    while database.run_state(run) == "generating":
        left = database.states(run).get("proposed", 0)
        worker = database.start("work", run=run, batch=BATCH)
        if kills >= KILLS and left <= 4 * BATCH:
            worker.result()
            continue
        lives = max(KILLS - kills, 1)
        longest = 1.6 * max(left / lives, 1) * seconds_per_document
        try:
            worker.result(timeout=chance.uniform(0.0, longest))
        except AssertionError:  # it still works
            worker.kill()
            kills += 1
            check_nothing_billed_twice(database)
        except Killed:
            raise AssertionError("a worker died by itself") from None
    return kills


def test_the_result_is_the_same_as_without_kills(databases):
    quiet = databases()
    quiet.call("create_orders", customers=DOCUMENTS, lines=1)
    run = quiet.start_run()
    assert quiet.states(run) == {"proposed": DOCUMENTS}
    stormy = databases(quiet)

    quiet.call("write", model="sale.order", ids=[], values={})  # starts Odoo
    start = time.monotonic()
    quiet.call("work", run=run, batch=BATCH)
    duration = time.monotonic() - start
    check_run_is_finished(quiet, run)

    start = time.monotonic()
    kills = kill_again_and_again(stormy, run, duration / DOCUMENTS)
    print(f"{kills} kills, {time.monotonic() - start:.0f} s instead of {duration:.0f} s")
    assert kills >= KILLS
    check_run_is_finished(stormy, run)
    check_nothing_billed_twice(stormy)
    check_all_billed(stormy)
    expected = quiet.sql(OUTCOME, run)
    assert len(expected) == DOCUMENTS
    assert stormy.sql(OUTCOME, run) == expected
