"""What is left to credit of an invoice of which a part was credited already, without the ORM (``R6``, ``R11``)."""

from collections.abc import Hashable, Iterable
from typing import NamedTuple


class CreditLine(NamedTuple):
    """A line of the credit note over the rest.

    :param quantity: what is credited
    :param price_factor: by how much the price is multiplied
    :param keeps_order: whether the order line is told: not when its quantity was credited already, at a lower price
    """

    quantity: float
    price_factor: float
    keeps_order: bool


def sum_up(items: Iterable[tuple[Hashable, float, float]]) -> dict[Hashable, tuple[float, float]]:
    """Add up quantities and amounts by key.

    :param items: key, quantity and amount, each signed as it acts on what the invoice bills
    """
    totals: dict[Hashable, tuple[float, float]] = {}
    for key, quantity, amount in items:
        before = totals.get(key, (0.0, 0.0))
        totals[key] = (before[0] + quantity, before[1] + amount)
    return totals


def get_rest_line(
    quantity: float, amount: float, rest_quantity: float, rest_amount: float, rounding: float
) -> CreditLine | None:
    """Return how a line of the invoice is credited when only a rest of it is left.

    :param quantity: what the invoice bills
    :param amount: the same without taxes
    :param rest_quantity: what was not credited yet
    :param rest_amount: the same without taxes
    :param rounding: of the currency
    :return: ``None`` when nothing is left
    """
    no_quantity = abs(rest_quantity) < 1e-6
    if no_quantity and abs(rest_amount) < rounding / 2:
        return None
    if no_quantity or not amount or not quantity:
        return CreditLine(quantity, rest_amount / amount if amount else 0.0, not no_quantity)
    factor = rest_amount * quantity / (rest_quantity * amount)
    # a difference that rounding explains is none
    is_same_price = abs(rest_amount - amount * rest_quantity / quantity) < rounding
    return CreditLine(rest_quantity, 1.0 if is_same_price else factor, True)
