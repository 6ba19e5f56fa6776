from collections import defaultdict

from odoo import api, models


class ConsolidatedBillingInvoice(models.Model):
    """In which order what is paid settles the entries: credit notes first, then the oldest (``C6``)."""

    _inherit = "consolidated.billing.invoice"

    # === BUSINESS METHODS ===#

    def _get_open_items(self):
        """Return the receivable journal items of these documents that are open, in the order in which they are settled.

        :rtype: account.move.line
        """
        return self.line_ids.move_line_ids.filtered(lambda item: not item.reconciled)._sort_for_settlement()

    def _settle(self, items, counterparts):
        """Settle open items: credit notes first, then what is due first, whatever the counterparts cover (``C6``).

        :param account.move.line items: open items of one document
        :param account.move.line counterparts: the open items of a payment or of a bank statement line
        """
        by_account = defaultdict(self.env["account.move.line"].browse)
        for item in items:
            by_account[item.account_id] += item
        for account, account_items in by_account.items():
            self._settle_account(
                account_items._sort_for_settlement(), counterparts.filtered(lambda c, a=account: c.account_id == a)
            )

    @api.model
    def _settle_account(self, items, counterparts):
        """Settle open items of one account in the order in which they are given.

        Odoo reconciles what it gets at once by customer and amount; so it gets a plan of single steps.
        """
        credits = items.filtered(lambda item: item.amount_residual_currency < 0)
        debits = items - credits
        plan = self._pair_off(debits, credits)
        if counterparts:
            plan += [item + counterparts for item in items]
        if plan:
            items._reconcile_plan([plan])

    @api.model
    def _pair_off(self, debits, credits):
        """Return which debits are settled with which credits, in their order and as far as the amounts go.

        :param account.move.line debits: open items in the currency of the document
        :param account.move.line credits: the same, which lower the balance
        :return: a debit and a credit each
        :rtype: list[account.move.line]
        """
        pairs = []
        rest = {item: item.amount_residual_currency for item in debits + credits}
        debits, credits = list(debits), list(credits)
        while debits and credits:
            debit, credit = debits[0], credits[0]
            pairs.append(debit + credit)
            amount = min(rest[debit], -rest[credit])
            rest[debit] -= amount
            rest[credit] += amount
            for waiting in (debits, credits):
                if waiting[0].currency_id.is_zero(rest[waiting[0]]):
                    waiting.pop(0)
        return pairs

    @api.model
    def _get_paid_items(self, items, payment, amount):
        """Return the items that a payment pays, also when it has no journal entry that could be reconciled (``C6``).

        :param account.move.line items: the items for which it was registered, settled already as far as it goes
        :param account.payment payment: the payment
        :param float amount: what is paid, in the currency of the items
        :rtype: account.move.line
        """
        if payment.move_id:
            partials = payment.move_id.line_ids.matched_debit_ids | payment.move_id.line_ids.matched_credit_ids
            return items & (partials.debit_move_id | partials.credit_move_id)
        paid = items.browse()
        for item in items.filtered(lambda item: not item.reconciled)._sort_for_settlement():
            if item.currency_id.compare_amounts(amount, 0.0) <= 0:
                break
            paid += item
            amount -= abs(item.amount_residual_currency)
        return paid


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _sort_for_settlement(self):
        """Sort open items as they are settled (``C6``): credits first, then by due date.

        :rtype: account.move.line
        """
        return self.sorted(
            lambda item: (item.amount_residual_currency >= 0, item.date_maturity or item.date, item.date, item.id)
        )
