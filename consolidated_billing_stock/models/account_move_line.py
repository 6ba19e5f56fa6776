from odoo import api, fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    billing_month = fields.Char(
        string="Month of Delivery",
        readonly=True,
        copy=False,
        help="Invoices are split by month: the month in which this quantity was delivered.",
    )

    @api.model
    def _get_engine_fields(self):
        """Extend: the month follows from the deliveries."""
        return super()._get_engine_fields() | {"billing_month"}

    def _copy_data_extend_business_fields(self, values):
        """Override of `account` to count back in the same month on a credit note; a duplicate bills no delivery."""
        result = super()._copy_data_extend_business_fields(values)
        if self._is_engine():
            values["billing_month"] = self.billing_month
        return result
