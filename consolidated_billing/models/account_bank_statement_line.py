from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command


class AccountBankStatementLine(models.Model):
    """Bank transactions that name billing numbers in their payment reference (``C6``, ``C11``)."""

    _inherit = "account.bank.statement.line"

    # === ACTIONS ===#

    def action_match_billing_number(self):
        """Settle the consolidated billing invoices whose numbers the transactions name.

        :return: a notification that says how many transactions were matched
        :raise UserError: none of them names an open billing number
        """
        found = self._find_billings()
        if not found:
            raise UserError(
                self.env._(
                    "None of these transactions names the number of a consolidated billing invoice that is final, "
                    "open and in its currency."
                )
            )
        for line in self.filtered(lambda st_line: st_line.id in found):
            line._match_billings(found[line.id])
        return self.env["consolidated.billing.invoice"]._notify_matched(
            self.env._("%(matched)s of %(count)s transactions matched.", matched=len(found), count=len(self))
        )

    # === BUSINESS METHODS ===#

    def _find_billings(self):
        """Return the open final documents that each unmatched transaction names, in the order of the reference.

        :return: the documents by id of the transaction; none where they are not open in its currency and direction
        :rtype: dict[int, consolidated.billing.invoice]
        """
        found = {}
        Billing = self.env["consolidated.billing.invoice"]
        for company, lines in self.filtered(lambda line: not line.is_reconciled).grouped("company_id").items():
            references = {line.id: line._get_billing_references() for line in lines}
            named = Billing._find_by_references(references, company)
            for line in lines:
                billings = named[line.id]._filter_open(line.foreign_currency_id or line.currency_id, line.amount)
                if billings:
                    found[line.id] = billings
        return found

    def _get_billing_references(self):
        """Return the texts in which a payer may name a billing number.

        :rtype: list[str]
        """
        return self.env["consolidated.billing.invoice"]._read_references(
            self.payment_ref, self.ref, self.narration, self.transaction_details
        )

    def _match_billings(self, billings):
        """Book the transaction on the customer's account and settle the documents with it, one after the other.

        :param consolidated.billing.invoice billings: open final documents in the currency of the transaction
        """
        self.ensure_one()
        _liquidity, suspense, _other = self._seek_for_lines()
        items = billings._get_open_items()._sort_for_settlement(billings)
        received = -suspense.amount_currency
        discounts = billings._get_accepted_discounts(items, received, self.date)
        received += sum(discounts.values())
        booked = billings._prepare_discount_items(discounts, self.date)
        partner = billings[0].commercial_partner_id
        self.partner_id = partner
        others = self._prepare_billing_counterparts(suspense, billings._divide_payment(items, received), booked)
        before = self.move_id.line_ids
        vals = {"partner_id": partner.id, "currency_id": suspense.currency_id.id}
        commands = [
            Command.update(suspense.id, {**vals, **others[0]}),
            *(Command.create({"name": self.payment_ref, **vals, **values}) for values in others[1:]),
        ]
        # as Odoo's own matching: the transaction is posted, and what it is for is said afterwards
        self.move_id.with_context(skip_readonly_check=True).write({"line_ids": commands})
        counterparts = (self.move_id.line_ids - before + suspense).filtered(
            lambda item: item.account_id in items.account_id
        )
        billings._settle(items, counterparts)

    def _prepare_billing_counterparts(self, suspense, shares, booked):
        """Return what takes the place of the suspense item: one item for each account, then the discounts.

        :param account.move.line suspense: the item of the transaction for which nothing is known yet
        :param dict[account.account, float] shares: what is paid on each account, the one that takes the rest first
        :param list[dict] booked: the journal items of discounts
        :return: values of journal items that add up to the suspense item
        :rtype: list[dict]
        """
        others = list(booked)
        for account, share in list(shares.items())[1:]:
            balance = self._prepare_counterpart_amounts_using_st_line_rate(suspense.currency_id, -share, -share)
            others.append({"account_id": account.id, "amount_currency": -share, "balance": balance["balance"]})
        company_currency = suspense.company_currency_id
        rest = {
            "account_id": next(iter(shares)).id,
            "amount_currency": suspense.currency_id.round(
                suspense.amount_currency - sum(vals["amount_currency"] for vals in others)
            ),
            "balance": company_currency.round(suspense.balance - sum(vals["balance"] for vals in others)),
        }
        return [rest, *others]
