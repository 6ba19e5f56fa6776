"""What an invoice shows of its items where a document lists them again, without the ORM (``I7``)."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol


class Heading(Protocol):
    """A section or subsection of an invoice, as far as it matters here; it can be hashed."""

    name: str
    collapse_composition: bool
    collapse_prices: bool


class Item(NamedTuple):
    """An item of an invoice.

    :param source: the item itself
    :param name: its description
    :param headings: the headings above it, the outermost first
    :param taxes: what is shown of its taxes
    :param amount: without taxes
    """

    source: Any
    name: str
    headings: Sequence[Heading]
    taxes: Hashable
    amount: float


class VisibleItem(NamedTuple):
    """A row that shows one item, or all items of a heading that hides them.

    :param source: the item, ``None`` for a heading
    :param name: its description, or that of the heading
    :param taxes: what is shown of its taxes
    :param amount: without taxes; ``None`` where a heading hides it
    """

    source: Any
    name: str
    taxes: Hashable
    amount: float | None


def show_items(items: Iterable[Item]) -> list[VisibleItem]:
    """Return the rows that show items, and hide what their headings hide.

    A heading that hides its composition is one row for each combination of taxes, with the sum. A heading that hides
    prices stands above its items, which show no amount, with the sum. The amounts of the rows add up to all items.
    """
    rows: dict[Hashable, VisibleItem] = {}
    for number, item in enumerate(items):
        folded = _find(item.headings, "collapse_composition")
        priced = _find(item.headings[: item.headings.index(folded)] if folded else item.headings, "collapse_prices")
        key = (folded, item.taxes) if folded else number
        source, name = (None, folded.name) if folded else (item.source, item.name)
        if priced:
            _add(rows, ("prices", priced), VisibleItem(None, priced.name, (), item.amount))
            rows[key] = VisibleItem(source, name, item.taxes, None)
        else:
            _add(rows, key, VisibleItem(source, name, item.taxes, item.amount))
    return list(rows.values())


def _find(headings: Sequence[Heading], flag: str) -> Heading | None:
    """Return the outermost heading that hides something."""
    return next((heading for heading in headings if getattr(heading, flag)), None)


def _add(rows: dict[Hashable, VisibleItem], key: Hashable, row: VisibleItem) -> None:
    """Add a row, or its amount to the row that is there."""
    before = rows.get(key)
    rows[key] = row._replace(amount=before.amount + row.amount) if before else row
