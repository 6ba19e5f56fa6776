from odoo import models
from odoo.tools import float_compare

from ..tools.deduction import BASE


class SaleOrderLine(models.Model):
    """Lines that are billed with others of their order only: discounts, charges, down payments (``K8``, ``I5``)."""

    _inherit = "sale.order.line"

    # === KINDS OF LINES ===#

    def _is_dependent(self):
        """Whether this line is never billed without other lines of its order."""
        return self.is_downpayment or not self._can_be_invoiced_alone()

    def _is_deduction(self):
        """Whether what is to invoice of this dependent line reduces its order: a discount, a reward, a down payment."""
        if self.is_downpayment:
            return True
        return self.qty_to_invoice > 0 and self.price_unit * (1 - (self.discount or 0.0) / 100.0) < 0

    def _is_reducible(self):
        """Whether discounts and down payments reduce this line."""
        return (
            not self.display_type
            and not self._is_dependent()
            and self._get_quantity_to_reduce() * self.price_unit * (1 - (self.discount or 0.0) / 100.0) > 0
        )

    def _get_quantity_to_reduce(self):
        """Return the quantity that a discount of the order was granted for: what is ordered; else what is delivered."""
        return self.product_uom_qty or self.qty_delivered

    def _get_reduced_lines(self):
        """Return the lines that this discount reduces: those of its order with its taxes, else all.

        Extension point: a discount that knows its lines better returns these.

        :rtype: sale.order.line
        """
        self.ensure_one()
        lines = self.order_id.order_line.filtered(lambda line: line._is_reducible())
        return lines.filtered(lambda line: line.tax_ids == self.tax_ids) or lines

    def _is_billed_completely(self, quantity):
        """Whether nothing of this line is to come once a quantity of it is billed. Extension point.

        :param float quantity: what is billed of it in all
        """
        precision = self.env["decimal.precision"].precision_get("Product Unit")
        return float_compare(quantity, self._get_quantity_to_reduce(), precision_digits=precision) >= 0

    # === AMOUNTS OF A DEDUCTION ===#

    def _has_tax_amounts(self):
        """Whether the taxes of this deduction were fixed as amounts when it was made, or follow from its invoice."""
        return bool(self.tax_ids) and (self.is_downpayment or self._get_fixed_base_line() is not None)

    def _get_fixed_base_line(self):
        """Return a discount for core's tax engine, if its taxes were fixed when it was made (by core's wizard)."""
        base_line = self._prepare_base_line_for_taxes_computation()
        is_fixed = base_line["manual_tax_amounts"] and base_line["manual_total_excluded_currency"] is not None
        return base_line if is_fixed else None

    def _get_deducted_amounts(self):
        """Return what this line deducts in all and what was billed of it, as positive amounts, and its whole quantity.

        Amounts are given by part: `BASE` without the taxes that were fixed, which are given by their ids. What was
        billed is taken from drafts and posted invoices alike; credit notes count back.

        :rtype: tuple[dict[Hashable, float], dict[Hashable, float], float]
        """
        self.ensure_one()
        # who may bill an order need not read its invoices: only the amounts of its own lines are used
        invoice_lines = self.sudo().invoice_lines.filtered(lambda item: item.parent_state != "cancel")
        if self.is_downpayment:
            paid = invoice_lines.filtered(lambda item: item.move_id._is_downpayment())
            total = self._sum_amounts(paid)
            return total, self._sum_amounts(invoice_lines - paid, total, -1), self._sum_quantities(paid)
        total = self._get_discount_amounts()
        return total, self._sum_amounts(invoice_lines, total, -1), self.product_uom_qty

    def _get_discount_amounts(self):
        base_line = self._get_fixed_base_line()
        if base_line is None:
            return {BASE: -self.price_unit * (1 - (self.discount or 0.0) / 100.0) * self.product_uom_qty}
        taxes = base_line["manual_tax_amounts"]
        return {
            BASE: -base_line["manual_total_excluded_currency"],
            **{int(tax_id): -amounts.get("tax_amount_currency", 0.0) for tax_id, amounts in taxes.items()},
        }

    def _sum_amounts(self, invoice_lines, names=(), sign=1):
        """Add up what invoice lines of this line amount to; credit notes count back.

        :param account.move.line invoice_lines: drafts or posted ones
        :param names: parts that the result has in any case
        :param int sign: of the result
        :rtype: dict[Hashable, float]
        """
        has_taxes = self._has_tax_amounts()
        result = dict.fromkeys([BASE, *names], 0.0)
        for item in invoice_lines:
            base_line = item.move_id._prepare_product_base_line_for_taxes_computation(item)
            item_sign = -sign * item.move_id.direction_sign
            if not has_taxes:
                result[BASE] += item_sign * item.price_unit * (1 - item.discount / 100.0) * item.quantity
                continue
            self._compute_base_lines([base_line])
            details = base_line["tax_details"]
            result[BASE] += item_sign * (details["total_excluded_currency"] + details["delta_total_excluded_currency"])
            for tax_data in details["taxes_data"]:
                tax_id = tax_data["tax"].id
                result[tax_id] = result.get(tax_id, 0.0) + item_sign * tax_data["tax_amount_currency"]
        return result

    def _sum_quantities(self, invoice_lines):
        return sum(-item.move_id.direction_sign * item.quantity for item in invoice_lines)

    def _compute_base_lines(self, base_lines):
        """Let core's tax engine compute and round these."""
        AccountTax, company = self.env["account.tax"], self.order_id.company_id
        AccountTax._add_tax_details_in_base_lines(base_lines, company)
        AccountTax._round_base_lines_tax_details(base_lines, company)
        return base_lines

    def _get_computed_base_lines(self, values):
        """Return what some values of these lines, which are on one invoice, amount to by core's tax engine.

        :param dict[int, dict] values: values of the invoice lines by order line id
        :rtype: list[dict]
        """
        return self._compute_base_lines(
            [line._prepare_base_line_for_taxes_computation(**line._get_billed_values(values[line.id])) for line in self]
        )

    def _get_open_amounts(self):
        """Return what is to invoice of each of these lines without taxes, in the currency of its order.

        :rtype: dict[int, float]
        """
        result = {}
        for order, lines in self.grouped("order_id").items():
            dependents = lines.filtered(lambda line: line._is_dependent())
            values = {line.id: values for line, values in order._get_open_values(dependents).items()}
            values |= {line.id: {"quantity": 0.0} for line in dependents if line.id not in values}
            result |= lines._get_amounts_to_invoice(values=values).by_line
        return result

    # === WHAT IS BILLED OF IT ===#

    def _get_billed_values(self, values):
        """Return the values of an invoice line that differ from the order line, as core's tax engine takes them."""
        return {name: values[name] for name in ("quantity", "price_unit", "extra_tax_data") if name in values}

    def _prepare_portion(self, portion, step):
        """Return what an invoice gets of this deduction, as values of the invoice line.

        A quantity is rounded, an amount must not be: the price makes up for it.

        :param Portion portion: in units of the currency and steps of the quantity
        :param float step: one step of quantity
        :rtype: dict
        """
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        quantity = round(portion.steps * step, digits)
        if portion.is_whole and (quantity == 1.0 or not self.is_downpayment):
            return self._prepare_whole(quantity)
        amounts = {
            name: self.currency_id.round(units * self.currency_id.rounding) for name, units in portion.amounts.items()
        }
        taxes = {name: amount for name, amount in amounts.items() if name != BASE}
        included = self.env["account.tax"].browse(taxes).filtered("price_include")
        price = (amounts[BASE] + sum(taxes[tax.id] for tax in included)) / quantity
        if self.is_downpayment:
            values = {"quantity": -quantity, "price_unit": price}
        else:
            values = {"quantity": quantity, "price_unit": -price / (1 - (self.discount or 0.0) / 100.0)}
        if self.extra_tax_data or taxes:
            values["extra_tax_data"] = self._prepare_extra_tax_data(values, amounts[BASE], taxes)
        return values

    def _prepare_whole(self, quantity):
        """Return what core bills of the whole deduction."""
        if not self.is_downpayment:
            return {"quantity": quantity}
        reverse = self.env["account.tax"]._reverse_quantity_base_line_extra_tax_data
        return {"quantity": -quantity, "extra_tax_data": reverse(self.extra_tax_data)}

    def _prepare_extra_tax_data(self, values, base, taxes):
        """Return the amounts of a portion as core's tax engine reads them from a line.

        :param dict values: quantity and price of the portion
        :param float base: what is deducted without taxes
        :param dict[int, float] taxes: what is deducted of each tax
        :rtype: dict
        """
        given = self.extra_tax_data or {}
        key = {"computation_key": given.get("computation_key") or f"down_payment,{self.id}"}
        if not taxes:
            return key
        return {
            **key,
            "currency_id": self.currency_id.id,
            "discount": self.discount,
            "rate": given.get("rate") or self.order_id.currency_rate,
            **values,
            "manual_total_excluded_currency": -base,
            "manual_tax_amounts": {
                str(tax_id): {
                    "tax_amount_currency": -amount,
                    "base_amount_currency": -self._get_tax_base(tax_id, base),
                }
                for tax_id, amount in taxes.items()
            },
        }

    def _get_tax_base(self, tax_id, base):
        """Return the amount to which a tax applies in a portion: that of the line, or more if it is levied on taxes."""
        given = self.extra_tax_data or {}
        whole = given.get("manual_total_excluded_currency")
        whole_base = (given.get("manual_tax_amounts") or {}).get(str(tax_id), {}).get("base_amount_currency")
        if not whole or not whole_base:
            return base
        return self.currency_id.round(base * whole_base / whole)
