"""Posted entries for the benchmarks: invoices, credit notes and payments of many customers, over several periods.

What one customer has is posted as a person does it; for the others the database copies it, with all that belongs to
it, so that 20,000 invoices take seconds.
"""

from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo.fields import Command
from odoo.tools import SQL

FIRST_PERIOD = date(2025, 1, 1)
CREDIT_NOTE_EVERY = 10  # entries


class Table(NamedTuple):
    """A table of which rows are copied.

    :param name: the table
    :param references: the columns that point to rows that are copied as well, with their table
    :param values: what other columns get, as SQL; ``original`` is the row, ``copied`` holds ``partner`` and ``new``
    """

    name: str
    references: dict[str, str]
    values: dict[str, str]


NUMBERED = "original.{} || '-' || copied.partner"
# In the order in which rows can point to each other. A payment gets its entry afterwards.
TABLES = (
    Table("account_full_reconcile", {}, {}),
    Table("account_payment", {}, {"partner_id": "copied.partner", "move_id": "NULL::int", "name": NUMBERED}),
    Table(
        "account_move",
        {"origin_payment_id": "account_payment"},
        {
            "partner_id": "copied.partner",
            "commercial_partner_id": "copied.partner",
            "partner_shipping_id": "CASE WHEN original.partner_shipping_id IS NOT NULL THEN copied.partner END",
            "name": NUMBERED,
            "payment_reference": NUMBERED,
            "access_token": "NULL::varchar",
        },
    ),
    Table(
        "account_move_line",
        {
            "move_id": "account_move",
            "payment_id": "account_payment",
            "full_reconcile_id": "account_full_reconcile",
        },
        {
            "partner_id": "copied.partner",
            "move_name": NUMBERED,
            "matching_number": "account_full_reconcile.new::varchar",
        },
    ),
    Table(
        "account_partial_reconcile",
        {
            "debit_move_id": "account_move_line",
            "credit_move_id": "account_move_line",
            "full_reconcile_id": "account_full_reconcile",
        },
        {},
    ),
)
RELATIONS = {
    "account_move_line_account_tax_rel": {"account_move_line_id": "account_move_line"},
    "account_account_tag_account_move_line_rel": {"account_move_line_id": "account_move_line"},
    "account_move__account_payment": {"invoice_id": "account_move", "payment_id": "account_payment"},
}


# --------------------------------------------------------------------------------------------------
# What a person posts
# --------------------------------------------------------------------------------------------------


def get_cutoff(period):
    """Return the last day of a period, counted from 0.

    :rtype: date
    """
    return FIRST_PERIOD + relativedelta(months=period + 1, days=-1)


def post_ledger(env, customer, products, entries, periods):
    """Post what a customer has: the same number of entries in each period, all paid but those of the last one.

    :param res.partner customer: the customer
    :param product.product products: one line each
    :param int entries: invoices and credit notes per period
    :param int periods: number of periods, the last one is not paid
    """
    lines = [Command.create({"product_id": product.id, "quantity": 1.0 + n}) for n, product in enumerate(products)]
    credited = lines[:1]  # less than an invoice: all of them end as paid, none as reversed
    for period in range(periods):
        first = FIRST_PERIOD + relativedelta(months=period)
        moves = env["account.move"].create(
            [
                {
                    "move_type": "out_refund" if is_credit_note(number) else "out_invoice",
                    "partner_id": customer.id,
                    "invoice_date": (first + relativedelta(days=number % 28)).isoformat(),
                    "date": (first + relativedelta(days=number % 28)).isoformat(),
                    "invoice_line_ids": credited if is_credit_note(number) else lines,
                }
                for number in range(entries)
            ]
        )
        moves.action_post()
        if period < periods - 1:
            pay(env, moves, first + relativedelta(months=1, days=9))
    env.flush_all()


def is_credit_note(number):
    """Return whether the entry with this number in its period, counted from 0, is a credit note.

    :rtype: bool
    """
    return number % CREDIT_NOTE_EVERY == CREDIT_NOTE_EVERY - 1


def pay(env, moves, day):
    """Settle all these entries with one payment.

    :param account.move moves: open entries of one customer
    :param date day: the day of the payment, in the next period
    """
    items = moves.line_ids.filtered(lambda item: item.account_type == "asset_receivable")
    wizard = env["account.payment.register"].with_context(active_model="account.move.line", active_ids=items.ids)
    wizard.create({"group_payment": True, "payment_date": day})._create_payments()


# --------------------------------------------------------------------------------------------------
# What the database copies
# --------------------------------------------------------------------------------------------------


