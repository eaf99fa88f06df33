"""Figures and pictures: SVG drawn by the server, each with its words or its table."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.safestring import SafeString

from core.ui.charts import Bar, Part, percent, shares, trend_line
from core.ui.partials import partial
from core.ui.rows import as_rows

register = template.Library()


@register.simple_tag
def bar(
    value: float, total: float = 100, label: str = "", kind: str = "a", mark: float | None = None
) -> SafeString:
    """One bar; without a label it is decoration beside a figure that says the same."""
    at = percent(mark, total) if mark is not None else ""
    return partial("bar", width=percent(value, total), label=label, kind=kind, mark=at)


@register.simple_tag
def stacked_bar(
    parts: Iterable[Any], label: str, legend: bool = True, table: bool = False, total: float = 0
) -> SafeString:
    """Shares of a whole; items are `Part` rows. The legend says the figures, the table folds below it."""
    drawn = shares(as_rows(Part, parts), total)
    return partial("stacked_bar", shares=drawn, label=label, legend=legend, table=table)


@register.simple_tag
def figure(
    label: str,
    number: Any,
    url: str = "",
    of: Any = "",
    caption: str = "",
    parts: Iterable[Any] = (),
    kind: str = "",
) -> SafeString:
    """A figure in a card, linked to the people behind it; `parts` draw a bar; kind late or wait colors it."""
    drawn = shares(as_rows(Part, parts))
    return partial(
        "figure", label=label, number=number, url=url, of=of, caption=caption, shares=drawn, kind=kind
    )


@register.simple_tag
def bars(items: Iterable[Any], total: float = 100, kind: str = "a", mark_label: str = "") -> SafeString:
    """Groups compared; items are `Bar` rows, `mark_label` says what the ticks mean."""
    rows = as_rows(Bar, items)
    drawn = [
        (row, percent(row.value, total), percent(row.mark, total) if row.mark is not None else "")
        for row in rows
    ]
    return partial("bars", rows=drawn, kind=kind, mark_label=mark_label)


@register.simple_tag
def funnel(items: Iterable[Any]) -> SafeString:
    """How many are left at each stage; items are `Bar` rows, the first is the widest."""
    rows = as_rows(Bar, items)
    widest = max((row.value for row in rows), default=0)
    return partial("funnel", rows=[(row, percent(row.value, widest)) for row in rows])


@register.simple_tag
def trend(
    points: Iterable[tuple[str, float]], label: str, low: float | None = None, high: float | None = None
) -> SafeString:
    """A figure over time from (label, value) pairs, oldest first, with its table; at least one point."""
    rows = list(points)
    values = [value for _, value in rows]
    line = trend_line(values, min(values) if low is None else low, max(values) if high is None else high)
    return partial("trend", rows=rows, label=label, line=line, first=rows[0], last=rows[-1])


@register.simple_tag
def score(
    value: Any, of: Any = 100, parts: Iterable[Any] = (), note: str = "", label: str = ""
) -> SafeString:
    """A score and what it is made of; items are `Part` rows in the score's own points."""
    drawn = shares(as_rows(Part, parts), float(of))
    return partial("score", value=value, of=of, shares=drawn, note=note, label=label)
