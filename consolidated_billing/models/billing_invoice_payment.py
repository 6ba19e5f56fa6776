from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

PAYMENT_STATES = [
    ("not_paid", "Not Paid"),
    ("in_payment", "In Payment"),
    ("paid", "Paid"),
    ("partial", "Partially Paid"),
    ("reversed", "Reversed"),
    ("blocked", "Blocked"),
    ("invoicing_legacy", "Invoicing App Legacy"),
]
SETTLED = ("paid", "in_payment", "reversed")


class Settlement(NamedTuple):
    """How far the entries of a document are paid.

    :param states: the payment states of its invoices and credit notes
    :param is_open: an amount is open
    :param is_unpaid: the customer has to pay something of an entry
    :param is_touched: something was paid, or credited from outside of the document
    :param is_even: what is open adds up to nothing: credits equal invoices
    :param is_free: the entries added up to nothing from the beginning
    """

    states: list[str]
    is_open: bool
    is_unpaid: bool
    is_touched: bool
    is_even: bool
    is_free: bool


class ConsolidatedBillingInvoice(models.Model):
    """Paying a consolidated billing invoice (``C6``)."""

    _inherit = "consolidated.billing.invoice"

    amount_residual = fields.Monetary(
        string="Amount Due",
        compute="_compute_amount_residual",
        store=True,
        help="What is open of the entries of this document. What is open of earlier documents is in the opening "
        "balance.",
    )
    payment_state = fields.Selection(
        PAYMENT_STATES,
        compute="_compute_payment_state",
        store=True,
        help="Whether the entries of this document are paid, by one payment for all or by single ones.",
    )
    payment_ids = fields.Many2many(
        "account.payment",
        string="Settling Payments",
        compute="_compute_payment_ids",
        help="The payments that settle entries of this document.",
    )
    payment_count = fields.Integer(
        string="Number of Payments",
        compute="_compute_payment_ids",
        help="How many payments settle entries of this document.",
    )

    # === COMPUTE METHODS ===#

    @api.depends("line_ids.amount_residual")
    def _compute_amount_residual(self):
        """Sum what is open of the entries, in one query for all documents."""
        rows = self.env["consolidated.billing.invoice.line"]._read_group(
            [("billing_id", "in", self.ids)], ["billing_id"], ["amount_residual:sum"]
        )
        residuals = {billing.id: residual for billing, residual in rows}
        for billing in self:
            billing.amount_residual = residuals.get(billing._origin.id, 0.0)

    @api.depends(
        "state",
        "line_ids.amount_residual",
        "line_ids.amount_total",
        "move_ids.payment_state",
        "move_ids.matched_payment_ids.state",
    )
    def _compute_payment_state(self):
        settlements = self._get_settlements()
        for billing in self:
            settlement = settlements.get(billing._origin.id)
            is_billing = settlement and billing.state != "cancelled"
            billing.payment_state = billing._get_payment_state(settlement) if is_billing else "not_paid"

    def _get_payment_state(self, settlement):
        """Return the state of payment over all entries, in core's values.

        What credit notes of the document settle of its invoices is no payment: the amount due stays the same. A final
        document of which nothing is due is paid, although its credits may stand on another account than its invoices.

        :param Settlement settlement: how far the entries are paid
        :rtype: str
        """
        is_even = settlement.is_even and self.state == "final"
        if settlement.is_unpaid and not is_even:
            return "partial" if settlement.is_touched else "not_paid"
        if settlement.states == ["reversed"] and not settlement.is_free:
            return "reversed"
        return "in_payment" if "in_payment" in settlement.states or settlement.is_open and not is_even else "paid"

    def _get_settlements(self):
        """Return how far the entries of these documents are paid, in one query for all of them.

        :return: by id of the document; none for a document without entries
        :rtype: dict[int, Settlement]
        """
        payments = self.env["account.move"]._fields["matched_payment_ids"]
        self.env["account.move"].flush_model(["payment_state", "matched_payment_ids"])
        self.env["account.payment"].flush_model(["state", "move_id"])
        self.env["consolidated.billing.invoice.line"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT line.billing_id,
                       -- what amounts to nothing is paid from the first day and says nothing about the others
                       COALESCE(array_agg(DISTINCT move.payment_state)
                                FILTER (WHERE line.entry_type != 'adjustment' AND line.amount_total != 0), '{}'),
                       bool_or(line.amount_residual != 0),
                       bool_or(line.amount_residual != 0 AND (move.payment_state IN %(settled)s) IS NOT TRUE
                               AND pending.payment_id IS NULL),
                       SUM(line.amount_residual) != SUM(line.amount_total)
                       OR bool_or(pending.payment_id IS NOT NULL OR (move.payment_state = 'in_payment') IS TRUE),
                       SUM(line.amount_residual) = 0,
                       SUM(line.amount_total) = 0
                  FROM consolidated_billing_invoice_line AS line
             LEFT JOIN account_move AS move ON move.id = line.move_id
             LEFT JOIN LATERAL (
                        -- a payment without a journal entry settles an invoice although an amount is open
                        SELECT payment.id AS payment_id
                          FROM %(relation)s AS rel
                          JOIN account_payment AS payment ON payment.id = rel.%(payment)s
                         WHERE rel.%(invoice)s = move.id AND payment.move_id IS NULL
                           AND payment.state IN ('in_process', 'paid')
                         LIMIT 1
                       ) AS pending ON TRUE
                 WHERE line.billing_id = ANY(%(ids)s)
              GROUP BY line.billing_id
                """,
                settled=SETTLED,
                ids=list(self._origin.ids),
                relation=SQL.identifier(payments.relation),
                invoice=SQL.identifier(payments.column1),
                payment=SQL.identifier(payments.column2),
            )
        )
        return {billing_id: Settlement(*values) for billing_id, *values in self.env.cr.fetchall()}

    @api.depends("payment_state")
    def _compute_payment_ids(self):
        for billing in self:
            payments = billing.move_ids.reconciled_payment_ids | billing.move_ids.matched_payment_ids
            billing.payment_ids = payments
            billing.payment_count = len(payments)

    # === ACTIONS ===#

    def action_register_payment(self):
        """Open Odoo's own payment wizard over all that is open of these documents; one payment for each of them.

        Of a document of which nothing is due, the credits are matched with the invoices: there is no payment of 0.00.

        :raise UserError: a document is not final, or nothing is open
        """
        self._check_state("final", self.env._("paid"))
        due = self.filtered(lambda billing: not billing.currency_id.is_zero(billing.amount_residual))
        is_settled = (self - due)._settle_what_is_even()
        items = due._get_open_items()
        if not items and is_settled:
            return self._notify_matched(
                self.env._(
                    "Nothing is due on %(documents)s: credits and invoices were matched, no payment is needed.",
                    documents=", ".join(self.mapped("name")),
                )
            )
        if not items:
            raise UserError(
                self.env._("%(documents)s is paid: nothing is open.", documents=", ".join(self.mapped("name")))
            )
        return items.with_context(consolidated_billing_payment=True).action_register_payment(
            ctx={
                "consolidated_billing_payment": True,
                "default_group_payment": True,
                "dont_redirect_to_payments": len(due) == 1,  # as on an invoice: it shows that it is paid
            }
        )

    def action_view_payments(self):
        """Open the payments that settle entries of this document."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("account.action_account_payments")
        return {**action, "domain": [("id", "in", self.payment_ids.ids)], "context": {"create": False}}


class ConsolidatedBillingInvoiceLine(models.Model):
    _inherit = "consolidated.billing.invoice.line"

    def _is_waiting_for_payment(self):
        """Return whether the customer has to pay something of this entry: the rule of `_get_settlements` for one entry.

        :rtype: bool
        """
        move = self.move_id
        pending = move.matched_payment_ids.filtered(
            lambda payment: not payment.move_id and payment.state in ("in_process", "paid")
        )
        return not self.currency_id.is_zero(self.amount_residual) and move.payment_state not in SETTLED and not pending
