from odoo import api, models


class AccountPaymentRegister(models.TransientModel):
    """Odoo's own payment wizard, over consolidated billing invoices: one payment settles all entries (``C6``)."""

    _inherit = "account.payment.register"

    @api.model
    def _is_consolidated_billing_payment(self):
        return bool(self.env.context.get("consolidated_billing_payment"))

    @api.model
    def _get_line_batch_key(self, line):
        """Override of `account` to pay all entries of a document at once, on whichever receivable account."""
        key = super()._get_line_batch_key(line)
        billing = line.consolidated_billing_line_id.billing_id
        if not self._is_consolidated_billing_payment() or not billing:
            return key
        return {
            **key,
            "partner_id": billing.commercial_partner_id.id,
            "account_id": False,
            "partner_bank_id": False,
            "consolidated_billing_id": billing.id,
        }

    @api.model
    def _get_communication(self, lines):
        """Override of `account` to pay with the billing number as reference."""
        billings = lines.consolidated_billing_line_id.billing_id
        if self._is_consolidated_billing_payment() and billings:
            return ", ".join(billings.sorted("id").mapped("name"))
        return super()._get_communication(lines)

    @api.depends("can_edit_wizard")
    def _compute_group_payment(self):
        """Override of `account`: a document is paid by one payment, not by one for each entry."""
        if not self._is_consolidated_billing_payment():
            return super()._compute_group_payment()
        self.group_payment = True
        return None

    # === AMOUNTS ===#

    def _get_total_amounts_to_pay(self, batch_results):
        """Override of `account` to pay all that is open, not only the installments of the entries that are due."""
        amounts = super()._get_total_amounts_to_pay(batch_results)
        if not self._is_consolidated_billing_payment():
            return amounts
        items = self.env["account.move.line"].browse([item.id for batch in batch_results for item in batch["lines"]])
        return {
            **amounts,
            "amount_by_default": amounts["full_amount"],
            "amount_for_difference": amounts["full_amount_for_difference"],
            "installment_mode": "full",
            "lines": items,
        }

    def _create_payment_vals_from_wizard(self, batch_result):
        """Override of `account` to let one payment settle entries on several receivable accounts (``C6``)."""
        vals = super()._create_payment_vals_from_wizard(batch_result)
        return self._divide_among_accounts(vals, batch_result["lines"])

    def _create_payment_vals_from_batch(self, batch_result):
        """Override of `account`: the same where several documents are paid at once."""
        vals = super()._create_payment_vals_from_batch(batch_result)
        return self._divide_among_accounts(vals, batch_result["lines"])

    def _divide_among_accounts(self, vals, items):
        """Add what a payment settles on other receivable accounts than its own to its values.

        :param dict vals: the values of the payment
        :param account.move.line items: the open items that it is for
        :rtype: dict
        """
        if not self._is_consolidated_billing_payment() or len(items.account_id) < 2:
            return vals
        currency = self.env["res.currency"].browse(vals["currency_id"])
        paid = vals["amount"] if vals["payment_type"] == "inbound" else -vals["amount"]
        paid += sum(write_off["amount_currency"] for write_off in vals["write_off_line_vals"])
        return self.env["account.payment"]._divide_values(vals, items, paid, currency, self.company_id)

    # === RECONCILIATION ===#

    def _reconcile_payments(self, to_process, edit_mode=False):
        """Override of `account` to settle credit notes first, then what is due first (``C6``)."""
        if not self._is_consolidated_billing_payment():
            return super()._reconcile_payments(to_process, edit_mode=edit_mode)
        for vals in to_process:
            items = vals["to_reconcile"]
            counterparts = vals["payment"].move_id.line_ids.filtered(
                lambda item, accounts=items.account_id: item.account_id in accounts and not item.reconciled
            )
            payment = vals["payment"]
            in_full = self._is_paid_in_full(payment, counterparts, vals)
            rate = {"forced_rate_from_register_payment": vals["rate"]} if "rate" in vals else {}
            billing = items.consolidated_billing_line_id.billing_id
            sorted_items = items._sort_for_settlement().with_context(**rate)
            billing.with_context(**rate)._settle(sorted_items, counterparts.with_context(**rate), in_full)
            amount = payment.currency_id._convert(
                payment.amount, items.currency_id, payment.company_id, payment.date, round=False
            )
            billing._get_paid_items(items, payment, amount).move_id.matched_payment_ids += payment
        return None

    def _is_paid_in_full(self, payment, counterparts, vals):
        """Return whether a payment in another currency is what the wizard asks for: nothing must be left of it.

        :param account.payment payment: the payment
        :param account.move.line counterparts: what it books on receivable accounts
        :param dict vals: what is to be reconciled
        :rtype: bool
        """
        if payment.currency_id == vals["to_reconcile"].currency_id or "rate" in vals:
            return False
        asked = self._get_total_amounts_to_pay([vals["batch"]])["full_amount_for_difference"]
        paid = abs(sum(counterparts.mapped("amount_currency")))
        return payment.currency_id.compare_amounts(paid, asked) == 0
