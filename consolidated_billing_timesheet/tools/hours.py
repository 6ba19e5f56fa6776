"""Which time sheets an invoice bills when it bills less than all hours, without the ORM."""

from collections.abc import Iterable
from typing import NamedTuple


class Linked(NamedTuple):
    """What an invoice bills.

    :param ids: the time sheets that it bills wholly
    :param split: the one that it bills in part, and how many of its hours; ``None`` when there is none
    """

    ids: list[int]
    split: tuple[int, float] | None


def choose_hours(sheets: Iterable[tuple[int, float]], billed: float) -> Linked:
    """Choose time sheets until the hours are billed, in the order in which they are given.

    Corrections (negative hours) are taken first: what they take back belongs to hours that are billed.

    :param sheets: id and hours of the time sheets, the oldest first
    :param billed: the hours that are billed
    """
    sheets = list(sheets)
    ids = [sheet_id for sheet_id, hours in sheets if hours <= 0]
    rest = billed - sum(hours for _sheet_id, hours in sheets if hours <= 0)
    for sheet_id, hours in sheets:
        if hours <= 0:
            continue
        if hours > rest + 1e-6:
            return Linked(ids, (sheet_id, rest) if rest > 1e-6 else None)
        ids.append(sheet_id)
        rest -= hours
    return Linked(ids, None)
