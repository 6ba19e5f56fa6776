from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    billing_month = fields.Char(
        string="Month of Delivery",
        readonly=True,
        help="Invoices are split by month: the month in which this quantity was delivered.",
    )
