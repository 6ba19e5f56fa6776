from odoo import api, fields, models


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
            by_hand = (
                not line.id
                and saved
                and saved_order
                and saved.next_bill_date != saved_order.next_bill_date
            )
            line.next_bill_date = (
                saved.next_bill_date if by_hand else line.order_id.next_bill_date
            )

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

    def _get_amounts_to_invoice(self):
        """Return what an invoice over these lines amounts to, before it is created.

        Computed by core's tax engine over all lines together, as the invoice itself will be.

        :return: untaxed and total amount in the currency of the order
        :rtype: tuple[float, float]
        """
        order = self.order_id[:1]
        AccountTax = self.env["account.tax"]
        base_lines = [line._prepare_base_line_to_invoice() for line in self]
        AccountTax._add_tax_details_in_base_lines(base_lines, order.company_id)
        AccountTax._round_base_lines_tax_details(base_lines, order.company_id)
        totals = AccountTax._get_tax_totals_summary(
            base_lines, order.currency_id, order.company_id
        )
        return totals["base_amount_currency"], totals["total_amount_currency"]

    def _prepare_base_line_to_invoice(self):
        """Return what is to invoice of this line for core's tax engine; a down payment is deducted whole."""
        if self.is_downpayment:
            return self._prepare_base_line_for_taxes_computation(
                quantity=-1.0,
                extra_tax_data=self.env["account.tax"]._reverse_quantity_base_line_extra_tax_data(
                    self.extra_tax_data
                ),
            )
        return self._prepare_base_line_for_taxes_computation(quantity=self.qty_to_invoice)
