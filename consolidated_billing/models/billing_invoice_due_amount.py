from odoo import api, fields, models
from odoo.tools import SQL


class ConsolidatedBillingInvoice(models.Model):
    """What stands between the closing balance of a document and what is due of it: amount by amount (``C3``)."""

    _inherit = "consolidated.billing.invoice"

    other_balance_amount = fields.Monetary(
        string="Earlier Documents and Payments on Account",
        compute="_compute_due_amounts",
        help="What the closing balance contains that is not open of the entries of this document: what was open of "
        "earlier documents lowers the amount due, what was paid on account and not matched raises it.",
    )
    settled_amount = fields.Monetary(
        string="Settled since the Cutoff Date",
        compute="_compute_due_amounts",
        help="What was paid, credited or written off of the entries of this document after the cutoff date. Negative, "
        "as it lowers the amount due.",
    )

    @api.depends("amount_residual", "closing_balance", "cutoff_date")
    def _compute_due_amounts(self):
        """Amount due = closing balance + other balance + settled since."""
        settled = self._get_settled_amounts()
        for billing in self:
            billing.settled_amount = -settled.get(billing._origin.id, 0.0)
            open_at_cutoff = billing.amount_residual - billing.settled_amount
            billing.other_balance_amount = billing.currency_id.round(open_at_cutoff - billing.closing_balance)

    def _get_settled_amounts(self):
        """Return what was settled of the entries of these documents after their cutoff dates, in one query.

        :return: amounts in the currency of the document, by its id
        :rtype: dict[int, float]
        """
        self.env["account.partial.reconcile"].flush_model()
        self.env["account.move.line"].flush_model(["consolidated_billing_line_id"])
        self.env.cr.execute(
            SQL(
                """
                SELECT billing.id, SUM(part.amount)
                  FROM consolidated_billing_invoice AS billing
                  JOIN consolidated_billing_invoice_line AS line ON line.billing_id = billing.id
                  JOIN account_move_line AS item ON item.consolidated_billing_line_id = line.id
          JOIN LATERAL (
                        SELECT debit_amount_currency AS amount, max_date
                          FROM account_partial_reconcile WHERE debit_move_id = item.id
                     UNION ALL
                        SELECT -credit_amount_currency, max_date
                          FROM account_partial_reconcile WHERE credit_move_id = item.id
                       ) AS part ON part.max_date > billing.cutoff_date
                 WHERE billing.id = ANY(%s)
              GROUP BY billing.id
                """,
                list(self._origin.ids),
            )
        )
        return {billing_id: float(amount) for billing_id, amount in self.env.cr.fetchall()}
