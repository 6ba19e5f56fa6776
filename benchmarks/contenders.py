"""Invoicing by the addon's rules and by core's own, in one process and one registry."""

import inspect
from contextlib import contextmanager

from measuring import Contender

from odoo.addons.sale.models.sale_order import SaleOrder

ADDON = "consolidated_billing"
CORE = "core"
PLAIN = "addon, sections off"
SECTIONS = "addon, sections on"


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


def invoice_contenders(order_ids):
    """Return core and the addon, with and without a section per order, on the same orders.

    :param list[int] order_ids: the orders to invoice
    :rtype: list[Contender]
    """

    def run_core(env):
        with without_overrides(env.registry):
            moves = SaleOrder._create_invoices(env["sale.order"].browse(order_ids))
            env.flush_all()
        return moves

    def run_addon(env):
        moves = env["sale.order"].browse(order_ids)._create_invoices()
        env.flush_all()
        return moves

    def set_sections(shown):
        return lambda env: env.cr.execute("UPDATE res_company SET invoice_order_sections = %s", [shown])

    return [
        Contender(CORE, set_sections(False), run_core),
        Contender(PLAIN, set_sections(False), run_addon),
        Contender(SECTIONS, set_sections(True), run_addon),
    ]


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
