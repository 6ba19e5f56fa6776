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
        common = [
            self.env._("Order"),
            self.env._("Customer"),
            self.env._("Customer Number"),
            self.env._("Product"),
        ]
        return [
            (self.env._("Documents"), self._get_document_header(common), self._get_document_rows()),
            (
                self.env._("Not Billed"),
                [
                    *common,
                    self.env._("Open Quantity"),
                    self.env._("Open Amount"),
                    self.env._("Currency"),
                    self.env._("Why Not"),
                ],
                self._get_skipped_rows(),
            ),
        ]

    def _get_document_header(self, common):
        return [
            self.env._("Bill-to"),
            self.env._("Bill-to Number"),
            *common,
            self.env._("Quantity"),
            self.env._("Tax Excluded"),
            self.env._("Currency"),
            self.env._("Why Apart"),
            self.env._("State"),
            self.env._("Invoice"),
            self.env._("Error"),
        ]

    def _get_document_rows(self):
        states = dict(self.group_ids._fields["state"]._description_selection(self.env))
        return [
            [
                line.group_id.partner_id.display_name or "",
                line.group_id.partner_id.commercial_partner_id.ref or "",
                *self._get_export_cells(line),
                line.quantity,
                line.amount_untaxed,
                line.currency_id.name,
                line.group_id.reason or "",
                states[line.group_id.state],
                line.group_id.move_id.name or "",
                line.group_id.error or line.skip_reason or "",
            ]
            for line in self.line_ids
            if line._is_proposed()
        ]

    def _get_skipped_rows(self):
        return [
            [
                *self._get_export_cells(line),
                line.quantity_left,
                line.amount_left,
                line.currency_id.name,
                line.left_reason or "",
            ]
            for line in self.skipped_line_ids
        ]

    def _get_export_cells(self, line):
        customer = line.partner_id.commercial_partner_id
        return [
            line.order_id.name,
            customer.display_name or "",
            customer.ref or "",
            line.product_id.display_name or "",
        ]
