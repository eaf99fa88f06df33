"""Limits turned down, so that small fields are large ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from matching.engine import candidates, ground, pricing
from matching.engine import field as field_module


@contextmanager
def large(lead: int = 1, pool: int = 3, more: int = 2, margin: int = 40, piece: int = 50) -> Iterator[None]:
    """Nothing is held whole; so few candidates are looked at."""
    with ExitStack() as stack:
        for module, name, value in (
            (field_module, "MOST_PAIRS", -1), (pricing, "WHOLE", -1), (ground, "PIECE", piece),
            (ground, "MENTEES_TO_A_BLOCK", 4),
            (candidates, "_FAVORITES", 1),
            (pricing, "LEAD", lead), (pricing, "POOL", pool), (pricing, "MORE", more), (pricing, "MARGIN", margin),
        ):  # fmt: skip
            stack.enter_context(mock.patch.object(module, name, value))
        yield
