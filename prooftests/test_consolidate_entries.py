"""An entry that somebody else touches at the very moment in which it is billed (``R2``, ``C5``, ``C6``)."""

from collections import Counter

import pytest
from harness import Failed, let_go
from ledger_checks import RUN, check_entries, check_numbers

CUSTOMERS = 6

# Listing the entries takes a moment, so that the two always meet.
SLOW_LINES = """
    CREATE FUNCTION proof_wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$;
    CREATE TRIGGER proof_wait AFTER INSERT ON consolidated_billing_invoice_line
        FOR EACH STATEMENT EXECUTE FUNCTION proof_wait();
"""
ROUNDS = 12


@pytest.fixture
def slow(database):
    """Return a database in which billing takes a moment."""
    database.call("create_entries", customers=1, prefix="Setup", date="2026-05-01")
    database.sql(SLOW_LINES)
    return database


def begin_round(database, number):
    """Create entries and a run over them; return the run, the entries, and the delays of the worker and the person."""
    moves = database.call("create_entries", customers=CUSTOMERS, entries=2, prefix=f"Round {number:02}")
    run = database.start_run(**RUN)
    delays = (0.0, number * 0.03) if number % 2 else (number * 0.02, 0.0)
    return run, moves, delays


def meet(worker, person):
    """Let a worker and a person begin at the same moment; return what the person was told, empty when it worked."""
    let_go(worker, person)
    try:
        person.result()
        return ""
    except Failed as error:
        assert error.name in ("UserError", "ValidationError", "SerializationFailure"), error
        return error.message
    finally:
        worker.result()


def reasons(database, run):
    """Return why entries of the run were not billed, by id of the entry."""
    return dict(
        database.sql(
            "SELECT move_id, skip_reason FROM consolidated_billing_run_line"
            " WHERE run_id = %s AND skip_reason IS NOT NULL AND group_id IS NOT NULL",
            run,
        )
    )


def billing_of(database, move):
    """Return the document that bills an entry, and the state of the entry."""
    return database.sql("SELECT consolidated_billing_id, state FROM account_move WHERE id = %s", move)[0]


def test_an_entry_is_reset_to_draft_while_it_is_billed(slow):
    """Either it is billed and the person is told so, or it is a draft and the run says why it was skipped."""
    winners = Counter()
    for number in range(ROUNDS):
        run, moves, delays = begin_round(slow, number)
        move = moves[2]
        answer = meet(
            slow.start("work", run=run, wait=True, delay=delays[0]),
            slow.start("reset_to_draft", moves=[move], wait=True, delay=delays[1]),
        )
        assert slow.run_state(run) == "done"
        assert slow.states(run) == {"done": CUSTOMERS}, slow.errors(run)
        billing, state = billing_of(slow, move)
        if answer:
            assert billing and state == "posted", answer
            assert "is billed on the consolidated billing invoice" in answer or "serialize" in answer, answer
            assert not reasons(slow, run)
        else:
            assert not billing and state == "draft"
            assert reasons(slow, run) == {move: "the entry is not posted any more"}
        winners["run" if billing else "person"] += 1
        check_entries(slow)
    check_numbers(slow)
    assert not slow.claims()
    print(f"who was first: {dict(winners)}")
    assert winners["run"] and winners["person"], winners


def test_a_payment_is_reconciled_while_its_entry_is_billed(slow):
    """Both happen, and the document knows what is open of the entry."""
    for number in range(ROUNDS):
        run, moves, delays = begin_round(slow, number)
        answer = meet(
            slow.start("work", run=run, wait=True, delay=delays[0]),
            slow.start("pay_entries", moves=[moves[0]], amount=50.0, wait=True, delay=delays[1]),
        )
        assert not answer
        assert slow.states(run) == {"done": CUSTOMERS}, slow.errors(run)
        check_entries(slow)
        slow.call("finalize", run=run)
        paid, residual, closing, payments, invoices, state = slow.sql(
            "SELECT move.amount_total - move.amount_residual, billing.amount_residual, billing.closing_balance,"
            " billing.payments_amount, billing.invoices_amount, billing.payment_state"
            " FROM account_move move JOIN consolidated_billing_invoice billing"
            " ON billing.id = move.consolidated_billing_id WHERE move.id = %s",
            moves[0],
        )[0]
        assert paid == 50
        assert (residual, closing, payments, state) == (invoices - 50, invoices - 50, -50, "partial")
    assert check_numbers(slow) is not None


