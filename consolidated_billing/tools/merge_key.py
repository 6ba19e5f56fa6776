"""Equality and difference of merge keys, without the ORM.

A merge key (``K1``) is an ordered tuple of ``(name, value)`` parts. Two things share an invoice exactly
when every part of their keys is equal. Values are plain hashable Python objects.
"""

from collections.abc import Callable, Hashable, Iterable
from itertools import combinations
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

    Instead of comparing all pairs, keys are hashed without one part, then without two, and so on: keys that
    meet in a bucket differ in those parts only. A thousand separate orders cost a thousand look-ups.

    :param keys: different keys with the same part names
    :return: for every key the index of its nearest neighbour, ``None`` for a key that is alone
    """
    nearest: list[int | None] = [None] * len(keys)
    open_indexes = set(range(len(keys))) if len(keys) > 1 else set()
    width = max((len(key) for key in keys), default=0)
    for distance in range(1, width + 1):
        found: dict[int, int] = {}
        for dropped in combinations(range(width), distance):
            _match_without(keys, dropped, open_indexes, found)
        for index, neighbour in found.items():
            nearest[index] = neighbour
        open_indexes -= found.keys()
        if not open_indexes:
            break
    return nearest


def _match_without(
    keys: list[MergeKey], dropped: tuple[int, ...], open_indexes: set[int], found: dict[int, int]
) -> None:
    """Bucket the keys without the ``dropped`` positions and note the earliest neighbour of each open key."""
    first_two: dict[MergeKey, list[int]] = {}
    bucket_of = [tuple(part for position, part in enumerate(key) if position not in dropped) for key in keys]
    for index, bucket in enumerate(bucket_of):
        members = first_two.setdefault(bucket, [])
        if len(members) < 2:
            members.append(index)
    for index in open_indexes:
        neighbour = next((i for i in first_two[bucket_of[index]] if i != index), None)
        if neighbour is not None:
            found[index] = min(neighbour, found.get(index, neighbour))
