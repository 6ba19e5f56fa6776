"""What must be true of consolidated billing invoices at any moment, and when a run is done."""

from run_checks import check_all_done

RUN = {"kind": "consolidate", "cutoff_date": "2026-03-31", "invoice_date": "2026-03-31"}

# Per bill-to of a run: entries and amounts. Numbers differ when workers were killed.
BILLED = """
    SELECT partner.name,
           (SELECT count(*) FROM consolidated_billing_invoice_line line WHERE line.billing_id = billing.id),
           billing.invoices_amount, billing.credits_amount, billing.adjustments_amount, billing.payments_amount,
           billing.amount_untaxed, billing.amount_tax, billing.opening_balance, billing.closing_balance,
           billing.amount_residual, billing.payment_state, billing.date_from
      FROM consolidated_billing_invoice billing
      JOIN res_partner partner ON partner.id = billing.partner_id
     WHERE billing.run_id = %s AND billing.state != 'cancelled'
  ORDER BY partner.name
"""


def check_entries(database):
    """No entry is on two documents, and none is on a document that does not claim it, or is no posted entry."""
    twice = database.sql(
        "SELECT line.move_id, array_agg(billing.name) FROM consolidated_billing_invoice_line line"
        " JOIN consolidated_billing_invoice billing ON billing.id = line.billing_id AND billing.state != 'cancelled'"
        " GROUP BY line.move_id, line.partner_id, billing.currency_id HAVING count(*) > 1"
    )
    assert not twice, f"on two documents: {twice}"
    unclaimed = database.sql(
        "SELECT billing.name, line.name FROM consolidated_billing_invoice_line line"
        " JOIN consolidated_billing_invoice billing ON billing.id = line.billing_id"
        " LEFT JOIN account_move_line item ON item.consolidated_billing_line_id = line.id"
        " LEFT JOIN account_move move ON move.id = item.move_id"
        " WHERE (billing.state != 'cancelled') != (item.id IS NOT NULL)"
        " OR item.id IS NOT NULL AND (item.parent_state != 'posted' OR move.state != 'posted'"
        " OR move.consolidated_billing_id IS DISTINCT FROM billing.id)"
    )
    assert not unclaimed, f"listed without being claimed, or not posted: {unclaimed}"
    wrong = database.sql(
        "SELECT billing.name, line.name, line.amount_total, sum(item.amount_currency), line.amount_residual,"
        " sum(item.amount_residual_currency)"
        " FROM consolidated_billing_invoice_line line"
        " JOIN consolidated_billing_invoice billing ON billing.id = line.billing_id"
        " JOIN account_move_line item ON item.consolidated_billing_line_id = line.id"
        " GROUP BY billing.name, line.id"
        " HAVING line.amount_total != sum(item.amount_currency)"
        " OR line.amount_residual != sum(item.amount_residual_currency)"
    )
    assert not wrong, f"amounts that the ledger does not have: {wrong}"


def get_last_number(database):
    """Return the last number that was drawn."""
    name = database.value(
        "SELECT 'ir_sequence_' || lpad(consolidated_billing_sequence_id::text, 3, '0') FROM res_company WHERE id = 1"
    )
    is_called, last = database.sql(f"SELECT is_called, last_value FROM {name}")[0]
    return last if is_called else 0


def check_numbers(database):
    """The numbers of the company form a series without gaps; what is not billed is cancelled and says why.

    :return: the numbers that were lost and explained
    """
    rows = database.sql(
        "SELECT sequence_number, run_id IS NULL, state, cancel_reason FROM consolidated_billing_invoice"
        " ORDER BY sequence_number"
    )
    present, last = {row[0] for row in rows}, get_last_number(database)
    assert len(present) == len(rows)
    missing = [number for number in range(1, last + 1) if number not in present]
    assert not missing, f"neither billed nor explained: {missing} of {last}"
    assert len(rows) == last
    lost = [row for row in rows if row[1]]
    assert all(state == "cancelled" and reason for _number, _lost, state, reason in lost), lost
    return [row[0] for row in lost]


def check_consolidation_is_finished(database, run):
    """Each document was created exactly once, the run is done and claims nothing."""
    documents = check_all_done(database, run)
    billings = database.sql(
        "SELECT count(DISTINCT grp.consolidated_billing_id), count(DISTINCT billing.id)"
        " FROM consolidated_billing_invoice billing"
        " LEFT JOIN consolidated_billing_run_group grp ON grp.consolidated_billing_id = billing.id"
        " WHERE billing.run_id = %s",
        run,
    )
    assert billings == [(documents, documents)]


def check_all_entries_billed(database):
    """No posted invoice or credit note of a customer is left over."""
    left = database.sql(
        "SELECT name FROM account_move WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund')"
        " AND consolidated_billing_id IS NULL"
    )
    assert not left, left
