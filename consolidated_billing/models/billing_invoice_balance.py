from odoo import fields, models
from odoo.tools import SQL

from ..tools.ledger import explain_transfers
from .bulk_rows import insert_rows, update_rows

# The totals of the listed entries, one for each of their types.
ENTRY_AMOUNTS = ("invoices_amount", "credits_amount", "adjustments_amount")


class ConsolidatedBillingInvoice(models.Model):
    """What a consolidated billing invoice amounts to (``C3``, ``C8``).

    Closing = opening + transfers + invoices + credits + adjustments + payments. The closing balance is the receivable
    ledger of what the document covers, at its cutoff date; the opening balance is that of the document before.
    Payments are those that no document counted before. What these and the listed entries leave unexplained is
    transferred, with a row for each account and reason.
    """

    _inherit = "consolidated.billing.invoice"

    opening_balance = fields.Monetary(
        readonly=True, copy=False, help="The closing balance of the previous document of this account."
    )
    transfers_amount = fields.Monetary(
        string="Transferred Balances",
        readonly=True,
        copy=False,
        help="What changed the balance besides payments and the listed entries: open items from before the first "
        "document, accounts that joined, left or were merged, entries that no document lists. The page Balance says "
        "which.",
    )
    payments_amount = fields.Monetary(
        string="Payments",
        readonly=True,
        copy=False,
        help="What was paid, or paid back, up to the cutoff date and is on no earlier document. Negative, as it lowers "
        "the balance.",
    )
    invoices_amount = fields.Monetary(
        string="Invoices", readonly=True, copy=False, help="Total of the listed invoices, with taxes."
    )
    credits_amount = fields.Monetary(
        string="Credit Notes",
        readonly=True,
        copy=False,
        help="Total of the listed credit notes, with taxes. Negative, as it lowers the balance.",
    )
    adjustments_amount = fields.Monetary(
        string="Adjustments",
        readonly=True,
        copy=False,
        help="Total of the listed adjustments, as fees and write-offs; negative when they lower the balance.",
    )
    amount_untaxed = fields.Monetary(
        string="Tax Excluded",
        readonly=True,
        copy=False,
        help="Total of the listed invoices and credit notes, without taxes.",
    )
    amount_tax = fields.Monetary(
        string="Taxes", readonly=True, copy=False, help="Taxes of the listed invoices and credit notes."
    )
    closing_balance = fields.Monetary(
        readonly=True, copy=False, help="What the customer owed in all at the cutoff date."
    )
    tax_totals = fields.Json(
        readonly=True, copy=False, help="Base and tax amount of each tax on the listed invoices and credit notes."
    )

    ledger_start = fields.Date(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="What is older is in the transferred balances of the account's first document.",
    )
    balance_ids = fields.One2many(
        "consolidated.billing.invoice.balance",
        "billing_id",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="What is behind the balance of this document, besides its entries.",
    )
    transfer_ids = fields.One2many(
        "consolidated.billing.invoice.balance",
        "billing_id",
        string="Balances Transferred",
        domain=[("kind", "=", "transfer")],
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The accounts and amounts behind the transferred balances.",
    )
    counted_payment_ids = fields.One2many(
        "consolidated.billing.invoice.balance",
        "billing_id",
        string="Counted Payments",
        domain=[("kind", "=", "payment")],
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The payments behind the amount of payments.",
    )
    account_balance_ids = fields.One2many(
        "consolidated.billing.invoice.balance",
        "billing_id",
        string="Balances of the Accounts",
        domain=[("kind", "=", "account")],
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The closing balance of each account that this document covers.",
    )

    # === AMOUNTS ===#

    def _update_amounts(self, previous):
        """Compute period and amounts of new documents: a constant number of queries, however many they are.

        Every document follows the balance of the one before it, so no two of them may be of the same chain.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self._touch(previous.values())
        self.env.flush_all()
        sums, taxes = self._get_entry_sums(), self._get_tax_sums()
        starts = self._get_period_starts(previous, {key: values["first"] for key, values in sums.items()})
        update_rows(
            self,
            [
                {
                    "date_from": starts[billing.id] or None,
                    "ledger_start": billing._get_ledger_start(previous.get(billing.id)) or None,
                    "invoices_amount": sums[billing.id].get("invoice", 0.0),
                    "credits_amount": sums[billing.id].get("credit", 0.0),
                    "adjustments_amount": sums[billing.id].get("adjustment", 0.0),
                    "amount_untaxed": sums[billing.id].get("untaxed", 0.0),
                    "amount_tax": sums[billing.id].get("tax", 0.0),
                    "tax_totals": taxes.get(billing.id, []),
                    "instalments": billing._get_instalments(sums[billing.id]),
                }
                for billing in self
            ],
        )
        self._update_balances(previous)

    def _update_balances(self, previous):
        """Take the balances of these documents, for the first time or once more; what they list does not change.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self._clear_balance_rows()
        ledgers, origins = self._get_ledgers(previous), self._get_origins(previous)
        rows, values = [], []
        for billing in self:
            ledger, origin = ledgers[billing.id], origins[billing.id]
            rows += billing._prepare_balance_rows(ledger, explain_transfers(ledger, origin))
            values.append(billing._prepare_balances(ledger, origin))
        # what is behind a balance is the engine's alone, whoever accepts the document
        Balance = self.env["consolidated.billing.invoice.balance"].sudo()
        if rows:
            insert_rows(Balance, rows)
        update_rows(self, values)
        self.invalidate_recordset(
            ["balance_ids", "transfer_ids", "counted_payment_ids", "account_balance_ids"], flush=False
        )

    def _prepare_balances(self, ledger, origin):
        """Prepare the balances: whatever the document does not show otherwise is transferred.

        :param Ledger ledger: what the ledger says
        :param Origin origin: what is known of the documents before
        :rtype: dict
        """
        self.ensure_one()
        round_amount = self.currency_id.round
        closing = round_amount(sum(ledger.now.values()))
        paid = round_amount(sum(payment.amount for payment in ledger.payments))
        listed = sum(self[name] for name in ENTRY_AMOUNTS)
        return {
            "opening_balance": origin.opening,
            "transfers_amount": round_amount(closing - origin.opening - listed - paid),
            "payments_amount": paid,
            "closing_balance": closing,
        }

    def _prepare_balance_rows(self, ledger, transfers):
        """Prepare what is behind the balance, with the values of all columns.

        A payment that was withdrawn is a row of its own, so that it is not counted as withdrawn again.

        :param Ledger ledger: what the ledger says
        :param list[Transfer] transfers: why balances came or went
        :rtype: list[dict]
        """
        rows = self._prepare_account_rows(ledger)
        rows += [
            self._prepare_balance_row("transfer", transfer.account_id, transfer.amount, reason=transfer.reason)
            for transfer in transfers
            if transfer.reason != "withdrawn"
        ]
        rows += [self._prepare_payment_row("payment", payment) for payment in ledger.payments]
        rows += [self._prepare_payment_row("transfer", payment, reason="withdrawn") for payment in ledger.withdrawn]
        return [row for row in rows if row["amount"] or row["amount_unlisted"]]

    def _prepare_account_rows(self, ledger):
        return [
            self._prepare_balance_row("account", account_id, amount, amount_unlisted=ledger.unlisted[account_id])
            for account_id, amount in ledger.now.items()
        ]

    def _prepare_payment_row(self, kind, payment, **values):
        return self._prepare_balance_row(
            kind,
            payment.account_id,
            payment.amount,
            name=payment.name,
            date=payment.day,
            item_ref=payment.item_ref,
            item_amount=payment.item_amount,
            **values,
        )

    def _prepare_balance_row(self, kind, account_id, amount, amount_unlisted=0.0, **values):
        return {
            "billing_id": self.id,
            "kind": kind,
            "partner_id": account_id,
            "amount": self.currency_id.round(amount),
            "amount_unlisted": self.currency_id.round(amount_unlisted),
            **dict.fromkeys(("reason", "name", "date", "item_ref", "item_amount")),
            **values,
        }

    def _clear_balance_rows(self):
        """Forget what was behind the balances of these documents: they are taken once more."""
        self.env.cr.execute(
            SQL("DELETE FROM consolidated_billing_invoice_balance WHERE billing_id = ANY(%s)", list(self.ids))
        )

    def _get_ledger_start(self, previous):
        """Return from when on payments are counted and entries awaited: from the first day of the first run.

        :param consolidated.billing.invoice previous: the document before, or nothing
        :rtype: date
        """
        self.ensure_one()
        return previous.ledger_start if previous else self.run_id.order_date_from

    def _get_period_starts(self, previous, first):
        """Return when the billing period of new documents begins: after the document before, else with an entry.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        :param dict[int, date] first: the day of the first entry of each
        :return: the first day by id of the document
        :rtype: dict[int, date]
        """
        starts = {billing.id: first.get(billing.id) for billing in self}
        for billing in self:
            other = previous.get(billing.id)
            # what is billed until the same day once more has no period of its own
            if other and other.cutoff_date < billing.cutoff_date:
                starts[billing.id] = fields.Date.add(other.cutoff_date, days=1)
        return starts
