"""Another grouping account for a member with many open orders (``G5``)."""

import sys

from contenders import reroute_contender, reroute_outcome
from dataset import create_customers, create_orders, create_products
from measuring import analyze, measure
from output import progress, show_table
from session import get_seller_id

from odoo import api


def create_members(registry, sizes):
    """Create two grouping accounts, and members of the first of them with open orders.

    :param list[int] sizes: open orders of each member
    :return: id of the second grouping account, ids of the members
    :rtype: tuple[int, list[int]]
    """
    seller_id = get_seller_id(registry)
    with registry.cursor() as cr:
        env = api.Environment(cr, seller_id, {}, su=True)
        accounts = create_customers(env, 2)
        accounts.action_make_grouping_account()
        # other conditions than the first one's: what depends on them is computed again
        accounts[1].property_payment_term_id = env["account.payment.term"].search([], limit=1)
        members = create_customers(env, len(sizes), grouping_partner_id=accounts[0].id)
        products = create_products(env, 2)
        for member, size in zip(members, sizes, strict=True):
            create_orders(env, member, products, size)
        result = accounts[1].id, members.ids
    analyze(registry)
    return result


def benchmark_reroute(registry, options):
    """Give members with more and more open orders another grouping account.

    :return: figures, ready for JSON
    :rtype: dict
    """
    total = options.open_orders
    sizes = [min(100, total), *sorted({max(1, total // share) for share in (10, 5, 2, 1)})]
    progress(f"creating {sum(sizes)} open orders")
    account_id, member_ids = create_members(registry, sizes)
    user_id = get_seller_id(registry)
    rows, figures = [], {}
    for position, (size, member_id) in enumerate(zip(sizes, member_ids, strict=True)):
        contender = reroute_contender(member_id, account_id)
        sample = measure(registry, user_id, contender, reroute_outcome)
        if sample.outcome != (size, 0):
            sys.exit(f"{sample.outcome[1]} of {size} orders were not re-routed.")
        if position == 0:
            continue  # warm-up
        progress(f"{size} orders: {sample.cpu:.2f} s CPU, {sample.wall:.2f} s, {sample.queries} queries")
        figures[size] = sample._asdict()
        per_thousand = 1000 / size
        rows.append(
            [
                str(size),
                str(sample.queries),
                f"{sample.queries * per_thousand:.1f}",
                f"{sample.cpu * per_thousand:.2f}",
                f"{sample.wall * per_thousand:.2f}",
            ]
        )
    header = ["open orders", "queries", "queries / 1000", "CPU s / 1000", "wall s / 1000"]
    show_table("Re-routing the open orders of one member", header, rows)
    return figures
