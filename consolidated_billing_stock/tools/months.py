"""What was delivered of an order line in which month, and what of it is billed (``K9``). Without the ORM.

Quantities are whole numbers of the smallest step of the unit.
"""

from collections.abc import Mapping

Month = str  # ``2026-11``


def divide_by_month(
    delivered: Mapping[Month, int], billed: Mapping[Month | None, int], quantity: int, otherwise: Month
) -> dict[Month, int]:
    """Divide what is billed of a line over the months in which it was delivered, the earliest one first.

    :param delivered: what was delivered in each month, less what of it was returned
    :param billed: what was billed of each month; under ``None`` what was billed of any: of the earliest
    :param quantity: what is billed now; negative for what is returned after it was billed
    :param otherwise: the month of what was not delivered, or not delivered yet
    :return: what is billed of each month, in the order of time; they add up to ``quantity``
    """
    is_open = {month: delivered[month] - billed.get(month, 0) for month in sorted(delivered)}
    _take(is_open, billed.get(None, 0))
    if quantity < 0:
        returned = {month: -amount for month, amount in reversed(is_open.items())}
        parts = {month: -amount for month, amount in _take(returned, -quantity).items()}
    else:
        parts = _take(is_open, quantity)
    rest = quantity - sum(parts.values())
    if rest:
        parts[otherwise] = parts.get(otherwise, 0) + rest
    return {month: parts[month] for month in sorted(parts) if parts[month]}


def _take(is_open: dict[Month, int], quantity: int) -> dict[Month, int]:
    """Take a quantity from what is open, in its order.

    :param is_open: what is left of each month; what is taken is subtracted
    :return: what was taken of each month
    """
    taken = {}
    for month, amount in is_open.items():
        part = min(max(amount, 0), max(quantity, 0))
        if part:
            taken[month] = part
            is_open[month] -= part
            quantity -= part
    return taken
