"""Days with which can be reckoned: Python ends in the year 9999, and a typed 12/31/9999 means "no end"."""

from datetime import date

FIRST_DAY = date(1900, 1, 1)
LAST_DAY = date(2999, 12, 31)


def nearest(day: date) -> date:
    """Return the day itself, or the first or last one with which can be reckoned."""
    return min(max(day, FIRST_DAY), LAST_DAY)
