"""Dividing the prepared invoice lines of one order over its invoices, without the ORM (``K4``)."""

from collections.abc import Callable
from typing import Any

SECTION_TYPES = ("line_section", "line_subsection")


def split_lines(
    lines: list[dict[str, Any]], get_key: Callable[[dict[str, Any]], Any]
) -> dict[Any, list[dict[str, Any]]]:
    """Give every product line to the invoice of its key, together with the headings above it.

    A section is repeated on every invoice that gets a line below it, a note stays with the line before it
    (with the first line when it leads).

    :param lines: values of the invoice lines, in the order of the document
    :param get_key: returns the key of a product line, ``None`` for headings and notes
    :return: the lines of each key, keys in the order of their first line
    """
    keys = {key: None for key in map(get_key, lines) if key is not None}
    if len(keys) <= 1:
        return {key: list(lines) for key in keys}
    result: dict[Any, list[dict[str, Any]]] = {key: [] for key in keys}
    headings: dict[str, dict[str, Any]] = {}
    given: dict[Any, set[int]] = {key: set() for key in keys}
    leading_notes: list[dict[str, Any]] = []
    current = None
    for line in lines:
        display_type = line.get("display_type")
        key = get_key(line)
        if key is None and display_type in SECTION_TYPES:
            if display_type == "line_section":
                headings.clear()
            headings[display_type] = line
        elif key is None and current is None:
            leading_notes.append(line)
        elif key is None:
            result[current].append(dict(line))
        else:
            current = key
            for heading in headings.values():
                if id(heading) not in given[key]:
                    given[key].add(id(heading))
                    result[key].append(dict(heading))
            result[key] += [*leading_notes, line]
            leading_notes = []
    return result
