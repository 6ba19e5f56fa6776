from collections import defaultdict

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

    @api.depends("state", "line_ids.amount_residual", "line_ids.amount_total", "move_ids.payment_state")
    def _compute_payment_state(self):
        for billing in self:
            billing.payment_state = billing._get_payment_state() if billing.state != "cancelled" else "not_paid"

    def _get_payment_state(self):
        """Return the state of payment over all entries, in core's values.

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
        is_open = {line: not self.currency_id.is_zero(line.amount_residual) for line in lines}
        # a payment without a journal entry settles an invoice although an amount is open
        if not any(is_open[line] and line.move_id.payment_state not in SETTLED for line in lines):
            if states == {"reversed"}:
                return "reversed"
            if "in_payment" in states or any(is_open.values()):
                return "in_payment"
            return "paid" if lines else "not_paid"
        touched = any(self.currency_id.compare_amounts(line.amount_residual, line.amount_total) for line in lines)
        return "partial" if touched or states & {"partial", *SETTLED} else "not_paid"

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
            ctx={"consolidated_billing_payment": True, "default_group_payment": True}
        )

    def action_view_payments(self):
        """Open the payments that settle entries of this document."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("account.action_account_payments")
        return {**action, "domain": [("id", "in", self.payment_ids.ids)], "context": {"create": False}}

    # === BUSINESS METHODS ===#

    def _get_open_items(self):
        """Return the receivable journal items of these documents that are open, in the order in which they are settled.

        :rtype: account.move.line
        """
        return self.line_ids.move_line_ids.filtered(lambda item: not item.reconciled)._sort_for_settlement()

    def _settle(self, items, counterparts):
        """Settle open items: credit notes first, then what is due first, whatever the counterparts cover (``C6``).

        :param account.move.line items: open items of one document
        :param account.move.line counterparts: the open items of a payment or of a bank statement line
        """
        by_account = defaultdict(self.env["account.move.line"].browse)
        for item in items:
            by_account[item.account_id] += item
        for account, account_items in by_account.items():
            self._settle_account(
                account_items._sort_for_settlement(), counterparts.filtered(lambda c, a=account: c.account_id == a)
            )

    @api.model
    def _settle_account(self, items, counterparts):
        credits = items.filtered(lambda item: item.amount_residual_currency < 0)
        debits = items - credits
        if credits and debits:
            (credits + debits).reconcile()
        still_open = (items + counterparts).filtered(lambda item: not item.reconciled)
        if counterparts & still_open:
            still_open.reconcile()


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _sort_for_settlement(self):
        """Sort open items as they are settled (``C6``): credits first, then by due date.

        :rtype: account.move.line
        """
        return self.sorted(
            lambda item: (item.amount_residual_currency >= 0, item.date_maturity or item.date, item.date, item.id)
        )
