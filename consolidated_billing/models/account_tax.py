from odoo import models


class AccountTax(models.Model):
    _inherit = "account.tax"

    def _get_plain_rates(self):
        """Return the percentages of these taxes when all of them are plain: on top of the price, changing nothing else.

        A group of taxes counts as the taxes in it.

        :return: id and percentage of each tax, ``None`` when one of them is not plain
        :rtype: tuple[tuple[int, float], ...] | None
        """
        taxes = self._flatten_taxes_and_sort_them()[0]
        if any(
            tax.amount_type != "percent" or tax.price_include or tax.include_base_amount or tax.has_negative_factor
            for tax in taxes
        ):
            return None
        return tuple((tax.id, tax.amount) for tax in taxes)
