from odoo import models
from odoo.tools import SQL


class ConsolidatedBillingRun(models.Model):
    """What a run proposes and what stays unbilled, in company currency (``R1``, ``R7``)."""

    _inherit = "consolidated.billing.run"

    def _update_totals(self):
        """Reconcile: what is proposed and what is not add up to all that was unbilled (in company currency)."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT line.run_id,
                       COALESCE(SUM(line.amount_untaxed / COALESCE(NULLIF(sale.currency_rate, 0), 1))
                                FILTER (WHERE line.selected AND line.group_id IN (
                                    SELECT id FROM consolidated_billing_run_group
                                     WHERE run_id IN %s AND (selected OR is_reversed)
                                )), 0),
                       COALESCE(SUM(line.amount_open / COALESCE(NULLIF(sale.currency_rate, 0), 1)), 0)
                  FROM consolidated_billing_run_line AS line
                  JOIN sale_order AS sale ON sale.id = line.order_id
                 WHERE line.run_id IN %s
              GROUP BY line.run_id
                """,
                self._ids or (0,),
                self._ids or (0,),
            )
        )
        rows = {run_id: (float(proposed), float(unbilled)) for run_id, proposed, unbilled in self.env.cr.fetchall()}
        roundings = self.filtered("cash_rounding_id")._get_rounding_totals()
        for run in self:
            run._write_totals(*(total + roundings.get(run.id, 0.0) for total in rows.get(run.id, (0.0, 0.0))))

    def _get_rounding_totals(self):
        """Return what cash roundings add to the lines of the selected documents, in company currency.

        :return: amount by id of the run
        :rtype: dict[int, float]
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT document.run_id, SUM((document.amount_untaxed - chosen.amount) / chosen.rate)
                  FROM consolidated_billing_run_group AS document
                  JOIN LATERAL (
                        SELECT SUM(line.amount_untaxed) AS amount,
                               MIN(COALESCE(NULLIF(sale.currency_rate, 0), 1)) AS rate
                          FROM consolidated_billing_run_line AS line
                          JOIN sale_order AS sale ON sale.id = line.order_id
                         WHERE line.group_id = document.id AND line.selected
                       ) AS chosen ON TRUE
                 WHERE document.run_id IN %s AND document.selected
              GROUP BY document.run_id
                """,
                self._ids or (0,),
            )
        )
        return {run_id: float(amount or 0.0) for run_id, amount in rows}

    def _write_totals(self, proposed, unbilled):
        """Store what is proposed and what is unbilled in all, in company currency."""
        proposed, unbilled = map(self.currency_id.round, (proposed, unbilled))
        self._write_as_engine(
            {
                "amount_proposed": proposed,
                "amount_unbilled": unbilled,
                "amount_not_proposed": self.currency_id.round(unbilled - proposed),
            }
        )
        self.invalidate_recordset(["skipped_line_ids"], flush=False)
