from odoo import models


class AccountMove(models.Model):
    """Credit warnings of orders and invoices at the account that is billed (``G8``)."""

    _inherit = "account.move"

    def _compute_partner_credit_warning(self):
        """Override of `account` to read balances anew."""
        self.env["res.partner"]._read_credit(self)
        return super()._compute_partner_credit_warning()

    def _build_credit_warning_message(self, record, current_amount=0.0, exclude_current=False, exclude_amount=0.0):
        """Override of `account` to ask every account whose limit counts, each with what counts there.

        The message is core's, built for a stand-in of the document that belongs to that account.
        """
        if record._name not in ("account.move", "sale.order"):
            return super()._build_credit_warning_message(record, current_amount, exclude_current, exclude_amount)
        record = record.with_company(record.company_id)
        currency = record.company_id.currency_id
        messages = []
        for account in record._get_credit_accounts():
            amount, counted = record._get_amount_on_credit(account, currency.round(current_amount), exclude_amount)
            used = account.credit_used - counted
            if currency.round(used + amount) <= account.credit_limit:
                continue
            messages.append(
                super()._build_credit_warning_message(
                    record.new({"partner_id": account.id, "company_id": record.company_id.id}),
                    current_amount=amount,
                    exclude_current=exclude_current,
                    exclude_amount=account.credit + account.credit_to_invoice - used,
                )
            )
        return "\n".join(filter(None, messages))

    def _get_credit_accounts(self):
        """Return the accounts whose credit limits this invoice can exceed: the debtor's, and those of its customers.

        :rtype: res.partner
        """
        accounts = self.partner_id._get_credit_accounts(self.partner_id)
        for customer in self.invoice_line_ids.sale_line_ids.order_id.partner_id.commercial_partner_id:
            accounts |= self.partner_id._get_credit_accounts(customer)
        return accounts

    def _get_amount_on_credit(self, account, current_amount, exclude_amount):
        """Return what this invoice adds to the credit that an account uses.

        On a customer that is not the debtor it changes nothing: its orders count already.

        :param res.partner account: one of `_get_credit_accounts`
        :param float current_amount: total of the invoice, in the currency of the company
        :param float exclude_amount: what its orders count already, because they were not invoiced
        :return: what it adds, and what is counted already
        :rtype: tuple[float, float]
        """
        debtor = self.partner_id.commercial_partner_id
        is_debtor = account in (debtor | debtor.grouping_partner_id)
        return (current_amount, exclude_amount) if is_debtor else (0.0, 0.0)
