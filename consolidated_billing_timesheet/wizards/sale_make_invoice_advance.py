from odoo import api, models
from odoo.fields import Domain


class SaleAdvancePaymentInv(models.TransientModel):
    """The period of `sale_timesheet` bounds what the preview shows, as it bounds what is invoiced."""

    _inherit = "sale.advance.payment.inv"

    @api.model
    def _get_preview_triggers(self):
        """Extend `consolidated_billing`: the preview follows the period."""
        return [
            *super()._get_preview_triggers(),
            "invoicing_timesheet_enabled",
            "date_start_invoice_timesheet",
            "date_end_invoice_timesheet",
        ]

    def _get_quantities_to_bill(self, orders, quantities):
        """Extend `consolidated_billing`: only hours of the period are billed, of lines that are billed by hours."""
        quantities = super()._get_quantities_to_bill(orders, quantities)
        period = self._get_timesheet_period()
        if period.is_true():
            return quantities
        lines = orders.order_line._filter_timesheet_lines()
        hours = lines._get_hours_to_invoice(period)
        bounded = {line.id: min(quantities.get(line.id, 0.0), hours.get(line.id, 0.0)) for line in lines}
        return {line_id: quantity for line_id, quantity in {**quantities, **bounded}.items() if quantity}

    def _get_timesheet_period(self):
        """Return the condition on the date of time sheets that the user set.

        :rtype: Domain
        """
        period = Domain.TRUE
        if self.invoicing_timesheet_enabled and self.date_start_invoice_timesheet:
            period &= Domain("date", ">=", self.date_start_invoice_timesheet)
        if self.invoicing_timesheet_enabled and self.date_end_invoice_timesheet:
            period &= Domain("date", "<=", self.date_end_invoice_timesheet)
        return period

    def create_invoices(self):
        """Override of `sale`: `sale_timesheet` lowers what is to invoice to the period, and leaves it so.

        What is outside of the period, and not on the invoices, is to invoice again.
        """
        result = super().create_invoices()
        lines = self.sale_order_ids.order_line._filter_timesheet_lines()
        if not all(wizard._get_timesheet_period().is_true() for wizard in self):
            lines._compute_qty_to_invoice()
        return result
