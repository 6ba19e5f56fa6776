"""What must be true of billing runs of both kinds (``R3``, ``R5``)."""

from harness import prepare_together


def check_all_done(database, run):
    """The run is done, so is each of its documents with all its lines, and it claims nothing.

    :return: how many documents it has
    :rtype: int
    """
    assert database.run_state(run) == "done"
    assert set(database.states(run)) == {"done"}, (database.states(run), database.errors(run))
    unbilled = database.value(
        "SELECT count(*) FROM consolidated_billing_run_line"
        " WHERE run_id = %s AND group_id IS NOT NULL AND is_billed IS NOT TRUE",
        run,
    )
    assert not unbilled
    assert not database.claims()
    return database.value("SELECT count(*) FROM consolidated_billing_run_group WHERE run_id = %s", run)


def check_one_run_claims(database, count, **values):
    """Of two runs that are prepared at once over the same, one claims it all and the other says so; cancel it then.

    :param int count: how much there is to claim
    :param values: parameters of the runs
    """
    prepared, errors = prepare_together(database, **values)
    assert database.claims() == count
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
