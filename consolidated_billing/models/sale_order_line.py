from typing import NamedTuple

from odoo import api, fields, models


class AmountsToInvoice(NamedTuple):
    """What an invoice amounts to, in its currency.

    :param untaxed: without taxes
    :param total: with taxes
    :param by_line: without taxes, by order line id
    """

    untaxed: float
    total: float
    by_line: dict[int, float]


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
        return str(value) if value else none

    def _prepare_invoice_line(self, **optional_values):
        """Override of `sale` to bill the quantity that a billing run, or a person, selected."""
        selection = self.env.context.get("billing_selection")
        if selection and not self.display_type and self.id in selection.quantities:
            optional_values.setdefault("quantity", selection.quantities[self.id])
        return super()._prepare_invoice_line(**optional_values)

    def _get_amounts_to_invoice(self, quantities=None):
        """Return what an invoice over these lines amounts to, before it is created.

        Computed by core's tax engine over all lines together, as the invoice itself will be: the amounts of the lines
        add up to the untaxed amount.

        :param dict[int, float] quantities: quantity to bill by line id; by default all that can be invoiced
        :return: amounts in the currency of the order
        :rtype: AmountsToInvoice
        """
        if not self:
            return AmountsToInvoice(0.0, 0.0, {})
        order = self.order_id[:1]
        currency, company = order.currency_id, order.company_id
        AccountTax = self.env["account.tax"]
        base_lines = [line._prepare_base_line_to_invoice((quantities or {}).get(line.id)) for line in self]
        AccountTax._add_tax_details_in_base_lines(base_lines, company)
        AccountTax._round_base_lines_tax_details(base_lines, company)
        by_line, untaxed, total = {}, 0.0, 0.0
        for base_line in base_lines:
            details = base_line["tax_details"]
            amount = details["total_excluded_currency"] + details["delta_total_excluded_currency"]
            by_line[base_line["record"].id] = currency.round(amount)
            untaxed += amount
            total += amount + sum(tax["tax_amount_currency"] for tax in details["taxes_data"])
        return AmountsToInvoice(currency.round(untaxed), currency.round(total), by_line)

    def _prepare_base_line_to_invoice(self, quantity=None):
        """Return what is to invoice of this line for core's tax engine; a down payment is deducted whole.

        :param float quantity: in the unit of the line; by default all that can be invoiced
        """
        if self.is_downpayment:
            return self._prepare_base_line_for_taxes_computation(
                quantity=-1.0,
                extra_tax_data=self.env["account.tax"]._reverse_quantity_base_line_extra_tax_data(self.extra_tax_data),
            )
        if quantity is None:
            quantity = self.qty_to_invoice
        return self._prepare_base_line_for_taxes_computation(quantity=quantity)
