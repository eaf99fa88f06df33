"""A run as pictures: who is paired across directorates or levels, and how the fit is spread. Geometry as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from matching.facets import Facets, band_of, fit_range, top_of
from matching.models import Proposal, Run

CELL, LEFT, TOP = 46, 190, 150  # pixels of the map: a cell, the names at its left and above it
LONGEST = 24  # letters of a name in the map; the table says it in full
STEPS = (0.12, 0.27, 0.42, 0.75, 0.95)  # how dark a cell is
DARK = 0.5  # from here on the number is light
BAR, HEIGHT = 52, 150


@dataclass(frozen=True, slots=True)
class Label:
    """A name of the map, where it stands, and the whole of it."""

    x: int
    y: int
    text: str
    full: str


@dataclass(frozen=True, slots=True)
class Cell:
    """Pairs of one row and column: their number, mean fit, and where they are listed."""

    x: int
    y: int
    count: int
    mean: int
    shade: str
    is_dark: bool
    row: str
    column: str
    url: str


@dataclass(frozen=True, slots=True)
class Map:
    """The picture, and its table: the names of the columns, and each row with its numbers."""

    left: int  # where the picture begins: names of levels take less room than those of directorates
    top: int
    width: int
    height: int
    rows: list[Label]
    columns: list[Label]
    cells: list[Cell]
    table: list[tuple[str, list[Cell | None]]]


@dataclass(frozen=True, slots=True)
class Column:
    """A bar of the distribution."""

    x: int
    y: str
    height: str
    label: str
    count: int
    url: str


def cohort_map(run: Run, known: Facets, by: str, page: str) -> Map:
    """Mentees in rows, mentors in columns, by "unit" or by "level"; one query. `page` is the review's address."""
    names = {"mentee": known.units["mentee"], "mentor": known.units["mentor"]}
    if by == "level":
        names = dict.fromkeys(names, known.levels)
    counted = _by_unit(run) if by == "unit" else _by_level(run)
    rows = [pair for pair in names["mentee"] if any(key[0] == pair[0] for key in counted)]
    columns = [pair for pair in names["mentor"] if any(key[1] == pair[0] for key in counted)]
    most = max((count for count, _total in counted.values()), default=1)
    table: list[tuple[str, list[Cell | None]]] = []
    for place, (row, row_name) in enumerate(rows):
        line: list[Cell | None] = []
        for at, (column, column_name) in enumerate(columns):
            found = counted.get((row, column))
            query = urlencode({f"mentee_{by}": row, f"mentor_{by}": column})
            line.append(
                _cell(at, place, found, most, row_name, column_name, f"{page}?{query}") if found else None
            )
        table.append((row_name, line))
    left, top = (LEFT - 60, TOP - 60) if by == "level" else (0, 0)
    return Map(
        left=left,
        top=top,
        width=LEFT + CELL * len(columns) + 90 - left - (60 if by == "level" else 0),
        height=TOP + CELL * len(rows) + 8 - top,
        rows=[_label(LEFT - 10, TOP + CELL * n + CELL // 2, name) for n, (_key, name) in enumerate(rows)],
        columns=[
            _label(LEFT + CELL * n + CELL // 2, TOP - 10, name) for n, (_key, name) in enumerate(columns)
        ],
        cells=[cell for _name, line in table for cell in line if cell],
        table=table,
    )


Counted = Mapping[tuple[str, str], tuple[int, int]]  # pairs and their fit in total, by row and column


def _by_unit(run: Run) -> Counted:
    rows = Proposal.objects.filter(run=run, circle=None).order_by()
    return _counted(rows.values_list(top_of("mentee"), top_of("mentor"), "score"), str)


def _by_level(run: Run) -> Counted:
    rows = Proposal.objects.filter(run=run, circle=None).order_by()
    return _counted(rows.values_list("mentee__person__level", "mentor__person__level", "score"), band_of)


def _counted(rows: Any, name: Any) -> Counted:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for mentee, mentor, score in rows:
        key = name(mentee), name(mentor)
        count, total = found.get(key, (0, 0))
        found[key] = count + 1, total + score
    return found


def _cell(at: int, place: int, found: tuple[int, int], most: int, row: str, column: str, url: str) -> Cell:
    count, total = found
    shade = STEPS[min(len(STEPS) - 1, len(STEPS) * (count - 1) // max(1, most))]
    return Cell(
        x=LEFT + CELL * at,
        y=TOP + CELL * place,
        count=count,
        mean=round(total / count),
        shade=f"{shade:.2f}",
        is_dark=shade > DARK,
        row=row,
        column=column,
        url=url,
    )


def _label(x: int, y: int, name: str) -> Label:
    short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return Label(x, y, short, name)


def distribution(run: Run, known: Facets, page: str) -> list[Column]:
    """How many pairs fit how well, in ranges of ten; one query."""
    scores = Proposal.objects.filter(run=run, circle=None).values_list("score", flat=True)
    counted = Counter(fit_range(score) for score in scores)
    most = max(counted.values(), default=1)
    found = []
    for place, (value, label) in enumerate(known.fits):
        height = HEIGHT * counted[value] / most
        found.append(
            Column(
                x=place * BAR,
                y=f"{HEIGHT - height:.1f}",
                height=f"{height:.1f}",
                label=label,
                count=counted[value],
                url=f"{page}?{urlencode({'fit': value})}",
            )
        )
    return found
