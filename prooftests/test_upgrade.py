"""A database of each release is updated: what was billed stays as it was, and work goes on."""

import os
import re
from pathlib import Path

import pytest
from harness import Database
from ledger_checks import check_entries, check_numbers

RELEASED = sorted(Path(__file__).parent.glob("released/*.sql.xz"))

# What customers were told, and what the books say. An update changes none of it; a document of which nothing is due is
# paid since 19.0.1.1.0.
TOLD = {
    "invoices": """
        SELECT id, name, state, move_type, partner_id, amount_untaxed, amount_tax, amount_total, amount_residual,
               payment_state, invoice_date, invoice_date_due, ref, invoice_origin, is_grouped_invoice,
               grouping_partner_id, job_code, bill_date, billing_run_id, consolidated_billing_id
          FROM account_move ORDER BY id""",
    "items": """
        SELECT id, move_id, account_id, debit, credit, amount_currency, amount_residual, date_maturity, quantity,
               price_unit, consolidated_billing_line_id
          FROM account_move_line ORDER BY id""",
    "documents": """
        SELECT id, name, state, partner_id, currency_id, date_from, cutoff_date, invoice_date, invoice_date_due,
               opening_balance, payments_amount, invoices_amount, credits_amount, adjustments_amount,
               amount_untaxed, amount_tax, closing_balance, amount_residual, run_id,
               CASE WHEN state = 'final' AND amount_residual = 0 THEN 'paid' ELSE payment_state END
          FROM consolidated_billing_invoice ORDER BY id""",
    "documents' entries": """
        SELECT id, billing_id, move_id, entry_type, amount_untaxed, amount_total, amount_residual
          FROM consolidated_billing_invoice_line ORDER BY id""",
    "runs": """
        SELECT id, name, kind, state, by_grouping_account, cutoff_date, invoice_date
          FROM consolidated_billing_run ORDER BY id""",
    "documents of runs": """
        SELECT id, run_id, partner_id, state, selected, amount_untaxed, amount_total, reason, move_id,
               consolidated_billing_id
          FROM consolidated_billing_run_group ORDER BY id""",
    "lines of runs": """
        SELECT id, run_id, group_id, order_id, order_line_id, quantity, amount_untaxed, selected, is_claim, is_billed
          FROM consolidated_billing_run_line ORDER BY id""",
    "orders": """
        SELECT id, name, state, invoice_status, partner_id, partner_invoice_id, grouping_partner_id, invoice_grouping,
               job_code, next_bill_date
          FROM sale_order ORDER BY id""",
    "customers": "SELECT id, name, ref, grouping_partner_id FROM res_partner ORDER BY id",
}


def snapshot(database):
    """Return what a database says of what was billed."""
    return {name: database.sql(query) for name, query in TOLD.items()}


@pytest.fixture(scope="module", params=RELEASED, ids=lambda path: path.name.removesuffix(".sql.xz"))
def updated(request, tmp_path_factory):
    """Return a database of a release after the update, what it said before, and the log of the update."""
    database = Database(str(request.param), os.environ["CB_PROOF_CONFIG"])
    before = snapshot(database)
    log = tmp_path_factory.mktemp("update") / "update.log"
    database.update(log, "consolidated_billing")
    yield database, before, log.read_text()
    database.drop()


def test_the_update_ends_without_a_warning(updated):
    _database, _before, log = updated
    assert "Modules loaded" in log
    assert not re.findall(r"^.* (?:WARNING|ERROR|CRITICAL) .*$", log, re.MULTILINE)


def test_an_update_changes_nothing_that_was_billed(updated):
    database, before, _log = updated
    after = snapshot(database)
    for name, rows in before.items():
        assert rows, f"the dump has no {name}: this proves nothing"
        assert after[name] == rows, name


def test_entries_and_numbers_are_right_after_the_update(updated):
    database, _before, _log = updated
    check_entries(database)
    check_numbers(database)


def test_a_run_that_was_prepared_before_the_update_is_generated_after_it(updated):
    database, _before, _log = updated
    run = database.value("SELECT max(id) FROM consolidated_billing_run WHERE state = 'prepared' AND kind = 'invoice'")
    database.press(run, "action_generate")
    database.call("work", run=run)
    assert database.run_state(run) == "done"
    assert database.states(run) == {"done": 1}, database.errors(run)


def test_the_next_document_begins_where_the_one_before_the_update_ended(updated):
    database, _before, _log = updated
    march, april = database.call("bill_next_month", customer="Payer", cutoff="2026-04-30", amount=9)
    assert april["opening_balance"] == march["closing_balance"] == 50
    assert april["closing_balance"] == 59 == april["ledger"]
    assert march["transfers_amount"] == april["transfers_amount"] == 0
    assert march["payments_amount"] == april["payments_amount"] == 0, "what was paid is counted already"
