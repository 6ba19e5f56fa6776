from . import account_move, billing_run, sale_order_line
