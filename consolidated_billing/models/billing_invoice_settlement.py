from collections import defaultdict

from odoo import api, models

from ..tools.settlement import allocate, split_amount


class ConsolidatedBillingInvoice(models.Model):
    """In which order what is paid settles the entries: credit notes first, then the oldest (``C6``)."""

    _inherit = "consolidated.billing.invoice"

    # === BUSINESS METHODS ===#

    def _get_open_items(self):
        """Return the receivable journal items of these documents that are open, in the order in which they are settled.

        :rtype: account.move.line
        """
        return self.line_ids.move_line_ids.filtered(lambda item: not item.reconciled)._sort_for_settlement()

    def _settle(self, items, counterparts, in_full=False):
        """Settle open items: credit notes first, then what is due first, whatever the counterparts cover (``C6``).

        :param account.move.line items: open items, in the order in which they are settled
        :param account.move.line counterparts: the open items of a payment or of a bank statement line
        :param bool in_full: the counterparts pay all items, in another currency: what rounding leaves is a difference
            of exchange
        """
        last = self._get_last_items(items) if in_full else items.browse()
        plans = self._plan_settlement(items, counterparts, last)
        if plans:
            items._reconcile_plan(plans)
        for item in last.filtered(lambda item: not item.reconciled):
            others = counterparts.filtered(lambda other, i=item: other.account_id == i.account_id)
            open_ones = others.filtered(lambda other: not other.reconciled)
            rate = self._get_closing_rate(item, open_ones)
            (item + open_ones).with_context(forced_rate_from_register_payment=rate)._reconcile_plan([item + open_ones])

    @api.model
    def _get_last_items(self, items):
        """Return the item of each account that is settled last.

        :rtype: account.move.line
        """
        return items.browse([members[-1].id for members in items.grouped("account_id").values()])

    @api.model
    def _get_closing_rate(self, item, others):
        """Return the rate at which an item in one currency equals what is left of its payment in another.

        :return: units of the foreign currency for one of the company's; nothing where no rate settles both
        :rtype: float | None
        """
        company_currency = item.company_currency_id
        own, other = abs(item.amount_residual), abs(sum(others.mapped("amount_residual")))
        if item.currency_id != company_currency == others.currency_id:
            own = abs(item.amount_residual_currency)
            return own / other if own and other else None
        if item.currency_id == company_currency != others.currency_id:
            other = abs(sum(others.mapped("amount_residual_currency")))
            return other / own if own and other else None
        return None

    def _settle_what_is_even(self):
        """Settle the documents of which nothing is due, because their credits equal their invoices (``C6``).

        :return: whether there was something to settle
        :rtype: bool
        """
        even = self.filtered(lambda billing: billing.currency_id.is_zero(billing.amount_residual))
        plans = [plan for billing in even for plan in self._plan_settlement(billing._get_open_items())]
        if plans:
            even.line_ids.move_line_ids._reconcile_plan(plans)
        return bool(plans)

    @api.model
    def _plan_settlement(self, items, counterparts=(), last=()):
        """Return how open items are settled, in the order in which they are given.

        Odoo reconciles what it gets at once by customer and amount; so it gets plans of single steps, one for each
        account.

        :param account.move.line items: open items
        :param account.move.line counterparts: what pays them
        :param account.move.line last: those of the items that are not paid by this plan
        :rtype: list[list[account.move.line]]
        """
        plans = []
        for account, members in items.grouped("account_id").items():
            credits = members.filtered(lambda item: item.amount_residual_currency < 0)
            plan = self._pair_off(members - credits, credits)
            others = counterparts and counterparts.filtered(lambda item, a=account: item.account_id == a)
            if others:
                plan += [item + others for item in members if item not in last]
            if plan:
                plans.append(plan)
        return plans

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
    def _divide_payment(self, items, amount, keys):
        """Divide a payment among the receivable accounts of the items that it settles: one payment takes them all.

        :param account.move.line items: open items in one currency, in the order in which they are settled
        :param float amount: what is paid in this currency; negative when it is paid back
        :param list keys: the account, or account and customer, of each item
        :return: what is paid by key, the one that takes what is left first; they add up to the amount
        :rtype: dict[object, float]
        """
        round_amount = items.currency_id.round
        residuals = items.mapped("amount_residual_currency")
        due = defaultdict(float)
        for key, residual in zip(keys, residuals, strict=True):
            due[key] += -residual if amount < 0 else residual
        main = max(due, key=due.get)
        return split_amount(amount, allocate(amount, residuals, round_amount), keys, main, round_amount)

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

    def _sort_for_settlement(self, billings=None):
        """Sort open items as they are settled (``C6``): credits first, then by due date.

        :param consolidated.billing.invoice billings: documents that are settled one after the other
        :rtype: account.move.line
        """
        order = {billing.id: number for number, billing in enumerate(billings or ())}
        return self.sorted(
            lambda item: (
                item.amount_residual_currency >= 0,
                order.get(item.consolidated_billing_line_id.billing_id.id, 0) if order else 0,
                item.date_maturity or item.date,
                item.date,
                item.id,
            )
        )
