from odoo import api, models
from odoo.fields import Command

from .invoice_completion import InvoiceCompletion
from .sale_order_line_amounts import AmountsToInvoice


class SaleOrderLine(models.Model):
    """What invoices amount to on which Odoo puts more than their lines: early-payment discounts, cash rounding.

    An early-payment discount of kind *mixed* reduces the taxes by lines that depend on accounts and analytics, a cash
    rounding follows the total. Core is asked for them on an invoice in memory, which is never stored.
    """

    _inherit = "sale.order.line"

    def _needs_draft(self, cash_rounding):
        """Whether the invoice over these lines gets amounts that do not stand on them.

        All orders of one document have the same early-payment discount: it is a part of the payment schedule (``K2``).

        :param account.cash.rounding cash_rounding: the one of the invoice
        :rtype: bool
        """
        order = self[0].order_id
        term = order.payment_term_id
        is_mixed = term.early_discount and term.early_pay_discount_computation == "mixed"
        return bool(
            is_mixed
            or cash_rounding
            or order._from_merge_cache("unusual_defaults", InvoiceCompletion(self.env).has_unusual_defaults)
        )

    def _get_amounts_of_draft(self, values, cash_rounding):
        """Compute by core's invoice, whatever is on it.

        :param dict[int, dict] values: see `_get_amounts_to_invoice`
        :param account.cash.rounding cash_rounding: the one of the invoice
        :rtype: AmountsToInvoice
        """
        cash_rounding = cash_rounding.sudo()  # who may bill need not read cash roundings
        draft, lines = self._new_draft(values)
        base_lines, _tax_lines = draft._get_rounded_base_and_tax_lines()
        currency = draft.currency_id
        bases = [self._get_base(base_line) for base_line in base_lines[: len(lines)]]
        untaxed = currency.round(sum(bases))
        taxes = sum(
            tax["tax_amount_currency"] for base_line in base_lines for tax in base_line["tax_details"]["taxes_data"]
        )
        total = currency.round(untaxed + taxes)
        rounding = self._get_rounding_difference(draft, base_lines, cash_rounding, total)
        if cash_rounding.strategy == "add_invoice_line":
            untaxed = currency.round(untaxed + rounding)
        by_line = dict.fromkeys(self._ids, 0.0)
        by_line.update((line.id, currency.round(base)) for line, base in zip(lines, bases, strict=True))
        return AmountsToInvoice(untaxed, currency.round(total + rounding), by_line)

    def _new_draft(self, values):
        """Return an invoice in memory with these lines, and those of them that are products on it.

        :param dict[int, dict] values: see `_get_amounts_to_invoice`
        :rtype: tuple[account.move, sale.order.line]
        """
        prepared = [(line, line._prepare_line_of_draft(values.get(line.id))) for line in self]
        products = [(line, vals) for line, vals in prepared if vals["display_type"] == "product"]
        order = self[0].order_id
        # as core creates invoices: who may invoice an order need not be allowed to create one
        Move = self.env["account.move"].sudo().with_context(default_move_type="out_invoice")
        draft = Move.new(
            {
                "move_type": "out_invoice",
                "company_id": order.company_id.id,
                "currency_id": order.currency_id.id,
                "partner_id": order.partner_invoice_id.id,
                "fiscal_position_id": order._get_invoice_fiscal_position().id,
                "journal_id": order._get_invoice_journal().id,
                "invoice_payment_term_id": order.payment_term_id.id,
                "invoice_date": order._get_planned_invoice_date(),
                "invoice_line_ids": [Command.create(vals) for _line, vals in products],
            }
        )
        return draft, self.browse([line.id for line, _vals in products])

    def _prepare_line_of_draft(self, values=None):
        """Prepare the line of an invoice as `_create_invoices` does, without the link by which it would count.

        :param dict values: what is billed of the line: see `_get_amounts_to_invoice`
        :return: values of `account.move.line`
        :rtype: dict
        """
        vals = self._prepare_invoice_line(**self._get_values_to_invoice(values))
        vals.pop("sale_line_ids", None)
        self._set_analytic_distribution(vals)
        return vals

    @api.model
    def _get_base(self, base_line):
        details = base_line["tax_details"]
        return details["total_excluded_currency"] + details["delta_total_excluded_currency"]

    @api.model
    def _get_rounding_difference(self, draft, base_lines, cash_rounding, total):
        """Return what the cash rounding adds to the total of an invoice.

        :param account.move draft: the invoice
        :param list[dict] base_lines: its lines, with rounded tax details
        :param account.cash.rounding cash_rounding: may be empty
        :param float total: of the invoice, in its currency
        :rtype: float
        """
        if not cash_rounding:
            return 0.0
        if cash_rounding.strategy == "biggest_tax":
            company, Tax = draft.company_id, self.env["account.tax"]
            Tax._add_accounting_data_in_base_lines_tax_details(
                base_lines, company, include_caba_tags=draft.always_tax_exigible
            )
            if not Tax._prepare_tax_lines(base_lines, company)["tax_lines_to_add"]:
                return 0.0  # there is no tax to be modified
        return cash_rounding.compute_difference(draft.currency_id, total)


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.model
    def _get_default_cash_rounding(self):
        """Return the cash rounding that invoices get which this user creates for the current company.

        :rtype: account.cash.rounding
        """
        # as core creates invoices: who may invoice an order need not read cash roundings
        defaults = self.sudo().with_context(default_move_type="out_invoice").default_get(["invoice_cash_rounding_id"])
        return self.env["account.cash.rounding"].sudo().browse(defaults.get("invoice_cash_rounding_id"))
