"""What is billed when somebody, or a billing run, chose it: lines, quantities and their invoices."""

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .line_split import SECTION_TYPES

Values = dict[str, Any]
DOCUMENT = "billing_document"  # in the prepared values of an invoice line: the key of its invoice


@dataclass(frozen=True, eq=False)
class BillingSelection:
    """What the engine bills: the invoices that were planned, chosen or proposed.

    Travels in the context as ``billing_selection``.

    :param documents: key of each invoice, and by order line id what is billed of the line on it: values of the invoice
        line that differ from what the order line says, its quantity (in the unit of the order line) at least. An order
        line can be on several invoices.
    :param header: values for every invoice that is created
    """

    documents: list[tuple[Hashable, dict[int, Values]]]
    header: Values = field(default_factory=dict)
    created: list[Hashable] = field(default_factory=list)  # the keys of the invoices, in the order of their creation

    @cached_property
    def by_line(self) -> dict[int, list[tuple[Hashable, Values]]]:
        """What is billed of each order line: the key of the invoice, and the values."""
        result: dict[int, list[tuple[Hashable, Values]]] = {}
        for key, values_by_line in self.documents:
            for line_id, values in values_by_line.items():
                result.setdefault(line_id, []).append((key, values))
        return result


def keep_selected(lines: Iterable[tuple[int, str | bool]], selected: Collection[int]) -> list[int]:
    """Drop the lines that were not selected, and the headings and notes that belong to them.

    A heading stays when a line below it is selected, a note when the line before it is (a leading note: the line
    after it).

    :param lines: id and display type of the lines, in the order of the document
    :param selected: ids of the selected lines
    :return: ids of the lines that stay, in the same order
    """
    kept: list[int] = []
    opening: list[tuple[int, str | bool]] = []  # headings and leading notes of the lines to come
    follows = None  # whether the last line before was kept; None: no line yet below this heading
    for line_id, display_type in lines:
        if display_type in SECTION_TYPES and line_id not in selected:
            opening = _drop_closed(opening, display_type) + [(line_id, display_type)]
            follows = None
        elif display_type and line_id not in selected:
            if follows is None:
                opening.append((line_id, display_type))
            elif follows:
                kept.append(line_id)
        else:
            follows = line_id in selected
            if follows:
                kept += [*(opening_id for opening_id, _kind in opening), line_id]
                opening = []
            opening = [item for item in opening if item[1] in SECTION_TYPES]
    return kept


def _drop_closed(opening: list[tuple[int, str | bool]], display_type: str) -> list[tuple[int, str | bool]]:
    """Return what a new section, or subsection, leaves open of the headings and leading notes before it."""
    if display_type == "line_section":
        return []
    kinds = [kind for _line_id, kind in opening]
    return opening[: kinds.index("line_subsection")] if "line_subsection" in kinds else opening
