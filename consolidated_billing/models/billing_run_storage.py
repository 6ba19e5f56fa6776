from odoo import api, models
from odoo.tools import SQL

from .bulk_rows import insert_rows

PROPOSAL = ("consolidated.billing.run.line", "consolidated.billing.run.group")


class ConsolidatedBillingRun(models.Model):
    """Storing and dropping the rows of a proposal by the thousand, in one statement and without work for each row."""

    _inherit = "consolidated.billing.run"

    @api.model
    def _store(self, model, rows):
        """Store documents or lines of a proposal. `create` would take longer than all other work of preparing.

        The caller answers for the values: see `insert_rows`. A column
        that another addon added is stored when the rows have it: extend `_prepare_group` or `_prepare_line`.

        :param str model: name of the model
        :param list[dict] rows: values by name of the column, as they are stored; all rows have the same names
        :return: the ids, in the order of the rows
        :rtype: list[int]
        """
        self.env.flush_all()
        ids = insert_rows(self.env[model], rows)
        self._forget_rows()
        return ids

    def _drop_proposal(self):
        """Drop the documents and lines of these runs.

        :raise UserError: one of the runs billed something
        """
        self._check_can_delete()
        self.env.flush_all()
        for model in PROPOSAL:
            self.env[model].check_access("unlink")
            table = SQL.identifier(self.env[model]._table)
            self.env.cr.execute(SQL("DELETE FROM %s WHERE run_id IN %s", table, self._ids or (0,)))
        self._forget_rows()

    def _forget_rows(self):
        """Drop what the cache says about rows that the database stored or deleted."""
        for model in ("consolidated.billing.run", *PROPOSAL):
            self.env[model].invalidate_model(flush=False)
