from odoo import models


class ConsolidatedBillingRun(models.Model):
    """The invoice list of a run as a spreadsheet."""

    _inherit = "consolidated.billing.run"

    def action_export(self):
        """Download the invoice list as a spreadsheet."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/consolidated_billing/run/{self.id}/xlsx",
            "target": "download",
        }

    def _get_export_sheets(self):
        """Return title, header and rows of each sheet; amounts in the currency of the order.

        :rtype: list[tuple[str, list[str], list[list]]]
        """
        self.ensure_one()
        _ = self.env._
        states = dict(self.group_ids._fields["state"]._description_selection(self.env))
        proposed = self.line_ids.filtered("group_id")
        common = [_("Order"), _("Customer"), _("Customer Number"), _("Product")]
        return [
            (
                _("Documents"),
                [
                    _("Bill-to"),
                    _("Bill-to Number"),
                    *common,
                    _("Quantity"),
                    _("Tax Excluded"),
                    _("Currency"),
                    _("Selected"),
                    _("Why Apart"),
                    _("State"),
                    _("Invoice"),
                    _("Error"),
                ],
                [
                    [
                        line.group_id.partner_id.display_name or "",
                        line.group_id.partner_id.commercial_partner_id.ref or "",
                        *self._get_export_cells(line),
                        line.quantity,
                        line.amount_untaxed,
                        line.currency_id.name,
                        _("yes") if line.selected and line.group_id.selected else _("no"),
                        line.group_id.reason or "",
                        states[line.group_id.state],
                        line.group_id.move_id.name or "",
                        line.group_id.error or line.skip_reason or "",
                    ]
                    for line in proposed
                ],
            ),
            (
                _("Not Billed"),
                [*common, _("Open Quantity"), _("Open Amount"), _("Currency"), _("Why Not")],
                [
                    [
                        *self._get_export_cells(line),
                        line.quantity_open,
                        line.amount_open,
                        line.currency_id.name,
                        line.skip_reason or "",
                    ]
                    for line in self.skipped_line_ids
                ],
            ),
        ]

    def _get_export_cells(self, line):
        customer = line.partner_id.commercial_partner_id
        return [
            line.order_id.name,
            customer.display_name or "",
            customer.ref or "",
            line.product_id.display_name or "",
        ]
