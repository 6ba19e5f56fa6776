from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    """Payments of consolidated billing invoices (``C6``, ``C7``)."""

    _name = "account.payment"
    _inherit = ["account.payment", "consolidated.billing.number.mixin"]

    billing_numbers = fields.Char(
        compute="_compute_billings",
        help="The numbers of the consolidated billing invoices that this payment settles, wholly or partly.",
    )
    billing_count = fields.Integer(
        string="Number of Consolidated Invoices",
        compute="_compute_billings",
        help="How many consolidated billing invoices this payment settles, wholly or partly.",
    )

    @api.depends("reconciled_invoice_ids", "invoice_ids")
    def _compute_billings(self):
        for payment in self:
            billings = payment._get_billings()
            payment.billing_numbers = ", ".join(billings.mapped("name"))
            payment.billing_count = len(billings)

    def _get_billings(self):
        """Return the consolidated billing invoices that this payment settles.

        :rtype: consolidated.billing.invoice
        """
        self.ensure_one()
        partials = self.move_id.line_ids.matched_debit_ids | self.move_id.line_ids.matched_credit_ids
        items = partials.debit_move_id | partials.credit_move_id
        moves = items.move_id | self.invoice_ids
        return (moves.consolidated_billing_id | items.consolidated_billing_line_id.billing_id).sorted("id")

    # === ACTIONS ===#

    def action_view_consolidated_billings(self):
        """Open the consolidated billing invoices that this payment settles."""
        self.ensure_one()
        billings = self._get_billings()
        action = self.env["ir.actions.actions"]._for_xml_id("consolidated_billing.consolidated_billing_invoice_action")
        if len(billings) == 1:
            return billings._get_form_action()
        return {**action, "domain": [("id", "in", billings.ids)], "context": {}}

    def action_match_billing_number(self):
        """Settle the consolidated billing invoices whose numbers the memos name (``C11``).

        :return: a notification that says how many payments were matched
        :raise UserError: none of them names an open billing number of its customer
        """
        found = self._find_billings()
        if not found:
            raise UserError(
                self.env._(
                    "None of these payments is confirmed, open and names the number of a consolidated billing invoice "
                    "of its customer that is final, open and in its currency."
                )
            )
        for payment in self.filtered(lambda payment: payment.id in found):
            billings = found[payment.id]
            items = billings._get_open_items()._sort_for_settlement(billings)
            billings._settle(items, payment._get_open_counterparts())
        return self.env["consolidated.billing.invoice"]._notify_matched(
            self.env._("%(matched)s of %(count)s payments matched.", matched=len(found), count=len(self))
        )

    # === BUSINESS METHODS ===#

    def _find_billings(self):
        """Return the open final documents of its customer that the memo of each open payment names, in its order.

        :rtype: dict[int, consolidated.billing.invoice]
        """
        found = {}
        Billing = self.env["consolidated.billing.invoice"]
        for company, payments in self.filtered("company_id").grouped("company_id").items():
            references = {
                payment.id: Billing._read_references(payment.memo, payment.payment_reference) for payment in payments
            }
            named = Billing._find_by_references(references, company)
            for payment in payments:
                counterparts = payment._get_open_counterparts()
                account = payment.partner_id.commercial_partner_id
                billings = named[payment.id].filtered(
                    lambda billing, a=account: a in billing.commercial_partner_id | billing.line_ids.partner_id
                )
                amount = -sum(counterparts.mapped("amount_residual_currency"))
                billings = billings._filter_open(payment.currency_id, amount)
                if billings._get_open_items().account_id & counterparts.account_id:
                    found[payment.id] = billings
        return found

    def _get_open_counterparts(self):
        """Return the open items of posted payments on receivable accounts.

        :rtype: account.move.line
        """
        return self.move_id.line_ids.filtered(
            lambda item: (
                item.account_type == "asset_receivable" and item.parent_state == "posted" and not item.reconciled
            )
        )

    @api.model
    def _divide_values(self, vals, items, paid, currency, company):
        """Add to the values of a payment what it settles on other receivable accounts than its own (``C6``).

        :param dict vals: the values of the payment
        :param account.move.line items: the open items that it is for, in one currency
        :param float paid: what it settles, in the currency of the payment; negative when it is paid back
        :param res.currency currency: the currency of the payment
        :param res.company company: the company of the payment
        :rtype: dict
        """
        Billing = self.env["consolidated.billing.invoice"]
        items = items._sort_for_settlement()
        amount = items.currency_id.round(currency._convert(paid, items.currency_id, company, vals["date"], round=False))
        shares = Billing._divide_payment(items, amount, [item.account_id for item in items])
        main, *others = shares
        divided = []
        for account in others:
            share = currency.round(paid * shares[account] / amount) if amount else shares[account]
            divided.append(
                {
                    "name": vals["memo"],
                    "account_id": account.id,
                    "partner_id": vals["partner_id"],
                    "currency_id": currency.id,
                    "amount_currency": -share,
                    "balance": currency._convert(-share, company.currency_id, company, vals["date"]),
                }
            )
        return {
            **vals,
            "destination_account_id": main.id,
            "write_off_line_vals": [*vals["write_off_line_vals"], *divided],
        }

    def _seek_for_lines(self):
        """Override of `account`: of several receivable accounts, the payment's own is the counterpart."""
        liquidity, counterparts, write_offs = super()._seek_for_lines()
        own = counterparts.filtered(lambda item: item.account_id == self.destination_account_id)
        if len(counterparts) > 1 and own:
            return liquidity, own, write_offs + (counterparts - own)
        return liquidity, counterparts, write_offs
