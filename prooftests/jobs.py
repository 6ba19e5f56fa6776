"""What the proofs do inside Odoo: each function runs in a process of its own, in one transaction.

Every function takes the environment, the way to talk to the proof (`Control`) and plain values.
"""

from functools import partial

from odoo import Command
from odoo.service.model import retrying

from odoo.addons.consolidated_billing.models import billing_run_worker as worker
from odoo.addons.consolidated_billing.models import consolidation_run_generate as consolidation


def _as_button(env, function):
    """Call as the web client does: with its transaction, and its answer to concurrency errors."""
    return retrying(function, env)


# --------------------------------------------------------------------------------------------------
# Data
# --------------------------------------------------------------------------------------------------


def _get_product(env):
    """Return the product that is sold."""
    return env["product.product"].search([("default_code", "=", "PROOF")])


def load_accounts(env, control):
    """Load a chart of accounts and create the product that is sold."""
    if not env.company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)
    env["product.product"].create(
        {
            "name": "Flower",
            "default_code": "PROOF",
            "type": "consu",
            "invoice_policy": "order",
            "list_price": 10.0,
        }
    )


def create_orders(env, control, customers, orders=1, lines=2, is_split=False, prefix="Customer"):
    """Create confirmed orders.

    :param int customers: how many customers
    :param int orders: how many orders each of them has
    :param int lines: how many lines each order has
    :param bool is_split: every second line has a bill date, so that each order goes on two invoices
    :return: ids of the orders
    """
    env = env(context={**env.context, "tracking_disable": True})
    product = _get_product(env)
    partners = env["res.partner"].create([{"name": f"{prefix} {n:03}", "is_company": True} for n in range(customers)])
    records = env["sale.order"].create(
        [
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": f"Flower {number}",
                            "product_uom_qty": 1.0 + number,
                            "price_unit": 10.0 + index % 7 + number / 3,
                        }
                    )
                    for number in range(lines)
                ],
            }
            for index, partner in enumerate(partners)
            for _order in range(orders)
        ]
    )
    records.action_confirm()
    if is_split:
        for order in records:
            order.order_line[1::2].next_bill_date = "2026-01-15"
    return records.ids


def warm_up(env):
    """Fill the caches of the registry, which all processes inherit; the caller rolls back."""
    if _get_product(env):
        orders = env["sale.order"].browse(create_orders(env, None, customers=1))
        env["consolidated.billing.run"].create({"partner_ids": orders.partner_id.ids}).action_prepare()
        orders._create_invoices(final=True)


def lower_quantities(env, control, run, share):
    """Propose only a share of the quantity of every second line of a run."""
    for line in env["consolidated.billing.run"].browse(run).line_ids[::2]:
        line.quantity = round(line.quantity * share, 2)


# --------------------------------------------------------------------------------------------------
# Runs
# --------------------------------------------------------------------------------------------------


def prepare(env, control, wait=False, orders=None, **values):
    """Create and prepare a run; with ``wait`` only when the proof says so.

    :return: id and name of the run, and why lines are not proposed
    """
    if wait:
        control.wait()
    run = env["consolidated.billing.run"].create(values)
    env.cr.commit()
    _as_button(env, run.action_prepare)
    return {
        "id": run.id,
        "name": run.name,
        "groups": len(run.group_ids),
        "skipped": sorted(set(run.skipped_line_ids.mapped("skip_reason"))),
    }


def press(env, control, model, ids, method, wait=False, is_old=False):
    """Press a button.

    :param bool is_old: the transaction began before it waits
    """
    records = env[model].browse(ids)
    if is_old:
        records.mapped("display_name")
    if wait:
        control.wait()
    _as_button(env, getattr(records, method))


def work(env, control, run, wait=False, delay=0.0, batch=None, lock_timeout=None):
    """Be a worker on a run.

    :param int batch: how many documents are created together
    :param str lock_timeout: how long somebody who holds an order is waited for
    :return: how many documents were processed
    """
    worker.GROUP_BATCH_SIZE = batch or worker.GROUP_BATCH_SIZE
    consolidation.BILLING_BATCH_SIZE = batch or consolidation.BILLING_BATCH_SIZE
    worker.LOCK_TIMEOUT = lock_timeout or worker.LOCK_TIMEOUT
    if wait:
        control.wait(delay)
    return env["consolidated.billing.run"].browse(run)._process_groups()


def invoice_by_hand(env, control, orders, delay=0.0, wait=False):
    """Create the invoices of orders as a person does; return their ids."""
    records = env["sale.order"].browse(orders)
    if wait:
        control.wait(delay)
    moves = _as_button(env, partial(records._create_invoices, final=True))
    return moves.ids


def write(env, control, model, ids, values):
    """Change records as a person does."""
    _as_button(env, partial(env[model].browse(ids).write, values))


def read(env, control, model, ids, fields):
    """Read fields as another user would see them now."""
    return env[model].browse(ids).read(fields)


def run_cron(env, control):
    """Do what the scheduled action does when the server starts it."""
    env(user=1)["consolidated.billing.run"]._cron_generate()


# --------------------------------------------------------------------------------------------------
# Causes of failures
# --------------------------------------------------------------------------------------------------


def invoice_rest(env, control):
    """Bill whatever is left, so that nothing disturbs the next round."""
    orders = env["sale.order"].search([("invoice_status", "=", "to invoice")])
    if orders:
        _as_button(env, partial(orders._create_invoices, final=True))


def use_product_without_account(env, control, order):
    """Sell another product on an order; its income account can be taken away alone."""
    product = _get_product(env)
    account = product._get_product_accounts()["income"]
    product.property_account_income_id = account
    other = product.copy({"name": "Vase", "default_code": "VASE"})
    for line in env["sale.order"].browse(order).order_line:
        line.product_id = other


def set_income_account(env, control, is_missing):
    """Take the income account of one product away, with all that could replace it, or give it back."""
    account = _get_product(env).property_account_income_id
    product = env["product.product"].search([("default_code", "=", "VASE")])
    product.property_account_income_id = False if is_missing else account
    product.categ_id.property_account_income_categ_id = False
    env.company.income_account_id = False
    env["account.journal"].search([("type", "=", "sale")]).default_account_id = False


def create_accountant(env, control):
    """Create a user who may bill; return its id."""
    groups = env.ref("account.group_account_invoice") + env.ref("base.group_user")
    return env["res.users"].create({"name": "Accountant", "login": "accountant", "group_ids": [(6, 0, groups.ids)]}).id


def take_rights(env, control, user):
    """Let a user do nothing with invoices any more."""
    env["res.users"].browse(user).group_ids = [(6, 0, env.ref("base.group_user").ids)]
