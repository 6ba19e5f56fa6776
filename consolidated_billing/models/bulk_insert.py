import json

from odoo.tools import SQL, split_every

ROWS_PER_STATEMENT = 5000


def insert_rows(model, rows):
    """Insert many rows at once: for records that only the engine makes, and of which it knows every value.

    No defaults, computed fields or constraints of the ORM are considered, only those of the database; for that a row
    takes a small part of the time of `create`.

    :param models.BaseModel model: the model of the records
    :param list[dict] rows: the values of stored columns, ``None`` where there is none; the same columns in each row
    :return: the ids of the records, in the order of the rows
    :rtype: list[int]
    :raise AccessError: the user may not create records of the model
    """
    model.check_access("create")
    return [id_ for part in split_every(ROWS_PER_STATEMENT, rows) for id_ in _insert(model, part)]


def _insert(model, rows):
    execute = model.env.cr.execute
    execute(SQL("SELECT nextval(%s) FROM generate_series(1, %s)", f"{model._table}_id_seq", len(rows)))
    ids = [id_ for (id_,) in model.env.cr.fetchall()]
    rows = [{**row, "id": id_} for row, id_ in zip(rows, ids, strict=True)]
    execute(
        SQL(
            """
            INSERT INTO %(table)s (%(columns)s, create_uid, create_date, write_uid, write_date)
            SELECT %(columns)s, %(user)s, %(now)s, %(user)s, %(now)s
              FROM json_populate_recordset(NULL::%(table)s, %(rows)s)
            """,
            table=SQL.identifier(model._table),
            columns=SQL(", ").join(map(SQL.identifier, rows[0])),
            user=model.env.uid,
            now=model.env.cr.now(),
            rows=json.dumps(rows, default=str),
        )
    )
    return ids
