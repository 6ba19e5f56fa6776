from odoo import fields, models


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
