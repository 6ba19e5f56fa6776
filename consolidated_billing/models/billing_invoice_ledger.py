from odoo import models
from odoo.tools import SQL

from ..tools.ledger import Ledger, LedgerPayment, Origin


class ConsolidatedBillingInvoice(models.Model):
    """What the receivable ledger says of the accounts that documents cover, at their cutoff dates (``C8``, ``C9``).

    Covered are the account and all members of a grouping account; at level ``location`` what belongs to that location.
    A payment belongs where its debt is: what of it is matched with an entry of another currency or location of the
    same accounts counts there, whatever was paid. All other matching changes nothing.
    """

    _inherit = "consolidated.billing.invoice"

    def _get_ledgers(self, previous):
        """Return what is to be known of the accounts of these documents, in one query for all of them.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        :return: by id of the document
        :rtype: dict[int, Ledger]
        """
        ledgers = {billing_id: Ledger.empty() for billing_id in self.ids}
        for part, billing_id, account_id, amount, other_amount, item_ref, name, day in self._fetch_ledgers(previous):
            ledger, amount, other_amount = ledgers[billing_id], float(amount), float(other_amount)
            if part == "now":
                ledger.now[account_id] += amount
                ledger.unlisted[account_id] += other_amount
            elif part in ("before", "left"):
                ledger.before[account_id] += amount
                ledger.unlisted_before[account_id] += other_amount
                if part == "left":
                    ledger.uncovered.add(account_id)
            elif part == "listed":
                ledger.listed[account_id] += amount
                ledger.listed_late[account_id] += other_amount
            else:
                payments = ledger.payments if part == "paid" else ledger.withdrawn
                payments.append(LedgerPayment(account_id, item_ref, name, day, amount, other_amount))
        return ledgers

    def _fetch_ledgers(self, previous):
        """Fetch the parts of the ledgers: name of the part, id of the document and of the account, amounts, payment.

        :rtype: list[tuple]
        """
        tables = [
            ("billing", self._get_billings_query()),
            ("item", self._get_items_query()),
            ("shift", self._get_shifts_query()),
            ("portion", self._get_portions_query()),
            ("paid", self._get_paid_query()),
        ]
        parts = [
            self._get_balances_query(),
            self._get_previous_query(previous),
            self._get_listed_query(),
            SQL("SELECT 'paid', billing_id, account_id, amount, item_amount, id, name, day FROM paid"),
            self._get_withdrawn_query(),
        ]
        definitions = [SQL("%s AS MATERIALIZED (%s)", SQL.identifier(name), query) for name, query in tables]
        self.env.flush_all()
        self.env.cr.execute(SQL("WITH %s %s", SQL(", ").join(definitions), SQL(" UNION ALL ").join(parts)))
        return self.env.cr.fetchall()

    # === JOURNAL ITEMS ===#

    def _get_billings_query(self):
        return SQL(
            """
            SELECT id, company_id, commercial_partner_id, partner_id, main_location_id, currency_id, billing_level,
                   cutoff_date, ledger_start
              FROM consolidated_billing_invoice WHERE id = ANY(%s)
            """,
            list(self.ids),
        )

    def _get_items_query(self):
        """Return all posted journal items on receivable accounts of the accounts, in all their currencies."""
        return SQL(
            """
            SELECT billing.id AS billing_id, payer.commercial_partner_id AS account_id, item.id, item.currency_id,
                   item.amount_currency AS amount, fact.day, fact.kind, fact.location_id,
                   %(is_own)s AS is_own,
                   fact.kind = 'entry' AND fact.day >= COALESCE(billing.ledger_start, '-infinity')
                   AND COALESCE(line.billing_id > billing.id, TRUE) AS is_unlisted
              FROM billing
              JOIN res_partner AS payer
                ON payer.commercial_partner_id = billing.commercial_partner_id
                OR payer.grouping_partner_id = billing.commercial_partner_id
              JOIN account_move_line AS item ON item.partner_id = payer.id
              JOIN account_move AS move ON move.id = item.move_id
         LEFT JOIN consolidated_billing_invoice_line AS line ON line.id = item.consolidated_billing_line_id
        CROSS JOIN LATERAL (%(fact)s) AS fact
             WHERE item.account_id = ANY(%(accounts)s) AND item.parent_state = 'posted'
               AND item.company_id = billing.company_id AND fact.day <= billing.cutoff_date
            """,
            is_own=self._get_own_condition(SQL("item.currency_id"), SQL("fact.location_id")),
            fact=self._get_facts_query("move"),
            accounts=self.env["account.move"]._get_receivable_account_ids(),
        )

    def _get_facts_query(self, move):
        """Return what an entry is for a document: the day on which it counts, its kind, and its invoice address.

        :param str move: alias of `account_move`
        :rtype: SQL
        """
        Move = self.env["account.move"]
        return SQL(
            """
            SELECT %(day)s AS day,
                   CASE WHEN %(is_payment)s THEN 'payment' WHEN %(is_entry)s THEN 'entry' ELSE 'other' END AS kind,
                   CASE billing.billing_level WHEN 'location' THEN
                       COALESCE((SELECT address.id FROM res_partner AS address
                                  WHERE address.id = %(move)s.partner_id
                                    AND address.commercial_partner_id = billing.commercial_partner_id
                                    AND (%(move)s.move_type != 'entry' OR address.type = 'invoice')),
                                billing.main_location_id)
                   END AS location_id
            """,
            move=SQL.identifier(move),
            day=Move._get_billing_day(move),
            is_payment=Move._get_payment_condition(move),
            is_entry=Move._get_billable_entry_condition(move),
        )

    def _get_own_condition(self, currency, location):
        """Return whether an amount in a currency, at a location, is one of the document's own."""
        return SQL(
            "(%s = billing.currency_id AND (billing.billing_level = 'account' OR %s = billing.partner_id))",
            currency,
            location,
        )

    def _get_shifts_query(self):
        """Return what of payments is matched with entries of another currency or location: it counts there."""
        return SQL(
            """
            SELECT payment.billing_id, payment.account_id, payment.id, payment.day,
                   part.amount AS from_amount, payment.is_own AS is_from_own,
                   part.other_amount AS to_amount, %(is_own)s AS is_to_own
              FROM item AS payment
              JOIN billing ON billing.id = payment.billing_id
        CROSS JOIN LATERAL (
                    SELECT debit_move_id AS entry_id, credit_amount_currency AS amount,
                           -debit_amount_currency AS other_amount, max_date
                      FROM account_partial_reconcile WHERE credit_move_id = payment.id
                 UNION ALL
                    SELECT credit_move_id, -debit_amount_currency, credit_amount_currency, max_date
                      FROM account_partial_reconcile WHERE debit_move_id = payment.id
                   ) AS part
              JOIN account_move_line AS entry ON entry.id = part.entry_id
              JOIN account_move AS move ON move.id = entry.move_id
              JOIN res_partner AS debtor
                ON debtor.id = entry.partner_id
               AND billing.commercial_partner_id IN (debtor.commercial_partner_id, debtor.grouping_partner_id)
        CROSS JOIN LATERAL (%(fact)s) AS fact
             WHERE payment.kind = 'payment' AND fact.kind = 'entry'
               AND part.max_date <= billing.cutoff_date AND fact.day <= billing.cutoff_date
               AND (entry.currency_id != payment.currency_id
                    OR billing.billing_level = 'location' AND fact.location_id != payment.location_id)
            """,
            is_own=self._get_own_condition(SQL("entry.currency_id"), SQL("fact.location_id")),
            fact=self._get_facts_query("move"),
        )

    def _get_portions_query(self):
        """Return what counts for each document: its journal items, less what is shifted from them, with what is to."""
        return SQL(
            """
            SELECT billing_id, account_id, id, kind, day, amount, amount AS item_amount, is_unlisted
              FROM item WHERE is_own
         UNION ALL
            SELECT billing_id, account_id, id, 'payment', day, from_amount, from_amount, FALSE
              FROM shift WHERE is_from_own
         UNION ALL
            SELECT billing_id, account_id, id, 'payment', day, to_amount, -from_amount, FALSE
              FROM shift WHERE is_to_own
            """
        )

    # === PAYMENTS ===#

    def _get_paid_query(self):
        """Return the payments of which something was counted by no document before.

        What the chain did not count before is new, but not what other chains counted: that was matched elsewhere
        meanwhile, or its account moved, and is transferred. So is what is less than was counted.
        """
        return SQL(
            """
            SELECT payment.billing_id, payment.account_id, payment.id, payment.day, item.move_name AS name,
                   fresh.amount * share.part AS amount, fresh.item_amount * share.part AS item_amount
              FROM (
                    SELECT billing_id, account_id, id, day, SUM(amount) AS amount, SUM(item_amount) AS item_amount
                      FROM portion WHERE kind = 'payment' GROUP BY billing_id, account_id, id, day
                   ) AS payment
              JOIN billing ON billing.id = payment.billing_id
              JOIN account_move_line AS item ON item.id = payment.id
        CROSS JOIN LATERAL (
                    SELECT COALESCE(SUM(counted.item_amount), 0) AS item_amount,
                           COALESCE(SUM(counted.amount) FILTER (WHERE %(other)s = %(billing)s), 0) AS own_amount,
                           COALESCE(SUM(counted.item_amount) FILTER (WHERE %(other)s = %(billing)s), 0)
                           AS own_item_amount
                      FROM consolidated_billing_invoice_balance AS counted
                      JOIN consolidated_billing_invoice AS other ON other.id = counted.billing_id
                     WHERE counted.item_ref = payment.id AND other.state != 'cancelled' AND other.id < billing.id
                   ) AS known
        CROSS JOIN LATERAL (
                    SELECT payment.amount - known.own_amount AS amount,
                           payment.item_amount - known.own_item_amount AS item_amount,
                           item.amount_currency - known.item_amount AS open_amount
                   ) AS fresh
        CROSS JOIN LATERAL (
                    SELECT LEAST(1, fresh.open_amount / NULLIF(fresh.item_amount, 0)) AS part
                   ) AS share
             WHERE payment.day >= COALESCE(billing.ledger_start, '-infinity')
               AND fresh.amount * payment.amount > 0 AND fresh.item_amount * payment.item_amount > 0
               AND share.part > 0
            """,
            other=self._get_chain("other"),
            billing=self._get_chain("billing"),
        )

    def _get_withdrawn_query(self):
        """Return the payments that documents of the chain counted, and that are posted with a lower amount or not."""
        return SQL(
            """
            SELECT 'withdrawn', counted.billing_id, account.id,
                   counted.amount * change.item_amount / counted.item_amount, change.item_amount,
                   counted.item_ref, counted.name, counted.date
              FROM (
                    SELECT billing.id AS billing_id, balance.item_ref,
                           SUM(balance.amount) AS amount, SUM(balance.item_amount) AS item_amount,
                           MIN(balance.partner_id) AS partner_id, MIN(balance.name) AS name, MIN(balance.date) AS date
                      FROM billing
                      JOIN consolidated_billing_invoice AS other
                        ON %(other)s = %(billing)s AND other.id < billing.id AND other.state != 'cancelled'
                      JOIN consolidated_billing_invoice_balance AS balance ON balance.billing_id = other.id
                     WHERE balance.item_ref IS NOT NULL
                  GROUP BY billing.id, balance.item_ref
                    HAVING SUM(balance.item_amount) != 0
                   ) AS counted
              JOIN billing ON billing.id = counted.billing_id
              JOIN res_partner AS partner ON partner.id = counted.partner_id
              JOIN res_partner AS account ON account.id = partner.commercial_partner_id
         LEFT JOIN account_move_line AS item
                ON item.id = counted.item_ref AND item.parent_state = 'posted' AND item.date <= billing.cutoff_date
        CROSS JOIN LATERAL (
                    SELECT COALESCE(item.amount_currency, 0) - counted.item_amount AS item_amount
                   ) AS change
             WHERE billing.commercial_partner_id IN (account.id, account.grouping_partner_id)
               AND change.item_amount * counted.item_amount < 0
            """,
            other=self._get_chain("other"),
            billing=self._get_chain("billing"),
        )

    # === BALANCES ===#

    def _get_balances_query(self):
        return SQL(
            """
            SELECT 'now' AS part, billing_id, account_id, SUM(amount),
                   COALESCE(SUM(amount) FILTER (WHERE is_unlisted), 0), NULL::int, NULL::varchar, NULL::date
              FROM portion GROUP BY billing_id, account_id
            """
        )

    def _get_previous_query(self, previous):
        """Return the balances of the accounts on the document before, and whether this document covers them."""
        return SQL(
            """
            SELECT CASE WHEN billing.commercial_partner_id IN
                             (account.id, account.grouping_partner_id) THEN 'before' ELSE 'left' END,
                   billing.id, partner.commercial_partner_id, balance.amount, balance.amount_unlisted,
                   NULL::int, NULL::varchar, NULL::date
              FROM unnest(%s::int[], %s::int[]) AS previous(billing_id, id)
              JOIN billing ON billing.id = previous.billing_id
              JOIN consolidated_billing_invoice_balance AS balance
                ON balance.billing_id = previous.id AND balance.kind = 'account'
              JOIN res_partner AS partner ON partner.id = balance.partner_id
              JOIN res_partner AS account ON account.id = partner.commercial_partner_id
            """,
            list(previous),
            [billing.id for billing in previous.values()],
        )

    def _get_listed_query(self):
        return SQL(
            """
            SELECT 'listed', billing.id, partner.commercial_partner_id, SUM(line.amount_total),
                   COALESCE(SUM(line.amount_total) FILTER (WHERE line.date < billing.ledger_start), 0),
                   NULL::int, NULL::varchar, NULL::date
              FROM billing
              JOIN consolidated_billing_invoice_line AS line ON line.billing_id = billing.id
              JOIN res_partner AS partner ON partner.id = line.partner_id
          GROUP BY billing.id, partner.commercial_partner_id
            """
        )

    def _get_origins(self, previous):
        """Return what is known of the documents before, in one query for all of them.

        :param dict[int, consolidated.billing.invoice] previous: the document before each, where there is one
        :rtype: dict[int, Origin]
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT billing.id,
                       bool_or(other.merged_into_id >= moment.after AND %(other)s = %(billing)s) IS TRUE,
                       bool_or(other.billing_level != billing.billing_level)
                  FROM unnest(%(ids)s::int[], %(after)s::int[]) AS moment(id, after)
                  JOIN consolidated_billing_invoice AS billing ON billing.id = moment.id
                  JOIN consolidated_billing_invoice AS other
                    ON other.commercial_partner_id = billing.commercial_partner_id
                   AND other.company_id = billing.company_id AND other.currency_id = billing.currency_id
                   AND other.id < billing.id AND other.state != 'cancelled'
                   AND (other.id > moment.after OR other.merged_into_id >= moment.after)
              GROUP BY billing.id
                """,
                other=self._get_chain("other"),
                billing=self._get_chain("billing"),
                ids=list(self.ids),
                after=[previous[billing.id].id if billing.id in previous else 0 for billing in self],
            )
        )
        flags = {billing_id: values for billing_id, *values in self.env.cr.fetchall()}
        origins = {}
        for billing in self:
            other = previous.get(billing.id)
            origins[billing.id] = Origin(
                billing.commercial_partner_id.id,
                other.closing_balance if other else 0.0,
                not other,
                *flags.get(billing.id, (False, False)),
            )
        return origins
