from odoo import api, models


class AccountPaymentRegister(models.TransientModel):
    """Odoo's own payment wizard, over consolidated billing invoices: one payment settles all entries (``C6``)."""

    _inherit = "account.payment.register"

    @api.model
    def _is_consolidated_billing_payment(self):
        return bool(self.env.context.get("consolidated_billing_payment"))

    @api.model
    def _get_line_batch_key(self, line):
        """Override of `account` to pay all entries of a document at once, members' entries included."""
        key = super()._get_line_batch_key(line)
        billing = line.consolidated_billing_line_id.billing_id
        if not self._is_consolidated_billing_payment() or not billing:
            return key
        return {
            **key,
            "partner_id": billing.commercial_partner_id.id,
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

    @api.depends(
        "can_edit_wizard",
        "source_amount",
        "source_amount_currency",
        "source_currency_id",
        "company_id",
        "currency_id",
        "payment_date",
        "installments_mode",
    )
    def _compute_amount(self):
        """Override of `account` to propose all that is open, not only the installments that are due."""
        super()._compute_amount()
        if not self._is_consolidated_billing_payment():
            return
        for wizard in self.filtered(lambda w: w.journal_id and w.payment_date and not w.custom_user_amount):
            wizard.amount = wizard._get_total_amounts_to_pay(wizard.batches)["full_amount"]

    def _reconcile_payments(self, to_process, edit_mode=False):
        """Override of `account` to settle credit notes first, then what is due first (``C6``)."""
        if not self._is_consolidated_billing_payment():
            return super()._reconcile_payments(to_process, edit_mode=edit_mode)
        for vals in to_process:
            items = vals["to_reconcile"]
            counterparts = vals["payment"].move_id.line_ids.filtered(
                lambda item, accounts=items.account_id: item.account_id in accounts and not item.reconciled
            )
            rate = {"forced_rate_from_register_payment": vals["rate"]} if "rate" in vals else {}
            billing = items.consolidated_billing_line_id.billing_id
            billing.with_context(**rate)._settle(items.with_context(**rate), counterparts.with_context(**rate))
            payment = vals["payment"]
            amount = payment.currency_id._convert(
                payment.amount, items.currency_id, payment.company_id, payment.date, round=False
            )
            billing._get_paid_items(items, payment, amount).move_id.matched_payment_ids += payment
        return None