def test_a_document_is_not_rejected_below_one_that_carries_its_balance(slow):
    """Also when the transaction of who rejects is older than the next document."""
    slow.call("create_entries", customers=CUSTOMERS, entries=1, prefix="Chain", date="2026-02-10")
    first = slow.start_run(**{**RUN, "cutoff_date": "2026-02-28", "invoice_date": "2026-02-28"})
    slow.call("work", run=first)
    ids = [id_ for (id_,) in slow.sql("SELECT id FROM consolidated_billing_invoice WHERE run_id = %s", first)]
    reject = slow.start(
        "press", model="consolidated.billing.invoice", ids=ids, method="action_reject", wait=True, is_old=True
    )
    reject.wait_until_ready()
    slow.call("create_entries", customers=CUSTOMERS, entries=1, prefix="Chain")
    run = slow.start_run(**RUN)
    slow.call("work", run=run)
    reject.go()
    with pytest.raises(Failed, match="carries the balance"):
        reject.result()
    assert slow.value("SELECT count(*) FROM consolidated_billing_invoice WHERE state = 'cancelled'") == 0
    check_entries(slow)


def test_a_document_is_rejected_while_the_next_run_is_prepared(slow):
    """The entries that it releases are in the next run or wait for the one after; none is lost or billed twice."""
    moves = slow.call("create_entries", customers=CUSTOMERS, entries=2, prefix="Rejected")
    run = slow.start_run(**RUN)
    slow.call("work", run=run)
    ids = [id_ for (id_,) in slow.sql("SELECT id FROM consolidated_billing_invoice WHERE run_id = %s", run)]
    reject = slow.start("press", model="consolidated.billing.invoice", ids=ids, method="action_reject", wait=True)
    prepare = slow.start("prepare", wait=True, **RUN)
    let_go(reject, prepare)
    reject.result()
    second = prepare.result()["id"]
    check_entries(slow)
    slow.press(second, "action_cancel")
    third = slow.start_run(**RUN)
    slow.call("work", run=third)
    check_entries(slow)
    check_numbers(slow)
    assert all(billing_of(slow, move)[0] for move in moves)


@pytest.mark.parametrize("amounts", [(None, None), (60.0, 45.0)], ids=["twice the whole", "two parts"])
def test_two_payments_are_registered_on_a_document_at_once(database, amounts):
    """Nothing is settled twice: what is paid too much stays open on the account."""
    database.call("create_entries", customers=1, entries=3)
    run = database.start_run(**RUN)
    database.call("work", run=run)
    database.call("finalize", run=run)
    billing, total = database.sql(
        "SELECT id, closing_balance FROM consolidated_billing_invoice WHERE run_id = %s", run
    )[0]
    jobs = [database.start("pay_billing", billings=[billing], amount=amount, wait=True) for amount in amounts]
    let_go(*jobs)
    refused = 0
    for job in jobs:
        try:
            job.result()
        except Failed as error:
            assert error.name in ("UserError", "ValidationError"), error
            refused += 1
    residual, state = database.sql(
        "SELECT amount_residual, payment_state FROM consolidated_billing_invoice WHERE id = %s", billing
    )[0]
    registered = database.value("SELECT sum(amount) FROM account_payment WHERE state != 'draft'")
    on_account = database.value(
        "SELECT COALESCE(sum(-amount_residual), 0) FROM account_move_line"
        " WHERE payment_id IS NOT NULL AND consolidated_billing_line_id IS NULL AND reconciled IS NOT TRUE"
        " AND account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')"
    )
    print(f"total {total}, registered {registered}, open {residual}, on account {on_account}, refused {refused}")
    assert total - residual == registered - on_account
    assert residual >= 0
    if amounts == (None, None):
        assert residual == 0 and state in ("paid", "in_payment")
        assert registered == total * (2 - refused)
    else:
        assert not refused and registered == 105 and not on_account
        assert residual == total - 105 and state == "partial"
    check_entries(database)
