from collections import defaultdict

import pytz

from odoo import models

from ..tools.months import divide_by_month


class SaleOrderLine(models.Model):
    """In which months a line was delivered, and what of them is billed (``K9``)."""

    _inherit = "sale.order.line"

    def _divide_by_delivery(self, key, values):
        """Divide what is billed of this line by the months of its deliveries.

        :param MergeKey key: with the month that counts without a delivery
        :param dict values: of the invoice line, with its quantity
        :return: merge keys and values
        :rtype: list[tuple[MergeKey, dict]]
        """
        self.ensure_one()
        delivered = self._get_delivered_by_month() if self.qty_delivered_method == "stock_move" else {}
        if not delivered:
            return [(key, values)]
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        steps = 10**digits
        parts = divide_by_month(
            {month: round(quantity * steps) for month, quantity in delivered.items()},
            {month: round(quantity * steps) for month, quantity in self._get_billed_by_month().items()},
            round(values["quantity"] * steps),
            dict(key)["month"],
        )
        return [
            (
                tuple({**dict(key), "month": month}.items()),
                {
                    **values,
                    "quantity": round(part / steps, digits),
                    "billing_month": month in delivered and month,  # else billed before it is delivered
                },
            )
            for month, part in parts.items()
        ]

    def _get_delivered_by_month(self):
        """Return what was delivered in each month, in the unit of the line; a return reduces the month of its delivery.

        :rtype: dict[str, float]
        """
        line = self.sudo()  # who may bill need not read deliveries: only their months and quantities are used
        outgoing, incoming = line._get_outgoing_incoming_moves()
        done = (outgoing + incoming).filtered(lambda move: move.state == "done")
        if not done:
            return self._get_month_of_components()
        delivered = defaultdict(float)
        for move in done:
            quantity = move.product_uom._compute_quantity(move.quantity, line.product_uom_id, rounding_method="HALF-UP")
            origin = move.origin_returned_move_id if move in incoming else move
            delivered[self._get_month_of(origin if origin in outgoing else move)] += (
                -quantity if move in incoming else quantity
            )
        return dict(delivered)

    def _get_month_of_components(self):
        """Return what was delivered of a kit: its components do not say in which month, so it is that of the last one.

        :rtype: dict[str, float]
        """
        done = self.sudo().move_ids.filtered(lambda move: move.state == "done" and move.location_dest_id._is_outgoing())
        return {self._get_month_of(max(done, key=lambda move: move.date)): self.qty_delivered} if done else {}

    def _get_month_of(self, move):
        """Return the month of a delivery where the company is, as ``2026-03``."""
        order = self.order_id
        timezone = order._from_merge_cache(("timezone", order.company_id.id), order._get_company_timezone)
        return pytz.utc.localize(move.date).astimezone(timezone).strftime("%Y-%m")

    def _get_billed_by_month(self):
        """Return what was billed of each month, in the unit of the line; credit notes count back.

        :return: quantities by month, under ``None`` what was billed without saying of which
        :rtype: dict[str | None, float]
        """
        billed = defaultdict(float)
        # who may bill an order need not read its invoices: only the quantities of its own lines are used
        for item in self.sudo().invoice_lines.filtered(lambda item: item.parent_state != "cancel"):
            quantity = item.product_uom_id._compute_quantity(item.quantity, self.product_uom_id)
            billed[item.billing_month or None] -= item.move_id.direction_sign * quantity
        return dict(billed)

    def _is_billed_completely(self, quantity):
        """Extend: of what is billed by delivery, nothing is to come once all its deliveries are done or cancelled."""
        if super()._is_billed_completely(quantity):
            return True
        moves = self.sudo().move_ids  # see `_get_delivered_by_month`
        return (
            self.product_id.invoice_policy == "delivery"
            and quantity > 0
            and any(move.state == "done" for move in moves)
            and all(move.state in ("done", "cancel") for move in moves)
            and quantity >= self.qty_delivered
        )
