from odoo import api, fields, models
from odoo.tools import format_date

from ..tools.order_sections import arrange_sections, would_be_swallowed


class SaleOrder(models.Model):
    """The lines of an invoice that merges several orders, below a section for each order (``I2``, ``I7``)."""

    _inherit = "sale.order"

    @api.model
    def _add_order_sections(self, orders, lines_by_order):
        """Put a section above the lines of each order (``I2``); the order's own sections become subsections.

        Where the company wants no such sections, they stand only above lines that a section of another order would hide
        (``I7``), or that would stand below the heading of another.

        :param sale.order orders: the orders on the invoice
        :param list[list[dict]] lines_by_order: the values of each order's invoice lines
        :return: the values of all lines of the invoice
        :rtype: list[dict]
        """
        with_sections = orders[:1].company_id.invoice_order_sections
        is_item = self._get_item_test(lines_by_order)
        orders = orders.with_prefetch(self._prefetch_ids or orders._prefetch_ids)
        show_delivery = len(orders.partner_shipping_id) > 1
        result, headings = [], []
        for order, lines in zip(orders, lines_by_order, strict=True):
            if with_sections or would_be_swallowed(result, lines, headings):
                order = order.with_context(lang=order.partner_invoice_id.lang or self.env.lang)
                headings.append(order._prepare_order_section(show_delivery))
                result.append(headings[-1])
            result += arrange_sections(lines, is_item, nested=with_sections)
        return result

    def _get_item_test(self, lines_by_order):
        """Return a function that tells sections that stand for an item of the order (combos) from its headings.

        :param list[list[dict]] lines_by_order: the values of each order's invoice lines
        :rtype: Callable[[dict], bool]
        """
        sources = {
            line_id
            for lines in lines_by_order
            for line in lines
            if line.get("display_type") == "line_section"
            for line_id in self._get_order_line_ids(line)
        }
        items = self.env["sale.order.line"].browse(sources).filtered(lambda line: not line.display_type)
        ids = set(items.ids)
        return lambda line: not ids.isdisjoint(self._get_order_line_ids(line))

    def _prepare_order_section(self, show_delivery):
        """Prepare the section that heads this order on a grouped invoice.

        :param bool show_delivery: whether the delivery address differs from the other orders' (``K6``)
        :return: values of `account.move.line`
        :rtype: dict
        """
        return {
            "display_type": "line_section",
            "name": self._get_order_section_name(show_delivery),
            "product_id": False,
            "product_uom_id": False,
            "quantity": 0,
            "discount": 0,
            "price_unit": 0,
            "account_id": False,
        }

    def _get_order_section_name(self, show_delivery):
        """Return number, date, customer with its number, and the references of this order in one line."""
        customer = self.partner_id.commercial_partner_id
        name = customer.display_name
        if customer.ref:
            name = f"{name} ({customer.ref})"
        day = fields.Datetime.context_timestamp(self, self.date_order).date()
        parts = [self.name, format_date(self.env, day), name]
        if self.client_order_ref:
            parts.append(self.env._("Your reference: %s", self.client_order_ref))
        if self.job_code:
            parts.append(self.env._("Job code: %s", self.job_code))
        if show_delivery:
            parts.append(self.env._("Delivered to: %s", self._get_delivery_in_one_line()))
        return " · ".join(parts)

    def _get_delivery_in_one_line(self):
        """Return name and address of the delivery, without repeating the name of the customer."""
        delivery, customer = self.partner_shipping_id, self.partner_id.commercial_partner_id
        is_own = delivery.commercial_partner_id == customer
        name = (delivery.name if is_own else delivery.display_name) if delivery != customer else ""
        lines = [name or "", *delivery._display_address(without_company=True).splitlines()]
        return ", ".join(filter(None, map(str.strip, lines))) or customer.display_name
