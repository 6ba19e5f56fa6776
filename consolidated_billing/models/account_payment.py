from odoo import api, fields, models


class AccountPayment(models.Model):
    """Payments of consolidated billing invoices (``C6``, ``C7``)."""

    _name = "account.payment"
    _inherit = ["account.payment", "consolidated.billing.number.mixin"]

    billing_numbers = fields.Char(
        compute="_compute_billings",
        help="The numbers of the consolidated billing invoices that this payment settles, wholly or partly.",
    )
    billing_count = fields.Integer(
        string="Number of Consolidated Invoices",
        compute="_compute_billings",
        help="How many consolidated billing invoices this payment settles, wholly or partly.",
    )

    @api.depends("reconciled_invoice_ids", "invoice_ids")
    def _compute_billings(self):
        for payment in self:
            billings = payment._get_billings()
            payment.billing_numbers = ", ".join(billings.mapped("name"))
            payment.billing_count = len(billings)

    def _get_billings(self):
        """Return the consolidated billing invoices that this payment settles.

        :rtype: consolidated.billing.invoice
        """
        self.ensure_one()
        partials = self.move_id.line_ids.matched_debit_ids | self.move_id.line_ids.matched_credit_ids
        items = partials.debit_move_id | partials.credit_move_id
        moves = items.move_id | self.invoice_ids
        return (moves.consolidated_billing_id | items.consolidated_billing_line_id.billing_id).sorted("id")

    def action_view_consolidated_billings(self):
        """Open the consolidated billing invoices that this payment settles."""
        self.ensure_one()
        billings = self._get_billings()
        action = self.env["ir.actions.actions"]._for_xml_id("consolidated_billing.consolidated_billing_invoice_action")
        if len(billings) == 1:
            return billings._get_form_action()
        return {**action, "domain": [("id", "in", billings.ids)], "context": {}}
