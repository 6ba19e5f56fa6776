"""Dividing the prepared invoice lines of one order over its invoices, without the ORM (``K4``)."""

from collections.abc import Callable
from typing import Any

SECTION_TYPES = ("line_section", "line_subsection")


def split_lines(
    lines: list[dict[str, Any]], get_key: Callable[[dict[str, Any]], Any]
) -> dict[Any, list[dict[str, Any]]]:
    """Give every product line to the invoice of its key, together with the headings above it.

    A section is repeated on every invoice that gets a line below it. A note stays with the line before it, or with
    the line after it when it leads its section.

    :param lines: values of the invoice lines, in the order of the document
    :param get_key: returns the key of a product line, ``None`` for headings and notes
    :return: the lines of each key, keys in the order of their first line
    """
    keys = {key: None for key in map(get_key, lines) if key is not None}
    if len(keys) <= 1:
        return {key: list(lines) for key in keys}
    result: dict[Any, list[dict[str, Any]]] = {key: [] for key in keys}
    given: dict[Any, set[int]] = {key: set() for key in keys}
    last = None  # the key of the last product line
    opening: list[dict[str, Any]] = []  # headings of the current section, and notes that lead it
    is_led = True  # whether a product line followed the last heading
    for line in lines:
        key = get_key(line)
        if key is not None:
            missing = [item for item in opening if id(item) not in given[key]]
            given[key].update(map(id, missing))
            result[key] += [dict(item) for item in missing]
            result[key].append(line)
            opening = [item for item in opening if item.get("display_type") in SECTION_TYPES]
            last, is_led = key, True
        elif line.get("display_type") in SECTION_TYPES:
            opening = _open_section(line, opening, result.get(last))
            is_led = False
        elif last is not None and is_led:
            result[last].append(dict(line))
        else:
            opening.append(line)
    result[last] += [item for item in opening if item.get("display_type") not in SECTION_TYPES]
    return result


def _open_section(
    heading: dict[str, Any], opening: list[dict[str, Any]], previous: list[dict[str, Any]] | None
) -> list[dict[str, Any]]:
    """Return what opens the next lines once ``heading`` was read.

    :param opening: headings and leading notes so far; notes of a section without lines go to ``previous``
    :param previous: the lines of the last key, ``None`` when there is none yet
    """
    if heading["display_type"] == "line_subsection":
        return [item for item in opening if item.get("display_type") != "line_subsection"] + [heading]
    notes = [item for item in opening if item.get("display_type") not in SECTION_TYPES]
    if previous is None:
        return [*notes, heading]
    previous += [dict(note) for note in notes]
    return [heading]
