"""Tables in CSV and XLSX files, read as rows of text."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.xml.functions import iterparse

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx")
# What the reader raises where parts are missing, cut or not as they should be; RuntimeError for one with a password,
# AttributeError for an empty chart sheet.
_DAMAGED = (
    BadZipFile, KeyError, IndexError, OSError, ValueError, TypeError, RuntimeError, EOFError, ParseError, zlib.error,
    AttributeError,
)  # fmt: skip
_ESCAPED = re.compile(r"^'(?=[=+\-@])")
_SEPARATOR = re.compile(r'"?sep=([^"\r\n])"?(?:\r\n|\r|\n)', re.IGNORECASE)
_ZEROS = re.compile("0+")  # a number format
_ASK = "Save it as .csv or .xlsx."
_NAMED = 5  # things that a message names


class Flawed(Exception):
    """The input cannot be used; every flaw is one line for the person who made it."""

    def __init__(self, flaws: Sequence[str]) -> None:
        super().__init__("\n".join(flaws))
        self.flaws = list(flaws)


@dataclass(frozen=True)
class Table:
    """A sheet of a file. Rows carry their number in the file, the heading being row 1."""

    name: str
    heading: list[str]
    rows: list[tuple[int, list[str]]]  # blank ones left out, as long as the heading
    separator: str = ","
    note: str = ""  # which sheet of several was read

    def where(self, row: int, column: int | None = None) -> str:
        """A place as a spreadsheet shows it."""
        if column is None:
            return f"{self.name}, row {row}"
        return (
            f"{self.name}, row {row}, column {get_column_letter(column + 1)} ({self.heading[column].strip()})"
        )


def read(path: Path) -> Table:
    """Raises Flawed if the file is not there, not a table, or cannot be decoded."""
    separator, note = ",", ""
    try:
        ending = path.suffix.lower()
        if ending == ".xlsx":
            rows, note = _of_workbook(path)
        elif ending in ENDINGS:
            rows, separator = _of_text(path)
        else:
            raise Flawed([f"{path.name}: files ending in {path.suffix or 'nothing'} are not read. {_ASK}"])
    except OSError as error:
        raise Flawed([f"{path}: cannot be read ({(error.strerror or 'error').lower()})."]) from error
    heading = _heading(path.name, rows)
    found, flaws = _body(path.name, rows, len(heading), separator)
    if flaws:
        raise Flawed(flaws)
    return Table(path.name, heading, found, separator, note)


def _of_text(path: Path) -> tuple[list[list[str]], str]:
    """Rows, and the mark between their cells. A first line such as `sep=;` tells the mark and is no row."""
    text = _decoded(path)
    told = _SEPARATOR.match(text)
    text = text[told.end() :] if told else text
    separator = told[1] if told else separator_of(text)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    line = 0  # the last one of the rows so far
    try:
        for row in lines:
            rows.append(row)
            line = lines.line_num
    except csv.Error as error:
        raise Flawed(
            [
                f"{path.name}, line {line + 1 + bool(told)}: the row that starts here cannot be read. Look for a "
                'quotation mark (") without its partner; one that is part of the text is written twice, and the whole '
                f"text stands in quotes. A cell holds {csv.field_size_limit()} characters at most."
            ]
        ) from error
    return rows, separator


def separator_of(text: str) -> str:
    """The mark that the heading holds most of, outside quotes."""
    heading = re.sub(r'"[^"]*"', "", re.split(r"[\r\n]", text, maxsplit=1)[0])
    return max(",;\t", key=heading.count)


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    is_wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # "Unicode Text" of Excel
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Flawed([f"{path.name}: the text is neither UTF-8 nor Windows-1252. Save it as CSV in UTF-8."])


def _of_workbook(path: Path) -> tuple[list[list[str]], str]:
    """Rows of the first sheet that is not hidden, and which one it is if there are several."""
    with path.open("rb") as file:  # openpyxl leaves a damaged one open
        try:
            book = load_workbook(file, read_only=True, data_only=True)
            sheet = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None)
            if sheet is None:
                raise Flawed(
                    [f"{path.name}: no sheet with cells is to be seen in it. Unhide the sheet to be read."]
                )
            lost = _lost(path.name, sheet)
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            rows = [[_shown(cell) for cell in row] for row in sheet.iter_rows()]
            several = len(book.sheetnames) > 1
        except _DAMAGED as error:
            raise Flawed([f"{path.name}: this is no Excel workbook that can be read. {_ASK}"]) from error
    if lost:
        raise Flawed(lost)
    return rows, f'{path.name}: sheet "{sheet.title}" was read, no other.' if several else ""


def _lost(name: str, sheet: Any) -> list[str]:
    """What openpyxl gives as blank cells: all but the first of merged ones, and formulas never worked out."""
    merged, unknown = [], []
    with sheet._get_source() as source:  # what is public tells of neither
        for _, element in iterparse(source):
            tag = element.tag.rpartition("}")[2]
            if tag == "mergeCell":
                merged.append(element.get("ref"))
            elif tag == "c" and element.find("{*}f") is not None:
                # An empty text is a result; nothing at all is none.
                if not element.findtext("{*}v") and element.get("t") != "str":
                    unknown.append(element.get("r"))
            elif tag == "row":
                element.clear()
    flaws = []
    if merged:
        flaws.append(
            f"{name}: cells are merged ({some(merged)}), and only the first of them holds the text. "
            "Unmerge them, and write the text into each."
        )
    if unknown:
        flaws.append(
            f"{name}: formulas have no result in the file ({some(unknown)}). Open it in your spreadsheet program, "
            "save it and try again, or write what should stand there."
        )
    return flaws


def some(things: list[str]) -> str:
    """A list in a message, cut where it is long."""
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return ", ".join(things[:_NAMED]) + more


def _shown(cell: Any) -> str:
    """As `_text`, with the zeros in front that a format such as 00000 shows."""
    text = _text(cell.value)
    if text.isdecimal() and not isinstance(cell.value, str) and _ZEROS.fullmatch(cell.number_format):
        return text.zfill(len(cell.number_format))
    return text


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


def _heading(name: str, rows: list[list[str]]) -> list[str]:
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise Flawed([f"{name}: the first row is empty. Write the names of the columns there."])
    heading = rows[0]
    while not heading[-1].strip():
        heading.pop()
    return heading


def _body(
    name: str, rows: list[list[str]], width: int, separator: str
) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """The rows below the heading that are not blank, and those with more cells than it has."""
    found, flaws = [], []
    for number, cells in enumerate(rows[1:], start=2):
        if extra := [cell for cell in cells[width:] if cell.strip()]:
            flaws.append(
                f"{name}, row {number}: {len(cells)} cells under {width} columns; "
                f'"{extra[0].strip()}" has no heading. Put text that holds "{separator}" in quotes.'
            )
        if any(cell.strip() for cell in cells):
            padded = [*cells, *[""] * (width - len(cells))][:width]
            found.append((number, [_ESCAPED.sub("", cell.strip()) for cell in padded]))
    if 1 < len(flaws) == len(found):
        flaws = [
            f'{name}, row 1: "{rows[0][0].strip()}" and the rest of this row name fewer columns than every row below '
            "has cells. The names of the columns must be in row 1: delete what stands above them, and name each column."
        ]
    return found, flaws