def copy_ledger(env, original, customers):
    """Copy all entries of a customer to other customers, with payments and reconciliations.

    :param res.partner original: whose entries are copied
    :param res.partner customers: who gets a copy of each
    """
    env.flush_all()
    for table in TABLES:
        _number_copies(env, table, original, customers)
    for table in TABLES:
        _copy_rows(env, table)
    env.cr.execute(
        """UPDATE account_payment SET move_id = move.id FROM copied_account_move copied, account_move move
            WHERE move.id = copied.new AND account_payment.id = move.origin_payment_id"""
    )
    for relation, references in RELATIONS.items():
        _copy_relation(env, relation, references)
    for table in TABLES:
        env.cr.execute(SQL("DROP TABLE %s", _copies(table.name)))
    env.invalidate_all()


def _copies(table):
    return SQL.identifier(f"copied_{table}")


def _number_copies(env, table, original, customers):
    """Decide the ids of the copies: a temporary table with the columns old, partner and new."""
    owners = {
        "account_full_reconcile": "SELECT full_reconcile_id FROM account_move_line WHERE partner_id = %s",
        "account_partial_reconcile": """SELECT part.id FROM account_partial_reconcile part
            JOIN account_move_line item ON item.id = part.debit_move_id WHERE item.partner_id = %s""",
        "account_move_line": """SELECT item.id FROM account_move_line item
            JOIN account_move move ON move.id = item.move_id WHERE move.partner_id = %s""",
    }
    query = owners.get(table.name, f"SELECT id FROM {table.name} WHERE partner_id = %s")
    env.cr.execute(
        SQL(
            """
            CREATE TEMPORARY TABLE %(copies)s AS
            SELECT row.id AS old, partner, nextval(%(sequence)s)::int AS new
              FROM unnest(%(partners)s::int[]) AS partner, %(table)s AS row
             WHERE row.id IN (%(ids)s)
          ORDER BY partner, row.id
            """,
            copies=_copies(table.name),
            sequence=f"{table.name}_id_seq",
            partners=customers.ids,
            table=SQL.identifier(table.name),
            ids=SQL(query, original.id),
        )
    )
    env.cr.execute(SQL("ANALYZE %s", _copies(table.name)))


def _copy_rows(env, table):
    columns = _columns(env, table.name, {"id"})
    values = [
        SQL("%s.new", SQL.identifier(table.references[column]))
        if column in table.references
        else SQL(table.values[column].format(column) if column in table.values else f'original."{column}"')
        for column in columns
    ]
    # one alias for each column that is followed: two can lead to the same table
    joins, found = [], {}
    for column, target in table.references.items():
        alias = target if target not in found else f"{target}_{column}"
        found[target] = alias
        values[columns.index(column)] = SQL("%s.new", SQL.identifier(alias))
        joins.append(
            SQL(
                " LEFT JOIN %(copies)s AS %(alias)s ON %(alias)s.old = original.%(column)s"
                " AND %(alias)s.partner = copied.partner",
                copies=_copies(target),
                alias=SQL.identifier(alias),
                column=SQL.identifier(column),
            )
        )
    env.cr.execute(
        SQL(
            "INSERT INTO %(table)s (id, %(names)s) SELECT copied.new, %(values)s"
            " FROM %(copies)s AS copied JOIN %(table)s AS original ON original.id = copied.old %(joins)s"
            " ORDER BY copied.new",
            table=SQL.identifier(table.name),
            names=SQL(", ").join(map(SQL.identifier, columns)),
            values=SQL(", ").join(values),
            copies=_copies(table.name),
            joins=SQL().join(joins),
        )
    )


def _copy_relation(env, relation, references):
    columns = _columns(env, relation, set())
    values = [
        SQL.identifier(f"to_{column}" if column in references else "rel", "new" if column in references else column)
        for column in columns
    ]
    joins, partner = [], None
    for column, target in references.items():
        joins.append(
            SQL(
                " JOIN %(copies)s AS %(alias)s ON %(alias)s.old = rel.%(column)s %(same)s",
                copies=_copies(target),
                alias=SQL.identifier(f"to_{column}"),
                column=SQL.identifier(column),
                same=SQL("AND %s.partner = %s.partner", SQL.identifier(f"to_{column}"), partner) if partner else SQL(),
            )
        )
        partner = partner or SQL.identifier(f"to_{column}")
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s AS rel %s",
            SQL.identifier(relation),
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(values),
            SQL.identifier(relation),
            SQL().join(joins),
        )
    )


def _columns(env, table, skipped):
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = current_schema",
        [table],
    )
    return sorted({name for (name,) in env.cr.fetchall()} - skipped)
