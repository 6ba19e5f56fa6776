"""Headings of several orders on one invoice, without the ORM (``I2``, ``I7``).

An invoice knows two levels: sections, and subsections below them. What a heading hides (``collapse_composition``,
``collapse_prices``) it hides of the lines directly below it, and a section also of its subsections' lines.
"""

from collections.abc import Callable
from typing import Any

from .line_split import SECTION_TYPES

HIDING_FLAGS = ("collapse_composition", "collapse_prices")

Line = dict[str, Any]


def arrange_sections(lines: list[Line], is_item: Callable[[Line], bool], nested: bool) -> list[Line]:
    """Arrange the headings of an order so that they hide on its invoice what they hid before.

    Where a heading that hides cannot stand above another one any more, the other one becomes a note, and its lines
    are those of the heading that hides.

    :param lines: values of the order's invoice lines
    :param is_item: whether a section stands for an item of the order (a combo) that lies below the heading before
    :param nested: whether a section heads the order: its own sections become subsections
    """
    result, section, subsection = [], None, None
    for source in lines:
        line = dict(source)
        result.append(line)
        if line.get("display_type") not in SECTION_TYPES:
            continue
        is_inner = is_item(source)
        if source["display_type"] == "line_section":
            line["display_type"] = "line_subsection" if nested else "line_section"
            if not is_inner:
                section, subsection = line, None
                continue
        if not _become_note(line, (section, subsection if is_inner else None), nested or is_inner) and not is_inner:
            subsection = line
    return result


def _become_note(line: Line, above: tuple[Line | None, ...], is_apart: bool) -> bool:
    """Turn a heading into a note if one above it hides something and would not hide it any more.

    A heading that hides prices hides its composition, too, if that of the other one was hidden.

    :param line: the values of the heading
    :param above: the headings above it, the outermost first
    :param is_apart: whether those above do not reach it on the invoice
    """
    hiding = next((heading for heading in above if heading and _hides(heading)), None)
    if not hiding or not is_apart:
        return False
    if line.get("collapse_composition"):
        hiding["collapse_composition"] = True
    line.update(dict.fromkeys(HIDING_FLAGS, False), display_type="line_note")
    return True


def _hides(heading: Line) -> bool:
    return any(heading.get(name) for name in HIDING_FLAGS)


def would_be_swallowed(lines_before: list[Line], lines: list[Line], order_headings: list[Line]) -> bool:
    """Return whether lines that follow others would be hidden by a heading that is not theirs, or named by it.

    :param lines_before: values of what stands above on the invoice
    :param lines: values of the lines of one order
    :param order_headings: those before that name another order
    """
    kind = lines[0].get("display_type") if lines else "line_section"
    if kind == "line_section":
        return False
    for line in reversed(lines_before):
        if line.get("display_type") == "line_section":
            return _hides(line) or any(line is heading for heading in order_headings)
        if line.get("display_type") == "line_subsection" and kind != "line_subsection":
            if _hides(line):
                return True
            kind = "line_subsection"  # of those before only the section still counts
    return False
