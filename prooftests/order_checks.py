"""What must be true of orders and of the invoices of their runs, whatever happened meanwhile."""

from run_checks import check_all_done

BILLED = """
    SELECT sol.id, sol.product_uom_qty AS ordered, sol.qty_invoiced AS noted,
           COALESCE(sum(aml.quantity * CASE WHEN move.move_type = 'out_refund' THEN -1 ELSE 1 END), 0)
           AS billed
      FROM sale_order_line sol
 LEFT JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sol.id
 LEFT JOIN account_move_line aml ON aml.id = rel.invoice_line_id
 LEFT JOIN account_move move ON move.id = aml.move_id AND move.state != 'cancel'
  GROUP BY sol.id
"""

OUTCOME = """
    SELECT partner.name, count(DISTINCT move.id), count(aml.id), sum(aml.quantity),
           sum(aml.price_subtotal), sum(aml.price_total)
      FROM account_move move
      JOIN res_partner partner ON partner.id = move.partner_id
      JOIN account_move_line aml ON aml.move_id = move.id AND aml.display_type = 'product'
     WHERE move.billing_run_id = %s
  GROUP BY partner.name
  ORDER BY partner.name
"""


def check_nothing_billed_twice(database):
    """Every order line is billed for what was ordered at most, and its order line knows it."""
    wrong = database.sql(f"SELECT * FROM ({BILLED}) AS line WHERE billed > ordered OR billed != noted")
    assert not wrong, f"order line, ordered, noted, billed: {wrong}"


def check_all_billed(database):
    """Every order line is billed completely."""
    wrong = database.sql(f"SELECT * FROM ({BILLED}) AS line WHERE billed != ordered")
    assert not wrong, f"order line, ordered, noted, billed: {wrong}"


def check_run_is_finished(database, run):
    """Each document was created exactly once, the run is done and claims nothing."""
    documents = check_all_done(database, run)
    moves = database.sql(
        "SELECT count(DISTINCT grp.move_id), count(DISTINCT move.id) FROM account_move move"
        " LEFT JOIN consolidated_billing_run_group grp ON grp.move_id = move.id"
        " WHERE move.billing_run_id = %s",
        run,
    )
    assert moves == [(documents, documents)]
