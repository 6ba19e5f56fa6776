from odoo import api, fields, models

# Cannot be sent by a client: contexts that come over the network hold plain values only.
_SETTLED_LATER = object()


class PaymentTransaction(models.Model):
    """Online payments of consolidated billing invoices (``C6``)."""

    _name = "payment.transaction"
    _inherit = ["consolidated.billing.engine", "payment.transaction"]

    consolidated_billing_id = fields.Many2one(
        "consolidated.billing.invoice",
        string="Consolidated Billing Invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The consolidated billing invoice that is paid.",
    )

    @api.model
    def _get_prepared_fields(self):
        """Extend: the payment form, in superuser mode, says which document is paid."""
        return super()._get_prepared_fields() | {"consolidated_billing_id"}

    def _get_engine_refusal(self, names):
        """Override: a document is paid on its own page."""
        return self.env._(
            "Which consolidated billing invoice a transaction pays cannot be typed. Pay it on its page in the portal, "
            "or with a payment link."
        )

    def _create_payment(self, **extra_create_values):
        """Override of `account_payment` to settle the entries of the document in its own order (``C6``).

        A document that was cancelled meanwhile has released its entries: Odoo settles the invoices then.
        """
        self.ensure_one()
        billing = (self.source_transaction_id or self).consolidated_billing_id
        if billing.state != "final" or self.operation == "refund":
            return super()._create_payment(**extra_create_values)
        items = billing._get_items_to_pay()
        values = {"partner_id": billing.commercial_partner_id.id}
        if items:
            values |= self._prepare_billing_payment(billing, items)
        postponed = self.with_context(consolidated_billing_settlement=_SETTLED_LATER)
        payment = super(PaymentTransaction, postponed)._create_payment(**{**values, **extra_create_values})
        payment = payment.with_env(self.env)
        billing._settle_online_payment(items, payment)
        return payment

    def _prepare_billing_payment(self, billing, items):
        """Return what the payment of a document books: discounts that the customer took, and each receivable account.

        What counts is the day on which the customer paid, not the one on which the provider confirms it.

        :param consolidated.billing.invoice billing: the document
        :param account.move.line items: its open items
        :rtype: dict
        """
        today = fields.Date.context_today(self)
        discounts = billing._get_accepted_discounts(items, self.amount, self._get_billing_day())
        vals = {
            "amount": abs(self.amount),
            "date": today,
            "memo": billing.name,
            "partner_id": billing.commercial_partner_id.id,
            "write_off_line_vals": billing._prepare_discount_items(discounts, today),
        }
        paid = self.amount + sum(discounts.values())
        divided = self.env["account.payment"]._divide_values(vals, items, paid, self.currency_id, self.company_id)
        return {name: divided[name] for name in ("destination_account_id", "write_off_line_vals")}

    def _get_billing_day(self):
        """Return the day, where the company is, on which the customer began this payment.

        :rtype: date
        """
        begun = (self.source_transaction_id or self).create_date
        return fields.Datetime.context_timestamp(self, begun).date()

    # === LOGGING ===#

    def _get_invoices_to_notify(self):
        """Override of `account_payment`: the document is told, not each of its many invoices."""
        return super()._get_invoices_to_notify() if not self.consolidated_billing_id else self.env["account.move"]

    def _log_message_on_linked_documents(self, message):
        """Override of `account_payment` to tell what happened in the chatter of the document."""
        result = super()._log_message_on_linked_documents(message)
        billing = (self.source_transaction_id or self).consolidated_billing_id
        if billing:
            author = self.env.user.partner_id if self._is_logged_by_user() else self.partner_id
            billing.message_post(body=message, author_id=author.id)
        return result

    def _is_logged_by_user(self):
        """Return whether an employee, or Odoo itself, works on the transaction, and not the customer."""
        return self.env.user._is_superuser() or bool(self.env.context.get("payment_backend_action"))

    def _send_invoice(self):
        """Override of `sale`: the customer has the document; its invoices are not sent again when it is paid."""
        return super(PaymentTransaction, self.filtered(lambda tx: not tx.consolidated_billing_id))._send_invoice()


class ConsolidatedBillingInvoice(models.Model):
    _inherit = "consolidated.billing.invoice"

    def _settle_online_payment(self, items, payment):
        """Settle entries with an online payment, also with one that has no journal entry.

        :param account.move.line items: the open items of this document when it was paid
        :param account.payment payment: the posted payment, in the currency of the document
        """
        self.ensure_one()
        counterparts = payment.move_id.line_ids.filtered(
            lambda item: item.account_id in items.account_id and not item.reconciled
        )
        self._settle(items, counterparts)
        payment.invoice_ids = self._get_paid_items(items, payment, payment.amount).move_id


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_invoice_next_payment_values(self, custom_amount=None):
        """Override of `account`: the payment of a document books the discounts of all its invoices itself."""
        values = super()._get_invoice_next_payment_values(custom_amount=custom_amount)
        if self.env.context.get("consolidated_billing_settlement") is _SETTLED_LATER:
            values["installment_state"] = None
        return values


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def reconcile(self):
        """Override of `account`: Odoo leaves an online payment open for `_settle_online_payment`."""
        if self.env.context.get("consolidated_billing_settlement") is _SETTLED_LATER:
            return None
        return super().reconcile()
