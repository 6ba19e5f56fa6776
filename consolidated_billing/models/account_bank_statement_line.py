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
        booked = billings._prepare_discount_items(discounts, self.date)
        keys = [(item.account_id, item._get_billed_customer()) for item in items]
        shares = billings._divide_payment(items, received + sum(discounts.values()), keys)
        self.partner_id = billings[0].commercial_partner_id
        counterparts = self._replace_suspense(suspense, shares, booked)
        for customer in billings.commercial_partner_id:
            billings._settle(
                items.filtered(lambda item, c=customer: item._get_billed_customer() == c),
                counterparts.filtered(lambda item, c=customer: item.partner_id == c),
            )

    def _replace_suspense(self, suspense, shares, booked):
        """Say what the transaction is for: one item for each account and customer, then the discounts.

        :param account.move.line suspense: the item of the transaction for which nothing is known yet
        :param dict shares: what is paid by account and customer, those that take the rest first
        :param list[dict] booked: the journal items of discounts
        :return: the items on receivable accounts
        :rtype: account.move.line
        """
        (account, customer), *others = shares
        rest = {"name": suspense.name, "currency_id": suspense.currency_id.id, "partner_id": customer.id}
        vals_list = [{**rest, **vals} for vals in booked]
        for key in others:
            share = -shares[key]
            amounts = self._prepare_counterpart_amounts_using_st_line_rate(suspense.currency_id, share, share)
            vals = {"account_id": key[0].id, "partner_id": key[1].id, "amount_currency": share}
            vals_list.append({**rest, **vals, "balance": amounts["balance"]})
        rest |= {"account_id": account.id}
        for name, currency in (
            ("amount_currency", suspense.currency_id),
            ("balance", suspense.company_currency_id),
        ):
            rest[name] = currency.round(suspense[name] - sum(vals[name] for vals in vals_list))
        commands = [Command.update(suspense.id, rest), *map(Command.create, vals_list)]
        before = self.move_id.line_ids - suspense
        # as Odoo's own matching: the transaction is posted, and what it is for is said afterwards
        self.move_id.with_context(skip_readonly_check=True).write({"line_ids": commands})
        accounts = self.env["account.account"].union(*(key[0] for key in shares))
        return (self.move_id.line_ids - before).filtered(lambda item: item.account_id in accounts)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_billed_customer(self):
        """Return the account whose document bills this journal item.

        :rtype: res.partner
        """
        return self.consolidated_billing_line_id.billing_id.commercial_partner_id
