from odoo import fields, models

from .bulk_rows import update_rows

# The totals of the listed entries, one for each of their types.
ENTRY_AMOUNTS = ("invoices_amount", "credits_amount", "adjustments_amount")
# What a document lists, and from when: it stays as it is when the balances are taken once more.
LISTED = ("date_from", *ENTRY_AMOUNTS)


class ConsolidatedBillingInvoice(models.Model):
    """What a consolidated billing invoice amounts to (``C3``): closing = opening + entries + payments.

    The closing balance is what was open at the cutoff date of all entries that the documents of the account bill up
    to this one, less what was paid on account. It agrees with the receivable balance of the account, except for
    entries that no document covers. Payments are what closes the gap: they are never counted twice or forgotten,
    also when they were entered late.
    """

    _inherit = "consolidated.billing.invoice"

    opening_balance = fields.Monetary(
        readonly=True, copy=False, help="The closing balance of the previous document of this account."
    )
    payments_amount = fields.Monetary(
        string="Payments",
        readonly=True,
        copy=False,
        help="What was paid since the previous document, up to the cutoff date. Negative, as it lowers the balance.",
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

    # === AMOUNTS ===#

    def _update_amounts(self, previous):
        """Compute period and amounts of new documents: a constant number of queries, however many they are.

        Every document follows the balance of the one before it, so no two of them may be of the same account.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self._touch(previous.values())
        self.env.flush_all()
        sums, taxes = self._get_entry_sums(), self._get_tax_sums()
        starts = self._get_period_starts(previous, {key: values["first"] for key, values in sums.items()})
        self._write_amounts(
            {
                billing.id: {
                    "date_from": starts[billing.id],
                    "invoices_amount": sums[billing.id].get("invoice", 0.0),
                    "credits_amount": sums[billing.id].get("credit", 0.0),
                    "adjustments_amount": sums[billing.id].get("adjustment", 0.0),
                    "amount_untaxed": sums[billing.id].get("untaxed", 0.0),
                    "amount_tax": sums[billing.id].get("tax", 0.0),
                    "tax_totals": taxes.get(billing.id, []),
                    "instalments": billing._get_instalments(sums[billing.id]),
                }
                for billing in self
            },
            previous,
        )

    def _update_balances(self, previous):
        """Take the balances of these documents once more; what they list does not change.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self._write_amounts({billing.id: {name: billing[name] for name in LISTED} for billing in self}, previous)

    def _write_amounts(self, listed, previous):
        """Write what documents list, and the balances: what was paid is what closes the gap.

        :param dict[int, dict] listed: begin of the period and totals of the entries, by id of the document
        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self.env.flush_all()
        openings = self._get_opening_balances(previous, {key: values["date_from"] for key, values in listed.items()})
        closings = self._get_open_amounts({billing.id: billing.cutoff_date for billing in self})
        rows = []
        for billing in self:
            opening, closing, values = openings[billing.id], closings[billing.id], listed[billing.id]
            paid = closing - opening - sum(values[name] for name in ENTRY_AMOUNTS)
            rows.append(
                {
                    **values,
                    "date_from": values["date_from"] or None,
                    "opening_balance": opening,
                    "payments_amount": billing.currency_id.round(paid),
                    "closing_balance": closing,
                }
            )
        update_rows(self, rows)

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

    def _get_opening_balances(self, previous, starts):
        """Return the closing balance of the previous document (``C3``); without one, what is carried over.

        Carried over is what was open, before the period, of entries that documents of another level bill.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        :param dict[int, date] starts: the first day of the period of each
        :rtype: dict[int, float]
        """
        openings = {billing_id: billing.closing_balance for billing_id, billing in previous.items()}
        first = self.filtered(lambda billing: billing.id not in openings)
        days = {
            billing.id: (
                fields.Date.subtract(starts[billing.id], days=1) if starts[billing.id] else billing.cutoff_date
            )
            for billing in first
        }
        return {**openings, **first._get_open_amounts(days, own=False)}
