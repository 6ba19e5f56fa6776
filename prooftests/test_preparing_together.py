"""Two runs that are prepared at the same time over the same orders (``R3``)."""

from run_checks import check_one_run_claims


def test_every_line_is_claimed_by_one_run_only(database):
    lines = 2 * len(database.call("create_orders", customers=20))
    for _attempt in range(4):
        check_one_run_claims(database, lines)


def test_a_run_that_waits_for_another_gets_its_orders_when_that_one_is_cancelled(database):
    database.call("create_orders", customers=3)
    first = database.call("prepare")
    second = database.call("prepare")
    assert second["groups"] == 0
    database.press(first["id"], "action_cancel")
    database.press(second["id"], "action_prepare")
    assert database.states(second["id"]) == {"proposed": 3}
