"""What an invoice with plain taxes amounts to, without the ORM: percentages on top of the price, or one within it.

Odoo's tax engine provides for everything that taxes can be. Where all taxes of an invoice are plain, its result is
this short sum: the same operations on the same numbers in the same order, so that not even a rounding differs.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

Round = Callable[[float], float]


class PlainRates(NamedTuple):
    """The plain taxes of a line.

    :param rates: id and percentage of each tax
    :param is_included: whether the price includes the tax; there is only one then
    """

    rates: tuple[tuple[int, float], ...]
    is_included: bool


class PlainLine(NamedTuple):
    """One line of an invoice.

    :param price: of one unit, after the discount
    :param quantity: number of units
    :param taxes: its taxes
    """

    price: float
    quantity: float
    taxes: PlainRates


class PlainAmounts(NamedTuple):
    """What an invoice amounts to.

    :param untaxed: without taxes
    :param total: with taxes
    :param lines: without taxes, by line
    """

    untaxed: float
    total: float
    lines: list[float]


def compute_per_line(lines: Iterable[PlainLine], round_amount: Round) -> PlainAmounts:
    """Round every amount of every line, then add up.

    :param round_amount: rounds to the currency
    """
    bases, untaxed, total_tax = [], 0.0, 0.0
    for line in lines:
        base, taxes = _compute_line(line, round_amount)
        base = round_amount(base)
        bases.append(base)
        untaxed += base
        total_tax += _add(taxes)
    return PlainAmounts(round_amount(untaxed), round_amount(untaxed + total_tax), bases)


def compute_globally(
    lines: list[PlainLine],
    round_amount: Round,
    distribute: Callable[[float, list[float]], list[float]],
) -> PlainAmounts:
    """Add up, then round the sum of each tax and the sum of the bases (with their taxes, where prices include them).

    :param round_amount: rounds to the currency
    :param distribute: shares out what the rounded lines lack to the rounded sum; called with this difference and with
        the amounts by which the shares are measured
    """
    bases, included, tax_sums, raw_tax = [], [], {}, 0.0
    for line in lines:
        base, taxes = _compute_line(line)
        bases.append(base)
        included.append(base + _add(taxes))
        raw_tax += _add(taxes)
        for (tax_id, _percent), amount in zip(line.taxes.rates, taxes, strict=True):
            tax_sums[tax_id] = tax_sums.get(tax_id, 0.0) + amount
    amounts = [round_amount(base) for base in bases]
    total_tax = _add(round_amount(tax) for tax in tax_sums.values())
    if any(line.taxes.rates and not line.taxes.is_included for line in lines):
        target, current, weights = _add(bases), _add(amounts), bases
    else:
        target, current, weights = _add(bases) + raw_tax, _add(amounts) + total_tax, included
    if target:  # the engine leaves the lines of a sum of zero alone
        shares = distribute(round_amount(target) - current, weights)
        amounts = [amount + share for amount, share in zip(amounts, shares, strict=True)]
    untaxed = _add(amounts)
    return PlainAmounts(
        round_amount(untaxed), round_amount(untaxed + total_tax), [round_amount(amount) for amount in amounts]
    )


def _compute_line(line: PlainLine, round_amount: Round = float) -> tuple[float, list[float]]:
    """Return what a line amounts to without taxes, and the amount of each tax.

    :param round_amount: rounds what was computed; by default nothing is rounded
    """
    price = round_amount(line.quantity * line.price)
    if not line.taxes.is_included:
        return price, [round_amount(price * percent / 100.0) for _tax_id, percent in line.taxes.rates]
    percent = line.taxes.rates[0][1]
    tax = round_amount(price * (1 / (1 + percent / 100.0)) * percent / 100.0)
    return price - tax, [tax]


def _add(amounts: Iterable[float]) -> float:
    """Add one by one, as the engine does: `sum` compensates errors since Python 3.12."""
    total = 0.0
    for amount in amounts:
        total += amount
    return total
