from odoo import models
from odoo.fields import Domain
from odoo.tools import float_round


class SaleOrderLine(models.Model):
    """Hours are due by the day on which they were worked."""

    _inherit = "sale.order.line"

    def _get_quantities_due(self, cutoff_date):
        """Extend `consolidated_billing`: hours that were worked after the cutoff date are due later."""
        quantities = super()._get_quantities_due(cutoff_date)
        for line_id, later in self._get_hours_to_invoice(Domain("date", ">", cutoff_date)).items():
            quantities[line_id] = self._round_hours(min(quantities[line_id], max(0.0, quantities[line_id] - later)))
        return quantities

    def _get_hours_to_invoice(self, period):
        """Return the hours of a period that no invoice bills, of the lines that are billed by time sheets.

        :param Domain period: condition on the date of the time sheets
        :return: quantity in the unit of the line by line id; lines without such hours are missing
        :rtype: dict[int, float]
        """
        lines = self._filter_timesheet_lines()
        if not lines:
            return {}
        domain = (
            Domain(lines._timesheet_compute_delivered_quantity_domain())
            & Domain(self.env["account.move.line"]._timesheet_domain_get_invoiced_lines(lines))
            & period
        )
        # who bills need not see the time sheets of others; only sums are used
        return dict(lines.sudo()._get_delivered_quantity_by_analytic(domain))

    def _filter_timesheet_lines(self):
        """Return the lines whose quantity to invoice is the hours on time sheets.

        :rtype: sale.order.line
        """
        return self.filtered(lambda line: line.product_id and line.product_id._is_delivered_timesheet())

    def _round_hours(self, quantity):
        """Round a quantity as quantities of products are rounded.

        :rtype: float
        """
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return float_round(quantity, precision_digits=digits)
