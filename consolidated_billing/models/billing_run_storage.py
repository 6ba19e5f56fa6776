import json

from odoo import api, models
from odoo.tools import SQL, split_every

STORE_BATCH_SIZE = 5000  # rows in one statement
PROPOSAL = ("consolidated.billing.run.line", "consolidated.billing.run.group")


class ConsolidatedBillingRun(models.Model):
    """Storing and dropping the rows of a proposal by the thousand, in one statement and without work for each row."""

    _inherit = "consolidated.billing.run"

    @api.model
    def _store(self, model, rows):
        """Store documents or lines of a proposal. `create` would take longer than all other work of preparing.

        The caller answers for the values: there are neither defaults nor constraints nor computed fields. A column
        that another addon added is stored when the rows have it: extend `_prepare_group` or `_prepare_line`.

        :param str model: name of the model
        :param list[dict] rows: values by name of the column, as they are stored; all rows have the same names
        :return: the ids, in the order of the rows
        :rtype: list[int]
        """
        Model = self.env[model]
        Model.check_access("create")
        self.env.flush_all()
        ids = []
        for part in split_every(STORE_BATCH_SIZE, rows, list):
            new_ids = self._draw_ids(Model, len(part))
            numbered = [{"id": new_id, **row} for new_id, row in zip(new_ids, part, strict=True)]
            self.env.cr.execute(self._get_insert(Model, numbered))
            ids += new_ids
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

    @api.model
    def _draw_ids(self, Model, count):
        """Return the ids of rows to come.

        :rtype: list[int]
        """
        rows = self.env.execute_query(
            SQL("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", Model._table, count)
        )
        return [new_id for (new_id,) in rows]

    @api.model
    def _get_insert(self, Model, rows):
        """Return the statement that stores rows; they travel as one JSON text, which PostgreSQL takes apart by column.

        :param list[dict] rows: at least one
        :rtype: SQL
        """
        table = SQL.identifier(Model._table)
        names = SQL(", ").join(map(SQL.identifier, rows[0]))
        return SQL(
            """
            INSERT INTO %s (%s, create_uid, create_date, write_uid, write_date)
                 SELECT %s, %s, %s, %s, %s
                   FROM json_populate_recordset(NULL::%s, %s)
            """,
            table,
            names,
            names,
            *(self.env.uid, self.env.cr.now()) * 2,
            table,
            json.dumps(rows),
        )
