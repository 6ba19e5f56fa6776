"""What the billing engine says to itself on the way through Odoo's own methods, in a context that nobody can forge.

A client over the network puts any key into the context, but plain values only. The engine wraps its values in a type of
its own and reads nothing else. The keys are listed in CONTRIBUTING.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Given(NamedTuple):
    """A value of the context that code of this process gave."""

    value: Any


def give(**values: Any) -> dict[str, Given]:
    """Return keys of a context in which `take` finds these values."""
    return {key: Given(value) for key, value in values.items()}


def take(context: Mapping[str, Any], key: str, default: Any = None) -> Any:
    """Return the value that the engine gave in a context, the default when there is none or a client sent it."""
    given = context.get(key)
    return given.value if isinstance(given, Given) else default
