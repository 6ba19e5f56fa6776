from odoo import models

from ..tools.visible_items import Item, show_items

MAX_ORDERS_IN_MESSAGE = 40


class AccountMove(models.Model):
    """How grouped invoices are printed: in detail, or one row for each order."""

    _inherit = "account.move"

    def _get_billing_format(self):
        """Return the format in which this invoice is printed: the one of the bill-to's billing profile.

        :return: ``detail`` or ``summary``
        :rtype: str
        """
        self.ensure_one()
        # customers read their own invoices on the portal; only the format is looked at
        profile = self.sudo().partner_id.with_company(self.company_id)._get_billing_profile()
        return profile.invoice_format or "detail"

    def _get_printed_lines(self, billing_format=None):
        """Return the lines to print. In the summary each order is one row: its heading, with the subtotal.

        :param str billing_format: ``detail``, ``summary``, or nothing for an invoice that is not grouped
        :rtype: account.move.line
        """
        lines = self._get_move_lines_to_report()
        if billing_format == "summary" and lines.filtered(lambda line: line.display_type == "line_section"):
            return lines.filtered(lambda line: line.display_type == "line_section" or not line.parent_id)
        return lines

    def _get_visible_items(self):
        """Return the items of this invoice for a document that lists them again; hidden is what the invoice hides.

        :return: rows in the order of the invoice, amounts without taxes in its currency
        :rtype: list[VisibleItem]
        """
        self.ensure_one()
        items, section, subsection = [], None, None
        # core's `parent_id` would write on the journal items whenever it is read of some of them only
        for line in self.invoice_line_ids.sorted(lambda line: (line.sequence, line.id)):
            if line.display_type == "line_section":
                section, subsection = line, None
            elif line.display_type == "line_subsection":
                subsection = line
            elif line.display_type == "product":
                items.append(
                    Item(
                        source=line,
                        name=line.name or "",
                        headings=[heading for heading in (section, subsection) if heading],
                        taxes=tuple(tax.tax_label or tax.name for tax in line.tax_ids),
                        amount=line.price_subtotal,
                    )
                )
        return show_items(items)

    def _are_orders_in_headings(self):
        """Return whether the headings on the invoice name its orders, so that its header need not list them again.

        The header lists them where it would be empty else.
        """
        self.ensure_one()
        if not (self.invoice_date or self.partner_id.ref):
            return False
        headings = self.invoice_line_ids.filtered(lambda line: line.display_type == "line_section")
        names = "\n".join(headings.mapped("name"))
        return bool(headings) and all(origin in names for origin in (self.invoice_origin or "").split(", "))

    # === SENDING ===#

    def _get_mail_template(self):
        """Override of `account` to name the orders in the message with a grouped invoice."""
        if self and all(move.is_grouped_invoice and move.move_type == "out_invoice" for move in self):
            return self.env.ref("consolidated_billing.mail_template_grouped_invoice")
        return super()._get_mail_template()

    def _get_billed_orders_summary(self):
        """Return number, customer and the customer's reference of each order on this invoice, for the message.

        A message does not list hundreds of orders: the last row then says how many more there are.

        :rtype: list[str]
        """
        self.ensure_one()
        # only what stands on the invoice itself is shown
        orders = self.sudo().invoice_line_ids.sale_line_ids.order_id
        summaries = []
        for order in orders._sort_for_billing(orders)[:MAX_ORDERS_IN_MESSAGE]:
            customer = order.partner_id.commercial_partner_id
            name = f"{customer.name} ({customer.ref})" if customer.ref else customer.name
            summaries.append(" · ".join(filter(None, (order.name, name, order.client_order_ref))))
        if len(orders) > MAX_ORDERS_IN_MESSAGE:
            count = len(orders) - MAX_ORDERS_IN_MESSAGE
            summaries.append(self.env._("and %(count)s more, all listed on the invoice", count=count))
        return summaries
