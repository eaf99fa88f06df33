"""Tables out to CSV and XLSX files."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

Cell = str | int
_WIDEST = 60  # characters of a column; longer text is wrapped
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class Result:
    """A table to be written, to CSV or XLSX by the ending of the name."""

    path: Path
    heading: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def unfinished(self) -> Path:
        return self.path.with_name(self.path.name + ".part")


def write(results: Sequence[Result], separator: str = ",") -> None:
    """All or none; no cell can act as a formula. Each file appears whole."""
    try:
        for result in results:
            _write(result, separator)
        for result in results:
            os.replace(result.unfinished, result.path)
    finally:
        for result in results:
            with suppress(OSError):
                result.unfinished.unlink()


def _write(result: Result, separator: str) -> None:
    safe = [[_safe(cell) for cell in row] for row in result.rows]
    ending = result.path.suffix.lower()
    if ending == ".xlsx":
        _workbook(result.heading, safe).save(result.unfinished)
    else:
        with result.unfinished.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter="\t" if ending == ".tsv" else separator)
            writer.writerows([result.heading, *safe])


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
