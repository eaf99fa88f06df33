"""From two sheets to pairs and reasons."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from matching.engine.field import Field, build_field
from matching.engine.minimum import highest_fit, raised
from matching.engine.people import Pair
from matching.engine.pricing import solve_field
from matching.engine.sheets.cells import Entry, entries, listed, told_apart
from matching.engine.sheets.people import Cast, cast
from matching.engine.sheets.report import WHY, Report
from matching.engine.sheets.settings import Settings, read_settings
from matching.engine.sheets.tables import ENDINGS, Flawed, Table, read, some
from matching.engine.sheets.who import SIDES, Directory, join, pairs_in
from matching.engine.sheets.words import RULES
from matching.engine.sheets.writing import Result, write

T = TypeVar("T")


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line."""

    mentees: Path
    mentors: Path
    out: Path
    why: Path
    criteria: Path | None = None
    locks: Path | None = None
    past: Path | None = None
    keep: Path | None = None
    objective: str = "people"
    min_score: str | None = None  # "best", a percentage, or what the criteria say


def match(order: Order) -> list[str]:
    """Match, write both sheets, and return the summary. Raises Flawed with everything that is wrong."""
    flaws: list[str] = _wrong_names(order)
    settings = _tried(flaws, read_settings, order.criteria) if order.criteria else Settings()
    tables = [_tried(flaws, read, path) for path in (order.mentees, order.mentors)]
    sides: list[list[Entry]] = []
    notes: list[str] = []
    for side, table in zip(SIDES, tables, strict=True):
        people, wrong, own = entries(table, side, (settings or Settings()).meaning) if table else ([], [], [])
        sides.append(people)
        flaws += wrong
        if table and not people and not wrong:
            flaws.append(f"{table.name}: nobody stands below the heading.")
        if table and table.note:
            notes.append(table.note)
        if table and own:
            notes.append(f"{table.name}: columns not used: {listed(own, 'and')}.")
    complete = all(tables) and all(map(told_apart, sides))
    found = _tried(flaws, _cast, order, sides, settings or Settings(), complete, flaws)
    if flaws or not found or not settings or not tables[0]:
        raise Flawed(flaws)
    report = _report(order, settings, *found)
    _write(order, report, tables[0].separator)
    return [*notes, *found[1].notes, *report.summary(), f"Written: {order.out} and {order.why}."]


def _tried(flaws: list[str], do: Callable[..., T], *given: object) -> T | None:
    """The result, or None with the flaws noted."""
    try:
        return do(*given)
    except Flawed as error:
        flaws += error.flaws
        return None


def _wrong_names(order: Order) -> list[str]:
    """What is wrong with the names of the results: no file is written over another that counts."""
    flaws = []
    results = (order.out, order.why)
    for path in results:
        if path.suffix.lower() not in ENDINGS:
            flaws.append(f"{path.name}: results are written to files ending in {listed([*ENDINGS])}.")
        if not os.path.isdir(path.parent):
            flaws.append(f"{path}: the folder {path.parent} is not there.")
        if os.path.isdir(path):
            flaws.append(f"{path}: this is a folder. Give the name of a file.")
    if _same(*results):
        flaws.append(f"{order.why}: pairs and reasons need two files.")
    given = (order.mentees, order.mentors, order.criteria, order.locks, order.past, order.keep)
    flaws += [
        f"{result}: the results would be written over {path}, which is read. Give another name with --{option}."
        for option, result in zip(("out", "why"), results, strict=True)
        for path in given
        if path and _same(path, result)
    ]
    return flaws


def _same(one: Path, other: Path) -> bool:
    """Whether two names, however they are spelled, are of one file."""
    if os.path.exists(one) and os.path.exists(other):
        return os.path.samefile(one, other)
    return os.path.realpath(one) == os.path.realpath(other)


@dataclass(frozen=True)
class Fixed:
    """Pairs that the other sheets name, by person id."""

    locks: list[Pair]
    keep: list[Pair]
    notes: list[str]
    table: Table | None = None  # of the locks


def _cast(
    order: Order, sides: list[list[Entry]], settings: Settings, complete: bool, flaws: list[str]
) -> tuple[Cast, Fixed] | None:
    """Everybody with their links; names are looked up only if both sheets could be read."""
    tables = {name: _tried(flaws, read, path) for name, path in _pair_sheets(order)}
    if not complete:
        return None
    notes = join(*sides)
    book = Directory(*sides)
    pairs: dict[str, list[Pair]] = {"locks": [], "past": [], "keep": []}
    for name, table in tables.items():
        if table and (found := _tried(flaws, pairs_in, table, book, name, flaws)):
            pairs[name] = found[0]
            notes += [*[table.note] * bool(table.note), *found[1]]
    made = cast(sides[0], sides[1], settings.meaning, pairs["past"])
    if made.away:
        notes.append(f"Supervisors on neither sheet, so that no rule follows from them: {some(made.away)}.")
    return made, Fixed(pairs["locks"], pairs["keep"], notes, tables.get("locks"))


def _pair_sheets(order: Order) -> list[tuple[str, Path]]:
    given = ("locks", order.locks), ("past", order.past), ("keep", order.keep)
    return [(name, path) for name, path in given if path]


def _report(order: Order, settings: Settings, found: Cast, fixed: Fixed) -> Report:
    criteria = settings.criteria
    if order.min_score and order.min_score != "best":
        criteria = replace(criteria, min_fit=int(order.min_score))
    field = build_field(*found.sides, criteria, found.links, any_size=True)
    if fixed.table and (wrong := _bad_locks(field, found, fixed, fixed.table.name)):
        raise Flawed(wrong)
    if order.min_score == "best":
        criteria = raised(criteria, highest_fit(field, fixed.locks))
        field = build_field(*found.sides, criteria, found.links, any_size=True)
    solved = solve_field(field, objective=order.objective, locks=fixed.locks, keep=fixed.keep)
    return Report(found, solved.field, solved.problem, solved.solution, fixed.locks, fixed.keep)


def _bad_locks(field: Field, found: Cast, fixed: Fixed, name: str) -> list[str]:
    """Locks that break a rule or take more places than there are."""
    mentees, mentors = found.sides
    rows = mentees.rows_of([pair[0] for pair in fixed.locks]).tolist()
    columns = mentors.rows_of([pair[1] for pair in fixed.locks]).tolist()
    flaws = []
    for row, column in zip(rows, columns, strict=True):
        if rules := field.blocked_by(row, column):
            why = listed([RULES[rule] for rule in rules], "and")
            flaws.append(
                f"{name}: {found.mentees[row].shown} cannot be locked with {found.mentors[column].shown}, who {why}. "
                "Delete the lock."
            )
    for side, people, places in (("mentee", found.mentees, rows), ("mentor", found.mentors, columns)):
        for row, count in Counter(places).items():
            if count > people[row].limit:
                verb = "wants" if side == "mentee" else "takes"
                flaws.append(f"{name}: {people[row].shown} {verb} {people[row].limit} but has {count} locks.")
    return flaws


def _write(order: Order, report: Report, separator: str) -> None:
    results = [
        Result(order.out, report.pairs_heading(), list(report.pair_rows())),
        Result(order.why, WHY, list(report.why_rows())),
    ]
    try:
        write(results, separator)
    except OSError as error:
        raise Flawed(
            [f"{error.filename}: cannot be written ({(error.strerror or 'error').lower()})."]
        ) from error
