from odoo import models

from ..tools.hours import choose_hours


class AccountMove(models.Model):
    """An invoice is linked with the hours that it bills; the others stay billable."""

    _inherit = "account.move"

    def _link_timesheets_to_invoice(self, start_date=None, end_date=None):
        """Override of `sale_timesheet`, which links all hours of the period, to free what is not billed."""
        result = super()._link_timesheets_to_invoice(start_date, end_date)
        self.filtered(lambda move: move.move_type == "out_invoice" and move.state == "draft")._free_unbilled_hours()
        return result

    def _free_unbilled_hours(self):
        """Free the newest hours of each order line when the invoice bills less than all of them."""
        lines = self.invoice_line_ids.sale_line_ids._filter_timesheet_lines()
        if not lines:
            return
        # time sheets are the employees'; the invoice only says which of them it bills, as in `sale_timesheet`
        sheets = self.env["account.analytic.line"].sudo()
        linked = sheets.search(
            [("timesheet_invoice_id", "in", self.ids), ("so_line", "in", lines.ids), ("project_id", "!=", False)],
            order="date, id",
        )
        for (move, line), members in linked.grouped(lambda sheet: (sheet.timesheet_invoice_id, sheet.so_line)).items():
            items = move.invoice_line_ids.filtered(lambda item, line=line: line.id in item.sale_line_ids.ids)
            billed = sum(item.product_uom_id._compute_quantity(item.quantity, line.product_uom_id) for item in items)
            members._keep_billed_hours(billed)


class AccountAnalyticLine(models.Model):
    _inherit = "account.analytic.line"

    def _keep_billed_hours(self, billed):
        """Unlink these time sheets of one order line from their invoice, but for the hours that it bills.

        The time sheet in which the billed hours end is divided in two, of the same day and description.

        :param float billed: what the invoice bills, in the unit of the order line
        """
        line, move = self.so_line, self.timesheet_invoice_id
        total = sum(self.mapped(lambda sheet: sheet._get_quantity_for(line)))
        if line._round_hours(total - billed) <= 0:
            return
        chosen = choose_hours([(sheet.id, sheet._get_quantity_for(line)) for sheet in self], billed)
        others = self.filtered(lambda sheet: sheet.id not in chosen.ids)
        others.write({"timesheet_invoice_id": False})
        if chosen.split:
            sheet_id, quantity = chosen.split
            sheet = self.browse(sheet_id)
            hours = line.product_uom_id._compute_quantity(quantity, sheet.product_uom_id, round=False)
            sheet.copy({"unit_amount": sheet.unit_amount - hours, "so_line": line.id})
            sheet.write({"unit_amount": hours})
            sheet.write({"timesheet_invoice_id": move.id})

    def _get_quantity_for(self, line):
        """Return the hours in the unit of an order line.

        :param sale.order.line line: the line
        :rtype: float
        """
        return self.product_uom_id._compute_quantity(self.unit_amount, line.product_uom_id, round=False)
