"""What an invoice with plain taxes amounts to, without the ORM: taxes that are a percentage on top of the price.

Odoo's tax engine provides for everything that taxes can be. Where all taxes of an invoice are plain, its result is
this short sum: the same operations on the same numbers in the same order, so that not even a rounding differs.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class PlainLine(NamedTuple):
    """One line of an invoice.

    :param price: of one unit, after the discount
    :param quantity: number of units
    :param rates: id and percentage of each tax
    """

    price: float
    quantity: float
    rates: tuple[tuple[int, float], ...]


class PlainAmounts(NamedTuple):
    """What an invoice amounts to.

    :param untaxed: without taxes
    :param total: with taxes
    :param lines: without taxes, by line
    """

    untaxed: float
    total: float
    lines: list[float]


def compute_per_line(lines: Iterable[PlainLine], round_amount: Callable[[float], float]) -> PlainAmounts:
    """Round every amount of every line, then add up.

    :param round_amount: rounds to the currency
    """
    bases, untaxed, taxes = [], 0.0, 0.0
    for line in lines:
        base = round_amount(line.quantity * line.price)
        bases.append(base)
        untaxed += base
        for _tax, percent in line.rates:
            taxes += round_amount(base * percent / 100.0)
    return PlainAmounts(round_amount(untaxed), round_amount(untaxed + taxes), bases)


def compute_globally(
    lines: Iterable[PlainLine],
    round_amount: Callable[[float], float],
    distribute: Callable[[float, list[float]], list[float]],
) -> PlainAmounts:
    """Add up, then round the sum of the bases and the sum of each tax.

    :param round_amount: rounds to the currency
    :param distribute: shares out what the rounded lines lack to the rounded sum; called with this difference and with
        the amounts by which the shares are measured
    """
    bases: list[float] = []
    sums: dict[int, float] = {}
    untaxed = 0.0
    for line in lines:
        base = line.quantity * line.price
        bases.append(base)
        untaxed += base
        for tax, percent in line.rates:
            sums[tax] = sums.get(tax, 0.0) + base * percent / 100.0
    amounts = [round_amount(base) for base in bases]
    if untaxed:  # the engine leaves the lines of a sum of zero alone
        shares = distribute(round_amount(untaxed) - _add(amounts), bases)
        amounts = [amount + share for amount, share in zip(amounts, shares, strict=True)]
    untaxed = _add(amounts)
    total = untaxed + _add(round_amount(tax) for tax in sums.values())
    return PlainAmounts(round_amount(untaxed), round_amount(total), [round_amount(amount) for amount in amounts])


def _add(amounts: Iterable[float]) -> float:
    """Add one by one, as the engine does: `sum` compensates errors since Python 3.12."""
    total = 0.0
    for amount in amounts:
        total += amount
    return total
