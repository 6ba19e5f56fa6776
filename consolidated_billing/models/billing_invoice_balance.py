from collections import defaultdict

from odoo import fields, models
from odoo.tools import SQL

from .billing_invoice_line import ENTRY_TYPES


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

    def _update_amounts(self):
        """Compute all amounts of these documents: a constant number of queries, however many they are.

        Every document follows the balance of the one before it, so no two of them may be of the same account.
        """
        self.env.flush_all()
        sums = self._get_entry_sums()
        openings = self._get_opening_balances()
        closings = self._get_open_amounts({billing.id: billing.cutoff_date for billing in self})
        taxes = self._get_tax_sums()
        for billing in self._as_engine().with_context(tracking_disable=True):
            amounts = sums[billing.id]
            entries = sum(amounts.get(entry_type, 0.0) for entry_type, _label in ENTRY_TYPES)
            round_amount = billing.currency_id.round
            billing.write(
                {
                    "invoices_amount": amounts.get("invoice", 0.0),
                    "credits_amount": amounts.get("credit", 0.0),
                    "adjustments_amount": amounts.get("adjustment", 0.0),
                    "amount_untaxed": amounts.get("untaxed", 0.0),
                    "amount_tax": amounts.get("tax", 0.0),
                    "opening_balance": openings[billing.id],
                    "closing_balance": closings[billing.id],
                    "payments_amount": round_amount(closings[billing.id] - openings[billing.id] - entries),
                    "tax_totals": taxes.get(billing.id, []),
                }
            )

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

    def _set_period(self):
        """Let the billing period of new documents begin after the document before, else with their first entry."""
        previous = self._get_neighbours(following=False)
        first = dict(
            self.env["consolidated.billing.invoice.line"]._read_group(
                [("billing_id", "in", self.ids)], ["billing_id"], ["date:min"]
            )
        )
        for billing in self._as_engine().with_context(tracking_disable=True):
            other = previous.get(billing.id)
            # what is billed until the same day once more has no period of its own
            follows = other and other.cutoff_date < billing.cutoff_date
            billing.date_from = fields.Date.add(other.cutoff_date, days=1) if follows else first.get(billing)

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

    def _get_opening_balances(self):
        """Return the closing balance of the previous document (``C3``); without one, what is carried over.

        Carried over is what was open, before the period, of entries that documents of another level bill.

        :rtype: dict[int, float]
        """
        previous = self._get_neighbours(following=False)
        openings = {billing_id: billing.closing_balance for billing_id, billing in previous.items()}
        first = self.filtered(lambda billing: billing.id not in openings)
        return {**openings, **first._get_open_amounts(dict.fromkeys(first.ids), own=False)}

    # === WHAT IS OPEN ===#

    def _get_open_amounts(self, dates, own=True):
        """Return what is open, at a date, of all that the documents of these accounts bill (``C3``).

        :param dict[int, date] dates: the date by document; ``None``: before the document's period
        :param bool own: with the document's own entries and what was paid on account, else only what other
            documents bill
        :return: amounts in the currency of each document
        :rtype: dict[int, float]
        """
        if not self:
            return {}
        self.env.cr.execute(
            SQL(
                """
                WITH billing AS (
                    SELECT billing.id, billing.company_id, billing.commercial_partner_id, billing.partner_id,
                           billing.currency_id, billing.billing_level, billing.main_location_id,
                           COALESCE(moment.day, billing.date_from - 1, billing.cutoff_date) AS day
                      FROM consolidated_billing_invoice AS billing
                      JOIN unnest(%(ids)s::int[], %(days)s::date[]) AS moment(id, day) ON moment.id = billing.id
                ), item AS (
                    %(covered)s
                    %(payments)s
                )
                SELECT item.billing_id, SUM(item.amount_currency - paid.amount)
                  FROM item
            CROSS JOIN LATERAL (
                        SELECT COALESCE((SELECT SUM(part.debit_amount_currency)
                                           FROM account_partial_reconcile AS part
                                          WHERE part.debit_move_id = item.id AND part.max_date <= item.day), 0)
                             - COALESCE((SELECT SUM(part.credit_amount_currency)
                                           FROM account_partial_reconcile AS part
                                          WHERE part.credit_move_id = item.id AND part.max_date <= item.day), 0)
                            AS amount
                       ) AS paid
              GROUP BY item.billing_id
                """,
                ids=list(dates),
                days=list(dates.values()),
                covered=self._get_covered_items_query(own),
                payments=SQL("UNION ALL %s", self._get_payment_items_query()) if own else SQL(),
            )
        )
        amounts = {billing_id: float(amount) for billing_id, amount in self.env.cr.fetchall()}
        return {billing.id: billing.currency_id.round(amounts.get(billing.id, 0.0)) for billing in self}

    def _get_covered_items_query(self, own):
        """Return the query of the journal items that documents of the account bill, as far as they may be open."""
        return SQL(
            """
            SELECT billing.id AS billing_id, billing.day, item.id, item.amount_currency
              FROM billing
              JOIN consolidated_billing_invoice AS other
                ON other.company_id = billing.company_id
               AND other.commercial_partner_id = billing.commercial_partner_id
               AND other.currency_id = billing.currency_id
               AND other.state != 'cancelled'
               AND other.id %(compare)s billing.id
              JOIN consolidated_billing_invoice_line AS line ON line.billing_id = other.id
              JOIN account_move_line AS item ON item.consolidated_billing_line_id = line.id
             WHERE item.date <= billing.day
               AND (billing.billing_level = 'account' OR line.location_id = billing.partner_id)
               AND (
                    item.reconciled IS NOT TRUE
                    OR EXISTS (SELECT FROM account_partial_reconcile AS part
                                WHERE part.debit_move_id = item.id AND part.max_date > billing.day)
                    OR EXISTS (SELECT FROM account_partial_reconcile AS part
                                WHERE part.credit_move_id = item.id AND part.max_date > billing.day)
                   )
            """,
            compare=SQL("<=") if own else SQL("<"),
        )

    def _get_payment_items_query(self):
        """Return the query of the journal items by which was paid, as far as they may not be used up.

        What was paid on account belongs to the account's own invoice address when there is one document per location.
        """
        return SQL(
            """
            SELECT billing.id AS billing_id, billing.day, item.id, item.amount_currency
              FROM billing
              JOIN res_partner AS payer
                ON payer.commercial_partner_id = billing.commercial_partner_id
                OR payer.grouping_partner_id = billing.commercial_partner_id
              JOIN account_move_line AS item
                ON item.partner_id = payer.id
               AND item.company_id = billing.company_id
               AND item.currency_id = billing.currency_id
              JOIN account_account AS account ON account.id = item.account_id
              JOIN account_move AS move ON move.id = item.move_id
             WHERE item.parent_state = 'posted' AND item.date <= billing.day
               AND account.account_type = 'asset_receivable'
               AND item.consolidated_billing_line_id IS NULL
               AND (billing.billing_level = 'account' OR billing.partner_id = billing.main_location_id)
               AND NOT %(is_entry)s
               AND (
                    item.reconciled IS NOT TRUE
                    OR EXISTS (SELECT FROM account_partial_reconcile AS part
                                WHERE part.debit_move_id = item.id AND part.max_date > billing.day)
                    OR EXISTS (SELECT FROM account_partial_reconcile AS part
                                WHERE part.credit_move_id = item.id AND part.max_date > billing.day)
                   )
            """,
            is_entry=self.env["account.move"]._get_billable_entry_condition("move"),
        )

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
