from typing import NamedTuple

from odoo import api, fields, models


class DiscountOffer(NamedTuple):
    """What a document costs until a day.

    :param day: the last day
    :param amount: what is paid until then, in the currency of the document
    :param discount: what is saved
    """

    day: object
    amount: float
    discount: float


class ConsolidatedBillingInvoice(models.Model):
    """Discounts for early payment: those of the listed invoices, as Odoo gives them on each of these (``C10``)."""

    _inherit = "consolidated.billing.invoice"

    @api.model
    def _get_discounts(self, items, day):
        """Return what is saved on each open item that is paid at a day.

        :param account.move.line items: open items
        :param date day: when they are paid
        :return: amounts in the currency of the items, only of those with a discount
        :rtype: dict[account.move.line, float]
        """
        return {
            item: item.amount_currency - item.discount_amount_currency
            for item in items
            if item.display_type == "payment_term"
            and item.move_id._is_eligible_for_early_payment_discount(item.currency_id, day)
        }

    def _get_discount_offers(self, day, items=None):
        """Return until when these open items can be paid for less, and for how much: one offer for each last day.

        :param date day: the first day that counts
        :param account.move.line items: open items; without them, all of this document
        :rtype: list[DiscountOffer]
        """
        self.ensure_one()
        items = self._get_open_items() if items is None else items
        discounts = self._get_discounts(items, day)
        total = sum(items.mapped("amount_residual_currency"))
        offers = []
        for last_day in sorted({item.discount_date for item in discounts if item.discount_date}):
            saved = sum(amount for item, amount in discounts.items() if item.discount_date >= last_day)
            saved = self.currency_id.round(saved)
            offers.append(DiscountOffer(last_day, self.currency_id.round(total - saved), saved))
        return [offer for offer in offers if self.currency_id.compare_amounts(offer.amount, 0.0) > 0]

    @api.model
    def _get_accepted_discounts(self, items, amount, day):
        """Return the discounts that an amount takes: all that are offered at a day, if it is what is due with them.

        :param account.move.line items: open items
        :param float amount: what is paid for them, in their currency
        :param date day: when it is paid
        :return: see `_get_discounts`
        :rtype: dict[account.move.line, float]
        """
        discounts = self._get_discounts(items, day)
        due = sum(items.mapped("amount_residual_currency")) - sum(discounts.values())
        return {} if items.currency_id.compare_amounts(amount, due) else discounts

    def _get_printed_offers(self):
        """Return the offers to print: those since the date of the document, as on an invoice.

        :rtype: list[DiscountOffer]
        """
        self.ensure_one()
        if self.state == "cancelled" or self.payment_state not in ("not_paid", "partial"):
            return []
        # customers print their documents on the portal
        return self.sudo()._get_discount_offers(self.invoice_date or fields.Date.context_today(self))

    @api.model
    def _prepare_discount_items(self, discounts, day):
        """Return the journal items that book discounts, with their taxes and differences of exchange, as Odoo does.

        :param dict[account.move.line, float] discounts: see `_get_discounts`
        :param date day: when the items are paid
        :return: values of journal items
        :rtype: list[dict]
        """
        if not discounts:
            return []
        first = next(iter(discounts))
        currency, company = first.currency_id, first.company_id
        values = [
            {
                "aml": item,
                "amount_currency": -item.amount_residual_currency,
                "balance": currency._convert(-item.amount_residual_currency, company.currency_id, company, day),
            }
            for item in discounts
        ]
        saved = currency._convert(currency.round(sum(discounts.values())), company.currency_id, company, day)
        booked = self.env["account.move"]._get_invoice_counterpart_amls_for_early_payment_discount(values, saved)
        return [vals for part in booked.values() for vals in part]
