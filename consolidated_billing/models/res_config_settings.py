from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    invoice_grouping = fields.Selection(related="company_id.invoice_grouping", readonly=False, required=True)
    invoice_order_sections = fields.Boolean(related="company_id.invoice_order_sections", readonly=False)
    show_billing_number = fields.Boolean(related="company_id.show_billing_number", readonly=False)
    billing_run_generate = fields.Boolean(related="company_id.billing_run_generate", readonly=False)
    billing_number_prefix = fields.Char(
        related="company_id.billing_number_prefix", readonly=False, string="Prefix of Billing Numbers"
    )
    billing_number_padding = fields.Integer(
        related="company_id.billing_number_padding", readonly=False, string="Digits of Billing Numbers"
    )
