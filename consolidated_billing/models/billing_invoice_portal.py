from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, str2bool


class ConsolidatedBillingInvoice(models.Model):
    """What customers see of a consolidated billing invoice on the portal, and its online payment (``C6``)."""

    _inherit = "consolidated.billing.invoice"

    # how the documents are made is nothing for customers, who may read them
    profile_id = fields.Many2one(groups="base.group_user")
    run_id = fields.Many2one(groups="base.group_user")
    cancel_reason = fields.Char(groups="base.group_user")
    payment_ids = fields.Many2many(groups="base.group_user")
    payment_count = fields.Integer(groups="base.group_user")

    transaction_ids = fields.One2many(
        "payment.transaction",
        "consolidated_billing_id",
        string="Payment Transactions",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The online payments of this document that were begun.",
    )

    # === ACCESS ===#

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        """Override of `mail`: a token shows customers the messages of final documents only."""
        thread = super()._get_thread_with_access(thread_id, **kwargs)
        # only the state is looked at
        if self.env.user._is_internal() or thread.sudo().state == "final":
            return thread
        return self.browse()

    # === ONLINE PAYMENT ===#

    def _get_lines_to_pay(self):
        """Return the entries for which the customer has to pay, or is credited, something.

        :rtype: consolidated.billing.invoice.line
        """
        return self.line_ids.filtered(lambda line: line._is_waiting_for_payment())

    def _get_items_to_pay(self):
        """Return the open receivable journal items of these entries, in the order in which they are settled.

        :rtype: account.move.line
        """
        items = self._get_lines_to_pay().move_line_ids
        return items.filtered(lambda item: not item.reconciled)._sort_for_settlement()

    def _get_amount_to_pay(self, with_discount=True):
        """Return what is to be paid today, without what is being paid already.

        :param bool with_discount: less what is saved by paying today
        :return: an amount in the currency of the document
        :rtype: float
        """
        self.ensure_one()
        amount = sum(self._get_lines_to_pay().mapped("amount_residual"))
        offer = self._get_offers_today()[:1] if with_discount else []
        return offer[0].amount if offer else self.currency_id.round(amount)

    def _get_offers_today(self):
        """Return the discounts for early payment that are offered today, the one that ends first at first.

        :rtype: list[DiscountOffer]
        """
        self.ensure_one()
        return self._get_discount_offers(fields.Date.context_today(self), self._get_items_to_pay())

    def _can_be_paid_online(self):
        """Return whether something is due that can be paid on the portal.

        :rtype: bool
        """
        return not self._get_online_payment_error()

    def _get_online_payment_error(self):
        """Return why this document cannot be paid online.

        :return: a sentence, or nothing if it can be paid
        :rtype: str
        """
        self.ensure_one()
        number = {"document": self.name}
        if self.state != "final":
            return self.env._("%(document)s is not final and cannot be paid.", **number)
        if self.currency_id.compare_amounts(self._get_amount_to_pay(), 0.0) <= 0:
            return self.env._("Nothing is due on %(document)s: there is no amount to pay.", **number)
        if self._get_pending_transactions():
            return self.env._(
                "A payment of %(document)s is being processed. Wait until it is confirmed before you pay again.",
                **number,
            )
        if not self._is_online_payment_enabled() or not self._get_items_to_pay():
            return self.env._(
                "%(document)s cannot be paid online. Please transfer the amount and give this number as the reference.",
                **number,
            )
        return ""

    @api.model
    def _is_online_payment_enabled(self):
        """Return whether customers pay invoices online: the setting of `account_payment`.

        :rtype: bool
        """
        # customers look at their document; one setting is read
        parameters = self.env["ir.config_parameter"].sudo()
        return str2bool(parameters.get_param("account_payment.enable_portal_payment"), False)

    def _get_pending_transactions(self):
        """Return the online payments, of this document or of one of its entries, that are under way.

        A bank transfer that was announced only does not count: the customer may choose to pay otherwise.

        :rtype: payment.transaction
        """
        self.ensure_one()
        # customers may not read transactions; whether there is one is all that is shown
        transactions = self.env["payment.transaction"].sudo()
        return transactions.search(
            [
                ("operation", "not in", ("validation", "refund")),
                "|",
                "&",
                ("state", "in", ("pending", "authorized")),
                ("provider_code", "!=", "custom"),
                "&",
                ("state", "=", "done"),
                ("is_post_processed", "=", False),
                "|",
                ("consolidated_billing_id", "=", self.id),
                ("invoice_ids.consolidated_billing_id", "=", self.id),
            ]
        )

    def _get_last_transaction(self):
        """Return the latest online payment of this document that was begun.

        :rtype: payment.transaction
        """
        # customers may not read transactions; the page shows the state of their own
        return self.sudo().transaction_ids._get_last()

    def _check_online_payment(self, amount):
        """Refuse an online payment of anything but what is due now.

        Two payments that begin at the same moment wait for each other: the second is tried again and sees the first.

        :param float amount: what the customer wants to pay, in the currency of the document
        :raise ValidationError: nothing can be paid, or another amount is due
        """
        self.ensure_one()
        self.env.cr.execute(SQL("UPDATE consolidated_billing_invoice SET id = id WHERE id = %s", self.id))
        if error := self._get_online_payment_error():
            raise ValidationError(error)
        due = self._get_amount_to_pay()
        if self.currency_id.compare_amounts(amount, due):
            raise ValidationError(
                self.env._(
                    "The amount due of %(document)s is %(due)s, not %(amount)s. Reload the page and pay this amount.",
                    document=self.name,
                    due=self.currency_id.format(due),
                    amount=self.currency_id.format(amount),
                )
            )

    def _get_default_payment_link_values(self):
        """Return what the wizard for a payment link proposes: the contract of `payment` for its documents.

        :rtype: dict
        """
        self.ensure_one()
        due = max(self._get_amount_to_pay(with_discount=False), 0.0)
        offers = self._get_offers_today()
        return {
            "currency_id": self.currency_id.id,
            "partner_id": self.partner_id.id,
            "amount": due,
            "amount_max": due,
            "has_eligible_epd": bool(offers),
            "discount_date": offers[0].day if offers else False,
        }

    def _prepare_transaction_values(self):
        """Return what an online payment of this document remembers: the document and its invoices.

        :rtype: dict
        """
        moves = self._get_lines_to_pay().move_id.filtered(lambda move: move.is_sale_document())
        return {"consolidated_billing_id": self.id, "invoice_ids": [fields.Command.set(moves.ids)]}


class AccountMove(models.Model):
    _inherit = "account.move"

    # customers read their invoices; how these were made is nothing for them
    billing_run_id = fields.Many2one(groups="base.group_user")
