from odoo import api, fields, models

from ..tools.engine_context import take
from ..tools.selection import DOCUMENT
from .sale_order_invoice_header import HEADER_PART


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    next_bill_date = fields.Date(
        compute="_compute_next_bill_date",
        store=True,
        readonly=False,
        copy=False,
        help="The day from which this line may be billed. Empty: it can be billed now. Lines with different dates "
        "are billed on different invoices.",
    )

    @api.depends("order_id.next_bill_date")
    def _compute_next_bill_date(self):
        for line in self:
            # On a form that is not saved yet, a date that was set by hand differs from the date of the saved order.
            saved, saved_order = line._origin, line.order_id._origin
            by_hand = not line.id and saved and saved_order and saved.next_bill_date != saved_order.next_bill_date
            line.next_bill_date = saved.next_bill_date if by_hand else line.order_id.next_bill_date

    def _get_quantities_due(self, cutoff_date):
        """Return how much of what is to invoice of each line is due on a day.

        Extension point: an addon that knows when a part was delivered, or worked, leaves out what came later. What a
        billing run proposes, what it checks again and what it bills is bounded by this; by hand all is billed.

        :param date cutoff_date: what is delivered up to this day is due
        :return: quantity in the unit of the line by line id
        :rtype: dict[int, float]
        """
        return {line.id: line.qty_to_invoice for line in self}

    def _get_merge_key(self):
        """Return the merge key (``K1``) of this line: lines share an invoice exactly when all parts are equal.

        Extend `sale.order._get_merge_key_parts` for parts that all lines of an order share, this method for parts
        of the line.

        :return: names and values of the parts, in order
        :rtype: tuple[tuple[str, Hashable], ...]
        """
        self.ensure_one()
        parts = self.order_id._get_cached_merge_key_parts()
        return tuple({**parts, "bill_date": self.next_bill_date or None}.items())

    def _describe_merge_key_part(self, name, key):
        """Return one part of this line's merge key in the words of an accountant.

        :param str name: the part
        :param MergeKey key: the key that is explained
        :rtype: str
        """
        self.ensure_one()
        order = self.order_id
        none = self.env._("(none)")
        if name == "bill_date":
            day = dict(key).get(name)
            return str(day) if day else none  # reasons are stored: readers use several date formats
        if name == "grouping":
            return order._describe_grouping()
        if name == "payment_schedule" and not order.payment_term_id:
            return self.env._("(none, due on the invoice date)")
        records = {
            "company": lambda: order.company_id,
            "bill_to": lambda: order.partner_invoice_id,
            "currency": lambda: order.currency_id,
            "fiscal_position": order._get_invoice_fiscal_position,
            "journal": order._get_invoice_journal,
            "payment_schedule": lambda: order.payment_term_id,
        }
        if name in records:
            return records[name]().display_name or none
        value = dict(key).get(name)
        if name.startswith(HEADER_PART):
            return order._describe_header_value(name.removeprefix(HEADER_PART), value)
        return str(value) if value else none

    def _prepare_invoice_lines_vals_list(self, **optional_values):
        """Override of `sale` to bill what is planned of this line, on each of its invoices."""
        selection = take(self.env.context, "billing_selection")
        billed = selection.by_line.get(self.id) if selection else None
        if not billed or self.display_type:
            return super()._prepare_invoice_lines_vals_list(**optional_values)
        vals_list = []
        for key, values in billed:
            if values == {"quantity": self.qty_to_invoice}:  # what core bills, or another addon
                values = {}
            prepared = super()._prepare_invoice_lines_vals_list(**{**optional_values, **values})
            if take(self.env.context, "billing_merge"):
                prepared = [{**vals, DOCUMENT: key} for vals in prepared]
            vals_list += prepared
        return vals_list
