"""What is billed when somebody, or a billing run, chose it: lines, quantities and their invoices."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .line_split import SECTION_TYPES


@dataclass(frozen=True, eq=False)
class BillingSelection:
    """A choice of order lines that the engine bills instead of all that can be invoiced.

    Travels in the context as ``billing_selection``.

    :param quantities: quantity to bill (in the unit of the order line) by order line id
    :param keys: the invoice of each order line: lines with equal keys share one. Without it the merge key decides.
    :param header: values for every invoice that is created
    """

    quantities: dict[int, float]
    keys: dict[int, Hashable] | None = None
    header: dict[str, Any] = field(default_factory=dict)


def keep_selected(lines: Iterable[tuple[int, str | bool]], selected: Collection[int]) -> list[int]:
    """Drop the lines that were not selected, and the headings and notes that belong to them.

    A heading stays when a line below it is selected, a note when the line before it is (a leading note: the line
    after it).

    :param lines: id and display type of the lines, in the order of the document
    :param selected: ids of the selected lines
    :return: ids of the lines that stay, in the same order
    """
    kept: list[int] = []
    headings: dict[str, int] = {}
    leading_notes: list[int] = []
    follows = None  # whether the last line before was kept; None: no line yet
    for line_id, display_type in lines:
        if display_type in SECTION_TYPES and line_id not in selected:
            if display_type == "line_section":
                headings.clear()
            headings[display_type] = line_id
        elif display_type and line_id not in selected:
            if follows is None:
                leading_notes.append(line_id)
            elif follows:
                kept.append(line_id)
        else:
            follows = line_id in selected
            if follows:
                kept += [*headings.values(), *leading_notes, line_id]
                headings = {}
            leading_notes = []
    return kept
