"""Tables in CSV and XLSX files, in and out, as rows of text."""

from __future__ import annotations

import csv
import io
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx")
Cell = str | int
_WIDEST = 60  # characters of a column; longer text is wrapped
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# What the reader raises where parts are missing, cut or not as they should be; RuntimeError for one with a password.
_DAMAGED = (
    BadZipFile, KeyError, IndexError, OSError, ValueError, TypeError, RuntimeError, EOFError, ParseError, zlib.error,
)  # fmt: skip
_ESCAPED = re.compile(r"^'(?=[=+\-@])")


class Flawed(Exception):
    """The input cannot be used; every flaw is one line for the person who made it."""

    def __init__(self, flaws: Sequence[str]) -> None:
        super().__init__("\n".join(flaws))
        self.flaws = list(flaws)


@dataclass(frozen=True)
class Table:
    """The first sheet of a file. Rows carry their number in the file, the heading being row 1."""

    name: str
    heading: list[str]
    rows: list[tuple[int, list[str]]]  # blank ones left out, as long as the heading
    separator: str = ","

    def where(self, row: int, column: int | None = None) -> str:
        """A place as a spreadsheet shows it."""
        if column is None:
            return f"{self.name}, row {row}"
        return (
            f"{self.name}, row {row}, column {get_column_letter(column + 1)} ({self.heading[column].strip()})"
        )


def read(path: Path) -> Table:
    """Raises Flawed if the file is not there, not a table, or cannot be decoded."""
    try:
        ending = path.suffix.lower()
        if ending == ".xlsx":
            return _table(path, _of_workbook(path))
        if ending not in ENDINGS:
            raise Flawed([f"{path.name}: files ending in {path.suffix or 'nothing'} are not read. {_ASK}"])
        text = _decoded(path)
    except OSError as error:
        raise Flawed([f"{path}: cannot be read ({(error.strerror or 'error').lower()})."]) from error
    separator = separator_of(text)
    return _table(path, [list(row) for row in csv.reader(io.StringIO(text), delimiter=separator)], separator)


_ASK = "Save it as .csv or .xlsx."


def separator_of(text: str) -> str:
    """The mark that the heading holds most of, outside quotes."""
    heading = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])
    return max(",;\t", key=heading.count)


def write(path: Path, heading: Sequence[str], rows: Sequence[Sequence[Cell]], separator: str = ",") -> None:
    """To CSV or XLSX by the ending of the name; no cell can act as a formula. The file appears whole."""
    safe = [[_safe(cell) for cell in row] for row in rows]
    unfinished = path.with_name(path.name + ".part")
    if path.suffix.lower() == ".xlsx":
        _workbook(heading, safe).save(unfinished)
    else:
        with unfinished.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if path.suffix.lower() == ".tsv" else separator)
            writer.writerows([heading, *safe])
    os.replace(unfinished, path)


def _safe(cell: Cell) -> Cell:
    """Text that a spreadsheet would run as a formula is marked as text."""
    if isinstance(cell, int):
        return cell
    text = _CONTROL.sub(" ", cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _workbook(heading: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Workbook:
    book = Workbook()
    sheet = book.active
    for row in (heading, *rows):
        sheet.append(list(row))
    sheet.freeze_panes = "A2"
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, name in enumerate(heading, start=1):
        longest = max([len(str(name)), *(len(str(row[number - 1])) for row in rows)])
        sheet.column_dimensions[get_column_letter(number)].width = min(longest, _WIDEST) + 2
        if longest > _WIDEST:
            for cell in sheet[get_column_letter(number)]:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
    return book


def _of_workbook(path: Path) -> list[list[str]]:
    with path.open("rb") as file:  # openpyxl leaves a damaged one open
        try:
            book = load_workbook(file, read_only=True, data_only=True)
            return [[_text(value) for value in row] for row in book.worksheets[0].iter_rows(values_only=True)]
        except _DAMAGED as error:
            raise Flawed([f"{path.name}: this is no Excel workbook that can be read. {_ASK}"]) from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Flawed([f"{path.name}: the text is neither UTF-8 nor Windows-1252. Save it as CSV in UTF-8."])


def _table(path: Path, rows: list[list[str]], separator: str = ",") -> Table:
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise Flawed([f"{path.name}: the first row is empty. Write the names of the columns there."])
    heading = rows[0]
    while not heading[-1].strip():
        heading.pop()
    found, flaws = [], []
    for number, cells in enumerate(rows[1:], start=2):
        if extra := [cell for cell in cells[len(heading) :] if cell.strip()]:
            flaws.append(
                f"{path.name}, row {number}: {len(cells)} cells under {len(heading)} columns; "
                f'"{extra[0].strip()}" has no heading. Put text that holds "{separator}" in quotes.'
            )
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (len(heading) - len(cells))][: len(heading)]
            found.append((number, [_ESCAPED.sub("", cell.strip()) for cell in padded]))
    if flaws:
        raise Flawed(flaws)
    return Table(path.name, heading, found, separator)
