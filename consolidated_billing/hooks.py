from odoo.tools.sql import column_exists, create_column


def pre_init_hook(env):
    """Create and fill the stored columns of existing orders in SQL.

    Without it the ORM would compute them order by order, for hours on a large database. Orders that
    exist before the installation keep the invoice address they have; it counts as automatic, so that
    they follow when their customer gets a grouping account.
    """
    columns = [
        ("sale_order", "invoice_grouping", "varchar"),
        ("sale_order", "default_invoice_partner_id", "int4"),
        ("sale_order", "grouping_partner_id", "int4"),
        ("sale_order_line", "next_bill_date", "date"),
        ("account_move", "billing_number", "varchar"),
    ]
    for table, column, sql_type in columns:
        if not column_exists(env.cr, table, column):
            create_column(env.cr, table, column, sql_type)
    env.cr.execute(
        """
        UPDATE sale_order
           SET invoice_grouping = COALESCE(invoice_grouping, 'combine'),
               default_invoice_partner_id = partner_invoice_id
        """
    )
