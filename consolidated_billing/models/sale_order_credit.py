from odoo import api, models


class SaleOrder(models.Model):
    """Credit warnings of orders at the account that is billed (``G8``)."""

    _inherit = "sale.order"

    @api.depends("partner_invoice_id")
    def _compute_partner_credit_warning(self):
        """Override of `sale` to ask the limit of the account that is billed; balances are read anew."""
        self.env["res.partner"]._read_credit(self)
        return super()._compute_partner_credit_warning()

    def _get_credit_accounts(self):
        """Return the accounts whose credit limits this order can exceed.

        :rtype: res.partner
        """
        return (self.partner_invoice_id or self.partner_id)._get_credit_accounts(self.partner_id)

    def _get_amount_on_credit(self, account, current_amount, exclude_amount):
        """Return what this order adds to the credit that an account uses.

        :param res.partner account: one of `_get_credit_accounts`
        :param float current_amount: total of the order, in the currency of the company
        :param float exclude_amount: what is counted in the credit of the account already
        :return: what it adds, and what is counted already
        :rtype: tuple[float, float]
        """
        return current_amount, exclude_amount
