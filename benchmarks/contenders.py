"""Invoicing by the addon's rules, by core's own, and by other addons.

What is measured of the others is the part that creates draft invoices, called as they call it:

* core: ``sale.order._create_invoices()``, in a database without the addon;
* `sale_order_invoicing_grouping_criteria`: the same method, which it overrides. It has no criteria, so it invoices by
  company, invoice address and currency;
* `partner_invoicing_mode`: its scheduled action groups orders and stores a queue job for each group, which creates the
  invoices, dates them, and stores a job that posts each. Only the groups and the creation are measured, one group
  after the other: storing, fetching and committing jobs, dates and posting would be added to its time. It invoices by
  company, addresses, currency, fiscal position and payment term.

All customers of the benchmarks have one address and one payment term, so that all of them make the same invoices.
"""

import inspect
from contextlib import contextmanager
from functools import partial

import options
from measuring import Contender

from odoo.fields import Domain

ADDON = "consolidated_billing"
CORE = "core"
CRITERIA = "OCA grouping_criteria"
MODE = "OCA invoicing_mode"
PLAIN = "addon, sections off"
SECTIONS = "addon, sections on"
# Who invoices, and in which database.
INVOICING = {
    CORE: options.CORE,
    CRITERIA: options.CRITERIA,
    MODE: options.MODE,
    PLAIN: options.ADDON,
    SECTIONS: options.ADDON,
}


@contextmanager
def without_overrides(registry, addon=ADDON):
    """Take the addon's overrides away, so that nothing of it counts on core's side.

    Its stored fields stay: a few empty columns of the invoices.

    :param registry: the registry of the database
    :param str addon: technical name of the addon
    """
    removed = []
    try:
        for cls, name in _find_overrides(registry, addon):
            removed.append((cls, name, vars(cls)[name]))
            delattr(cls, name)
        yield
    finally:
        for cls, name, method in removed:
            setattr(cls, name, method)


def _find_overrides(registry, addon):
    prefix = f"odoo.addons.{addon}."
    found = {}
    for model in registry.models.values():
        mro = model.mro()
        foreign = [cls for cls in mro if not cls.__module__.startswith(prefix)]
        inherited = {name for cls in foreign if cls is not model for name in vars(cls)}
        for cls in mro:
            if cls.__module__.startswith(prefix):
                for name, attribute in vars(cls).items():
                    if inspect.isfunction(attribute) and name in inherited:
                        found[cls, name] = True
    return list(found)


def core_contender(order_ids):
    """Return core's own invoicing in the database of the addon, whose methods are taken away meanwhile.

    :param list[int] order_ids: the orders to invoice
    :rtype: Contender
    """

    def run(env):
        with without_overrides(env.registry):
            return create_invoices(env, order_ids)

    return Contender(CORE, partial(set_sections, False), run)


def invoicing_contender(name, order_ids):
    """Return a way to invoice orders, in a database that has nothing else installed.

    :param str name: one of ``INVOICING``
    :param list[int] order_ids: the orders to invoice
    :rtype: Contender
    """
    prepare = {PLAIN: partial(set_sections, False), SECTIONS: partial(set_sections, True)}.get(name, lambda env: None)
    run = create_invoices_by_mode if name == MODE else create_invoices
    return Contender(name, prepare, lambda env: run(env, order_ids))


def set_sections(shown, env):
    """Let the addon print a heading for each order, or not."""
    env.cr.execute("UPDATE res_company SET invoice_order_sections = %s", [shown])


def create_invoices(env, order_ids):
    """Invoice orders as the wizard does it. `sale_order_invoicing_grouping_criteria` overrides this method.

    :rtype: account.move
    """
    moves = env["sale.order"].browse(order_ids)._create_invoices()
    env.flush_all()
    return moves


def create_invoices_by_mode(env, order_ids):
    """Invoice orders as `partner_invoicing_mode` does it, without what it does besides.

    :rtype: account.move
    """
    Order = env["sale.order"]
    domain = Order._get_generate_invoices_domain(env.company) & Domain("id", "in", order_ids)
    moves = env["account.move"]
    for *_keys, ids in Order._read_group(domain, Order._get_invoice_grouping_keys(), ["id:array_agg"]):
        moves += Order.browse(ids)._get_generated_invoices(partition=False)
    env.flush_all()
    return moves


def invoice_outcome(moves):
    """Return what all contenders must agree on: invoices, their product lines and their total.

    :rtype: tuple[int, int, float]
    """
    lines = moves.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    return len(moves), len(lines), round(sum(moves.mapped("amount_total")), 2)


def reroute_contender(member_id, account_id):
    """Return the change of a member's grouping account, which re-routes its open orders.

    :param int member_id: the account whose orders are re-routed
    :param int account_id: its new grouping account
    :rtype: Contender
    """

    def run(env):
        member = env["res.partner"].browse(member_id)
        member.grouping_partner_id = account_id
        return member

    return Contender("re-route", lambda env: None, run)


def reroute_outcome(member):
    """Return how many orders are billed on the new grouping account, and how many are not.

    :rtype: tuple[int, int]
    """
    orders = member.env["sale.order"].search([("partner_id", "=", member.id)])
    routed = orders.filtered(lambda order: order.grouping_partner_id == member.grouping_partner_id)
    return len(routed), len(orders - routed)
