"""What reduces an order, its discounts and down payments, shared out over its invoices (``K8``, ``I5``).

Amounts are whole numbers of the smallest unit of the currency, quantities whole numbers of the smallest step of their
unit: nothing is lost by rounding. Without the ORM.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

BASE = "base"

Amounts = dict[Hashable, int]  # the amount without taxes as `BASE`, every tax by its id


class Portion(NamedTuple):
    """What one invoice gets of a deduction.

    :param amounts: positive, as those of the deduction
    :param steps: quantity
    :param is_whole: whether it is all that ever was to be deducted
    """

    amounts: Amounts
    steps: int
    is_whole: bool


@dataclass
class Deduction:
    """What an order line deducts in all, and what is left of it.

    :param total: what it deducts in all, positive
    :param left: what is not billed yet
    :param steps: quantity in all
    :param steps_left: quantity that is not billed yet
    """

    total: Amounts
    left: Amounts
    steps: int
    steps_left: int

    def take(self, share: Fraction, limits: Amounts | None, waits: bool = False) -> Portion | None:
        """Take what the next invoice gets.

        Of an order that is divided, each invoice gets the difference between what is due until it and what was taken
        before, so that the last one takes the rest. An invoice gets at most its limits; the rest waits for the next.

        :param share: of all that is deducted, the share due up to this invoice, from 0 to 1
        :param limits: what the invoice can bear of each amount at most; ``None``: anything
        :param waits: whether a tax that the invoice cannot bear waits, too, with at least one unit of what is taxed.
            Otherwise it is dropped with the last portion.
        :return: what to bill; nothing if there is nothing, or no step of quantity left for it
        """
        amounts = self._get_amounts(share, limits)
        is_rest = amounts[BASE] == self.left[BASE] and share >= 1
        if is_rest and waits and amounts != self.left:
            amounts[BASE] -= 1
            is_rest = False
        steps = self._get_steps(amounts, is_rest)
        if steps <= 0 or (amounts[BASE] <= 0 and not is_rest):
            return None
        is_whole = amounts == self.total and steps == self.steps
        self.left = {name: self.left[name] - amount for name, amount in amounts.items()}
        self.steps_left -= steps
        return Portion(amounts, steps, is_whole)

    def _get_amounts(self, share: Fraction, limits: Amounts | None) -> Amounts:
        """Return what is due up to a share and not taken yet, within the limits."""
        amounts = {name: self._get_due(name, share) for name in self.total}
        if limits is None:
            return amounts
        most = max(limits[BASE], 0)
        if amounts[BASE] > most:
            reached = Fraction(self.total[BASE] - self.left[BASE] + most, self.total[BASE])
            amounts = {name: self._get_due(name, reached) for name in self.total}
            amounts[BASE] = most
        return {name: min(amount, max(limits.get(name, amount), 0)) for name, amount in amounts.items()}

    def _get_due(self, name: Hashable, share: Fraction) -> int:
        taken = self.total[name] - self.left[name]
        due = self.left[name] if share >= 1 else round_half_up(self.total[name] * share) - taken
        return min(max(due, 0), max(self.left[name], 0))

    def _get_steps(self, amounts: Amounts, is_rest: bool) -> int:
        """Return the quantity that stands for some amounts: at least a step, and one is left for what is left."""
        if is_rest:
            return self.steps_left
        if not self.total[BASE]:
            return 0
        reached = Fraction(self.total[BASE] - self.left[BASE] + amounts[BASE], self.total[BASE])
        steps = round_half_up(self.steps * reached) - (self.steps - self.steps_left)
        return min(max(steps, 1), self.steps_left - 1)


def round_half_up(number: Fraction) -> int:
    """Return the nearest whole number of a positive one."""
    return int(number + Fraction(1, 2))


def get_share(billed: int, whole: int, is_complete: bool) -> Fraction:
    """Return the share of a deduction that is due once these lines are billed.

    :param billed: what was billed of the lines that it reduces, this invoice included
    :param whole: all that will be billed of them
    :param is_complete: whether nothing of them is left to be billed
    :return: from 0 to 1
    """
    if is_complete or whole <= 0:
        return Fraction(1)
    return min(Fraction(max(billed, 0), whole), Fraction(1))
