# ruff: noqa: F821 (a shell of Odoo gives env)
"""A database as release 19.0.1.0.0 left it: orders, invoices, runs and consolidated invoices in every state.

How the dump beside this file was made: this script, in a shell of that release on a database without demo data.
"""

from odoo import Command

env["account.chart.template"].try_loading("generic_coa", company=env.company, install_demo=False)
company = env.company
tax = env["account.tax"].search([("type_tax_use", "=", "sale"), ("company_id", "=", company.id)], limit=1)
product = env["product.product"].create(
    {"name": "Towels", "type": "consu", "invoice_policy": "order", "taxes_id": [Command.set(tax.ids)]}
)
bank = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
net30 = env["account.payment.term"].create(
    {"name": "Net 30", "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})]}
)


def account(name, **values):
    return env["res.partner"].create({"name": name, "is_company": True, **values})


def order(partner, *prices, **values):
    lines = [Command.create({"product_id": product.id, "price_unit": price}) for price in prices]
    result = env["sale.order"].create({"partner_id": partner.id, "order_line": lines, **values})
    result.action_confirm()
    return result


def run(*steps, **values):
    values = {"cutoff_date": "2026-03-31", "invoice_date": "2026-03-31", **values}
    result = env["consolidated.billing.run"].create(values)
    result.action_prepare()
    if "generate" in steps:
        result.action_generate()
        result._process_groups()
    if "post" in steps:
        result.action_post()
    return result


def entry(partner, amount, day, kind="out_invoice", **values):
    move = env["account.move"].create(
        {
            "move_type": kind,
            "partner_id": partner.id,
            "invoice_date": day,
            "date": day,
            "invoice_line_ids": [Command.create({"product_id": product.id, "price_unit": amount, "tax_ids": []})],
            **values,
        }
    )
    move.action_post()
    return move


def pay(partner, amount, day, moves=None):
    payment = env["account.payment"].create(
        {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": partner.id,
            "amount": amount,
            "date": day,
            "journal_id": bank.id,
        }
    )
    payment.action_post()
    if moves:
        items = (payment.move_id + moves).line_ids
        items.filtered(lambda item: item.account_type == "asset_receivable" and not item.reconciled).reconcile()
    return payment


def bill(partner, cutoff, finalize=True):
    documents = run(
        "generate",
        kind="consolidate",
        cutoff_date=cutoff,
        invoice_date=cutoff,
        ignore_cycle=True,
        partner_ids=[Command.set(partner.ids)],
        by_grouping_account=partner.is_grouping_account,
    ).consolidated_billing_ids
    if finalize:
        documents.action_finalize()
    return documents


monthly = env["consolidated.billing.profile"].create(
    {"name": "Monthly", "consolidated_billing": True, "invoice_format": "detail", "payment_term_id": net30.id}
)
merging = env["consolidated.billing.profile"].create(
    {"name": "By month", "split_by_month": True, "credit_policy": "separate", "minimum_amount": 50}
)

# A grouping account with members: orders merged, separate, by job code; one run of each state
head = account("Head office", ref="12345", billing_profile_id=merging.id)
head.action_make_grouping_account()
members = env["res.partner"].union(
    *(account(f"Hotel {number}", ref=f"1234{number}", grouping_partner_id=head.id) for number in (6, 7, 8))
)
for member in members:
    order(member, 100, 20)
order(members[0], 70, invoice_grouping="job_code", job_code="Texas")
order(members[1], 30, invoice_grouping="separate")
posted = run("generate", "post", by_grouping_account=True, partner_ids=[Command.set(head.ids)])
assert len(posted.move_ids) >= 2 and set(posted.move_ids.mapped("state")) == {"posted"}
for member in members:
    order(member, 11, 22)
drafts = run("generate", by_grouping_account=True, partner_ids=[Command.set(head.ids)], cutoff_date="2026-04-30")
assert set(drafts.move_ids.mapped("state")) == {"draft"}
later = order(members[2], 40, 60)
later.order_line[0].next_bill_date = "2099-01-31"
single = account("Prepared for later")
order(single, 500, next_bill_date="2026-03-01")
prepared = run(partner_ids=[Command.set(single.ids)])
assert prepared.state == "prepared" and prepared.group_ids
reversed_customer = account("Reversed")
order(reversed_customer, 900)
undone = run("generate", "post", partner_ids=[Command.set(reversed_customer.ids)])
undone.action_reverse()

# Consolidated invoices: a chain, paid and unpaid, draft, rejected, cancelled
payer = account("Payer", billing_profile_id=monthly.id)
first = entry(payer, 100, "2026-01-10")
entry(payer, 30, "2026-01-20", "out_refund")
january = bill(payer, "2026-01-31")
pay(payer, 70, "2026-02-05", first)
entry(payer, 45, "2026-02-10")
february = bill(payer, "2026-02-28")
entry(payer, 5, "2026-03-10")
march = bill(payer, "2026-03-31", finalize=False)
assert february.opening_balance == january.closing_balance == 70, (january.closing_balance, february.opening_balance)
rejected_customer = account("Rejected", billing_profile_id=monthly.id)
entry(rejected_customer, 10, "2026-01-10")
bill(rejected_customer, "2026-01-31", finalize=False).action_reject()
cancelled_customer = account("Cancelled", billing_profile_id=monthly.id)
entry(cancelled_customer, 12, "2026-01-10")
bill(cancelled_customer, "2026-01-31").action_cancel()
partly = account("Partly paid", billing_profile_id=monthly.id)
billed = entry(partly, 80, "2026-01-10")
bill(partly, "2026-01-31")
pay(partly, 20, "2026-02-10", billed)
env.cr.commit()
