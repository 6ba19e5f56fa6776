from odoo import fields, models


class SaleAdvancePaymentInvPreview(models.TransientModel):
    _name = "sale.advance.payment.inv.preview"
    _description = "Invoice to Create"

    wizard_id = fields.Many2one(comodel_name="sale.advance.payment.inv", ondelete="cascade", help="The open wizard.")
    partner_id = fields.Many2one(comodel_name="res.partner", string="Bill-to", help="Who receives the invoice.")
    order_ids = fields.Many2many(comodel_name="sale.order", string="Orders", help="The orders on the invoice.")
    order_count = fields.Integer(help="How many orders are on the invoice.")
    currency_id = fields.Many2one(comodel_name="res.currency", help="The currency of the invoice.")
    amount_untaxed = fields.Monetary(string="Tax Excluded", help="What the invoice amounts to without taxes.")
    amount_total = fields.Monetary(string="Total", help="What the invoice amounts to with taxes.")
    reason = fields.Text(
        string="Why Apart",
        help="In what this invoice differs from the one of the same payer that is most like it.",
    )
