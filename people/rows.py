"""A CSV of people into checked rows. Every problem is told with its row and column; nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from core.uploads import Problem, Unreadable, read_csv

REQUIRED: Final = ("email", "name")
MOST_PROBLEMS: Final = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the file. The field names are the file's column names."""

    email: str
    name: str
    preferred_name: str = ""
    organization: str = ""
    unit_path: str = ""
    job_title: str = ""
    level: int | None = None
    job_family: str = ""
    contract_type: str = ""
    location: str = ""
    time_zone: str = ""
    languages: tuple[str, ...] = ()
    supervisor_email: str = ""
    start_date: date | None = None
    leave_date: date | None = None


COLUMNS: Final = tuple(column.name for column in fields(Row))
LENGTHS: Final = {
    "name": 200, "preferred_name": 100, "organization": 200, "unit_path": 600, "job_title": 200,
    "job_family": 120, "contract_type": 60, "location": 120,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read: its columns, each row with its number, and the addresses of rows with a problem."""

    columns: tuple[str, ...]
    rows: list[tuple[int, Row]]
    problems: list[Problem]
    faulty: set[str] = field(default_factory=set)


def read_table(content: bytes) -> Table:
    """Read a CSV with a header of the names in COLUMNS in any order, see `read_csv`.

    Never raises for bad content: what is wrong stands in `problems`, at most MOST_PROBLEMS of them.
    """
    table = Table((), [], [])
    try:
        columns, lines = read_csv(content)
        table = Table(columns, [], list(_header_problems(columns)))
        if not table.problems:
            _fill(table, lines)
    except Unreadable as error:
        table.problems.append(Problem(error.row, "", f"{error.message} {error.hint}".strip()))
    return table


def _fill(table: Table, lines: Iterable[list[str]]) -> None:
    at = table.columns.index("email")
    for number, cells in enumerate(lines, start=2):
        if any(cell.strip() for cell in cells):
            row, faults = _read_row(table.columns, cells)
            table.problems.extend(Problem(number, column, message) for column, message in faults)
            if row:
                table.rows.append((number, row))
            else:
                table.faulty.update(cell.strip().lower() for cell in cells[at : at + 1])
        if len(table.problems) >= MOST_PROBLEMS:
            return
    if not table.rows and not table.problems:
        table.problems.append(Problem(2, "", _("The file has a header but no people.")))


def _header_problems(columns: tuple[str, ...]) -> Iterable[Problem]:
    for name in REQUIRED:
        if name not in columns:
            yield Problem(1, name, _("This column is missing. The first line must name the columns."))
    for name in columns:
        if name not in COLUMNS:
            known = ", ".join(COLUMNS)
            yield Problem(1, name or "?", _("Unknown column. Known are: %(columns)s.") % {"columns": known})
        elif columns.count(name) > 1:
            yield Problem(1, name, _("This column stands twice."))


def _read_row(columns: tuple[str, ...], cells: list[str]) -> tuple[Row | None, list[tuple[str, str]]]:
    faults: list[tuple[str, str]] = []
    if len(cells) != len(columns):
        counted = {"found": len(cells), "expected": len(columns)}
        faults.append(("", _("This row has %(found)d cells, the header %(expected)d.") % counted))
        return None, faults
    values: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        try:
            values[column] = PARSERS.get(column, _text)(cell.strip())
            if len(str(values[column])) > LENGTHS.get(column, 1000):
                raise ValueError(_("Longer than %(most)d characters.") % {"most": LENGTHS[column]})
        except ValueError as error:
            faults.append((column, str(error)))
    if faults:
        return None, faults
    return Row(**values), []


def _text(cell: str) -> str:
    if "\x00" in cell:
        raise ValueError(_("Contains a character that no text has (NUL)."))
    return cell


def _name(cell: str) -> str:
    if not cell:
        raise ValueError(_("The name is missing."))
    return _text(cell)


def _email(cell: str) -> str:
    if not cell:
        raise ValueError(_("The e-mail address is missing."))
    try:
        validate_email(cell)
    except ValidationError:
        raise ValueError(_("“%(value)s” is not an e-mail address.") % {"value": cell}) from None
    return cell.lower()


def _level(cell: str) -> int | None:
    if not cell:
        return None
    if not cell.isdecimal() or int(cell) > 1000:
        raise ValueError(_("“%(value)s” is not a whole number from 0 to 1000.") % {"value": cell})
    return int(cell)


def _date(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell) if cell else None
    except ValueError:
        raise ValueError(_("“%(value)s” is not a date like 2026-03-31.") % {"value": cell}) from None


def _zone(cell: str) -> str:
    if cell and cell not in _zones():
        raise ValueError(_("“%(value)s” is not a time zone like Europe/Paris.") % {"value": cell})
    return cell


@cache
def _zones() -> frozenset[str]:
    return frozenset(zone for zone in available_timezones() if ZoneInfo(zone))


def _languages(cell: str) -> tuple[str, ...]:
    codes = tuple(
        dict.fromkeys(part.strip().lower() for part in cell.replace(";", " ").replace(",", " ").split())
    )
    for code in codes:
        if not (code.isalpha() and 2 <= len(code) <= 3):
            raise ValueError(_("“%(value)s” is not a language code like en or fr.") % {"value": code})
    return codes


def _path(cell: str) -> str:
    parts = [part.strip() for part in cell.split("/")] if cell else []
    if not all(parts):
        raise ValueError(_("An empty part between slashes. Write it like Computing / Data / Platforms."))
    return " / ".join(parts)


PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "email": _email,
    "name": _name,
    "level": _level,
    "start_date": _date,
    "leave_date": _date,
    "time_zone": _zone,
    "languages": _languages,
    "unit_path": _path,
    "supervisor_email": lambda cell: _email(cell) if cell else "",
}
