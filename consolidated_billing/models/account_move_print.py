from odoo import models


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

    def _get_printed_blocks(self, billing_format=None):
        """Return the lines to print, in blocks that a page does not tear apart as long as they fit on it.

        A heading is in one block with the line after it. In the summary each order is one row: its heading, with the
        subtotal that Odoo prints there.

        :param str billing_format: ``detail``, ``summary``, or nothing for an invoice that is not grouped
        :rtype: list[account.move.line]
        """
        lines = self._get_move_lines_to_report()
        if billing_format == "summary" and lines.filtered(lambda line: line.display_type == "line_section"):
            return [lines.filtered(lambda line: line.display_type == "line_section" or not line.parent_id)]
        if not billing_format:
            return [lines]
        return lines._split_in_printed_blocks()

    # === SENDING ===#

    def _get_mail_template(self):
        """Override of `account` to name the orders in the message with a grouped invoice."""
        if self and all(move.is_grouped_invoice and move.move_type == "out_invoice" for move in self):
            return self.env.ref("consolidated_billing.mail_template_grouped_invoice")
        return super()._get_mail_template()

    def _get_billed_orders_summary(self):
        """Return number, customer and the customer's reference of each order on this invoice, for the message.

        :rtype: list[str]
        """
        self.ensure_one()
        # only what stands on the invoice itself is shown
        orders = self.sudo().invoice_line_ids.sale_line_ids.order_id
        summaries = []
        for order in orders._sort_for_billing(orders):
            customer = order.partner_id.commercial_partner_id
            name = f"{customer.name} ({customer.ref})" if customer.ref else customer.name
            summaries.append(" · ".join(filter(None, (order.name, name, order.client_order_ref))))
        return summaries


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _split_in_printed_blocks(self):
        """Put headings and the first line after them in one block, and what follows until the next heading in another.

        :rtype: list[account.move.line]
        """
        blocks, is_heading = [[]], False
        for line in self:
            starts = line.display_type in ("line_section", "line_subsection")
            if starts and not is_heading:
                blocks.append([])
            blocks[-1].append(line.id)
            if is_heading and not starts:
                blocks.append([])
            is_heading = starts
        return [self.browse(ids).with_prefetch(self._prefetch_ids) for ids in blocks if ids]

    def _get_printed_section(self, display_type):
        """Return the heading of this type above a line that opens a block.

        :param str display_type: ``line_section`` or ``line_subsection``
        :rtype: account.move.line (empty: the line is a heading itself, or has none above it)
        """
        if self.display_type in ("line_section", "line_subsection"):
            return self.browse()
        parents = self.parent_id | self.parent_id.parent_id
        return parents.filtered(lambda line: line.display_type == display_type)
