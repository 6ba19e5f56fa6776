from . import (
    account_move_reversal,
    account_payment_register,
    base_partner_merge,
    consolidated_billing_assign_profile,
    consolidated_billing_collect,
    consolidated_billing_collect_claims,
    consolidated_billing_collect_credited,
    mail_compose_message,
    payment_link_wizard,
    sale_make_invoice_advance,
    sale_make_invoice_advance_credited,
    sale_make_invoice_advance_preview,
)
