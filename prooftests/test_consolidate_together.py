"""Several runs over the same customers, and several workers on one run, of consolidated billing invoices (``R3``)."""

import pytest
from harness import Failed, let_go
from ledger_checks import (
    BILLED,
    RUN,
    check_all_entries_billed,
    check_consolidation_is_finished,
    check_entries,
    check_numbers,
)
from run_checks import check_one_run_claims

CUSTOMERS = 60


@pytest.fixture(scope="module")
def entries(prepared):
    """Return a database with posted entries."""
    database = prepared()
    database.call("create_entries", customers=CUSTOMERS, entries=3)
    return database


def work_together(database, runs, **values):
    """Let one worker for each of these runs begin at the same moment; return how much each did."""
    jobs = [database.start("work", run=run, wait=True, **values) for run in runs]
    let_go(*jobs)
    return [job.result(240) for job in jobs]


def test_every_entry_is_claimed_by_one_run_only(entries, databases):
    database = databases(entries)
    for _attempt in range(4):
        check_one_run_claims(database, 3 * CUSTOMERS, **RUN)


def prepare_overlapping(database, customers):
    """Prepare two runs at once that share a third of the customers; return their ids."""
    third = len(customers) // 3
    jobs = [
        database.start("prepare", wait=True, **RUN, partner_ids=part)
        for part in (customers[: 2 * third], customers[third:])
    ]
    let_go(*jobs)
    runs = []
    for job in jobs:
        try:
            runs.append(job.result()["id"])
        except Failed as error:  # said so, and nothing is half done: the person prepares again
            assert error.name in ("UserError", "ValidationError"), error
            assert "Prepare this run again" in error.message or "Generate or cancel that run first" in error.message
    if len(runs) < 2:
        refused = database.value(
            "SELECT id FROM consolidated_billing_run WHERE id != %s ORDER BY id DESC LIMIT 1", runs[0]
        )
        database.press(refused, "action_prepare")
        runs.append(refused)
    return runs


def test_two_runs_over_the_same_customers_bill_each_entry_once(entries, databases):
    """Prepared at once and generated at once; what one of them claims is left to it."""
    database = databases(entries)
    rows = database.sql("SELECT id FROM res_partner WHERE name LIKE 'Customer %' ORDER BY name")
    customers = [id_ for (id_,) in rows]
    runs = prepare_overlapping(database, customers)
    assert database.claims() == 3 * CUSTOMERS
    for run in runs:
        database.press(run, "action_generate")
    shares = work_together(database, runs, batch=3)
    print(f"documents by run: {shares}")
    assert sum(shares) == CUSTOMERS and all(shares)
    for run in runs:
        check_consolidation_is_finished(database, run)
    check_entries(database)
    check_all_entries_billed(database)
    assert check_numbers(database) == []


@pytest.mark.parametrize(
    "batches", [(None, None), (7, 9), (1, 1, 1)], ids=["two", "two in batches", "three one by one"]
)
def test_every_document_is_created_once(entries, databases, batches):
    """Whatever the number of workers and the size of their batches, the documents are the same."""
    alone, together = databases(entries), databases(entries)
    run = alone.start_run(**RUN)
    alone.call("work", run=run)
    assert together.start_run(**RUN) == run
    size = next(filter(None, batches), None) or CUSTOMERS // (2 * len(batches))
    jobs = [together.start("work", run=run, wait=True, batch=batch or size) for batch in batches]
    let_go(*jobs)
    shares = [job.result(240) for job in jobs]
    print(f"documents by worker: {shares}")
    assert sum(shares) == CUSTOMERS
    assert all(shares), "a worker had nothing to do: this proves nothing"
    check_consolidation_is_finished(together, run)
    check_entries(together)
    check_all_entries_billed(together)
    assert check_numbers(together) == []
    assert together.sql(BILLED, run) == alone.sql(BILLED, run)
