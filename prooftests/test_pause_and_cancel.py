"""Pausing, cancelling and watching a run while a worker is busy (``R3``, ``R5``)."""

import pytest
from harness import wait_for
from order_checks import check_all_billed, check_nothing_billed_twice

DOCUMENTS = 40
BATCH = 4

# Creating an invoice takes a moment, so that the worker is always busy.
SLOW_INVOICES = """
    CREATE FUNCTION proof_wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END $$;
    CREATE TRIGGER proof_wait BEFORE INSERT ON account_move
        FOR EACH ROW EXECUTE FUNCTION proof_wait();
"""


@pytest.fixture(scope="module")
def orders(prepared):
    """Return a database with orders."""
    database = prepared()
    database.call("create_orders", customers=DOCUMENTS)
    database.sql(SLOW_INVOICES)
    return database


@pytest.fixture
def busy(orders, databases):
    """Return a database with a run, and a worker that has created some documents."""
    database = databases(orders)
    run = database.start_run()
    worker = database.start("work", run=run, batch=BATCH)
    wait_for(lambda: database.states(run).get("done", 0) >= BATCH, "first documents")
    return database, run, worker


def test_progress_is_seen_by_others(busy):
    database, run, worker = busy
    seen = set()

    def is_done():
        values = database.call("read", model="consolidated.billing.run", ids=[run], fields=["progress", "state"])[0]
        seen.add(values["progress"])
        return values["state"] == "done"

    wait_for(is_done, "the run", interval=0.3)
    worker.result()
    assert len(seen) >= 3, seen
    assert max(seen) == 100.0


def test_a_paused_run_stops_after_the_batch_and_goes_on(busy):
    database, run, worker = busy
    database.press(run, "action_pause")
    done = database.states(run)["done"]
    worker.result()
    states = database.states(run)
    assert states["done"] <= done + BATCH
    assert states["proposed"] >= DOCUMENTS - done - BATCH
    assert database.run_state(run) == "generating"
    database.press(run, "action_resume")
    database.call("work", run=run)
    assert database.states(run) == {"done": DOCUMENTS}
    check_all_billed(database)


def test_a_cancelled_run_stops_after_the_batch(busy):
    database, run, worker = busy
    cancel = database.start("press", model="consolidated.billing.run", ids=[run], method="action_cancel")
    cancel.result(20)
    done = database.states(run)["done"]
    worker.result()
    states = database.states(run)
    assert states["done"] <= done + BATCH
    assert set(states) == {"done", "excluded"}
    assert states["excluded"] > 0
    assert database.run_state(run) == "cancelled"
    assert not database.claims()
    check_nothing_billed_twice(database)
    rest = database.start_run()
    database.call("work", run=rest)
    assert database.states(rest) == {"done": states["excluded"]}
    check_all_billed(database)


def count_in_hands(database):
    """Return how many documents a worker has in hands."""
    waiting = "SELECT id FROM consolidated_billing_run_group WHERE state = 'proposed'"
    free = len(database.sql(f"{waiting} FOR NO KEY UPDATE SKIP LOCKED"))
    return len(database.sql(waiting)) - free


def test_a_worker_that_dies_in_a_cancelled_run_leaves_no_claim(busy):
    """What it had in hands is released by the next one who looks."""
    database, run, worker = busy
    database.sql(SLOW_INVOICES.split("CREATE TRIGGER")[0].replace("CREATE", "CREATE OR REPLACE").replace("0.05", "2"))
    wait_for(lambda: count_in_hands(database), "a batch", interval=0.01)
    database.press(run, "action_cancel")
    worker.kill()
    assert database.states(run).get("proposed"), "nothing was in hands: this proves nothing"
    assert database.claims()
    wait_for(lambda: not count_in_hands(database), "the end of the dead worker's transaction")
    database.call("run_cron")
    assert set(database.states(run)) == {"done", "excluded"}
    assert not database.claims()
    check_nothing_billed_twice(database)
