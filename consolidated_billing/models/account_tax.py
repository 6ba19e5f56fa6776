from odoo import models

from ..tools.plain_taxes import PlainRates


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _get_plain_rates(self):
        """Return the percentages of these taxes when they are plain: on top of the price, or a single one within it.

        A group of taxes counts as the taxes in it.

        :return: the percentages, ``None`` when one of the taxes is not plain
        :rtype: PlainRates | None
        """
        taxes = self._flatten_taxes_and_sort_them()[0]
        if any(tax.amount_type != "percent" or tax.amount <= -100.0 or tax.has_negative_factor for tax in taxes):
            return None
        if len(taxes) > 1 and any(tax.price_include or tax.include_base_amount for tax in taxes):
            return None
        return PlainRates(tuple((tax.id, tax.amount) for tax in taxes), bool(taxes) and taxes[0].price_include)
