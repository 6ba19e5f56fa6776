from typing import NamedTuple

from odoo import models


class OrderShare(NamedTuple):
    """What a customer sees of an invoice that its grouping account receives.

    :param invoice: the invoice; only its number, its date and its bill-to are shown
    :param amount_untaxed: the subtotal of the order's own lines, in the currency of the invoice
    """

    invoice: models.Model
    amount_untaxed: float


class SaleOrder(models.Model):
    """The order page of the portal: a member sees its own share of a grouped invoice, and nothing of the others."""

    _inherit = "sale.order"

    def _get_portal_invoices(self, user):
        """Return the invoices of this order that the page links to: not those of which only a share is shown.

        :param res.users user: who looks at the page
        :rtype: account.move
        """
        return self._get_posted_invoices() - self._get_shared_invoices(user)

    def _get_invoice_shares(self, user):
        """Return the order's own share of the invoices that are billed to somebody else.

        :param res.users user: who looks at the page
        :rtype: list[OrderShare]
        """
        return [OrderShare(move, self._get_share_amount(move)) for move in self._get_shared_invoices(user)]

    def _get_posted_invoices(self):
        self.ensure_one()
        posted = self.invoice_ids.filtered(lambda move: move.state == "posted")
        return posted.sorted(lambda move: (move.date, move.id), reverse=True)

    def _get_shared_invoices(self, user):
        """Return the posted invoices that bill this order to another account and that the user may not read."""
        account = self.partner_id.commercial_partner_id
        others = self._get_posted_invoices().filtered(
            lambda move: move.commercial_partner_id != account and (move.grouping_partner_id or move.is_grouped_invoice)
        )
        return others - others.with_user(user)._filtered_access("read")

    def _get_share_amount(self, move):
        """Return the untaxed subtotal of this order's lines on an invoice; credit notes are negative.

        :rtype: float
        """
        items = self.order_line.invoice_lines.filtered(lambda item: item.move_id == move)
        return move.currency_id.round(-move.direction_sign * sum(items.mapped("price_subtotal")))
