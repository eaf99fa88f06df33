"""Figures that tell nothing of one person: everything under five is hidden, and so is what would give it away.

Hiding a small group alone is not enough: the total minus the groups shown would tell it. So what is hidden adds up
to five or more, or is nothing (complementary suppression).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K")
LEAST = 5  # people behind any figure
LEAST_TEXTS = 10  # answers before comments are shown: words give people away sooner than figures


def hidden_groups(sizes: Mapping[K, int], *, least: int = LEAST) -> set[K]:
    """Which groups stay hidden, given how many answered in each: the small ones, and enough others to cover them."""
    hidden = {key for key, size in sizes.items() if 0 < size < least}
    shown = sorted((key for key, size in sizes.items() if size >= least), key=lambda key: sizes[key])
    while hidden and shown and (len(hidden) < 2 or sum(sizes[key] for key in hidden) < least):
        hidden.add(shown.pop(0))
    return hidden


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """Answers from 1 to 5 of one group.

    `mean` is rounded to one decimal and empty where it would tell each single answer (all alike) or where fewer
    than five answered. `counts` are answers by value, and empty where any of them would be under five. `agree` is the
    percentage of 4 and 5, where both those and the others are nobody or five and more.
    """

    answered: int | None  # None where under five
    mean: float | None
    counts: dict[int, int] | None
    agree: int | None = None
    alike: bool = False  # hidden because everybody gave the same answer


def scale_result(values: Sequence[int]) -> ScaleResult:
    """Sum up the answers of one group to one question, hiding what must be hidden."""
    if len(values) < LEAST:
        return ScaleResult(answered=None, mean=None, counts=None)
    found = Counter(values)
    if len(found) == 1:
        return ScaleResult(answered=len(values), mean=None, counts=None, alike=True)
    counts = {value: found[value] for value in range(1, 6)}
    agreeing = counts[4] + counts[5]
    return ScaleResult(
        answered=len(values),
        mean=round(sum(values) / len(values), 1),
        counts=counts if _tellable(counts.values()) else None,
        agree=round(100 * agreeing / len(values)) if _tellable((agreeing, len(values) - agreeing)) else None,
    )


def _tellable(counts: Iterable[int]) -> bool:
    return all(count == 0 or count >= LEAST for count in counts)
