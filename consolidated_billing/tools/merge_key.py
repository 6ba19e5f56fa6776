"""Equality and difference of merge keys, without the ORM.

A merge key (``K1``) is an ordered tuple of ``(name, value)`` parts. Two things share an invoice exactly
when every part of their keys is equal. Values are plain hashable Python objects.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
MergeKey = tuple[tuple[str, Hashable], ...]

_MISSING = object()


def normalize_job_code(code: str | None) -> str:
    """Return the form in which two job codes are compared (``K3``).

    :param code: what a person typed; ``None``, ``False`` and blank are the same: no code
    :return: without surrounding white space and without case; empty for no code
    """
    return (code or "").strip().casefold()


def partition(items: Iterable[Item], get_key: Callable[[Item], MergeKey]) -> list[tuple[MergeKey, list[Item]]]:
    """Put items whose keys are equal in every part together (``K7``).

    Which items share a group depends on their keys alone; groups and their items keep the order of ``items``.

    :param items: anything that has a key
    :param get_key: returns the key of an item
    :return: the groups, each as its key and its items
    """
    groups: dict[MergeKey, list[Item]] = {}
    for item in items:
        groups.setdefault(get_key(item), []).append(item)
    return list(groups.items())


def explain(key: MergeKey, other: MergeKey) -> tuple[str, ...]:
    """Name exactly the parts in which two keys differ, in the order of the keys.

    A part that only one of them has differs as well.
    """
    values, other_values = dict(key), dict(other)
    return tuple(
        name
        for name in dict.fromkeys([*values, *other_values])
        if values.get(name, _MISSING) != other_values.get(name, _MISSING)
    )


def drop_part(key: MergeKey, name: str) -> MergeKey:
    """Return the key without one of its parts."""
    return tuple(part for part in key if part[0] != name)


def nearest_neighbours(keys: list[MergeKey]) -> list[int | None]:
    """Find for every key the other key that differs from it in the fewest parts; the earliest among equals.

    For each value of a part, a set of bits says which keys have it. Adding up these sets counts for one key in how
    many parts it equals all others, in as many steps as there are parts: a thousand separate orders take milliseconds.

    :param keys: different keys
    :return: for every key the index of its nearest neighbour, ``None`` for a key that is alone
    """
    having: dict[tuple[str, Hashable], int] = {}
    for index, key in enumerate(keys):
        for part in key:
            having[part] = having.get(part, 0) | 1 << index
    everything = (1 << len(keys)) - 1
    nearest: list[int | None] = []
    for index, key in enumerate(keys):
        others = everything & ~(1 << index)
        best = _get_most_frequent([having[part] & others for part in key]) or others
        nearest.append((best & -best).bit_length() - 1 if best else None)
    return nearest


def _get_most_frequent(sets: list[int]) -> int:
    """Return the members that are in the most of these sets of bits; nothing when all are empty."""
    at_least: list[int] = []  # who is in at least one, two, … of the sets so far
    for members in sets:
        carried = members
        for number, before in enumerate(at_least):
            at_least[number], carried = before | carried, before & carried
            if not carried:
                break
        if carried:
            at_least.append(carried)
    return at_least[-1] if at_least else 0
