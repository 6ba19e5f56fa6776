"""Two runs that are prepared at the same time over the same orders (``R3``)."""

from harness import prepare_together


def test_every_line_is_claimed_by_one_run_only(database):
    lines = 2 * len(database.call("create_orders", customers=20))
    for _attempt in range(4):
        prepared, errors = prepare_together(database)
        twice = database.sql(
            "SELECT order_line_id FROM consolidated_billing_run_line"
            " WHERE is_claim GROUP BY order_line_id HAVING count(*) > 1"
        )
        assert not twice
        assert database.claims() == lines
        winners = [run for run in prepared if run["groups"]]
        assert len(winners) == 1
        for run in prepared:
            if run not in winners:
                assert run["skipped"] == [f"in run {winners[0]['name']}"]
        for error in errors:
            assert error.name in ("UserError", "ValidationError"), error
            assert "billing run" in error.message
        database.press(winners[0]["id"], "action_cancel")
        assert not database.claims()


def test_a_run_that_waits_for_another_gets_its_orders_when_that_one_is_cancelled(database):
    database.call("create_orders", customers=3)
    first = database.call("prepare")
    second = database.call("prepare")
    assert second["groups"] == 0
    database.press(first["id"], "action_cancel")
    database.press(second["id"], "action_prepare")
    assert database.states(second["id"]) == {"proposed": 3}
