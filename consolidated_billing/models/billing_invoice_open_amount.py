from odoo import models
from odoo.tools import SQL


class ConsolidatedBillingInvoice(models.Model):
    """What was open at a date (``C3``): what is open now, and what was settled since then.

    Neither grows with the history of a customer: settled entries and used payments are not looked at.
    """

    _inherit = "consolidated.billing.invoice"

    def _get_open_amounts(self, days, own=True):
        """Return what was open, at a date, of all that the documents of these accounts bill (``C3``).

        :param dict[int, date] days: the date by document
        :param bool own: with the document's own entries and what was paid on account, else only what earlier
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
                           billing.currency_id, billing.billing_level, billing.main_location_id, moment.day
                      FROM consolidated_billing_invoice AS billing
                      JOIN unnest(%(ids)s::int[], %(days)s::date[]) AS moment(id, day) ON moment.id = billing.id
                ), later AS (
                    SELECT debit_move_id AS item_id, debit_amount_currency AS amount, max_date AS day
                      FROM account_partial_reconcile WHERE max_date > %(first_day)s
                 UNION ALL
                    SELECT credit_move_id, -credit_amount_currency, max_date
                      FROM account_partial_reconcile WHERE max_date > %(first_day)s
                )
                SELECT billing_id, SUM(amount) FROM (%(queries)s) AS part GROUP BY billing_id
                """,
                ids=list(days),
                days=list(days.values()),
                first_day=min(days.values()),
                queries=SQL(" UNION ALL ").join(self._get_open_amount_queries(own)),
            )
        )
        amounts = {billing_id: float(amount) for billing_id, amount in self.env.cr.fetchall()}
        return {billing.id: billing.currency_id.round(amounts.get(billing.id, 0.0)) for billing in self}

    def _get_open_amount_queries(self, own):
        """Return the queries of what adds up to the open amount: id of the document, and amount.

        :param bool own: see `_get_open_amounts`
        :rtype: list[SQL]
        """
        is_covered = self._get_covered_condition(own)
        covered = [
            SQL(
                "SELECT billing.id AS billing_id, line.amount_residual AS amount %s WHERE %s",
                self._get_open_lines_tables(),
                is_covered,
            ),
            SQL("SELECT billing.id, later.amount %s WHERE %s", self._get_settled_lines_tables(), is_covered),
        ]
        if not own:
            return covered
        is_payment = self._get_payment_condition()
        return [
            *covered,
            SQL(
                "SELECT billing.id, item.amount_residual_currency %s WHERE %s AND item.reconciled IS NOT TRUE",
                self._get_open_items_tables(),
                is_payment,
            ),
            SQL("SELECT billing.id, later.amount %s WHERE %s", self._get_settled_items_tables(), is_payment),
        ]

    # === ENTRIES ON DOCUMENTS ===#

    def _get_covered_condition(self, own):
        """Return which entries count: those of documents of the account up to this one, or before it."""
        return SQL(
            """
                own.company_id = billing.company_id
            AND own.currency_id = billing.currency_id
            AND own.id %(compare)s billing.id
            AND line.date <= billing.day
            AND (billing.billing_level = 'account' OR line.location_id = billing.partner_id)
            """,
            compare=SQL("<=") if own else SQL("<"),
        )

    def _get_own_document(self):
        """Return the document of a line, to be joined laterally: PostgreSQL would pair all documents at first.

        :rtype: SQL
        """
        return SQL(
            """
            (SELECT id, company_id, currency_id FROM consolidated_billing_invoice WHERE id = line.billing_id LIMIT 1)
            AS own
            """
        )

    def _get_open_lines_tables(self):
        return SQL(
            """
              FROM billing
              JOIN consolidated_billing_invoice_line AS line
                ON line.account_partner_id = billing.commercial_partner_id AND line.amount_residual != 0
        CROSS JOIN LATERAL %s
            """,
            self._get_own_document(),
        )

    def _get_settled_lines_tables(self):
        return SQL(
            """
              FROM later
              JOIN account_move_line AS item ON item.id = later.item_id
              JOIN consolidated_billing_invoice_line AS line ON line.id = item.consolidated_billing_line_id
        CROSS JOIN LATERAL %s
              JOIN billing
                ON billing.commercial_partner_id = line.account_partner_id AND billing.day < later.day
            """,
            self._get_own_document(),
        )

    # === PAYMENTS ===#

    def _get_payment_condition(self):
        """Return which journal items are payments: all on the receivable account that are no entries.

        What was paid on account belongs to the account's own invoice address when there is one document per location.
        """
        return SQL(
            """
                item.account_id = ANY(%(accounts)s)
            AND item.parent_state = 'posted'
            AND item.consolidated_billing_line_id IS NULL
            AND item.company_id = billing.company_id
            AND item.currency_id = billing.currency_id
            AND item.date <= billing.day
            AND (billing.billing_level = 'account' OR billing.partner_id = billing.main_location_id)
            AND NOT %(is_entry)s
            """,
            accounts=self.env["account.move"]._get_receivable_account_ids(),
            is_entry=self.env["account.move"]._get_billable_entry_condition("move"),
        )

    def _get_open_items_tables(self):
        return SQL(
            """
              FROM billing
              JOIN res_partner AS payer
                ON payer.commercial_partner_id = billing.commercial_partner_id
                OR payer.grouping_partner_id = billing.commercial_partner_id
              JOIN account_move_line AS item ON item.partner_id = payer.id
              JOIN account_move AS move ON move.id = item.move_id
            """
        )

    def _get_settled_items_tables(self):
        return SQL(
            """
              FROM later
              JOIN account_move_line AS item ON item.id = later.item_id
              JOIN account_move AS move ON move.id = item.move_id
              JOIN res_partner AS payer ON payer.id = item.partner_id
              JOIN billing
                ON billing.day < later.day
               AND billing.commercial_partner_id IN (payer.commercial_partner_id, payer.grouping_partner_id)
            """
        )
