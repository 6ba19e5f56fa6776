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
                for is_claim in (False, True):  # what one part of a line gives up, another one takes
                    self.env.cr.execute(self._get_claims_update(is_claim), log_exceptions=False)
        except psycopg2.errors.UniqueViolation:
            conflict = next(filter(None, (runs._get_claim_conflict() for runs in self.grouped("kind").values())), "")
            if not conflict:
                raise  # with a run that is prepared at the same time: the sentence of the index says so
            raise UserError(conflict) from None
        self.env["consolidated.billing.run.line"].invalidate_model(["is_claim"])

    def _get_claims_update(self, is_claim):
        """Return the statement that makes, or releases, every claim which is not as it should be.

        The conditions on documents and runs are subqueries that PostgreSQL answers once. Joins are a trap here: it has
        no statistics about rows that were stored a moment ago, and may compare each line with each document.

        :param bool is_claim: whether claims are made
        :rtype: SQL
        """
        return SQL(
            """
            UPDATE consolidated_billing_run_line AS line
               SET is_claim = %s
             WHERE line.run_id IN %s AND (line.is_claim IS TRUE) != %s AND (%s IS TRUE) = %s
            """,
            is_claim,
            self._ids or (0,),
            is_claim,
            self._get_claim_condition(),
            is_claim,
        )

    def _get_claim_condition(self):
        """Return when a line is claimed; what a worker of a cancelled run has in hands stays as it is until it ends."""
        return SQL(
            """(line.selected AND line.is_billed IS NOT TRUE AND line.skip_reason IS NULL AND line.group_id IN (%s)
                AND (line.order_line_id IS NULL OR line.quantity != 0)
                AND (line.is_part IS NOT TRUE OR NOT EXISTS (%s))
                OR line.is_claim AND line.group_id IN (%s))""",
            self._get_claiming_group_ids(),
            self._get_claiming_parts(),
            self._get_group_ids(SQL("grp.state = 'proposed'"), ("cancelled",)),
        )

    def _get_claiming_group_ids(self):
        return self._get_group_ids(SQL("grp.selected AND grp.state IN ('proposed', 'failed')"), CLAIMING_STATES)

    def _get_claiming_parts(self):
        """Return the query of the part before a line that claims its order line for the whole run.

        :rtype: SQL
        """
        return SQL(
            """SELECT 1
                 FROM consolidated_billing_run_line AS part
                WHERE part.run_id = line.run_id AND part.order_line_id = line.order_line_id AND part.id < line.id
                  AND part.selected AND part.is_billed IS NOT TRUE AND part.skip_reason IS NULL
                  AND part.quantity != 0 AND part.group_id IN (%s)""",
            self._get_claiming_group_ids(),
        )

    def _pass_claims_on(self, order_lines):
        """Let another part of these order lines, which the run still wants to bill, claim them.

        :param sale.order.line order_lines: order lines of which a part was billed or skipped
        """
        waiting = self.env["consolidated.billing.run.line"].search(
            [
                ("run_id", "=", self.id),
                ("order_line_id", "in", order_lines.ids),
                ("selected", "=", True),
                ("is_billed", "=", False),
                ("skip_reason", "=", False),
                ("quantity", "!=", 0.0),
                ("group_id.selected", "=", True),
                ("group_id.state", "in", ("proposed", "failed")),
            ]
        )
        for parts in waiting.grouped("order_line_id").values():
            if not any(parts.mapped("is_claim")):
                parts[:1]._write_as_engine({"is_claim": True})

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
