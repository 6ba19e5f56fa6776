from odoo import api, models


class SaleOrder(models.Model):
    """Invoices that are split by month: what was delivered in a month is billed with that month (``K9``)."""

    _inherit = "sale.order"

    def _divide_line(self, line, key, quantity):
        """Extend: divide a line over the months of its deliveries, where the billing profile splits by month."""
        parts = super()._divide_line(line, key, quantity)
        if not any(name == "month" for name, _value in key):
            return parts
        return [part for part_key, values in parts for part in line._divide_by_delivery(part_key, values)]

    @api.model
    def _get_merge_key_labels(self):
        """Extend: the month is that of the delivery, where there is one."""
        return {**super()._get_merge_key_labels(), "month": self.env._("month of the delivery or the order")}
