"""Who is matched, group by group: whether a run serves people of all directorates, levels and histories alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.db.models import Count, Sum
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
    query: str = field(default="", compare=False)  # what narrows the review to their pairs

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
    rows = _counted(run)
    units = {row.unit for row in rows if row.unit}
    names = dict(Unit.objects.filter(pk__in=units).values_list("pk", "name"))
    ways: list[tuple[str, _Name, _Name]] = [
        (_("Directorate"), lambda row: names.get(row.unit or 0, ""), lambda row: f"mentee_unit={row.unit}"),
        (_("Career level"), lambda row: band_of(row.level), lambda row: f"mentee_level={band_of(row.level)}"),
        (
            _("History"),
            lambda row: _("Left out before") if row.before else _("Not left out before"),
            lambda _row: "",
        ),
    ]
    found = [Grouping(label, list(_groups(rows, of, query_of))) for label, of, query_of in ways]
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


class _Count(NamedTuple):
    """Mentees alike in all by which they are grouped; `total` is the fit of their pairs together."""

    unit: int | None
    level: int | None
    before: bool
    people: int
    matched: int
    pairs: int
    total: int


def _counted(run: Run) -> list[_Count]:
    """Counted by the database: there are thousands of people, and few kinds of them. Two queries."""
    alike = ("person__unit__top", "person__unit", "person__level", "left_out_before")
    pairs: Any = (
        Proposal.objects.filter(run=run).order_by().values_list(*(f"mentee__{name}" for name in alike))
    )
    left = Leftover.objects.filter(run=run, enrollment__role=Enrollment.Role.MENTEE)
    rest: Any = left.order_by().values_list(*(f"enrollment__{name}" for name in alike))
    found = [
        _Count(top or unit, level, before, people, people, count, total)
        for top, unit, level, before, people, count, total in pairs.annotate(
            Count("mentee", distinct=True), Count("pk"), Sum("score")
        )
    ]
    return found + [
        _Count(top or unit, level, before, people, 0, 0, 0)
        for top, unit, level, before, people in rest.annotate(Count("pk"))
    ]


_Name = Callable[[_Count], str]


def _groups(rows: list[_Count], of: _Name, query_of: _Name) -> Iterator[Group]:
    named: dict[str, list[_Count]] = {}
    for row in rows:
        named.setdefault(of(row), []).append(row)
    large = {label for label, alike in named.items() if label and sum(row.people for row in alike) >= LEAST}
    for label in sorted(large, key=_order):
        yield replace(_group(label, named[label]), query=query_of(named[label][0]))
    others = [row for label, alike in named.items() if label not in large for row in alike]
    if sum(row.people for row in others) >= LEAST:
        yield _group(_("All others"), others)


def _order(label: str) -> tuple[int, str]:
    """Bands of levels by their number, names by the alphabet."""
    first = label.partition("-")[0]
    return (int(first) if first.isdigit() else 0, label)


def _group(label: str, rows: list[_Count]) -> Group:
    people, matched, pairs, total = (sum(column) for column in list(zip(*rows, strict=True))[3:])
    return Group(label, people, matched, round(total / pairs) if pairs else None)
