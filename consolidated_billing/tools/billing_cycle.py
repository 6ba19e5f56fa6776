"""When the periods of a billing cycle end, without the ORM (``C1``)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import MO, relativedelta
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, rruleset

LAST_DAY = {"week": 7, "month": 31}
SHORTEST_MONTH = 28
SHIFT_LIMIT = 60  # days after which the search for a working day is given up
# Without an anchor, a cycle of several months ends in December; weeks count from a Monday.
DEFAULT_ANCHOR = {"week": date(2001, 1, 1), "month": date(1999, 12, 1)}


class CycleDaysError(ValueError):
    """What is wrong with the days of a billing cycle.

    :param problem: ``empty``, ``invalid``, ``range`` or ``twice``
    :param value: the part that is wrong, as it was typed
    """

    def __init__(self, problem: str, value: str = ""):
        super().__init__(problem, value)
        self.problem = problem
        self.value = value


@dataclass(frozen=True)
class BillingCycle:
    """How often something is billed.

    :param unit: ``week`` or ``month``
    :param interval: every so many weeks or months, at least 1
    :param days: days of the month (29 to 31: the last day where the month is shorter), or weekdays from 1 = Monday
    :param shift: ``none``, or where a date goes that is no working day: to the ``previous`` or ``next`` one
    :param start: a day in one of the weeks or months of the cycle; it matters for intervals above 1 only
    """

    unit: str
    interval: int
    days: tuple[int, ...]
    shift: str = "none"
    start: date | None = None


def parse_cycle_days(text: str | None, unit: str) -> tuple[int, ...]:
    """Read the days of a cycle as a person types them: ``15,31``.

    :param text: numbers, separated by commas
    :param unit: ``week`` or ``month``
    :return: the days in ascending order
    :raise CycleDaysError: what is wrong
    """
    if not (text or "").strip():
        raise CycleDaysError("empty")
    days: list[int] = []
    for part in map(str.strip, text.split(",")):
        if not (part.isascii() and part.isdigit()):
            raise CycleDaysError("invalid", part or text)
        if len(part) > 4 or not 1 <= int(part) <= LAST_DAY[unit]:
            raise CycleDaysError("range", part)
        if int(part) in days:
            raise CycleDaysError("twice", part)
        days.append(int(part))
    return tuple(sorted(days))


def cutoff_dates(
    cycle: BillingCycle, start: date, count: int, is_working_day: Callable[[date], bool] = lambda day: True
) -> list[date]:
    """Return the next dates on which a period of the cycle ends, each once, in ascending order.

    A date that is shifted to a working day may fall into another month, and two may fall on the same day. Periods are
    counted from the cycle's start in both directions.

    :param start: the first day that may be returned
    :param count: how many dates
    :param is_working_day: asked only for cycles that are shifted
    """
    first = start - timedelta(days=SHIFT_LIMIT) if cycle.shift == "next" else start
    found: list[date] = []
    for day in _get_period_ends(cycle, first):
        if len(found) >= count:
            break
        day = _shift(day, cycle.shift, is_working_day)
        if day >= start and day not in found[-1:]:
            found.append(day)
    return found


def is_cutoff_date(cycle: BillingCycle, day: date, is_working_day: Callable[[date], bool] = lambda day: True) -> bool:
    """Whether a period of the cycle ends on this day."""
    return cutoff_dates(cycle, day, 1, is_working_day) == [day]


def _get_period_ends(cycle: BillingCycle, start: date) -> Iterator[date]:
    """Yield the ends of periods from ``start`` on, before they are shifted to working days."""
    rules = rruleset()
    first = datetime.combine(_get_first_period(cycle, start), time.min)
    if cycle.unit == "week":
        weekdays = [day - 1 for day in cycle.days]
        rules.rrule(rrule(WEEKLY, dtstart=first, interval=cycle.interval, byweekday=weekdays, wkst=MO))
    else:
        for day in cycle.days:
            # the last of these days that the month has
            candidates = range(min(day, SHORTEST_MONTH), day + 1)
            rules.rrule(rrule(MONTHLY, dtstart=first, interval=cycle.interval, bymonthday=candidates, bysetpos=-1))
    return (moment.date() for moment in rules.xafter(datetime.combine(start, time.min), inc=True))


def _get_first_period(cycle: BillingCycle, start: date) -> date:
    """Return the first day of a period's last week or month, at or before the one of ``start``."""
    anchor = cycle.start or DEFAULT_ANCHOR[cycle.unit]
    if cycle.unit == "week":
        anchor += relativedelta(weekday=MO(-1))
        weeks = (start - anchor).days // 7
        return anchor + timedelta(weeks=weeks - weeks % cycle.interval)
    anchor = anchor.replace(day=1)
    months = (start.year - anchor.year) * 12 + start.month - anchor.month
    return anchor + relativedelta(months=months - months % cycle.interval)


def _shift(day: date, shift: str, is_working_day: Callable[[date], bool]) -> date:
    """Return the working day to which a date goes; the date itself when none is near."""
    if shift == "none":
        return day
    if shift == "next":
        candidates = (moment.date() for moment in rrule(DAILY, dtstart=day, count=SHIFT_LIMIT + 1))
    else:
        candidates = (day - timedelta(days=number) for number in range(SHIFT_LIMIT + 1))
    return next(filter(is_working_day, candidates), day)
