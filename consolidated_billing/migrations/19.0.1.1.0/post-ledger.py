"""Note what existing consolidated billing invoices counted, so that the next one of each account begins there.

Their amounts stay as they were printed. Until now nothing was noted of the payments that a document counted, and of
the balances of the accounts that it covered.
"""

from odoo import SUPERUSER_ID, api
from odoo.tools import split_every

from odoo.addons.consolidated_billing.models.bulk_rows import insert_rows

BATCH_SIZE = 500


def migrate(cr, version):
    """Note it for all valid documents, earlier ones first."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    Billing = env["consolidated.billing.invoice"]
    for billings in Billing.search([("state", "!=", "cancelled")], order="id")._split_by_chain():
        for ids in split_every(BATCH_SIZE, billings.ids):
            note_balances(Billing.browse(ids))
            env.invalidate_all()


def note_balances(billings):
    """Note the payments and the balances of some documents, no two of the same chain."""
    ledgers = billings._get_ledgers({})
    rows = []
    for billing in billings:
        late = get_late_payments(billing, ledgers[billing.id].payments)
        ledger = ledgers[billing.id]
        for payment in late:
            ledger.now[payment.account_id] -= payment.amount
        rows += billing._prepare_account_rows(ledger)
        rows += [billing._prepare_payment_row("counted", p) for p in ledger.payments if p not in late]
    if rows:
        insert_rows(billings.env["consolidated.billing.invoice.balance"], rows)


def get_late_payments(billing, payments):
    """Return the payments that were entered after the document was made: they are left to the next one."""
    items = billing.env["account.move.line"].browse([payment.item_ref for payment in payments])
    late = set(items.filtered(lambda item: item.create_date > billing.write_date).ids)
    return [payment for payment in payments if payment.item_ref in late]
