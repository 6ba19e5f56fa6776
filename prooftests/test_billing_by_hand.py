"""A run and a person who bill the same order at the same time (``R2``)."""

from collections import Counter

import pytest
from harness import Failed
from order_checks import check_nothing_billed_twice

# Creating an invoice takes longer, so that the two always meet.
SLOW_INVOICES = """
    CREATE FUNCTION proof_wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(0.15); RETURN NEW; END $$;
    CREATE TRIGGER proof_wait BEFORE INSERT ON account_move
        FOR EACH ROW EXECUTE FUNCTION proof_wait();
"""


def bill_together(database, orders, run, delays):
    """Let a person and a worker bill the same orders, each after a delay; return what the person got."""
    jobs = [
        database.start("invoice_by_hand", orders=orders, wait=True, delay=delays[0]),
        database.start("work", run=run, wait=True, delay=delays[1]),
    ]
    for job in jobs:
        job.wait_until_ready()
    for job in jobs:
        job.go()
    try:
        return jobs[0].result(), ""
    except Failed as error:
        assert error.name in ("UserError", "ValidationError", "SerializationFailure"), error
        return [], error.message
    finally:
        jobs[1].result()


@pytest.mark.parametrize(("share", "rounds"), [(1.0, 10), (0.5, 6)])
def test_nothing_is_billed_twice(database, share, rounds):
    """``share``: the run bills the whole quantity, or a part of it."""
    database.call("create_orders", customers=1, prefix="Setup")
    database.press(database.call("prepare")["id"], "action_cancel")
    database.sql(SLOW_INVOICES)
    winners = Counter()
    for number in range(rounds):
        orders = database.call("create_orders", customers=3, lines=3, prefix=f"Round {number}")
        run = database.call("prepare")["id"]
        if share < 1:
            database.call("lower_quantities", run=run, share=share)
        database.press(run, "action_generate")
        delays = (0.0, number * 0.04) if number % 2 else (number * 0.04, 0.0)
        moves, answer = bill_together(database, orders, run, delays)
        check_nothing_billed_twice(database)
        assert database.run_state(run) == "done"
        assert not database.claims()
        states = database.states(run)
        assert set(states) <= {"done", "skipped"}, (states, database.errors(run))
        reasons = database.sql(
            "SELECT DISTINCT skip_reason FROM consolidated_billing_run_line"
            " WHERE run_id = %s AND skip_reason IS NOT NULL AND group_id IS NOT NULL",
            run,
        )
        for (reason,) in reasons:
            assert reason == "invoiced meanwhile" or "quantity to invoice changed" in reason
        if states.get("skipped"):
            assert moves and reasons
        if not moves:
            assert "nothing to invoice" in answer or "serialize" in answer
        winners["run" if states.get("done") else "person"] += 1
        database.call("invoice_rest")  # the next round begins with its own orders only
    print(f"who billed: {dict(winners)}")
    assert winners["run"] and winners["person"], winners
