"""Which numbers can be billed: not every number that fits into a computer is one."""

from typing import Any

LARGEST = 1e15  # beyond, a float has no cents any more
LARGEST_WHOLE = 2**31 - 1


def is_usual(value: Any, whole: bool = False) -> bool:
    """Return whether a value is a number that can be rounded and stored; what is no number is left to the ORM.

    :param whole: a whole number is asked for
    """
    if not isinstance(value, int | float):
        return True
    return abs(value) <= (LARGEST_WHOLE if whole else LARGEST)  # never true for "not a number"
