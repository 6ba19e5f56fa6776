from . import (
    account_move_reversal,
    account_payment_register,
    base_partner_merge,
    consolidated_billing_assign_profile,
    consolidated_billing_collect,
    consolidated_billing_collect_claims,
    mail_compose_message,
    consolidated_billing_collect_credited,
    payment_link_wizard,
    sale_make_invoice_advance,
    sale_make_invoice_advance_credited,
    sale_make_invoice_advance_preview,
)
