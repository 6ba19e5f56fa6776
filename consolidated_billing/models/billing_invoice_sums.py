from collections import defaultdict

from odoo import models
from odoo.tools import SQL


class ConsolidatedBillingInvoice(models.Model):
    """What the listed entries add up to, by their type and by tax (``C3``)."""

    _inherit = "consolidated.billing.invoice"

    def _get_entry_sums(self):
        """Return the totals of the listed entries by type, their untaxed amount and taxes, and the day of the first.

        :return: by id of the document: amounts by type of the entry, ``untaxed``, ``tax``, and the day as ``first``
        :rtype: dict[int, dict[str, float | date]]
        """
        sums = defaultdict(dict)
        rows = self.env["consolidated.billing.invoice.line"]._read_group(
            [("billing_id", "in", self.ids)],
            ["billing_id", "entry_type"],
            ["amount_total:sum", "amount_untaxed:sum", "amount_tax:sum", "date:min"],
        )
        for billing, entry_type, total, untaxed, tax, first in rows:
            by_type = sums[billing.id]
            by_type["first"] = min(first, by_type.get("first", first))
            by_type[entry_type] = billing.currency_id.round(total)
            if entry_type != "adjustment":
                by_type["untaxed"] = billing.currency_id.round(by_type.get("untaxed", 0.0) + untaxed)
                by_type["tax"] = billing.currency_id.round(by_type.get("tax", 0.0) + tax)
        return sums

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
