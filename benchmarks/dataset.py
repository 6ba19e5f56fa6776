"""Data for the benchmarks: a company, customers, and confirmed orders in any number.

One order of each customer is created and confirmed as a person would do it; the others are copies
made by the database, so that 50,000 orders take seconds.
"""

from odoo.fields import Command
from odoo.tools import SQL

COPIED_TABLES = {"sale_order": ("id", "name", "date_order"), "sale_order_line": ("id", "order_id")}


def set_up_company(env):
    """Give the company a chart of accounts and combine orders, as most companies that group do.

    :param env: environment of a superuser
    :return: the company
    :rtype: res.company
    """
    company = env.company
    if not company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
    if "invoice_grouping" in company._fields:  # not in the databases of the others
        company.invoice_grouping = "combine"
    return company


def create_seller(env):
    """Return a user who may sell and invoice: access rights count in every measurement.

    :rtype: res.users
    """
    groups = ("sales_team.group_sale_manager", "account.group_account_manager")
    return env["res.users"].create(
        {
            "name": "Benchmark",
            "login": "benchmark",
            "group_ids": [Command.link(env.ref(name).id) for name in groups],
        }
    )


def create_products(env, count):
    """Return products that can be invoiced when ordered, with the company's default tax.

    :param int count: number of products
    :rtype: product.product
    """
    return env["product.product"].create(
        [
            {
                "name": f"Product {number}",
                "type": "consu",
                "invoice_policy": "order",
                "list_price": 10.0 + number,
            }
            for number in range(count)
        ]
    )


def create_customers(env, count, **values):
    """Return companies that buy.

    :param int count: number of customers
    :param values: further values of `res.partner`
    :rtype: res.partner
    """
    return env["res.partner"].create(
        [{"name": f"Customer {number:05}", "is_company": True, **values} for number in range(count)]
    )


def create_orders(env, customers, products, copies):
    """Create confirmed orders with a line for every product.

    :param res.partner customers: every customer gets the same number of orders
    :param product.product products: one line each
    :param int copies: orders per customer
    :return: the orders, the first of every customer first
    :rtype: sale.order
    """
    lines = [
        Command.create({"product_id": product.id, "product_uom_qty": 1.0 + position, "sequence": position})
        for position, product in enumerate(products)
    ]
    orders = env["sale.order"].create([{"partner_id": customer.id, "order_line": lines} for customer in customers])
    orders.action_confirm()
    env.flush_all()
    if copies > 1:
        _copy_orders(env, orders.ids, copies - 1)
        env.invalidate_all()
    return env["sale.order"].search([("partner_id", "in", customers.ids)], order="id")


def create_many_orders(env, customers, products, copies):
    """Create confirmed orders of which only one is made by a person's way: 50,000 orders take a minute.

    :param res.partner customers: every customer gets the same number of orders
    :param product.product products: one line each
    :param int copies: orders per customer
    """
    original = create_orders(env, customers[:1], products, 1)
    customer = original.partner_id
    pairs = SQL(
        "(SELECT partner, copy FROM unnest(%s) partner, generate_series(1, %s) copy WHERE (partner, copy) != (%s, 1))",
        customers.ids,
        copies,
        customer.id,
    )
    _insert_copies(
        env,
        "sale_order",
        original,
        SQL("o.id = %s", original.id),
        {
            "name": SQL("o.name || '-' || pair.partner || '-' || pair.copy"),
            "date_order": SQL("o.date_order - pair.copy * interval '1 minute'"),
        },
        SQL("%s pair", pairs),
        SQL("pair.partner"),
        SQL("pair.partner, pair.copy"),
    )
    _insert_copies(
        env,
        "sale_order_line",
        original,
        SQL("o.order_id = %s", original.id),
        {"order_id": SQL("c.id")},
        SQL("(SELECT id, partner_id FROM sale_order WHERE id > %s) c", original.id),
        SQL("c.partner_id"),
        SQL("c.id, o.id"),
    )
    env.cr.execute(
        """
        INSERT INTO account_tax_sale_order_line_rel (sale_order_line_id, account_tax_id)
             SELECT n.id, t.account_tax_id
               FROM sale_order_line n
               JOIN sale_order_line o ON o.order_id = %(original)s AND o.sequence = n.sequence
               JOIN account_tax_sale_order_line_rel t ON t.sale_order_line_id = o.id
              WHERE n.order_id > %(original)s
        """,
        {"original": original.id},
    )
    env.invalidate_all()


