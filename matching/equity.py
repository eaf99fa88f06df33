"""Who is matched, group by group: whether a run serves people of all directorates, levels and histories alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from matching.facets import band_of
from matching.models import Leftover, Proposal, Run
from matching.moves import signed
from participants.models import Enrollment
from people.models import Unit

LEAST = 5  # people in a group that is shown


@dataclass(frozen=True, slots=True)
class Group:
    """Mentees of one group: how many there are, how many of them are matched, and how well on average."""

    label: str
    people: int
    matched: int
    fit: int | None  # mean of their pairs, None without any

    @property
    def share(self) -> int:
        """Percent matched."""
        return round(100 * self.matched / self.people)


@dataclass(frozen=True, slots=True)
class Grouping:
    """One way to divide the mentees."""

    label: str
    groups: list[Group]


def equity(run: Run) -> list[Grouping]:
    """Mentees of the run by directorate, by career level and by whether they were left out before. Three queries.

    Groups of fewer than five people are put together, and left out where even together they are fewer.
    """
    rows = _mentees(run)
    names = dict(
        Unit.objects.filter(pk__in={row[0] for row in rows.values()} - {None}).values_list("pk", "name")
    )
    ways: list[tuple[str, Callable[[Any], str]]] = [
        (_("Directorate"), lambda row: names.get(row[0], "")),
        (_("Career level"), lambda row: band_of(row[1])),
        (_("History"), lambda row: _("Left out before") if row[2] else _("Not left out before")),
    ]
    found = [Grouping(label, list(_groups(rows.values(), of))) for label, of in ways]
    return [grouping for grouping in found if len(grouping.groups) > 1]


@dataclass(frozen=True, slots=True)
class Beside:
    """A group in two runs; None where a run has none of that size."""

    way: str
    label: str
    before: Group | None
    after: Group | None

    @property
    def change(self) -> int | None:
        """Percent points."""
        return self.after.share - self.before.share if self.before and self.after else None

    @property
    def said(self) -> str:
        """The change as the other figures say theirs."""
        return "–" if self.change is None else signed(self.change)


def equity_beside(before: Run, after: Run) -> list[Beside]:
    """Who is matched in two runs, group by group. Six queries."""
    sides = [
        {(way.label, group.label): group for way in equity(run) for group in way.groups}
        for run in (before, after)
    ]
    keys = dict.fromkeys([*sides[0], *sides[1]])
    order = {way: place for place, way in enumerate(dict.fromkeys(way for way, _label in keys))}
    return [
        Beside(*key, *(side.get(key) for side in sides))
        for key in sorted(keys, key=lambda key: order[key[0]])
    ]


def _mentees(run: Run) -> dict[int, tuple[Any, Any, bool, list[int]]]:
    """Directorate, level, left out before and the fit of each pair, by enrollment."""
    found: dict[int, tuple[Any, Any, bool, list[int]]] = {}
    columns = ("person__unit__top", "person__unit", "person__level", "left_out_before")
    pairs = Proposal.objects.filter(run=run).order_by("mentee", "pk")
    for pk, score, top, unit, level, before in pairs.values_list(
        "mentee", "score", *(f"mentee__{column}" for column in columns)
    ):
        found.setdefault(pk, (top or unit, level, before, []))[3].append(score)
    left = Leftover.objects.filter(run=run, enrollment__role=Enrollment.Role.MENTEE).order_by("pk")
    for pk, top, unit, level, before in left.values_list(
        "enrollment", *(f"enrollment__{column}" for column in columns)
    ):
        found.setdefault(pk, (top or unit, level, before, []))
    return found


def _groups(rows: Any, of: Callable[[Any], str]) -> Iterator[Group]:
    named = [(of(row), row[3]) for row in rows]
    size = Counter(label for label, _fits in named)
    large = {label for label, count in size.items() if label and count >= LEAST}
    others = [fits for label, fits in named if label not in large]
    for label in sorted(large, key=_order):
        yield _group(label, [fits for name, fits in named if name == label])
    if len(others) >= LEAST:
        yield _group(_("All others"), others)


def _order(label: str) -> tuple[int, str]:
    """Bands of levels by their number, names by the alphabet."""
    first = label.partition("-")[0]
    return (int(first) if first.isdigit() else 0, label)


def _group(label: str, rows: list[list[int]]) -> Group:
    fits = [fit for row in rows for fit in row]
    mean = round(sum(fits) / len(fits)) if fits else None
    return Group(label, len(rows), sum(bool(row) for row in rows), mean)
