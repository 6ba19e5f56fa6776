"""Documents that cannot be created fail alone, in words, and can be tried again (``R4``)."""

import contextlib
import time

import pytest
from order_checks import check_all_billed, check_nothing_billed_twice

CUSTOMERS = 24
SQL_WORDS = ("psycopg2", "SQL", "CONTEXT", "DETAIL", "relation", "violates", "PL/pgSQL", "Traceback")

REFUSAL = """
    CREATE FUNCTION proof_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.partner_id = {partner} THEN RAISE EXCEPTION 'the disk has a bad sector'; END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER proof_refuse BEFORE INSERT ON account_move
        FOR EACH ROW EXECUTE FUNCTION proof_refuse();
"""


@pytest.fixture(scope="module")
def orders(prepared):
    """Return a database with 24 customers; the twelfth has a product of its own."""
    database = prepared()
    ids = database.call("create_orders", customers=CUSTOMERS)
    database.call("use_product_without_account", order=ids[11])
    return database


@pytest.fixture
def start(orders, databases):
    """Return a database with a run over 24 customers, and one of them in the middle of a batch."""
    database = databases(orders)
    run = database.start_run()
    partner, name, order = database.sql(
        "SELECT id, name, (SELECT id FROM sale_order WHERE partner_id = res_partner.id)"
        " FROM res_partner WHERE name = 'Customer 011'"
    )[0]
    return database, run, partner, name, order


def check_one_failed(database, run, name, *words):
    """Only this customer's document failed, and the sentence contains these words."""
    assert database.states(run) == {"done": CUSTOMERS - 1, "failed": 1}
    assert database.run_state(run) == "done"
    errors = database.errors(run)
    assert list(errors) == [name]
    print(errors[name])
    for word in words:
        assert word in errors[name], errors
    for word in SQL_WORDS:
        assert word not in errors[name], errors
    assert not database.claims()


def check_retry(database, run, **options):
    """Once the cause is removed, trying again creates the missing documents."""
    database.press(run, "action_retry_failed")
    database.call("work", run=run, **options)
    assert database.states(run) == {"done": CUSTOMERS}, database.errors(run)
    assert database.run_state(run) == "done"
    check_nothing_billed_twice(database)
    check_all_billed(database)


def test_archived_bill_to(start):
    database, run, partner, name, _order = start
    values = {"model": "res.partner", "ids": [partner]}
    database.call("write", **values, values={"active": False})
    database.call("work", run=run)
    check_one_failed(database, run, name, "archived")
    database.call("write", **values, values={"active": True})
    check_retry(database, run)


def test_missing_account(start):
    database, run, _partner, name, _order = start
    database.call("set_income_account", is_missing=True)
    database.call("work", run=run)
    check_one_failed(database, run, name, "account")
    database.call("set_income_account", is_missing=False)
    check_retry(database, run)


def test_error_in_the_database(start):
    database, run, partner, name, _order = start
    database.sql(REFUSAL.format(partner=partner))
    database.call("work", run=run)
    check_one_failed(database, run, name, "bad sector")
    database.sql("DROP TRIGGER proof_refuse ON account_move")
    check_retry(database, run)


def test_somebody_holds_an_order(start):
    """A connection that holds an order or its line for long costs that order's document only."""
    database, run, _partner, name, order = start
    with contextlib.closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("SELECT 1 FROM sale_order WHERE id = %s FOR UPDATE", [order])
        begin = time.monotonic()
        database.call("work", run=run, lock_timeout="300ms")
        print(f"{time.monotonic() - begin:.0f} s")
        check_one_failed(database, run, name, "Somebody else")
        holder.rollback()
        holder.cursor().execute("SELECT 1 FROM sale_order_line WHERE order_id = %s FOR UPDATE", [order])
        database.press(run, "action_retry_failed")
        database.call("work", run=run, lock_timeout="300ms")
        check_one_failed(database, run, name, "Somebody else")
        holder.rollback()
    check_retry(database, run)


def test_somebody_holds_an_order_for_a_moment(start):
    """Who finishes while the worker waits delays the run, and nothing fails."""
    database, run, _partner, _name, order = start
    with contextlib.closing(database.connect()) as holder:
        holder.autocommit = False
        holder.cursor().execute("SELECT 1 FROM sale_order WHERE id = %s FOR UPDATE", [order])
        worker = database.start("work", run=run)
        assert not worker.ends_within(4)
        holder.rollback()
    worker.result()
    assert database.states(run) == {"done": CUSTOMERS}


def test_period_locked_after_prepare(start):
    """No document gets a date in a locked period; each says so, and can be tried again."""
    database, run, _partner, name, _order = start
    lock = {"model": "res.company", "ids": [1]}
    database.call("write", **lock, values={"sale_lock_date": "2099-12-31"})
    database.call("work", run=run)
    assert database.states(run) == {"failed": CUSTOMERS}
    assert "locked" in database.errors(run)[name]
    assert not database.claims()
    database.call("write", **lock, values={"sale_lock_date": False})
    check_retry(database, run)


def test_a_run_that_cannot_work_does_not_stop_the_others(orders, databases):
    """The cron goes on with the next run when the first one's user may not bill any more."""
    database = databases(orders)
    user = database.call("create_accountant")
    first = database.call("prepare", uid=user)["id"]
    database.call(
        "press",
        uid=user,
        model="consolidated.billing.run",
        ids=[first],
        method="action_generate",
    )
    database.call("create_orders", customers=2, prefix="Second")
    second = database.start_run()
    database.call("take_rights", user=user)
    database.call("run_cron")
    assert database.run_state(second) == "done"
    assert database.states(second) == {"done": 2}
    note = database.value(
        "SELECT string_agg(body, ' ') FROM mail_message WHERE model = 'consolidated.billing.run' AND res_id = %s",
        first,
    )
    assert "stopped" in note
    database.press(first, "action_resume")  # by somebody who may
    database.call("run_cron")
    assert database.states(first) == {"done": CUSTOMERS}
