"""What the proofs of consolidated billing invoices do inside Odoo, like `jobs`."""

from functools import partial

from jobs import _as_button, _get_product

from odoo import Command

# --------------------------------------------------------------------------------------------------
# Data
# --------------------------------------------------------------------------------------------------


def create_entries(env, control, customers, entries=2, prefix="Customer", date="2026-03-10", members=0):
    """Create posted entries of customers that receive consolidated billing invoices; every third is a credit note.

    :param int customers: how many customers, found by their name when they exist already
    :param int entries: how many entries each of them gets
    :param int members: how many members each customer has; the entries are theirs then
    :return: ids of the entries
    """
    env = env(context={**env.context, "tracking_disable": True})
    partners = _get_customers(env, customers, prefix)
    buyers = partners
    if members:
        partners.filtered(lambda partner: not partner.is_grouping_account).action_make_grouping_account()
        buyers = env["res.partner"].create(
            [
                {"name": f"{partner.name}, shop {n}", "is_company": True, "grouping_partner_id": partner.id}
                for partner in partners
                for n in range(members)
            ]
        )
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_refund" if number % 3 == 2 else "out_invoice",
                "partner_id": buyer.id,
                "invoice_date": date,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": _get_product(env).id,
                            "quantity": 1.0,
                            "price_unit": (100.0 if number % 3 < 2 else 20.0) + index % 7 + number / 3,
                        }
                    )
                ],
            }
            for index, buyer in enumerate(buyers)
            for number in range(entries)
        ]
    )
    moves.action_post()
    return moves.ids


def _get_customers(env, count, prefix):
    names = [f"{prefix} {number:03}" for number in range(count)]
    found = env["res.partner"].search([("name", "in", names)], order="name")
    if found:
        return found
    profile = env["consolidated.billing.profile"].search([("name", "=", "Proof")]) or env[
        "consolidated.billing.profile"
    ].create({"name": "Proof", "consolidated_billing": True})
    return env["res.partner"].create(
        [{"name": name, "is_company": True, "billing_profile_id": profile.id} for name in names]
    )


def warm_up(env):
    """Fill the caches of the registry, which all processes inherit; the caller rolls back."""
    if _get_product(env):
        moves = env["account.move"].browse(create_entries(env, None, customers=1, prefix="Warm-up"))
        values = {"kind": "consolidate", "cutoff_date": "2026-03-31", "invoice_date": "2026-03-31"}
        env["consolidated.billing.run"].create({**values, "partner_ids": moves.partner_id.ids}).action_prepare()


# --------------------------------------------------------------------------------------------------
# What a person does
# --------------------------------------------------------------------------------------------------


def finalize(env, control, run):
    """Accept all documents of a run."""
    _as_button(env, env["consolidated.billing.run"].browse(run).action_post)


def pay_entries(env, control, moves, amount=None, wait=False, delay=0.0, date="2026-03-20"):
    """Register a payment on entries, not on their document."""
    records = env["account.move"].browse(moves)
    _register_payment(env, control, records.action_register_payment, amount, wait, delay, date)


def pay_billing(env, control, billings, amount=None, wait=False, delay=0.0, date="2026-04-05"):
    """Register one payment on each of these documents, by default of all that is open.

    With ``wait``: open the wizard, and create the payment when the proof says so.
    """
    records = env["consolidated.billing.invoice"].browse(billings)
    _register_payment(env, control, records.action_register_payment, amount, wait, delay, date)


def _register_payment(env, control, open_wizard, amount, wait, delay, date):
    values = {"payment_date": date, "group_payment": True, **({"amount": amount} if amount else {})}
    wizard = env["account.payment.register"].with_context(**open_wizard()["context"]).create(values)
    env.cr.commit()
    if wait:
        control.wait(delay)
    _as_button(env, wizard.action_create_payments)


def reset_to_draft(env, control, moves, wait=False, delay=0.0):
    """Reset entries to draft as a person does."""
    records = env["account.move"].browse(moves)
    if wait:
        control.wait(delay)
    _as_button(env, records.button_draft)


def post_again(env, control, moves, price):
    """Change the price of draft entries and post them."""
    for move in env["account.move"].browse(moves):
        move.invoice_line_ids.price_unit = price
    env["account.move"].browse(moves).action_post()


# --------------------------------------------------------------------------------------------------
# Numbers
# --------------------------------------------------------------------------------------------------


def draw_numbers(env, control, count, keep=True, wait=False):
    """Draw billing numbers; with ``wait`` store or lose them only when the proof says go.

    :param bool keep: make a document for each of them
    """
    Billing = env["consolidated.billing.invoice"]
    names = dict(Billing._draw_numbers(env.company, count))
    numbers = list(names)
    if wait:
        control.wait()
    if not keep:
        env.cr.rollback()
        return numbers
    Billing._create_for_missing_numbers(env.company, names)
    return numbers


def explain_numbers(env, control, wait=False):
    """Explain missing numbers; with ``wait`` in a transaction that began before the proof says go.

    :return: the numbers that were explained
    """
    if wait:
        env.cr.execute("SELECT count(*) FROM consolidated_billing_invoice")  # takes the snapshot
        control.wait()
    return env["consolidated.billing.invoice"]._explain_missing_numbers(env.company).mapped("sequence_number")


def explain_numbers_as_button(env, control, wait=False):
    """Like `explain_numbers`, with Odoo's answer to concurrency errors."""
    return _as_button(env, partial(explain_numbers, env, control, wait))


# --------------------------------------------------------------------------------------------------
# After an update
# --------------------------------------------------------------------------------------------------


def bill_next_month(env, control, customer, cutoff, amount):
    """Accept the last document of a customer, add an invoice and bill it.

    :return: the last two documents, with the ledger at their cutoff dates
    """
    partner = env["res.partner"].search([("name", "=", customer)])
    documents = env["consolidated.billing.invoice"].search([("partner_id", "=", partner.id)])
    documents.filtered(lambda document: document.state == "draft").action_finalize()
    line = Command.create({"name": "More", "quantity": 1, "price_unit": amount, "tax_ids": []})
    values = {"move_type": "out_invoice", "partner_id": partner.id, "invoice_date": cutoff}
    env["account.move"].create({**values, "invoice_line_ids": [line]}).action_post()
    values = {"kind": "consolidate", "cutoff_date": cutoff, "invoice_date": cutoff, "ignore_cycle": True}
    run = env["consolidated.billing.run"].create({**values, "partner_ids": partner.ids})
    run.action_prepare()
    run.action_generate()
    run._process_groups()
    documents = (documents | run.consolidated_billing_ids).sorted("cutoff_date")[-2:]
    names = ["opening_balance", "transfers_amount", "payments_amount", "closing_balance"]
    return [{**document.read(names)[0], "ledger": _get_ledger(partner, document.cutoff_date)} for document in documents]


def _get_ledger(partner, day):
    """Return what a customer owes at the end of a day, in the currency of the company."""
    domain = [
        ("partner_id", "=", partner.id),
        ("account_type", "=", "asset_receivable"),
        ("parent_state", "=", "posted"),
        ("date", "<=", day),
    ]
    return partner.env["account.move.line"]._read_group(domain, aggregates=["balance:sum"])[0][0]
