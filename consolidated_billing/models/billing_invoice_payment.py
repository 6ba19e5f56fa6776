from odoo import api, fields, models
from odoo.exceptions import UserError

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
        string="Payments",
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
        for billing in self:
            billing.amount_residual = sum(billing.line_ids.mapped("amount_residual"))

    @api.depends(
        "state",
        "line_ids.amount_residual",
        "line_ids.amount_total",
        "move_ids.payment_state",
        "move_ids.matched_payment_ids.state",
    )
    def _compute_payment_state(self):
        for billing in self:
            billing.payment_state = billing._get_payment_state() if billing.state != "cancelled" else "not_paid"

    def _get_payment_state(self):
        """Return the state of payment over all entries, in core's values.

        What credit notes of the document settle of its invoices is no payment: the amount due stays the same.

        :rtype: str
        """
        lines = self.line_ids
        # what amounts to nothing is paid from the first day and says nothing about the others;
        # one by one: a filtered recordset forgets with which others it is read
        states = {
            line.move_id.payment_state
            for line in lines
            if line.move_id and line.entry_type != "adjustment" and not self.currency_id.is_zero(line.amount_total)
        }
        if not any(line._is_waiting_for_payment() for line in lines):
            if states == {"reversed"}:
                return "reversed"
            is_open = any(not self.currency_id.is_zero(line.amount_residual) for line in lines)
            if "in_payment" in states or is_open:
                return "in_payment"
            return "paid" if lines else "not_paid"
        return "partial" if self._is_touched_by_payments() else "not_paid"

    def _is_touched_by_payments(self):
        """Return whether anything was paid or credited from outside of this document.

        :rtype: bool
        """
        lines = self.line_ids
        due = [sum(lines.mapped(name)) for name in ("amount_residual", "amount_total")]
        return bool(self.currency_id.compare_amounts(*due)) or any(line._is_in_payment() for line in lines)

    @api.depends("payment_state")
    def _compute_payment_ids(self):
        for billing in self:
            payments = billing.move_ids.reconciled_payment_ids | billing.move_ids.matched_payment_ids
            billing.payment_ids = payments
            billing.payment_count = len(payments)

    # === ACTIONS ===#

    def action_register_payment(self):
        """Open Odoo's own payment wizard over all that is open of these documents; one payment for each of them.

        :raise UserError: a document is not final, or nothing is open
        """
        self._check_state("final", self.env._("paid"))
        items = self._get_open_items()
        if not items:
            raise UserError(
                self.env._("%(documents)s is paid: nothing is open.", documents=", ".join(self.mapped("name")))
            )
        return items.with_context(consolidated_billing_payment=True).action_register_payment(
            ctx={
                "consolidated_billing_payment": True,
                "default_group_payment": True,
                "dont_redirect_to_payments": len(self) == 1,  # as on an invoice: it shows that it is paid
            }
        )

    def action_view_payments(self):
        """Open the payments that settle entries of this document."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("account.action_account_payments")
        return {**action, "domain": [("id", "in", self.payment_ids.ids)], "context": {"create": False}}


class ConsolidatedBillingInvoiceLine(models.Model):
    _inherit = "consolidated.billing.invoice.line"

    def _is_in_payment(self):
        """Return whether a payment without a journal entry settles this entry, although an amount is open."""
        payments = self.move_id.matched_payment_ids
        return self.move_id.payment_state == "in_payment" or any(
            not payment.move_id and payment.state in ("in_process", "paid") for payment in payments
        )

    def _is_waiting_for_payment(self):
        """Return whether the customer has to pay something of this entry."""
        return (
            not self.currency_id.is_zero(self.amount_residual)
            and self.move_id.payment_state not in SETTLED
            and not self._is_in_payment()
        )
