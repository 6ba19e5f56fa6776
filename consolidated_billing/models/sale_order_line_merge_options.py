from odoo import models

from ..tools.engine_context import take


class SaleOrderLine(models.Model):
    """The options of the bill-to's billing profile in the merge key of a line (``K4``, ``I4``)."""

    _inherit = "sale.order.line"

    def _get_merge_key(self):
        """Extend with how bill dates are matched and whether credits stand apart, as the billing profile says."""
        key = super()._get_merge_key()
        options = self.order_id._get_merge_options()
        if options.bill_date_match == "exact" and options.credit_policy == "net" and "month" not in options.parts:
            return key
        parts = dict(key)
        if "month" in options.parts and self.next_bill_date:
            parts["month"] = self.next_bill_date.strftime("%Y-%m")  # in which the tax falls due (``K9``)
        if options.bill_date_match == "period":
            parts["bill_date"] = self._get_period_part(parts["bill_date"])
        if options.credit_policy == "separate":
            parts["credit"] = self._is_billed_as_credit()
        return tuple(parts.items())

    def _get_period_part(self, bill_date):
        """Return one value for all bill dates up to the cutoff, and for none (``K4``); a later one is itself.

        A billing run passes its cutoff as ``billing_cutoff_date``; by hand it is the planned invoice date.
        """
        cutoff = take(self.env.context, "billing_cutoff_date") or self.order_id._get_planned_invoice_date()
        return bill_date if bill_date and bill_date > cutoff else ("until", cutoff)

    def _is_billed_as_credit(self):
        """Whether this line belongs on a credit note (``I4``): what is to invoice of it is negative.

        Down payments are deducted from an invoice of their order. A discount belongs to other lines: it reduces the
        invoice, and is itself taken back with the returns. Only where credits are billed at all, as core's option
        "Deduct down payments" and billing runs say in ``billing_separate_credits``.
        """
        if self.is_downpayment or not take(self.env.context, "billing_separate_credits", True):
            return False
        if self._is_discount_line() or self._is_global_discount():
            return self.qty_to_invoice < 0
        return self.qty_to_invoice * self.price_unit * (1 - (self.discount or 0.0) / 100) < 0

    def _describe_merge_key_part(self, name, key):
        """Extend with the options of billing profiles."""
        parts = dict(key)
        order = self.order_id
        if name == "bill_date" and isinstance(parts.get(name), tuple):
            return self.env._("up to %(date)s", date=parts[name][1])
        if name == "credit":
            return self.env._("credit note") if parts.get(name) else self.env._("invoice")
        if name not in parts:  # another company, which does not split by it
            return self.env._("(any)")
        if name == "customer":
            return order.partner_id.commercial_partner_id.display_name
        if name == "delivery_address":
            return order.partner_shipping_id.display_name
        if name.startswith("extra."):
            # only the name of what was compared is shown
            return order.sudo().with_context(active_test=False)._describe_value(name.removeprefix("extra."))
        return super()._describe_merge_key_part(name, key)
