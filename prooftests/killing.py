"""Killing workers at any moment (``R5``)."""

import random

from harness import Killed

KILLS = 50
KILLED_BATCH = 5  # documents that a worker creates together before it is killed
SEED = 20260101


def kill_again_and_again(database, run, seconds_per_document, check):
    """Start workers on a run and kill them until it is finished; return how many were killed.

    How long a worker lives is random, but short enough that the run survives at least `KILLS` workers.

    :param float seconds_per_document: how long a document takes without kills
    :param check: called with the database after each kill
    """
    chance = random.Random(SEED)
    kills = 0
    while database.run_state(run) == "generating":
        left = database.states(run).get("proposed", 0)
        worker = database.start("work", run=run, batch=KILLED_BATCH)
        if kills >= KILLS and left <= 4 * KILLED_BATCH:
            worker.result()
            continue
        lives = max(KILLS - kills, 1)
        longest = 1.6 * max(left / lives, 1) * seconds_per_document
        try:
            worker.result(timeout=chance.uniform(0.0, longest))
        except AssertionError:  # it still works
            worker.kill()
            kills += 1
            check(database)
        except Killed:
            raise AssertionError("a worker died by itself") from None
    return kills
