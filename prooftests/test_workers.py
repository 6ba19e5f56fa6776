"""Several workers on one run (``R5``, ``K7``)."""

import pytest
from harness import let_go
from order_checks import check_all_billed, check_nothing_billed_twice, check_run_is_finished


@pytest.fixture(scope="module")
def orders(prepared):
    """Return databases with orders: that go on one invoice each, and that are split over two."""
    whole, split = prepared(), prepared()
    whole.call("create_orders", customers=64)
    split.call("create_orders", customers=32, is_split=True)
    return {False: whole, True: split}


@pytest.mark.parametrize(
    ("batches", "is_split"),
    [
        ((None, None), False),
        ((None, None, None), False),
        ((7, 9), True),
        ((1, 1, 1), True),
    ],
    ids=["two", "three", "two on split orders", "three on split orders, one by one"],
)
def test_every_document_is_created_once(orders, databases, batches, is_split):
    """Orders that are split over two documents are billed by several workers at the same time."""
    database = databases(orders[is_split])
    run = database.start_run()
    documents = sum(database.states(run).values())
    assert documents >= 60
    jobs = [database.start("work", run=run, wait=True, batch=batch) for batch in batches]
    let_go(*jobs)
    shares = [job.result(240) for job in jobs]
    print(f"documents by worker: {shares}")
    check_run_is_finished(database, run)
    check_nothing_billed_twice(database)
    check_all_billed(database)
    assert sum(shares) == documents
    assert all(shares), "a worker had nothing to do: this proves nothing"
