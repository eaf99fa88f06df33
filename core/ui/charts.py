"""Geometry of bars and lines, as text that no locale turns into decimal commas."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle

from django.utils.functional import Promise

Text = str | Promise
KINDS = "abcdef"


@dataclass(frozen=True, slots=True)
class Part:
    """A share of a whole; `kind` is a letter a to f, "rest", or empty for the next that is free."""

    label: Text
    value: float
    kind: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a bar list: `mark` draws a tick to compare with, on the same scale as `value`."""

    label: Text
    value: float
    text: Text = ""
    mark: float | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A part as it is drawn, in percent of the bar's width."""

    part: Part
    kind: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class TrendLine:
    """A line in a box of 100 by 40: `points` of it, `area` down to the ground, and its `last` point."""

    points: str
    area: str
    last: tuple[str, str]


def percent(value: float, total: float) -> str:
    """Share of a whole in percent, between 0 and 100, as text; of nothing it is 0."""
    share = 100 * value / total if total else 0
    return f"{min(max(share, 0), 100):.2f}"


def shares(parts: Sequence[Part], total: float = 0) -> list[Share]:
    """Parts side by side; they fill the bar unless a larger total is given."""
    whole = max(total, sum(part.value for part in parts))
    starts = accumulate((part.value for part in parts), initial=0)
    taken = {part.kind for part in parts}
    free = cycle([kind for kind in KINDS if kind not in taken] or KINDS)
    return [
        Share(part, part.kind or next(free), percent(start, whole), percent(part.value, whole))
        for part, start in zip(parts, starts, strict=False)
    ]


def trend_line(values: Sequence[float], low: float, high: float) -> TrendLine:
    """Values from left to right, scaled so that `low` lies on the ground and `high` at the top."""
    span = (high - low) or 1
    step = 100 / max(len(values) - 1, 1)
    points = [(f"{i * step:.2f}", f"{38 - 36 * (value - low) / span:.2f}") for i, value in enumerate(values)]
    line = " ".join(f"{x},{y}" for x, y in points)
    return TrendLine(line, f"0,40 {line} {points[-1][0]},40", points[-1])