def _insert_copies(env, table, original, where, values, source, partner, order):
    """Insert copies of rows; what points to the customer of the original points to another one.

    :param SQL where: which rows ``o`` of the table are copied
    :param dict[str, SQL] values: what columns get
    :param SQL source: what a copy is made for
    :param SQL partner: the customer of a copy
    :param SQL order: in which order the copies are inserted
    """
    env.cr.execute(
        """
        SELECT attribute.attname
          FROM pg_constraint AS key
          JOIN pg_attribute AS attribute ON attribute.attrelid = key.conrelid AND attribute.attnum = ANY(key.conkey)
         WHERE key.contype = 'f' AND key.conrelid = %s::regclass AND key.confrelid = 'res_partner'::regclass
        """,
        [table],
    )
    partners = {name for (name,) in env.cr.fetchall()}
    columns = _columns(env, table, {"id"})
    expressions = []
    for column in columns:
        old = SQL.identifier("o", column)
        if column in values:
            expressions.append(values[column])
        elif column in partners:
            expressions.append(SQL("CASE WHEN %s = %s THEN %s ELSE %s END", old, original.partner_id.id, partner, old))
        else:
            expressions.append(old)
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s o, %s WHERE %s ORDER BY %s",
            SQL.identifier(table),
            _names(columns),
            SQL(", ").join(expressions),
            SQL.identifier(table),
            source,
            where,
            order,
        )
    )


def describe_orders(env, order_ids):
    """Return a short text that is the same when orders are, in whatever database: customers, products, amounts.

    :param list[int] order_ids: the orders
    :rtype: str
    """
    env.cr.execute(
        """
          SELECT md5(string_agg(concat_ws('|', orders.name, partner.name, orders.amount_total, line.sequence, line.name,
                                          line.product_uom_qty, line.price_unit, line.price_total, line.qty_to_invoice),
                                '/' ORDER BY orders.name, line.sequence))
            FROM sale_order_line AS line
            JOIN sale_order AS orders ON orders.id = line.order_id
            JOIN res_partner AS partner ON partner.id = orders.partner_invoice_id
           WHERE orders.id = ANY(%s)
        """,
        [order_ids],
    )
    return env.cr.fetchone()[0]


def _copy_orders(env, order_ids, copies):
    """Copy orders with their lines and taxes inside the database.

    :param list[int] order_ids: the originals
    :param int copies: copies of each of them
    """
    order, line = (_columns(env, table, skipped) for table, skipped in COPIED_TABLES.items())
    env.cr.execute(
        SQL(
            "INSERT INTO sale_order (name, date_order, %s)"
            " SELECT o.name || '-' || copy, o.date_order - copy * interval '1 hour', %s"
            " FROM sale_order o, generate_series(1, %s) copy"
            " WHERE o.id = ANY(%s) ORDER BY copy, o.id",
            _names(order),
            _names(order, "o"),
            copies,
            order_ids,
        )
    )
    pairs = SQL(
        "sale_order o JOIN generate_series(1, %s) copy ON o.id = ANY(%s)"
        " JOIN sale_order c ON c.name = o.name || '-' || copy"
        " JOIN sale_order_line l ON l.order_id = o.id",
        copies,
        order_ids,
    )
    env.cr.execute(
        SQL(
            "INSERT INTO sale_order_line (order_id, %s) SELECT c.id, %s FROM %s ORDER BY c.id, l.id",
            _names(line),
            _names(line, "l"),
            pairs,
        )
    )
    env.cr.execute(
        SQL(
            "INSERT INTO account_tax_sale_order_line_rel (sale_order_line_id, account_tax_id)"
            " SELECT n.id, t.account_tax_id FROM %s"
            " JOIN sale_order_line n ON n.order_id = c.id AND n.sequence = l.sequence"
            " JOIN account_tax_sale_order_line_rel t ON t.sale_order_line_id = l.id",
            pairs,
        )
    )


def _columns(env, table, skipped):
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = current_schema",
        [table],
    )
    return sorted({name for (name,) in env.cr.fetchall()} - set(skipped))


def _names(columns, alias=None):
    prefix = [alias] if alias else []
    return SQL(", ").join(SQL.identifier(*prefix, column) for column in columns)
