"""Who is matched, group by group: whether a run serves people of all directorates, levels and histories alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from django.utils.translation import gettext as _

from matching.facets import band_of
from matching.models import Run
from matching.moves import signed
from matching.snapshot import LEFT_OUT, Side, known
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
    """Mentees of the run by directorate, by career level and by whether they were left out before. One query.

    Groups of fewer than five people are put together, and left out where even together they are fewer.
    """
    rows = _counts(run)
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
    def trend(self) -> str:
        """Better or worse, where as many people of the group took part in both."""
        if not self.change or not self.before or not self.after or self.before.people != self.after.people:
            return ""
        return "better" if self.change > 0 else "worse"

    @property
    def said(self) -> str:
        """The change as the other figures say theirs."""
        return "–" if self.change is None else signed(self.change)


def equity_beside(before: Run, after: Run) -> list[Beside]:
    """Who is matched in two runs, group by group. Two queries."""
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


def counted(mentees: Side, pairs: Iterable[tuple[int, int]]) -> list[_Count]:
    """Mentees by kind, as `numbers` of a run keep them; `pairs` are rows of mentees and 0-100 fits.

    Kept with the run, so that what is changed of people later changes nothing of it.
    """
    fits: dict[int, list[int]] = {}
    for row, fit in pairs:
        fits.setdefault(row, []).append(fit)
    found: dict[tuple[int | None, int | None, bool], list[int]] = {}
    for row, tier in enumerate(mentees.tier):
        of = known(mentees.unit[row]), known(mentees.level[row]), tier == LEFT_OUT
        mine = fits.get(row, [])
        for place, more in enumerate((1, bool(mine), len(mine), sum(mine))):
            found.setdefault(of, [0, 0, 0, 0])[place] += more
    return [_Count(*of, *counts) for of, counts in found.items()]


def _counts(run: Run) -> list[_Count]:
    numbers = run.numbers
    both = [*numbers.get("groups", []), *(numbers.get("circles") or {}).get("groups", [])]
    return [_Count(*row) for row in both]


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
