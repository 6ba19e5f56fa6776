"""How much of what can be billed was billed before and credited by hand, without the ORM (``R11``)."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class CreditHistory:
    """What happened to an order line after it was billed, in the unit of the line.

    :param credits: names of the credit notes and what they credit, the oldest first
    :param billed_again: what was billed again of it
    """

    credits: list[tuple[str, float]] = field(default_factory=list)
    billed_again: float = 0.0

    def get_quantity(self, is_open: float) -> float:
        """Return how much of what is open was credited and not billed again: from nothing to all of it.

        :param is_open: what can be billed
        """
        credited = sum(quantity for _name, quantity in self.credits)
        return max(0.0, min(is_open, credited - self.billed_again))

    def get_names(self, quantity: float) -> list[str]:
        """Return the names of the newest credit notes that explain a quantity, the oldest of them first.

        :param quantity: see `get_quantity`
        """
        names: list[str] = []
        for name, credited in reversed(self.credits):
            if quantity <= 0:
                break
            names.append(name)
            quantity -= credited
        return list(dict.fromkeys(reversed(names)))


def join_names(names: Iterable[str]) -> str:
    """Return names as they are listed in a reason, each once and in the order in which they come."""
    return ", ".join(dict.fromkeys(names))
