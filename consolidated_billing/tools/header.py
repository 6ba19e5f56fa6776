"""Merging the header values of several orders into those of one invoice, without the ORM (``I3``)."""

from collections.abc import Hashable, Iterable
from typing import Any


def join_distinct(values: Iterable[str | None | bool], separator: str = ", ") -> str:
    """Join the distinct non-empty texts in the order in which they come."""
    return separator.join(dict.fromkeys(value for value in values if value))


def merge_headers(headers: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Keep what all headers agree on.

    :param headers: the values of each order, in the order of the orders
    :return: the common values (a value that not all headers share is ``False``), and the names of the
        fields on which they disagree, in the order of the first header
    """
    names = list(dict.fromkeys(name for header in headers for name in header))
    merged, disagreements = {}, []
    for name in names:
        values = [header.get(name) or False for header in headers]
        if all(_comparable(value) == _comparable(values[0]) for value in values[1:]):
            merged[name] = headers[0].get(name, values[0])
        else:
            merged[name] = False
            disagreements.append(name)
    return merged, disagreements


def _comparable(value: Any) -> Hashable:
    """Texts that are empty compare equal to no value; commands compare by what they say."""
    return repr(value) if isinstance(value, list | dict) else value
