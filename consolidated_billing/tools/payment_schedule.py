"""What a payment term yields, without the ORM (``K2``)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from datetime import date
from typing import NamedTuple


class Installment(NamedTuple):
    """One line of a payment term, applied to an invoice date.

    :param due_date: the day on which it is due
    :param kind: ``percent`` of the invoice's total, or ``fixed`` in the invoice's currency
    :param amount: percent (0–100), or an amount
    """

    due_date: date
    kind: str
    amount: float


def payment_schedule(installments: Iterable[Installment], discount: Hashable = None) -> Hashable:
    """Return a value that is equal for payment terms which yield the same due dates, shares and discount.

    Installments that are due on the same day are one. The last installment of a term is the balance: whatever it
    says, it is what the others leave.

    :param installments: in the order of the term
    :param discount: what the early-payment discount yields, ``None`` for no discount
    """
    shares: dict[tuple[date, str], float] = defaultdict(float)
    installments = list(installments)
    percent_left = 100.0
    for installment in installments[:-1]:
        shares[installment.due_date, installment.kind] += installment.amount
        percent_left -= installment.amount if installment.kind == "percent" else 0.0
    balance_date = installments[-1].due_date
    shares[balance_date, "percent"] += percent_left
    # A fixed amount that is due together with the balance is part of it: the balance is what is left anyway.
    dates = {due_date for due_date, _kind in shares}
    if len(dates) == 1:
        return (((balance_date, "percent", 100.0),), discount)
    lines = sorted((due_date, kind, round(amount, 6)) for (due_date, kind), amount in shares.items() if amount)
    return (tuple(lines), discount)
