"""Billing numbers that are drawn, kept or lost while somebody looks for missing ones (``C4``)."""

import pytest
from harness import Failed, let_go, wait_for
from ledger_checks import RUN, check_numbers

COUNT = "SELECT count(*) FROM consolidated_billing_invoice"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def numbered(database):
    """Return a database with five documents."""
    database.call("create_entries", customers=5, entries=1)
    run = database.start_run(**RUN)
    database.call("work", run=run)
    assert check_numbers(database) == []
    return database


def start_drawing(database, count, keep):
    """Draw numbers in a transaction that stays open."""
    job = database.start("draw_numbers", count=count, keep=keep, wait=True)
    job.wait_until_ready()
    return job


def test_a_number_in_an_open_transaction_is_not_missing(numbered):
    drawing = start_drawing(numbered, 2, keep=True)
    assert numbered.call("explain_numbers") == []
    drawing.go()
    assert drawing.result() == [6, 7]
    assert numbered.call("explain_numbers") == []
    assert numbered.value(COUNT) == 7
    check_numbers(numbered)


def test_a_lost_number_is_explained_once_nobody_draws(numbered):
    losing = start_drawing(numbered, 2, keep=False)
    drawing = start_drawing(numbered, 1, keep=True)
    losing.go()
    assert losing.result() == [6, 7]
    assert numbered.call("explain_numbers") == [], "somebody draws still"
    drawing.go()
    drawing.result()
    assert numbered.call("explain_numbers") == [6, 7]
    assert set(check_numbers(numbered)) >= {6, 7}


def test_the_numbers_of_a_killed_process_are_explained(numbered):
    drawing = start_drawing(numbered, 3, keep=True)
    drawing.kill()
    wait_for(lambda: numbered.call("explain_numbers") == [6, 7, 8], "the end of the dead transaction", interval=0.2)
    check_numbers(numbered)


@pytest.mark.parametrize("job", ["explain_numbers", "explain_numbers_as_button"])
def test_numbers_that_were_stored_after_the_snapshot_are_not_missing(numbered, job):
    """Who looks for missing numbers does not see what was committed after its transaction began."""
    looking = numbered.start(job, wait=True)
    looking.wait_until_ready()
    drawing = start_drawing(numbered, 2, keep=True)
    drawing.go()
    assert drawing.result() == [6, 7]
    looking.go()
    assert looking.result() == []
    assert numbered.value(COUNT) == 7
    check_numbers(numbered)


def test_a_lost_number_among_stored_ones_is_explained_in_the_end(numbered):
    """Also when it is first looked for in a transaction that is older than the stored ones."""
    looking = numbered.start("explain_numbers", wait=True)
    looking.wait_until_ready()
    losing = start_drawing(numbered, 1, keep=False)
    drawing = start_drawing(numbered, 1, keep=True)
    for job in (losing, drawing):
        job.go()
        job.result()
    looking.go()
    looking.result()
    numbered.call("explain_numbers")
    check_numbers(numbered)
    assert numbered.value(COUNT) == 7


def test_the_sequence_cannot_start_anew_while_somebody_draws(numbered):
    """Numbers that are lost before a new start could not be told from those that were left out on purpose."""
    sequence = numbered.value("SELECT consolidated_billing_sequence_id FROM res_company WHERE id = 1")
    drawing = start_drawing(numbered, 2, keep=False)
    with pytest.raises(Failed, match="are being drawn at this moment"):
        numbered.call("write", model="ir.sequence", ids=[sequence], values={"number_next": 4000})
    drawing.go()
    drawing.result()
    numbered.call("write", model="ir.sequence", ids=[sequence], values={"number_next": 4000})
    assert numbered.value(
        "SELECT array_agg(sequence_number) FROM consolidated_billing_invoice WHERE run_id IS NULL"
    ) == [6, 7]


def test_two_who_look_at_once_explain_each_number_once(numbered):
    losing = start_drawing(numbered, 4, keep=False)
    losing.go()
    losing.result()
    jobs = [numbered.start("explain_numbers_as_button", wait=True) for _number in range(2)]
    let_go(*jobs)
    found = [job.result() for job in jobs]
    assert sorted(found, key=len) == [[], [6, 7, 8, 9]], found
    check_numbers(numbered)


def test_who_draws_does_not_wait_for_others_who_draw(numbered):
    drawing = start_drawing(numbered, 1, keep=True)
    assert numbered.call("draw_numbers", count=1, wait=False) == [7]
    assert not numbered.value(WAITING)
    drawing.go()
    drawing.result()
    numbered.call("explain_numbers")
    check_numbers(numbered)


def test_a_run_that_goes_on_while_numbers_are_looked_for(numbered):
    """The two do not wait for each other for ever, and no number is missing or used twice."""
    numbered.call("create_entries", customers=20, entries=1, prefix="More")
    run = numbered.start_run(**RUN)
    worker = numbered.start("work", run=run, wait=True, batch=2)
    let_go(worker)
    looks = 0
    while not worker.ends_within(0.05):
        numbered.call("explain_numbers_as_button")
        looks += 1
    assert looks
    assert numbered.states(run) == {"done": 20}
    assert check_numbers(numbered) == []
