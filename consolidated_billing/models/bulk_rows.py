import json

from odoo.tools import SQL, split_every

ROWS_PER_STATEMENT = 5000


def insert_rows(model, rows):
    """Insert many rows at once: for records that only the engine makes, and of which it knows every value.

    No defaults, computed fields or constraints of the ORM are considered, only those of the database; for that a row
    takes a small part of the time of `create`. Who made the rows is not noted on each: it is known of the run or the
    document to which they belong, and PostgreSQL would look up the user for every row.

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
    columns = SQL(", ").join(map(SQL.identifier, ["id", *rows[0]]))
    table = SQL.identifier(model._table)
    execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM json_populate_recordset(NULL::%s, %s)",
            table,
            columns,
            columns,
            table,
            json.dumps([{"id": id_, **row} for id_, row in zip(ids, rows, strict=True)], default=str),
        )
    )
    return ids


def update_rows(records, rows):
    """Write many rows at once, different values on each: for columns that only the engine writes and nobody tracks.

    :param models.BaseModel records: the records
    :param list[dict] rows: the values of stored columns for each record; the same columns in each row
    :raise AccessError: the user may not write the records
    """
    records.check_access("write")
    columns = list(rows[0])
    records.flush_recordset(columns)
    values = [SQL("%(name)s = row.%(name)s", name=SQL.identifier(name)) for name in columns]
    if records._log_access:
        values.append(SQL("write_uid = %s, write_date = %s", records.env.uid, records.env.cr.now()))
    records.env.cr.execute(
        SQL(
            "UPDATE %s AS record SET %s FROM json_populate_recordset(NULL::%s, %s) AS row WHERE row.id = record.id",
            SQL.identifier(records._table),
            SQL(", ").join(values),
            SQL.identifier(records._table),
            json.dumps([{"id": id_, **row} for id_, row in zip(records.ids, rows, strict=True)], default=str),
        )
    )
    records.invalidate_recordset(columns, flush=False)
    records.modified(columns)
