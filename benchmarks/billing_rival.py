"""`account_billing` on the same ledger: all customers one after the other.

It has two ways to bill: a person makes a document, lets it find the open entries (*Compute items*) and validates it, or
selects the open entries of a customer, lets *Create Billing* make a document of them and validates that. The addon
finds the entries itself, so the first way does the same job; of the second, the selecting is not measured. The
documents of earlier periods are not made there: they would only be more rows for it. Each way has a process and a
database of its own, whose ledger grows as the addon's does.

Its buttons make and validate one document at a time, so each takes two or three requests. Here it takes one, committed,
with nothing left in the cache of records, as it is between requests. ``--per-request`` measures what no button does: a
program that makes many documents in each.
"""

from functools import partial

from dataset import create_customers, create_products
from ledger import copy_ledger, post_ledger
from measuring import Contender, analyze, measure
from options import BILLING, SELECTING
from session import get_seller_id

from odoo import api
from odoo.tools import split_every

FINDING, SELECTED = "account_billing, finding entries", "account_billing, entries selected"
RIVALS = {FINDING: BILLING, SELECTED: SELECTING}  # with the database of each
ORIGINAL, COPY, DONE = "original", "copy", "done"  # references of customers


def child_begin_ledger(registry, entries, periods):
    """Post the entries of the customer whose entries are copied."""
    with registry.cursor() as cr:
        env = api.Environment(cr, get_seller_id(registry), {}, su=True)
        original = create_customers(env, 1, ref=ORIGINAL)
        post_ledger(env, original, create_products(env, 2), entries, periods)


def child_grow_ledger(registry, count):
    """Add customers with entries, to be billed the next time.

    :param int count: number of customers
    """
    with registry.cursor() as cr:
        env = api.Environment(cr, get_seller_id(registry), {}, su=True)
        original = env["res.partner"].search([("ref", "=", ORIGINAL)])
        env["res.partner"].search([("ref", "=", COPY)]).ref = DONE
        copy_ledger(env, original, create_customers(env, count, ref=COPY))
    analyze(registry, keep=False)


def child_bill_ledger(registry, name, per_request):
    """Let `account_billing` bill the entries of the customers that were added last.

    :param str name: one of ``RIVALS``
    :param int per_request: documents that are made before that is committed and the cache is emptied
    :return: a sample
    :rtype: dict
    """
    entries, days = {}, []

    def find(env):
        is_open = [("state", "=", "posted"), ("payment_state", "in", ("not_paid", "partial"))]
        domain = [("partner_id.ref", "=", COPY), ("move_type", "in", ("out_invoice", "out_refund")), *is_open]
        groups = env["account.move"]._read_group(domain, ["partner_id"], ["id:array_agg", "invoice_date:max"])
        entries.update({partner.id: ids for partner, ids, _day in groups})
        days.extend(day for *_others, day in groups)

    def bill(env):
        return bill_by_customer(env, entries, partial(create, max(days)), per_request)

    create = create_finding if name == FINDING else create_selected
    contender = Contender(name, find, bill)
    return measure(registry, get_seller_id(registry), contender, account_billing_outcome, keep=True)._asdict()


def bill_by_customer(env, entries, create, per_request):
    """Create and validate a document for the entries of each customer.

    :param dict[int, list[int]] entries: ids of the open entries by customer
    :param create: called with the environment and some of them, returns their documents
    :param int per_request: customers of whom it is called at once
    :rtype: account.billing
    """
    billings = env["account.billing"]
    for chunk in split_every(per_request, entries):
        created = create(env, {partner_id: entries[partner_id] for partner_id in chunk})
        created.validate_billing()
        billings += created
        env.cr.commit()
        env.invalidate_all()
    return billings


def create_finding(cutoff, env, entries):
    """Create documents that find their entries.

    :param date cutoff: the last invoice date
    :rtype: account.billing
    """
    values = {"bill_type": "out_invoice", "threshold_date_type": "invoice_date", "threshold_date": cutoff}
    billings = env["account.billing"].create([{**values, "partner_id": partner_id} for partner_id in entries])
    for billing in billings:
        billing.compute_lines()
    return billings


def create_selected(_cutoff, env, entries):
    """Create documents of entries that were selected before.

    :rtype: account.billing
    """
    moves = env["account.move"].browse([move_id for ids in entries.values() for move_id in ids])
    created = [moves.browse(ids).with_prefetch(moves.ids).action_create_billing()["res_id"] for ids in entries.values()]
    return env["account.billing"].browse(created)


def account_billing_outcome(billings):
    """Return documents, entries and their total, as `billing_outcome` does."""
    lines = billings.billing_line_ids
    return len(billings), len(lines), round(sum(lines.mapped("amount_total")), 2)


TASKS = {
    "begin ledger": child_begin_ledger,
    "grow ledger": child_grow_ledger,
    "bill ledger": child_bill_ledger,
}
