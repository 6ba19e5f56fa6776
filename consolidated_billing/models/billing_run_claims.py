import psycopg2

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

CLAIMING_STATES = ("prepared", "generating")


class ConsolidatedBillingRun(models.Model):
    """What a run claims, order lines or posted entries: one open run only, guaranteed by the database (``R3``)."""

    _inherit = "consolidated.billing.run"

    def _update_claims(self):
        """Decide what the runs claim (``R3``): the one place where claims are made and released.

        A claim is held by a selected, not yet billed line of a run that is prepared or generating. A unique index
        guarantees that no other open run claims the same order line or entry.

        :raise UserError: another run claimed one of the lines
        """
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(self._get_claims_update(), log_exceptions=False)
        except psycopg2.errors.UniqueViolation:
            conflict = next(filter(None, (runs._get_claim_conflict() for runs in self.grouped("kind").values())), "")
            if not conflict:
                raise  # with a run that is prepared at the same time: the sentence of the index says so
            raise UserError(conflict) from None
        self.env["consolidated.billing.run.line"].invalidate_model(["is_claim"])

    def _get_claims_update(self):
        """Return the statement that turns every claim which is not as it should be.

        The conditions on documents and runs are subqueries that PostgreSQL answers once. Joins are a trap here: it has
        no statistics about rows that were stored a moment ago, and may compare each line with each document.

        :rtype: SQL
        """
        return SQL(
            """
            UPDATE consolidated_billing_run_line AS line
               SET is_claim = line.is_claim IS NOT TRUE
             WHERE line.run_id IN %s AND (line.is_claim IS TRUE) != (%s IS TRUE)
            """,
            self._ids or (0,),
            self._get_claim_condition(),
        )

    def _get_claim_condition(self):
        """Return when a line is claimed; what a worker of a cancelled run has in hands stays as it is until it ends."""
        return SQL(
            """(line.selected AND line.is_billed IS NOT TRUE AND line.skip_reason IS NULL AND line.group_id IN (%s)
                OR line.is_claim AND line.group_id IN (%s))""",
            self._get_group_ids(SQL("grp.selected AND grp.state IN ('proposed', 'failed')"), CLAIMING_STATES),
            self._get_group_ids(SQL("grp.state = 'proposed'"), ("cancelled",)),
        )

    def _get_claimed_columns(self):
        """Return the columns that identify what a line of these runs, which are of one kind, claims.

        :rtype: tuple[str, ...]
        """
        if self[:1].kind == "consolidate":
            return ("move_id", "entry_partner_id", "currency_id")
        return ("order_line_id",)

    def _get_group_ids(self, condition, run_states):
        """Return the query of the documents of these runs that are in a state.

        :param SQL condition: on the document
        :param tuple[str, ...] run_states: of the run
        :rtype: SQL
        """
        return SQL(
            """SELECT grp.id
                 FROM consolidated_billing_run_group AS grp
                 JOIN consolidated_billing_run AS run ON run.id = grp.run_id
                WHERE grp.run_id IN %s AND run.state IN %s AND %s""",
            self._ids or (0,),
            run_states,
            condition,
        )

    def _get_claim_conflict(self):
        """Return the sentence that names the run which claims a line that one of these runs wants, or nothing."""
        same = SQL(" AND ").join(
            SQL("claiming.%s = line.%s", SQL.identifier(name), SQL.identifier(name))
            for name in self._get_claimed_columns()
        )
        self.env.cr.execute(
            SQL(
                """
                SELECT other_run.name, COALESCE(sale.name, move.name)
                  FROM consolidated_billing_run_line AS line
            CROSS JOIN LATERAL (
                        -- a look into the index for each line, although the statistics know nothing of a new run
                        SELECT claiming.run_id
                          FROM consolidated_billing_run_line AS claiming
                         WHERE %s AND claiming.is_claim AND claiming.run_id != line.run_id
                         LIMIT 1
                       ) AS other
                  JOIN consolidated_billing_run AS other_run ON other_run.id = other.run_id
             LEFT JOIN sale_order AS sale ON sale.id = line.order_id
             LEFT JOIN account_move AS move ON move.id = line.move_id
                 WHERE line.run_id IN %s AND line.is_claim IS NOT TRUE AND %s
                 LIMIT 1
                """,
                same,
                self._ids or (0,),
                self._get_claim_condition(),
            )
        )
        row = self.env.cr.fetchone()
        if not row:
            return ""
        return self.env._(
            "%(document)s is in billing run %(run)s. Generate or cancel that run first.",
            run=row[0],
            document=row[1],
        )
