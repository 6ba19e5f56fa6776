from odoo import fields, models
from odoo.tools import float_compare, float_round


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    billing_share = fields.Float(
        string="Share (%)",
        digits=(16, 2),
        readonly=True,
        copy=False,
        help="Of an instalment made with the collective invoice: the percentage of the ordered quantity. Quantities "
        "are rounded, shares are not: the one that completes 100 percent bills what is left.",
    )

    def _copy_data_extend_business_fields(self, values):
        """Override of `account` to count the share back on a credit note; a duplicate bills no share."""
        result = super()._copy_data_extend_business_fields(values)
        if self._is_engine():
            values["billing_share"] = self.billing_share
        return result


class SaleOrderLine(models.Model):
    """Instalments: shares of the ordered quantity (``W1``)."""

    _inherit = "sale.order.line"

    def _get_share_quantity(self, share):
        """Return the quantity of a share of what is ordered, at most what is open; the last share takes what is left.

        :param float share: in percent
        :return: quantity in the unit of the line
        :rtype: float
        """
        self.ensure_one()
        is_open = self.qty_to_invoice
        if float_compare(self._get_billed_share() + share, 100.0, precision_digits=2) >= 0:
            return is_open
        return max(0.0, min(is_open, self._round_share(share)))

    def _get_billed_share(self):
        """Return the percentage of the ordered quantity that was billed so far; credit notes count back.

        :rtype: float
        """
        # who may bill an order need not read its invoices: only the shares of its own lines are used
        items = self.sudo().invoice_lines.filtered(lambda item: item.parent_state != "cancel")
        return sum(-item.move_id.direction_sign * self._get_share_of(item) for item in items)

    def _get_share_of(self, item):
        """Return the percentage that an invoice line bills: its share, unless somebody changed its quantity."""
        share, ordered = item.billing_share, self.product_uom_qty
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        if share and abs(item.quantity - self._round_share(share)) < 1.5 * 10**-digits:
            return share
        return item.quantity / ordered * 100.0 if ordered else 0.0

    def _round_share(self, share):
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return float_round(self.product_uom_qty * share / 100.0, precision_digits=digits)
