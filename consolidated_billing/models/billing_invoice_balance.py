from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from .bulk_rows import update_rows

# The totals of the listed entries, one for each of their types.
ENTRY_AMOUNTS = ("invoices_amount", "credits_amount", "adjustments_amount")


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
        """Compute all amounts of new documents: a constant number of queries, however many they are.

        Every document follows the balance of the one before it, so no two of them may be of the same account.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self.env.flush_all()
        sums, taxes = self._get_entry_sums(), self._get_tax_sums()
        self._write_amounts(
            {
                billing.id: {
                    "invoices_amount": sums[billing.id].get("invoice", 0.0),
                    "credits_amount": sums[billing.id].get("credit", 0.0),
                    "adjustments_amount": sums[billing.id].get("adjustment", 0.0),
                    "amount_untaxed": sums[billing.id].get("untaxed", 0.0),
                    "amount_tax": sums[billing.id].get("tax", 0.0),
                    "tax_totals": taxes.get(billing.id, []),
                }
                for billing in self
            },
            previous,
        )

    def _update_balances(self, previous):
        """Take the balances of these documents once more; what they list does not change.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self._write_amounts({billing.id: {name: billing[name] for name in ENTRY_AMOUNTS} for billing in self}, previous)

    def _write_amounts(self, totals, previous):
        """Write the totals of the entries, and the balances: what was paid is what closes the gap.

        :param dict[int, dict] totals: the totals by id of the document
        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self.env.flush_all()
        openings = self._get_opening_balances(previous)
        closings = self._get_open_amounts({billing.id: billing.cutoff_date for billing in self})
        rows = []
        for billing in self:
            opening, closing, entries = openings[billing.id], closings[billing.id], totals[billing.id]
            paid = closing - opening - sum(entries[name] for name in ENTRY_AMOUNTS)
            rows.append(
                {
                    **entries,
                    "opening_balance": opening,
                    "payments_amount": billing.currency_id.round(paid),
                    "closing_balance": closing,
                }
            )
        update_rows(self, rows)

    def _get_entry_sums(self):
        """Return the totals of the listed entries by type, and their untaxed amount and taxes.

        :rtype: dict[int, dict[str, float]]
        """
        sums = defaultdict(dict)
        rows = self.env["consolidated.billing.invoice.line"]._read_group(
            [("billing_id", "in", self.ids)],
            ["billing_id", "entry_type"],
            ["amount_total:sum", "amount_untaxed:sum", "amount_tax:sum"],
        )
        for billing, entry_type, total, untaxed, tax in rows:
            by_type = sums[billing.id]
            by_type[entry_type] = billing.currency_id.round(total)
            if entry_type != "adjustment":
                by_type["untaxed"] = billing.currency_id.round(by_type.get("untaxed", 0.0) + untaxed)
                by_type["tax"] = billing.currency_id.round(by_type.get("tax", 0.0) + tax)
        return sums

    def _set_period(self, previous):
        """Let the billing period of new documents begin after the document before, else with their first entry.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        """
        self._touch(previous.values())
        first = dict(
            self.env["consolidated.billing.invoice.line"]._read_group(
                [("billing_id", "in", self.ids)], ["billing_id"], ["date:min"]
            )
        )
        # what is billed until the same day once more has no period of its own
        previous = {key: other for key, other in previous.items() if other.cutoff_date < self.browse(key).cutoff_date}
        starts = [
            fields.Date.add(previous[billing.id].cutoff_date, days=1) if billing.id in previous else first.get(billing)
            for billing in self
        ]
        update_rows(self, [{"date_from": start} for start in starts])

    # === CHAIN ===#

    def _get_chain_condition(self, other="other", billing="billing"):
        """Return when two documents of an account follow each other: same company, currency and level (``C2``).

        :param str other: alias of one document
        :param str billing: alias of the other
        :rtype: SQL
        """
        return SQL(
            """
            %(other)s.id != %(billing)s.id AND %(other)s.state != 'cancelled'
            AND %(other)s.company_id = %(billing)s.company_id
            AND %(other)s.commercial_partner_id = %(billing)s.commercial_partner_id
            AND %(other)s.currency_id = %(billing)s.currency_id
            AND %(other)s.billing_level = %(billing)s.billing_level
            AND (%(billing)s.billing_level = 'account' OR %(other)s.partner_id = %(billing)s.partner_id)
            """,
            other=SQL.identifier(other),
            billing=SQL.identifier(billing),
        )

    def _get_neighbours(self, following):
        """Return the document that comes directly before, or after, each of these documents.

        :param bool following: after instead of before
        :return: the other document by id, where there is one
        :rtype: dict[int, consolidated.billing.invoice]
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT billing.id, neighbour.id
                  FROM consolidated_billing_invoice AS billing
                  JOIN LATERAL (
                        SELECT other.id
                          FROM consolidated_billing_invoice AS other
                         WHERE %(chain)s AND other.id %(compare)s billing.id
                      ORDER BY other.id %(order)s
                         LIMIT 1
                       ) AS neighbour ON TRUE
                 WHERE billing.id = ANY(%(ids)s)
                """,
                chain=self._get_chain_condition(),
                compare=SQL(">") if following else SQL("<"),
                order=SQL("ASC") if following else SQL("DESC"),
                ids=list(self.ids),
            )
        )
        neighbours = dict(self.env.cr.fetchall())
        others = self.browse(neighbours.values())
        return dict(zip(neighbours, others, strict=True))

    @api.model
    def _touch(self, billings):
        """Change documents that a new one follows, so that a transaction that does not know of it cannot cancel them.

        :param Iterable[consolidated.billing.invoice] billings: the documents
        """
        self.env.cr.execute(
            SQL(
                "UPDATE consolidated_billing_invoice SET write_date = %s WHERE id = ANY(%s)",
                self.env.cr.now(),
                [billing.id for billing in billings],
            )
        )

    def _get_opening_balances(self, previous):
        """Return the closing balance of the previous document (``C3``); without one, what is carried over.

        Carried over is what was open, before the period, of entries that documents of another level bill.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        :rtype: dict[int, float]
        """
        openings = {billing_id: billing.closing_balance for billing_id, billing in previous.items()}
        first = self.filtered(lambda billing: billing.id not in openings)
        days = {
            billing.id: fields.Date.subtract(billing.date_from, days=1) if billing.date_from else billing.cutoff_date
            for billing in first
        }
        return {**openings, **first._get_open_amounts(days, own=False)}

    # === TAXES ===#

    def _get_tax_sums(self):
        """Return base and amount of each tax on the listed invoices and credit notes (``C3``).

        :return: rows of tax id, base and tax amount by document, in its currency and as they act on the balance
        :rtype: dict[int, list[tuple[int, float, float]]]
        """
        self.env.cr.execute(
            SQL(
                """
                WITH item AS (
                    SELECT line.billing_id, item.id, item.tax_line_id, -item.amount_currency AS amount
                      FROM consolidated_billing_invoice_line AS line
                      JOIN account_move_line AS item ON item.move_id = line.move_id
                     WHERE line.billing_id = ANY(%(ids)s) AND line.entry_type != 'adjustment'
                       AND item.display_type NOT IN ('payment_term', 'line_section', 'line_subsection', 'line_note')
                ), base AS (
                    SELECT item.billing_id, COALESCE(child.child_tax, rel.account_tax_id) AS tax_id,
                           SUM(item.amount) AS base, 0 AS tax
                      FROM item
                      JOIN account_move_line_account_tax_rel AS rel ON rel.account_move_line_id = item.id
                 LEFT JOIN account_tax_filiation_rel AS child ON child.parent_tax = rel.account_tax_id
                  GROUP BY 1, 2
                 UNION ALL
                    SELECT item.billing_id, item.tax_line_id, 0, SUM(item.amount)
                      FROM item WHERE item.tax_line_id IS NOT NULL
                  GROUP BY 1, 2
                )
                SELECT base.billing_id, base.tax_id, SUM(base.base), SUM(base.tax)
                  FROM base JOIN account_tax AS tax ON tax.id = base.tax_id
              GROUP BY base.billing_id, base.tax_id, tax.sequence
              ORDER BY base.billing_id, tax.sequence, base.tax_id
                """,
                ids=list(self.ids),
            )
        )
        currencies = {billing.id: billing.currency_id for billing in self}
        taxes = defaultdict(list)
        for billing_id, tax_id, base, tax in self.env.cr.fetchall():
            round_amount = currencies[billing_id].round
            taxes[billing_id].append((tax_id, round_amount(float(base)), round_amount(float(tax))))
        return taxes
