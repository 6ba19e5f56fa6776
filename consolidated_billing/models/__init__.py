from . import (
    account_move,
    res_company,
    res_config_settings,
    res_partner,
    sale_order,
    sale_order_invoice_header,
    sale_order_invoicing,
    sale_order_line,
    sale_order_merge_key,
)
