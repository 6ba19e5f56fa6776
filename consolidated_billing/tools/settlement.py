"""Which open items an amount settles: credits are used first, then what comes first is paid (``C6``)."""

from collections import defaultdict


def allocate(amount, items, round_amount):
    """Say how much of each open item is settled, by the others and by an amount.

    :param float amount: what is paid; negative when it is paid back
    :param list[float] items: what is open of each item, in the order in which they are paid; credits are negative
    :param Callable[[float], float] round_amount: the rounding of the currency
    :return: what is settled of each item, with the sign of the item; they add up to what is used of the amount
    :rtype: list[float]
    """
    paid_back = amount < 0
    opposite = sum(abs(item) for item in items if (item > 0) is paid_back)
    rest = round_amount(opposite + abs(amount))
    owed = round_amount(sum(abs(item) for item in items if (item > 0) is not paid_back))
    shares = {
        # what the amount is for is settled as far as it and the opposite items go; these only as far as there is need
        True: min(rest, owed),
        False: min(opposite, owed),
    }
    settled = []
    for item in items:
        is_owed = (item > 0) is not paid_back
        share = min(abs(item), shares[is_owed])
        shares[is_owed] = round_amount(shares[is_owed] - share)
        settled.append(share if item > 0 else -share)
    return settled


def split_amount(amount, settled, accounts, main, round_amount):
    """Divide a payment among the accounts on which it settles items; what it does not settle stays on the main one.

    :param float amount: what is paid; negative when it is paid back
    :param list[float] settled: what is settled of each item, see `allocate`
    :param list accounts: the account of each item
    :param main: the account that takes what is left
    :param Callable[[float], float] round_amount: the rounding of the currency
    :return: what is paid on each account; they add up to the amount
    :rtype: dict[object, float]
    """
    shares = defaultdict(float)
    shares[main] = amount
    for share, account in zip(settled, accounts, strict=True):
        if account != main:
            shares[account] = round_amount(shares[account] + share)
            shares[main] = round_amount(shares[main] - share)
    return {account: share for account, share in shares.items() if share or account == main}


def pay_earliest(instalments, amount, round_amount):
    """Return what is left of instalments when an amount was paid on them: the earliest are paid first.

    :param list[tuple[date, float]] instalments: due date and amount, in their order
    :param float amount: what is open of all
    :param Callable[[float], float] round_amount: the rounding of the currency
    :return: the open instalments; they add up to what is open, and more than all of them is due with the first
    :rtype: list[tuple[date, float]]
    """
    left = []
    for day, share in reversed(instalments):
        part = min(share, amount)
        amount = round_amount(amount - part)
        if part > 0:
            left.append((day, part))
    if left and amount > 0:
        day, part = left[-1]
        left[-1] = (day, round_amount(part + amount))
    return left[::-1]
