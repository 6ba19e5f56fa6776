from odoo import fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    grouping_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Grouping Account",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        help="The grouping account under which these sales were billed.",
    )
    job_code = fields.Char(readonly=True, index="btree_not_null", help="The job code that all billed orders share.")
    bill_date = fields.Date(readonly=True, help="The next bill date that all billed order lines share.")
    is_grouped_invoice = fields.Boolean(
        string="Grouped Invoice", readonly=True, help="This invoice merges two orders or more."
    )
    billing_run_id = fields.Many2one(
        comodel_name="consolidated.billing.run",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The billing run that created this invoice.",
    )

    def action_collective_invoice(self):
        """Open the collective invoice over the outstanding orders of the debtor of these invoices (``003_…``).

        :raise UserError: the invoices have several debtors
        """
        debtor = self.partner_id.commercial_partner_id
        if len(debtor) > 1:
            raise UserError(self.env._("A collective invoice has one debtor. Choose invoices of one customer."))
        return debtor.action_collective_invoice()
