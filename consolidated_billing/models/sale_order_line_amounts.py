from functools import partial
from typing import NamedTuple

from odoo import models
from odoo.tools import float_round

from odoo.addons.account.models.account_tax import AccountTax as CoreTax
from odoo.addons.sale.models.sale_order_line import SaleOrderLine as CoreLine

from ..tools.plain_taxes import PlainLine, compute_globally, compute_per_line

# What decides the amounts of plain taxes. When another addon extends one of these, Odoo's engine is asked every time.
TAX_METHODS = (
    "_add_tax_details_in_base_line",
    "_add_tax_details_in_base_lines",
    "_eval_tax_amount_price_excluded",
    "_eval_tax_amount_price_included",
    "_get_tax_details",
    "_round_base_lines_tax_details",
    "_round_tax_details_base_lines",
    "_round_tax_details_tax_amounts",
)


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
    """What an invoice over some lines will amount to: known before it is created, to the cent (``R1``)."""

    _inherit = "sale.order.line"

    def _get_amounts_to_invoice(self, quantities=None, values=None, cash_rounding=None):
        """Return what an invoice over these lines amounts to, before it is created.

        The amounts of the lines add up to the untaxed amount, but for a line that a cash rounding adds. They are those
        that core's tax engine computes over all lines together, as it will for the invoice itself; where all taxes are
        plain, a shorter way leads there.

        :param dict[int, float] quantities: quantity to bill by line id; by default all that can be invoiced
        :param dict[int, dict] values: instead of quantities: values of invoice lines by line id, see `PlannedInvoice`
        :param account.cash.rounding cash_rounding: the one of the invoice; by default the one that invoices get which
            this user creates
        :return: amounts in the currency of the order
        :rtype: AmountsToInvoice
        """
        if not self:
            return AmountsToInvoice(0.0, 0.0, {})
        if values is None:
            values = {line_id: {"quantity": quantity} for line_id, quantity in (quantities or {}).items()}
        if cash_rounding is None:
            Move = self.env["account.move"]
            cash_rounding = self[0].order_id._from_merge_cache("cash_rounding", Move._get_default_cash_rounding)
        if self._needs_draft(cash_rounding):
            return self._get_amounts_of_draft(values, cash_rounding)
        plain_lines = self._get_plain_lines(values)
        if plain_lines is None:
            return self._get_amounts_of_engine(values)
        return self._get_plain_amounts(plain_lines)

    # === PLAIN TAXES ===#

    def _get_plain_lines(self, values):
        """Return the lines as the short way needs them, or nothing if one of them has to go the long way.

        :param dict[int, dict] values: see `_get_amounts_to_invoice`
        :rtype: list[PlainLine] | None
        """
        cache = self[0].order_id._from_merge_cache("plain_rates", self._get_plain_rates_cache)
        if cache is None:
            return None
        plain_lines = []
        for line in self:
            taxes = line.tax_ids
            rates = cache.get(taxes._ids)
            if rates is None and taxes._ids not in cache:
                rates = cache[taxes._ids] = taxes._get_plain_rates()
            if rates is None or line.is_downpayment or line.extra_tax_data:
                return None
            billed = values.get(line.id, {})
            price = billed.get("price_unit", line.price_unit) * (1 - (line.discount / 100.0))
            plain_lines.append(PlainLine(price, billed.get("quantity", line.qty_to_invoice), rates))
        return plain_lines

    def _get_plain_rates_cache(self):
        """Return where rates are kept by the ids of the taxes, or nothing if another addon extends the computation.

        :rtype: dict[tuple[int, ...], PlainRates | None] | None
        """
        Tax = type(self.env["account.tax"])
        is_core = all(getattr(Tax, name) is getattr(CoreTax, name) for name in TAX_METHODS)
        name = "_prepare_base_line_for_taxes_computation"
        return {} if is_core and getattr(type(self), name) is getattr(CoreLine, name) else None

    def _get_plain_amounts(self, plain_lines):
        """Compute the short way, as the company rounds taxes.

        :param list[PlainLine] plain_lines: these lines
        :rtype: AmountsToInvoice
        """
        order = self[0].order_id
        currency = order.currency_id
        round_amount = partial(float_round, precision_rounding=currency.rounding)
        if order.company_id.tax_calculation_rounding_method == "round_per_line":
            amounts = compute_per_line(plain_lines, round_amount)
        else:
            distribute = self.env["account.tax"]._distribute_delta_amount_smoothly
            amounts = compute_globally(
                plain_lines,
                round_amount,
                lambda delta, bases: distribute(currency.decimal_places, delta, [{"factor": base} for base in bases]),
            )
        return AmountsToInvoice(amounts.untaxed, amounts.total, dict(zip(self._ids, amounts.lines, strict=True)))

    # === ALL TAXES ===#

    def _get_amounts_of_engine(self, values):
        """Compute by core's tax engine, whatever the taxes are.

        :param dict[int, dict] values: see `_get_amounts_to_invoice`
        :rtype: AmountsToInvoice
        """
        order = self[0].order_id
        currency, company = order.currency_id, order.company_id
        AccountTax = self.env["account.tax"]
        base_lines = [line._prepare_base_line_to_invoice(values.get(line.id)) for line in self]
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

    def _prepare_base_line_to_invoice(self, values=None):
        """Return what is to invoice of this line for core's tax engine.

        :param dict values: what is billed of the line: see `_get_amounts_to_invoice`
        """
        return self._prepare_base_line_for_taxes_computation(
            **self._get_billed_values(self._get_values_to_invoice(values))
        )

    def _get_values_to_invoice(self, values=None):
        """Return what an invoice line has otherwise than this line; by default a down payment is deducted whole.

        :param dict values: what is billed of the line: see `_get_amounts_to_invoice`
        :return: values of the invoice line: its quantity at least
        :rtype: dict
        """
        if not values and self.is_downpayment:
            values = self._prepare_whole(1.0)
        return {"quantity": self.qty_to_invoice, **(values or {})}
