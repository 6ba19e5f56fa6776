import re
from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError


class AccountBankStatementLine(models.Model):
    """Bank transactions that name a billing number as their payment reference (``C6``)."""

    _inherit = "account.bank.statement.line"

    # === ACTIONS ===#

    def action_match_billing_number(self):
        """Settle the consolidated billing invoices whose number the transactions name.

        :return: a notification that says how many transactions were matched
        :raise UserError: none of them names an open billing number
        """
        billings = self._find_billings()
        if not billings:
            raise UserError(
                self.env._(
                    "None of these transactions names the number of one consolidated billing invoice that is final, "
                    "open and in its currency."
                )
            )
        for line in self.filtered(lambda st_line: st_line.id in billings):
            line._match_billing(billings[line.id])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(matched)s of %(count)s transactions matched.", matched=len(billings), count=len(self)
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === BUSINESS METHODS ===#

    def _find_billings(self):
        """Return the open final document that each unmatched transaction names, where it names exactly one.

        :return: the document by id of the transaction
        :rtype: dict[int, consolidated.billing.invoice]
        """
        found = {}
        for company, lines in self.filtered(lambda line: not line.is_reconciled).grouped("company_id").items():
            billings = self.env["consolidated.billing.invoice"].search(
                [("company_id", "=", company.id), ("state", "=", "final"), ("amount_residual", "!=", 0.0)]
            )
            by_number = {billing.name.casefold(): billing for billing in billings}
            # the longest number first, and no digit behind it: CBI/1 is not in CBI/12
            numbers = "|".join(re.escape(number) for number in sorted(by_number, key=len, reverse=True))
            pattern = re.compile(rf"(?<!\w)(?:{numbers})(?!\w)") if numbers else None
            for line in lines if pattern else ():
                named = set(pattern.findall(line._get_billing_reference()))
                if len(named) == 1:
                    billing = by_number[named.pop()]
                    if billing.currency_id == (line.foreign_currency_id or line.currency_id):
                        found[line.id] = billing
        return found

    def _get_billing_reference(self):
        """Return the texts in which a payer may name a billing number."""
        texts = (self.payment_ref, self.ref, self.transaction_details and str(self.transaction_details))
        return " ".join(text for text in texts if text).casefold()

    def _match_billing(self, billing):
        """Book the transaction on the customer's account and settle the document with it.

        :param consolidated.billing.invoice billing: an open final document in the currency of the transaction
        """
        self.ensure_one()
        _liquidity, suspense, _other = self._seek_for_lines()
        items = billing._get_open_items()
        open_by_account = defaultdict(float)
        for item in items:
            open_by_account[item.account_id] += item.amount_residual_currency
        account = max(open_by_account, key=open_by_account.get)
        partner = billing.commercial_partner_id
        self.partner_id = partner
        suspense.write({"account_id": account.id, "partner_id": partner.id})
        billing._settle(items, suspense)
